// adapter/forks: forks of a session: made, opened as sessions of their own, saved.

import type { DebugProtocol } from "@vscode/debugprotocol";
import { type Fork, forked } from "../../lab/fork.ts";
import type { Environment } from "../../study/environment.ts";
import { UserError } from "../../trace/platform.ts";
import { pathBeside } from "../../trace/profiles/finder.ts";
import type { Trace } from "../../trace/trace.ts";
import type { LaunchArguments } from "../launch.ts";

/** The session that forks are of. */
export interface ForkHost {
  readonly environment: Environment;
  /** What is debugged. Throws UserError if nothing is. */
  debugged(): { launch: LaunchArguments; trace: Trace };
  write(said: DebugProtocol.OutputEvent["body"]): void;
  /** Has the client debug something in a session of its own; false if it cannot. */
  startDebugging(configuration: object): Promise<boolean>;
}

/** The forks that were made in a session: each is a line that changes its trace, numbered from 1. */
export class Forks {
  readonly lines: string[] = [];
  private readonly host: ForkHost;

  constructor(host: ForkHost) {
    this.host = host;
  }

  /** Makes a fork and gives its number. Throws UserError for what cannot be. */
  make(line: string): number {
    const fork = forked(this.host.debugged().trace, line);
    return this.lines.push(fork.line);
  }

  /** The fork of a number as it is written, of none the last one; made anew, as the trace may be another by now. */
  at(written: string): { number: number; fork: Fork } {
    const number = written === "" ? this.lines.length : Number(written);
    const line = this.lines[number - 1];
    if (line !== undefined) return { number, fork: forked(this.host.debugged().trace, line) };
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
    const { path, note } = this.save(number, null);
    const said = `fork ${this.nameOf(number)} is the trace ${path}: debug it in a session of its own${note}\n`;
    host.write({ category: "stdout", output: said });
  }

  /** Writes a fork as a trace, into a new file; null: of a folder for temporary files. */
  save(number: number, to: string | null): { path: string; note: string } {
    const { trace, launch } = this.host.debugged();
    const { fork } = this.at(`${number}`);
    const path = this.host.environment.saveTrace(
      fork.trace,
      to === null ? null : pathBeside(launch.program, to),
      `fork of ${trace.name}: ${fork.line}`,
    );
    const isCapture = trace.kind === "capture";
    return { path, note: isCapture ? "; it is without keys and payload, so that no byte is compared" : "" };
  }

  /** Debugs the same trace as something else, in a session of its own; false if the client has none such. */
  debugAs(profile: string): Promise<boolean> {
    const { launch, trace } = this.host.debugged();
    return this.host.startDebugging(againWith(launch, { name: `${trace.name} as ${profile}`, profile }));
  }

  /** Writes another trace that was made of the session's into a new file beside it. Gives its path. */
  keep(trace: Trace, to: string, says: string): string {
    const { host } = this;
    return host.environment.saveTrace(trace, pathBeside(host.debugged().launch.program, to), says);
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
