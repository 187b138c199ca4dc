import { strict as assert } from "node:assert";
import { Effect } from "../../core/words/effect.ts";
import { followed, lastChange } from "../../replay/changes.ts";
import { noFindings } from "../../replay/findings.ts";
import { parseExpression } from "../../replay/language/parse.ts";
import { type StopRule, StopSearch } from "../../replay/stops.ts";
import { Timeline } from "../../replay/timeline.ts";
import { finished } from "../../trace/platform.ts";
import type { Result } from "./goals.ts";
import { longTrace } from "./long-trace.ts";
import { ratios, spreadOf, timed } from "./measure.ts";

const million = 1_000_000;

/** What holds nowhere in the trace, by what it needs: the columns, the state an event found, the state behind every stage. */
const never = {
  "the trace's columns": "packet.length > 100000",
  "the state found": "packet.outOfOrder && packet.length == 5",
  "the state at every stage": "driver.expectedSeq == 1.5",
};

const rule = (fields: Partial<StopRule>): StopRule => ({
  ...{ id: 1, label: "", kind: "function", names: "*", condition: null, hit: null },
  ...fields,
});

/** What a debugger stops at beside: effects that this trace has not. */
const rare = (["plaintext", "dropped", "lookup-failed"] as const).map((name) =>
  rule({ kind: "sign", signs: [Effect[name]] }),
);

/** Goes through everything without a stop, in the slices that a debugger takes; gives the longest of them in milliseconds. */
function searched(timeline: Timeline, rules: readonly StopRule[], direction: 1 | -1): number {
  const search = new StopSearch({ timeline, findings: noFindings }, rules);
  const last = timeline.eventCount - 1;
  let at = direction === 1 ? { event: 0, stage: -1 } : { event: last, stage: Number.MAX_SAFE_INTEGER };
  for (let longest = 0; ; ) {
    const started = performance.now();
    const result = search.next(at, direction, 2);
    longest = Math.max(longest, performance.now() - started);
    assert.equal(result.found, null);
    if (result.ended) return longest;
    at = result.at;
  }
}

/** Goals about going through a million transmits for what is nowhere: each against the first pass. */
export async function measureSearches(rounds: number): Promise<Result[]> {
  const trace = longTrace(million, 0.01, 1);
  const timeline = new Timeline(trace).runAll();
  const pass = () => timed(() => new Timeline(trace).runAll());
  const slices: number[] = [];
  const against = async (what: string, wanted: readonly StopRule[], direction: 1 | -1): Promise<Result> => {
    const search = () => timed(() => slices.push(searched(timeline, wanted, direction)));
    const measured = await ratios(rounds, pass, search);
    const way = direction === 1 ? "forwards" : "backwards";
    return {
      id: "P22",
      what: `${what}, beside filters, ${way}, vs the first pass`,
      measured,
      floor: 2,
      aim: 1,
      unit: "x",
      isCeiling: true,
    };
  };
  const results: Result[] = [];
  for (const [needs, condition] of Object.entries(never))
    for (const direction of [1, -1] as const)
      results.push(
        await against(
          `a condition on ${needs}`,
          [rule({ condition: parseExpression(condition) }), ...rare],
          direction,
        ),
      );
  const value = followed(parseExpression("driver.resyncPending"), 0, timeline);
  for (const direction of [1, -1] as const)
    results.push(
      await against("a data breakpoint", [rule({ kind: "data", followed: value }), ...rare], direction),
    );
  const ms: number[] = [];
  for (let round = 0; round < rounds; round++)
    ms.push(
      await timed(() => {
        const here = { event: timeline.eventCount - 1, stage: 0 };
        assert.equal(finished(lastChange({ timeline, findings: noFindings }, value, here)), null);
      }),
    );
  return [
    ...results,
    {
      id: "P23",
      what: "who changed a value last, of all",
      measured: spreadOf(ms),
      floor: 500,
      aim: 250,
      unit: "ms",
      isCeiling: true,
    },
    {
      id: "P24",
      what: "a search's longest slice: Pause is answered",
      measured: spreadOf(slices),
      floor: 100,
      aim: 16,
      unit: "ms",
      isCeiling: true,
    },
  ];
}
