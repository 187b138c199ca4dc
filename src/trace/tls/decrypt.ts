import {
  type Cipher,
  type Layout,
  layoutOf,
  type RecordKeys,
  recordType,
  sealingOf,
  type TlsVersion,
} from "../../core/base/record.ts";
import type { Aead } from "../platform.ts";

/** How the records of one stream are protected. */
export interface Protection {
  aead: Aead;
  version: TlsVersion;
  cipher: Cipher;
  layout: Layout;
}

export const protectionOf = (aead: Aead, version: TlsVersion, cipher: Cipher): Protection => ({
  aead,
  version,
  cipher,
  layout: layoutOf(version, cipher),
});

/** Decrypts a whole record, header to tag; gives the inner plaintext, null if the tag does not fit. */
export function openRecord(
  p: Protection,
  keys: RecordKeys,
  sn: bigint,
  record: Uint8Array,
): Uint8Array | null {
  if (record.length < p.layout.overhead) return null;
  const { prepend } = p.layout;
  return p.aead.open(sealingOf(p, keys, sn, record), record.subarray(prepend));
}

/** Content type and content of a record's inner plaintext: TLS 1.3 has the type behind it, then zeros (RFC 8446 §5.2). */
export function innerOf(
  version: TlsVersion,
  headerType: number,
  plaintext: Uint8Array,
): { type: number; size: number } {
  if (version === 0x0303) return { type: headerType, size: plaintext.length };
  let size = plaintext.length;
  while (size > 0 && plaintext[size - 1] === 0) size--;
  return size === 0
    ? { type: recordType.applicationData, size: 0 }
    : { type: plaintext[size - 1]!, size: size - 1 };
}
