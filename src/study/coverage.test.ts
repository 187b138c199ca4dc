import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { Timeline } from "../replay/timeline.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { type CoverageRow, type Covered, coverageOf, coveredBy, StageSink } from "./coverage.ts";

/** Records of 13 + 1000 + 16 = 1029 bytes: what begins at 700 while 500 is expected needs 700 bytes again. */
const story = `device eth0
connection web device=eth0
+0 web send 1000
+0 web > 0:500(500)
+0 web > 700:1029(329)
 expect resync record=0 replayed=700
 expect no wrong-ciphertext under connectx/unfenced-params@v5.8
 expect wire=match under innova
+0 web > 0:1029(1029)
expect no dropped
`;

function covered(text: string, profile: string | null): Covered {
  const trace = parseTrace("test", text, (id) => profileById(profile ?? id));
  assert.deepEqual(trace.diagnostics, []);
  const sink = new StageSink();
  return coveredBy(new Timeline(trace, sink).runAll(), sink);
}
const rowsOf = (...runs: [file: string, text: string, profile: string | null][]) =>
  coverageOf(runs.map(([file, text, profile]) => ({ file, covered: covered(text, profile) })));
const rowOf = (rows: readonly CoverageRow[], name: string) => {
  const { runs, shown, lines } = rows.find((row) => row.name === name)!;
  return [runs, shown, lines];
};

test("a run covers what its effects, stages, device and expect lines are", () => {
  const { met, lines, shown } = covered(story, null);
  assert.deepEqual(met.effect, ["record-pushed", "out-of-order", "resync", "encrypted"]);
  // A rebuilding driver without hardware on the way back: no presync, no piece, no fallback.
  assert.deepEqual(met.stage, [
    "tls.sendmsg",
    "tls.pushRecord",
    "skb",
    "driver.check",
    "tls.getRecord",
    "driver.resync",
    "driver.advance",
    "nic",
    "wire",
  ]);
  assert.deepEqual([met.bug, met.profile, shown], [[], ["connectx"], []]);
  assert.deepEqual(lines, [
    { line: 6, kind: "effect", name: "resync" },
    { line: 10, kind: "effect", name: "dropped" },
  ]);
});

test("notable events are those with effects that a stream in order has not; a line speaks of one or not", () => {
  assert.deepEqual(covered(story, null).notable, [
    { line: 5, expected: true },
    { line: 9, expected: false },
  ]);
  // Lines below it that are under others say nothing of this run; `wire` of innova does of that.
  const others = story.replace("connectx/unfenced-params@v5.8", "bnxt").replace(/ expect resync.*\n/, "");
  assert.equal(covered(others, null).notable[0]!.expected, false);
  assert.equal(covered(others, "innova").notable[0]!.expected, true);
});

test("a bug is covered by runs under it, shown by its own effect, and spoken of by lines under it", () => {
  const rows = rowsOf(
    ["a", story, null],
    ["a", story, "connectx/unfenced-params@v5.8"],
    ["b", story, "connectx/long-dump"],
  );
  assert.deepEqual(rowOf(rows, "unfenced-params")[0], 1);
  assert.deepEqual(rowOf(rows, "unfenced-params")[2], 1);
  // 700 bytes fit a DUMP of any length: the queue does not stop.
  assert.deepEqual(rowOf(rows, "long-dump"), [1, 0, 0]);
  assert.deepEqual(rowOf(rows, "signed-tx-max"), [0, 0, 0]);
  assert.deepEqual(rowOf(rows, "connectx"), [3, null, 1]);
  assert.deepEqual(rowOf(rows, "v5.8"), [1, null, 1]);
  assert.deepEqual(rowOf(rows, "driver.presync"), [0, null, null]);
});

test("a bug whose effect has more than one reason is shown by its own reason alone", () => {
  // chelsio-t6/tag-only-stuck: "dropped unsendable"; the tag of the record is 1013:1029.
  const stuck = "device eth0 profile=chelsio-t6\nconnection web device=eth0\n+0 web send 1000\n";
  const bug = "chelsio-t6/tag-only-stuck";
  const tag = rowsOf(["a", `${stuck}+0 web > 0:1020(1020)\n+0 web > 1013:1020(7)\n`, bug]);
  assert.deepEqual(rowOf(tag, "tag-only-stuck"), [1, 1, 0]);
  // Of a byte that is acknowledged no record is found: dropped, for another reason.
  const gone = rowsOf(["a", `${stuck}+0 web > 0:1029(1029)\n+0 web < ack 1029\n+0 web > 0:500(500)\n`, bug]);
  assert.equal(rowOf(gone, "dropped")[0], 1);
  assert.deepEqual(rowOf(gone, "tag-only-stuck"), [1, 0, 0]);
});

test("a line counts once, however many runs of its file it speaks of", () => {
  const rows = rowsOf(["a", story, null], ["a", story, "innova"], ["b", story, null]);
  assert.deepEqual(rowOf(rows, "dropped"), [0, null, 2]);
  assert.deepEqual(rowOf(rows, "resync"), [3, null, 2]);
});

test("a profile file's path is no family, and its bug counts", () => {
  const text = story.replace("connectx/unfenced-params@v5.8", "./my/nic.json/long-dump");
  const trace = parseTrace("test", text, (id) =>
    profileById(id.startsWith("./") ? "connectx/long-dump" : id),
  );
  const { lines } = coveredBy(new Timeline(trace, new StageSink()).runAll(), new StageSink());
  assert.ok(!lines.some(({ name }) => name === "my"));
});
