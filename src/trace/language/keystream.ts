import { chacha20 } from "@noble/ciphers/chacha.js";
import { keystreamKeySize } from "../../core/base/keystream.ts";
import { type Cipher, ivSizeOf, keySizeOf, type RecordKeys, saltSizeOf } from "../../core/base/record.ts";
import type { GeneratedSource } from "../../core/machine/connection.ts";

/** Bytes of a connection's name that its keys and payload come from. */
export const nameSizeMax = keystreamKeySize;

/** The name's UTF-8 bytes, not cut. */
export const nameBytes = (name: string): Uint8Array => new TextEncoder().encode(name);

/** The ChaCha20 key of a name: its UTF-8 bytes, zero-padded; what is beyond 32 bytes does not count. */
function keyOf(name: string): Uint8Array {
  const key = new Uint8Array(nameSizeMax);
  key.set(nameBytes(name).subarray(0, nameSizeMax));
  return key;
}

/** The nonce epoch · 2^32 as a 96-bit little-endian number, as RFC 8439 §2.3 reads its words. */
function nonceOf(epoch: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(4, epoch, true);
  return nonce;
}

/**
 * Keys of a connection whose declaration gives none: key ‖ salt ‖ iv are the keystream under its name with nonce 0; of a
 * later epoch, with nonce epoch · 2^32.
 */
export function derivedKeys(name: string, cipher: Cipher, epoch = 0): RecordKeys {
  const keySize = keySizeOf(cipher);
  const saltEnd = keySize + saltSizeOf(cipher);
  const stream = chacha20(keyOf(name), nonceOf(epoch), new Uint8Array(saltEnd + ivSizeOf(cipher)));
  return { key: stream.slice(0, keySize), salt: stream.slice(keySize, saltEnd), iv: stream.slice(saltEnd) };
}

/** What the application of connection `name` writes: the keystream under its name, so that a trace means the same bytes everywhere. */
export const payloadOf = (name: string): GeneratedSource => ({ kind: "generated", key: keyOf(name) });
