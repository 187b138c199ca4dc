import assert from "node:assert/strict";
import { test } from "node:test";
import { Kind } from "../../core/words/event.ts";
import {
  type CaptureBytes,
  captureNamed,
  readBytes,
  recordsOf,
  type SeenRecord,
  transmitsOf,
} from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { Authenticated, type Trace, Wire } from "../trace.ts";

const folder = corpusFolder();

/** A little-endian pcap without these frames. */
function without(capture: CaptureBytes, frames: ReadonlySet<number>): CaptureBytes {
  const { bytes } = capture;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const kept = [bytes.subarray(0, 24)];
  let frame = 1;
  for (let at = 24; at < bytes.length; frame++) {
    const end = at + 16 + view.getUint32(at + 8, true);
    if (!frames.has(frame)) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return { ...capture, bytes: new Uint8Array(Buffer.concat(kept)) };
}

const snOf = (trace: Trace, connection: number, record: SeenRecord): string => {
  const given = trace.recordSns.get(record.event);
  if (record.snUnknown) return "unknown";
  if (given !== undefined) return `${record.epoch}:${given}`;
  const before = recordsOf(trace, connection).filter(
    (one) => one.row < record.row && one.epoch === record.epoch,
  );
  const last = before.at(-1);
  if (!last) return `${record.epoch}:${record.epoch === 0 ? trace.connections[connection]!.recSeq0 : 0n}`;
  const previous = snOf(trace, connection, last);
  return `${record.epoch}:${BigInt(previous.split(":")[1]!) + 1n}`;
};

/** Records by start, with what must be the same when frames are missing. */
function numbered(trace: Trace, connection: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const record of recordsOf(trace, connection)) {
    if (record.authenticated !== Authenticated.yes) continue;
    found.set(
      record.start,
      `${record.length} bytes, type ${record.type}, number ${snOf(trace, connection, record)}`,
    );
  }
  return found;
}

/** Reads the capture without the frames of these transmits and compares what is left with the whole. */
async function checkHoles(
  capture: CaptureBytes,
  good: Trace,
  connection: number,
  dropped: readonly number[],
): Promise<void> {
  const transmits = transmitsOf(good, connection);
  const frames = new Set(dropped.map((i) => transmits[i]!.frame));
  const trace = await readBytes(without(capture, frames));
  const what = `without frames ${[...frames].join(", ")}`;
  const here = trace.connections.findIndex((one) => one.name === good.connections[connection]!.name);
  const shift = trace.connections[here]!.startSeq - good.connections[connection]!.startSeq;
  assert.equal(shift, 0, what);
  const [expected, found] = [numbered(good, connection), numbered(trace, here)];
  const kept = transmits.filter((transmit) => !frames.has(transmit.frame));
  const isMissing = (at: number) => !kept.some(({ start, length }) => start <= at && at < start + length);
  const lost = transmits.filter(
    ({ frame, start, length }) => frames.has(frame) && (isMissing(start) || isMissing(start + length - 1)),
  );
  for (const record of recordsOf(good, connection)) {
    const end = record.start + record.length;
    const isTouched = lost.some(({ start, length }) => start < end && record.start < start + length);
    if (isTouched)
      assert.equal(
        found.get(record.start) ?? "lost",
        found.has(record.start) ? expected.get(record.start) : "lost",
      );
    else
      assert.equal(found.get(record.start), expected.get(record.start), `${what}: record at ${record.start}`);
  }
  assert.ok(
    recordsOf(trace, here).every((record) => record.authenticated !== Authenticated.no),
    what,
  );
  assert.ok(
    transmitsOf(trace, here).every((transmit) => transmit.wire !== Wire.differs),
    what,
  );
}

for (const name of ["n12-aes128-clean", "n13-chacha-clean", "n12-aes128-tiny", "keyupdate-13-aes128"]) {
  test(`${name} with frames missing: every record that is whole authenticates under its number`, async (t) => {
    if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
    const capture = captureNamed(folder, name);
    const good = await readBytes(capture);
    const connection = good.connections.findIndex((_, i) => recordsOf(good, i).length > 30);
    const { length } = transmitsOf(good, connection);
    const random = seeded(7);
    for (let run = 0; run < 15; run++) {
      const first = 1 + Math.floor(random() * (length - 8));
      const count = 1 + Math.floor(random() * (run % 3 === 0 ? 1 : 6));
      const dropped = Array.from({ length: count }, (_, i) => first + i).filter((i) => i < length - 1);
      await checkHoles(capture, good, connection, dropped);
    }
  });
}

/** The capture with the last bytes of one frame cut off, as a snaplen would. */
function cutShort(capture: CaptureBytes, frame: number, cut: number): CaptureBytes {
  const view = new DataView(capture.bytes.buffer, capture.bytes.byteOffset);
  let at = 24;
  for (let i = 1; i < frame; i++) at += 16 + view.getUint32(at + 8, true);
  const kept = view.getUint32(at + 8, true) - cut;
  const end = at + 16 + kept;
  const bytes = new Uint8Array([...capture.bytes.subarray(0, end), ...capture.bytes.subarray(end + cut)]);
  new DataView(bytes.buffer).setUint32(at + 8, kept, true);
  return { ...capture, bytes };
}

test("a KeyUpdate whose content is missing does not cost the records behind it", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "keyupdate-13-aes128");
  const good = await readBytes(capture);
  const update = recordsOf(good, 0).find(({ type, length }) => type === 22 && length === 27)!;
  const covers = (at: number) =>
    transmitsOf(good, 0).filter(({ start, length }) => start <= at && at < start + length);
  const [transmit, ...others] = covers(update.start + 26);
  assert.equal(others.length, 0);
  const cut = transmit!.start + transmit!.length - (update.start + 6);
  const trace = await readBytes(cutShort(capture, transmit!.frame, cut));
  const [expected, found] = [numbered(good, 0), numbered(trace, 0)];
  const lost = [...expected.keys()].filter((start) => !found.has(start));
  const end = transmit!.start + transmit!.length;
  assert.ok(
    lost.every((start) => update.start <= start && start < end),
    lost.join(", "),
  );
  for (const [start, text] of found) assert.equal(text, expected.get(start));
  assert.ok(recordsOf(trace, 0).every((record) => record.authenticated !== Authenticated.no));
});

test("records are found again behind a gap that hides two KeyUpdates", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "keyupdate-13-aes128");
  const good = await readBytes(capture);
  const updates = recordsOf(good, 0).filter(({ type, length }) => type === 22 && length === 27);
  const [first, second] = [updates[0]!.start, updates[1]!.start + updates[1]!.length];
  const dropped = transmitsOf(good, 0).filter(
    ({ start, length }) => start < second && first < start + length,
  );
  const trace = await readBytes(without(capture, new Set(dropped.map(({ frame }) => frame))));
  const [expected, found] = [numbered(good, 0), numbered(trace, 0)];
  for (const [start, text] of found) assert.equal(text, expected.get(start));
  const behind = [...expected.keys()].filter((start) => start >= second + 2 * 1448);
  assert.ok(behind.length > 3 && behind.every((start) => found.has(start) || start === behind[0]));
});

test("without keys the framing is found again behind a hole, numbers are not", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "n12-aes128-clean");
  const good = await readBytes(capture);
  const frame = transmitsOf(good, 1).find(({ start, length }) =>
    recordsOf(good, 1).some(
      (record) => record.start > 100_000 && record.start >= start && record.start + 5 <= start + length,
    ),
  )!.frame;
  const trace = await readBytes({ ...without(capture, new Set([frame])), keyLogs: [] });
  const starts = new Set(recordsOf(good, 1).map((record) => record.start));
  const records = recordsOf(trace, 1);
  assert.ok(records.every((record) => starts.has(record.start)));
  assert.ok(records.length >= starts.size - 2);
  assert.ok(!records[0]!.snUnknown && records.at(-1)!.snUnknown);
  const gaps = Array.from({ length: trace.events.count }, (_, i) => trace.events.kind.at(i)).filter(
    (kind) => kind === Kind.gap,
  );
  assert.equal(gaps.length, 1);
});

test("a capture that lacks the handshake has no offload start and says so", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "n12-aes128-clean");
  const trace = await readBytes(without(capture, new Set(Array.from({ length: 30 }, (_, i) => i + 1))));
  assert.ok(trace.streams.every((stream) => stream.connection === -1 && stream.note !== null));
  const snapped = await readBytes(captureNamed(folder, "snap96-12-aes128"));
  assert.equal(snapped.streams.length, 2);
  assert.ok(
    snapped.streams.every((stream) => stream.connection === -1 && /cut or missing/.test(stream.note!)),
  );
});
