import { layoutOf, tagSize } from "../../core/base/record.ts";
import { advance, distance } from "../../core/base/seq.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { placeholderRecord, type RecordView, streamBytes, wireRecord } from "../../core/nic/bytes.ts";
import type { View } from "./view.ts";

/** The three ways to look at sequence space: payload in clear with nothing where tags belong, what lies in host memory, what belongs on the wire. */
export const memoryKinds = ["plaintext", "placeholder", "wire"] as const;
export type MemoryKind = (typeof memoryKinds)[number];

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
  const { machine, index, log, state, connection } = view;
  const wanted = Math.max(0, Math.min(count, countMax));
  const from = advance(connection.startSeq, offset);
  const end = state.tail > 0 ? distance(from, log.end(state.tail - 1)) : 0;
  const length = offset < 0 ? 0 : Math.min(wanted, Math.max(0, end));
  const bytes = length === 0 ? null : readable(machine, index, kind, from, length, view);
  return { bytes: bytes ?? new Uint8Array(0), unreadable: wanted - (bytes?.length ?? 0) };
}

/** All of it, or what is known up to the first record whose bytes are not. */
function readable(
  machine: Machine,
  index: number,
  kind: MemoryKind,
  from: ReturnType<typeof advance>,
  length: number,
  view: View,
): Uint8Array | null {
  const whole = streamBytes(machine, index, from, length, views[kind]);
  if (whole) return whole;
  const { log } = view;
  let known = 0;
  for (let row = log.rowOf(from, log.count); row > 0 && row < log.count && known < length; row++) {
    if (!views[kind](machine, index, row)) break;
    known = Math.min(length, distance(from, log.end(row)));
  }
  return known === 0 ? null : streamBytes(machine, index, from, known, views[kind]);
}

/** Payload bytes where they lie in the stream, zeros for header, nonce, type byte and tag. */
const plaintextRecord: RecordView = (machine, connection, row) => {
  const bytes = placeholderRecord(machine, connection, row);
  const { version, cipher } = machine.connections[connection]!;
  if (!bytes) return null;
  const { prepend, tail } = layoutOf(version, cipher ?? "aes-128-gcm");
  bytes.fill(0, 0, prepend);
  bytes.fill(0, bytes.length - tagSize - tail);
  return bytes;
};

const views: Readonly<Record<MemoryKind, RecordView>> = {
  plaintext: plaintextRecord,
  placeholder: placeholderRecord,
  wire: wireRecord,
};
