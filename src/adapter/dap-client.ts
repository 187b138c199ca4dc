import type { DebugProtocol } from "@vscode/debugprotocol";
import type { LineNote, MarkedLines } from "./listing/lines.ts";
import type { RowsBody } from "./listing/rows.ts";
import type { FindingsBody } from "./opening/findings.ts";
import type { BytesBody } from "./opening/side-by-side.ts";
import type { ByteBody, PictureBody, RareBody } from "./pictures/pictures.ts";
import type { StoppedBody } from "./runner.ts";
import type { TraceDebugSession } from "./session.ts";

/** The bodies of the answers that somebody looks into. */
interface Bodies {
  initialize: DebugProtocol.Capabilities;
  setBreakpoints: DebugProtocol.SetBreakpointsResponse["body"];
  setFunctionBreakpoints: DebugProtocol.SetFunctionBreakpointsResponse["body"];
  setExceptionBreakpoints: Required<NonNullable<DebugProtocol.SetExceptionBreakpointsResponse["body"]>>;
  dataBreakpointInfo: DebugProtocol.DataBreakpointInfoResponse["body"];
  setDataBreakpoints: DebugProtocol.SetDataBreakpointsResponse["body"];
  breakpointLocations: DebugProtocol.BreakpointLocationsResponse["body"];
  exceptionInfo: DebugProtocol.ExceptionInfoResponse["body"] & { description: string };
  threads: DebugProtocol.ThreadsResponse["body"];
  stackTrace: DebugProtocol.StackTraceResponse["body"];
  scopes: DebugProtocol.ScopesResponse["body"];
  variables: DebugProtocol.VariablesResponse["body"];
  setVariable: DebugProtocol.SetVariableResponse["body"];
  evaluate: DebugProtocol.EvaluateResponse["body"];
  completions: DebugProtocol.CompletionsResponse["body"];
  readMemory: NonNullable<DebugProtocol.ReadMemoryResponse["body"]>;
  source: DebugProtocol.SourceResponse["body"];
  loadedSources: DebugProtocol.LoadedSourcesResponse["body"];
  setInstructionBreakpoints: DebugProtocol.SetInstructionBreakpointsResponse["body"];
  disassemble: NonNullable<DebugProtocol.DisassembleResponse["body"]>;
  stepInTargets: DebugProtocol.StepInTargetsResponse["body"];
  gotoTargets: DebugProtocol.GotoTargetsResponse["body"];
  locations: NonNullable<DebugProtocol.LocationsResponse["body"]>;
  lines: { lines: LineNote[] };
  marks: { marks: MarkedLines };
  findings: FindingsBody;
  bytes: BytesBody;
  picture: PictureBody;
  query: RowsBody;
  logged: RowsBody;
  byte: ByteBody;
  rare: RareBody;
}

interface EventBodies {
  stopped: StoppedBody;
  output: DebugProtocol.OutputEvent["body"];
  breakpoint: DebugProtocol.BreakpointEvent["body"];
  progressStart: DebugProtocol.ProgressStartEvent["body"];
  progressUpdate: DebugProtocol.ProgressUpdateEvent["body"];
  progressEnd: DebugProtocol.ProgressEndEvent["body"];
  tlstracePicture: { threadId: number };
  initialized: undefined;
  exited: DebugProtocol.ExitedEvent["body"];
  terminated: undefined;
}

type BodyOf<Command extends string> = Command extends keyof Bodies ? Bodies[Command] : unknown;

/** Longer than any answer takes that a test waits for. */
const patienceMs = 60_000;

/** How a client listens. */
interface Listening {
  /** Milliseconds until an answer is too late; null: somebody waits who can interrupt. */
  patience?: number | null;
  /** Is told of each event as it arrives. */
  hear?(event: DebugProtocol.Event): void;
}

/**
 * An editor in the same process: talks to a session as VS Code's inline adapters are talked to, keeps every event,
 * and waits for the ones that matter. The terminal and the tests debug with it.
 */
export class DapClient {
  readonly events: DebugProtocol.Event[] = [];
  /** What the session asked of the editor; each was answered with yes. */
  readonly asked: DebugProtocol.Request[] = [];
  readonly session: TraceDebugSession;
  /** Hears every message as it arrives. */
  heard: ((message: DebugProtocol.ProtocolMessage) => void) | null = null;
  private readonly patience: number | null;
  private readonly hear: (event: DebugProtocol.Event) => void;
  private seq = 1;
  private readonly pending = new Map<number, (response: DebugProtocol.Response) => void>();
  private readonly waiting: { name: string; from: number; resolve: (event: DebugProtocol.Event) => void }[] =
    [];

  constructor(session: TraceDebugSession, { patience = patienceMs, hear = () => {} }: Listening = {}) {
    this.session = session;
    this.patience = patience;
    this.hear = hear;
    session.onDidSendMessage((message) => this.receive(message as DebugProtocol.ProtocolMessage));
  }

  private receive(message: DebugProtocol.ProtocolMessage): void {
    // What is sent is what arrives: the session may not change a message afterwards.
    const copy = JSON.parse(JSON.stringify(message)) as DebugProtocol.ProtocolMessage;
    this.heard?.(copy);
    if (copy.type === "response") {
      const response = copy as DebugProtocol.Response;
      this.pending.get(response.request_seq)?.(response);
      this.pending.delete(response.request_seq);
      return;
    }
    if (copy.type === "request") return this.agree(copy as DebugProtocol.Request);
    this.events.push(copy as DebugProtocol.Event);
    this.hear(copy as DebugProtocol.Event);
    for (const waiter of [...this.waiting]) this.serve(waiter);
  }

  private agree(request: DebugProtocol.Request): void {
    this.asked.push(request);
    const { seq, command } = request;
    const response = { seq: this.seq++, type: "response", request_seq: seq, command, success: true };
    this.session.handleMessage(response as DebugProtocol.Response);
  }

  private serve(waiter: (typeof this.waiting)[number]): void {
    const event = this.events.slice(waiter.from).find(({ event: name }) => name === waiter.name);
    if (!event) return;
    this.waiting.splice(this.waiting.indexOf(waiter), 1);
    waiter.resolve(event);
  }

  /** Sends a request and gives the whole response, also one that says no. */
  send(command: string, args: object = {}): Promise<DebugProtocol.Response> {
    const request = { seq: this.seq++, type: "request", command, arguments: args };
    return this.patiently(
      command,
      new Promise((resolve) => {
        this.pending.set(request.seq, resolve);
        this.session.handleMessage(request);
      }),
    );
  }

  /** The number that the next request will have, for cancelling it. */
  get nextSeq(): number {
    return this.seq;
  }

  /** Sends a request that must succeed and gives its body. */
  async ask<Command extends string>(command: Command, args: object = {}): Promise<BodyOf<Command>> {
    const response = await this.send(command, args);
    if (!response.success) throw new Error(`${command}: ${response.message}`);
    return response.body as BodyOf<Command>;
  }

  /** Sends a request that must fail and gives its message. */
  async refused(command: string, args: object = {}): Promise<string> {
    const response = await this.send(command, args);
    if (response.success) throw new Error(`${command} should have been refused`);
    return response.message ?? "";
  }

  /** The next event of that name to arrive from now on, or from place `from` of the events. */
  next<Name extends keyof EventBodies>(name: Name, from = this.events.length): Promise<EventBodies[Name]> {
    const event = new Promise<DebugProtocol.Event>((resolve) => {
      const waiter = { name, from, resolve };
      this.waiting.push(waiter);
      this.serve(waiter);
    });
    return this.patiently(
      `event ${name}`,
      event.then(({ body }) => body as EventBodies[Name]),
    );
  }

  private patiently<Result>(what: string, promise: Promise<Result>): Promise<Result> {
    const { patience } = this;
    if (patience === null) return promise;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no ${what} within ${patience} ms`)), patience);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  /** Initialize and launch, up to where breakpoints are set. */
  async launch(args: object, client: object = {}): Promise<void> {
    await this.ask("initialize", {
      adapterID: "tlstrace",
      supportsVariablePaging: true,
      supportsVariableType: true,
      supportsMemoryReferences: true,
      supportsProgressReporting: true,
      ...client,
    });
    const initialized = this.next("initialized");
    await this.ask("launch", args);
    await initialized;
  }

  /** Sends a request that moves, and gives the stopped event that follows. */
  async moves(command: string, args: object = { threadId: 1 }): Promise<EventBodies["stopped"]> {
    const stopped = this.next("stopped");
    await this.ask(command, args);
    return stopped;
  }

  /** Bodies of all events of that name so far. */
  told<Name extends keyof EventBodies>(name: Name): EventBodies[Name][] {
    return this.events.filter(({ event }) => event === name).map(({ body }) => body as EventBodies[Name]);
  }

  /** Launches with only these exception filters and runs to the first stop, or to where `startAt` says. */
  async start(
    args: object,
    filters: string[] = ["out-of-order"],
    client: object = {},
  ): Promise<EventBodies["stopped"]> {
    await this.launch({ startAt: "entry", ...args }, client);
    await this.ask("setExceptionBreakpoints", { filters });
    const stop = await this.moves("configurationDone", {});
    return "startAt" in args ? stop : this.moves("continue", { threadId: stop.threadId });
  }

  /** The value of an expression, in the innermost frame of the current event. */
  async value(expression: string): Promise<string> {
    return (await this.ask("evaluate", { expression, context: "watch" })).result;
  }

  /** Names of the stack's frames, innermost first. */
  async stack(threadId = 1): Promise<DebugProtocol.StackFrame[]> {
    return (await this.ask("stackTrace", { threadId })).stackFrames;
  }

  /** The scopes of the innermost frame by name. */
  async scopes(threadId = 1): Promise<Map<string, DebugProtocol.Scope>> {
    const [frame] = await this.stack(threadId);
    const { scopes } = await this.ask("scopes", { frameId: frame!.id });
    return new Map(scopes.map((scope: DebugProtocol.Scope) => [scope.name, scope]));
  }
}
