import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { seq, toU32 } from "../core/base/seq.ts";
import { type Story, storyOf } from "../replay/view/why/story.ts";
import type { Study } from "../study/study.ts";
import { corpusFolder } from "./corpus.ts";
import { type CaptureFacts, captureFacts, type FlowFacts, openedFlows } from "./real/flows.ts";
import { ahead, hasTshark, shortest, tsharkRows } from "./real/tshark.ts";
import { Dice } from "./simulator/dice.ts";

// `why` on random bytes of the corpus, seeded, against what tshark says of the frames and against records framed here
// from the payload that tshark prints, from the offload start on that the corpus's facts give.

interface Counts {
  bytes: number;
  again: number;
  records: number;
  acknowledged: number;
}

const folder = corpusFolder();
const bytesWanted = 1000;
/** Bytes asked of a flow of many segments, and of one of few. */
const perFlow = { many: 60, few: 6 };

if (folder === null || !hasTshark())
  test("why of the corpus's bytes agrees with tshark", (t) =>
    t.diagnostic(`${folder === null ? "the corpus" : "tshark"} is absent: nothing checked`));
else
  test("why of 1,000 random bytes of the corpus agrees with tshark and with the facts", async (t) => {
    const dice = new Dice(20261128);
    const counts = { bytes: 0, again: 0, records: 0, acknowledged: 0 };
    for (const capture of shuffled(captureFacts(folder), dice)) {
      if (counts.bytes >= bytesWanted) break;
      await agrees(folder, capture, dice, counts);
    }
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.bytes >= bytesWanted && counts.again > 50 && counts.records > 900);
  });

/** All of them, in another order. */
function shuffled<T>(list: readonly T[], dice: Dice): T[] {
  const left = [...list];
  return list.map(() => left.splice(dice.from(0, left.length - 1), 1)[0]!);
}

async function agrees(corpus: string, capture: CaptureFacts, dice: Dice, counts: Counts): Promise<void> {
  const frames = framesOf(path.join(corpus, capture.file));
  for (const { study, facts: flow, start, tuple, name } of await openedFlows(corpus, capture)) {
    const own = frames.filter(({ from, to }) => `${from}>${to}` === tuple);
    const peers = frames.filter(({ from, to }) => `${to}>${from}` === tuple);
    const end = Math.max(...own.map(({ seq, length }) => ahead(seq + length, start)));
    const records = recordsOf(own, start, end);
    const again = sentAgain(own, start);
    for (let left = flow.segs > 50 ? perFlow.many : perFlow.few; left > 0 && end > 0; left--) {
      // One in four lies in what was sent again, if anything was.
      const [from, to] = left % 4 === 0 && again.length > 0 ? dice.one(...again) : [0, end];
      const known = { name, tuple, flow, own, peers, records };
      checkByte(study, known, dice.from(from, to - 1), counts);
    }
  }
}

/** Segments behind the offload start that begin below what was sent before: from and to. */
function sentAgain(own: readonly Frame[], start: number): [from: number, to: number][] {
  let highest = 0;
  return own.flatMap(({ seq, length }): [number, number][] => {
    const from = ahead(seq, start);
    const isAgain = length > 0 && from >= 0 && from < highest;
    highest = Math.max(highest, from + length);
    return isAgain ? [[from, Math.min(highest, from + length)]] : [];
  });
}

/** A packet as tshark tells it. */
interface Frame {
  frame: number;
  from: string;
  to: string;
  seq: number;
  length: number;
  /** null without the ACK flag. */
  ack: number | null;
  payload: Buffer;
}

const fields = ["frame.number", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport"];
const numbers = [
  "tcp.seq_raw",
  "tcp.len",
  "tcp.ack_raw",
  "tcp.flags.ack",
  "tcp.analysis.keep_alive",
  "tcp.payload",
];

function framesOf(file: string): Frame[] {
  return tsharkRows(file, [...fields, ...numbers], ["-E", "occurrence=l"]).map((row) => {
    const [frame, src4, src6, dst4, dst6, srcPort, dstPort, at, len, ack, hasAck, probe, payload] = row;
    return {
      frame: Number(frame),
      from: shortest(`${src4 || src6}:${srcPort}`),
      to: shortest(`${dst4 || dst6}:${dstPort}`),
      seq: Number(at),
      length: probe ? 0 : Number(len),
      ack: /1|True/.test(hasAck!) ? Number(ack) : null,
      payload: Buffer.from(payload ?? "", "hex"),
    };
  });
}

/** Records from the offload start on, as the headers in the payload frame them: where each begins; up to a hole. */
function recordsOf(own: readonly Frame[], start: number, end: number): number[] {
  const stream = Buffer.alloc(Math.max(0, end));
  const held = Buffer.alloc(stream.length);
  for (const { seq: at, length, payload } of own) {
    const to = ahead(at, start);
    if (payload.length < length || to + length <= 0) continue;
    const skip = Math.max(0, -to);
    payload.copy(stream, to + skip, skip);
    held.fill(1, Math.max(0, to), Math.max(0, to + length));
  }
  const begins: number[] = [];
  for (let at = 0; at < stream.length; ) {
    begins.push(at);
    const isWhole = at + 5 <= stream.length && held.subarray(at, at + 5).every((one) => one === 1);
    if (!isWhole || stream[at + 1] !== 3) return begins.slice(0, -1);
    at += 5 + stream.readUInt16BE(at + 3);
    if (at > stream.length) return begins.slice(0, -1);
  }
  return begins;
}

interface Known {
  name: string;
  tuple: string;
  flow: FlowFacts;
  own: readonly Frame[];
  peers: readonly Frame[];
  records: readonly number[];
}

function checkByte({ timeline, trace }: Study, known: Known, at: number, counts: Counts): void {
  const { name, tuple, flow, own, peers, records } = known;
  const start = flow.offload_start_seq!;
  const { connection } = trace.streams.find((stream) => stream.name === tuple)!;
  const { startSeq } = trace.connections[connection]!;
  assert.equal(toU32(startSeq), start, `${name}: offload start`);
  const story = storyOf(timeline, connection, seq(startSeq + at));
  const place = `${name}, byte ${at}`;
  const frameOf = (event: number | null) =>
    event === null || event < 0 ? null : trace.events.line.at(event);
  const carriers = own.filter(
    (one) => ahead(one.seq, start) <= at && ahead(one.seq, start) + one.length > at,
  );
  assert.deepEqual(
    story.copies.map(({ event }) => frameOf(event)),
    carriers.map(({ frame }) => frame),
    `${place}: frames that carried it`,
  );
  const acker = peers.find(({ ack }) => ack !== null && ahead(ack, start) > at);
  assert.equal(frameOf(story.acknowledged), acker?.frame ?? null, `${place}: frame that acknowledged it`);
  const verdicts = story.copies.map(({ verdict }) => verdict.is);
  assert.ok(!verdicts.includes("wrong"), `${place}: nothing of the corpus is wrong`);
  const nth = records.findLastIndex((begin) => begin <= at);
  const isFramed = nth >= 0 && (nth + 1 < records.length || at < lengthAt(known, nth));
  if (isFramed) checkRecord(timeline, story, known, { nth, at, place });
  counts.bytes++;
  counts.again += carriers.length > 1 ? 1 : 0;
  counts.acknowledged += acker ? 1 : 0;
  counts.records += isFramed ? 1 : 0;
}

/** Where the last framed record ends: what lies behind it is not framed. */
function lengthAt({ own, flow, records }: Known, nth: number): number {
  const begin = records[nth]!;
  const start = flow.offload_start_seq!;
  const holder = own.find(
    (one) => ahead(one.seq, start) <= begin && ahead(one.seq, start) + one.length >= begin + 5,
  );
  return holder ? begin + 5 + holder.payload.readUInt16BE(begin - ahead(holder.seq, start) + 3) : begin;
}

function checkRecord(
  timeline: Study["timeline"],
  { record, connection }: Story,
  { flow, records }: Known,
  { nth, at, place }: { nth: number; at: number; place: string },
): void {
  assert.ok(record, `${place}: its record`);
  assert.equal(record.offset, at - records[nth]!, `${place}: offset in its record`);
  if (nth + 1 < records.length)
    assert.equal(record.length, records[nth + 1]! - records[nth]!, `${place}: length`);
  const log = timeline.machine.sockets[connection]!.records;
  const isNumbered = !flow.key_updates && log.epoch.at(record.row) === 0 && log.knownSn(record.row) !== null;
  if (isNumbered)
    assert.equal(log.knownSn(record.row), BigInt(flow.offload_start_rec_seq! + nth), `${place}: number`);
}
