import { advance, before, distance, type Seq, seq } from "../../core/base/seq.ts";
import { nicExpectedSeq } from "../../core/nic/nic.ts";
import { replayedBytes } from "../../core/words/descriptor.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { signs } from "../../trace/signs.ts";
import type { EffectRecord } from "../recording.ts";
import { queueText } from "./device-scopes.ts";
import { effectFields } from "./effect-text.ts";
import { SeqValue, type ViewNode } from "./value.ts";
import { partOf, record, recordName, type View } from "./view.ts";

/** Why the debugger stopped, in the domain's words. */
export interface Explanation {
  /** The rule: the sign's name. */
  rule: string;
  headline: string;
  /** Expected and actual, the record, the descriptors, the bytes replayed. */
  details: { name: string; value: string }[];
  /** Where to read on: kernel functions and document. */
  readOn: string;
}

export function explain(view: View, sign: EffectRecord): Explanation {
  const spec = signs[sign.kind]!;
  const fields = effectFields(view, sign);
  const named = fields.map(([name, value]) => `${name} ${value}`).join(", ");
  const details = [
    ...fields.map(([name, value]) => ({ name, value })),
    ...expectations(view),
    ...recordOf(view),
    ...postedOf(view),
    ...reportsOf(view),
  ];
  return {
    rule: spec.name,
    headline: `${spec.says}${named === "" ? "" : ` (${named})`}`,
    details,
    readOn: spec.readOn ?? general,
  };
}

function expectations(view: View): Explanation["details"] {
  const { state, machine, index, connection } = view;
  const nic = nicExpectedSeq(machine, index, state);
  return [
    { name: "driver.expectedSeq", value: String(new SeqValue(connection, seq(state.expectedSeq))) },
    {
      name: "nic.expectedSeq",
      value: nic === null ? "no params yet" : String(new SeqValue(connection, nic)),
    },
  ];
}

/** The record that holds the packet's first byte: the one a resync is about. */
function recordOf(view: View): Explanation["details"] {
  const { events } = view.timeline.trace;
  const { log, state, position } = view;
  if (events.kind.at(position.event) !== Kind.transmit) return [];
  const from = seq(events.seq.at(position.event));
  const row = log.rowOf(from, state.tail);
  if (row < 1) return [];
  const offset = distance(log.start(row), from);
  const released = row < state.head ? ", released: every byte of it is acknowledged" : "";
  return [
    {
      name: "record",
      value: `${recordName(log, row)}, offset ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)})${released}`,
    },
  ];
}

function postedOf(view: View): Explanation["details"] {
  const { recording, position } = view;
  const posted = recording.stages[position.stage]?.posted ?? 0;
  const replayed = replayedBytes(recording.descriptors.slice(0, posted));
  return [
    { name: "descriptors", value: queueText(view, posted) },
    { name: "bytes replayed", value: String(replayed) },
  ];
}

const reportsOf = ({ findings, position }: View): Explanation["details"] =>
  findings
    .reportsOf(position.event)
    .map(({ place, text }) => ({ name: "reported by the kernel", value: `${text} (${place})` }));

/** Where to read on about a sign whose row has nothing nearer. */
const general = "Documentation/networking/tls-offload.rst";
/** What a token under the mouse means: a range `1448:2896(1448)` or a number is a place in the stream. */
export function describeToken(view: View, token: string): { value: string; node: ViewNode | null } | null {
  const match = /^(-?\d+):(-?\d+)(?:\((\d+)\))?$/.exec(token.trim());
  const single = /^-?\d+$/.exec(token.trim());
  if (!match && !single) return null;
  const from = advance(view.connection.startSeq, Number(match ? match[1] : token));
  const length = match ? Number(match[2]) - Number(match[1]) : 1;
  return describe(view, from, length);
}

function describe(view: View, from: Seq, length: number): { value: string; node: ViewNode | null } {
  const { log, state, connection } = view;
  const row = log.rowOf(from, state.tail);
  if (row < 1) {
    const side = before(from, connection.startSeq) ? "before the offload" : "not pushed yet";
    return { value: `${new SeqValue(connection, from)}: ${side}`, node: null };
  }
  const offset = distance(log.start(row), from);
  const last = log.rowOf(advance(from, length - 1), state.tail);
  const span = last > row ? ` to ${recordName(log, last)}` : "";
  const value = `${recordName(log, row)}${span}, offset ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)}); ${copies(view, from)}; ${fateOf(view, row, from)}`;
  return { value, node: record(view, row, `record(${row})`) };
}

/** Which transmits up to here carried the byte: how often, and where. */
function copies(view: View, s: Seq): string {
  const { events, kind } = view.timeline.trace;
  const word = kind === "capture" ? "frame" : "line";
  const carriers: number[] = [];
  for (const event of view.timeline.eventsOf(view.index)) {
    if (event > view.position.event) break;
    if (events.kind.at(event) !== Kind.transmit || (events.flags.at(event) & Flag.qdiscDrop) !== 0) continue;
    const ahead = distance(seq(events.seq.at(event)), s);
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
  return state.acked === 1 && before(s, seq(state.sndUna)) ? "acknowledged" : "not acknowledged";
}

/** The gravest of some signs, the first of its kind; null if none of them is worth a headline. */
export function gravest(some: readonly EffectRecord[]): EffectRecord | null {
  const gravityOf = ({ kind }: EffectRecord) => signs[kind]!.gravity ?? 0;
  return some.reduce<EffectRecord | null>(
    (best, sign) => (gravityOf(sign) > (best === null ? 0 : gravityOf(best)) ? sign : best),
    null,
  );
}
