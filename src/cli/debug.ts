import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { DapClient } from "../adapter/dap-client.ts";
import { type Debuggee, hasErrors, isError } from "../adapter/launch.ts";
import { TraceDebugSession } from "../adapter/session.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { UserError } from "../trace/platform.ts";
import { visible } from "../trace/visible.ts";
import type { ReadFlags } from "./flags.ts";
import { complain, complainLine, complainOfEvidence, exitStatus, print } from "./output.ts";

export interface DebugFlags extends ReadFlags {
  /** Lines to type, one after the other; without any they are read from standard input. */
  eval?: string[];
  startAt?: string;
  /** Without what opening says. */
  quiet?: true;
}

/** `tlstrace debug FILE`: the debugger in a terminal. What is typed is what the debug console of an editor takes. */
export async function debug(file: string, flags: DebugFlags): Promise<void> {
  const terminal = new Terminal();
  await terminal.begin(launchOf(file, flags), flags.quiet === true);
  complainOf(file, terminal.debuggee, flags.quiet === true);
  if (flags.eval) await terminal.batch(flags.eval);
  else await terminal.converse();
  await terminal.end();
}

/** No error in what is read goes with status 0; who is told nothing else is told of it here. */
function complainOf(file: string, debuggee: Debuggee, isQuiet: boolean): void {
  if (hasErrors(debuggee)) process.exitCode = exitStatus.unusable;
  if (!isQuiet) return;
  const { trace, evidenceDiagnostics } = debuggee;
  complain(file, { diagnostics: trace.diagnostics.filter(isError) });
  complainOfEvidence(evidenceDiagnostics.filter(isError));
}

const beside = (file: string): string => path.resolve(file);

/** The launch configuration that the flags come to. */
function launchOf(file: string, flags: DebugFlags): object {
  const { keys, profile, stream, startAt, evidence = [] } = flags;
  return {
    program: beside(file),
    keys: keys === false ? [] : (keys?.map(beside) ?? null),
    profile: profile ?? null,
    streams: stream ?? [],
    evidence: evidence.map(beside),
    ...{ tap: flags.tap, offloadStart: flags.offloadStart, copies: flags.copies, names: flags.names },
    ...(startAt !== undefined && { startAt }),
  };
}

/** Lines of the trace or listing, by the source that they stand in. */
type Texts = Map<string, string[]>;

/** A debug session and who types into its console. */
class Terminal {
  private readonly session = new TraceDebugSession(nodeEnvironment);
  private readonly client: DapClient;
  private readonly texts: Texts = new Map();
  /** What is to be printed, in the order in which it was told. */
  private readonly lines: string[] = [];
  private stop: DebugProtocol.StoppedEvent["body"] | null = null;
  private frameId: number | undefined;
  private isRunning = false;
  private isOver = false;

  constructor() {
    this.client = new DapClient(this.session, { patience: null, hear: (event) => this.hear(event) });
  }

  get debuggee(): Debuggee {
    return this.session.debuggee;
  }

  /** Output is printed as it comes, stops when the line that they are at is known. */
  private hear({ event, body }: DebugProtocol.Event): void {
    if (event === "output") this.lines.push(linked(body));
    if (event === "terminated") this.isOver = true;
    if (event === "continued") this.isRunning = true;
    if (event !== "stopped") return;
    this.stop = body;
    this.isRunning = false;
  }

  async begin(launch: object, isQuiet: boolean): Promise<void> {
    const { client } = this;
    await client.ask("initialize", { adapterID: "tlstrace", supportsVariableType: true });
    const initialized = client.next("initialized");
    const { success, message } = await client.send("launch", launch);
    if (!success) throw new UserError(message ?? "it cannot be debugged");
    await initialized;
    await client.moves("configurationDone", {});
    if (isQuiet) this.lines.length = 0;
    await this.show();
  }

  /** Types lines one after the other; throws UserError at the first that is refused. */
  async batch(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      await print([`(tlstrace) ${line}`]);
      await this.type(line);
    }
  }

  /** Types what comes on standard input, a line after the other, until it ends or says `quit`. */
  async converse(): Promise<void> {
    const { isTTY } = process.stdin;
    const reader = createInterface({
      input: process.stdin,
      ...(isTTY && { output: process.stdout }),
      ...{
        prompt: "(tlstrace) ",
        completer: (line: string, done: Completed) => void this.complete(line, done),
      },
    });
    reader.on("SIGINT", () =>
      this.isRunning ? void this.client.send("pause", { threadId: 1 }) : reader.close(),
    );
    if (isTTY)
      await print([
        "help lists the words that can be typed, quit ends; an empty line does the last one again",
      ]);
    await this.take(reader);
  }

  private async take(reader: Interface): Promise<void> {
    let last = "";
    reader.prompt();
    for await (const typed of reader) {
      last = typed.trim() === "" && process.stdin.isTTY ? last : typed.trim();
      if (/^(q|quit|exit)$/.test(last)) break;
      await this.answer(last);
      reader.prompt();
    }
    reader.close();
  }

  /** A line that is refused ends nothing, but a script can tell. */
  private async answer(line: string): Promise<void> {
    try {
      if (line !== "") await this.type(line);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      process.exitCode = exitStatus.unusable;
      complainLine("tlstrace", error.message);
    }
  }

  private async type(expression: string): Promise<void> {
    const { client, frameId } = this;
    const response = await client.send("evaluate", {
      expression,
      context: "repl",
      ...(frameId && { frameId }),
    });
    if (!response.success) {
      await this.flush();
      throw new UserError(response.message ?? "it is refused");
    }
    this.lines.push(response.body.result);
    // What a word begins, it begins behind its answer.
    await new Promise(setImmediate);
    while (this.isRunning && !this.isOver) await client.next("stopped", client.events.length);
    await this.show();
  }

  /** Prints what was told, and behind it the place where the debugger has come to. */
  private async show(): Promise<void> {
    const { stop } = this;
    this.stop = null;
    if (stop?.threadId !== undefined) {
      const { stackFrames } = await this.client.ask("stackTrace", { threadId: stop.threadId, levels: 1 });
      const [frame] = stackFrames;
      this.frameId = frame?.id;
      this.lines.push(
        stop.text ?? stop.description ?? stop.reason,
        ...(frame ? [await this.lineAt(frame)] : []),
      );
    }
    await this.flush();
  }

  private flush(): Promise<void> {
    return print(this.lines.splice(0));
  }

  /** The line of the trace or listing that a frame is at, with its number, as a debugger in a terminal shows it. */
  private async lineAt({ source, line }: DebugProtocol.StackFrame): Promise<string> {
    const name = `${source?.sourceReference ?? 0} ${source?.path ?? ""}`;
    const lines = this.texts.get(name) ?? (await this.textOf(source ?? {})).split(/\r?\n/);
    this.texts.set(name, lines);
    return `${line}\t${lines[line - 1] ?? ""}`;
  }

  private async textOf(source: DebugProtocol.Source): Promise<string> {
    const { sourceReference = 0, path: file } = source;
    if (sourceReference > 0) return (await this.client.ask("source", { source, sourceReference })).content;
    return file === undefined ? "" : readFileSync(file, "utf8");
  }

  /** What the part of the line that is typed may become. */
  private async complete(text: string, done: Completed): Promise<void> {
    const { targets } = await this.client.ask("completions", {
      text,
      column: text.length + 1,
      frameId: this.frameId,
    });
    // They stand for what is typed from `start` on, which counts from 1.
    const start = Math.max(1, ...targets.map(({ start = 1 }) => start));
    const typed = text.slice(start - 1);
    const words = targets
      .map(({ text: insert, label }) => insert ?? label)
      .filter((word) => word.startsWith(typed));
    done(null, [[...new Set(words)], typed]);
  }

  async end(): Promise<void> {
    await this.client.send("disconnect");
  }
}

type Completed = (error: null, found: [string[], string]) => void;

/** A line of output with the line of the trace that it links to. */
function linked({ output, source, line }: DebugProtocol.OutputEvent["body"]): string {
  const text = visible(output.trimEnd());
  return source === undefined || line === undefined ? text : `${text}  [${line}]`;
}
