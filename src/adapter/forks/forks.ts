// adapter/forks: forks of a session: made, opened as sessions of their own, saved.

import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Parting } from "../../judge/compare/parting.ts";
import { forking, lineFor } from "../../lab/fork.ts";
import type { Position } from "../../replay/timeline.ts";
import type { ViewNode } from "../../replay/view/value.ts";
import type { Environment } from "../../study/environment.ts";
import { finished, UserError } from "../../trace/platform.ts";
import { pathBeside } from "../../trace/profiles/finder.ts";
import type { Trace } from "../../trace/trace.ts";
import type { Frame } from "../inspection/frames.ts";
import type { Debuggee, LaunchArguments } from "../launch.ts";
import { atEnd } from "../time/moves.ts";

/** The session that forks are of. */
export interface ForkHost {
  /** What is debugged. Throws UserError if nothing is. */
  debugged(): Pick<Debuggee, "trace" | "timeline" | "forkOf"> & { launch: LaunchArguments };
  write(said: DebugProtocol.OutputEvent["body"]): void;
  /** Has the client debug something in a session of its own; false if it cannot. */
  startDebugging(configuration: object): Promise<boolean>;
}

/** A value of a frame. */
export interface Held {
  frame: Frame;
  node: ViewNode;
}

/** A fork that somebody means: one of the session's, or the session itself. */
export interface MeantFork extends Parting {
  /** `fork 1`. */
  name: string;
  line: string;
  /** The debugged trace is the fork, not the parent. */
  isOurs: boolean;
}

/** The forks that were made in a session: each is a line that changes its trace, numbered from 1. */
export class Forks {
  readonly lines: string[] = [];
  private readonly environment: Environment;
  private readonly host: ForkHost;
  /** Made and not opened yet: who asked for them is answered first. */
  private waiting: number[] = [];

  constructor(environment: Environment, host: ForkHost) {
    this.environment = environment;
    this.host = host;
  }

  /** Makes a fork and gives what it is called. Throws UserError for what cannot be. */
  *make(line: string): Generator<number, string> {
    const fork = yield* forking(this.host.debugged().trace, line);
    const number = this.lines.push(fork.line);
    this.waiting.push(number);
    return `fork ${this.nameOf(number)}: ${fork.line}`;
  }

  /** The same of a change that is written without its place, for where somebody stands. */
  *makeAt(position: Position, connection: number, change: string): Generator<number, string> {
    const { timeline } = this.host.debugged();
    const { event, stage } = position;
    const isDone = stage === atEnd(timeline, event).stage;
    return yield* this.make(lineFor({ trace: timeline.trace, event, isDone, connection }, change));
  }

  /** A fork where a value is another one; here it stays what it is, which is the answer. */
  *set({ frame, node }: Held, value: string): Generator<number, { value: string }> {
    const made = yield* this.makeAt(frame.position, frame.connection, `set ${node.path} = ${value}`);
    this.host.write({ category: "stdout", output: `${made}\n` });
    return { value: node.value };
  }

  /** Debugs each fork that was made. */
  async openMade(): Promise<void> {
    const made = this.waiting;
    this.waiting = [];
    for (const number of made) await this.open(number);
  }

  /**
   * A fork by its number; without one the session itself if it is a fork, else the last one that was made in it. It is made
   * anew, as the trace may be another by now.
   */
  *meant(written: string): Generator<number, MeantFork> {
    const { trace, forkOf } = this.host.debugged();
    if (written === "" && forkOf) {
      const { parent, fork, name } = forkOf;
      return { name, line: fork.line, isOurs: true, parent, fork: trace, placeOf: fork.placeOf };
    }
    const number = this.numberOf(written);
    const fork = yield* forking(trace, this.lines[number - 1]!);
    const { line, placeOf } = fork;
    return {
      name: `fork ${this.nameOf(number)}`,
      line,
      isOurs: false,
      parent: trace,
      fork: fork.trace,
      placeOf,
    };
  }

  /** The number of one of the session's, of no number the last one. */
  numberOf(written: string): number {
    const number = written === "" ? this.lines.length : Number(written);
    if (this.lines[number - 1] !== undefined) return number;
    if (this.lines.length === 0) throw new UserError("there is no fork yet: `fork drop` makes one");
    throw new UserError(`there is no fork ${written}: there are ${this.lines.length}`);
  }

  /** What a fork is called: below another one `1.2`. */
  nameOf(number: number): string {
    const { fork } = this.host.debugged().launch;
    return fork === "" ? `${number}` : `${fork}.${number}`;
  }

  /** Debugs a fork in a session of its own; where the client has none such, its trace becomes a file. */
  async open(number: number): Promise<void> {
    const { host } = this;
    if (await host.startDebugging(this.configurationOf(number))) return;
    const { path, note } = this.save(finished(this.meant(`${number}`)), null);
    const said = `fork ${this.nameOf(number)} is the trace ${path}: debug it in a session of its own${note}\n`;
    host.write({ category: "stdout", output: said });
  }

  /** Writes a fork as a trace, into a new file; null: of a folder for temporary files. */
  save({ line, parent, fork }: MeantFork, to: string | null): { path: string; note: string } {
    const { launch } = this.host.debugged();
    const path = this.environment.saveTrace(
      fork,
      to === null ? null : pathBeside(launch.program, to),
      `fork of ${parent.name}: ${line}`,
    );
    const isCapture = fork.kind === "capture";
    return { path, note: isCapture ? "; it is without keys and payload, so that no byte is compared" : "" };
  }

  /** Debugs the same trace as something else, in a session of its own; false if the client has none such. */
  debugAs(profile: string): Promise<boolean> {
    const { launch, trace } = this.host.debugged();
    return this.host.startDebugging(againWith(launch, { name: `${trace.name} as ${profile}`, profile }));
  }

  /** Writes another trace that was made of the session's into a new file beside it. Gives its path. */
  keep(trace: Trace, to: string, says: string): string {
    const { launch } = this.host.debugged();
    return this.environment.saveTrace(trace, pathBeside(launch.program, to), says);
  }

  /** What a client launches: the same as this session, with one more edit. */
  private configurationOf(number: number): object {
    const { launch, trace } = this.host.debugged();
    const line = this.lines[number - 1]!;
    const fork = this.nameOf(number);
    const name = `Fork ${fork} of ${trace.name}: ${line}`;
    return againWith(launch, { name, edits: [...launch.edits, line], fork });
  }
}

/** What a client launches to debug the same with some attributes otherwise. */
function againWith(launch: LaunchArguments, changes: object): object {
  const { startAt: _, checkpoints: __, keys, profile, ...asked } = launch;
  return {
    type: "tlstrace",
    request: "launch",
    ...asked,
    ...(keys !== null && { keys }),
    ...(profile !== null && { profile }),
    ...changes,
  };
}
