import { headerSize, recordType, tagSize } from "../../core/base/record.ts";
import { innerOf, openRecord, type Protection } from "./decrypt.ts";
import { headerAt, isProtectedHeader } from "./framing.ts";
import { snOf } from "./record-table.ts";
import type { Start } from "./start.ts";
import type { ByteStream } from "./stream.ts";

/** Where the capture was taken, as the user says it; `auto` asks the records. */
export type Tap = "auto" | "host" | "wire";

export interface TapFound {
  tap: "host" | "wire";
  /** False if the keys do not open these records, so that they are none. */
  keysUsable: boolean;
  note: string | null;
}

const hostNote =
  "records are in plaintext with junk tags: the capture was taken on the sending host before its NIC, so wire bytes cannot be compared (tap=wire if this is wrong)";
const keysNote =
  "no record authenticates with the keys given: record map without decryption; record the key log of this very session";

/** First records that are looked at. */
const recordsMax = 8;
/** Numbers off by which a broken NIC may have encrypted the first record. */
const numbersOff = 8;

/** Tells a capture taken before the NIC from one of the wire. */
export function findTap(stream: ByteStream, start: Start, protection: Protection | null, tap: Tap): TapFound {
  if (tap === "host") return { tap, keysUsable: true, note: hostNote };
  if (tap === "auto" && start.plainFinished) return { tap: "host", keysUsable: true, note: hostNote };
  const wire: TapFound = { tap: "wire", keysUsable: true, note: null };
  if (start.keys === null || protection === null) return wire;
  const records = firstRecords(stream, start, protection);
  if (records.length === 0 || records.some((record, i) => opens(record, i, start, protection))) return wire;
  const plain = records.map((record) => plainness(record, protection));
  const isPlain =
    tap === "auto" &&
    !plain.includes("no") &&
    (plain.includes("yes") || (start.keysFit && records.length > 1));
  if (isPlain && !isOffByNumber(records[0]!, start, protection))
    return { tap: "host", keysUsable: true, note: hostNote };
  return start.keysFit ? wire : { tap: "wire", keysUsable: false, note: keysNote };
}

function firstRecords(stream: ByteStream, start: Start, { layout }: Protection): Uint8Array[] {
  const records: Uint8Array[] = [];
  let position = start.position;
  while (records.length < recordsMax) {
    const header = headerAt(stream, position);
    if (!isProtectedHeader(header, layout.overhead)) break;
    const record = new Uint8Array(header.length);
    if (stream.read(position, header.length, record) < header.length) break;
    records.push(record);
    position += header.length;
  }
  return records;
}

const opens = (record: Uint8Array, index: number, start: Start, protection: Protection): boolean =>
  openRecord(protection, start.keys!, snOf(start.recSeq0 ?? 0n, 0, index), record) !== null;

/** A broken NIC's wrong record number looks like junk tags too. */
function isOffByNumber(record: Uint8Array, start: Start, protection: Protection): boolean {
  for (let off = -numbersOff; off <= numbersOff; off++) {
    if (opens(record, off, start, protection)) return true;
  }
  return false;
}

/** Whether a record's body reads as plaintext of its type: `maybe` for application data, which may be anything. */
function plainness(record: Uint8Array, { version, layout }: Protection): "yes" | "no" | "maybe" {
  const body = record.subarray(layout.prepend, record.length - tagSize);
  const { type, size } = innerOf(version, record[0]!, body);
  if (version === 0x0304 && (type < recordType.alert || type > recordType.applicationData)) return "no";
  const content = body.subarray(0, size);
  if (type === recordType.alert)
    return content.length === 2 && (content[0] === 1 || content[0] === 2) ? "yes" : "no";
  if (type === recordType.changeCipherSpec) return content.length === 1 && content[0] === 1 ? "yes" : "no";
  if (type === recordType.handshake && content.length >= 4)
    return content[0]! <= 24 && content[1] === 0 ? "yes" : "no";
  if (content.length < 2 * headerSize) return "maybe";
  return content.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
    ? "yes"
    : "maybe";
}
