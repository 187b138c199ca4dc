import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { profiles } from "../core/profiles/all.ts";
import { Effect } from "../core/words/effect.ts";
import { type ComparedRun, Comparison } from "../judge/compare/compare.ts";
import type { Timeline } from "../replay/timeline.ts";
import { compared } from "../test/comparing.ts";
import { sample } from "../test/dap-session.ts";
import { generate, readStory } from "../test/simulator/generate.ts";
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

/**
 * Packets of a stream that came to nothing at the driver or behind it, by the model's effects and the trace's events alone:
 * a drop says so; a reset of a queue discards each packet that waits in it, from the event whose effect that is to where it
 * leaves (its wire stage) or is gone.
 */
function neverLeft({ timeline }: { timeline: Timeline }, connection: number): number {
  const { trace } = timeline;
  let count = 0;
  for (let event = 0; event < trace.events.count; event++) {
    const own = timeline.record(event).stages.filter((stage) => stage.connection === connection);
    const effects = own.flatMap((stage) => stage.effects);
    count += effects.filter(({ kind }) => kind === Effect.dropped || kind === Effect["nic-dropped"]).length;
    if (!effects.some(({ kind, b }) => kind === Effect["queue-reset"] && b > 0)) continue;
    const [before, after] = [event, event + 1].map((at) => waitingAt(timeline, connection, at));
    count += [...before!].filter((each) => !after!.has(each)).length;
  }
  return count;
}

/** Events of the packets that wait before an event. */
function waitingAt(timeline: Timeline, connection: number, event: number): Set<number> {
  const { waiting } = timeline.machine.sockets[connection]!;
  const { waitHead, waitTail } = timeline.stateBefore(connection, event);
  const rows = Array.from({ length: waitTail - waitHead }, (_, i) => waiting.at(waitHead + i));
  return new Set(rows.filter(({ kind }) => kind === "packet").map((row) => row.event));
}

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
      const expected = [tally.replayedBytes, tally.fallbackBytes, neverLeft(comparison.runs[0]!, connection)];
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

test("what a reset of the queue discards is a loss of its own, and pays for what comes out of order because of it", async () => {
  const alone = await studyOf(sample("queue-reset.tlstrace"));
  const comparison = compared(alone.trace, "connectx,netronome,chelsio-t6");
  const rows = rowsOf(costOf({ ...alone, timeline: comparison.runs[0]!.timeline, comparison }));
  // Line 17 is the packet that waits, line 20 the reset. ConnectX rebuilds its state for the packet once more (line 33).
  // Netronome's device never saw it, so that the one behind (line 24) and the copy are encrypted in software. Chelsio's
  // connection is lost: both are dropped, too.
  assert.deepEqual(
    rows
      .filter(({ what }) => what === "line 17, 1448:2896, discarded by a reset, paid from line 20 on, web")
      .map(({ profile, replayed, fallback, drops }) => [profile, replayed, fallback, drops]),
    [
      ["connectx", 1448, 0, 1],
      ["netronome", 0, 2896, 1],
      ["chelsio-t6", 14, 0, 3],
    ],
  );
  const [connectx] = costOf({ ...alone, timeline: comparison.runs[0]!.timeline, comparison }).rows;
  assert.match(connectx!.says, /1 packet dropped, 1 of them by a reset$/);
});

test("random traces: what never leaves is in the sums, by the model's effects under every profile, and is due to a loss", () => {
  let discarded = 0;
  for (const profile of profiles)
    for (let seed = 1; seed <= 60; seed++) {
      const trace = readStory(generate(seed, { profile, kernel: null }), profile);
      const comparison = new Comparison([{ id: "as it is", trace }]);
      while (comparison.advance(1e6) < comparison.total);
      const [{ timeline, tally }] = comparison.runs as [ComparedRun];
      const view = costOf({ timeline, comparison: null } as Pictured);
      const rows = rowsOf(view);
      const streams = rows.slice(0, trace.connections.length);
      const losses = rows.slice(trace.connections.length);
      const said = `${profile.id}, seed ${seed}`;
      assert.deepEqual(
        streams.map(({ drops }) => drops),
        trace.connections.map((_, connection) => neverLeft({ timeline }, connection)),
        said,
      );
      const sum = (of: typeof rows) => of.reduce((total, { drops }) => total + drops!, 0);
      assert.equal(sum(losses), sum(streams), said);
      discarded += tally.discarded;
    }
  assert.ok(discarded > 20, `${discarded} packets discarded`);
});
