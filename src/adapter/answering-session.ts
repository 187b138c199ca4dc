import { DebugSession, Event } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { Cancelled, UserError } from "../trace/platform.ts";
import { type Client, clientOf } from "./capabilities.ts";
import { Job } from "./job.ts";

/** What every request here needs: answers with errors in one place, and long work that can be cancelled. */
export abstract class AnsweringSession extends DebugSession {
  protected client: Client = clientOf({ adapterID: "tlstrace" });
  /** The long work under way, one at a time. */
  protected job: Job | null = null;
  private jobs = 0;

  constructor() {
    super();
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(true);
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    // The base class refuses an initialize request that leaves out the path format, whose default is "path".
    if (request.command === "initialize") request.arguments = { pathFormat: "path", ...request.arguments };
    super.dispatchRequest(request);
  }

  /** Answers with what `body` gives, then does `after`; the one place where errors become answers. */
  protected async answer(
    response: DebugProtocol.Response,
    body: () => unknown,
    after: () => unknown = () => {},
  ): Promise<void> {
    try {
      response.body = await body();
    } catch (error) {
      this.refuse(response, error);
      return;
    }
    this.sendResponse(response);
    try {
      await after();
    } catch (error) {
      this.write({ category: "stderr", output: `${messageOf(error)}\n` });
    }
  }

  private refuse(response: DebugProtocol.Response, error: unknown): void {
    const showUser = !unasked.has(response.command) && !(error instanceof Cancelled);
    // The leading underscore lets the base class put the text into the response's message.
    const variables = { _message: messageOf(error) };
    this.sendErrorResponse(response, { id: 1, format: "{_message}", variables, showUser });
  }

  /** Writes to the debug console. */
  protected write(output: DebugProtocol.OutputEvent["body"]): void {
    this.sendEvent(new Event("output", output));
  }

  /** Does long work: what was under way is cancelled; it shows progress and lets messages through. */
  protected async work<Result>(
    title: string,
    requestSeq: number | undefined,
    body: (job: Job) => Promise<Result>,
  ): Promise<Result> {
    this.job?.cancel();
    const send = (event: string, progress: object) => this.sendEvent(new Event(event, progress));
    const job = new Job(`job${++this.jobs}`, title, requestSeq, this.client.progress ? send : null);
    this.job = job;
    try {
      return await body(job);
    } finally {
      job.end();
      if (this.job === job) this.job = null;
    }
  }

  protected override cancelRequest(
    response: DebugProtocol.CancelResponse,
    { requestId, progressId }: DebugProtocol.CancelArguments,
  ): void {
    this.answer(response, () => {
      const { job } = this;
      const isMeant = job?.id === progressId || (requestId !== undefined && job?.requestId === requestId);
      if (isMeant) job?.cancel();
    });
  }

  protected override pauseRequest(response: DebugProtocol.PauseResponse): void {
    this.answer(response, () => this.job?.cancel());
  }
}

/**
 * What editors ask for by themselves, to fill their views or for whatever lies under the mouse. The debugger may have
 * moved on by then, and an answer that is late deserves no dialog.
 */
const unasked = new Set([
  "stackTrace",
  "scopes",
  "variables",
  "evaluate",
  "exceptionInfo",
  "source",
  "breakpointLocations",
  "completions",
]);

/** What the user is told: his mistake in its own words; anything else is ours. */
function messageOf(error: unknown): string {
  if (error instanceof UserError || error instanceof Cancelled) return error.message;
  const said = error instanceof Error ? error.message : String(error);
  return `internal error: ${said}. Please report it with the trace, if you can share it.`;
}
