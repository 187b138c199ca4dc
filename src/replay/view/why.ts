import { versionName } from "../../core/base/record.ts";
import { advance, type Seq, seq, toU32 } from "../../core/base/seq.ts";
import { Kind } from "../../core/words/event.ts";
import { Stage } from "../../core/words/stage.ts";
import type { Position, Timeline } from "../timeline.ts";
import { isOfEvent } from "./facts.ts";
import { digits, type ViewNode } from "./value.ts";
import { partOf, recordName, type View } from "./view.ts";
import { builtBefore, eventThatBrought } from "./why/moments.ts";
import { byteNode } from "./why/node.ts";
import { bytesIn, type NamedBytes } from "./why/numbers.ts";
import { wrongByteOf } from "./wrong/byte.ts";

/** A place that bytes passed before the event: what a packet carries was written and became a record earlier. */
export interface Cause {
  name: string;
  position: Position;
}

/**
 * Where a transmitted packet's first byte comes from, or its first wrong one: the record that holds it, the write that
 * opened the record, what the NIC's state was built by; and where it went: acknowledgement and release.
 */
export function causesOf(view: View): Cause[] {
  const { timeline, log, state } = view;
  const { event } = view.position;
  const { events } = timeline.trace;
  if (!isOfEvent(view) || events.kind.at(event) !== Kind.transmit) return [];
  const first = wrongByteOf(view)?.seq ?? seq(events.seq.at(event));
  const row = log.rowOf(first, state.tail);
  return [...madeFrom(view, first, row), ...behind(view, first, row)];
}

/** The record that holds a byte, and the write that opened it. */
function madeFrom(view: View, first: Seq, row: number): Cause[] {
  const { timeline, log, connection } = view;
  const pushedBy = row < 1 ? -1 : log.pushedBy.at(row);
  if (pushedBy < 0) return [];
  const offset = first - log.start(row);
  const pushStage = timeline
    .record(pushedBy)
    .stages.findIndex(({ stage, detail }) => stage === Stage["tls.pushRecord"] && detail === row);
  const name = `${recordName(log, row)}, byte ${digits(offset, view.numbers)} (${partOf(view, row, offset)})`;
  const push = { name, position: { event: pushedBy, stage: pushStage } };
  const openedBy = log.openedBy.at(row);
  // A capture shows records, never the writes that they were made of.
  if (connection.source?.kind === "captured" || openedBy < 0) return [push];
  return [push, { name: "application write", position: { event: openedBy, stage: 0 } }];
}

/** What the NIC's state for the packet comes from, where that is another event; the byte's acknowledgement and release. */
function behind({ timeline, position, index }: View, first: Seq, row: number): Cause[] {
  const built = builtBefore(timeline, index, position.event);
  const acknowledged = eventThatBrought(
    timeline,
    index,
    ({ acked, sndUna }) => acked === 1 && sndUna > first,
  );
  const released = row < 1 ? null : eventThatBrought(timeline, index, ({ head }) => head > row);
  const told: [string, number | null][] = [
    [`NIC's state: ${built?.by}`, built && built.event < position.event ? built.event : null],
    ["acknowledged", acknowledged],
    ["released", released],
  ];
  return told.flatMap(([name, event]) =>
    event === null || event < 0 ? [] : [{ name, position: { event, stage: lastStage(timeline, event) } }],
  );
}

const lastStage = (timeline: Timeline, event: number): number => timeline.record(event).stages.length - 1;

/** What a token under the mouse means: a range `1448:2896(1448)` or a number is a place in the stream, a name may be one. */
export function describeToken(view: View, token: string): { value: string; node: ViewNode | null } | null {
  const place = bytesIn(view, token);
  if (place === null) return describeStream(view, token.trim());
  const { connection, bytes } = place;
  const node = byteNode(view, connection, bytes.from);
  const last = lastRecord(view, connection, bytes);
  const wire = bytes.isAbsolute ? "as a number of the wire: " : "";
  return { value: `${wire}${last}${node.value}`, node };
}

/** `records 1 to 3: ` ahead of the first byte's story, where a range goes on into another record. */
function lastRecord({ machine }: View, connection: number, { from, length }: NamedBytes): string {
  const { records } = machine.sockets[connection]!;
  const rows = records.rowsIn(from, advance(from, length));
  if (rows.length < 2) return "";
  return `${recordName(records, rows[0]!)} to ${recordName(records, rows.at(-1)!)}; `;
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
