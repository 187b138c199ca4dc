import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { kinds } from "../pictures/kinds.ts";
import { SequenceTime } from "../pictures/sequence-time/sequence-time.ts";
import { type LaneName, laneTable, rails, type SequenceTimeView } from "../pictures/sequence-time/view.ts";
import type { Study } from "../study/study.ts";
import { corpusFolder } from "./corpus.ts";
import { ahead, hasTshark, shortest, tsharkRows } from "./real/tshark.ts";
import { studyOf } from "./studies.ts";

// The sequence–time picture of the corpus's captures against tshark's frames: every packet, copy, out-of-order transmit,
// acknowledgement and SACK block from the offload start on is in its lane, at its time and place, and nothing else is.

interface FlowFacts {
  src: string;
  dst: string;
  segs: number;
  offload_start_seq: number | null;
  off_retx: number;
  off_resyncs: number;
}

interface CaseFacts {
  name: string;
  file: string;
  keylog?: string;
  size: number;
  flows: FlowFacts[];
}

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

const folder = corpusFolder();

if (folder === null || !hasTshark())
  test("the pictures of the corpus's captures agree with tshark", (t) =>
    t.diagnostic(`${folder === null ? "the corpus" : "tshark"} is absent: nothing checked`));
else
  test("the pictures of the corpus's captures agree with tshark, frame by frame", async (t) => {
    const facts = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as { cases: CaseFacts[] };
    const counts: Record<string, number> = {};
    for (const capture of facts.cases) await agrees(folder, capture, counts);
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts["out-of-order"]! > 400 && counts.again! > 400 && counts.sacked! > 1000);
  });

async function agrees(corpus: string, capture: CaseFacts, counts: Record<string, number>): Promise<void> {
  const file = path.join(corpus, capture.file);
  const study = await studyOf(file, {
    keys: capture.keylog ? [path.join(corpus, capture.keylog)] : [],
    profile: "connectx",
    copies: "keep",
  });
  const frames = framesOf(file);
  const tuples = capture.flows.map(({ src, dst }) => `${shortest(src)}>${shortest(dst)}`);
  for (const [i, flow] of capture.flows.entries()) {
    const tuple = tuples[i]!;
    // Of addresses used again tshark's fields do not tell whose a frame is.
    if (flow.offload_start_seq === null || tuples.indexOf(tuple) !== tuples.lastIndexOf(tuple)) continue;
    const stream = study.trace.streams.find(({ name }) => name === tuple);
    // Of a suite that cannot be opened nothing says where the offload starts in TLS 1.3: corpus.test.ts knows of it.
    if (stream === undefined || stream.cipher === null || stream.connection < 0) continue;
    const meant = meantOf(frames, tuple, flow.offload_start_seq);
    const view = viewOf(study, stream.connection);
    for (const [lane, marks] of Object.entries(meant)) {
      assert.deepEqual(marksOf(view, study, lane as LaneName), marks, `${capture.name} ${tuple}: ${lane}`);
      counts[lane] = (counts[lane] ?? 0) + marks.length;
    }
    // The corpus's facts, which another program has counted.
    assert.equal(meant.again.length, flow.off_retx, `${capture.name} ${tuple}: sent again`);
    assert.equal(meant["out-of-order"].length, flow.off_resyncs, `${capture.name} ${tuple}: out of order`);
    atItsTime(view, study, frames, `${capture.name} ${tuple}`);
    isSeen(view, `${capture.name} ${tuple}`);
  }
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

function framesOf(file: string): Frame[] {
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
