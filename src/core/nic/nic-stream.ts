import { type ResumableAead, resumableAead } from "../base/aead.ts";
import { aadOf, addU64, headerSize, layoutOf, nonceOf, type RecordKeys, tagSize } from "../base/record.ts";
import type { Connection } from "../machine/connection.ts";
import type { TagFault } from "../machine/socket.ts";

/**
 * The NIC's crypto engine on bytes: after params it takes the next byte for byte 0 of a record with the given
 * number, reads lengths out of the headers that come by, encrypts payload, writes tags over placeholders, counts
 * records. It is told nothing else, so fed from a wrong place it makes the garbage that hardware makes.
 */
export class NicStream {
  private readonly connection: Connection;
  private readonly keys: RecordKeys;
  private readonly tagFault: TagFault;
  private sn: bigint;
  private readonly prepend = new Uint8Array(headerSize + 8);
  private readonly prependSize: number;
  private taken = 0;
  private length = 0;
  private aead: ResumableAead | null = null;
  private tag: Uint8Array | null = null;

  constructor(connection: Connection, keys: RecordKeys, sn: bigint, tagFault: TagFault) {
    this.connection = connection;
    this.keys = keys;
    this.sn = sn;
    this.tagFault = tagFault;
    this.prependSize = layoutOf(connection.version, connection.cipher!).prepend;
  }

  /** Takes the next bytes of the stream and gives what leaves for them: as many, changed in place of plaintext and tags. */
  feed(bytes: Uint8Array): Uint8Array {
    const out = bytes.slice();
    for (let at = 0; at < bytes.length; ) at += this.part(bytes.subarray(at), out.subarray(at));
    return out;
  }

  /** Works on one part of a record (prepend, payload or tag) and gives the bytes it used. */
  private part(bytes: Uint8Array, out: Uint8Array): number {
    if (this.taken < this.prependSize) return this.takePrepend(bytes);
    const tagAt = this.length - tagSize;
    const used = Math.min(bytes.length, (this.taken < tagAt ? tagAt : this.length) - this.taken);
    if (this.taken < tagAt) {
      out.set(this.cipher().update(bytes.subarray(0, used)));
    } else if (this.tagFault !== "left") {
      this.tag ??=
        this.tagFault === "wrong"
          ? this.cipher()
              .tag()
              .map((byte) => byte ^ 0xff)
          : this.cipher().tag();
      out.set(this.tag.subarray(this.taken - tagAt, this.taken - tagAt + used));
    }
    this.taken += used;
    if (this.taken === this.length) this.nextRecord();
    return used;
  }

  private takePrepend(bytes: Uint8Array): number {
    const used = Math.min(bytes.length, this.prependSize - this.taken);
    this.prepend.set(bytes.subarray(0, used), this.taken);
    this.taken += used;
    // A header too short for its own nonce and tag can only come from garbage; the shortest record stands in.
    const body = (this.prepend[3]! << 8) | this.prepend[4]!;
    this.length = Math.max(headerSize + body, this.prependSize + tagSize);
    return used;
  }

  private cipher(): ResumableAead {
    const { version, cipher } = this.connection;
    const header = this.prepend.subarray(0, this.prependSize);
    this.aead ??= resumableAead(
      cipher!,
      this.keys.key,
      nonceOf(version, cipher!, this.keys, this.sn, header.subarray(headerSize)),
      aadOf(version, cipher!, this.sn, header),
    );
    return this.aead;
  }

  private nextRecord(): void {
    this.taken = 0;
    this.aead = null;
    this.tag = null;
    this.sn = addU64(this.sn, 1);
  }
}
