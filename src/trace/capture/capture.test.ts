import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Flag, Kind, unpackRecord } from "../../core/words/event.ts";
import {
  type CaptureFacts,
  captureFacts,
  captureNamed,
  type FlowFacts,
  loadCapture,
  plaintextOf,
  readBytes,
  recordsOf,
  transmitsOf,
} from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { Authenticated, type Trace, Wire } from "../trace.ts";

const folder = corpusFolder();

const isUsable = (facts: CaptureFacts): boolean =>
  facts.suites.length > 0 && facts.suites.every((suite) => /GCM|CHACHA20|CCM(?!_8)/.test(suite));

const port = (endpoint: string): string => endpoint.slice(endpoint.lastIndexOf(":") + 1);

/** The facts write IPv6 addresses in full, so ends are compared by port. */
function connectionOf(trace: Trace, flow: FlowFacts): number {
  const stream = trace.streams.find(({ name }) => {
    const [from, to] = name.split(">");
    return port(from!) === port(flow.src) && port(to!) === port(flow.dst);
  });
  assert.ok(stream, `no stream for ${flow.src}`);
  return stream.connection;
}

function checkFlow(trace: Trace, flow: FlowFacts, what: string): void {
  const connection = connectionOf(trace, flow);
  if (flow.offload_start_seq === null) {
    assert.equal(connection, -1, what);
    assert.ok(trace.streams.some((stream) => stream.connection === -1 && stream.note !== null));
    return;
  }
  const { startSeq, recSeq0 } = trace.connections[connection]!;
  assert.deepEqual(
    [startSeq >>> 0, Number(recSeq0)],
    [flow.offload_start_seq, flow.offload_start_rec_seq],
    what,
  );
  const transmits = transmitsOf(trace, connection);
  assert.equal(transmits.length, flow.off_segs, what);
  assert.equal(resyncsOf(transmits), flow.off_resyncs, what);
  assert.equal(straddlesOf(trace, connection), flow.off_straddle ?? 0, what);
  const records = recordsOf(trace, connection);
  const failed = records.filter((record) => record.authenticated !== Authenticated.yes);
  assert.equal(failed.length, flow.failed, what);
  assert.ok(
    failed.every((record) => record.epoch === 1 && record.authenticated === Authenticated.unknown),
    what,
  );
  const { wire } = trace.verdicts!;
  const isRenegotiated = flow.failed > 0;
  assert.ok(
    transmits.every(({ event }) => wire[event] === Wire.match || isRenegotiated),
    what,
  );
  assert.equal(trace.verdicts!.differing[connection], 0, what);
  if (!isRenegotiated) {
    assert.equal(Math.max(0, ...records.map((record) => record.epoch)), flow.key_updates ?? 0, what);
    const carried = transmits.reduce((sum, { length }) => sum + length, 0);
    assert.equal(trace.verdicts!.compared[connection], carried, what);
  }
  checkTypes(records, flow, what);
}

/** The facts count records by type from the first encrypted one on, so handshake and early data come on top. */
function checkTypes(records: readonly { type: number }[], flow: FlowFacts, what: string): void {
  const count = (type: number) => records.filter((record) => record.type === type).length;
  assert.equal(count(21), flow.by_type.e21 ?? 0, what);
  assert.ok(count(23) <= (flow.by_type.e23 ?? 0), what);
  assert.ok(count(22) <= (flow.by_type.e22 ?? 0), what);
  const before = flow.enc - records.length;
  assert.equal(before, (flow.by_type.e22 ?? 0) - count(22) + (flow.by_type.e23 ?? 0) - count(23), what);
}

/** Transmits that do not start where the one before ended: the facts' own definition. */
function resyncsOf(transmits: readonly { start: number; length: number }[]): number {
  let expected = 0;
  let resyncs = 0;
  for (const { start, length } of transmits) {
    if (start !== expected) resyncs++;
    expected = start + length;
  }
  return resyncs;
}

function straddlesOf(trace: Trace, connection: number): number {
  let straddles = 0;
  for (let event = 0; event < trace.events.count; event++) {
    const { connection: of, kind, flags } = trace.events.at(event);
    if (of === connection && kind === Kind.transmit && flags & Flag.straddle) straddles++;
  }
  return straddles;
}

function absent(t: TestContext): boolean {
  if (folder === null) t.diagnostic("corpus absent: nothing was compared");
  return folder === null;
}

test("every capture of the corpus with an AEAD of the model gives what its facts say", async (t) => {
  if (absent(t)) return;
  const cases = captureFacts(folder!).filter(isUsable);
  for (const facts of cases) {
    const trace = await readBytes(loadCapture(folder!, facts));
    for (const flow of facts.flows) checkFlow(trace, flow, `${facts.name} ${flow.src}`);
    checkOrder(trace, facts.name);
  }
  assert.ok(cases.length > 30);
});

/** Each record comes directly before the transmit that first reaches into it, records are contiguous, install is first. */
function checkOrder(trace: Trace, what: string): void {
  const ends = new Map<number, number>();
  for (let event = 0; event < trace.events.count; event++) {
    const { connection, kind, seq: at, length, flags } = trace.events.at(event);
    const { startSeq } = trace.connections[connection]!;
    const end = ends.get(connection);
    if (kind === Kind.install) {
      assert.equal(end, undefined, what);
      assert.equal(at, startSeq, what);
      ends.set(connection, 0);
    }
    if (kind === Kind.record) {
      assert.equal(at - startSeq, end, what);
      ends.set(connection, end! + length);
      const next = trace.events.kind.at(event + 1);
      assert.ok(next === Kind.record || next === Kind.transmit, what);
    }
    if (kind !== Kind.transmit) continue;
    assert.ok(flags & Flag.captured, what);
    const reach = at + length - startSeq;
    assert.ok(reach <= (end ?? 0) || reach <= 0, what);
  }
}

test("early data, HelloRetryRequest and KeyUpdate: where records start and where numbers begin anew", async (t) => {
  if (absent(t)) return;
  const trace = await readBytes(captureNamed(folder!, "keyupdate-13-aes128"));
  const starts = recordsOf(trace, 0).filter(
    ({ event }) => unpackRecord(trace.events.extra.at(event)).startsEpoch,
  );
  assert.deepEqual(
    starts.map((record) => record.epoch),
    [1, 2, 3],
  );
  assert.equal(trace.connections[0]!.epochs.length, 4);
  const early = await readBytes(captureNamed(folder!, "early-13-aes128"));
  // 17 application data records, two of them early: the facts count all, the offload has the others.
  const sender = early.streams.find((stream) => stream.name.startsWith("10.77.0.1:52642>"))!;
  assert.equal(recordsOf(early, sender.connection).filter((record) => record.type === 23).length, 15);
});

test("CCM suites with a tag of 8 bytes: a record map without decryption, and a note", async (t) => {
  if (absent(t)) return;
  for (const facts of captureFacts(folder!).filter((one) =>
    one.suites.some((suite) => /CCM_8/.test(suite)),
  )) {
    const trace = await readBytes(loadCapture(folder!, facts));
    const sender = trace.streams[0]!;
    const records = recordsOf(trace, sender.connection);
    assert.match(sender.note!, /CCM_8.* cannot be decrypted here/);
    assert.ok(
      records.length > 0 && records.every((record) => record.authenticated === Authenticated.unknown),
    );
    // In TLS 1.3 nobody can tell where the application keys begin without them.
    assert.ok(records.every((record) => record.snUnknown === facts.versions.includes("1.3")));
    assert.equal(plaintextOf(trace, sender.connection, 1), null);
  }
});

test("a capture from the middle of a connection starts where its crypto_info says", async (t) => {
  if (absent(t)) return;
  const trace = await readBytes(captureNamed(folder!, "mid-12-aes256"));
  assert.deepEqual(
    trace.connections.map((one) => [one.startSeq >>> 0, one.recSeq0]),
    [
      [1514239879, 2n],
      [3543658203, 82n],
    ],
  );
  // 1 and 48 records from there on: the file's own records_from_here.
  assert.deepEqual(
    [0, 1].map((i) => recordsOf(trace, i).length),
    [1, 48],
  );
  assert.ok([0, 1].every((i) => recordsOf(trace, i).every((one) => one.authenticated === Authenticated.yes)));
  const without = await readBytes({ ...captureNamed(folder!, "mid-12-aes256"), cryptoInfos: [] });
  assert.deepEqual(
    without.streams.map((one) => one.connection),
    [-1, -1],
  );
  assert.match(without.streams[0]!.note!, /crypto_info/);
});

test("offload after ChangeCipherSpec: Finished is record 0", async (t) => {
  if (absent(t)) return;
  const capture = captureNamed(folder!, "n12-aes128-clean");
  const [finished, ccs] = [await readBytes(capture), await readBytes(capture, { offloadStart: "after-ccs" })];
  for (const connection of [0, 1]) {
    const [first] = recordsOf(ccs, connection);
    assert.deepEqual([first!.type, first!.authenticated], [22, Authenticated.yes]);
    assert.equal(ccs.connections[connection]!.recSeq0, 0n);
    const [before, after] = [ccs, finished].map((trace) => trace.connections[connection]!.startSeq);
    assert.equal(after! - before!, first!.length);
  }
});

test("without keys, with another session's and with rubbish: record map, numbers where they can be known, one note", async (t) => {
  if (absent(t)) return;
  for (const [name, snUnknown] of [
    ["n12-aes128-clean", false],
    ["n13-aes256-clean", true],
  ] as const) {
    const capture = captureNamed(folder!, name);
    const rubbish = capture.keyLogs[0]!.replace(/[0-9a-f]{16}$/gm, "0123456789abcdef");
    for (const keyLogs of [[], ["CLIENT_RANDOM 12"], [rubbish]]) {
      const trace = await readBytes({ ...capture, keyLogs });
      const sender = trace.streams[1]!;
      const records = recordsOf(trace, sender.connection);
      assert.ok(records.length > 60);
      assert.ok(
        records.every((one) => one.authenticated === Authenticated.unknown && one.snUnknown === snUnknown),
      );
      assert.match(sender.note!, /record map without decryption/);
      assert.equal(sender.tap, "wire");
      assert.ok(transmitsOf(trace, sender.connection).every((one) => one.wire === Wire.unknown));
    }
  }
});

test("globs choose streams; a name that matches nothing is said", async (t) => {
  if (absent(t)) return;
  const capture = captureNamed(folder!, "v6-12-aes128-loss2");
  const trace = await readBytes(capture, { streams: ["[fd77::1]:*"] });
  assert.deepEqual(
    trace.streams.map((one) => one.name),
    ["[fd77::1]:20035>[fd77::2]:59698"],
  );
  assert.equal(trace.connections.length, 1);
  const none = await readBytes(capture, { streams: ["10.*"] });
  assert.match(none.diagnostics[0]!.message, /no TLS stream matches/);
});
