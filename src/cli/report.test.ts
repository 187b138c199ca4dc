import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import type { ListView } from "../pictures/list.ts";
import type { RecordMapView } from "../pictures/record-map/view.ts";
import type { SequenceTimeView } from "../pictures/sequence-time/view.ts";
import type { KeptPicture } from "../report/html.ts";
import { flippedCapture } from "../test/damage/flipped.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-report-"));
after(() => rmSync(folder, { recursive: true }));
const cli = path.resolve("dist/cli.js");
for (const name of ["lossy.pcap", "lossy.keys", "retransmission-in-record.tlstrace"])
  copyFileSync(path.resolve("media/samples", name), path.join(folder, name));

function report(...args: string[]): { status: number | null; err: string } {
  const run = spawnSync(process.execPath, [cli, "report", ...args], { cwd: folder, encoding: "utf8" });
  return { status: run.status, err: run.stderr };
}
const text = (name: string) => readFileSync(path.join(folder, name), "utf8");
const picturesIn = (html: string): KeptPicture[] =>
  JSON.parse(/<script type="tlstrace\/pictures" id="pictures">(.*?)<\/script>/s.exec(html)![1]!);

test("a report says the verdict and the counts of verify and replay, and has a picture a stream", () => {
  assert.equal(report("lossy.pcap", "-o", "r.html").status, 0);
  const html = text("r.html");
  assert.match(html, /12 of 12 records authenticated, 187226 of 187226 bytes compared/);
  assert.match(html, /<li>39 packets out of order<\/li>/);
  const all = picturesIn(html);
  const pictures = all.filter(({ kind }) => kind === "sequence-time");
  // The stream with what is rare stands first.
  assert.deepEqual(
    pictures.map(({ stream }) => stream),
    ["B>A", "A>B"],
  );
  const resyncs = (pictures[0]!.view as SequenceTimeView).lanes.find(({ name }) => name === "resync")!;
  assert.equal(
    resyncs.marks.count.reduce((sum, each) => sum + each, 0),
    36,
  );
});

test("it has the cost of every stream, and the record map where the first wrong byte is", () => {
  const wrong = flippedCapture("report58", { frame: 58, fromEnd: 100 });
  assert.equal(report(wrong, "-o", "wrong.html").status, 0);
  const pictures = picturesIn(text("wrong.html"));
  const map = pictures.find(({ kind }) => kind === "record-map")!;
  assert.equal(map.title, "B>A: record map at frame 58");
  const { packet } = map.view as RecordMapView;
  // Frame 58 of tshark has these bytes.
  assert.deepEqual([packet?.from, packet?.to], [44630, 46078]);
  const cost = pictures.find(({ kind }) => kind === "cost")!.view as ListView;
  // `36 resyncs, 235670 bytes replayed` of replay's counts.
  assert.match(JSON.stringify(cost.rows.slice(0, 2)).replace(/\u202f/g, ""), /"text":"235670"/);
  // Neither has the bytes of a packet.
  assert.ok(!pictures.some(({ kind }) => kind === "packet"));
});

test("it loads nothing, and has neither keys nor what records hold", () => {
  const html = text("r.html");
  assert.doesNotMatch(html, /(src|href)=|url\(|@import|https?:\/\/(?!www\.w3\.org\/)/);
  // Where assistive technology looks for what a page is about.
  assert.match(html, /<body class="report">\n<main>.*<\/main>\n<script/s);
  assert.match(html, /default-src 'none'/);
  for (const [secret] of text("lossy.keys").matchAll(/[0-9a-f]{96}/g)) assert.ok(!html.includes(secret));
});

test("names of a file cannot break out of it", () => {
  const trace = text("retransmission-in-record.tlstrace").replaceAll("web", "</script><img/src=x>");
  writeFileSync(path.join(folder, "&<b>.tlstrace"), trace);
  assert.equal(report("&<b>.tlstrace", "-o", "hostile.html").status, 0);
  const html = text("hostile.html");
  assert.doesNotMatch(html, /<img|<b>/);
  assert.equal(picturesIn(html)[0]!.stream, "</script><img/src=x>");
  assert.equal(html.match(/<\/script>/g)!.length, 2);
});

test("a stream's picture says which addresses it is of", () => {
  const titles = picturesIn(text("r.html")).map(({ title }) => title);
  assert.deepEqual(titles, [
    "B>A: 10.77.0.1:20019>10.77.0.2:46348",
    "A>B: 10.77.0.2:46348>10.77.0.1:20019",
    "Cost",
  ]);
});

test("what is read is never written over, by whatever name it is called", () => {
  symlinkSync("lossy.pcap", path.join(folder, "link.pcap"));
  copyFileSync(path.resolve("media/samples/evidence/agrees.trace"), path.join(folder, "kernel.trace"));
  const evidence = ["--evidence", "kernel.trace"];
  for (const [args, to] of [
    [["report", "lossy.pcap", "-o"], "lossy.pcap"],
    [["report", "lossy.pcap", "-o"], "./lossy.pcap"],
    [["report", "lossy.pcap", "-o"], "link.pcap"],
    [["report", "lossy.pcap", "-o"], "lossy.keys"],
    [["report", "lossy.pcap", "--keys", "lossy.keys", "-o"], "lossy.keys"],
    [["report", "retransmission-in-record.tlstrace", "-o"], "retransmission-in-record.tlstrace"],
    [["report", "lossy.pcap", ...evidence, "-o"], "kernel.trace"],
    [["export", "lossy.pcap", "--to"], "lossy.keys"],
    [["minimise", "lossy.pcap", "--keep", "resync", "--out"], "lossy.keys"],
    [["test", "retransmission-in-record.tlstrace", "--junit"], "retransmission-in-record.tlstrace"],
    [["test", "retransmission-in-record.tlstrace", "--sarif"], "retransmission-in-record.tlstrace"],
  ] as const) {
    const before = readFileSync(path.join(folder, to));
    const force = args[0] === "test" ? [] : ["--force"];
    const run = spawnSync(process.execPath, [cli, ...args, to, ...force], { cwd: folder, encoding: "utf8" });
    assert.equal(run.status, 2, `${args} ${to}`);
    assert.match(run.stderr, /is read for it: choose another name/, `${args} ${to}`);
    assert.deepEqual(readFileSync(path.join(folder, to)), before);
  }
  assert.match(report("lossy.pcap", "-o", ".", "--force").err, /\. is a directory: name a file in it/);
  const both = ["test", "retransmission-in-record.tlstrace", "--junit", "x", "--sarif", "./x"];
  assert.match(
    spawnSync(process.execPath, [cli, ...both], { cwd: folder, encoding: "utf8" }).stderr,
    /name two/,
  );
});

test("a capture on standard input is called so", () => {
  const piped = (input: Uint8Array | string) =>
    spawnSync(process.execPath, [cli, "report", "-", "-o", "-"], { cwd: folder, input, encoding: "utf8" });
  const capture = piped(readFileSync(path.join(folder, "lossy.pcap")));
  assert.match(capture.stdout, /<h1>standard input<\/h1>/);
  for (const input of ["", "nothing\n", "\0\0"]) {
    const { status, stderr } = piped(input);
    assert.equal(status, 2);
    assert.match(stderr, /^tlstrace: standard input is /);
  }
});

test("a file that exists is left alone without --force", () => {
  writeFileSync(path.join(folder, "mine.html"), "mine\n");
  const { status, err } = report("lossy.pcap", "-o", "mine.html");
  assert.equal(status, 2);
  assert.match(err, /mine\.html exists/);
  assert.equal(text("mine.html"), "mine\n");
  assert.equal(report("lossy.pcap", "-o", "mine.html", "--force").status, 0);
  assert.match(text("mine.html"), /^<!DOCTYPE html>/);
});
