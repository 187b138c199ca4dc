// adapter/time: moves, what they undo, stops made before, checkpoints.

import type { Position, Timeline } from "../../replay/timeline.ts";

/**
 * Steps: from a position of the whole trace to the next one that belongs to one connection. Null = the connection has
 * no more events in that direction.
 */
export type Move = (timeline: Timeline, from: Position, connection: number) => Position | null;

/** Right after the event's last stage: its whole effect can be seen. */
export const atEnd = (timeline: Timeline, event: number): Position => ({
  event,
  stage: timeline.record(event).stages.length - 1,
});

const isOwn = (timeline: Timeline, { event }: Position, connection: number): boolean =>
  timeline.connectionsOf(event).includes(connection);

/** The connection's next stage in the event, or null: a device's event has stages of every connection on it. */
function stageFrom(timeline: Timeline, from: Position, connection: number, direction: 1 | -1): number | null {
  const { stages } = timeline.record(from.event);
  for (let stage = from.stage + direction; stage >= 0 && stage < stages.length; stage += direction)
    if (stages[stage]!.connection === connection) return stage;
  return null;
}

/** Event of the connection that comes next: the position's own if it has not begun yet. */
function nextEvent(timeline: Timeline, from: Position, connection: number): number | null {
  const notBegun = from.stage < 0 ? 0 : 1;
  const ordinal = timeline.ordinalOf(connection, from.event + notBegun);
  return timeline.eventsOf(connection)[ordinal] ?? null;
}

function previousEvent(timeline: Timeline, from: Position, connection: number): number | null {
  const ordinal = timeline.ordinalOf(connection, from.event) - 1;
  return timeline.eventsOf(connection)[ordinal] ?? null;
}

/** Step over: the connection's next event, standing behind all of it. */
export const next: Move = (timeline, from, connection) => {
  const event = nextEvent(timeline, from, connection);
  return event === null ? null : atEnd(timeline, event);
};

/** Step in: the next stage; behind an event's last stage, the first one of the connection's next event. */
export const stepIn: Move = (timeline, from, connection) => {
  const stage = stageFrom(timeline, from, connection, 1);
  if (stage !== null) return { event: from.event, stage };
  const event = nextEvent(timeline, from, connection);
  return event === null ? null : { event, stage: 0 };
};

/** Step out: the last stage of this event; from there, of the next one. */
export const stepOut: Move = (timeline, from, connection) => {
  const end = atEnd(timeline, from.event);
  if (isOwn(timeline, from, connection) && from.stage < end.stage) return end;
  return next(timeline, from, connection);
};

/**
 * Step back where no step led: in the middle of an event, where Step Into leads, one stage; from behind an event, where
 * Step Over leads, to behind the connection's event before it; from its first event, before that.
 */
export const stepBack: Move = (timeline, from, connection) => {
  const isInside = isOwn(timeline, from, connection) && from.stage < atEnd(timeline, from.event).stage;
  return isInside ? stageBack(timeline, from, connection) : eventBack(timeline, from, connection);
};

/** Step over, backwards: behind the connection's event before this one; from its first event, before that. */
export const eventBack: Move = (timeline, from, connection) => {
  const event = previousEvent(timeline, from, connection);
  return event === null ? beforeFirst(timeline, from, connection) : atEnd(timeline, event);
};

/** Step in, backwards: one stage back. */
export const stageBack: Move = (timeline, from, connection) => {
  const stage = stageFrom(timeline, from, connection, -1);
  if (stage !== null) return { event: from.event, stage };
  return eventBack(timeline, from, connection);
};

/** Step out, backwards: before this event; from there, before the connection's event before it. */
export const outBack: Move = (timeline, from, connection) => {
  const isInside = isOwn(timeline, from, connection) && from.stage >= 0;
  const event = isInside ? from.event : previousEvent(timeline, from, connection);
  return event === null ? null : { event, stage: -1 };
};

function beforeFirst(timeline: Timeline, from: Position, connection: number): Position | null {
  const first = timeline.eventsOf(connection)[0];
  if (first === undefined || from.event < first || (from.event === first && from.stage < 0)) return null;
  return { event: first, stage: -1 };
}
