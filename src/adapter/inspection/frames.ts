import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Position, Timeline } from "../../replay/timeline.ts";
import type { TransmitQueue } from "../../replay/view/queue.ts";
import { stageName } from "../../replay/view/stage-name.ts";
import { judgedView, type RecordedView, viewAt } from "../../replay/view/view.ts";
import { causesOf } from "../../replay/view/why.ts";
import { UserError } from "../../trace/platform.ts";
import { pointerAt } from "../queue/address.ts";
import type { Arguments } from "../requests.ts";
import type { Runner, Stop } from "../runner.ts";
import type { Sources } from "../sources.ts";
import { atEnd } from "../time/moves.ts";
import { type Counter, Interned } from "./interned.ts";

/** One layer that the event has entered, or what it came from: a place in time of one connection. */
export interface Frame {
  id: number;
  name: string;
  connection: number;
  /** What the frame's variables show: the state right after this stage. */
  position: Position;
  /** False for what happened before the current event: the record's push, the application's write. */
  ofEvent: boolean;
  /** Where the debugger stood before it came to where the frame was looked at: what its changes are told from. */
  since: Position | null;
}

/** The call stacks of a session: a place in time has the same frames with the same ids whenever it is looked at. */
export class Frames {
  private readonly runner: Runner;
  private readonly known: Interned<Frame>;
  /** The stages entered of the last stop that was looked at, and whole stacks, by connection. */
  private readonly entered = new Map<number, readonly Frame[]>();
  private readonly stacks = new Map<number, readonly Frame[]>();
  private lookedAt: Stop | null = null;

  constructor(runner: Runner, counter: Counter) {
    this.runner = runner;
    this.known = new Interned(counter);
  }

  /** The connection's frames, innermost first: the stages entered so far, then where the packet's bytes come from and go. */
  stack(connection: number): readonly Frame[] {
    return this.cached(this.stacks, connection, () => {
      const { since, view } = this.standing(connection);
      const causes = causesOf(view).map(({ name, position: at }) =>
        this.frameOf({ name, connection, position: at, ofEvent: false, since }),
      );
      return [...this.top(connection), ...causes];
    });
  }

  /** The first of them, those of the stages entered: what a look at a stop begins with. */
  top(connection: number): readonly Frame[] {
    return this.cached(this.entered, connection, () => {
      const { position, since, view } = this.standing(connection);
      return stageNames(view).map(({ name, stage }) =>
        this.frameOf({ name, connection, position: { ...position, stage }, ofEvent: true, since }),
      );
    });
  }

  private cached(of: Map<number, readonly Frame[]>, connection: number, make: () => readonly Frame[]) {
    const { stop } = this.runner;
    if (this.lookedAt !== stop) {
      this.entered.clear();
      this.stacks.clear();
    }
    this.lookedAt = stop;
    const known = of.get(connection) ?? make();
    of.set(connection, known);
    return known;
  }

  private standing(connection: number) {
    const { timeline, stop } = this.runner;
    if (!timeline.trace.connections[connection]) throw new UserError(`there is no thread ${connection + 1}`);
    const position = lastPosition(timeline, stop.position, connection);
    return { position, since: stop.previous, view: viewAt(timeline, position, connection) };
  }

  private frameOf(frame: Omit<Frame, "id">): Frame {
    const { name, connection, position, since } = frame;
    const key = `${connection} ${placeKey(position)} ${placeKey(since)} ${name}`;
    const id = this.known.numberOf(key, () => ({ id: 0, ...frame }));
    const known = this.known.of(id)!;
    known.id = id;
    return known;
  }

  /** A frame by its id; without one, the innermost frame of the event that the debugger stands at. */
  frame(id: number | undefined): Frame {
    const { timeline, stop } = this.runner;
    const frame = id === undefined ? this.top(timeline.connectionAt(stop.position))[0] : this.known.of(id);
    if (!frame) throw new UserError(`there is no stack frame ${id}`);
    return frame;
  }

  view({ position, connection }: Frame): RecordedView {
    return judgedView(this.runner.judged, position, connection);
  }
}

const placeKey = (position: Position | null): string =>
  position === null ? "" : `${position.event}:${position.stage}`;

/** Where the connection stands when the debugger stands at `position`: there, or behind its last event before it. */
function lastPosition(timeline: Timeline, position: Position, connection: number): Position {
  if (timeline.connectionsOf(position.event).includes(connection)) return position;
  const own = timeline.eventsOf(connection);
  const last = own[timeline.ordinalOf(connection, position.event) - 1];
  return last === undefined ? { event: own[0] ?? position.event, stage: -1 } : atEnd(timeline, last);
}

/** The stages entered so far, the last one first; behind it a run of one name, as of a rebuild's DUMPs, is one frame: its last. */
function stageNames(view: RecordedView): { name: string; stage: number }[] {
  const { recording, position } = view;
  if (position.stage < 0) return [{ name: "before the event", stage: -1 }];
  const named: { name: string; stage: number; times: number }[] = [];
  for (let stage = 0; stage <= position.stage; stage++) {
    if (recording.stages[stage]!.connection !== view.index) continue;
    const name = stageName(view, stage);
    const last = named.at(-1);
    if (last?.name !== name || stage === position.stage) named.push({ name, stage, times: 1 });
    else {
      last.stage = stage;
      last.times++;
    }
  }
  return named
    .reverse()
    .map(({ name, stage, times }) => ({ name: times > 1 ? `${name}×${times}` : name, stage }));
}

/** Where frames are shown: in lines, and in the transmit queue. */
interface Shown {
  frames: Frames;
  sources: Sources;
  queue: TransmitQueue;
  firstColumn: number;
}

/** A page of a stack as the editor takes it. */
export function stackPage(
  { frames, sources, queue, firstColumn }: Shown,
  connection: number,
  { startFrame = 0, levels = 0 }: Arguments["stackTrace"],
): NonNullable<DebugProtocol.StackTraceResponse["body"]> {
  const end = levels > 0 ? startFrame + levels : Number.MAX_SAFE_INTEGER;
  const top = frames.top(connection);
  // Who looks at the first frames alone, as at every step, does not wait for what lies elsewhere in time.
  const stack = end <= top.length ? top : frames.stack(connection);
  const page = stack.slice(startFrame, end);
  const stackFrames = page.map((frame): DebugProtocol.StackFrame => {
    const { id, name, position, ofEvent } = frame;
    const { source, line } = sources.placeOf(position.event);
    const canRestart = ofEvent && position.stage >= 0;
    // What the packet's bytes come from was not called by the layers above it.
    const presentationHint = ofEvent ? "normal" : "subtle";
    const instructionPointerReference = pointerAt(queue, position);
    const place = { source, line, column: firstColumn };
    return { id, name, ...place, canRestart, presentationHint, instructionPointerReference };
  });
  return { stackFrames, totalFrames: stack === top ? top.length + 1 : stack.length };
}
