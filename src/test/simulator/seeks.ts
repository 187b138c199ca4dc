import { stateFields } from "../../core/machine/state.ts";
import { effects } from "../../core/words/effect.ts";
import { Timeline } from "../../replay/timeline.ts";
import type { Trace } from "../../trace/trace.ts";
import { Dice } from "./dice.ts";

/**
 * What is wrong with time travel in a trace, null if nothing is: every way to a position must give the same state,
 * also through devices' events, and an event looked at closely must have the effects that the first pass saw.
 */
export function seekFailure(trace: Trace, seed: number): string | null {
  const straight = new Timeline(trace).runAll();
  const jumping = new Timeline(trace).runAll();
  const dice = new Dice(seed);
  const { count } = trace.events;
  const before: string[][] = [];
  for (let event = 0; event < count; event++) {
    before.push(statesAt(straight, event));
    const seen = effects.filter((_, kind) => straight.effects.has(event, kind)).map(({ name }) => name);
    const recorded = new Set(
      straight.record(event).stages.flatMap((stage) => stage.effects.map(({ kind }) => kind)),
    );
    const looked = effects.filter((_, kind) => recorded.has(kind)).map(({ name }) => name);
    if (seen.join() !== looked.join())
      return `event ${event + 1}: ${seen} in the run, ${looked} when looked at`;
  }
  const order = Array.from({ length: count }, (_, i) =>
    i % 2 === 0 ? count - 1 - i : dice.from(0, count - 1),
  );
  for (const event of order) {
    const there = statesAt(jumping, event);
    for (const [c, state] of there.entries())
      if (state !== before[event]![c])
        return `event ${event + 1}, connection ${c}: ${differing(state, before[event]![c]!)}`;
  }
  return null;
}

/** The states of all connections before the event, as text. */
const statesAt = (timeline: Timeline, event: number): string[] =>
  timeline.trace.connections.map((_, c) => {
    const state = timeline.stateBefore(c, event);
    return stateFields.map((field) => `${field}=${state[field]}`).join(" ");
  });

const differing = (one: string, other: string): string => {
  const others = other.split(" ");
  return one
    .split(" ")
    .filter((field, i) => field !== others[i])
    .join(" ");
};
