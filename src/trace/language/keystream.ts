import { chacha20 } from "@noble/ciphers/chacha.js";
import { type Cipher, ivSizeOf, keySizeOf, type RecordKeys, saltSizeOf } from "../../core/base/record.ts";

/** Bytes of a connection's name that its keys and payload come from: the size of a ChaCha20 key. */
export const nameSizeMax = 32;

/** The name's UTF-8 bytes, not cut. */
export const nameBytes = (name: string): Uint8Array => new TextEncoder().encode(name);

const blockSize = 64;

/** The ChaCha20 key of a name: its UTF-8 bytes, zero-padded; what is beyond 32 bytes does not count. */
function keyOf(name: string): Uint8Array {
  const key = new Uint8Array(nameSizeMax);
  key.set(nameBytes(name).subarray(0, nameSizeMax));
  return key;
}

/** The nonce as a 96-bit little-endian number, as RFC 8439 §2.3 reads its words: 1 is `01 00 … 00`; `epoch` counts 2^32. */
function nonceNumbered(n: number, epoch = 0): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce[0] = n;
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
  const stream = chacha20(keyOf(name), nonceNumbered(0, epoch), new Uint8Array(saltEnd + ivSizeOf(cipher)));
  return { key: stream.slice(0, keySize), salt: stream.slice(keySize, saltEnd), iv: stream.slice(saltEnd) };
}

/**
 * What the application of connection `name` writes: byte i is byte i of the keystream under its name with nonce 1, so
 * that a trace means the same bytes everywhere. Any range can be asked for (offset below 2^38 bytes).
 */
export function payloadOf(name: string): (offset: number, length: number) => Uint8Array {
  const key = keyOf(name);
  const nonce = nonceNumbered(1);
  return (offset, length) => {
    const skip = offset % blockSize;
    const zeros = new Uint8Array(skip + length);
    return chacha20(key, nonce, zeros, undefined, (offset - skip) / blockSize).subarray(skip);
  };
}
