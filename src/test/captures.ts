import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { connectx } from "../core/profiles/connectx.ts";
import { Kind, unpackRecord } from "../core/words/event.ts";
import { nodePlatform } from "../node/platform.ts";
import { type CaptureOptions, readCapture } from "../trace/capture/capture.ts";
import { type CryptoInfo, parseCryptoInfos } from "../trace/keys/crypto-info.ts";
import { memoryFile } from "../trace/pcap/capture-file.ts";
import { noProgress } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";

/** Facts of one direction, as the corpus's index has them; they were found by another program. */
export interface FlowFacts {
  src: string;
  dst: string;
  enc: number;
  failed: number;
  by_type: Record<string, number>;
  offload_start_seq: number | null;
  offload_start_rec_seq: number | null;
  off_segs: number;
  off_resyncs: number;
  off_straddle?: number;
  key_updates?: number;
}

/** One capture of the corpus. */
export interface CaptureFacts {
  name: string;
  file: string;
  keylog?: string;
  cryptoinfo?: string;
  suites: string[];
  versions: string[];
  flows: FlowFacts[];
}

export const captureFacts = (folder: string): CaptureFacts[] =>
  JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")).cases;

/** A capture's bytes and keys. */
export interface CaptureBytes {
  bytes: Uint8Array;
  keyLogs: string[];
  cryptoInfos: CryptoInfo[];
}

export function loadCapture(folder: string, facts: CaptureFacts): CaptureBytes {
  const text = (name: string) => readFileSync(path.join(folder, name), "utf8");
  return {
    bytes: new Uint8Array(readFileSync(path.join(folder, facts.file))),
    keyLogs: facts.keylog ? [text(facts.keylog)] : [],
    cryptoInfos: facts.cryptoinfo ? parseCryptoInfos(text(facts.cryptoinfo)).infos : [],
  };
}

/** The capture of this name. */
export function captureNamed(folder: string, name: string): CaptureBytes {
  return loadCapture(folder, captureFacts(folder).find((facts) => facts.name === name)!);
}

export const defaults: CaptureOptions = {
  tap: "auto",
  offloadStart: "after-finished",
  streams: [],
  profile: connectx,
};

export const readBytes = (capture: CaptureBytes, options: Partial<CaptureOptions> = {}): Promise<Trace> =>
  readCapture(
    memoryFile("test", capture.bytes),
    capture,
    { ...defaults, ...options },
    nodePlatform,
    noProgress,
  );

/** Everything of a captured record but its tag, null if it is not known; `row` as in the connection's record log. */
export function plaintextOf(
  { connections, reader }: Trace,
  connection: number,
  row: number,
): Uint8Array | null {
  const { source } = connections[connection]!;
  assert.ok(source?.kind === "captured" && reader !== null);
  return reader.plaintext(source.stream, row);
}

/** A `record` event with its place in the trace. */
export interface SeenRecord {
  event: number;
  /** Row of the connection's record log, from 1. */
  row: number;
  /** Distance from the offload start. */
  start: number;
  length: number;
  type: number;
  epoch: number;
  snUnknown: boolean;
  authenticated: number;
}

export function recordsOf(trace: Trace, connection: number): SeenRecord[] {
  const records: SeenRecord[] = [];
  const { startSeq } = trace.connections[connection]!;
  let row = 0;
  for (let event = 0; event < trace.events.count; event++) {
    const { connection: of, kind, seq: at, length, extra } = trace.events.at(event);
    if (of !== connection || (kind !== Kind.record && kind !== Kind.gap)) continue;
    row++;
    if (kind === Kind.gap) continue;
    const { type, epoch, snUnknown } = unpackRecord(extra);
    const authenticated = trace.verdicts!.authenticated[event]!;
    records.push({
      event,
      row,
      start: at - startSeq,
      length,
      type,
      epoch,
      snUnknown,
      authenticated,
    });
  }
  return records;
}

/** A `transmit` event that reaches behind the offload start. */
export interface SeenTransmit {
  event: number;
  frame: number;
  start: number;
  length: number;
  /** Of its first byte, in the file. */
  offset: number;
  wire: number;
}

export function transmitsOf(trace: Trace, connection: number): SeenTransmit[] {
  const transmits: SeenTransmit[] = [];
  const { startSeq } = trace.connections[connection]!;
  for (let event = 0; event < trace.events.count; event++) {
    const { connection: of, kind, seq: at, length, line, offset } = trace.events.at(event);
    const start = at - startSeq;
    if (of !== connection || kind !== Kind.transmit || start < 0) continue;
    transmits.push({ event, frame: line, start, length, offset, wire: trace.verdicts!.wire[event]! });
  }
  return transmits;
}

/** File offsets of all captured copies of the byte `position` behind the offload start. */
export function copiesOf(trace: Trace, connection: number, position: number): number[] {
  return transmitsOf(trace, connection)
    .filter(({ start, length }) => start <= position && position < start + length)
    .map(({ start, offset }) => offset + position - start);
}
