import assert from "node:assert/strict";
import { test } from "node:test";
import { seq } from "../core/base/seq.ts";
import { profiles } from "../core/profiles/all.ts";
import { Kind } from "../core/words/event.ts";
import { Stage } from "../core/words/stage.ts";
import { Dice } from "../test/simulator/dice.ts";
import { generate, kernelChoices, readStory } from "../test/simulator/generate.ts";
import { settingOf } from "../test/simulator/simulation.ts";
import { type Dealing, dealings, type WatchedBytes } from "./byte-range.ts";
import { noFindings } from "./findings.ts";
import { StopSearch } from "./stops.ts";
import { Timeline } from "./timeline.ts";

/** What is done with each single byte, told by walking through everything: sets of bytes, no ranges. */
function walked(timeline: Timeline, { connection, from, to, dealings: wanted }: WatchedBytes): string[] {
  const { trace, machine } = timeline;
  const { events } = trace;
  const { records } = machine.sockets[connection]!;
  const bytes = Array.from({ length: to - from }, (_, i) => from + i);
  const [sent, acked] = [new Set<number>(), new Set<number>()];
  const places: string[] = [];
  for (let event = 0; event < timeline.eventCount; event++) {
    if (!timeline.connectionsOf(event).includes(connection)) continue;
    const { kind, seq: first, length } = events.at(event);
    const carried = bytes.filter((byte) => byte >= first && byte < first + length);
    const done = new Set<Dealing>();
    if (kind === Kind.transmit) {
      if (carried.some((byte) => !sent.has(byte))) done.add("sent");
      if (carried.some((byte) => sent.has(byte))) done.add("sent again");
      for (const byte of carried) sent.add(byte);
    }
    if (kind === Kind.ack)
      for (const byte of bytes.filter((each) => each < first && !acked.has(each))) {
        acked.add(byte);
        done.add("acknowledged");
      }
    if (kind === Kind["page-write"] && carried.length > 0) done.add("rewritten");
    for (const [stage, each] of timeline.record(event).stages.entries()) {
      if (each.connection !== connection) continue;
      const row = each.detail;
      const found =
        row >= 0
          ? bytes.some((byte) => byte >= records.start(row) && byte < records.end(row))
          : carried.length > 0;
      const looks = [Stage["tls.getRecord"], Stage["tls.fallback"], Stage["driver.emulate"]].includes(
        each.stage,
      );
      const here = [
        ...(stage === 0 ? done : []),
        ...(looks && kind === Kind.transmit && found ? ["looked up"] : []),
      ];
      if (here.some((one) => wanted.includes(one as Dealing))) places.push(`${event}/${stage}`);
    }
  }
  return places;
}

function stopsOf(timeline: Timeline, watched: WatchedBytes, direction: 1 | -1): string[] {
  const rule = { id: 1, label: "", kind: "bytes" as const, watched, condition: null, hit: null };
  const search = new StopSearch({ timeline, findings: noFindings }, [rule]);
  const last = timeline.eventCount - 1;
  let at = direction === 1 ? { event: 0, stage: -1 } : { event: last, stage: Number.MAX_SAFE_INTEGER };
  for (const stops: string[] = []; ; ) {
    const { found, at: reached, ended } = search.next(at, direction, 1);
    if (found) stops.push(`${found.position.event}/${found.position.stage}`);
    if (ended) return stops;
    at = reached;
  }
}

const firstSeed = Number(process.env.SEED ?? 900);
const rounds = Number(process.env.FUZZ ?? 1) * 60;

test("bytes stop exactly where a walk byte by byte says that something is done with them, both ways", () => {
  const count = new Map<Dealing, number>();
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const dice = new Dice(seed);
    const setting = settingOf(seed, profiles, kernelChoices);
    const timeline = new Timeline(readStory(generate(seed, setting), setting.profile)).runAll();
    if (timeline.eventCount === 0) continue;
    for (let i = 0; i < 6; i++) {
      const connection = dice.from(0, timeline.trace.connections.length - 1);
      const { startSeq } = timeline.trace.connections[connection]!;
      const from = startSeq + dice.from(-200, 40_000);
      const wanted = i === 0 ? dealings : [dealings[dice.from(0, dealings.length - 1)]!];
      const watched: WatchedBytes = {
        connection,
        from: seq(from),
        to: seq(from + dice.from(1, 3000)),
        dealings: wanted,
      };
      const expected = walked(timeline, watched);
      const where = `seed ${seed}: ${watched.from - startSeq}:${watched.to - startSeq} ${wanted} of ${connection}`;
      assert.deepEqual(stopsOf(timeline, watched, 1), expected, where);
      assert.deepEqual(stopsOf(timeline, watched, -1), expected.toReversed(), `${where}, backwards`);
      if (wanted.length === 1) count.set(wanted[0]!, (count.get(wanted[0]!) ?? 0) + expected.length);
    }
  }
  for (const dealing of ["sent", "sent again", "acknowledged", "looked up"] as const)
    assert.ok((count.get(dealing) ?? 0) > 5, `${dealing}: ${count.get(dealing)}`);
});
