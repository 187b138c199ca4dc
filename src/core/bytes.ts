import { seal } from "./aead.ts";
import type { Machine } from "./machine.ts";
import {
  aadOf,
  explicitNonce,
  headerSize,
  layoutOf,
  nonceOf,
  prependOf,
  recordType,
  tagSize,
} from "./record.ts";
import { RecordKind } from "./records.ts";
import { advance, before, distance, type Seq } from "./seq.ts";

/** What stands where a tag belongs until the NIC writes it: a canary, so that it is known when it leaks. */
export const placeholderTag = Uint8Array.from("PLACEHOLDER_TAG!", (letter) => letter.charCodeAt(0));

/** A record as the TLS layer hands it to TCP: header, nonce and payload in clear, the placeholder tag. Null = not known. */
export function placeholderRecord(machine: Machine, connection: number, row: number): Uint8Array | null {
  const plaintext = plaintextOf(machine, connection, row);
  if (!plaintext) return null;
  const bytes = new Uint8Array(plaintext.length + tagSize);
  bytes.set(plaintext);
  bytes.set(placeholderTag, plaintext.length);
  return bytes;
}

/** The record as it must be on the wire: encrypted as a whole, by the one-shot AEAD. Null = content or key not known. */
export function wireRecord(machine: Machine, connection: number, row: number): Uint8Array | null {
  const { version, cipher, epochs } = machine.connections[connection]!;
  const log = machine.records[connection]!;
  const keys = epochs[log.epoch.at(row)];
  const plaintext = plaintextOf(machine, connection, row);
  if (!plaintext || !keys || !cipher) return null;
  const { prepend } = layoutOf(version, cipher);
  const header = plaintext.subarray(0, prepend);
  const sn = log.sn(row);
  const nonce = nonceOf(version, cipher, keys, sn, header.subarray(headerSize));
  const bytes = new Uint8Array(plaintext.length + tagSize);
  bytes.set(header);
  bytes.set(
    seal(cipher, keys.key, nonce, aadOf(version, cipher, sn, header), plaintext.subarray(prepend)),
    prepend,
  );
  return bytes;
}

/** True if the model knows what the row's bytes are and must become: it is a record whose content and keys are known. */
export function isKnown(machine: Machine, connection: number, row: number): boolean {
  const { cipher, epochs, source, payload } = machine.connections[connection]!;
  const log = machine.records[connection]!;
  if (log.kind.at(row) !== RecordKind.record || !cipher || !epochs[log.epoch.at(row)]) return false;
  return source ? source.plaintext(row) !== null : payload !== null;
}

/** Everything of a record but its tag, in clear. */
function plaintextOf(machine: Machine, connection: number, row: number): Uint8Array | null {
  const { source, payload } = machine.connections[connection]!;
  const log = machine.records[connection]!;
  if (log.kind.at(row) !== RecordKind.record) return null;
  if (source) return source.plaintext(row);
  return payload ? generated(machine, connection, row, payload) : null;
}

function generated(
  machine: Machine,
  connection: number,
  row: number,
  payload: (offset: number, length: number) => Uint8Array,
): Uint8Array | null {
  const { version, cipher, epochs, recSeq0 } = machine.connections[connection]!;
  const log = machine.records[connection]!;
  const keys = epochs[log.epoch.at(row)];
  if (!keys || !cipher) return null;
  const length = log.length.at(row);
  const { prepend, overhead } = layoutOf(version, cipher);
  const bytes = new Uint8Array(length - tagSize);
  const nonce = prepend > headerSize ? explicitNonce(keys, recSeq0, log.sn(row)) : new Uint8Array(0);
  bytes.set(prependOf(version, cipher, log.type.at(row), length, nonce));
  bytes.set(payload(log.payloadAt.at(row), length - overhead), prepend);
  if (version === 0x0304) bytes[bytes.length - 1] = log.type.at(row) || recordType.applicationData;
  return bytes;
}

/** Which of the three ways to look at the stream: in clear with placeholders, or as it must be on the wire. */
export type RecordView = typeof placeholderRecord;

/** Bytes [from, from + length) of the stream, in a view of its records. Null if any of them is not known. */
export function streamBytes(
  machine: Machine,
  connection: number,
  from: Seq,
  length: number,
  view: RecordView,
): Uint8Array | null {
  const log = machine.records[connection]!;
  const bytes = new Uint8Array(length);
  let row = log.rowOf(from, log.count);
  if (row < 0) return null;
  const end = advance(from, length);
  for (let at = from; before(at, end); row++) {
    const record = row < log.count ? view(machine, connection, row) : null;
    if (!record) return null;
    const skip = distance(log.start(row), at);
    bytes.set(record.subarray(skip, skip + distance(at, end)), distance(from, at));
    at = log.end(row);
  }
  return bytes;
}

/** The record's content: what the application gave it, without the inner type and padding of TLS 1.3 (RFC 8446 §5.4). */
export function contentOf(machine: Machine, connection: number, row: number): Uint8Array | null {
  const { version, cipher } = machine.connections[connection]!;
  const plaintext = plaintextOf(machine, connection, row);
  if (!plaintext || !cipher) return null;
  const inner = plaintext.subarray(layoutOf(version, cipher).prepend);
  if (version === 0x0303) return inner;
  const typeAt = inner.findLastIndex((byte) => byte !== 0);
  return inner.subarray(0, Math.max(0, typeAt));
}
