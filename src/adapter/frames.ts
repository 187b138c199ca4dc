import type { DebugProtocol } from "@vscode/debugprotocol";
import { Stage, stages } from "../core/words/stage.ts";
import type { Judged } from "../replay/findings.ts";
import type { Position, Timeline } from "../replay/timeline.ts";
import { judgedView, type RecordedView, recordName, viewAt } from "../replay/view/view.ts";
import { causesOf } from "../replay/view/why.ts";
import { UserError } from "../trace/platform.ts";
import { atEnd } from "./moves.ts";
import type { Arguments } from "./requests.ts";
import type { Sources } from "./sources.ts";

/** One layer that the event has entered, or what it came from: a place in time of one connection. */
export interface Frame {
  id: number;
  name: string;
  connection: number;
  /** What the frame's variables show: the state right after this stage. */
  position: Position;
  /** False for what happened before the current event: the record's push, the application's write. */
  ofEvent: boolean;
}

/** Gives out numbers that are never used again in a session: one of an earlier stop cannot mean something else. */
export interface Counter {
  last: number;
}

/** The call stacks of one stop; frames keep their ids until the next. */
export class Frames {
  private readonly judged: Judged;
  private readonly position: Position;
  private readonly stacks = new Map<number, Frame[]>();
  private readonly byId = new Map<number, Frame>();
  private readonly counter: Counter;

  constructor(judged: Judged, position: Position, counter: Counter) {
    this.judged = judged;
    this.position = position;
    this.counter = counter;
  }

  /** The connection's frames, innermost first: the stages entered so far, then where the packet's bytes come from. */
  stack(connection: number): readonly Frame[] {
    const known = this.stacks.get(connection);
    if (known) return known;
    const { timeline } = this.judged;
    if (!timeline.trace.connections[connection]) throw new UserError(`there is no thread ${connection + 1}`);
    const position = lastPosition(timeline, this.position, connection);
    const add = (name: string, at: Position, ofEvent: boolean): Frame => {
      const frame = { id: ++this.counter.last, name, connection, position: at, ofEvent };
      this.byId.set(frame.id, frame);
      return frame;
    };
    const view = viewAt(timeline, position, connection);
    const entered = stageNames(view).map(({ name, stage }) => add(name, { ...position, stage }, true));
    const causes = causesOf(view).map(({ name, position: at }) => add(name, at, false));
    const stack = [...entered, ...causes];
    this.stacks.set(connection, stack);
    return stack;
  }

  /** A frame by its id; without one, the innermost frame of the event that the debugger stands at. */
  frame(id: number | undefined): Frame {
    const current = this.judged.timeline.connectionAt(this.position);
    const frame = id === undefined ? this.stack(current)[0] : this.byId.get(id);
    if (!frame) throw new UserError("this stack frame is from an earlier stop");
    return frame;
  }

  view({ position, connection }: Frame): RecordedView {
    return judgedView(this.judged, position, connection);
  }
}

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

/** The stage with what it is about: `driver.resync record 1`, `nic PROGRESS`. */
export function stageName(view: RecordedView, index: number): string {
  const { stage, detail, descriptors } = view.recording.stages[index]!;
  const { name } = stages[stage]!;
  if (detail < 0) return name;
  if (stage === Stage.nic) {
    const { descriptorNames } = view.socket.profile;
    return `${name} ${descriptorNames[descriptors[detail]!.kind]}`;
  }
  const isAboutRecord =
    stage === Stage["tls.getRecord"] || stage === Stage["driver.resync"] || stage === Stage["tls.pushRecord"];
  return isAboutRecord ? `${name} ${recordName(view.log, detail)}` : name;
}

/** A page of a stack as the editor takes it. */
export function stackPage(
  stack: readonly Frame[],
  sources: Sources,
  firstColumn: number,
  { startFrame = 0, levels = 0 }: Arguments["stackTrace"],
): NonNullable<DebugProtocol.StackTraceResponse["body"]> {
  const page = stack.slice(startFrame, levels > 0 ? startFrame + levels : undefined);
  const stackFrames = page.map((frame): DebugProtocol.StackFrame => {
    const { id, name, position, ofEvent } = frame;
    const { source, line } = sources.placeOf(position.event);
    const canRestart = ofEvent && position.stage >= 0;
    // What the packet's bytes come from was not called by the layers above it.
    const presentationHint = ofEvent ? "normal" : "subtle";
    return { id, name, source, line, column: firstColumn, canRestart, presentationHint };
  });
  return { stackFrames, totalFrames: stack.length };
}
