import {
  BreakpointEvent,
  DebugSession,
  Event,
  InitializedEvent,
  OutputEvent,
  TerminatedEvent,
} from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { EffectRecord } from "../replay/recording.ts";
import { viewAt } from "../replay/view.ts";
import { Cancelled, UserError } from "../trace/platform.ts";
import { Breakpoints } from "./breakpoints.ts";
import { type Client, capabilities, clientOf } from "./capabilities.ts";
import type { AdapterEnvironment } from "./environment.ts";
import { exceptionInfo } from "./exception-info.ts";
import { stackPage } from "./frames.ts";
import { Inspection } from "./inspection.ts";
import { Job } from "./job.ts";
import { type Debuggee, type LaunchArguments, load, readLaunch } from "./launch.ts";
import { LogPoints } from "./log-points.ts";
import { type Move, next, stageBack, stepBack, stepIn, stepOut } from "./moves.ts";
import { findingsOf } from "./findings.ts";
import { type Direction, Runner, type Stop, stopText } from "./runner.ts";
import { type Sources, sourcesOf } from "./sources.ts";

/** Everything about the trace that is being debugged. */
interface Target extends Debuggee {
  launch: LaunchArguments;
  sources: Sources;
  runner: Runner;
  inspection: Inspection;
}

type Stepping = { threadId: number; granularity?: DebugProtocol.SteppingGranularity };

/** The Debug Adapter Protocol: says what a request means here and answers it; the work is done in the files beside. */
export class TraceDebugSession extends DebugSession {
  private readonly environment: AdapterEnvironment;
  private readonly breakpoints = new Breakpoints();
  private client: Client = clientOf({ adapterID: "tlstrace" });
  private target: Target | null = null;
  private job: Job | null = null;
  private jobs = 0;

  constructor(environment: AdapterEnvironment) {
    super();
    this.environment = environment;
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(true);
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    // The base class refuses an initialize request that leaves out the path format, whose default is "path".
    if (request.command === "initialize") request.arguments = { pathFormat: "path", ...request.arguments };
    super.dispatchRequest(request);
  }

  /** Answers with what `body` gives, then does `after`; the one place where errors become answers. */
  private async answer(
    response: DebugProtocol.Response,
    body: () => unknown,
    after: () => void | Promise<void> = () => {},
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
      this.sendEvent(new OutputEvent(`${messageOf(error)}\n`, "stderr"));
    }
  }

  private refuse(response: DebugProtocol.Response, error: unknown): void {
    // Editors evaluate whatever lies under the mouse: no dialog for that.
    const showUser = response.command !== "evaluate" && !(error instanceof Cancelled);
    this.sendErrorResponse(response, { id: 1, format: "{message}", variables: { message: messageOf(error) }, showUser });
  }

  private get stopped(): Target {
    if (!this.target) throw new UserError("no trace is open");
    return this.target;
  }

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.client = clientOf(args);
    this.answer(response, () => capabilities);
  }
