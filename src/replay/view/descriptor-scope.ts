import { RecordKind } from "../../core/machine/record-log.ts";
import {
  engineNames,
  type PostedDescriptor,
  replayedBytes,
  TcbField,
  tcbFields,
} from "../../core/words/descriptor.ts";
import { noun } from "../../trace/visible.ts";
import { isOfEvent, profileOf, waitingAt } from "./facts.ts";
import type { Path } from "./path.ts";
import { show } from "./value.ts";
import { rangeIn, seqOf, type View } from "./view.ts";

/** What the event has posted so far for the connection that it is at. */
export const postedIn = ({ posted }: View): readonly PostedDescriptor[] =>
  Array.from({ length: posted.count }, (_, i) => posted.at(i));

/** The queue on one line, as `PROGRESS NOP DUMP×3 PKT`. */
export function queueText(view: View): string {
  const posted = postedIn(view);
  if (posted.length === 0) return "nothing posted";
  const { descriptorNames } = profileOf(view);
  const words: { name: string; times: number }[] = [];
  for (const { kind } of posted) {
    const last = words.at(-1);
    if (last?.name === descriptorNames[kind]) last.times++;
    else words.push({ name: descriptorNames[kind], times: 1 });
  }
  return words.map(({ name, times }) => (times === 1 ? name : `${name}×${times}`)).join(" ");
}

/** True if the posted work rebuilds the NIC's state. */
const isRebuilding = (view: View): boolean =>
  postedIn(view).some(({ kind }) => kind === "sync-packet" || kind === "progress-params");

/** The number of the record that is rebuilt: a SYNC packet's, else the one posted last; counted where it is not pushed. */
function rebuiltSn(view: View): bigint | null {
  const { log, state } = view;
  const row = postedIn(view).find(({ kind }) => kind === "sync-packet")?.row ?? state.postedRow;
  if (row <= 0 || state.tail === 0) return null;
  return row < state.tail ? log.knownSn(row) : log.countedSn(row, state.tail);
}

/** True if where the rebuilt record begins is not known: the packet lies in a range of unknown records. */
export const isOfUnknown = (view: View): boolean =>
  isRebuilding(view) && view.state.postedRow > 0 && view.log.kind.at(view.state.postedRow) === RecordKind.gap;

/** What is said of the bytes that are replayed there. */
export const longest =
  ": records are not known there, so at most as many as the longest record has; the real driver replays from where its record begins";

const waitingCount = ({ state }: View): number => state.waitTail - state.waitHead;

const queuePaths: readonly Path[] = [
  {
    path: "descriptors",
    says: "The work posted to the NIC so far in this event, in the family's words.",
    reads: ["event", "stage"],
    name: () => "Descriptors",
    where: isOfEvent,
    of: queueText,
  },
  {
    path: "descriptors.recordSn",
    says: "Where the NIC's state is rebuilt: the number of the record that it is rebuilt for.",
    reads: ["event", "stage", "postedRow", "tail"],
    where: isRebuilding,
    of: rebuiltSn,
  },
  {
    path: "descriptors.prefixLength",
    says: "Where the NIC's state is rebuilt: the bytes replayed to it ahead of the packet.",
    reads: ["event", "stage"],
    where: isRebuilding,
    of: (view) => replayedBytes(postedIn(view)),
    word: (view, raw) =>
      `${show(raw, view.numbers)} ${noun(Number(raw), "byte")}${isOfUnknown(view) ? longest : ""}`,
  },
  {
    path: "descriptors.waiting",
    says: "How many are posted and not taken: the queue is held, or its doorbell was not rung.",
    reads: ["event", "waitHead", "waitTail"],
    where: (view) => waitingCount(view) > 0,
    of: (view) => `${waitingCount(view)}`,
  },
];

type Waiting = ReturnType<typeof waitingAt>;

const waitingName = (view: View, { kind }: Waiting): string => profileOf(view).descriptorNames[kind];

const waitingPath: Path<Waiting> = {
  path: "descriptors.waiting[i]",
  says: "One of these: the bytes that it brings.",
  reads: ["event", "waitHead", "waitTail"],
  family: { count: waitingCount, at: waitingAt },
  name: (view, waiting, i) => `${i} ${waitingName(view, waiting)}`,
  of: (view, waiting) => {
    const { seq, length } = waiting;
    return length > 0 ? rangeIn(view, seq, length) : waitingName(view, waiting);
  },
  event: (_view, { event }) => event,
};

/** A descriptor of the event, and whether the NIC has taken it. */
interface Posted extends PostedDescriptor {
  isTaken: boolean;
}

const postedAt = ({ posted }: View, i: number): Posted => ({
  ...posted.at(i),
  isTaken: i < posted.taken,
});

/** How the packet's bytes come to be what they are on the wire, by Engine. */
const encryptedBy = ["as it is", "to be encrypted", "to be encrypted by itself", "encrypted in software"];

const postedText = (view: View, posted: Posted): string =>
  [argumentsText(view, posted), posted.isTaken ? "taken" : "waiting"]
    .filter((word) => word !== "")
    .join(", ");

/** What stands in a descriptor: its record, its bytes, what it waits for. */
export function argumentsText(view: View, posted: PostedDescriptor): string {
  const { kind, row, seq, length, fence, engine } = posted;
  const words = [
    row > 0 ? `record ${numberOf(view, posted)}` : "",
    length > 0 || kind === "sync-packet" ? rangeIn(view, seq, length) : "",
    fence ? "fence" : "",
    kind === "packet" ? encryptedBy[engine]! : "",
    kind === "tcb"
      ? `${tcbFields[engine]!} ${engine === TcbField.sndUna ? 0 : show(seqOf(view, seq), view.numbers)}`
      : "",
  ];
  return words.filter((word) => word !== "").join(", ");
}

const numberOf = ({ log, state }: View, { row }: PostedDescriptor): bigint | null =>
  row > 0 ? log.countedSn(row, state.tail) : null;

const postedPaths: readonly Path<Posted>[] = [
  {
    path: "descriptors[i]",
    says: "One of them: its record, its bytes, what it waits for, and whether the NIC has taken it.",
    reads: ["event", "stage", "tail"],
    family: { count: ({ posted }) => posted.count, at: postedAt },
    name: (view, { kind }, i) => `${i} ${profileOf(view).descriptorNames[kind]}`,
    of: postedText,
    range: (_view, { seq, length }) => (length > 0 ? { from: seq, length } : null),
  },
  {
    path: "descriptors[i].kind",
    says: "What it is, in words that all families share.",
    reads: ["event", "stage"],
    of: (_view, { kind }) => kind,
  },
  {
    path: "descriptors[i].recordSn",
    says: "The record number that it carries, or that its bytes are encrypted under.",
    reads: ["event", "stage", "tail"],
    of: numberOf,
  },
  {
    path: "descriptors[i].seq",
    says: "The first byte that it brings.",
    reads: ["event", "stage"],
    of: (view, { seq, length }) => (length > 0 ? seqOf(view, seq) : null),
  },
  {
    path: "descriptors[i].length",
    says: "How many bytes it brings.",
    reads: ["event", "stage"],
    of: (_view, { length }) => length,
  },
  {
    path: "descriptors[i].fence",
    says: "Whether it waits for everything before it.",
    reads: ["event", "stage"],
    of: (_view, { fence }) => fence,
  },
  {
    path: "descriptors[i].encryptedBy",
    says: "Of a packet: who encrypts it.",
    reads: ["event", "stage"],
    of: (_view, { kind, engine }) => (kind === "packet" ? engineNames[engine]! : null),
  },
  {
    path: "descriptors[i].taken",
    says: "Whether the NIC has taken it.",
    reads: ["event", "stage"],
    of: (_view, { isTaken }) => isTaken,
  },
];

/** The transmit queue as far as it is posted. */
export const descriptorPaths: readonly Path[] = [...queuePaths, waitingPath, ...postedPaths];
