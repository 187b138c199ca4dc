// adapter: the Debug Adapter Protocol.

import { BreakpointEvent, Event, InitializedEvent, TerminatedEvent } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { judgedView } from "../replay/view/view.ts";
import type { Environment } from "../study/environment.ts";
import { printEvent } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { AnsweringSession } from "./answering-session.ts";
import { Breakpoints } from "./breakpoints.ts";
import { capabilities, clientOf } from "./capabilities.ts";
import { exceptionInfo } from "./exception-info.ts";
import { stackPage } from "./frames.ts";
import { Inspection } from "./inspection.ts";
import { type Debuggee, debuggeeOf, type LaunchArguments, readLaunch } from "./launch.ts";
import { LogOutput } from "./log-points.ts";
import { type Move, next, stageBack, stepBack, stepIn, stepOut } from "./moves.ts";
import { openingOutput } from "./opening-output.ts";
import { type Direction, Runner, type Stop, stoppedBody } from "./runner.ts";
import { type Sources, sourcesOf } from "./sources.ts";

/** Everything about the trace that is being debugged. */
interface Target extends Debuggee {
  launch: LaunchArguments;
  sources: Sources;
  runner: Runner;
  inspection: Inspection;
}

/** The Debug Adapter Protocol: what each request means here. The work is done in the files beside this one. */
export class TraceDebugSession extends AnsweringSession {
  private readonly environment: Environment;
  private readonly breakpoints = new Breakpoints();
  private readonly counter = { last: 0 };
  private opened: Target | null = null;

  constructor(environment: Environment) {
    super();
    this.environment = environment;
  }

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.client = clientOf(args);
    this.answer(response, () => capabilities);
  }

  protected override launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
    request?: DebugProtocol.Request,
  ): void {
    const body = () => this.open(readLaunch(args), request);
    // Breakpoints need the trace, so the editor is asked for them only now.
    this.answer(response, body, () => this.sendEvent(new InitializedEvent()));
  }

  /** Reads the trace again, as its file may have changed; breakpoints stay. */
  protected override restartRequest(
    response: DebugProtocol.RestartResponse,
    args: DebugProtocol.RestartArguments | undefined,
    request?: DebugProtocol.Request,
  ): void {
    const changed = args?.arguments as { program?: unknown } | undefined;
    const body = () =>
      this.open(changed?.program === undefined ? this.target.launch : readLaunch(changed), request);
    this.answer(response, body, () => {
      for (const breakpoint of this.breakpoints.resolveLines(this.target.sources))
        this.sendEvent(new BreakpointEvent("changed", breakpoint));
      return this.begin();
    });
  }

  /** Opens the trace and runs it once; what was open before stays until this has worked. */
  private async open(launch: LaunchArguments, request: DebugProtocol.Request | undefined): Promise<void> {
    const debuggee = await this.work("Opening the trace", request?.seq, (job) =>
      debuggeeOf(this.environment, launch, job),
    );
    this.opened?.file.close?.();
    const { trace } = debuggee;
    const sources = sourcesOf(trace, launch.program, this.client.firstLine);
    const logged = new LogOutput();
    const runner = new Runner(debuggee, this.breakpoints, (position, message) => {
      const line = logged.line(judgedView(debuggee, position), message);
      if (line !== null) this.write({ output: `${line}\n`, ...sources.placeOf(position.event) });
    });
    this.opened = {
      ...debuggee,
      launch,
      sources,
      runner,
      inspection: new Inspection(runner, this.client, this.counter),
    };
    for (const output of openingOutput(debuggee)) this.write(output);
  }

  private get target(): Target {
    if (!this.opened) throw new UserError("no trace is open");
    return this.opened;
  }

  /** The target while it stands still. */
  private get idle(): Target {
    if (this.job) throw new UserError("the trace is running: pause it first");
    return this.target;
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    const body = () => void this.target;
    this.answer(response, body, () => this.begin());
  }

  private begin(): void | Promise<void> {
    const { launch, runner } = this.target;
    if (!launch.stopOnEntry) return this.run(1);
    this.tell(runner.stop);
  }

  protected override terminateRequest(response: DebugProtocol.TerminateResponse): void {
    const body = () => this.end();
    this.answer(response, body, () => this.sendEvent(new TerminatedEvent()));
  }

  /** The editor is gone, or wants to be. */
  override shutdown(): void {
    this.end();
    super.shutdown();
  }

  private end(): void {
    this.job?.cancel();
    this.opened?.file.close?.();
    this.opened = null;
  }

  protected override continueRequest(response: DebugProtocol.ContinueResponse): void {
    this.go(response, 1);
  }

  protected override reverseContinueRequest(response: DebugProtocol.ReverseContinueResponse): void {
    this.go(response, -1);
  }

  private go(response: DebugProtocol.Response, direction: Direction): void {
    const body = () => {
      void this.idle;
      return { allThreadsContinued: true };
    };
    this.answer(response, body, () => this.run(direction));
  }

  /** Runs to the next stop and tells it, unless the session ended or restarted meanwhile. */
  private async run(direction: Direction): Promise<void> {
    const { runner } = this.target;
    const stop = await this.work("Looking for the next stop", undefined, (job) => runner.run(direction, job));
    if (this.opened?.runner === runner && this.job === null) this.tell(stop);
  }

  /** The debugger has stopped: variables and frames of before are void. */
  private tell(stop: Stop): void {
    const { runner, timeline } = this.target;
    this.target.inspection = new Inspection(runner, this.client, this.counter);
    this.sendEvent(new Event("stopped", stoppedBody(timeline, stop)));
  }

  protected override nextRequest(
    response: DebugProtocol.NextResponse,
    args: DebugProtocol.NextArguments,
  ): void {
    this.step(response, args.threadId, args.granularity === "instruction" ? stepIn : next, 1);
  }

  protected override stepInRequest(
    response: DebugProtocol.StepInResponse,
    { threadId }: DebugProtocol.StepInArguments,
  ): void {
    this.step(response, threadId, stepIn, 1);
  }

  protected override stepOutRequest(
    response: DebugProtocol.StepOutResponse,
    { threadId }: DebugProtocol.StepOutArguments,
  ): void {
    this.step(response, threadId, stepOut, 1);
  }

  protected override stepBackRequest(
    response: DebugProtocol.StepBackResponse,
    args: DebugProtocol.StepBackArguments,
  ): void {
    this.step(response, args.threadId, args.granularity === "instruction" ? stageBack : stepBack, -1);
  }

  private step(response: DebugProtocol.Response, threadId: number, move: Move, direction: Direction): void {
    this.move(response, () => this.idle.runner.step(move, this.connectionOf(threadId), direction));
  }

  /** Answers, then tells the stop that the move came to. */
  private move(response: DebugProtocol.Response, arrive: () => Stop): void {
    const body = () => void arrive();
    this.answer(response, body, () => this.tell(this.target.runner.stop));
  }

  private connectionOf(threadId: number): number {
    if (!this.target.trace.connections[threadId - 1]) throw new UserError(`there is no thread ${threadId}`);
    return threadId - 1;
  }

  protected override gotoTargetsRequest(
    response: DebugProtocol.GotoTargetsResponse,
    { source, line }: DebugProtocol.GotoTargetsArguments,
  ): void {
    this.answer(response, () => {
      const { sources, trace } = this.target;
      const found = sources.eventAt(source, line);
      if (!found) return { targets: [] };
      return { targets: [{ id: found.event + 1, label: printEvent(trace, found.event), line: found.line }] };
    });
  }

  protected override gotoRequest(
    response: DebugProtocol.GotoResponse,
    { targetId }: DebugProtocol.GotoArguments,
  ): void {
    this.move(response, () => {
      const { runner, timeline } = this.idle;
      const event = targetId - 1;
      if (!(event >= 0 && event < timeline.eventCount)) throw new UserError(`there is no event ${targetId}`);
      const direction = event < runner.stop.position.event ? -1 : 1;
      return runner.arrive({ event, stage: 0 }, direction, { reason: "goto", description: "Go to line" });
    });
  }

  protected override restartFrameRequest(
    response: DebugProtocol.RestartFrameResponse,
    { frameId }: DebugProtocol.RestartFrameArguments,
  ): void {
    this.move(response, () => {
      const { inspection, runner } = this.idle;
      const { position, ofEvent, name } = inspection.frames.frame(frameId);
      if (!ofEvent || position.stage < 0)
        throw new UserError("only a stage that an event has entered can be entered again");
      const before = { event: position.event, stage: position.stage - 1 };
      return runner.arrive(before, -1, { reason: "restart", description: `Before ${name}` });
    });
  }

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    this.answer(response, () => ({ breakpoints: this.breakpoints.setLines(this.target.sources, args) }));
  }

  protected override setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): void {
    this.answer(response, () => ({ breakpoints: this.breakpoints.setFunctions(args) }));
  }

  protected override setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): void {
    this.answer(response, () => ({ breakpoints: this.breakpoints.setExceptions(args) }));
  }

  protected override breakpointLocationsRequest(
    response: DebugProtocol.BreakpointLocationsResponse,
    { source, line, endLine = line }: DebugProtocol.BreakpointLocationsArguments,
  ): void {
    this.answer(response, () => {
      const lines = this.target.sources.linesWithin(source, line, endLine);
      return { breakpoints: lines.map((each) => ({ line: each })) };
    });
  }

  protected override exceptionInfoRequest(response: DebugProtocol.ExceptionInfoResponse): void {
    this.answer(response, () => exceptionInfo(this.target.runner));
  }

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    this.answer(response, () => {
      const connections = this.opened?.trace.connections ?? [];
      return { threads: connections.map(({ name }, connection) => ({ id: connection + 1, name })) };
    });
  }

  protected override stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): void {
    this.answer(response, () => {
      const { inspection, sources } = this.target;
      const stack = inspection.frames.stack(this.connectionOf(args.threadId));
      return stackPage(stack, sources, this.client.firstColumn, args);
    });
  }

  protected override scopesRequest(
    response: DebugProtocol.ScopesResponse,
    { frameId }: DebugProtocol.ScopesArguments,
  ): void {
    this.answer(response, () => ({ scopes: this.target.inspection.scopes(frameId) }));
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    args: DebugProtocol.VariablesArguments,
  ): void {
    this.answer(response, () => ({ variables: this.target.inspection.variables(args) }));
  }

  protected override evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): void {
    this.answer(response, () => this.target.inspection.evaluate(args));
  }

  protected override completionsRequest(
    response: DebugProtocol.CompletionsResponse,
    args: DebugProtocol.CompletionsArguments,
  ): void {
    this.answer(response, () => ({ targets: this.target.inspection.completions(args) }));
  }

  protected override readMemoryRequest(
    response: DebugProtocol.ReadMemoryResponse,
    args: DebugProtocol.ReadMemoryArguments,
  ): void {
    this.answer(response, () => this.target.inspection.readMemory(args));
  }

  protected override sourceRequest(
    response: DebugProtocol.SourceResponse,
    args: DebugProtocol.SourceArguments,
  ): void {
    this.answer(response, () => {
      const content = this.target.sources.text(args.source?.sourceReference ?? args.sourceReference);
      return { content, mimeType: "text/x-tlstrace" };
    });
  }

  protected override loadedSourcesRequest(response: DebugProtocol.LoadedSourcesResponse): void {
    this.answer(response, () => ({ sources: this.opened?.sources.all() ?? [] }));
  }

  /** `locations`, which the base class does not know: where a value came from. */
  protected override customRequest(command: string, response: DebugProtocol.Response, args: unknown): void {
    if (command !== "locations") return super.customRequest(command, response, args);
    this.answer(response, () => {
      const { inspection, sources } = this.target;
      const { locationReference } = args as DebugProtocol.LocationsArguments;
      return { ...sources.placeOf(inspection.eventAt(locationReference)), column: this.client.firstColumn };
    });
  }
}
