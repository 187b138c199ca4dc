import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Ajv } from "ajv";
import { type Shape, shapes, writeCapture } from "../../test/bench/captures.ts";
import { tool } from "../version.ts";

type Row = Record<string, unknown>;

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-fleet-"));
after(() => rmSync(folder, { recursive: true }));
const [captures, keys] = [path.join(folder, "captures"), path.join(folder, "keys")];
for (const made of [captures, keys]) mkdirSync(made);

/** 20 different captures, and links to them, so that there are 500 files, four of them bad in one way each. */
const shape: Shape = {
  name: "",
  version: 0x0304,
  bytes: 24_000,
  recordSize: 4000,
  segmentSize: 1448,
  lost: 0.02,
  dropped: 0,
  ackEvery: 4,
};
const different = Array.from({ length: 20 }, (_, i) =>
  writeCapture(
    keys,
    { ...shape, name: `made${i}`, version: i % 2 ? 0x0303 : 0x0304, bytes: 16_000 + 1000 * i },
    i,
  ),
);
const files = Array.from({ length: 496 }, (_, i) => {
  const file = path.join(captures, `c${String(i).padStart(3, "0")}.pcap`);
  linkSync(different[i % 20]!.file, file);
  return file;
});
/** Verdicts that are not `right`, by file: worked out from how the files were made. */
const bad = new Map<string, string>();
const added = (name: string, verdict: string) => {
  const file = path.join(captures, name);
  bad.set(file, verdict);
  files.push(file);
  return file;
};
writeFileSync(added("d1-noise.pcap", "unreadable"), Buffer.alloc(5000, "noise"));
spawnSync("mkfifo", [added("d2-endless.pcap", "unreadable")]);
const changed = readFileSync(different[0]!.file);
changed[changed.length - 1000]! ^= 1;
writeFileSync(added("d3-wrong.pcap", "wrong"), changed);
copyFileSync(
  writeCapture(folder, { ...shape, name: "foreign" }, 99).file,
  added("d4-no-keys.pcap", "unchecked"),
);

const options = ["--keys-dir", keys, "--jobs", "2"];
const cli = path.resolve("dist/cli.js");
const tlstrace = (...args: string[]) =>
  spawnSync(process.execPath, [cli, "verify", ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
const rowsIn = (text: string): Row[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const fileRows = (rows: Row[]) => rows.filter(({ kind }) => kind === "file");
/** Without what tells how long something took. */
const timeless = (text: string) => text.replace(/"milliseconds":\d+/g, '"milliseconds":0');
const whole = tlstrace(captures, "--json", ...options);

test("500 files, one unreadable, an endless FIFO, one wrong, one without keys: a file row each, in order", () => {
  assert.equal(whole.status, 1, whole.stderr);
  const rows = rowsIn(whole.stdout);
  assert.deepEqual(
    fileRows(rows).map(({ file, verdict }) => [file, verdict]),
    files.map((file) => [file, bad.get(file) ?? "right"]),
  );
  const { verdicts, files: count, status } = rows.at(-1)!;
  assert.deepEqual([count, status], [500, 1]);
  assert.deepEqual(verdicts, { right: 496, wrong: 1, unchecked: 1, unreadable: 2 });
  assert.deepEqual(
    [...new Set(rows.filter(({ kind }) => kind === "wrong").map(({ file }) => file))],
    [files[498]],
  );
  for (const { file, verdict, records, authenticated, bytes, compared, keys: used } of fileRows(rows)) {
    if (verdict !== "right") continue;
    assert.deepEqual([authenticated, compared], [records, bytes], String(file));
    const made = different[files.indexOf(String(file)) % 20]!;
    assert.deepEqual(used, [made.keys], String(file));
  }
});

test("every row is as the schema says, and the schema sees one that is not", () => {
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync("media/verify.schema.json", "utf8")),
  );
  const rows = rowsIn(whole.stdout);
  for (const row of rows)
    assert.ok(validate(row), `${JSON.stringify(row)} ${JSON.stringify(validate.errors)}`);
  for (const kind of ["file", "stream", "wrong", "total"]) {
    const row = rows.find((each) => each.kind === kind)!;
    for (const field of Object.keys(row)) {
      const { [field]: _, ...rest } = row;
      assert.ok(!validate(rest), `${kind} without ${field}`);
    }
    assert.ok(!validate({ ...row, more: 1 }), `${kind} with more`);
  }
  assert.equal(tool, `tlstrace ${JSON.parse(readFileSync("package.json", "utf8")).version}`);
});

test("the same input gives the same bytes, times apart, also from a list and with other workers", () => {
  const list = path.join(folder, "list");
  writeFileSync(list, `${files.join("\n")}\n`);
  const again = tlstrace("--files-from", list, "--json", "--keys-dir", keys, "--jobs", "3");
  assert.equal(timeless(again.stdout), timeless(whole.stdout));
});

/** Starts a run that goes on with OUT; waits until that has so many files. */
async function begun(out: string, count: number) {
  const child = spawn(process.execPath, [cli, "verify", captures, "--resume", out, "--json", ...options], {
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  const done = () => (existsSync(out) ? readFileSync(out, "utf8").split('"kind":"file"').length - 1 : 0);
  while (done() < count && child.exitCode === null) await setTimeout(5);
  return { child, exited };
}

test("a killed run is gone on with: what was done stays as it is, and the end is as without a kill", async () => {
  const out = path.join(folder, "killed.ndjson");
  const { child, exited } = await begun(out, 100);
  child.kill("SIGKILL");
  await exited;
  appendFileSync(out, '{"schema":1,"tool":"tlst');
  const before = fileRows(rowsIn(readFileSync(out, "utf8").split("\n").slice(0, -1).join("\n")));
  assert.ok(before.length >= 100 && before.length < 500, `${before.length} files were done`);
  const resumed = tlstrace(captures, "--resume", out, "--json", ...options);
  assert.deepEqual([resumed.status, resumed.stdout], [1, ""], resumed.stderr);
  const text = readFileSync(out, "utf8");
  assert.equal(timeless(text), timeless(whole.stdout));
  const kept = new Set(fileRows(rowsIn(text)).map((row) => JSON.stringify(row)));
  for (const row of before)
    if (row.verdict !== "unreadable") assert.ok(kept.has(JSON.stringify(row)), String(row.file));
});

test("what is done is done again only if the file, the tool or the question is another one", () => {
  const out = path.join(folder, "again.ndjson");
  const capture = path.join(folder, "again.pcap");
  const times = (...args: string[]) => {
    const { status, stderr } = tlstrace(capture, "--resume", out, ...args);
    const rows = rowsIn(readFileSync(out, "utf8"));
    assert.deepEqual(
      rows.map(({ kind }) => kind).filter((kind) => kind === "file" || kind === "total"),
      ["file", "total"],
    );
    return [status, fileRows(rows)[0]!.verdict, stderr];
  };
  copyFileSync(different[0]!.file, capture);
  assert.deepEqual(times("--no-keys"), [3, "unchecked", ""]);
  assert.deepEqual(times("--keys", different[0]!.keys), [0, "right", ""]);
  const marked = readFileSync(out, "utf8").replace('"packets":', '"packets":7');
  writeFileSync(out, marked);
  times("--keys", different[0]!.keys);
  assert.match(readFileSync(out, "utf8"), /"packets":7/, "the row stayed");
  writeFileSync(capture, changed);
  assert.deepEqual(times("--keys", different[0]!.keys), [1, "wrong", ""]);
});

test("a file that holds something else is not taken for rows and stays as it is", () => {
  for (const text of ["my notes", "my notes\n", '{"a":1}\n']) {
    const out = path.join(folder, "notes");
    writeFileSync(out, text);
    const { status, stderr } = tlstrace(different[0]!.file, "--resume", out);
    assert.equal(status, 2);
    assert.match(stderr, /no file of rows/);
    assert.equal(readFileSync(out, "utf8"), text);
  }
});

test("a file of rows that cannot be written is told with what to do", () => {
  for (const out of [path.join(folder, "nowhere/rows"), path.join(different[0]!.file, "rows")]) {
    const { status, stderr } = tlstrace(different[0]!.file, "--json", "--resume", out);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /cannot be (written|read) .*/);
    assert.doesNotMatch(stderr, /internal error/);
  }
});

test("SIGTERM ends a run as a shell tells it, and what is done is kept", async () => {
  const out = path.join(folder, "terminated.ndjson");
  const { child, exited } = await begun(out, 20);
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [143, null]);
  assert.ok(fileRows(rowsIn(readFileSync(out, "utf8"))).length >= 20);
});

test("Ctrl-C ends a run at once, and what is done is kept", async () => {
  const out = path.join(folder, "interrupted.ndjson");
  const { child, exited } = await begun(out, 20);
  child.kill("SIGINT");
  assert.deepEqual(await exited, [130, null]);
  const rows = fileRows(rowsIn(readFileSync(out, "utf8")));
  assert.ok(rows.length >= 20 && rows.length < 500);
});

test("a run of one file ends at once, too", async () => {
  writeCapture(folder, { ...shapes.lossy, name: "large", bytes: 100e6 }, 1);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const out = path.join(folder, `large-${signal}.ndjson`);
    const large = path.join(folder, "large.pcap");
    const child = spawn(process.execPath, [cli, "verify", large, "--resume", out, "--json"], {
      stdio: "ignore",
    });
    const exited = once(child, "exit");
    while (!existsSync(out) && child.exitCode === null) await setTimeout(5);
    await setTimeout(20);
    child.kill(signal);
    assert.deepEqual(await exited, [null, signal]);
  }
});

test("a worker that dies takes its file with it and no other", async (t) => {
  if (process.platform !== "linux")
    return t.diagnostic("workers are found through /proc: nothing checked here");
  const out = path.join(folder, "died.ndjson");
  const { child, exited } = await begun(out, 10);
  const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
  assert.equal(workers.length, 2);
  process.kill(Number(workers[0]), "SIGKILL");
  await exited;
  const rows = fileRows(rowsIn(readFileSync(out, "utf8")));
  assert.deepEqual(
    rows.map(({ file }) => file),
    files,
  );
  const broken = rows.filter(({ reason }) => /internal error/.test(String(reason)));
  assert.ok(broken.length <= 1, JSON.stringify(broken));
  assert.ok(
    rows.every((row) => broken.includes(row) || row.verdict === (bad.get(String(row.file)) ?? "right")),
  );
});

test("of several files the worst verdict decides, in the order wrong, unreadable, unchecked, right", () => {
  const [noise, endless, wrong, noKeys] = files.slice(-4) as [string, string, string, string];
  const cases: [args: string[], status: number][] = [
    [[files[0]!, files[1]!], 0],
    [[files[0]!, noKeys], 3],
    [[files[0]!, noKeys, "--allow-unchecked"], 0],
    [[files[0]!, noKeys, noise], 2],
    [[files[0]!, endless], 2],
    [[noise, wrong, noKeys], 1],
    [[files[0]!, path.join(captures, "not-there.pcap")], 2],
    [[keys, files[0]!], 0],
  ];
  for (const [args, status] of cases)
    assert.equal(tlstrace(...args, "--keys-dir", keys).status, status, args.join(" "));
});

test("a capture streamed in is verified as the file is", () => {
  const { file, keys: log } = different[3]!;
  const piped = spawnSync(
    "sh",
    ["-c", `cat '${file}' | '${process.execPath}' '${cli}' verify - --json --keys '${log}'`],
    {
      encoding: "utf8",
    },
  );
  assert.equal(piped.status, 0, piped.stderr);
  const named = tlstrace(file, "--json", "--keys", log);
  const shown = (text: string) =>
    timeless(text)
      .replaceAll(file, "-")
      .replace(/"modified":"[^"]*"/g, '"modified":""');
  assert.equal(shown(piped.stdout), shown(named.stdout));
});
