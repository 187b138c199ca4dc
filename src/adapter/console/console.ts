import type { DebugProtocol } from "@vscode/debugprotocol";
import { type Progress, paced, UserError } from "../../trace/platform.ts";
import { visible } from "../../trace/visible.ts";
import type { Client } from "../capabilities.ts";
import type { Forks } from "../forks/forks.ts";
import type { Inspection } from "../inspection/inspection.ts";
import { unhurried } from "../job.ts";
import type { Arguments } from "../requests.ts";
import type { Direction, Runner } from "../runner.ts";
import type { Sources } from "../sources.ts";
import type { Breakpoints } from "../stops/breakpoints.ts";
import type { Checkpoint } from "../time/checkpoints.ts";
import type { Visits } from "../time/visits.ts";
import type { Answered, Desk } from "./desk.ts";
import { readLine, wordMeant, words } from "./words.ts";

/** What is debugged, while it stands still. */
interface Standing {
  runner: Runner;
  inspection: Inspection;
  sources: Sources;
  visits: Visits;
}

/** The session that the console belongs to. */
export interface Host {
  readonly breakpoints: Breakpoints;
  /** Throws UserError while the trace runs, or if none is open. */
  idle(): Standing;
  write(said: DebugProtocol.OutputEvent["body"]): void;
  say(event: string, body: object): void;
  /** Tells that the debugger leaves where it stood. */
  leave(): void;
  /** Runs, and tells where it stopped. */
  run(direction: Direction, sought?: string): Promise<void>;
  /** Tells that what is shown is written otherwise now. */
  invalidate(): void;
  /** Tells that the debugger stands where it has moved to. */
  tell(): void;
  work<Result>(title: string, seq: number, body: (progress: Progress) => Promise<Result>): Promise<Result>;
}

type EvaluateBody = NonNullable<DebugProtocol.EvaluateResponse["body"]>;

/** What is typed into the debug console: words, each with its answer and what is done behind it, and expressions. */
export class Console {
  private readonly host: Host;
  private readonly forks: Forks;
  readonly checkpoints = new Map<string, Checkpoint>();
  private areKept = false;
  /** What the last word has begun: it waits for the word's answer. */
  private begun: (() => unknown) | null = null;

  constructor(host: Host, forks: Forks) {
    this.host = host;
    this.forks = forks;
  }

  /** Takes what a client kept of earlier sessions; one that keeps none is not told of new ones either. */
  restore(checkpoints: readonly Checkpoint[] | null): void {
    this.areKept = checkpoints !== null;
    for (const kept of checkpoints ?? []) this.checkpoints.set(kept.name, kept);
  }

  evaluate(args: Arguments["evaluate"], inspection: Inspection, seq: number): unknown {
    const line = args.context === "repl" ? readLine(args.expression) : null;
    if (!line) return this.valueOf(args, inspection);
    const answered = line.word.run(this.desk(args.frameId, seq), line.rest);
    return answered instanceof Promise ? answered.then((each) => this.told(each)) : this.told(answered);
  }

  /** The value of an expression; what counts events is gone through first, in pieces between which messages are answered. */
  private valueOf(args: Arguments["evaluate"], inspection: Inspection): EvaluateBody | Promise<EvaluateBody> {
    const counting = inspection.counting(args.expression);
    if (counting === null) return expressionValue(args, inspection);
    return unhurried(counting).then(() => expressionValue(args, inspection));
  }

  /** Does what the last word has begun, behind its answer. */
  goOn(): unknown {
    const { begun } = this;
    this.begun = null;
    return begun?.();
  }

  /** Its rows, then its answer. */
  private told({ result, rows = [], moved, begins, opens, kept, restyled }: Answered): EvaluateBody {
    const { host } = this;
    for (const { text, event } of rows)
      host.write({ output: `${text}\n`, ...(event !== undefined && host.idle().sources.placeOf(event)) });
    const leaves = moved ? () => host.tell() : begins;
    if (leaves)
      this.begun = () => {
        host.leave();
        return leaves();
      };
    if (opens) this.begun = opens;
    if (restyled) this.begun = () => host.invalidate();
    if (kept && this.areKept)
      host.say("tlstraceCheckpoints", { checkpoints: [...this.checkpoints.values()] });
    return { result: visible(result), variablesReference: 0 };
  }

  private desk(frameId: number | undefined, seq: number): Desk {
    const { host, checkpoints, forks } = this;
    const { runner, inspection, sources, visits } = host.idle();
    const { source } = sources.placeOf(runner.stop.position.event);
    const frame = inspection.frames.frame(frameId);
    return {
      runner,
      visits,
      checkpoints,
      forks,
      breakpoints: host.breakpoints,
      connection: frame.connection,
      view: inspection.view(frame),
      numbers: inspection.numbers,
      eventAtLine: (line) => sources.eventAt(source, line)?.event ?? null,
      run: (direction, sought) => host.run(direction, sought),
      look: (search, doing = "looking through the trace") =>
        host.work("Looking", seq, (job) => paced(job, doing, search)),
    };
  }
}

/** An expression's value; who slipped in a word of the console is told which one is near. */
function expressionValue(args: Arguments["evaluate"], inspection: Inspection): EvaluateBody {
  try {
    return inspection.evaluate(args);
  } catch (error) {
    if (args.context !== "repl" || !(error instanceof UserError)) throw error;
    throw new UserError(`${error.message}${wordMeant(args.expression)}`);
  }
}

/** The words that a line may become of which only the beginning is typed, and those that stand behind a word. */
export function wordCompletions(
  { text, column }: Arguments["completions"],
  { firstColumn, firstPlace }: Client,
): DebugProtocol.CompletionItem[] {
  const typed = text.slice(0, Math.max(0, column - firstColumn));
  const [, before = "", last = ""] = /^(.*?)(\S*)$/s.exec(typed)!;
  const start = before.length + firstPlace;
  const item = (label: string, detail?: string): DebugProtocol.CompletionItem => ({
    ...{ label, type: "keyword" as const, start, length: last.length },
    ...(detail !== undefined && { detail }),
  });
  if (before.trim() === "")
    return words
      .filter(({ word }) => typed.trim() !== "" && word.startsWith(last))
      .map(({ word, says }) => item(word, says));
  const read = readLine(before);
  const offered = read?.word.offers?.(read.rest) ?? [];
  return offered.filter((each) => each.startsWith(last)).map((each) => item(each));
}
