import { type Cipher, createCipheriv } from "node:crypto";
import type { RecordKeys } from "../../core/base/record.ts";
import type { Connection } from "../../core/machine/connection.ts";

/** Sizes of header with explicit nonce, and of the inner type byte (kernel.md section 1.6). */
export function sizesOf({ version, cipher }: Connection): { prepend: number; tail: number } {
  return {
    prepend: version === 0x0303 && cipher !== "chacha20-poly1305" ? 13 : 5,
    tail: version === 0x0304 ? 1 : 0,
  };
}

export const numberMask = 2n ** 64n - 1n;

/** OpenSSL's cipher for one record, additional data set: whole records and the reference NIC use it. */
export function recordCipher(connection: Connection, keys: RecordKeys, sn: bigint, header: Uint8Array) {
  const { version, cipher } = connection;
  const { prepend } = sizesOf(connection);
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(sn);
  const nonce = Buffer.concat([keys.salt, prepend > 5 ? header.subarray(5, 13) : keys.iv]);
  if (prepend === 5) for (let i = 0; i < 8; i++) nonce[4 + i]! ^= number[i]!;
  const plaintextLength = Buffer.from(header).readUInt16BE(3) - (prepend - 5) - 16;
  const length = Buffer.of((plaintextLength >> 8) & 255, plaintextLength & 255);
  const aad =
    version === 0x0304 ? header.subarray(0, 5) : Buffer.concat([number, header.subarray(0, 3), length]);
  if (cipher!.endsWith("-ccm")) return new PiecewiseCcm(cipher!, keys.key, nonce, aad);
  const aead = createCipheriv(cipher as "aes-128-gcm", keys.key, nonce, { authTagLength: 16 });
  aead.setAAD(aad);
  return aead;
}

/** OpenSSL's CCM takes a plaintext as one: its counter mode (RFC 3610 §2.3) gives pieces, and all of them together the tag. */
class PiecewiseCcm {
  private readonly tagOf: (plaintext: Buffer) => Buffer;
  private readonly counter: Cipher;
  private pieces: Uint8Array[] = [];

  constructor(name: string, key: Uint8Array, nonce: Buffer, aad: Uint8Array) {
    const first = Buffer.concat([Buffer.of(2), nonce, Buffer.of(0, 0, 1)]);
    this.counter = createCipheriv(name.replace("ccm", "ctr"), key, first);
    this.tagOf = (plaintext) => {
      const aead = createCipheriv(name as "aes-128-ccm", key, nonce, { authTagLength: 16 });
      aead.setAAD(aad, { plaintextLength: plaintext.length });
      aead.update(plaintext);
      aead.final();
      return aead.getAuthTag();
    };
  }

  update(piece: Uint8Array): Buffer {
    // A copy: the page that it lies on may be written to.
    this.pieces.push(Buffer.from(piece));
    return this.counter.update(piece);
  }

  final(): Buffer {
    return Buffer.alloc(0);
  }

  getAuthTag(): Buffer {
    return this.tagOf(Buffer.from(Buffer.concat(this.pieces)));
  }
}

/** A whole record: its header, its body in clear, and its body as it must be on the wire, tag included. */
export function sealedRecord(
  connection: Connection,
  epoch: number,
  sn: bigint,
  type: number,
  payload: Uint8Array,
) {
  const keys = connection.epochs[epoch]!;
  const { prepend, tail } = sizesOf(connection);
  const body = Buffer.concat([payload, Buffer.from(tail ? [type] : [])]);
  const header = Buffer.alloc(prepend);
  header.set([tail ? 23 : type, 3, 3]);
  header.writeUInt16BE(prepend - 5 + body.length + 16, 3);
  if (prepend > 5) {
    const iv0 = Buffer.from(keys.iv).readBigUInt64BE();
    header.writeBigUInt64BE((iv0 + sn - connection.recSeq0) & numberMask, 5);
  }
  const aead = recordCipher(connection, keys, sn, header);
  return { header, body, sealed: Buffer.concat([aead.update(body), aead.final(), aead.getAuthTag()]) };
}
