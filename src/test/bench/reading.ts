import { strict as assert } from "node:assert";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { layoutOf, type Sealing, sealingOf, tagSize } from "../../core/base/record.ts";
import { RecordKind } from "../../core/machine/record-log.ts";
import { openFile } from "../../node/open-file.ts";
import { nodePlatform } from "../../node/platform.ts";
import { Timeline } from "../../replay/timeline.ts";
import { openTrace } from "../../trace/open.ts";
import { readSegments } from "../../trace/pcap/capture-file.ts";
import { noProgress } from "../../trace/platform.ts";
import { signsNamed } from "../../trace/signs.ts";
import type { Trace } from "../../trace/trace.ts";
import type { CaptureFile } from "./captures.ts";
import type { Result } from "./goals.ts";
import { ratios, type Spread, spreadOf, timed } from "./measure.ts";

/** A capture opened, checked and run, as the editor does it; its file stays open for bytes until closed. */
export async function openCapture(capture: CaptureFile): Promise<OpenCapture> {
  const { trace, close } = await verifyCapture(capture);
  return { timeline: new Timeline(trace).runAll(), close };
}

/** A capture opened and every byte of it checked, as `verify` does it. */
async function verifyCapture({ file, keys }: CaptureFile): Promise<{ trace: Trace; close(): void }> {
  const opened = openFile(file);
  const options = { profile: null, streams: [], tap: "auto", offloadStart: "after-finished" } as const;
  const trace = await openTrace(
    opened,
    [readFileSync(keys, "utf8")],
    { ...options, streams: [] },
    nodePlatform,
    noProgress,
  );
  return { trace, close: opened.close };
}

interface OpenCapture {
  timeline: Timeline;
  close(): void;
}

/** One sealed record and what opening it needs. */
interface SealedRecord {
  sealing: Sealing;
  sealed: Uint8Array;
}

/** Goals about reading a capture in this process. */
export async function measureReading(capture: CaptureFile, rounds: number): Promise<Result[]> {
  const buffer = new Uint8Array(1 << 22);
  const raw = () => timed(() => readWhole(capture.file, buffer));
  const index = () =>
    timed(async () => {
      const file = openFile(capture.file);
      await readSegments(file, noProgress);
      file.close();
    });
  const indexing = await ratios(rounds, index, raw);
  return [
    {
      id: "P2",
      what: `index vs reading the file, ${capture.name}`,
      measured: inPercent(indexing),
      floor: 20,
      aim: 35,
      unit: "%",
    },
    await measureShare(capture, rounds),
  ];
}

/** What opens all records of a capture, which lie in memory. */
async function cipherAlone(capture: CaptureFile): Promise<() => void> {
  const opened = await openCapture(capture);
  const records = sealedRecords(opened.timeline);
  opened.close();
  return () => {
    for (const { sealing, sealed } of records) assert.ok(nodePlatform.aead.open(sealing, sealed));
  };
}

/** A large file verified, against reading it and opening its records in memory: less is not to be had. */
export async function measureFloor(capture: CaptureFile, rounds: number): Promise<Result[]> {
  const buffer = new Uint8Array(1 << 22);
  const openAll = await cipherAlone(capture);
  const floor = () =>
    timed(() => {
      readWhole(capture.file, buffer);
      openAll();
    });
  const verify = () => timed(async () => (await verifyCapture(capture)).close());
  const what = `verify vs reading and the cipher alone, ${capture.name}`;
  const measured = await ratios(rounds, floor, verify);
  return [{ id: "P20", what, measured, floor: 3, aim: 2, unit: "x", isCeiling: true }];
}

/** File to verified, as a share of what opening the same records in memory costs. */
async function measureShare(capture: CaptureFile, rounds: number): Promise<Result> {
  const openAll = await cipherAlone(capture);
  const share = await ratios(
    rounds,
    () => timed(async () => (await verifyCapture(capture)).close()),
    () => timed(openAll),
  );
  return {
    id: "P4",
    what: `file to verified vs the cipher alone, ${capture.name}`,
    measured: inPercent(share),
    floor: 45,
    aim: 65,
    unit: "%",
  };
}

/** The records as they were on the wire, in memory. */
function sealedRecords({ trace, machine }: Timeline): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (const [c, { version, cipher, epochs, source }] of trace.connections.entries()) {
    const log = machine.sockets[c]!.records;
    assert.equal(cipher, "aes-128-gcm", "captures of this benchmark use it");
    for (let row = 1; row < log.count; row++) {
      const keys = epochs[log.epoch.at(row)];
      const isRecord = source?.kind === "captured" && log.kind.at(row) === RecordKind.record;
      const plaintext = isRecord ? trace.reader!.plaintext(source.stream, row) : null;
      if (!keys || !plaintext) continue;
      const { prepend } = layoutOf(version, "aes-128-gcm");
      const sealing = sealingOf({ version, cipher }, keys, log.sn(row), plaintext);
      const sealed = nodePlatform.aead.seal(sealing, plaintext.subarray(prepend));
      assert.equal(sealed.length, log.length.at(row) - prepend, `tag of ${tagSize} bytes`);
      records.push({ sealing, sealed });
    }
  }
  return records;
}

function readWhole(file: string, buffer: Uint8Array): void {
  const fd = openSync(file, "r");
  while (readSync(fd, buffer) > 0);
  closeSync(fd);
}

/** A 100 MB capture opens and stops at its first out-of-order transmit; in seconds. */
export async function measureFirstStop(capture: CaptureFile, rounds: number): Promise<Result[]> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const ms = await timed(async () => {
      const { timeline, close } = await openCapture(capture);
      const event = timeline.effects.next(0, 1, signsNamed("out-of-order"));
      assert.ok(event >= 0, "the capture has an out-of-order transmit");
      timeline.record(event);
      close();
    });
    seconds.push(ms / 1000);
  }
  const what = `open, stop at the first out-of-order transmit, ${capture.name}`;
  return [{ id: "stop", what, measured: spreadOf(seconds), floor: 3, aim: 1, unit: "s", isCeiling: true }];
}

const inPercent = ({ median, min, max }: Spread): Spread => ({
  median: 100 * median,
  min: 100 * min,
  max: 100 * max,
});
