import { keystream } from "../base/keystream.ts";
import {
  explicitNonce,
  headerSize,
  prependOf,
  type RecordKeys,
  recordType,
  type Suite,
  sealingOf,
  tagSize,
} from "../base/record.ts";
import { advance, type Seq } from "../base/seq.ts";
import type { GeneratedSource, WrittenSource } from "../machine/connection.ts";
import type { DescriptorQueue } from "../machine/descriptors.ts";
import { RecordKind, type RecordLog } from "../machine/record-log.ts";
import type { Socket } from "../machine/socket.ts";

/** Stale memory where a tag belongs until the NIC writes it: a canary, so that it is known when it leaks. */
export const placeholderTag = Uint8Array.from("PLACEHOLDER_TAG!", (letter) => letter.charCodeAt(0));

/** The 16 bytes in a tag's place: what the kernel's generation leaves there (kernel.md section 2.3, step 1). */
const placeholderOf = ({ kernel }: Socket, plaintext: Uint8Array): Uint8Array =>
  kernel.placeholder === "stale" ? placeholderTag : plaintext.subarray(0, tagSize);

/**
 * A record as it lies in host memory once `changes` rows of the change log count: header, nonce and payload in clear,
 * the placeholder tag; a record of TLS_SW as ready ciphertext. It is the caller's own. Null = not known.
 */
export function hostRecord(socket: Socket, row: number, changes: number): Uint8Array | null {
  if (socket.records.isReady(row)) return wireRecord(socket, row)?.slice() ?? null;
  const plaintext = plaintextOf(socket, row);
  if (!plaintext) return null;
  const bytes = new Uint8Array(plaintext.length + tagSize);
  bytes.set(plaintext);
  bytes.set(placeholderOf(socket, plaintext), plaintext.length);
  const body = bytes.length - headerSize;
  const told = socket.rules.lengthTold(body, socket.layout);
  if (told !== body) bytes.set([told >>> 8, told & 255], 3);
  if (changes > 0) applyWrites(socket, row, changes, bytes);
  return bytes;
}

/** The view of host memory once `changes` rows of the change log count. */
export const hostView =
  (changes: number): RecordView =>
  (socket, row) =>
    hostRecord(socket, row, changes);

/** What leaves of host memory where a driver zeroes the tags in it and encrypts nothing; ready ciphertext has its own. */
export const zeroedView =
  (changes: number): RecordView =>
  (socket, row) => {
    const record = hostRecord(socket, row, changes);
    return socket.records.isReady(row) ? record : (record?.fill(0, -tagSize) ?? null);
  };

/** The record as it was pushed, before any page of it changed. */
export const placeholderRecord = hostView(0);

/**
 * What a page write does: every byte of the range grows by the number of its row, so no two contents are alike. Growths are
 * added up over the record once, however many writes lie on each other.
 */
function applyWrites(socket: Socket, row: number, changes: number, bytes: Uint8Array): void {
  const { records, layout } = socket;
  const start = advance(records.start(row), layout.prepend);
  const payload = Math.max(0, records.length.at(row) - layout.overhead);
  const grows = new Uint8Array(payload + 1);
  socket.changes.writesIn(start, payload, changes, ({ row, at, to }) => {
    grows[at]! += 1 + (row % 255);
    grows[to]! -= 1 + (row % 255);
  });
  for (let i = 0, sum = 0; i < payload; i++) {
    sum += grows[i]!;
    bytes[layout.prepend + i]! += sum;
  }
}

/** The record as it must be on the wire: encrypted as a whole, by the one-shot AEAD. Null = content or key not known. */
export function wireRecord(socket: Socket, row: number): Uint8Array | null {
  const { version, cipher } = socket.connection;
  const keys = socket.keysOf(socket.records.epoch.at(row));
  if (!keys || !cipher) return null;
  return lastMade(wires, socket, row, () => sealed(socket, row, { cipher, version, keys }));
}

/** The record encrypted, whose keys are known. */
function sealed(socket: Socket, row: number, { cipher, version, keys }: Suite & { keys: RecordKeys }) {
  const { records } = socket;
  const plaintext = plaintextOf(socket, row);
  if (!plaintext) return null;
  const { prepend } = socket.layout;
  const sealing = sealingOf({ version, cipher }, keys, records.sn(row), plaintext);
  const bytes = new Uint8Array(plaintext.length + tagSize);
  bytes.set(plaintext.subarray(0, prepend));
  bytes.set(socket.encrypter.seal(sealing, plaintext.subarray(prepend)), prepend);
  return bytes;
}

/** True if the model knows what the row's bytes are and must become: it is a record whose content and keys are known. */
export function isKnown(socket: Socket, row: number): boolean {
  const { cipher, source } = socket.connection;
  if (!isRecord(socket, row) || !cipher || !socket.keysOf(socket.records.epoch.at(row))) return false;
  if (socket.records.payloadAt.at(row) < 0) return false;
  return source?.kind === "captured" ? plaintextOf(socket, row) !== null : source !== null;
}

const isRecord = ({ records }: Socket, row: number): boolean =>
  records.kind.at(row) === RecordKind.record || records.isReady(row);

/** Everything of a record but its tag, in clear. */
function plaintextOf(socket: Socket, row: number): Uint8Array | null {
  const { source } = socket.connection;
  if (!isRecord(socket, row) || source === null) return null;
  if (source.kind === "captured") return socket.shared.reader?.plaintext(source.stream, row) ?? null;
  return lastMade(plaintexts, socket, row, () => made(socket, row, source));
}

interface MadeRecord {
  records: RecordLog;
  row: number;
  bytes: Uint8Array | null;
}
type MadeRecords = WeakMap<DescriptorQueue, MadeRecord>;
/** By machine, for which its queue stands, the record made last: packets come in order, and many lie in one. */
const plaintexts: MadeRecords = new WeakMap();
const wires: MadeRecords = new WeakMap();

/** What `make` makes of a record, unless it was the last one made; nobody writes into it. What a capture holds is read each time. */
function lastMade(
  of: MadeRecords,
  { records, queue, connection }: Socket,
  row: number,
  make: () => Uint8Array | null,
): Uint8Array | null {
  const last = of.get(queue);
  if (last?.records === records && last.row === row) return last.bytes;
  const bytes = make();
  if (connection.source?.kind !== "captured") of.set(queue, { records, row, bytes });
  return bytes;
}

/** The record as the TLS layer builds it of what the application writes. */
function made(socket: Socket, row: number, source: GeneratedSource | WrittenSource): Uint8Array | null {
  const { records } = socket;
  const { version, cipher, recSeq0 } = socket.connection;
  const keys = socket.keysOf(records.epoch.at(row));
  if (!keys || !cipher || records.payloadAt.at(row) < 0) return null;
  const length = records.length.at(row);
  const { prepend, overhead } = socket.layout;
  const bytes = new Uint8Array(length - tagSize);
  const nonce = prepend > headerSize ? explicitNonce(keys, recSeq0, records.sn(row)) : new Uint8Array(0);
  bytes.set(prependOf({ version, cipher }, records.type.at(row), length, nonce));
  bytes.set(payloadOf(source, records.payloadAt.at(row), length - overhead), prepend);
  if (version === 0x0304) bytes[bytes.length - 1] = records.type.at(row) || recordType.applicationData;
  return bytes;
}

const payloadOf = (source: GeneratedSource | WrittenSource, offset: number, length: number): Uint8Array =>
  source.kind === "generated"
    ? keystream(source.key, offset, length)
    : source.bytes.subarray(offset, offset + length);

/** A way to look at the stream, a record at a time: in clear with placeholders, or as it must be on the wire. */
export type RecordView = (socket: Socket, row: number) => Uint8Array | null;

/** Bytes [from, from + length) of the stream, in a view of its records. Null if any of them is not known. */
export function streamBytes(socket: Socket, from: Seq, length: number, view: RecordView): Uint8Array | null {
  const { records } = socket;
  const bytes = new Uint8Array(length);
  if (records.rowOf(from, records.count) < 0) return null;
  const end = advance(from, length);
  let at = from;
  for (const row of records.rowsIn(from, end)) {
    const record = view(socket, row);
    if (!record) return null;
    const skip = at - records.start(row);
    bytes.set(record.subarray(skip, skip + end - at), at - from);
    at = records.end(row);
  }
  return at < end ? null : bytes;
}
