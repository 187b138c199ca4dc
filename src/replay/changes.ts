import { UserError } from "../trace/platform.ts";
import { type Compiled, compiled, connectionIn } from "./expression-compile.ts";
import type { Judged } from "./findings.ts";
import { same } from "./language/operations.ts";
import type { Expression } from "./language/parse.ts";
import { prepareAll } from "./search/aggregate.ts";
import { type Hunter, type Quarry, Scan } from "./search/scan.ts";
import { Watch } from "./search/watch.ts";
import type { Position, Timeline } from "./timeline.ts";
import type { LiveView } from "./view/live.ts";
import { readerOf } from "./view/paths.ts";
import type { Raw } from "./view/value.ts";
import { judgedView, type View } from "./view/view.ts";

/** A value of one connection that is followed through time: `driver.expectedSeq` of connection 0. */
export interface Followed {
  value: Compiled;
  connection: number;
}

/**
 * What an expression says of a connection, to be followed. Throws UserError for what only a recorded view can tell: what
 * is asked of another connection is followed there.
 */
export function followed(expression: Expression, connection: number, { trace }: Timeline): Followed {
  const elsewhere = expression.kind === "elsewhere" ? expression : null;
  const asked = elsewhere?.of ?? expression;
  const ready = compiled(asked);
  // What is not there is unknown: a value may come and go.
  const value = asked.kind === "path" ? { ...ready, of: readerOf(asked.place) } : ready;
  if (value.needsRecord || value.ofChange)
    throw new UserError(
      "a value is followed on one connection: ask for connection(…) alone, or leave it out",
    );
  const at = elsewhere ? connectionIn(trace, elsewhere.connection) : connection;
  return { value, connection: at };
}

/** Where a value became another one: right behind a stage of the connection. */
export interface ValueChange {
  position: Position;
  from: Raw;
  to: Raw;
}

/** The value where the debugger stands; null, which is unknown, where there is nothing. */
const valueAt = (judged: Judged, { value, connection }: Followed, position: Position): Raw =>
  value.of(judgedView(judged, position, connection));

/**
 * What a stage of the followed connection made of the value, looked at closely; null if it left it as it was behind the
 * connection's stage before. The first stage of an event also answers for what is told of the event itself.
 */
export function changeAt(judged: Judged, followed: Followed, position: Position): ValueChange | null {
  const { connection } = followed;
  if (judged.timeline.record(position.event).stages[position.stage]?.connection !== connection) return null;
  const from = valueAt(judged, followed, before(judged, connection, position));
  const to = valueAt(judged, followed, position);
  return same(from, to) ? null : { position, from, to };
}

/** Where the connection stood before one of its stages: its stage before, in this event or its last one. */
function before({ timeline }: Judged, connection: number, { event, stage }: Position): Position {
  const { stages } = timeline.record(event);
  for (let earlier = stage - 1; earlier >= 0; earlier--)
    if (stages[earlier]!.connection === connection) return { event, stage: earlier };
  const last = timeline.eventsOf(connection)[timeline.ordinalOf(connection, event) - 1];
  if (last === undefined) return { event, stage: -1 };
  const behind = timeline.record(last).stages.findLastIndex((each) => each.connection === connection);
  return { event: last, stage: behind };
}

/** Hunts stages behind which a value may be another than it was. */
export class ChangeHunter implements Hunter {
  private readonly read: (view: View) => Raw;
  private readonly view: LiveView;
  private readonly watch: Watch;
  sleep: Watch | null = null;
  /** What only the middle of an event shows: behind an event that was not run it is not known. */
  private readonly isInside: boolean;
  private isKnown = false;
  private last: Raw = null;
  private event = -1;
  /** What was caught; null where the value before is not known. */
  change: { from: Raw; to: Raw } | null = null;

  constructor({ of, reads }: Compiled, view: LiveView) {
    this.read = of;
    this.view = view;
    this.watch = new Watch(reads);
    this.isInside = reads.has("stage") || reads.has("before");
  }

  start(): void {
    this.isKnown = !this.isInside || this.event === this.view.position.event;
    if (this.isInside) return;
    this.watch.stirs(this.view);
    this.last = this.read(this.view);
  }

  catches(): boolean {
    this.event = this.view.position.event;
    // Behind this stage the value is known.
    this.sleep = this.watch;
    if (!this.watch.stirs(this.view) && this.isKnown) return false;
    const value = this.read(this.view);
    if (this.isKnown && same(value, this.last)) return false;
    this.change = this.isKnown ? { from: this.last, to: value } : null;
    this.last = value;
    this.isKnown = true;
    return true;
  }
}

const quarryOf = ({ value, connection }: Followed): Quarry => ({
  connections: value.reads.size === 0 ? [] : [connection],
  always: true,
  candidate: (from) => from,
  sees: () => null,
  tells: () => false,
  hunter: (view) => new ChangeHunter(value, view),
});

/**
 * The last change of a value at or before a position: who set what one sees there. Null if it is as it was at the
 * beginning. Pauses after each block of events (some 500), saying what share of the way is gone.
 */
export function* lastChange(
  judged: Judged,
  followed: Followed,
  position: Position,
): Generator<number, ValueChange | null> {
  const here = within(judged, followed, position, -1);
  return here ?? (yield* search(judged, followed, position.event, -1));
}

/** The first change of a value behind a position; null if it stays as it is. Pauses likewise. */
export function* nextChange(
  judged: Judged,
  followed: Followed,
  position: Position,
): Generator<number, ValueChange | null> {
  const here = within(judged, followed, position, 1);
  return here ?? (yield* search(judged, followed, position.event, 1));
}

function* search(
  judged: Judged,
  followed: Followed,
  from: number,
  direction: 1 | -1,
): Generator<number, ValueChange | null> {
  yield* prepareAll(judged, followed.value.gathers);
  const scan = new Scan(judged, quarryOf(followed), from, direction);
  const { eventCount } = judged.timeline;
  const way = Math.max(1, direction === 1 ? eventCount - from : from);
  for (let event = scan.advance(); event !== null; event = scan.advance()) {
    const edge = direction === 1 ? -1 : Number.MAX_SAFE_INTEGER;
    const change = event < 0 ? null : within(judged, followed, { event, stage: edge }, direction);
    if (change) return change;
    yield Math.abs(scan.at - from) / way;
  }
  return null;
}

/** The nearest change in the position's own event: backwards at the position or before it, forwards behind it. */
function within(
  judged: Judged,
  followed: Followed,
  { event, stage }: Position,
  direction: 1 | -1,
): ValueChange | null {
  const { length } = judged.timeline.record(event).stages;
  const first = direction === 1 ? stage + 1 : Math.min(stage, length - 1);
  for (let at = first; at >= 0 && at < length; at += direction) {
    const change = changeAt(judged, followed, { event, stage: at });
    if (change) return change;
  }
  return null;
}
