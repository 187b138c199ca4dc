import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { Comparison } from "../judge/compare/compare.ts";
import { compared } from "../test/comparing.ts";
import { sample } from "../test/dap-session.ts";
import { studyOf } from "../test/studies.ts";
import { CostPicture } from "./cost.ts";
import type { ListView } from "./list.ts";
import type { Pictured } from "./model.ts";

function costOf(of: Pictured): ListView {
  const picture = new CostPicture(of);
  for (const _ of picture.complete());
  return picture.view({ area: null, lines: 512, columns: 1000 });
}

/** Each row's text, and its numbers without their thousands' spaces. */
const rowsOf = ({ rows }: ListView) =>
  rows.map(({ cells, event }) => {
    const [what, ...rest] = cells.map(({ runs }) => runs[0]!.text);
    const profile = rest.pop();
    const numbers = rest;
    const [bytes, replayed, descriptors, fallback, drops] = numbers.map((text) =>
      Number(text.replace(/\D/g, "")),
    );
    return { what, profile, replayed, descriptors, fallback, drops, bytes, event };
  });

test("a stream's sums are those of a comparison, in every sample", async () => {
  for (const name of readdirSync("media/samples").filter((each) => /\.(tlstrace|pcap)$/.test(each))) {
    const study = await studyOf(sample(name));
    const { trace } = study;
    const rows = rowsOf(costOf(study));
    for (const connection of trace.connections.keys()) {
      const isWanted = (each: number) => each === connection;
      const comparison = new Comparison([{ id: "as it is", trace }], { isWanted });
      while (comparison.advance(1e6) < comparison.total);
      const { tally } = comparison.runs[0]!;
      const { what, replayed, fallback, drops } = rows[connection]!;
      const expected = [tally.replayedBytes, tally.fallbackBytes, tally.dropped + tally.lostBehindDriver];
      assert.equal(what, trace.connections[connection]!.name);
      assert.deepEqual([replayed, fallback, drops], expected, `${name}, stream ${connection}`);
    }
    // What is replayed or dropped is due to some loss, or to reordering: nothing is left out, nothing counts twice.
    const losses = rows.slice(trace.connections.length);
    const streams = rows.slice(0, trace.connections.length);
    for (const key of ["replayed", "drops"] as const) {
      const sum = (of: typeof rows) => of.reduce((total, row) => total + row[key]!, 0);
      assert.equal(sum(losses), sum(streams), `${name}: ${key}`);
    }
  }
});

test("each loss pays for what it led to, the dearest first: as the sample's lines have it", async () => {
  const view = costOf(await studyOf(sample("retransmission-in-record.tlstrace")));
  const [, ...losses] = rowsOf(view);
  // Line 7 is the segment that the qdisc lost: 4344 bytes are fed again for the one behind it. Line 6 is lost on the wire
  // and sent again at line 12: 1448 bytes.
  assert.deepEqual(
    losses.map(({ what, replayed, event }) => [what, replayed, typeof event]),
    [
      ["line 7, 2896:4344, paid from line 8 on, web", 4344, "number"],
      ["line 6, 1448:2896, paid from line 12 on, web", 1448, "number"],
    ],
  );
  assert.match(view.title, /^2 losses cost something; the dearest: line 7/);
});

test("profiles stand one below the other, and what one replays another encrypts in software", async () => {
  const alone = await studyOf(sample("retransmission-in-record.tlstrace"));
  const comparison = compared(alone.trace, "connectx,netronome");
  const rows = rowsOf(costOf({ ...alone, timeline: comparison.runs[0]!.timeline, comparison }));
  for (const [run, { id, tally }] of comparison.runs.entries()) {
    assert.equal(rows[run]!.profile, id);
    assert.deepEqual([rows[run]!.replayed, rows[run]!.fallback], [tally.replayedBytes, tally.fallbackBytes]);
  }
  assert.ok(rows[0]!.replayed! > 0 && rows[1]!.fallback! > 0);
});
