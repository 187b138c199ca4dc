import { type Seq, seq } from "../../../core/base/seq.ts";
import { streamBytes, wireRecord } from "../../../core/nic/bytes.ts";
import { isRightByConstruction } from "../../../core/nic/wire.ts";
import { wireBytes } from "../../../core/nic/wire-bytes.ts";
import { Engine, engineNames, type PostedDescriptor } from "../../../core/words/descriptor.ts";
import { Effect } from "../../../core/words/effect.ts";
import { Flag } from "../../../core/words/event.ts";
import { Stage } from "../../../core/words/stage.ts";
import { Wire } from "../../../trace/trace.ts";
import type { Timeline } from "../../timeline.ts";
import { postedIn, queueText } from "../descriptor-scope.ts";
import { wordEffect } from "../effect-text.ts";
import { type RecordedView, viewAt, viewIn } from "../view.ts";
import { capturedBytes } from "../wrong/bytes.ts";
import { type Built, builtBefore } from "./moments.ts";

/** A packet that carried a byte. */
export interface Copy {
  event: number;
  /** 0 = the first one, n = the n-th time that it was sent again. */
  nth: number;
  seq: Seq;
  length: number;
  /** What became of the packet where it did not simply leave, in words. */
  fate: string | null;
  /** Everything posted for it, as `PROGRESS NOP DUMP×3 PKT`; null where no driver of the model had it. */
  descriptors: string | null;
  /** Who encrypted the byte, as in `descriptors[i].encryptedBy`; null where it did not go through a queue. */
  encryptedBy: string | null;
  /** What the state comes from by which a NIC's stream encrypted it. */
  built: Built | null;
  verdict: ByteVerdict;
}

/** Whether the byte left as it must; with values where both are known. */
export type ByteVerdict =
  | { is: "right" | "unknown" | "nothing" }
  | { is: "wrong"; captured: number; expected: number };

/** A byte in one of its packets; `right`: as it must be in a capture, null if that is not known. */
export interface Carried {
  connection: number;
  event: number;
  nth: number;
  seq: Seq;
  right: number | null;
}

export function copyOf(timeline: Timeline, carried: Carried): Copy {
  const { connection, event, nth } = carried;
  const { events } = timeline.trace;
  const { stages } = timeline.record(event);
  const view = viewAt(timeline, { event, stage: stages.length - 1 }, connection);
  const posted = postedIn(view);
  // Behind packets that waited stands the event's own.
  const own = posted.findLast((one) => one.kind === "packet" && holds(one, carried.seq)) ?? null;
  return {
    event,
    nth,
    seq: seq(events.seq.at(event)),
    length: events.length.at(event),
    fate: fateOf(view),
    descriptors: posted.length === 0 ? null : queueText(view),
    encryptedBy: own && engineNames[own.engine]!,
    built: own?.engine === Engine.stream ? builtBefore(timeline, connection, event) : null,
    verdict: timeline.trace.verdicts === null ? modelled(view, own, carried.seq) : compared(view, carried),
  };
}

const holds = ({ seq: from, length }: PostedDescriptor, at: Seq): boolean => at >= from && at < from + length;

/** Effects that end a packet's way or hold it up. */
const fates: readonly number[] = [
  Effect.dropped,
  Effect["nic-dropped"],
  Effect.trimmed,
  Effect.waiting,
  Effect["queue-error"],
];

function fateOf(view: RecordedView): string | null {
  const { timeline, position, recording } = view;
  const flags = timeline.trace.events.flags.at(position.event);
  if ((flags & Flag.qdiscDrop) !== 0) return "lost in the qdisc";
  if ((flags & Flag.captured) === 0) {
    const effects = recording.stages.flatMap((stage) => stage.effects);
    const told = effects.filter(({ kind }) => fates.includes(kind)).map((effect) => wordEffect(view, effect));
    if (told.length > 0) return told.join("; ");
  }
  return (flags & Flag.lost) !== 0 ? "lost on the wire" : null;
}

/** The byte of this very packet beside the right one. */
function compared(view: RecordedView, { seq: at, right }: Carried): ByteVerdict {
  const wire = view.timeline.trace.verdicts!.wire[view.position.event];
  if (wire === Wire.match) return { is: "right" };
  const [captured] = capturedBytes(view, at, 1);
  if (wire !== Wire.differs || right === null || captured === undefined) return { is: "unknown" };
  return captured === right ? { is: "right" } : { is: "wrong", captured, expected: right };
}

/** What the model makes of it, as the NIC had just taken the packet: nothing if it did not leave. */
function modelled({ timeline, recording }: RecordedView, own: PostedDescriptor | null, at: Seq): ByteVerdict {
  const stage = recording.stages.findIndex(
    ({ stage, detail, descriptors }, i) =>
      stage === Stage.nic && descriptors[detail] === own && recording.stages[i + 1]?.stage === Stage.wire,
  );
  if (own === null || stage < 0) return { is: "nothing" };
  const { socket, connection } = viewIn(timeline, recording, stage);
  if (at < connection.startSeq) return { is: own.engine === Engine.none ? "right" : "unknown" };
  if (isRightByConstruction(socket, own)) return { is: "right" };
  const is = wireBytes(socket, own)?.[at - own.seq];
  const must = streamBytes(socket, at, 1, wireRecord)?.[0];
  if (is === undefined || must === undefined) return { is: "unknown" };
  return is === must ? { is: "right" } : { is: "wrong", captured: is, expected: must };
}
