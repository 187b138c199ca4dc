import type { RecordKeys } from "../../core/base/record.ts";
import type { Connection } from "../../core/machine/connection.ts";
import { numberMask, recordCipher, sizesOf } from "../reference/crypto.ts";

/** Where a broken engine differs: the tag is left as it is, or comes out wrong. */
export type TagBreak = "none" | "left" | "wrong";

/**
 * A NIC on real bytes beside the model's: it keeps its cipher running from packet to packet, as hardware does,
 * instead of computing a packet's bytes afresh from a place in the record map, and its cipher is OpenSSL's.
 */
export class ByteNic {
  /** Number of the record that it is in. */
  sn = 0n;
  private readonly connection: Connection;
  private readonly prepend: number;
  private readonly tagBreak: TagBreak;
  /** Null until it is told a record to start from: what passes is not touched. */
  private keys: RecordKeys | null = null;
  private header = Buffer.alloc(0);
  /** Payload and inner type still to come, and tag bytes still to write, of the record that it is in. */
  private payloadLeft = 0;
  private tagLeft = 0;
  private aead: ReturnType<typeof recordCipher> | null = null;
  private tag: Uint8Array = Buffer.alloc(0);

  constructor(connection: Connection, tagBreak: TagBreak) {
    this.connection = connection;
    this.prepend = sizesOf(connection).prepend;
    this.tagBreak = tagBreak;
  }

  /** After params the next byte is byte 0 of record `sn`. */
  restart(keys: RecordKeys, sn: bigint): this {
    this.keys = keys;
    this.sn = sn & numberMask;
    this.nextHeader();
    return this;
  }

  /** The context is gone, another one waits for its params. */
  forget(): void {
    this.keys = null;
  }

  private nextHeader(): void {
    this.header = Buffer.alloc(0);
    this.aead = null;
    this.tag = Buffer.alloc(0);
  }

  feed(bytes: Uint8Array): Buffer {
    if (this.keys === null) return Buffer.from(bytes);
    const out: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const piece = this.take(bytes.subarray(at), this.keys);
      out.push(piece);
      at += piece.length;
    }
    return Buffer.concat(out);
  }

  /** Works on bytes of one part of a record and gives what leaves for them. */
  private take(bytes: Uint8Array, keys: RecordKeys): Uint8Array {
    if (this.header.length < this.prepend) return this.takeHeader(bytes);
    this.aead ??= recordCipher(this.connection, keys, this.sn, this.header);
    if (this.payloadLeft > 0) {
      const piece = bytes.subarray(0, this.payloadLeft);
      this.payloadLeft -= piece.length;
      return this.aead.update(piece);
    }
    if (this.tag.length === 0) {
      this.aead.final();
      this.tag = this.aead.getAuthTag();
      if (this.tagBreak === "wrong") this.tag = Buffer.from(this.tag.map((byte) => byte ^ 0xff));
    }
    const done = 16 - this.tagLeft;
    const size = Math.min(this.tagLeft, bytes.length);
    const piece = (this.tagBreak === "left" ? bytes : this.tag.subarray(done)).subarray(0, size);
    this.tagLeft -= size;
    if (this.tagLeft === 0) {
      this.sn = (this.sn + 1n) & numberMask;
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
}
