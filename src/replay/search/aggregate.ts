import { firstThat } from "../../core/base/columns.ts";
import { finished } from "../../trace/platform.ts";
import type { Judged } from "../findings.ts";
import { arithmetic, order } from "../language/numbers.ts";
import { numeric } from "../language/operations.ts";
import type { AggregateName, Expression } from "../language/parse.ts";
import type { Timeline } from "../timeline.ts";
import type { Raw } from "../view/value.ts";
import type { View } from "../view/view.ts";
import { type Asked, type Occurrence, occurrences } from "./occurrences.ts";

export type Aggregate = Extract<Expression, { kind: "aggregate" }>;

/** What an aggregate has come to behind each of its occurrences. */
interface Series {
  events: Int32Array;
  values: Raw[];
}

const known = new WeakMap<Timeline, Map<Aggregate, Series>>();

/** Goes through what an aggregate is about, once a replay; afterwards it is known everywhere. Pauses after each block of events. */
export function* prepare(judged: Judged, { aggregate, asked }: Gathered): Generator<number, Series> {
  let all = known.get(judged.timeline);
  if (!all) {
    all = new Map();
    known.set(judged.timeline, all);
  }
  let series = all.get(aggregate);
  if (!series) {
    const found = yield* gather(judged, asked);
    series = {
      events: Int32Array.from(found, ({ event }) => event),
      values: aggregate.name === "count" ? [] : runningOf(aggregate.name, found),
    };
    all.set(aggregate, series);
  }
  return series;
}

/** The same for several, one after the other. */
export function* prepareAll(judged: Judged, all: readonly Gathered[]): Generator<number> {
  for (const each of all) yield* prepare(judged, each);
}

/** All occurrences that are asked for; what the question itself counts is gone through first. */
export function* gather(judged: Judged, asked: Gathering): Generator<number, Occurrence[]> {
  for (const inner of asked.first) yield* prepare(judged, inner);
  return yield* occurrences(judged, asked);
}

/** What is gone through, and what has to be known before. */
export interface Gathering extends Asked {
  first: readonly Gathered[];
}

/** An aggregate and what it goes through, made ready. */
export interface Gathered {
  aggregate: Aggregate;
  asked: Gathering;
}

/** Its value where a view stands: of all up to the event that one stands in, that one's included once it has begun. */
export function behindAll(gathered: Gathered, view: View): Raw {
  const { events, values } = finished(prepare(view, gathered));
  const { event, stage } = view.position;
  const until = stage < 0 ? event : event + 1;
  const count = firstThat(0, events.length, (i) => events[i]! >= until);
  if (gathered.aggregate.name === "count") return count;
  if (count === 0) return gathered.aggregate.name === "sum" ? 0 : null;
  return values[count - 1]!;
}

function runningOf(name: Exclude<AggregateName, "count">, found: readonly Occurrence[]): Raw[] {
  const running: Raw[] = [];
  let so: Raw = name === "sum" ? 0 : null;
  for (const { value } of found) {
    so = combined(name, so, value);
    running.push(so);
  }
  return running;
}

/** One more value; what is unknown counts for nothing. */
function combined(name: Exclude<AggregateName, "count">, so: Raw, value: Raw): Raw {
  if (value === null) return so;
  if (name === "last" || (so === null && name !== "sum")) return value;
  if (name === "first") return so;
  if (name === "sum") return arithmetic("+", numeric(so), numeric(value));
  const isMore = order(numeric(value), numeric(so)) > 0;
  return isMore === (name === "max") ? value : so;
}
