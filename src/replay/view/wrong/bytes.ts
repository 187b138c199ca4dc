import { advance, type Seq, seq } from "../../../core/base/seq.ts";
import { type RecordView, wireRecord } from "../../../core/nic/bytes.ts";
import { Kind } from "../../../core/words/event.ts";
import { Authenticated, type Trace, Wire } from "../../../trace/trace.ts";
import type { View } from "../view.ts";

/** Whoever asks for bytes needs no more of a view than this. */
type Looked = Pick<View, "timeline" | "position" | "socket" | "log" | "index">;

/**
 * Records as a capture must hold them, also damaged ones of which that can be known: ciphertext, and where it was taken
 * before the NIC what was captured first, which the copies behind it must be like.
 */
export function expectedRecords({ verdicts, reader, captured }: Trace): RecordView {
  return (socket, row) => {
    const { source } = socket.connection;
    if (source?.kind !== "captured" || reader === null || row < 1) return wireRecord(socket, row);
    const event = socket.records.pushedBy.at(row);
    if (captured[source.stream]!.isHostTap && verdicts!.authenticated[event] !== Authenticated.yes)
      return whole(reader.captured(source.stream, row), socket.records.length.at(row));
    const damage = verdicts!.damage.get(event);
    return wireRecord(socket, row) ?? (damage ? reader.mended(source.stream, row, damage) : null);
  };
}

const whole = (bytes: Uint8Array, length: number): Uint8Array | null =>
  bytes.length < length ? null : bytes;

/** The byte that must stand there on the wire; null if it is not known. */
export function expectedByte({ timeline, socket, log }: Looked, at: Seq): number | null {
  const row = log.rowOf(at, log.count);
  if (row < 1) return null;
  return expectedRecords(timeline.trace)(socket, row)?.[at - log.start(row)] ?? null;
}

/**
 * Captured bytes from `from` on: the packet's own where the debugger stands at one that holds them, else those of the
 * first copy. As many as lie together, `length` at most.
 */
export function capturedBytes(view: Looked, from: Seq, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const part = capturedFrom(view, advance(from, done), length - done);
    if (part.length === 0) break;
    bytes.set(part, done);
    done += part.length;
  }
  return bytes.subarray(0, done);
}

/** Some of them, at least one if it was captured. */
function capturedFrom(view: Looked, from: Seq, length: number): Uint8Array {
  const { start, bytes } = packetBytes(view);
  if (from >= start && from < start + bytes.length)
    return bytes.subarray(from - start, from - start + length);
  const first = firstCopy(view, from, length);
  return from < start ? first.subarray(0, start - from) : first;
}

const none = new Uint8Array(0);

/** The payload of the packet that the debugger stands at, as captured; none where it stands at something else. */
function packetBytes({ timeline, position, index }: Looked): { start: Seq; bytes: Uint8Array } {
  const { events, reader } = timeline.trace;
  const { event } = position;
  const start = seq(events.seq.at(event));
  const isOwn = events.kind.at(event) === Kind.transmit && events.connection.at(event) === index;
  const offset = events.offset.at(event);
  const bytes = isOwn && offset >= 0 ? reader?.payload(offset, heldOf(timeline.trace, event)) : null;
  return { start, bytes: bytes ?? none };
}

/** How many bytes of a packet are in the file, as far as that is known where packets were cut. */
function heldOf({ events, verdicts }: Trace, event: number): number {
  const length = events.length.at(event);
  const isCut = (verdicts?.cut[events.connection.at(event)] ?? 0) > 0;
  if (!isCut || verdicts!.wire[event] === Wire.match) return length;
  const difference = verdicts!.differences.get(event);
  return difference ? difference.first - events.seq.at(event) + 1 : 0;
}

function firstCopy({ timeline, socket, log }: Looked, from: Seq, length: number): Uint8Array {
  const { source } = socket.connection;
  const row = log.rowOf(from, log.count);
  if (row < 1 || source?.kind !== "captured") return none;
  const ahead = from - log.start(row);
  return timeline.trace.reader?.captured(source.stream, row).subarray(ahead, ahead + length) ?? none;
}
