import { eventKinds } from "../../core/words/event.ts";
import { stages } from "../../core/words/stage.ts";
import type { Position, Timeline } from "../../replay/timeline.ts";
import { UserError } from "../../trace/platform.ts";

/**
 * A place in time that has a name, told by what happens there and not by its number: it is found again in a file that
 * has changed before it, and in another session.
 */
export interface Checkpoint {
  name: string;
  /** The connection's name. */
  connection: string;
  /** What happens: the word of the event's kind, its place in the stream from the offload start, and its length. */
  event: string;
  seq: number;
  length: number;
  /** How many events of the connection are the same before it. */
  occurrence: number;
  /** The name of the stage that it stands behind, and how many of that name come before it; empty: before the event. */
  stage: string;
  stageOccurrence: number;
}

/** More than these nobody keeps apart. */
const checkpointsMax = 1000;

const textFields = ["name", "connection", "event", "stage"] as const;
const numberFields = ["seq", "length", "occurrence", "stageOccurrence"] as const;

/** Checkpoints as a client gives them back; what is none is left out. Null: it gives no list, so it keeps none. */
export function readCheckpoints(given: unknown): Checkpoint[] | null {
  if (given === undefined || given === null) return null;
  const list: unknown[] = Array.isArray(given) ? given.slice(0, checkpointsMax) : [];
  return list.filter((each): each is Checkpoint => {
    if (typeof each !== "object" || each === null) return false;
    const fields = each as Record<string, unknown>;
    return (
      textFields.every((field) => typeof fields[field] === "string") &&
      numberFields.every((field) => Number.isSafeInteger(fields[field]))
    );
  });
}

/** The checkpoint of a position of the trace. */
export function checkpointAt(timeline: Timeline, position: Position, name: string): Checkpoint {
  const connection = timeline.connectionAt(position);
  const happening = happeningOf(timeline, position.event, connection);
  const { stages: passed } = timeline.record(position.event);
  const stage = passed[position.stage]?.stage;
  const isStage = (each: { stage: number }) => each.stage === stage;
  return {
    name,
    connection: timeline.trace.connections[connection]!.name,
    ...happening,
    occurrence: sameEvents(timeline, connection, happening).indexOf(position.event),
    stage: stage === undefined ? "" : stages[stage]!.name,
    stageOccurrence: passed.slice(0, Math.max(0, position.stage)).filter(isStage).length,
  };
}

/** Where the checkpoint lies in this trace. Throws UserError where nothing of the kind happens any more. */
export function positionOf(timeline: Timeline, checkpoint: Checkpoint): Position {
  const { name, connection, event, seq, length, occurrence } = checkpoint;
  const index = timeline.trace.connections.findIndex((each) => each.name === connection);
  const same = index < 0 ? [] : sameEvents(timeline, index, { event, seq, length });
  const found = same[Math.min(occurrence, same.length - 1)];
  if (found === undefined)
    throw new UserError(`checkpoint ${name}: ${connection} has no ${event} at ${seq} of ${length} any more`);
  return { event: found, stage: stageOf(timeline, found, checkpoint) };
}

type Happening = Pick<Checkpoint, "event" | "seq" | "length">;

function happeningOf({ trace }: Timeline, event: number, connection: number): Happening {
  const { kind, seq, length } = trace.events;
  const at = seq.at(event);
  const { startSeq } = trace.connections[connection]!;
  return { event: eventKinds[kind.at(event)]!, seq: at === 0 ? 0 : at - startSeq, length: length.at(event) };
}

/** The connection's events at which the same happens. */
function sameEvents(timeline: Timeline, connection: number, { event, seq, length }: Happening): number[] {
  const found: number[] = [];
  for (const each of timeline.eventsOf(connection)) {
    const other = happeningOf(timeline, each, connection);
    if (other.length === length && other.seq === seq && other.event === event) found.push(each);
  }
  return found;
}

function stageOf(timeline: Timeline, event: number, { stage, stageOccurrence }: Checkpoint): number {
  if (stage === "") return -1;
  const places = timeline
    .record(event)
    .stages.flatMap((each, i) => (stages[each.stage]!.name === stage ? [i] : []));
  return places[Math.min(stageOccurrence, places.length - 1)] ?? -1;
}
