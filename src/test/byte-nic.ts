import type { Connection } from "../core/connection.ts";
import { recordCipher } from "./reference.ts";

/**
 * A NIC on real bytes beside the model's: it keeps its cipher running from packet to packet, as hardware does,
 * instead of computing a packet's bytes afresh from a place in the record map, and its cipher is OpenSSL's.
 */
export class ByteNic {
  private readonly connection: Connection;
  /** Number of the record that it is in. */
  sn = 0n;
  private header = Buffer.alloc(0);
  private readonly prepend: number;
  /** False: broken so that it leaves what stands in a tag's place. */
  private readonly writesTags: boolean;
  /** Payload and inner type still to come, and tag bytes still to write, of the record that it is in. */
  private payloadLeft = 0;
  private tagLeft = 0;
  private aead: ReturnType<typeof recordCipher> | null = null;
  private tag = Buffer.alloc(0);

  constructor(connection: Connection, prepend: number, writesTags: boolean) {
    this.connection = connection;
    this.prepend = prepend;
    this.writesTags = writesTags;
  }

  /** After params the next byte is byte 0 of record `sn`. */
  restart(sn: bigint): void {
    this.sn = sn;
    this.nextHeader();
  }

  private nextHeader(): void {
    this.header = Buffer.alloc(0);
    this.aead = null;
    this.tag = Buffer.alloc(0);
  }

  feed(bytes: Uint8Array): Buffer {
    const out: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const piece = this.take(bytes.subarray(at));
      out.push(piece);
      at += piece.length;
    }
    return Buffer.concat(out);
  }

  /** Works on bytes of one part of a record and gives what leaves for them. */
  private take(bytes: Uint8Array): Uint8Array {
    if (this.header.length < this.prepend) return this.takeHeader(bytes);
    if (this.payloadLeft > 0) {
      const piece = bytes.subarray(0, this.payloadLeft);
      this.payloadLeft -= piece.length;
      return this.cipher().update(piece);
    }
    if (this.tag.length === 0) {
      this.cipher().final();
      this.tag = this.cipher().getAuthTag();
    }
    const done = 16 - this.tagLeft;
    const size = Math.min(this.tagLeft, bytes.length);
    const piece = (this.writesTags ? this.tag.subarray(done) : bytes).subarray(0, size);
    this.tagLeft -= size;
    if (this.tagLeft === 0) {
      this.sn = (this.sn + 1n) & (2n ** 64n - 1n);
      this.nextHeader();
    }
    return piece;
  }

  private takeHeader(bytes: Uint8Array): Uint8Array {
    const piece = bytes.subarray(0, this.prepend - this.header.length);
    this.header = Buffer.concat([this.header, piece]);
    if (this.header.length === this.prepend) {
      // A length too small for nonce and tag is read out of garbage: the model takes it for an empty record.
      this.payloadLeft = Math.max(0, this.header.readUInt16BE(3) - (this.prepend - 5) - 16);
      this.tagLeft = 16;
    }
    return piece;
  }

  private cipher() {
    this.aead ??= recordCipher(this.connection, this.sn, this.header);
    return this.aead;
  }
}
