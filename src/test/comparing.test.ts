import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { advance, seq } from "../core/base/seq.ts";
import { profiles } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { Effect } from "../core/words/effect.ts";
import { dropReasons } from "../core/words/effect-words.ts";
import { Flag, Kind } from "../core/words/event.ts";
import type { Comparison } from "../judge/compare/compare.ts";
import { wordDifference } from "../judge/compare/words.ts";
import type { Timeline } from "../replay/timeline.ts";
import type { Trace } from "../trace/trace.ts";
import { compared } from "./comparing.ts";
import { corpusFolder } from "./corpus.ts";
import { generate, readStory } from "./simulator/generate.ts";
import { studyOf } from "./studies.ts";

/** Of one that encrypts nothing no byte is the others'. */
const encrypting = profiles.filter(({ recovery }) => recovery !== "none");
const all = encrypting.map(({ id }) => id).join(",");
const samples = ["lossy", "upload"].map((name) => path.join("media/samples", name));
const corpus = corpusFolder();
const recorded = ["loss5", "loss20", "reorder", "rto"].map((name) =>
  path.join(corpus ?? "", `live/n12-aes128-${name}`),
);
const captures = [...samples, ...(corpus === null ? [] : recorded)];

async function opened(name: string): Promise<Trace> {
  assert.ok(existsSync(`${name}.keys`), name);
  return (await studyOf(`${name}.pcap`, { keys: [`${name}.keys`] })).trace;
}

for (const name of captures) {
  test(`${name}: under every profile the numbers add up to the transmits, and the same bytes leave`, async () => {
    const trace = await opened(name);
    const comparison = compared(trace, all);
    addsUp(comparison);
    assert.equal(comparison.bytesDiffer, false);
    assert.ok(comparison.runs.every(({ unknownBytes }) => unknownBytes === 0));
  });

  test(`${name}: rebuilding drivers pay again when they return to new data, next-record drivers change no state`, async () => {
    const trace = await opened(name);
    const comparison = compared(trace, "connectx,innova,netronome,fungible");
    const [connectx, innova, netronome, fungible] = comparison.runs;
    const { jumps, returns, aside, ahead } = jumpsIn(trace);
    for (const { tally, timeline } of [connectx!, innova!]) {
      assert.equal(tally.outOfOrder, jumps.length + ahead.length);
      for (const event of returns)
        assert.ok(timeline.effects.has(event, Effect["out-of-order"]), `event ${event}`);
      // Each jump costs a resync, or the record is gone.
      const gone = tally.drops[dropReasons.indexOf("no-sync-data")]!;
      assert.equal(tally.resyncs + gone, jumps.length);
    }
    for (const { tally, timeline } of [netronome!, fungible!]) {
      assert.equal(tally.outOfOrder, aside.length + ahead.length);
      for (const event of retransmissionsIn(trace)) assert.ok(keepsState(timeline, event), `event ${event}`);
      assert.equal(tally.stateChanges, tally.commands);
    }
  });
}

test("random traces: the numbers add up and every byte is right, under every profile", () => {
  let dropped = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const trace = readStory(generate(seed, { profile: connectx, kernel: null }, true), connectx);
    const comparison = compared(trace, all, { allBytes: true });
    addsUp(comparison);
    const wrong = comparison.wireDifferences.filter(({ bytes }) => bytes.length > 0);
    assert.deepEqual(
      wrong.map((difference) => wordDifference(comparison, difference)),
      [],
      `seed ${seed}`,
    );
    dropped += comparison.wireDifferences.length;
  }
  assert.ok(dropped > 0, "some trace has a packet that not all profiles send");
});

test("the samples have returns to new data, or the comparison above says nothing", async () => {
  for (const name of samples) assert.ok(jumpsIn(await opened(name)).returns.length > 0, name);
});

/** Every transmit that the qdisc passed on is in exactly one sum, under every profile. */
function addsUp({ runs }: Comparison): void {
  const { events } = runs[0]!.timeline.trace;
  let transmits = 0;
  for (let event = 0; event < events.count; event++)
    if (events.kind.at(event) === Kind.transmit && (events.flags.at(event) & Flag.qdiscDrop) === 0)
      transmits++;
  for (const { id, tally, timeline } of runs) {
    assert.equal(tally.transmits, transmits, id);
    assert.equal(tally.encrypted + tally.fallback + tally.plain + tally.dropped, transmits, id);
    const states = timeline.trace.connections.map((_, c) => timeline.stateBefore(c, events.count));
    const sum = (of: (state: (typeof states)[number]) => number) =>
      states.reduce((total, state) => total + of(state), 0);
    assert.equal(
      tally.fallback,
      sum((state) => state.fallbackPackets),
      id,
    );
    assert.equal(
      tally.fallbackBytes,
      sum((state) => state.fallbackBytes),
      id,
    );
    assert.equal(
      tally.drops.reduce((total, count) => total + count, 0),
      tally.dropped + tally.lostBehindDriver,
      id,
    );
  }
}

interface Jumps {
  jumps: number[];
  returns: number[];
  aside: number[];
  ahead: number[];
}

/**
 * By the sequence numbers alone: packets that do not begin where the one before ended (a driver that goes on from every
 * packet), of those the returns to new data behind a retransmission, and packets that do not begin where the last one in
 * order ended (a driver that stays where it was; no jump forward is in these captures). `ahead`: packets from before
 * the offload that are sent again after it began: never in order, and bypassed.
 */
function jumpsIn({ events, connections }: Trace): Jumps {
  const jumps: number[] = [];
  const returns: number[] = [];
  const aside: number[] = [];
  const ahead: number[] = [];
  const isOffloaded = connections.map(() => false);
  const last = connections.map(({ startSeq }) => startSeq);
  const stays = connections.map(({ startSeq }) => startSeq);
  const next = connections.map(({ startSeq }) => startSeq);
  for (let event = 0; event < events.count; event++) {
    const c = events.connection.at(event);
    const from = seq(events.seq.at(event));
    const end = advance(from, events.length.at(event));
    if (events.kind.at(event) === Kind.install) isOffloaded[c] = true;
    if (events.kind.at(event) !== Kind.transmit) continue;
    if (end <= connections[c]!.startSeq) {
      if (isOffloaded[c]) ahead.push(event);
      continue;
    }
    if (from !== last[c]) jumps.push(event);
    if (from !== last[c] && from === next[c]) returns.push(event);
    if (from === stays[c]) stays[c] = end;
    else aside.push(event);
    last[c] = end;
    if (end > next[c]!) next[c] = end;
  }
  return { jumps, returns, aside, ahead };
}

/** Transmits that carry nothing new. */
function retransmissionsIn({ events, connections }: Trace): number[] {
  const found: number[] = [];
  const next = connections.map(({ startSeq }) => startSeq);
  for (let event = 0; event < events.count; event++) {
    const c = events.connection.at(event);
    const end = advance(seq(events.seq.at(event)), events.length.at(event));
    if (events.kind.at(event) !== Kind.transmit || end <= connections[c]!.startSeq) continue;
    if (end > next[c]!) next[c] = end;
    else found.push(event);
  }
  return found;
}

/** True if the event leaves what the driver expects and where the NIC stands as they were. */
function keepsState(timeline: Timeline, event: number): boolean {
  const { before, stages } = timeline.record(event);
  const { state } = stages.at(-1)!;
  return (["expectedSeq", "nicSeq", "nicRow", "nicTaken", "resyncPending"] as const).every(
    (field) => state[field] === before[field],
  );
}
