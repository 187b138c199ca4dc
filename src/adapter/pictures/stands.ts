import type { Stand } from "../../pictures/model.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { UserError } from "../../trace/platform.ts";
import { type Checkpoint, positionOf } from "../time/checkpoints.ts";
import type { Visits } from "../time/visits.ts";

/** Where a session stopped, each event once, and its checkpoints, as far as they are in this trace. */
export function standsOf(timeline: Timeline, visits: Visits, checkpoints: Iterable<Checkpoint>): Stand[] {
  const stops = new Set(visits.all.map(({ event }) => event));
  return [
    ...Array.from(stops, (event): Stand => ({ kind: "stop", event, name: "" })),
    ...Array.from(checkpoints).flatMap((kept) => checkpointIn(timeline, kept)),
  ];
}

function checkpointIn(timeline: Timeline, kept: Checkpoint): Stand[] {
  try {
    return [{ kind: "checkpoint", event: positionOf(timeline, kept).event, name: kept.name }];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
