/** TLS record layouts as the kernel's TLS layer builds them: RFC 5246 §6.2.3.3, RFC 5288, RFC 6655, RFC 7905, RFC 8446 §5. */

/** Protocol version as on the wire in setsockopt: 0x0303 is TLS 1.2, 0x0304 TLS 1.3. */
export type TlsVersion = 0x0303 | 0x0304;

/** Protocol versions by the words that people use for them. */
export const versions: Readonly<Record<string, TlsVersion>> = { "1.2": 0x0303, "1.3": 0x0304 };

export const versionName = (version: TlsVersion): "1.2" | "1.3" => (version === 0x0304 ? "1.3" : "1.2");

/** AEADs whose records the model can encrypt. Linux offloads the two AES-GCM ones only; it has no AES-CCM of 256 bits. */
export const ciphers = [
  "aes-128-gcm",
  "aes-256-gcm",
  "chacha20-poly1305",
  "aes-128-ccm",
  "aes-256-ccm",
] as const;
export type Cipher = (typeof ciphers)[number];

export const recordType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
export const headerSize = 5;
export const tagSize = 16;
/** Most payload bytes in a record (RFC 5246 §6.2.1, RFC 8446 §5.1). */
export const payloadSizeMax = 16384;

/** Where the parts of a record lie; all sizes in bytes. */
export interface Layout {
  /** Header and explicit nonce, before the payload. */
  prepend: number;
  /** The inner content type behind the payload (TLS 1.3 only). */
  tail: number;
  /** prepend + tail + tag. */
  overhead: number;
}

export function layoutOf(version: TlsVersion, cipher: Cipher): Layout {
  const explicitNonce = version === 0x0303 && cipher !== "chacha20-poly1305" ? 8 : 0;
  const prepend = headerSize + explicitNonce;
  const tail = version === 0x0304 ? 1 : 0;
  return { prepend, tail, overhead: prepend + tail + tagSize };
}

export const keySizeOf = (cipher: Cipher): number => (cipher.startsWith("aes-128") ? 16 : 32);
/** Bytes of the fixed part of the nonce: the salt of GCM and CCM, none for ChaCha20-Poly1305 whose iv is whole. */
export const saltSizeOf = (cipher: Cipher): number => (cipher === "chacha20-poly1305" ? 0 : 4);
export const ivSizeOf = (cipher: Cipher): number => (cipher === "chacha20-poly1305" ? 12 : 8);

/**
 * What setsockopt(TLS_TX) hands the kernel (struct tls12_crypto_info_*), for one key epoch.
 * In TLS 1.2 GCM and CCM `iv` is the explicit nonce of the record numbered recSeq0 (invariant I8).
 */
export interface RecordKeys {
  key: Uint8Array;
  salt: Uint8Array;
  iv: Uint8Array;
}

/** a + n modulo 2^64; `asUintN` is what engines turn into one machine addition. */
export const addU64 = (a: bigint, n: number | bigint): bigint => BigInt.asUintN(64, a + BigInt(n));

/** Kept between calls: a new DataView for each record of a capture costs more than the rest of its nonce. */
const u64View = new DataView(new ArrayBuffer(8));
const u64ViewBytes = new Uint8Array(u64View.buffer);

export function u64Bytes(n: bigint): Uint8Array {
  u64View.setBigUint64(0, n);
  return u64ViewBytes.slice();
}

export const u64Of = (bytes: Uint8Array): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0);

/** Explicit nonce of TLS 1.2 GCM or CCM record `sn`: iv0 + (sn − recSeq0), both counters advancing together. */
export const explicitNonce = (keys: RecordKeys, recSeq0: bigint, sn: bigint): Uint8Array =>
  u64Bytes(addU64(u64Of(keys.iv), sn - recSeq0));

/** Version and cipher: what a connection's records are made by. */
export interface Suite {
  version: TlsVersion;
  cipher: Cipher;
}

/** What one record is encrypted under: the four inputs of an AEAD besides the plaintext. */
export interface Sealing {
  cipher: Cipher;
  key: Uint8Array;
  nonce: Uint8Array;
  /** Additional data. */
  aad: Uint8Array;
}

/** What the record numbered `sn` is encrypted under; of its own bytes the header and the explicit nonce are read. */
export const sealingOf = (suite: Suite, keys: RecordKeys, sn: bigint, record: Uint8Array): Sealing => ({
  cipher: suite.cipher,
  key: keys.key,
  nonce: nonceOf(suite, keys, sn, record),
  aad: aadOf(suite, sn, record),
});

/** The AEAD's 12-byte nonce: salt and explicit nonce in TLS 1.2 GCM and CCM, the iv XOR the record number elsewhere. */
function nonceOf({ version, cipher }: Suite, keys: RecordKeys, sn: bigint, record: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(keys.salt);
  if (version === 0x0303 && cipher !== "chacha20-poly1305") {
    nonce.set(record.subarray(headerSize, headerSize + 8), 4);
    return nonce;
  }
  nonce.set(keys.iv, keys.salt.length);
  const counter = u64Bytes(sn);
  for (let i = 0; i < 8; i++) nonce[4 + i]! ^= counter[i]!;
  return nonce;
}

/** Additional data: recSeq ‖ type ‖ version ‖ plaintext length in TLS 1.2, the record header in TLS 1.3. */
function aadOf({ version, cipher }: Suite, sn: bigint, record: Uint8Array): Uint8Array {
  if (version === 0x0304) return record.slice(0, headerSize);
  const { prepend } = layoutOf(version, cipher);
  const length = ((record[3]! << 8) | record[4]!) - (prepend - headerSize) - tagSize;
  const aad = new Uint8Array(13);
  aad.set(u64Bytes(sn));
  aad.set(record.subarray(0, 3), 8);
  aad[11] = length >>> 8;
  aad[12] = length;
  return aad;
}

/** Header (and explicit nonce) of a record whose length from header to tag is `length`. */
export function prependOf(
  { version, cipher }: Suite,
  type: number,
  length: number,
  explicit: Uint8Array,
): Uint8Array {
  const { prepend } = layoutOf(version, cipher);
  const bytes = new Uint8Array(prepend);
  const body = length - headerSize;
  bytes.set([version === 0x0304 ? recordType.applicationData : type, 3, 3, body >>> 8, body & 255]);
  if (prepend > headerSize) bytes.set(explicit, headerSize);
  return bytes;
}
