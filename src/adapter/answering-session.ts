import { DebugSession, Event, Response } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { Cancelled, internalError, UserError } from "../trace/platform.ts";
import { visible } from "../trace/visible.ts";
import { type Client, clientOf } from "./capabilities.ts";
import { Job } from "./job.ts";
import {
  type Arguments,
  type Command,
  isKnown,
  type Request,
  readArguments,
  whyUnknown,
} from "./requests.ts";

/** How a request is answered. */
interface Answer<Args> {
  /** The answer's body, or a promise of it. Throws UserError for what is refused. */
  body(args: Args, seq: number): unknown;
  /** What is done right behind the answer, in the same turn. */
  after?(): unknown;
}

/** How each request is answered. */
export type Answers = { readonly [Name in Command]: Answer<Arguments[Name]> };

/**
 * What every request here needs: answers with errors in one place, and long work that can be cancelled. The base class
 * numbers and sends messages; which requests there are is not its to say, as it answers yes to what nobody overrides.
 */
export abstract class AnsweringSession extends DebugSession {
  protected client: Client = clientOf({});
  /** The long work under way, one at a time. */
  protected job: Job | null = null;
  protected abstract readonly answers: Answers;
  private jobs = 0;
  /** Who waits for the client's answer, in the order in which it was asked. */
  private readonly asked: ((response: DebugProtocol.Response) => void)[] = [];

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    void this.answer(request);
  }

  override handleMessage(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === "response") this.asked.shift()?.(message as DebugProtocol.Response);
    else super.handleMessage(message);
  }

  /** Has the client debug something in a session of its own; false if it cannot, or would not. */
  protected async startDebugging(configuration: object): Promise<boolean> {
    if (!this.client.startsDebugging) return false;
    const answered = new Promise<DebugProtocol.Response>((resolve) => this.asked.push(resolve));
    // The base class would wait for the answer so long and no longer: how long somebody looks at a dialog is his to say.
    const noCallback = undefined as unknown as (response: DebugProtocol.Response) => void;
    this.sendRequest("startDebugging", { configuration, request: "launch" }, 0, noCallback);
    return (await answered).success;
  }

  /** The editor is gone, or wants to be. */
  abstract override dispose(): void;

  protected say(event: string, body?: object): void {
    this.sendEvent(new Event(event, body));
  }

  /**
   * Writes to the debug console, which takes control characters for colours and links. Output of no category is the
   * debugger's own talk, which some editors keep to themselves.
   */
  protected write(said: DebugProtocol.OutputEvent["body"]): void {
    const { category = "stdout" } = said;
    const text = visible(said.output);
    const output = this.client.colours ? coloured(category, text) : text;
    this.say("output", { ...said, category, output });
  }

  /**
   * The one place where errors become answers. What can be answered at once is, before the next message is looked at:
   * one of the same packet already finds what this one began.
   */
  private async answer(request: Request): Promise<void> {
    const { seq, command } = request;
    let answered: Answer<unknown>;
    let body: unknown;
    try {
      if (!isKnown(command)) throw new UserError(whyUnknown(command));
      answered = this.answers[command] as Answer<unknown>;
      body = answered.body(readArguments(command, request.arguments), seq);
      if (body instanceof Promise) body = await body;
    } catch (error) {
      this.sendResponse(Object.assign(responseTo(request), { success: false, ...refusalOf(command, error) }));
      return;
    }
    this.sendResponse(Object.assign(responseTo(request), body !== undefined && { body }));
    try {
      await answered.after?.();
    } catch (error) {
      this.write({ category: "stderr", output: `${messageOf(error)}\n` });
    }
  }

  /** Does long work: what was under way is cancelled; it shows progress and lets messages through. */
  protected async work<Result>(
    title: string,
    requestSeq: number | undefined,
    body: (job: Job) => Promise<Result>,
  ): Promise<Result> {
    this.job?.cancel();
    const send = (event: string, progress: object) => this.say(event, progress);
    const job = new Job(`job${++this.jobs}`, title, requestSeq, this.client.progress ? send : null);
    this.job = job;
    try {
      return await body(job);
    } finally {
      if (this.job === job) this.job = null;
      job.end();
    }
  }

  protected cancel({ requestId, progressId }: Arguments["cancel"]): void {
    const { job } = this;
    const isMeant = job?.id === progressId || (requestId !== undefined && job?.requestId === requestId);
    if (isMeant) job?.cancel();
  }
}

/** The colours of what wants to be seen: red for what is wrong, yellow for what is doubtful. */
const colours: Readonly<Record<string, number>> = { stderr: 31, console: 33 };

/** The lines of a text, coloured as terminals do it. */
function coloured(category: string, text: string): string {
  const colour = colours[category];
  return colour === undefined ? text : text.replace(/[^\n]+/g, (line) => `\x1b[${colour}m${line}\x1b[0m`);
}

const responseTo = (request: Request) => new Response(request as DebugProtocol.Request);

function refusalOf(command: unknown, error: unknown): object {
  const message = messageOf(error);
  const showUser = !unasked.has(command) && !(error instanceof Cancelled);
  const line = error instanceof UserError && error.line !== null ? { line: String(error.line) } : {};
  return {
    message,
    body: { error: { id: 1, format: "{_message}", variables: { _message: message, ...line }, showUser } },
  };
}

/**
 * What editors ask for by themselves, to fill their views or for whatever lies under the mouse. The debugger may have
 * moved on by then, and an answer that is late deserves no dialog.
 */
const unasked = new Set<unknown>([
  "stackTrace",
  "scopes",
  "variables",
  "evaluate",
  "exceptionInfo",
  "findings",
  "lines",
  "marks",
  "source",
  "breakpointLocations",
  "completions",
]);

/** What the user is told: his mistake in its own words; anything else is ours. It may name what stands in a file. */
export function messageOf(error: unknown): string {
  if (error instanceof UserError || error instanceof Cancelled) return visible(error.message);
  return visible(internalError(error));
}
