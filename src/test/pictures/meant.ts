import assert from "node:assert/strict";
import { kinds } from "../../pictures/kinds.ts";
import { SequenceTime } from "../../pictures/sequence-time/sequence-time.ts";
import { type LaneName, laneTable, rails, type SequenceTimeView } from "../../pictures/sequence-time/view.ts";
import type { Study } from "../../study/study.ts";
import { ahead, shortest, tsharkRows } from "../real/tshark.ts";

/** A packet as tshark tells it. */
interface Frame {
  frame: number;
  /** Nanoseconds from the file's first frame on. */
  time: number;
  from: string;
  to: string;
  seq: number;
  length: number;
  /** Null without the ACK flag. */
  ack: number | null;
  sacks: [left: number, right: number][];
}

/** A mark of a lane: its frame, of a SACK block its time, and its bytes, from the offload start on. */
type Mark = `${number} ${number}:${number}`;

/** A stream of a study, and how it is called where something is wrong. */
interface Pictured {
  study: Study;
  connection: number;
  name: string;
}

/** The same stream as tshark has it: its packets, and its first number behind the handshake. */
interface Meant {
  frames: readonly Frame[];
  tuple: string;
  start: number;
}

/** The lanes of a stream's picture have what tshark's frames say and nothing else; adds how many marks were compared. */
export function agree(of: Pictured, { frames, tuple, start }: Meant, counts: Record<string, number>) {
  const meant = meantOf(frames, tuple, start);
  const view = viewOf(of.study, of.connection);
  for (const [lane, marks] of Object.entries(meant)) {
    assert.deepEqual(marksOf(view, of.study, lane as LaneName), marks, `${of.name}: ${lane}`);
    counts[lane] = (counts[lane] ?? 0) + marks.length;
  }
  atItsTime(view, of.study, frames, of.name);
  isSeen(view, of.name);
  return meant;
}

/** What the lanes must have, by tshark's frames alone. */
function meantOf(frames: readonly Frame[], tuple: string, start: number) {
  const lanes = { sent: [], again: [], "out-of-order": [], acknowledged: [], sacked: [] } as Record<
    "sent" | "again" | "out-of-order" | "acknowledged" | "sacked",
    Mark[]
  >;
  let highest = 0;
  let end = 0;
  let highestAck = 0;
  // Where a capture's clock goes back, time stands still.
  let latest = 0;
  for (const { frame, time, from, to, seq, length, ack, sacks } of frames) {
    const low = ahead(seq, start);
    if (`${from}>${to}` === tuple && length > 0 && low + length > 0) {
      latest = Math.max(latest, time);
      const mark: Mark = `${frame} ${Math.max(0, low)}:${low + length}`;
      (Math.max(0, low) < highest ? lanes.again : lanes.sent).push(mark);
      if (low > 0 || end > 0) if (low !== end) lanes["out-of-order"].push(mark);
      highest = Math.max(highest, low + length);
      end = low + length;
    }
    if (`${to}>${from}` !== tuple || ack === null) continue;
    // Also of what acknowledges nothing new, as soon as there is something to acknowledge.
    if (sacks.length > 0 || ahead(ack, start) > highestAck) latest = Math.max(latest, time);
    for (const [left, right] of sacks)
      if (ahead(right, start) > 0)
        lanes.sacked.push(`${latest} ${ahead(left, start)}:${ahead(right, start)}`);
    // A trace has the acknowledgements that say something new of what is acknowledged.
    const acked = ahead(ack, start);
    if (acked <= highestAck) continue;
    highestAck = acked;
    lanes.acknowledged.push(`${frame} ${acked}:${acked}`);
  }
  return lanes;
}

function viewOf(study: Study, connection: number): SequenceTimeView {
  const picture = new SequenceTime(study, connection);
  for (const _ of picture.begin());
  for (const _ of picture.complete());
  return picture.view({ area: null, columns: 1 << 24, position: { event: 0, stage: 0 } });
}

const laneOf = ({ lanes }: SequenceTimeView, name: LaneName) =>
  lanes.find((lane) => lane.name === name)!.marks;

function marksOf(view: SequenceTimeView, { trace }: Study, name: LaneName): Mark[] {
  const { time, low, high, event } = laneOf(view, name);
  // An acknowledgement that is no event stands with the one before it: its time tells it.
  if (name === "sacked")
    return event.flatMap((_, i): Mark[] => (high[i]! > 0 ? [`${time[i]!} ${low[i]!}:${high[i]!}`] : []));
  // What was sent before the offload is in the picture, too: its start is not for tshark to say.
  return event.flatMap((each, i): Mark[] =>
    high[i]! > 0 ? [`${trace.events.line.at(each)} ${low[i]!}:${high[i]!}`] : [],
  );
}

/** Every mark is where its frame is on the axis of time; a clock that goes back stands still. */
function atItsTime(view: SequenceTimeView, { trace }: Study, frames: readonly Frame[], name: string): void {
  const timeOf = new Map(frames.map(({ frame, time }) => [frame, time]));
  const marks = (["sent", "again", "acknowledged"] as const).flatMap((lane) => {
    const { time, event } = laneOf(view, lane);
    return event.map((each, i) => ({ event: each, time: time[i]!, frame: trace.events.line.at(each) }));
  });
  let latest = Number.NEGATIVE_INFINITY;
  for (const { time, frame } of marks.sort((a, b) => a.event - b.event)) {
    latest = Math.max(latest, timeOf.get(frame)!);
    assert.ok(Math.abs(time - latest) <= 1, `${name}, frame ${frame}: ${time} ns, tshark has ${latest} ns`);
  }
}

/** At the level of detail of a small window all that is rare is drawn, in the plane and in its rail. */
function isSeen(whole: SequenceTimeView, name: string): void {
  const frame = { width: 400, height: 300, area: whole.area, hidden: new Set<string>() };
  const { shapes } = kinds["sequence-time"].scene(whole, frame);
  for (const { name: lane, marks } of whole.lanes) {
    if (marks.time.length === 0 || laneTable[lane].isLine) continue;
    const drawn = shapes.filter(
      (shape) => shape.kind === "bars" && shape.role === lane && shape.at.length > 0,
    );
    assert.ok(drawn.length >= (rails.includes(lane) ? 2 : 1), `${name}: ${lane} is drawn`);
  }
}

const fields = ["frame.number", "frame.time_relative", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst"];
const numbers = ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.len", "tcp.ack_raw", "tcp.flags.ack"];
const options = ["tcp.analysis.keep_alive", "tcp.flags.reset", "tcp.options.sack_le", "tcp.options.sack_re"];

export function framesOf(file: string): Frame[] {
  // SACK numbers as they stand in the packet, not relative to the connection's first one.
  const raw = ["-o", "tcp.relative_sequence_numbers:FALSE"];
  return tsharkRows(file, [...fields, ...numbers, ...options], raw).map((row) => {
    const cells = row.map((cell) => cell.split(",").at(-1)!);
    const [frame, time, src4, src6, dst4, dst6, srcPort, dstPort, at, len, ack, hasAck, probe, reset] = cells;
    const [left, right] = row.slice(-2).map((cell) => (cell === "" ? [] : cell.split(",").map(Number)));
    return {
      frame: Number(frame),
      time: nanoseconds(time!),
      from: shortest(`${src4 || src6}:${srcPort}`),
      to: shortest(`${dst4 || dst6}:${dstPort}`),
      seq: Number(at),
      length: probe ? 0 : Number(len),
      // What a reset acknowledges TCP does not take (RFC 9293 §3.10.7.4).
      ack: /1|True/.test(hasAck!) && !/1|True/.test(reset!) ? Number(ack) : null,
      sacks: left!.map((each, i): [number, number] => [each, right![i]!]),
    };
  });
}

/** `0.000123000` as a number of nanoseconds. */
const nanoseconds = (text: string): number => Math.round(Number(text) * 1e9);
