import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { RecordReader } from "../core/machine/connection.ts";
import { sha256 } from "../node/digest.ts";
import { openFile } from "../node/open-file.ts";
import { nodePlatform } from "../node/platform.ts";
import { Timeline } from "../replay/timeline.ts";
import { goldenLines } from "../report/golden.ts";
import { linesOf } from "../report/lines.ts";
import { judge } from "../study/study.ts";
import { readerOf } from "../trace/capture/reader.ts";
import { openCaptureFile } from "../trace/pcap/capture-file.ts";
import { noProgress } from "../trace/platform.ts";
import { received, sendable } from "../trace/sent.ts";
import type { Trace } from "../trace/trace.ts";
import { captureFacts } from "./captures.ts";
import { corpusFolder } from "./corpus.ts";
import { studyOf } from "./studies.ts";

const samples = "media/samples";

/** What a replay says, as text: effects and counters, and every line of NDJSON. */
function replayOf(trace: Trace): string {
  const timeline = new Timeline(trace).runAll();
  const lines = trace.streams.flatMap((stream) => [...linesOf(timeline, stream, sha256)]);
  const replacer = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);
  return [
    ...goldenLines(judge(timeline), new Set(trace.connections.keys())),
    ...lines.map((line) => JSON.stringify(line, replacer)),
  ].join("\n");
}

/** Everything but the tag of each captured record. */
const plaintextsOf = ({ captured }: Trace, reader: RecordReader): unknown[] =>
  captured.flatMap(({ records }, stream) =>
    Array.from({ length: records.start.length }, (_, i) => reader.plaintext(stream, i + 1)),
  );

/** Sends the trace of a file through structuredClone() and expects the same replay of what arrives. */
async function assertArrives(file: string, keys: readonly string[]): Promise<void> {
  const { trace } = (await studyOf(file, { keys: [...keys] })).timeline;
  const data = structuredClone(sendable(trace));
  const opened = await openCaptureFile(openFile(file), nodePlatform, noProgress);
  const reader = trace.reader && readerOf(data.captured, opened, nodePlatform.aead);
  const arrived = received(data, reader);
  assert.equal(replayOf(arrived), replayOf(trace), file);
  if (reader) assert.deepEqual(plaintextsOf(arrived, reader), plaintextsOf(trace, trace.reader!), file);
}

for (const sample of readdirSync(samples).filter((name) => /\.(tlstrace|pcap|pkt)$/.test(name))) {
  test(`${sample} replays in another thread as it does here`, () => {
    const keys = path.join(samples, `${path.parse(sample).name}.keys`);
    return assertArrives(path.join(samples, sample), existsSync(keys) ? [keys] : []);
  });
}

test("so do captures of the corpus", async (t) => {
  const folder = corpusFolder();
  if (folder === null) return t.diagnostic("the corpus is absent: nothing was compared");
  for (const { file, keylog } of captureFacts(folder))
    await assertArrives(path.join(folder, file), keylog ? [path.join(folder, keylog)] : []);
});

test("nothing of a trace but its reader keeps it from being sent", async () => {
  const { timeline } = await studyOf(path.join(samples, "lossy.pcap"), {
    keys: [path.join(samples, "lossy.keys")],
  });
  const { trace } = timeline;
  assert.throws(() => structuredClone(trace), /could not be cloned/);
  const { reader: _, ...data } = trace;
  assert.deepEqual(structuredClone(data).captured.length, 2);
});
