import { seal } from "../base/aead.ts";
import { keystream } from "../base/keystream.ts";
import {
  aadOf,
  explicitNonce,
  headerSize,
  layoutOf,
  nonceOf,
  prependOf,
  recordType,
  tagSize,
} from "../base/record.ts";
import { advance, before, distance, type Seq } from "../base/seq.ts";
import type { GeneratedSource, WrittenSource } from "../machine/connection.ts";
import { kernelOf, type Machine, profileOf } from "../machine/machine.ts";
import { RecordKind } from "../machine/record-log.ts";

/** Stale memory where a tag belongs until the NIC writes it: a canary, so that it is known when it leaks. */
export const placeholderTag = Uint8Array.from("PLACEHOLDER_TAG!", (letter) => letter.charCodeAt(0));

/** The 16 bytes in a tag's place: what the kernel's generation leaves there (kernel.md section 2.3, step 1). */
function placeholderOf(machine: Machine, connection: number, plaintext: Uint8Array): Uint8Array {
  switch (kernelOf(machine, connection).placeholder) {
    case "stale":
      return placeholderTag;
    case "zeros":
      return new Uint8Array(tagSize);
    case "first-page":
      return plaintext.subarray(0, tagSize);
  }
}

/**
 * A record as it lies in host memory once `changes` rows of the change log count: header, nonce and payload in clear,
 * the placeholder tag; a record of TLS_SW as ready ciphertext. Null = not known.
 */
export function hostRecord(
  machine: Machine,
  connection: number,
  row: number,
  changes: number,
): Uint8Array | null {
  if (machine.records[connection]!.kind.at(row) === RecordKind.software)
    return wireRecord(machine, connection, row);
  const plaintext = plaintextOf(machine, connection, row);
  if (!plaintext) return null;
  const bytes = new Uint8Array(plaintext.length + tagSize);
  bytes.set(plaintext);
  bytes.set(placeholderOf(machine, connection, plaintext), plaintext.length);
  if (profileOf(machine, connection).faults.headersUnsized) unsize(machine, connection, bytes);
  if (changes > 0) applyWrites(machine, connection, row, changes, bytes);
  return bytes;
}

/** What tls_fill_prepend() writes where the sizes of nonce and tag are still 0. */
function unsize(machine: Machine, connection: number, bytes: Uint8Array): void {
  const { version, cipher } = machine.connections[connection]!;
  const payload = bytes.length - layoutOf(version, cipher ?? "aes-128-gcm").overhead;
  bytes[3] = payload >>> 8;
  bytes[4] = payload & 255;
}

/** The record as it was pushed, before any page of it changed. */
export const placeholderRecord: RecordView = (machine, connection, row) =>
  hostRecord(machine, connection, row, 0);

/** What a page write does: every byte of the range grows by the number of its row, so no two contents are alike. */
function applyWrites(
  machine: Machine,
  connection: number,
  row: number,
  changes: number,
  bytes: Uint8Array,
): void {
  const log = machine.records[connection]!;
  const { version, cipher } = machine.connections[connection]!;
  const { prepend, overhead } = layoutOf(version, cipher ?? "aes-128-gcm");
  const start = advance(log.start(row), prepend);
  const payload = log.length.at(row) - overhead;
  const writes = machine.changes[connection]?.writesIn(start, payload, changes) ?? [];
  for (const write of writes) {
    const at = prepend + distance(start, write.from);
    for (let i = at; i < at + write.length; i++) bytes[i] = bytes[i]! + 1 + (write.row % 255);
  }
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
  const { cipher, epochs, source } = machine.connections[connection]!;
  const log = machine.records[connection]!;
  if (!isRecord(log.kind.at(row)) || !cipher || !epochs[log.epoch.at(row)]) return false;
  return source?.kind === "captured" ? plaintextOf(machine, connection, row) !== null : source !== null;
}

const isRecord = (kind: number): boolean => kind === RecordKind.record || kind === RecordKind.software;

/** Everything of a record but its tag, in clear. */
function plaintextOf(machine: Machine, connection: number, row: number): Uint8Array | null {
  const { source } = machine.connections[connection]!;
  const log = machine.records[connection]!;
  if (!isRecord(log.kind.at(row)) || source === null) return null;
  if (source.kind === "captured") return machine.reader?.plaintext(source.stream, row) ?? null;
  return made(machine, connection, row, source);
}

/** The record as the TLS layer builds it of what the application writes. */
function made(
  machine: Machine,
  connection: number,
  row: number,
  source: GeneratedSource | WrittenSource,
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
  bytes.set(payloadOf(source, log.payloadAt.at(row), length - overhead), prepend);
  if (version === 0x0304) bytes[bytes.length - 1] = log.type.at(row) || recordType.applicationData;
  return bytes;
}

const payloadOf = (source: GeneratedSource | WrittenSource, offset: number, length: number): Uint8Array =>
  source.kind === "generated"
    ? keystream(source.key, offset, length)
    : source.bytes.subarray(offset, offset + length);

/** A way to look at the stream, a record at a time: in clear with placeholders, or as it must be on the wire. */
export type RecordView = (machine: Machine, connection: number, row: number) => Uint8Array | null;

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
    // A rekey's start marker has no bytes.
    if (row < log.count && log.length.at(row) === 0) continue;
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
