import { versionName } from "../../core/base/record.ts";
import { advance, type Seq, seq, toU32 } from "../../core/base/seq.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { Stage } from "../../core/words/stage.ts";
import { placeWord } from "../../trace/trace.ts";
import type { Position } from "../timeline.ts";
import { isOfEvent } from "./facts.ts";
import { recordNode } from "./scopes.ts";
import { SeqValue, type ViewNode } from "./value.ts";
import { partOf, recordName, type View } from "./view.ts";
import { wrongByteOf } from "./wrong/byte.ts";

/** A place that bytes passed before the event: what a packet carries was written and became a record earlier. */
export interface Cause {
  name: string;
  position: Position;
}

/**
 * Where a transmitted packet's first byte comes from, or its first wrong one: the record that holds it, the write that
 * opened the record.
 */
export function causesOf(view: View): Cause[] {
  const { timeline, log, state, connection } = view;
  const { event } = view.position;
  const { events } = timeline.trace;
  if (!isOfEvent(view) || events.kind.at(event) !== Kind.transmit) return [];
  const first = wrongByteOf(view)?.seq ?? seq(events.seq.at(event));
  const row = log.rowOf(first, state.tail);
  const pushedBy = row < 1 ? -1 : log.pushedBy.at(row);
  if (pushedBy < 0) return [];
  const offset = first - log.start(row);
  const pushStage = timeline
    .record(pushedBy)
    .stages.findIndex(({ stage, detail }) => stage === Stage["tls.pushRecord"] && detail === row);
  const name = `${recordName(log, row)}, byte ${offset} (${partOf(view, row, offset)})`;
  const push = { name, position: { event: pushedBy, stage: pushStage } };
  const openedBy = log.openedBy.at(row);
  // A capture shows records, never the writes that they were made of.
  if (connection.source?.kind === "captured" || openedBy < 0) return [push];
  return [push, { name: "application write", position: { event: openedBy, stage: 0 } }];
}

/** What a token under the mouse means: a range `1448:2896(1448)` or a number is a place in the stream. */
export function describeToken(view: View, token: string): { value: string; node: ViewNode | null } | null {
  const match = /^(-?\d+):(-?\d+)(?:\((\d+)\))?$/.exec(token.trim());
  const single = /^-?\d+$/.exec(token.trim());
  if (!match && !single) return describeStream(view, token.trim());
  const from = advance(view.connection.startSeq, Number(match ? match[1] : token));
  const length = match ? Number(match[2]) - Number(match[1]) : 1;
  return describe(view, from, length);
}

/** A connection by its name: its addresses and ports, and what it is. */
function describeStream({ timeline }: View, token: string): { value: string; node: null } | null {
  const { connections, devices } = timeline.trace;
  const connection = connections.find(({ name }) => name === token);
  if (connection === undefined) return null;
  const { name, flow, version, cipher, device, startSeq } = connection;
  const ends = name === flow ? "" : `${flow}, `;
  const tls = `TLS ${versionName(version)}, ${cipher ?? "a cipher that is not known"}`;
  return { value: `${ends}${tls}, on ${devices[device]!.name} from byte ${toU32(startSeq)}`, node: null };
}

function describe(view: View, from: Seq, length: number): { value: string; node: ViewNode | null } {
  const { log, state, connection } = view;
  const row = log.rowOf(from, state.tail);
  if (row < 1) {
    const side = from < connection.startSeq ? "before the offload" : "not pushed yet";
    return { value: `${new SeqValue(connection, from)}: ${side}`, node: null };
  }
  const offset = from - log.start(row);
  const last = log.rowOf(advance(from, length - 1), state.tail);
  const span = last > row ? ` to ${recordName(log, last)}` : "";
  const value = `${recordName(log, row)}${span}, offset ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)}); ${copies(view, from)}; ${fateOf(view, row, from)}`;
  return { value, node: recordNode(view, row) };
}

/** Which transmits up to here carried the byte: how often, and where. */
function copies(view: View, s: Seq): string {
  const { events } = view.timeline.trace;
  const word = placeWord(view.timeline.trace);
  const carriers: number[] = [];
  for (const event of view.timeline.eventsOf(view.index)) {
    if (event > view.position.event) break;
    if (events.kind.at(event) !== Kind.transmit || (events.flags.at(event) & Flag.qdiscDrop) !== 0) continue;
    const ahead = s - events.seq.at(event);
    if (ahead >= 0 && ahead < events.length.at(event)) carriers.push(events.line.at(event));
  }
  if (carriers.length === 0) return "not sent yet";
  const places = carriers.slice(0, 8).join(", ");
  return carriers.length === 1
    ? `sent once, ${word} ${places}`
    : `sent ${carriers.length} times, ${word}s ${places}`;
}

function fateOf(view: View, row: number, s: Seq): string {
  const { state } = view;
  if (row < state.head) return "acknowledged, its record is released";
  return state.acked === 1 && s < state.sndUna ? "acknowledged" : "not acknowledged";
}
