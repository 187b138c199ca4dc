import { strict as assert } from "node:assert";
import { seq } from "../../core/base/seq.ts";
import { wireBytes } from "../../core/nic/wire-bytes.ts";
import { Engine } from "../../core/words/descriptor.ts";
import { Kind } from "../../core/words/event.ts";
import { Timeline } from "../../replay/timeline.ts";
import type { Trace } from "../../trace/trace.ts";
import { compared } from "../comparing.ts";
import { seeded } from "../simulator/mutate.ts";
import type { Result } from "./goals.ts";
import { longTrace } from "./long-trace.ts";
import { quantile, ratios, type Spread, spreadOf, timed } from "./measure.ts";
import { runReference } from "./reference.ts";

const million = 1_000_000;

/** Goals about running and seeking a long trace: no bytes, one connection, one in a hundred transmits out of order. */
export async function measureReplay(rounds: number): Promise<Result[]> {
  const trace = longTrace(million, 0.01, 1);
  const run = () => timed(() => new Timeline(trace).runAll());
  const speeds: number[] = [];
  const engine = async () => {
    const ms = await run();
    speeds.push(trace.events.count / ms / 1000);
    return ms;
  };
  const objects = Array.from({ length: trace.events.count }, (_, event) => trace.events.at(event));
  const { startSeq } = trace.connections[0]!;
  assertSameWork(trace, runReference(objects, startSeq).state);
  const faster = await ratios(rounds, engine, () => timed(() => runReference(objects, startSeq)));
  objects.length = 0;
  const results: Result[] = [
    {
      id: "P6",
      what: "replay, no bytes",
      measured: spreadOf(speeds.slice(1)),
      floor: 5,
      aim: 15,
      unit: "M events/s",
    },
    { id: "P6", what: "replay vs an object a step", measured: faster, floor: 5, aim: 10, unit: "x" },
  ];
  const crowded = longTrace(million, 0.1, 1);
  const none = longTrace(million, 0, 1);
  const robust = await ratios(
    rounds,
    () => timed(() => new Timeline(none).runAll()),
    () => timed(() => new Timeline(crowded).runAll()),
  );
  results.push({
    id: "P13",
    what: "10 % out of order vs none, no bytes",
    measured: robust,
    floor: 3,
    aim: 2,
    unit: "x",
    isCeiling: true,
  });
  results.push(await comparing(rounds));
  results.push(...seeks(new Timeline(trace).runAll(), rounds));
  return results;
}

/** Two profiles side by side against one replay of the same 100,000 packets. */
async function comparing(rounds: number): Promise<Result> {
  const trace = longTrace(100_000, 0.01, 1);
  const measured = await ratios(
    rounds,
    () => timed(() => new Timeline(trace).runAll()),
    () => timed(() => compared(trace, "connectx,netronome")),
  );
  const what = "comparing 2 profiles vs a replay, no bytes";
  return { id: "P14", what, measured, floor: 6, aim: 2, unit: "x", isCeiling: true };
}

/** Both did the same work, else the comparison would mean nothing. */
function assertSameWork(trace: Trace, reference: ReturnType<typeof runReference>["state"]): void {
  const state = new Timeline(trace).runAll().machine.sockets[0]!.state;
  const { outOfOrder, encryptedBytes, dumpBytes, expectedSeq, sndUna } = state;
  const { counters, driver, tcp } = reference;
  assert.deepEqual(
    { outOfOrder, encryptedBytes, dumpBytes, expectedSeq, sndUna },
    {
      outOfOrder: counters.outOfOrder,
      encryptedBytes: counters.encryptedBytes,
      dumpBytes: counters.dumpBytes,
      expectedSeq: driver.expectedSeq,
      sndUna: tcp.sndUna,
    },
  );
}

function seeks(timeline: Timeline, rounds: number): Result[] {
  const random = seeded(7);
  const seek = (event: number): number => {
    const started = performance.now();
    timeline.stateBefore(0, event);
    return performance.now() - started;
  };
  const somewhere = () => seek(Math.floor(random() * timeline.eventCount));
  const many = (count: number, one: () => number) => Array.from({ length: count }, one);
  many(1000, somewhere);
  const slowest: number[] = [];
  const ends: number[] = [];
  // Both lie as far behind a snapshot, so that only where they lie differs.
  const first = 999;
  const last = timeline.eventCount - 1 - ((timeline.eventCount - 1) % 1000) - 1;
  for (let round = 0; round < rounds; round++) {
    slowest.push(quantile(many(3000, somewhere), 0.99));
    const pairs = many(300, () => 0).map(() => [seek(first), seek(last)] as const);
    ends.push(
      quantile(
        pairs.map(([, b]) => b),
        0.5,
      ) /
        quantile(
          pairs.map(([a]) => a),
          0.5,
        ),
    );
  }
  return [
    {
      id: "P8",
      what: "seek anywhere in 1 M packets, p99",
      measured: spreadOf(slowest),
      floor: 5,
      aim: 0.5,
      unit: "ms",
      isCeiling: true,
    },
    {
      id: "P10",
      what: "seek at the end vs at the beginning",
      measured: spreadOf(ends),
      floor: 3,
      aim: 1.5,
      unit: "x",
      isCeiling: true,
    },
  ];
}

/** Seek with the bytes that left: state, the record decrypted and encrypted again up to the packet. */
export function measureByteSeek(timeline: Timeline, rounds: number): Result[] {
  const { trace, machine } = timeline;
  const random = seeded(8);
  const transmits: number[] = [];
  for (let event = 0; event < timeline.eventCount; event++) {
    const isData = trace.events.kind.at(event) === Kind.transmit && trace.events.length.at(event) > 0;
    if (isData && trace.events.connection.at(event) === 0) transmits.push(event);
  }
  const seek = (): number => {
    const event = transmits[Math.floor(random() * transmits.length)]!;
    const started = performance.now();
    timeline.stateBefore(0, event);
    const packet = {
      seq: seq(trace.events.seq.at(event)),
      length: trace.events.length.at(event),
      engine: Engine.stream,
      row: -1,
    };
    wireBytes(machine.sockets[0]!, packet);
    return performance.now() - started;
  };
  Array.from({ length: 100 }, seek);
  const slowest: Spread = spreadOf(
    Array.from({ length: rounds }, () => quantile(Array.from({ length: 2000 }, seek), 0.99)),
  );
  return [
    {
      id: "P9",
      what: "seek with the packet's bytes, p99",
      measured: slowest,
      floor: 10,
      aim: 1,
      unit: "ms",
      isCeiling: true,
    },
  ];
}
