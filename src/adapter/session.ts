// adapter: the Debug Adapter Protocol.

import type { DebugProtocol } from "@vscode/debugprotocol";
import { placesOf } from "../judge/places.ts";
import type { Environment } from "../study/environment.ts";
import { paced, UserError } from "../trace/platform.ts";
import { AnsweringSession, type Answers } from "./answering-session.ts";
import { capabilities, clientOf } from "./capabilities.ts";
import { Console, type Host, wordCompletions } from "./console/console.ts";
import { type MinimisedBody, minimising } from "./console/lab-words.ts";
import { type ForkHost, Forks, type Held } from "./forks/forks.ts";
import { stackPage } from "./inspection/frames.ts";
import type { Inspection } from "./inspection/inspection.ts";
import { Numbers } from "./inspection/numbers.ts";
import { eventOf } from "./inspection/origin.ts";
import type { Job } from "./job.ts";
import {
  type Debuggee,
  debuggeeOf,
  hasErrors,
  type LaunchArguments,
  readLaunch,
  readNoDebug,
} from "./launch.ts";
import type { LineNote } from "./listing/lines.ts";
import { findingsBody, foundAt } from "./opening/findings.ts";
import { openingOutput, sumLine } from "./opening/output.ts";
import { type BytesBody, bytesAt } from "./opening/side-by-side.ts";
import type { Here } from "./pictures/pictures.ts";
import { standsOf } from "./pictures/stands.ts";
import { disassemble } from "./queue/disassembly.ts";
import type { Arguments } from "./requests.ts";
import { type Direction, type Stop, stoppedBody } from "./runner.ts";
import { Breakpoints } from "./stops/breakpoints.ts";
import { exceptionInfo } from "./stops/exception-info.ts";
import { type Around, connectionOf, type Target, targetOf } from "./target.ts";
import {
  carriersOf,
  goTo,
  gotoTargets,
  restartFrame,
  stepBackwards,
  stepInTargets,
  stepInto,
} from "./time/going.ts";
import { type Move, next, stepIn, stepOut } from "./time/moves.ts";

/** The Debug Adapter Protocol: what each request means here. The work is done in the files beside this one. */
export class TraceDebugSession extends AnsweringSession {
  private readonly environment: Environment;
  private readonly breakpoints = new Breakpoints();
  private readonly counter = { last: 0 };
  private readonly numbers = new Numbers();
  private readonly forks: Forks;
  private readonly console: Console;
  private opened: Target | null = null;
  /** The thread that the client was told of last. */
  private told = 1;
  /** The launch arguments as they came, with what a restart changed of them. */
  private given: object = {};
  /** Nobody debugs: the client only wants to hear what is found. */
  private noDebug = false;

  protected readonly answers: Answers = {
    initialize: { body: (args) => this.initialize(args) },
    // Breakpoints need the trace, so the editor is asked for them only behind the answer.
    launch: { body: (args, seq) => this.launch(args, seq), after: () => this.say("initialized") },
    restart: { body: (args, seq) => this.reopen(args, seq), after: () => this.beginAgain() },
    configurationDone: { body: () => void this.idle, after: () => this.begin() },
    disconnect: { body: () => this.dispose() },
    continue: this.going(1),
    reverseContinue: this.going(-1),
    pause: { body: () => this.job?.pause() },
    cancel: { body: (args) => this.cancel(args) },
    next: this.stepping(next, stepIn),
    stepIn: this.moving((args) => stepInto(this.idle, args)),
    stepInTargets: {
      body: ({ frameId }) => ({ targets: stepInTargets(this.idle, this.client.firstColumn, frameId) }),
    },
    stepOut: this.stepping(stepOut),
    stepBack: this.moving((args) => stepBackwards(this.idle, args)),
    goto: this.moving((args) => goTo(this.idle, args)),
    findings: { body: () => findingsBody(this.target) },
    bytes: { body: ({ targetId }) => this.bytes(targetId) },
    minimise: { body: (args, seq) => this.minimise(args, seq) },
    picture: { body: (args) => this.target.pictures.view(args, ...this.pictured(args)) },
    rare: { body: (args) => this.target.pictures.rare(args, ...this.pictured(args)) },
    byte: { body: (args) => this.target.pictures.byte(args, ...this.pictured(args)) },
    restartFrame: this.moving((args) => restartFrame(this.idle, args)),
    gotoTargets: { body: (args) => ({ targets: gotoTargets(this.target, args) }) },
    carriers: { body: ({ seq }) => ({ streams: carriersOf(this.target, seq) }) },
    setVariable: this.setting((here, args) => here.child(args.variablesReference, args.name)),
    setExpression: this.setting((here, { expression, frameId }) => here.value(expression, frameId)),
    setBreakpoints: {
      body: (args) => {
        void this.target;
        return { breakpoints: this.breakpoints.setLines(args) };
      },
    },
    setFunctionBreakpoints: { body: (args) => ({ breakpoints: this.breakpoints.setFunctions(args) }) },
    setExceptionBreakpoints: { body: (args) => ({ breakpoints: this.breakpoints.setExceptions(args) }) },
    setInstructionBreakpoints: {
      body: (args) => ({ breakpoints: this.breakpoints.setInstructions(args) }),
    },
    disassemble: { body: (args) => ({ instructions: this.disassemble(args) }) },
    dataBreakpointInfo: { body: (args) => this.target.inspection.dataBreakpoint(args) },
    setDataBreakpoints: { body: (args) => ({ breakpoints: this.breakpoints.setData(args) }) },
    breakpointLocations: {
      body: ({ source, line, endLine = line }) => {
        const lines = this.target.sources.linesWithin(source, line, endLine);
        return { breakpoints: lines.map((each) => ({ line: each })) };
      },
    },
    exceptionInfo: { body: () => exceptionInfo(this.target.runner) },
    threads: { body: () => ({ threads: this.threads() }) },
    stackTrace: { body: (args) => this.stackTrace(args) },
    scopes: { body: ({ frameId }) => ({ scopes: this.target.inspection.scopes(frameId) }) },
    variables: { body: (args) => ({ variables: this.target.inspection.variables(args) }) },
    evaluate: {
      body: (args, seq) => this.console.evaluate(args, this.target.inspection, seq),
      after: () => this.console.goOn(),
    },
    completions: {
      body: (args) => ({
        targets: [...wordCompletions(args, this.client), ...this.target.inspection.completions(args)],
      }),
    },
    readMemory: { body: (args) => this.target.inspection.readMemory(args) },
    source: { body: (args) => this.source(args) },
    loadedSources: { body: () => ({ sources: this.opened?.sources.all() ?? [] }) },
    locations: { body: (args, seq) => this.location(args, seq) },
    lines: { body: (args) => this.lines(args) },
    query: {
      body: ({ query }, seq) => {
        const { rows } = this.idle;
        return this.work("Query", seq, (job) => rows.query(query, job));
      },
    },
    logged: { body: () => this.target.rows.logged() },
    marks: { body: ({ source }) => ({ marks: this.target.notes.marked(source, this.breakpoints.signs) }) },
  };

  constructor(environment: Environment) {
    super();
    this.environment = environment;
    const host = this.host();
    this.forks = new Forks(environment, host);
    this.console = new Console(host, this.forks);
  }

  private host(): Host & ForkHost {
    return {
      debugged: () => this.target,
      startDebugging: (configuration) => this.startDebugging(configuration),
      breakpoints: this.breakpoints,
      idle: () => this.idle,
      write: (said) => this.write(said),
      say: (event, body) => this.say(event, body),
      leave: () => this.leave(),
      run: (direction, sought) => this.run(direction, sought),
      tell: () => this.tell(this.target.runner.stop),
      invalidate: () => {
        if (this.client.invalidated) this.say("invalidated", { areas: ["stacks", "variables"] });
      },
      work: (title, seq, body) => this.work(title, seq, body),
    };
  }

  private around(): Around {
    const { environment, client, breakpoints, counter, numbers } = this;
    return {
      ...{ environment, client, breakpoints, counter, numbers },
      write: (said) => this.write(said),
      hasPicture: (connection) => this.say("tlstracePicture", { threadId: connection + 1 }),
    };
  }

  private initialize(args: Arguments["initialize"]): DebugProtocol.Capabilities {
    const { pathFormat = "path" } = args;
    if (!["path", "uri"].includes(pathFormat))
      throw new UserError(`files go by \`path\` or by \`uri\`, not by \`${pathFormat}\``);
    this.client = clientOf(args);
    return capabilities;
  }

  private launch(args: unknown, seq: number): Promise<void> {
    const launch = readLaunch(args);
    this.given = args as object;
    this.console.restore(launch.checkpoints);
    this.noDebug = readNoDebug(args);
    return this.open(launch, seq);
  }

  /** Reads the trace again, as its file may have changed; breakpoints stay. */
  private reopen(args: Arguments["restart"], seq: number): Promise<void> {
    void this.target;
    const changed = args.arguments ?? {};
    if (typeof changed !== "object") throw new UserError("restart takes launch arguments");
    const given = { ...this.given, ...changed };
    return this.open(readLaunch(given), seq).then(() => {
      this.given = given;
    });
  }

  private beginAgain(): void | Promise<void> {
    for (const breakpoint of this.breakpoints.answers)
      this.say("breakpoint", { reason: "changed", breakpoint });
    return this.begin();
  }

  /** Opens the trace and runs it once; what was open before stays until this has worked. */
  private open(launch: LaunchArguments, seq: number): Promise<void> {
    return this.work("Opening the trace", seq, async (job) => {
      const debuggee = await debuggeeOf(this.environment, launch, job);
      this.close();
      this.opened = targetOf(debuggee, launch, this.around());
      const { sources, timeline, verdict } = this.opened;
      this.breakpoints.standIn({ sources, timeline });
      for (const line of openingOutput(debuggee, sources, verdict)) this.write(line);
    });
  }

  /** What is debugged. Throws UserError if no trace is open. */
  get debuggee(): Debuggee {
    return this.target;
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

  private begin(): void | Promise<void> {
    const { runner, start, launch } = this.target;
    if (this.noDebug) return this.sayAll();
    if (launch.startAt.at === "end") return this.tell(runner.end(1));
    if (start === null) return this.run(1);
    const { position, why, onTheWay } = start;
    if (onTheWay === "nothing") return this.tell(runner.arrive(position, 1, why));
    const rules = onTheWay === "own" ? this.breakpoints.own : this.breakpoints.rules;
    return this.running((job) => runner.towards(start, rules, job));
  }

  /** Without a debugger: what was found is said, and that is all. */
  private sayAll(): void {
    const found = [...placesOf(this.target)].length;
    this.write(sumLine(this.target, found));
    this.say("exited", { exitCode: found > 0 ? 1 : hasErrors(this.target) ? 2 : 0 });
    this.say("terminated");
  }

  override dispose(): void {
    this.job?.cancel();
    this.close();
    this.opened = null;
  }

  private close(): void {
    this.opened?.pictures.dispose();
    this.opened?.file.close?.();
  }

  private going(direction: Direction): Answers["continue"] {
    /** Time passes for every stream, also where only the stops of one count. */
    let only: number | undefined;
    return {
      body: ({ threadId, singleThread }) => {
        void this.idle;
        only = singleThread && threadId !== undefined ? connectionOf(this.target, threadId) : undefined;
        return { allThreadsContinued: true };
      },
      after: () => this.run(direction, undefined, only),
    };
  }

  /** Runs to the next stop and tells it, unless the session ended or restarted meanwhile. */
  private run(direction: Direction, sought?: string, only?: number): Promise<void> {
    const { runner } = this.target;
    return this.running((job) =>
      sought === undefined ? runner.run(direction, job, only) : runner.find(sought, direction, job),
    );
  }

  private async running(run: (job: Job) => Promise<Stop>): Promise<void> {
    const { runner } = this.target;
    const stop = await this.work("Looking for the next stop", undefined, run);
    // Who opens a trace cuts a run short: it is over, unless that fails and this trace stays.
    while (this.job) await this.job.ended;
    if (this.opened?.runner === runner) this.tell(stop);
  }

  /**
   * No request said that the trace goes on, so an event does: an editor that believes one thread to stand does not look
   * at where another one stops, or sends it on.
   */
  private leave(): void {
    this.say("continued", { threadId: this.told, allThreadsContinued: true });
  }

  private tell(stop: Stop): void {
    this.target.visits.add(stop.position);
    const { timeline, forkOf } = this.target;
    const body = stoppedBody(timeline, stop, forkOf?.title ?? null);
    this.told = body.threadId;
    this.say("stopped", body);
    if (this.client.memoryEvents)
      for (const changed of this.target.inspection.memoryChanges()) this.say("memory", changed);
  }

  /** A step of a thread; `fine`: where the client asks for instructions. */
  private stepping(move: Move, fine: Move = move): Answers["next"] {
    return this.moving(({ threadId, granularity }) => {
      const connection = connectionOf(this.target, threadId);
      return this.idle.runner.step(granularity === "instruction" ? fine : move, connection, 1);
    });
  }

  /** Answers, then tells the stop that the move came to. */
  private moving<Args>(arrive: (args: Args) => Stop): { body(args: Args): void; after(): void } {
    return { body: (args) => void arrive(args), after: () => this.tell(this.target.runner.stop) };
  }

  /** A value that is set makes a fork. */
  private setting<Args extends { value: string }>(found: (here: Inspection, args: Args) => Held) {
    const body = (args: Args, seq: number) => {
      const held = found(this.idle.inspection, args);
      const fork = this.forks.set(held, this.numbers.read(args.value, held.node.raw));
      return this.work("Forking", seq, (job) => paced(job, "making the fork", fork));
    };
    return { body, after: () => this.forks.openMade() };
  }

  /** The stream that a picture is of, and where the debugger stands and stood. */
  private pictured({ threadId }: { threadId: number }): [connection: number, here: Here] {
    const { runner, timeline, visits } = this.target;
    const stands = standsOf(timeline, visits, this.console.checkpoints.values());
    return [connectionOf(this.target, threadId), { position: runner.stop.position, stands }];
  }

  private bytes(targetId: number): BytesBody {
    const { judged } = this.target.runner;
    return bytesAt(judged, foundAt(judged, targetId));
  }

  private minimise(args: Arguments["minimise"], seq: number): Promise<MinimisedBody> {
    const search = minimising(this.idle.runner, args);
    return this.work("Minimising", seq, (job) => paced(job, "minimising", search));
  }

  private lines({ source, line, endLine }: Arguments["lines"]): { lines: LineNote[] } {
    return { lines: this.target.notes.notes(source, [line, endLine], this.breakpoints.signs) };
  }

  private threads(): DebugProtocol.Thread[] {
    const connections = this.opened?.trace.connections ?? [];
    return connections.map(({ name, flow }, connection) => ({
      id: connection + 1,
      name: name === flow ? name : `${name} ${flow}`,
    }));
  }

  private stackTrace(args: Arguments["stackTrace"]): DebugProtocol.StackTraceResponse["body"] {
    const { inspection, sources, queue } = this.target;
    const { frames } = inspection;
    const shown = { frames, sources, queue, firstColumn: this.client.firstColumn };
    return stackPage(shown, connectionOf(this.target, args.threadId), args);
  }

  private disassemble(args: Arguments["disassemble"]): DebugProtocol.DisassembledInstruction[] {
    const { queue, sources } = this.target;
    return disassemble({ queue, sources, numbers: this.numbers.style }, args);
  }

  private source({ source, sourceReference }: Arguments["source"]): DebugProtocol.SourceResponse["body"] {
    const content = this.target.sources.text(source?.sourceReference ?? sourceReference ?? 0);
    return { content, mimeType: "text/x-tlstrace" };
  }

  /** Where a value came from, or where it becomes another one. */
  private location(
    { locationReference }: Arguments["locations"],
    seq: number,
  ): Promise<DebugProtocol.LocationsResponse["body"]> {
    const { inspection, sources, runner } = this.idle;
    const search = eventOf(runner.judged, inspection.origin(locationReference));
    return this.work("Looking", seq, async (job) => {
      const event = await paced(job, "looking through the trace", search);
      return { ...sources.placeOf(event), column: this.client.firstColumn };
    });
  }
}
