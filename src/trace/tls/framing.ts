import { headerSize, payloadSizeMax } from "../../core/base/record.ts";
import { u16be } from "../pcap/bytes.ts";
import type { ByteStream } from "./stream.ts";

/** Header of a TLS record as it stands in the stream; `length` counts from header to tag. */
export interface Header {
  type: number;
  version: number;
  length: number;
}

/** RFC 5246 §6.2.3 allows a ciphertext 2048 bytes more than the payload; RFC 8446 §5.2 fewer. */
export const recordSizeMax = headerSize + payloadSizeMax + 2048;

/** Type of a record that TLS 1.2 may have, too (RFC 6520), which the model does not follow. */
export const heartbeat = 24;

/** The header in these bytes, null if it cannot be one: type 20 to 24, version 3.x, a length that RFC 5246 allows. */
export function parseHeader(bytes: Uint8Array, at = 0): Header | null {
  const type = bytes[at]!;
  const length = headerSize + u16be(bytes, at + 3);
  if (type < 20 || type > heartbeat || bytes[at + 1] !== 3 || bytes[at + 2]! > 4) return null;
  if (length === headerSize || length > recordSizeMax) return null;
  return { type, version: u16be(bytes, at + 1), length };
}

/** True for the header of a protected record: its version is 3.3 in TLS 1.2 and 1.3 alike. */
export const isProtectedHeader = (header: Header | null | undefined, overhead: number): header is Header =>
  header != null && header.version === 0x0303 && header.length >= overhead && header.type <= 23;

/** True if the first `count` of these bytes may begin the header of a protected record. */
export function mayBeginHeader(bytes: Uint8Array, count: number): boolean {
  const most = [23, 3, 3, recordSizeMax >> 8];
  const least = [20, 3, 3, 0];
  return most.every((high, i) => i >= count || (bytes[i]! <= high && bytes[i]! >= least[i]!));
}

const scratch = new Uint8Array(headerSize);

/** The header at a position of the stream; null if it is no header, undefined if not all of it was captured. */
export function headerAt(stream: ByteStream, position: number): Header | null | undefined {
  if (stream.read(position, headerSize, scratch) < headerSize) return undefined;
  return parseHeader(scratch);
}
