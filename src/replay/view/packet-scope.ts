import { advance, type Seq, seq } from "../../core/base/seq.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { printEvent } from "../../trace/language/print.ts";
import { placeWord, wireNameOf } from "../../trace/trace.ts";
import type { Report } from "../findings.ts";
import { hasContext, isOfEvent } from "./facts.ts";
import type { Path } from "./path.ts";
import { partOf, seqOf, type View } from "./view.ts";
import { wrongPaths } from "./wrong/paths.ts";

const kindOf = ({ timeline, position }: View): number => timeline.trace.events.kind.at(position.event);
const isTransmit = (view: View): boolean => kindOf(view) === Kind.transmit;
const seqIn = ({ timeline, position }: View): Seq => seq(timeline.trace.events.seq.at(position.event));
const lengthIn = ({ timeline, position }: View): number => timeline.trace.events.length.at(position.event);
const lineIn = ({ timeline, position }: View): number => timeline.trace.events.line.at(position.event);
const secondsIn = ({ timeline, position }: View): number =>
  timeline.trace.events.timeNs.at(position.event) / 1e9;
const reportsOf = ({ findings, position }: View): readonly Report[] => findings.reportsOf(position.event);

/** Kinds of events that have a length. */
const measured: readonly number[] = [Kind.transmit, Kind.send, Kind.record, Kind.gap];

/** The record log's row that holds the segment's first byte, −1 if none does. */
const rowIn = (view: View): number => view.log.rowOf(seqIn(view), view.state.tail);

/** Where in its record the segment begins; null before the offload and beyond the map. */
function offsetIn(view: View): number | null {
  const row = rowIn(view);
  return row < 0 ? null : seqIn(view) - view.log.start(row);
}

/** What became of the packet where it was not sent as it should be; null if nothing is said of it. */
function fateOf({ timeline, position }: View): string | null {
  const flags = timeline.trace.events.flags.at(position.event);
  if ((flags & Flag.lost) !== 0) return "lost on the wire";
  return (flags & Flag.qdiscDrop) !== 0 ? "lost in the qdisc" : null;
}

const scope: Path = {
  path: "packet",
  says: "The event that the debugger stands in.",
  reads: ["event"],
  name: () => "Packet",
  where: isOfEvent,
  of: () => "",
};

const paths: readonly Path[] = [
  {
    path: "packet.event",
    says: "The event as a line of the trace language.",
    reads: ["event"],
    of: ({ timeline, position }) => printEvent(timeline.trace, position.event),
  },
  {
    path: "packet.frame",
    says: "In a capture: the number of its frame.",
    reads: ["event"],
    where: ({ timeline }) => placeWord(timeline.trace) === "frame",
    of: lineIn,
  },
  {
    path: "packet.line",
    says: "In a trace file or a script: its line.",
    reads: ["event"],
    where: ({ timeline }) => placeWord(timeline.trace) === "line",
    of: lineIn,
  },
  {
    path: "packet.time",
    says: "Seconds since the trace began.",
    reads: ["event"],
    of: secondsIn,
    word: (view) => `${secondsIn(view).toFixed(9)} s`,
  },
  {
    path: "packet.seq",
    says: "Of a transmit: its first byte.",
    reads: ["event"],
    where: isTransmit,
    of: (view) => seqOf(view, seqIn(view)),
    range: (view) => ({ from: seqIn(view), length: lengthIn(view) }),
  },
  {
    path: "packet.endSeq",
    says: "Of a transmit: the byte behind its last one.",
    reads: ["event"],
    where: isTransmit,
    of: (view) => seqOf(view, advance(seqIn(view), lengthIn(view))),
  },
  {
    path: "packet.length",
    says: "Of a transmit, a write, a record or a gap: its bytes.",
    reads: ["event"],
    where: (view) => measured.includes(kindOf(view)),
    of: lengthIn,
  },
  {
    path: "packet.outOfOrder",
    says: "Of a transmit: whether the driver expected another sequence number when it came.",
    reads: ["event", "before"],
    where: isTransmit,
    of: (view) => {
      const { before } = view;
      return hasContext({ state: before }) && seqIn(view) !== before.expectedSeq;
    },
  },
  {
    path: "packet.recordSn",
    says: "Of a transmit: the number of the record that holds its first byte.",
    reads: ["event", "tail"],
    where: isTransmit,
    of: (view) => {
      const row = rowIn(view);
      return row < 0 ? null : view.log.knownSn(row);
    },
  },
  {
    path: "packet.recordOffset",
    says: "Of a transmit: where in that record it begins.",
    reads: ["event", "tail"],
    where: isTransmit,
    of: offsetIn,
  },
  {
    path: "packet.part",
    says: "Of a transmit: the part of the record it begins in: header, nonce, payload, type byte or tag.",
    reads: ["event", "tail"],
    where: isTransmit,
    of: (view) => {
      const offset = offsetIn(view);
      return offset === null ? "before the offload" : partOf(view, rowIn(view), offset);
    },
  },
  {
    path: "packet.fate",
    says: "Of a transmit that was lost: where.",
    reads: ["event"],
    where: (view) => isTransmit(view) && fateOf(view) !== null,
    of: fateOf,
  },
  {
    path: "packet.wire",
    says: "Of a transmit in a capture: whether its bytes are those that the keys give: match, differs or unknown.",
    reads: ["event"],
    where: (view) => isTransmit(view) && view.timeline.trace.verdicts !== null,
    of: ({ timeline, position }) => {
      const { verdicts } = timeline.trace;
      return verdicts && wireNameOf(verdicts, position.event);
    },
  },
  {
    path: "packet.ack",
    says: "Of an acknowledgement: the byte before which everything has arrived.",
    reads: ["event"],
    where: (view) => kindOf(view) === Kind.ack,
    of: (view) => seqOf(view, seqIn(view)),
  },
  {
    path: "packet.kernel",
    says: "What a kernel reported of the event, where evidence was given.",
    reads: ["event"],
    where: (view) => reportsOf(view).length > 0,
    of: (view) =>
      reportsOf(view)
        .map(({ text }) => text)
        .join("; "),
  },
];

const reports: Path<Report> = {
  path: "packet.kernel.reportN",
  says: "One of these reports, with the file and line that it stands at; the first is report1.",
  reads: ["event"],
  family: {
    first: 1,
    count: (view) => reportsOf(view).length,
    at: (view, i) => reportsOf(view)[i]!,
  },
  of: (_view, { place, text }) => `${place}: ${text}`,
};

/** The current event, and of a transmit its segment. */
export const packetPaths: readonly Path[] = [scope, ...wrongPaths, ...paths, reports];
