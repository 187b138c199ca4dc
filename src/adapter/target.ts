import type { FileVerdict } from "../judge/verdict.ts";
import type { TransmitQueue } from "../replay/view/queue.ts";
import { UserError } from "../trace/platform.ts";
import type { Inspection } from "./inspection/inspection.ts";
import type { Debuggee, LaunchArguments } from "./launch.ts";
import type { LineNotes } from "./listing/lines.ts";
import type { Rows } from "./listing/rows.ts";
import type { Pictures } from "./pictures/pictures.ts";
import type { Runner } from "./runner.ts";
import type { Sources } from "./sources.ts";
import type { StepTargets } from "./time/step-targets.ts";
import type { Visits } from "./time/visits.ts";

/** Everything about the trace that is being debugged. */
export interface Target extends Debuggee {
  launch: LaunchArguments;
  verdict: FileVerdict;
  sources: Sources;
  runner: Runner;
  inspection: Inspection;
  notes: LineNotes;
  rows: Rows;
  visits: Visits;
  pictures: Pictures;
  targets: StepTargets;
  queue: TransmitQueue;
}

/** The connection that a thread stands for. Throws UserError if none does. */
export function connectionOf({ trace }: Target, threadId: number): number {
  if (!trace.connections[threadId - 1]) throw new UserError(`there is no thread ${threadId}`);
  return threadId - 1;
}
