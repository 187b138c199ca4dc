import type { DebugProtocol } from "@vscode/debugprotocol";
import { near } from "../../core/base/seq.ts";
import { isPlace } from "../../judge/places.ts";
import { onRing } from "../../replay/view/why/numbers.ts";
import { packetsIn } from "../../replay/view/wrong/packets.ts";
import { printEvent } from "../../trace/language/print.ts";
import { UserError } from "../../trace/platform.ts";
import { placeOfTarget } from "../opening/findings.ts";
import { goalOf } from "../opening/start-at.ts";
import type { Arguments } from "../requests.ts";
import type { Stop } from "../runner.ts";
import { connectionOf, type Target } from "../target.ts";
import { stageBack, stepBack, stepIn } from "./moves.ts";

// Requests that go somewhere at once, and what they can go to.

/** The event of a line, or of the next line that has one. */
export function gotoTargets(
  { sources, trace }: Target,
  { source, line }: Arguments["gotoTargets"],
): DebugProtocol.GotoTarget[] {
  const found = sources.eventAt(source, line);
  return found ? [{ id: found.event + 1, label: printEvent(trace, found.event), line: found.line }] : [];
}

/** A stream that carries a byte, and what `goto` takes to go to a packet with it. */
export interface Carrier {
  threadId: number;
  name: string;
  targetId: number;
}

/**
 * The streams that carry a byte by its sequence number on the wire, as the kernel prints it, and in each the next packet
 * with it, behind the last one the first again.
 */
export function carriersOf({ runner, timeline }: Target, seq: number): Carrier[] {
  const { trace } = timeline;
  return trace.connections.flatMap(({ name, startSeq }, connection) => {
    const at = onRing(timeline, connection, near(seq, startSeq));
    const packets = at === null ? [] : packetsIn(trace, connection).carriersOf(at - startSeq);
    const next = packets.find((event) => event > runner.stop.position.event) ?? packets[0];
    return next === undefined ? [] : [{ threadId: connection + 1, name, targetId: next + 1 }];
  });
}

/** To a finding or an event by its number. */
export function goTo({ runner, timeline }: Target, { targetId }: Arguments["goto"]): Stop {
  const place = placeOfTarget(timeline.eventCount, targetId);
  if (place && isPlace(runner.judged, place)) return runner.arriveAt(goalOf(runner.judged, place));
  const event = targetId - 1;
  if (!(event >= 0 && event < timeline.eventCount)) throw new UserError(`there is no event ${targetId}`);
  return runner.goto(event, "Go to line");
}

/** To before a stage that the event has entered. */
export function restartFrame({ inspection, runner }: Target, { frameId }: Arguments["restartFrame"]): Stop {
  const { position, ofEvent, name } = inspection.frames.frame(frameId);
  if (!ofEvent || position.stage < 0)
    throw new UserError("only a stage that an event has entered can be entered again");
  const before = { event: position.event, stage: position.stage - 1 };
  return runner.arrive(before, -1, { reason: "restart", description: `Before ${name}` });
}

/** What Step Into can pick of the packet that a frame's connection is in or comes to next. */
export function stepInTargets(
  target: Target,
  firstColumn: number,
  frameId: number,
): DebugProtocol.StepInTarget[] {
  const { inspection, timeline, runner, targets, sources } = target;
  const { connection } = inspection.frames.frame(frameId);
  const { style } = inspection.numbers;
  return targets.of(timeline, runner.stop.position, connection, style).map(({ id, label, event }) => ({
    ...{ id, label, line: sources.placeOf(event).line, column: firstColumn },
  }));
}

/** To the next stage, or to the picked part of the packet. */
export function stepInto(target: Target, { threadId, targetId }: Arguments["stepIn"]): Stop {
  const { runner, targets } = target;
  const to = targetId === undefined ? null : targets.at(targetId, runner.stop.position);
  return runner.step(to === null ? stepIn : () => to, connectionOf(target, threadId), 1);
}

/** Back to where the last step began; by instructions, a stage back. */
export function stepBackwards(target: Target, { threadId, granularity }: Arguments["stepBack"]): Stop {
  const connection = connectionOf(target, threadId);
  if (granularity === "instruction") return target.runner.step(stageBack, connection, -1);
  return target.runner.stepBack(stepBack, connection);
}
