import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { pathToFileURL } from "node:url";
import { type Shape, writeCapture } from "../../test/bench/captures.ts";

type Row = Record<string, unknown>;

/** What media/docs/fleet.md shows, run here on twelve captures. */
const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-beside-"));
after(() => rmSync(folder, { recursive: true }));
for (const name of ["keys", "rows", "captures"]) mkdirSync(path.join(folder, name));
const shape: Shape = {
  name: "",
  version: 0x0304,
  bytes: 16_000,
  recordSize: 4000,
  segmentSize: 1448,
  lost: 0,
  dropped: 0,
  ackEvery: 4,
};
const files = Array.from({ length: 12 }, (_, i) => {
  const { file, keys } = writeCapture(folder, { ...shape, name: `c${i}` }, i);
  copyFileSync(keys, path.join(folder, "keys", path.basename(keys)));
  rmSync(keys);
  return file;
});
const list = path.join(folder, "list.txt");
writeFileSync(list, files.map((file) => `${file}\n`).join(""));
copyFileSync(list, path.join(folder, "captures", "list.txt"));
const dist = path.resolve("dist");
const page = readFileSync("media/docs/fleet.md", "utf8");

const sh = (script: string, env: NodeJS.ProcessEnv = {}) =>
  spawnSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } });
/** A command of the page, with the paths of this place. */
const shown = (begins: string): string => {
  const command = page.split(/```sh\n|```/).find((block) => block.startsWith(begins))!;
  return command.replaceAll("dist/cli.js", path.join(dist, "cli.js"));
};
const rowsOf = (pattern: RegExp): Row[] =>
  execFileSync("ls", { cwd: folder, encoding: "utf8" })
    .split("\n")
    .filter((name) => pattern.test(name))
    .flatMap((name) => linesOf(path.join(folder, name)));
const linesOf = (file: string): Row[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
/** Each file once, and right. */
function areAll(rows: Row[]): void {
  const found = rows.filter(({ kind }) => kind === "file");
  assert.deepEqual(found.map(({ file }) => file).sort(), [...files].sort());
  assert.ok(found.every(({ verdict }) => verdict === "right"));
}
const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

test("xargs: shares of the list, each with its rows", (t) => {
  if (!has("xargs") || !has("split")) return t.diagnostic("no xargs or split here: nothing checked");
  const { status, stderr } = sh(shown("split -n"));
  assert.equal(status, 0, stderr);
  areAll(rowsOf(/^rows-share\..*\.ndjson$/));
});

test("GNU parallel: the rows of all processes, none torn", (t) => {
  if (!has("parallel")) return t.diagnostic("no GNU parallel here: nothing checked");
  const { status, stderr } = sh(shown("parallel").replace("-N 50", "-N 3"));
  assert.equal(status, 0, stderr);
  areAll(rowsOf(/^rows\.ndjson$/));
});

for (const [manifest, indexed] of [
  ["indexed-job.yaml", (share: number) => ({ JOB_COMPLETION_INDEX: String(share) })],
  ["argo-workflow.yaml", () => ({})],
] as const)
  test(`${manifest}: the pods' script verifies each file of the list in one share`, () => {
    const rows = path.join(folder, manifest);
    mkdirSync(rows);
    const text = readFileSync(`media/docs/fleet/${manifest}`, "utf8");
    const script = /^ +args:\n +- \|\n((?: +.*\n){3})/m.exec(text)![1]!.replace(/^ +/gm, "");
    for (let share = 0; share < 10; share++) {
      const here = script
        .replaceAll("{{inputs.parameters.share}}", String(share))
        .replaceAll("/tmp/list.txt", path.join(folder, "share.txt"))
        .replaceAll("/captures/", `${folder}/captures/`)
        .replaceAll("/keys ", `${folder}/keys `)
        .replaceAll("/rows/", `${rows}/`)
        .replaceAll("/tlstrace/dist", dist);
      const { status, stderr } = sh(here, indexed(share));
      assert.equal(status, 0, stderr);
    }
    const all = Array.from({ length: 10 }, (_, share) => linesOf(path.join(rows, `rows-${share}.ndjson`)));
    areAll(all.flat());
    assert.ok(all.every((each) => each.filter(({ kind }) => kind === "file").length <= 2));
  });

/**
 * Packages that are too large to be installed for one test each: from the folder TLSTRACE_EXTRA, whose node_modules has
 * kubernetes-models, @kubernetes-models/argo-workflows, yaml and @duckdb/node-api. Null where it is not there.
 */
// biome-ignore lint/suspicious/noExplicitAny: packages that are not installed have no types
async function extra(name: string): Promise<any> {
  const from = process.env.TLSTRACE_EXTRA;
  if (from === undefined) return null;
  const { resolve } = createRequire(path.join(from, "package.json"));
  const manifest = (at: string) => path.join(from, "node_modules", at);
  return import(
    pathToFileURL(name.startsWith("@duckdb") || name === "yaml" ? resolve(name) : manifest(name)).href
  );
}

test("the manifests are as the schemas of Kubernetes and Argo say", async (t) => {
  const yaml = await extra("yaml");
  if (yaml === null) return t.diagnostic("TLSTRACE_EXTRA is not set: nothing checked");
  const { Job } = await extra("kubernetes-models/batch/v1/index.js");
  const { Workflow } = await extra("@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/index.js");
  const read = (name: string) => yaml.parse(readFileSync(`media/docs/fleet/${name}`, "utf8"));
  new Job(read("indexed-job.yaml")).validate();
  new Workflow(read("argo-workflow.yaml")).validate();
  const job = read("indexed-job.yaml");
  job.spec.completions = "ten";
  assert.throws(() => new Job(job).validate(), /completions/);
});

test("the five questions have answers", async (t) => {
  const duckdb = await extra("@duckdb/node-api");
  if (duckdb === null) return t.diagnostic("TLSTRACE_EXTRA is not set: nothing checked");
  const wrong = readFileSync(files[0]!);
  wrong[wrong.length - 1000]! ^= 1;
  const changed = path.join(folder, "wrong.pcap");
  writeFileSync(changed, wrong);
  const rows = path.join(folder, "asked.ndjson");
  sh(`node ${dist}/cli.js verify ${changed} ${files.join(" ")} --keys-dir keys --json > ${rows}`);
  const connection = await (await duckdb.DuckDBInstance.create(":memory:")).connect();
  await connection.run(readFileSync("media/docs/fleet/rows.sql", "utf8").replace("rows*.ndjson", rows));
  const questions = readFileSync("media/docs/fleet/questions.sql", "utf8")
    .split(/;\n/)
    .filter((text) => text.trim() !== "");
  const answers: unknown[][][] = [];
  for (const question of questions) answers.push((await connection.runAndReadAll(question)).getRowsJson());
  assert.equal(answers.length, 5);
  assert.deepEqual(
    answers[0]!.map(([verdict, count]) => [verdict, Number(count)]),
    [
      ["right", 12],
      ["wrong", 1],
    ],
  );
  assert.deepEqual([...new Set(answers[1]!.map(([file]) => file))], [changed]);
  assert.deepEqual(
    answers[3]!.map(([version, cipher, , count]) => [version, cipher, Number(count)]),
    [["1.3", "aes-128-gcm", 1]],
  );
  assert.equal(answers[4]!.length, 10);
});
