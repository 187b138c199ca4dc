import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Timeline } from "../../replay/timeline.ts";
import { judge } from "../../study/study.ts";
import { longTrace } from "../../test/bench/long-trace.ts";
import { sample, session, textEnvironment } from "../../test/dap-session.ts";
import { sourcesOf } from "../sources.ts";
import { type LineNote, LineNotes } from "./lines.ts";
import { marked } from "./marks.ts";

/** Stops in a file and gives the notes of all its lines, and the marked ones. */
async function notesOf(program: string, text?: string) {
  const client = text === undefined ? session() : session(textEnvironment(text));
  await client.start({ program });
  const source = (await client.ask("loadedSources")).sources[0]!;
  const { lines } = await client.ask("lines", { source, line: 1, endLine: 2000 });
  const { marks } = await client.ask("marks", { source });
  return { client, source, lines, marks };
}

const shown = ({ line, text, marks }: LineNote) => `${line}: ${text} ${marks.join(" ")}`.trimEnd();

const story = `device eth0
connection web device=eth0 rec_seq=7

+0     web send 4000
+.5    web > 0:1448(1448)  lost
+0     web > 1448:2896(1448)  qdisc-drop
       expect no out-of-order
+.25   web > 2896:4029(1133)
       expect no out-of-order
+0     web > 0:1448(1448)
+0     web < ack 1448
`;

test("lines of a trace file: event, time and record, and what is marked", async () => {
  const { lines, marks } = await notesOf("/story.tlstrace", story);
  assert.deepEqual(lines.map(shown), [
    "4: #1 0.000000 r7",
    "5: #2 0.500000 r7 lost",
    "6: #3 0.500000 r7 lost",
    "8: #4 0.750000 r7 wrong out-of-order resync stop",
    "10: #5 0.750000 r7 out-of-order resync retransmission stop",
    "11: #6 0.750000",
  ]);
  assert.deepEqual(marks, {
    wrong: [8],
    stop: [8, 10],
    "out-of-order": [8, 10],
    resync: [8, 10],
    lost: [5, 6],
    retransmission: [10],
  });
});

test("what stops is what filters stop at by now", async () => {
  const { client, source } = await notesOf("/story.tlstrace", story);
  const stops = async (filters: string[], filterOptions: object[] = []) => {
    await client.ask("setExceptionBreakpoints", { filters, filterOptions });
    return (await client.ask("marks", { source })).marks.stop;
  };
  assert.deepEqual(await stops(["lost"]), [5, 6]);
  assert.equal(await stops([]), undefined);
  // Where a condition has to hold, only a search can tell.
  assert.equal(await stops([], [{ filterId: "lost", condition: "packet.length > 1" }]), undefined);
});

test("lines of a capture carry frame and time as tshark tells them, and mark what is sent again", async (t) => {
  const { client, source, lines, marks } = await notesOf(sample("lossy.pcap"));
  const fields = ["frame.number", "frame.time_relative", "tcp.srcport", "tcp.seq_raw", "tcp.len"];
  const asked = fields.flatMap((field) => ["-e", field]);
  const run = spawnSync("tshark", ["-r", sample("lossy.pcap"), "-T", "fields", ...asked], {
    encoding: "utf8",
  });
  if (run.error) return t.diagnostic("tshark is not installed: nothing was compared");
  const packets = run.stdout
    .trim()
    .split("\n")
    .map((row) => row.split("\t").map(Number) as [number, number, number, number, number]);
  const content = (await client.ask("source", { sourceReference: source.sourceReference! })).content.split(
    "\n",
  );
  const resent = new Set<number>();
  const ends = new Map<number, number>();
  for (const [frame, , port, seq, length] of packets) {
    if (length === 0) continue;
    if (seq < (ends.get(port) ?? 0)) resent.add(frame);
    ends.set(port, Math.max(ends.get(port) ?? 0, seq + length));
  }
  assert.ok(resent.size > 20);
  for (const { line, frame, time, marks: marked } of lines) {
    const isTransmit = / > -?\d/.test(content[line - 1]!);
    assert.ok(Math.abs(packets[frame! - 1]![1] - time) < 1e-9, `line ${line}`);
    if (isTransmit) assert.equal(marked.includes("retransmission"), resent.has(frame!), `frame ${frame}`);
  }
  const frames = new Set(marks.retransmission!.map((line) => lines.find((one) => one.line === line)!.frame));
  assert.deepEqual(frames, resent);
});

test("as many lines are out of order, and resync, as the golden text says", async () => {
  const { lines, marks } = await notesOf(sample("lossy.pcap"));
  const golden = readFileSync("src/test/golden/lossy.pcap.connectx.txt", "utf8");
  for (const name of ["out-of-order", "resync"] as const) {
    const events = golden.split("\n").filter((line) => line.trimStart().startsWith(`${name} `)).length;
    assert.equal(marks[name]!.length, events, name);
    assert.equal(lines.filter((note) => note.marks.includes(name)).length, events, name);
  }
});

test("each mark stands for signs that there are, and what leaks or is wrong is marked", async () => {
  for (const [name, kinds] of Object.entries(marked)) assert.ok(kinds.length > 0, name);
  const client = session();
  const args = { profile: "connectx/wrong-slave@v4.19", startAt: "entry" };
  await client.start({ program: sample("bond-wrong-slave.tlstrace"), ...args });
  const source = (await client.ask("loadedSources")).sources[0]!;
  const { marks } = await client.ask("marks", { source });
  // The sample says so itself: of line 14 in expect lines, of line 20 that the retransmission fares no better.
  assert.deepEqual(marks.leak, [14, 20]);
});

test("the records of a capture's lines count on", async () => {
  const { client, source, lines } = await notesOf(sample("lossy.pcap"));
  const content = (await client.ask("source", { sourceReference: source.sourceReference! })).content.split(
    "\n",
  );
  const of = (name: string) =>
    lines.filter(({ line }) => content[line - 1]!.includes(` ${name} record `)).map(({ record }) => record);
  assert.deepEqual(of("A>B"), ["1"]);
  assert.deepEqual(
    of("B>A"),
    Array.from({ length: 11 }, (_, i) => String(i + 1)),
  );
  // Frame 30 sends byte 18566, in the second record of 16413 bytes (tshark: tls.record.length 16408 + 5).
  assert.equal(lines.find(({ frame }) => frame === 30)!.record, "2");
});

test("a script's line of several events is told once, another file's lines not at all", async () => {
  const { client, lines } = await notesOf(sample("fast-retransmit.pkt"));
  assert.equal(new Set(lines.map(({ line }) => line)).size, lines.length);
  const other = { path: "/other.tlstrace" };
  assert.deepEqual((await client.ask("lines", { source: other, line: 1, endLine: 99 })).lines, []);
  assert.deepEqual((await client.ask("marks", { source: other })).marks, {});
});

test("of a million lines those in sight are told at once, and marks as many as a ruler shows", (t) => {
  const trace = longTrace(830_000, 0.02, 1);
  const timeline = new Timeline(trace).runAll();
  const sources = sourcesOf(trace, {
    program: "/long.tlstrace",
    client: { firstLine: 1, uris: false },
    keep: null,
    fork: null,
  });
  const began = performance.now();
  const notes = new LineNotes(judge(timeline), sources);
  const source = { path: "/long.tlstrace" };
  const stops: number[] = [];
  const times: number[] = [];
  for (const line of [1, 400_000, 990_000]) {
    const start = performance.now();
    assert.equal(notes.notes(source, [line, line + 79], stops).length, 80);
    times.push(performance.now() - start);
  }
  const marked = notes.marked(source, stops);
  assert.ok(marked["out-of-order"]!.length <= 2001, `${marked["out-of-order"]!.length}`);
  assert.ok(marked["out-of-order"]!.length > 1500);
  // All over the trace, not only at its beginning.
  assert.ok(marked["out-of-order"]!.at(-1)! > 0.99 * trace.events.count);
  t.diagnostic(
    `80 lines: ${times.map((ms) => ms.toFixed(1))} ms; with marks ${(performance.now() - began).toFixed(0)} ms`,
  );
});
