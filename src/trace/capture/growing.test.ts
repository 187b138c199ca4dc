import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { nodePlatform } from "../../node/platform.ts";
import { type CaptureBytes, captureFacts, defaults, loadCapture } from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { captureOf, resumedCaptures } from "../../test/real/resumed.ts";
import { mutate, seeded } from "../../test/simulator/mutate.ts";
import { containerOf, memoryFile, openCaptureFile } from "../pcap/capture-file.ts";
import type { Container } from "../pcap/chunks.ts";
import { Frames } from "../pcap/frames.ts";
import { noProgress } from "../platform.ts";
import type { Trace } from "../trace.ts";
import { GrowingCapture } from "./capture.ts";

/** A capture file that is read up to some place, and then further. */
class Reading {
  readonly frames: Frames;
  readonly capture: GrowingCapture;
  private readonly bytes: Uint8Array;
  private readonly container: Container;
  private offset = 0;

  constructor(keys: CaptureBytes) {
    const file = memoryFile("test", keys.bytes);
    this.frames = new Frames(file);
    this.bytes = keys.bytes;
    this.container = containerOf(file, this.frames);
    const options = { ...defaults, streams: [] };
    this.capture = new GrowingCapture(file, { keys, options, platform: nodePlatform, progress: noProgress });
  }

  async readTo(end: number, isLast: boolean): Promise<void> {
    const { container, bytes } = this;
    for (let used = 1; used > 0 && this.offset < end && !container.stopped; this.offset += used)
      used = container.take(bytes.subarray(this.offset, end), this.offset);
    await this.capture.take(this.frames, isLast);
  }
}

/** All that a trace of a capture says, as a value to compare. */
function said({ events, verdicts, reader, captured, ...rest }: Trace): unknown {
  const { connections } = rest;
  const plaintexts = captured.map(({ records }, stream) => {
    const hash = createHash("sha256");
    for (let row = 1; row <= records.start.length; row++)
      hash.update(reader!.plaintext(stream, row) ?? "none");
    return hash.digest("hex");
  });
  const rows = Array.from({ length: events.count }, (_, event) => events.at(event));
  return structuredClone({ ...rest, rows, verdicts, plaintexts, count: connections.length });
}

/** What a capture that ends at a byte says, read at once. */
async function saidAtOnce(capture: CaptureBytes, end: number): Promise<unknown> {
  const reading = new Reading(capture);
  await reading.readTo(end, true);
  return said(await reading.capture.trace([]));
}

/** Where batches end: anywhere, or in many small steps from some place on. */
function endsOf(length: number, random: () => number): number[] {
  const any = Array.from({ length: 1 + Math.floor(random() * 5) }, () => Math.floor(random() * length));
  const steps = random() < 0.5 ? 0 : 24;
  for (let i = 0, at = random() * length; i < steps && at < length; i++, at += random() * 4000)
    any.push(Math.floor(at));
  return any.sort((a, b) => a - b);
}

/** Reads a capture in batches, looks at some of what it is in between, and expects what reading at once gives. */
async function assertGrows(capture: CaptureBytes, random: () => number, what: string): Promise<void> {
  const { length } = capture.bytes;
  const ends = endsOf(length, random);
  const reading = new Reading(capture);
  for (const end of [...ends, length]) {
    await reading.readTo(end, end === length);
    if (end < length && random() < 0.2) continue;
    const trace = said(await reading.capture.trace([]));
    assert.deepEqual(
      trace,
      await saidAtOnce(capture, end),
      `${what}, up to byte ${end} of ${ends.join(" ")}`,
    );
  }
}

const lossy = (): CaptureBytes => ({
  bytes: new Uint8Array(readFileSync("media/samples/lossy.pcap")),
  keyLogs: [readFileSync("media/samples/lossy.keys", "utf8")],
  cryptoInfos: [],
});

/** Packets of a little-endian pcap file dropped, sent twice, delayed and damaged. */
function shuffled(bytes: Uint8Array, random: () => number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const packets: { due: number; bytes: Uint8Array }[] = [];
  const share = random() * 0.1;
  for (let at = 24; at + 16 <= bytes.length; ) {
    const size = 16 + view.getUint32(at + 8, true);
    const packet = bytes.slice(at, at + size);
    const due = packets.length + (random() < share ? random() * 40 : 0);
    if (at < 3000 || random() >= share) packets.push({ due, bytes: packet });
    if (random() < share) packets.push({ due: due + random() * 60, bytes: damaged(packet, random) });
    at += size;
  }
  packets.sort((a, b) => a.due - b.due);
  return new Uint8Array(Buffer.concat([bytes.subarray(0, 24), ...packets.map((packet) => packet.bytes)]));
}

/** The packet, in half of all cases with a bit turned over in its payload. */
function damaged(packet: Uint8Array, random: () => number): Uint8Array {
  const copy = packet.slice();
  const at = 90 + Math.floor(random() * packet.length);
  if (random() < 0.5 && at < packet.length) copy[at]! ^= 1 << Math.floor(random() * 8);
  return copy;
}

async function run(
  t: TestContext,
  captures: readonly CaptureBytes[],
  runs: number,
  change: (bytes: Uint8Array, random: () => number) => Uint8Array,
): Promise<void> {
  const firstSeed = Number(process.env.SEED ?? 1);
  const count = Number(process.env.FUZZ ?? runs);
  t.diagnostic(`${count} captures from seed ${firstSeed} on (FUZZ=n for more, SEED=n FUZZ=1 repeats one)`);
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = seeded(seed);
    const capture = captures[seed % captures.length]!;
    await assertGrows({ ...capture, bytes: change(capture.bytes, random) }, random, `seed ${seed}`);
  }
}

const isSmallPcap = ({ bytes }: CaptureBytes) => bytes[0] === 0xd4 && bytes.length < 3e5;

/** Captures of the corpus, if it is there. */
async function ofCorpus(): Promise<CaptureBytes[]> {
  const folder = corpusFolder();
  if (folder === null) return [];
  const captures: CaptureBytes[] = [];
  for (const facts of captureFacts(folder)) {
    const capture = loadCapture(folder, facts);
    const file = await openCaptureFile(memoryFile(facts.name, capture.bytes), nodePlatform, noProgress);
    captures.push({ ...capture, bytes: file.read(0, file.size) });
  }
  return captures;
}

/** The file with bytes changed anywhere behind its header. */
const mutated = (bytes: Uint8Array, random: () => number): Uint8Array =>
  new Uint8Array(Buffer.concat([bytes.subarray(0, 24), mutate(bytes.slice(24), random)]));

test("a sample whose packets come in batches is at any time the trace of a capture that ends there", (t) =>
  run(t, [lossy()], 12, (bytes) => bytes));

test("so is every capture of the corpus", async (t) => {
  const captures = await ofCorpus();
  if (captures.length === 0) return t.diagnostic("corpus absent: nothing was compared");
  await run(t, captures, captures.length, (bytes) => bytes);
});

test("so are captures with packets lost, late, repeated and damaged", async (t) =>
  run(t, [lossy(), ...(await ofCorpus()).filter(isSmallPcap)], 24, shuffled));

test("keys that come after the packets are used for all of them", async () => {
  const capture = lossy();
  const reading = new Reading({ ...capture, keyLogs: [] });
  await reading.readTo(capture.bytes.length, false);
  const without = said(await reading.capture.trace([]));
  reading.frames.secrets.push(...capture.keyLogs);
  await reading.capture.take(reading.frames, true);
  const found = said(await reading.capture.trace([]));
  assert.deepEqual(found, await saidAtOnce(capture, capture.bytes.length));
  assert.notDeepEqual(found, without);
});

test("so are those with a resumed session, in whatever order the packets of its two connections come", async (t) => {
  const keyLogs = resumedCaptures.map(({ keyLog }) => keyLog);
  await run(t, [captureOf(keyLogs)], 24, (_, random) => {
    const { first, second } = resumedCaptures[Math.floor(random() * 2)]!;
    const [one, other] = [[...first], [...second]];
    const packets: Buffer[] = [];
    while (one.length + other.length > 0)
      packets.push((random() < 0.5 ? one : other).shift() ?? one.shift() ?? other.shift()!);
    return captureOf([], packets).bytes;
  });
});

test("so are mutated captures", async (t) =>
  run(t, [lossy(), ...(await ofCorpus()).filter(isSmallPcap)], 24, mutated));
