import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { ciphers } from "../core/base/record.ts";
import { sha256 } from "../node/digest.ts";
import { linesOf } from "../report/lines.ts";
import { corpusFolder } from "./corpus.ts";
import { studyOf } from "./studies.ts";

/** Facts of one direction, made by another program (and tshark) when the corpus was put together. */
interface FlowFacts {
  src: string;
  dst: string;
  segs: number;
  enc: number;
  decrypted: number;
  by_type: Record<string, number>;
  key_updates?: number;
  offload_start_seq: number | null;
  offload_start_rec_seq: number | null;
  off_segs: number;
  off_resyncs: number;
}

interface CaseFacts {
  name: string;
  file: string;
  keylog?: string;
  suites: string[];
  flows: FlowFacts[];
}

type Line = Record<string, unknown>;
const folder = corpusFolder();

if (folder === null) {
  test("captures of the corpus agree with their facts", (t) =>
    t.diagnostic("the corpus is absent: nothing checked"));
} else {
  const facts = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as { cases: CaseFacts[] };
  for (const capture of facts.cases) {
    test(`${capture.name}: records, numbers, start and resyncs are as its facts say`, () =>
      agrees(folder, capture));
  }
}

async function agrees(corpus: string, capture: CaseFacts): Promise<void> {
  const keys = capture.keylog ? [path.join(corpus, capture.keylog)] : [];
  const { timeline } = await studyOf(path.join(corpus, capture.file), { keys, profile: "connectx" });
  // None of these captures has a wrong byte, so nothing may be said to be wrong.
  assert.deepEqual([...timeline.trace.verdicts!.damage.values()], []);
  assert.equal(timeline.trace.verdicts!.differences.size, 0);
  const streams = new Map(
    timeline.trace.streams.map((stream) => [stream.name, [...linesOf(timeline, stream, sha256)] as Line[]]),
  );
  const repetitions = new Map<string, number>();
  for (const flow of capture.flows.filter(({ segs }) => segs > 0)) {
    const tuple = `${shortest(flow.src)}>${shortest(flow.dst)}`;
    const repetition = (repetitions.get(tuple) ?? 0) + 1;
    repetitions.set(tuple, repetition);
    const name = repetition === 1 ? tuple : `${tuple}#${repetition}`;
    const lines = streams.get(name);
    assert.ok(lines, `stream ${name} is listed; there are ${[...streams.keys()].join(" ")}`);
    check(flow, lines, name);
  }
}

function check(flow: FlowFacts, lines: Line[], name: string): void {
  const of = (kind: string) => lines.filter((line) => line.kind === kind);
  const [stream, summary] = [of("stream")[0]!, of("summary")[0]!];
  const decryptable = (ciphers as readonly unknown[]).includes(stream.cipher);
  assert.equal(summary.wireBytesDiffering, 0, `${name}: no wire byte differs`);
  assert.equal(summary.failed, 0, `${name}: no record fails`);
  if (!decryptable && stream.version === "1.3") {
    // Without decryption a TLS 1.3 start is the first encrypted record, and no number is known.
    assert.equal(stream.offloadStartRecordSn, null);
    assert.ok(
      of("record").every(({ recordSn, authenticated }) => recordSn === null && authenticated === null),
    );
    assert.match(String(stream.note), /CCM_8/);
    return;
  }
  assert.equal(stream.offloadStartSeq, flow.offload_start_seq, `${name}: offload start`);
  assert.equal(stream.offloadStartRecordSn, flow.offload_start_rec_seq, `${name}: number at the start`);
  assert.equal(summary.transmits, flow.off_segs, `${name}: transmits`);
  assert.equal(summary.outOfOrder, flow.off_resyncs, `${name}: out-of-order transmits`);
  assert.equal(
    (summary.counters as Line).tx_tls_encrypted_bytes,
    summaryBytes(of("transmit")),
    `${name}: encrypted bytes`,
  );
  if (decryptable && flow.offload_start_seq !== null) checkRecords(flow, of("record"), name);
}

const summaryBytes = (transmits: Line[]): number =>
  transmits.reduce((sum, { length }) => sum + Number(length), 0);

/** The facts count every encrypted record; those before the offload start (Finished, handshake flight) are not ours. */
function checkRecords(flow: FlowFacts, records: Line[], name: string): void {
  const before = flow.enc - records.length;
  assert.equal(
    records.filter(({ authenticated }) => authenticated === true).length,
    flow.decrypted - before,
    `${name}: decrypted`,
  );
  assert.equal(
    records.filter(({ epoch }) => Number(epoch) > 0).length > 0,
    (flow.key_updates ?? 0) > 0 || flow.enc > flow.decrypted,
    `${name}: epochs`,
  );
  if (flow.key_updates !== undefined)
    assert.equal(Math.max(...records.map(({ epoch }) => Number(epoch))), flow.key_updates);
  const counted = (type: number) => records.filter((record) => record.type === type).length;
  for (const type of [21, 23]) {
    const early = type === 23 ? earlyData(flow, records) : 0;
    assert.equal(counted(type), (flow.by_type[`e${type}`] ?? 0) - early, `${name}: records of type ${type}`);
  }
  assert.equal(counted(20), flow.by_type.e20 ?? 0, `${name}: ChangeCipherSpec of a renegotiation`);
  let expected = Number(flow.offload_start_rec_seq);
  for (const { recordSn, epoch } of records) {
    if (recordSn === 0 && Number(epoch) > 0) expected = 0;
    assert.equal(recordSn, expected++, `${name}: numbers run on, from 0 in each epoch`);
  }
}

/** 0-RTT application data lies before the offload start: the facts count it, the record map does not hold it. */
const earlyData = (flow: FlowFacts, records: Line[]): number => {
  const handshake = (flow.by_type.e22 ?? 0) - records.filter(({ type }) => type === 22).length;
  return flow.enc - records.length - handshake;
};

/** The facts spell IPv6 addresses out; stream names have them as RFC 5952 says, in brackets. */
function shortest(endpoint: string): string {
  const colon = endpoint.lastIndexOf(":");
  const address = endpoint.slice(0, colon);
  if (!address.includes(":")) return endpoint;
  return `${new URL(`http://[${address}]/`).hostname}${endpoint.slice(colon)}`;
}
