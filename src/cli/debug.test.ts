import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";

const cli = path.resolve("dist/cli.js");
const sample = (name: string) => path.resolve("media/samples", name);
const trace = sample("retransmission-in-record.tlstrace");
const capture = sample("lossy.pcap");

/** What the debugger prints that is begun with `args`, of `typed` on standard input. */
function debug(args: readonly string[], typed = "") {
  const run = spawnSync(process.execPath, [cli, "debug", ...args], { encoding: "utf8", input: typed });
  return { status: run.status, lines: run.stdout.split("\n"), err: run.stderr };
}

test("a session opens with the verdict and stands at the first packet out of order, with its line", () => {
  const { status, lines } = debug([trace, "-e", "where"]);
  assert.equal(status, 0);
  assert.match(lines[0]!, /^Everything that was compared is right: 5 of 5 expect lines hold/);
  const stop = lines.findIndex((line) => line.startsWith("Out-of-order transmit: "));
  assert.match(lines[stop]!, /expected=2896 seq=4344 \(event 5 of 9, /);
  // As it stands in the file.
  assert.match(lines[stop + 1]!, /^8\t\+0 {5}web > 4344:40087\(35743\)/);
});

/** How a stop ends: its place, which way it was reached, and its time. */
const stopForm = /\(event \d+ of \d+, .*wards\), [\d.]+ s$/;

test("every word that moves tells where it came to, forwards and backwards, in traces, scripts and captures", () => {
  for (const file of [trace, sample("fast-retransmit.pkt"), capture]) {
    const typed = ["goto end", "rc", "find outOfOrder", "rstep", "step", "back", "goto start"];
    const { status, lines, err } = debug([
      "-q",
      "--start-at",
      "entry",
      file,
      ...typed.flatMap((word) => ["-e", word]),
    ]);
    assert.equal(status, 0, err);
    for (const word of typed) {
      const at = lines.indexOf(`(tlstrace) ${word}`);
      const end = lines.findIndex((line, i) => i > at && line.startsWith("(tlstrace)"));
      const told = lines.slice(at + 1, end < 0 ? undefined : end);
      assert.ok(at >= 0 && told.some((line) => stopForm.test(line)), `${file}: ${word}: ${told.join("\n")}`);
    }
  }
});

test("lines are typed on standard input, too; one that is refused ends nothing, but the status tells", () => {
  const { status, lines, err } = debug(
    [capture],
    "goto frame 30\ndriver.nonsense\npacket.seq\nquit\nwhere\n",
  );
  assert.equal(status, 2);
  assert.match(err, /no value "driver.nonsense"/);
  const stop = lines.findIndex((line) => line.startsWith("Go to frame 30 "));
  // tshark: frame 30 carries relative sequence number 18566 of its stream's offload.
  assert.match(lines[stop + 1]!, /B>A > 18566:20014\(1448\)/);
  assert.match(lines.slice(stop).join("\n"), /^18566 \(1262277878\)$/m);
  assert.equal(
    lines.filter((line) => line.startsWith("event 28 of ")).length,
    1,
    "what stands behind quit is not typed",
  );
});

test("with -e the first line that is refused ends it", () => {
  const { status, lines, err } = debug([trace, "-e", "infox", "-e", "goto end"]);
  assert.equal(status, 2);
  assert.match(err, /did you mean "info"/);
  assert.ok(!lines.includes("(tlstrace) goto end"));
});

test("what cannot be opened is told as by every command", () => {
  for (const [args, says] of [
    [["/nowhere.pcap"], /does not exist/],
    [[trace, "--profile", "connecty"], /no profile "connecty"|`profile` "connecty" is no profile/],
    [[trace, "--start-at", "line:999999"], /line 999999|startAt/],
  ] as const) {
    const { status, err } = debug([...args, "-e", "where"]);
    assert.equal(status, 2, err);
    assert.match(err, says);
  }
});

const script = readFileSync(sample("fast-retransmit.pkt"), "utf8");
const head = "device eth0\nconnection web device=eth0\n+0 web send 100\n+0 web > 0:129(129)\n";
const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-debug-"));
after(() => rmSync(folder, { recursive: true }));
function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

test("errors in what is read go with status 2, as in every command, and are told also where opening is not", () => {
  const unknown = written("unknown.tlstrace", `${head}+0 wbe send 1\n`);
  for (const [what, file] of [
    ["an unknown connection", unknown],
    ["no such event", written("event.tlstrace", `${head}+0 web sned 1\n`)],
    ["a value that is none", written("value.tlstrace", `${head}+0 web send x\n`)],
    ["an unknown effect", written("effect.tlstrace", `${head}  expect rsync\n`)],
    ["a packet that is none", written("packet.tlstrace", `${head}+0 web > 0:129(128)\n`)],
    ["a script's line", written("line.pkt", `${script}+0 > .\n`)],
  ] as const) {
    const replayed = spawnSync(process.execPath, [cli, "replay", file], { encoding: "utf8" });
    const loud = debug([file, "-e", "where"]);
    const quiet = debug([file, "-q", "-e", "where"]);
    const typed = debug([file], "where\nquit\n");
    const statuses = [loud, quiet, typed].map(({ status }) => status);
    assert.deepEqual([replayed.status, ...statuses], [2, 2, 2, 2], what);
    const errors = replayed.stderr.split("\n").filter((line) => line.includes(": error: "));
    assert.deepEqual(quiet.err.trimEnd().split("\n"), errors, what);
    assert.match(loud.lines.join("\n"), /^error: /m, what);
    assert.ok(quiet.lines.includes("(tlstrace) where"), what);
  }
});

test("what is found wrong, or only warned of, is no error in what is read", () => {
  const fails = written("fails.tlstrace", `${head}  expect resync\n`);
  for (const file of [fails, capture]) assert.equal(debug([file, "-q", "-e", "where"]).status, 0, file);
});
