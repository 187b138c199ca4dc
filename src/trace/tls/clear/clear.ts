import {
  addU64,
  headerSize,
  type Layout,
  recordType,
  tagSize,
  u64Bytes,
  u64Of,
} from "../../../core/base/record.ts";
import type { ClearFault } from "../../trace.ts";
import { headerAt } from "../framing.ts";
import type { ByteStream } from "../stream.ts";

/** Bytes of an explicit nonce (RFC 5288 §3). */
const nonceSize = 8;

/** What another capture of the same connection shows of its records. Distances count from the offload start. */
export interface KnownRecords {
  /** The record that begins there as it is in plaintext, zeros for its tag; null if that is not known. */
  at(distance: number): Uint8Array | null;
  /** Where the first known record at or behind a distance begins; null if there is none. */
  from(distance: number): number | null;
}

/** What is expected of a stream whose records are to leave in plaintext with zeros for tags. */
export interface Clear {
  /** Null where no other capture is at hand. */
  known: KnownRecords | null;
  /** Position of the first record with zeros for a tag: those before it were sent before the device took over. */
  from: number;
  /** The first record's explicit nonce is told by the keys themselves, not guessed from the handshake. */
  isNonceTold: boolean;
}

const partsOf = (layout: Layout, length: number): [what: ClearFault["what"], from: number, to: number][] => [
  ["header", 0, headerSize],
  ["nonce", headerSize, layout.prepend],
  ["content", layout.prepend, length - tagSize - layout.tail],
  ["type", length - tagSize - layout.tail, length - tagSize],
  ["tag", length - tagSize, length],
];

/** The parts of a record in which it is not as it must be. */
export function faultsOf(record: Uint8Array, right: Uint8Array, layout: Layout): ClearFault[] {
  const faults: ClearFault[] = [];
  for (const [what, from, to] of partsOf(layout, record.length)) {
    let [first, last, bytes] = [-1, -1, 0];
    for (let at = from; at < to; at++) {
      if (record[at] === right[at]) continue;
      if (bytes++ === 0) first = at;
      last = at;
    }
    if (bytes > 0) faults.push({ what, from: first, to: last + 1, bytes });
  }
  return faults;
}

const { applicationData, changeCipherSpec } = recordType;

/** Puts the right header before a record of this length, with the type that stands there if it can be one. */
export function setHeader(record: Uint8Array, { tail }: Layout): void {
  const type = record[0]!;
  const isType = tail > 0 ? type === applicationData : type >= changeCipherSpec && type <= applicationData;
  const body = record.length - headerSize;
  record.set([isType ? type : applicationData, 3, 3, body >>> 8, body & 255]);
}

/** What is known of the explicit nonce that is due to a record. */
interface Counted {
  /** Null where no record told. */
  due: bigint | null;
  /** The first record may have another: the handshake alone told. */
  isGuess: boolean;
}

/** A record's right explicit nonce, and whether the records behind it count on from the one that it has. */
interface NonceFound {
  must: bigint;
  tells: boolean;
}

/**
 * Explicit nonces count up: where a record has not the one that is due, the two behind it tell whether it is wrong alone or
 * the count goes on from it.
 */
export function nonceFor(
  stream: ByteStream,
  { position, record }: { position: number; record: Uint8Array },
  { due, isGuess }: Counted,
): NonceFound {
  const is = u64Of(record.subarray(headerSize, headerSize + nonceSize));
  if (is === due) return { must: is, tells: true };
  const [next, second] = noncesFrom(stream, position + record.length);
  const goesOn = next === addU64(is, 1);
  if (due !== null && !isGuess) return { must: due, tells: goesOn };
  const isAlone =
    next !== undefined &&
    !goesOn &&
    ((due !== null && next === addU64(due, 1)) || second === addU64(next, 1));
  return isAlone ? { must: addU64(next, -1), tells: false } : { must: is, tells: true };
}

/** Explicit nonces of the two records from a position on, as far as they are captured. */
function noncesFrom(stream: ByteStream, from: number): bigint[] {
  const nonces: bigint[] = [];
  for (let at = from; nonces.length < 2; ) {
    const header = headerAt(stream, at);
    const nonce = header ? nonceAt(stream, at) : null;
    if (!header || nonce === null) break;
    nonces.push(nonce);
    at += header.length;
  }
  return nonces;
}

const scratch = new Uint8Array(nonceSize);

/** The explicit nonce of the record at a position, null if it is not captured. */
export const nonceAt = (stream: ByteStream, position: number): bigint | null =>
  stream.read(position + headerSize, nonceSize, scratch) === nonceSize ? u64Of(scratch) : null;

/** Puts an explicit nonce into a record. */
export const setNonce = (record: Uint8Array, nonce: bigint): void => record.set(u64Bytes(nonce), headerSize);
