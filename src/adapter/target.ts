import type { DebugProtocol } from "@vscode/debugprotocol";
import type { FileVerdict } from "../judge/verdict.ts";
import { TransmitQueue } from "../replay/view/queue.ts";
import type { Environment } from "../study/environment.ts";
import { checkedIn, verdictOf } from "../study/verdict.ts";
import { UserError } from "../trace/platform.ts";
import type { Client } from "./capabilities.ts";
import { Inspection } from "./inspection/inspection.ts";
import type { Counter } from "./inspection/interned.ts";
import type { Numbers } from "./inspection/numbers.ts";
import type { Debuggee, LaunchArguments } from "./launch.ts";
import { LineNotes } from "./listing/lines.ts";
import { Rows } from "./listing/rows.ts";
import { Pictures } from "./pictures/pictures.ts";
import { Runner } from "./runner.ts";
import { type Sources, sourcesOf } from "./sources.ts";
import type { Breakpoints } from "./stops/breakpoints.ts";
import { StepTargets } from "./time/step-targets.ts";
import { Visits } from "./time/visits.ts";

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

/** The session that a trace is debugged in, as far as what is debugged needs it. */
export interface Around {
  environment: Environment;
  client: Client;
  breakpoints: Breakpoints;
  counter: Counter;
  numbers: Numbers;
  write(said: DebugProtocol.OutputEvent["body"]): void;
  /** There is more of a connection's picture now. */
  hasPicture(connection: number): void;
}

export function targetOf(debuggee: Debuggee, launch: LaunchArguments, around: Around): Target {
  const { environment, client, breakpoints, counter, numbers } = around;
  const { trace, timeline, forkOf } = debuggee;
  const verdict = verdictOf(debuggee, debuggee.keys);
  const sources = sourcesOf(trace, {
    program: launch.program,
    client,
    keep: launch.listing === "file" ? environment.keepListing : null,
    fork: forkOf?.name ?? null,
  });
  const rows = new Rows(debuggee, sources, around.write);
  const runner = new Runner(debuggee, breakpoints, { log: rows.log, checked: checkedIn(trace, verdict) });
  return {
    ...debuggee,
    ...{ launch, verdict, sources, rows, runner },
    inspection: new Inspection(runner, client, counter, numbers),
    notes: new LineNotes(debuggee, sources),
    pictures: new Pictures(debuggee, around.hasPicture),
    visits: new Visits(),
    targets: new StepTargets(counter),
    queue: new TransmitQueue(timeline),
  };
}

/** The connection that a thread stands for. Throws UserError if none does. */
export function connectionOf({ trace }: Target, threadId: number): number {
  if (!trace.connections[threadId - 1]) throw new UserError(`there is no thread ${threadId}`);
  return threadId - 1;
}
