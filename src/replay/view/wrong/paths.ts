import type { Path } from "../path.ts";
import { partOf, seqOf, type View } from "../view.ts";
import { type WrongByte, wrongByteOf } from "./byte.ts";
import { hexAround, wordWrongByte, wrongWords } from "./words.ts";

/** A row about the view's wrong byte, which is there wherever that is. */
interface WrongRow extends Pick<Path, "path" | "says" | "range"> {
  of(wrong: WrongByte, view: View): ReturnType<Path["of"]>;
}

const there = (view: View): boolean => wrongByteOf(view) !== null;
const offsetOf = ({ row, seq }: WrongByte, { log }: View): number | null =>
  row < 1 ? null : seq - log.start(row);
/** Its place in the stream, which opens as memory. */
const range: NonNullable<Path["range"]> = (view) => {
  const wrong = wrongByteOf(view);
  return wrong && { from: wrong.seq, length: 1 };
};

const rows: readonly WrongRow[] = [
  {
    path: "packet.wrong",
    says: "In a capture: the first byte of the packet, or of the record, that is not what it must be.",
    of: (wrong, view) => wordWrongByte(view, wrong),
    range,
  },
  {
    path: "packet.wrong.frame",
    says: "The frame that carries it, the first of them.",
    of: ({ frames }) => frames[0] ?? null,
  },
  {
    path: "packet.wrong.seq",
    says: "Its place in the stream.",
    of: ({ seq }, view) => seqOf(view, seq),
  },
  {
    path: "packet.wrong.recordSn",
    says: "The number of the record that holds it.",
    of: ({ row }, { log }) => (row < 1 ? null : log.knownSn(row)),
  },
  {
    path: "packet.wrong.recordOffset",
    says: "Its place in that record, from the header on.",
    of: (wrong, view) => offsetOf(wrong, view),
  },
  {
    path: "packet.wrong.part",
    says: "The part of the record that it is of: header, nonce, payload, type byte or tag.",
    of: (wrong, view) => {
      const offset = offsetOf(wrong, view);
      return offset === null ? null : partOf(view, wrong.row, offset);
    },
  },
  {
    path: "packet.wrong.captured",
    says: "The byte as captured.",
    of: ({ is }) => is,
    range,
  },
  {
    path: "packet.wrong.expected",
    says: "The byte as it must be.",
    of: ({ must }) => must,
    range,
  },
  {
    path: "packet.wrong.count",
    says: "How many bytes of the packet, or of the record, are wrong.",
    of: ({ count }) => count,
  },
  {
    path: "packet.wrong.copy",
    says: "Whether it is wrong in the original or in which retransmission.",
    of: (wrong, view) => wrongWords(view, wrong).copy,
  },
  {
    path: "packet.wrong.cause",
    says: "What is wrong with the whole record, where that is known.",
    of: (wrong, view) => wrongWords(view, wrong).cause,
  },
  {
    path: "packet.wrong.capturedBytes",
    says: "The captured bytes around it, in hexadecimal digits.",
    of: (wrong, view) => hexAround(view, wrong)?.is ?? null,
    range,
  },
  {
    path: "packet.wrong.expectedBytes",
    says: "The right bytes around it, in hexadecimal digits.",
    of: (wrong, view) => hexAround(view, wrong)?.must ?? null,
    range,
  },
];

/** What is wrong with the current event's captured bytes. */
export const wrongPaths: readonly Path[] = rows.map((row) => ({
  ...row,
  reads: ["event"],
  ...(row.path === "packet.wrong" && { where: there }),
  of: (view) => {
    const wrong = wrongByteOf(view);
    return wrong && row.of(wrong, view);
  },
}));
