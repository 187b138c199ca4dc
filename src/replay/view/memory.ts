import { tagSize } from "../../core/base/record.ts";
import { advance, type Seq } from "../../core/base/seq.ts";
import { placeholderRecord, type RecordView, streamBytes, wireRecord } from "../../core/nic/bytes.ts";
import { counted } from "../../trace/visible.ts";
import type { Path } from "./path.ts";
import type { View } from "./view.ts";
import { capturedBytes, expectedRecords } from "./wrong/bytes.ts";

/**
 * The ways to look at sequence space: payload in clear with nothing where tags belong, what lies in host memory, what
 * belongs on the wire; of a capture also what stands in it, and what must, in damaged records, too.
 */
export const memoryKinds = ["plaintext", "placeholder", "wire", "captured", "expected"] as const;
export type MemoryKind = (typeof memoryKinds)[number];

const kindSays: Readonly<Record<MemoryKind, string>> = {
  plaintext: "payload alone, zeros where the rest of the record lies",
  placeholder: "records as TCP has them, placeholders where tags belong",
  wire: "ciphertext and tags, as they belong on the wire",
  captured: "as captured: in this packet where it holds them, elsewhere the first copy",
  expected: "as they must stand in the capture, in damaged records as far as that is known",
};

/** Bytes that the connection has pushed. */
const lengthOf = (view: View): number => view.socket.writeSeq - view.connection.startSeq;

const isCaptured = ({ connection }: View): boolean => connection.source?.kind === "captured";
const ofCaptures: readonly MemoryKind[] = ["captured", "expected"];

/** Sequence space in all these ways: each value opens as memory. */
export const memoryPaths: readonly Path[] = [
  {
    path: "memory",
    says: "The connection's sequence space, as far as it is pushed.",
    reads: ["tail"],
    name: () => "Memory (sequence space)",
    of: (view) => counted(lengthOf(view), "byte"),
  },
  ...memoryKinds.map(
    (kind): Path => ({
      path: `memory.${kind}`,
      says: `Its bytes as memory: ${kindSays[kind]}.`,
      reads: ["tail"],
      ...(ofCaptures.includes(kind) && { where: isCaptured }),
      of: lengthOf,
      word: () => kindSays[kind],
      range: (view) => ({ from: view.connection.startSeq, length: lengthOf(view) }),
    }),
  ),
];

/** Most bytes given at once. */
const countMax = 1 << 20;

/**
 * Bytes of the stream from `offset` (relative to the offload start) on: as many as are pushed and known from there,
 * then `unreadable` bytes up to the count asked for.
 */
export function readStream(
  view: View,
  kind: MemoryKind,
  offset: number,
  count: number,
): { bytes: Uint8Array; unreadable: number } {
  const wanted = Math.max(0, Math.min(count, countMax));
  const from = advance(view.connection.startSeq, offset);
  const pushed = view.socket.writeSeq - from;
  const length = offset < 0 ? 0 : Math.min(wanted, Math.max(0, pushed));
  const bytes = length === 0 ? null : readable(view, kind, from, length);
  return { bytes: bytes ?? new Uint8Array(0), unreadable: wanted - (bytes?.length ?? 0) };
}

/** All of it, or what is known up to the first record whose bytes are not. */
function readable(view: View, kind: MemoryKind, from: Seq, length: number): Uint8Array | null {
  if (kind === "captured") return capturedBytes(view, from, length);
  const { socket, log, timeline } = view;
  const records = kind === "expected" ? expectedRecords(timeline.trace) : views[kind];
  const whole = streamBytes(socket, from, length, records);
  if (whole) return whole;
  let known = 0;
  for (let row = log.rowOf(from, log.count); row > 0 && row < log.count && known < length; row++) {
    if (!records(socket, row)) break;
    known = Math.min(length, log.end(row) - from);
  }
  return known === 0 ? null : streamBytes(socket, from, known, records);
}

/** Payload bytes where they lie in the stream, zeros for header, nonce, type byte and tag. */
const plaintextRecord: RecordView = (socket, row) => {
  const bytes = placeholderRecord(socket, row);
  if (!bytes) return null;
  const { prepend, tail } = socket.layout;
  bytes.fill(0, 0, prepend);
  bytes.fill(0, bytes.length - tagSize - tail);
  return bytes;
};

const views: Readonly<Record<Exclude<MemoryKind, "captured" | "expected">, RecordView>> = {
  plaintext: plaintextRecord,
  placeholder: placeholderRecord,
  wire: wireRecord,
};
