import type { Encrypter } from "../base/aead.ts";
import {
  addU64,
  headerSize,
  layoutOf,
  type RecordKeys,
  type Suite,
  sealingOf,
  tagSize,
} from "../base/record.ts";
import type { TagFault } from "../machine/rules.ts";

/** Where an engine stands: the number of its record, and what it has taken of it. */
export interface EngineMark {
  sn: bigint;
  taken: Uint8Array;
}

/** What an engine encrypts by, and what it does to tags. */
export interface Means {
  encrypter: Encrypter;
  tagFault: TagFault;
}

/**
 * The NIC's crypto engine on bytes: after params it takes the next byte for byte 0 of a record with the given
 * number, reads lengths out of the headers that come by, encrypts payload, writes tags over placeholders, counts
 * records. It is told nothing else, so fed from a wrong place it makes the garbage that hardware makes.
 */
export class NicStream {
  private readonly suite: Suite;
  private readonly keys: RecordKeys;
  private readonly means: Means;
  private readonly prependSize: number;
  private sn: bigint;
  /** The record that comes by, as it was fed, and how much of it was. */
  private record: Uint8Array = new Uint8Array(headerSize);
  private taken = 0;

  constructor(suite: Suite, keys: RecordKeys, sn: bigint, means: Means) {
    this.suite = suite;
    this.keys = keys;
    this.sn = sn;
    this.means = means;
    this.prependSize = layoutOf(suite.version, suite.cipher).prepend;
  }

  /** Takes the next bytes of the stream; where somebody asks what leaves for them, plaintext and tags change in place. */
  pass(bytes: Uint8Array, changes = false): void {
    for (let at = 0; at < bytes.length; ) at += this.takePart(bytes.subarray(at), changes);
  }

  /** Where it stands, to go back to it. */
  mark(): EngineMark {
    return { sn: this.sn, taken: this.record.slice(0, this.taken) };
  }

  goBack({ sn, taken }: EngineMark): void {
    this.sn = sn;
    this.record = taken.slice();
    this.taken = taken.length;
  }

  /** Takes what of the bytes lies in one part of a record (prepend, payload or tag), changes it if it is to, and gives its size. */
  private takePart(bytes: Uint8Array, changes: boolean): number {
    const { taken, prependSize, tagAt } = this;
    const end = taken < prependSize ? prependSize : taken < tagAt ? tagAt : tagAt + tagSize;
    const part = bytes.subarray(0, end - taken);
    if (taken + part.length > this.record.length) this.record = grown(this.record, tagAt + tagSize);
    this.record.set(part, taken);
    if (changes && taken >= tagAt) this.writeTag(part);
    else if (changes && taken >= prependSize)
      part.set(this.means.encrypter.encryptAt(this.sealing, taken - prependSize, part));
    this.taken += part.length;
    if (this.taken === tagAt + tagSize) this.nextRecord();
    return part.length;
  }

  /** Where the header puts the tag; one too short for its own nonce and tag is garbage, the shortest record stands in. */
  private get tagAt(): number {
    const body = (this.record[3]! << 8) | this.record[4]!;
    return Math.max(headerSize + body - tagSize, this.prependSize);
  }

  private get sealing() {
    return sealingOf(this.suite, this.keys, this.sn, this.record);
  }

  /** Writes the part of the tag over whatever stands there, as far as this engine does. */
  private writeTag(part: Uint8Array): void {
    const { prependSize, taken } = this;
    const { tagFault, encrypter } = this.means;
    if (tagFault === "left") return;
    const sealed = encrypter.seal(this.sealing, this.record.subarray(prependSize, this.tagAt));
    const fault = tagFault === "wrong" ? 0xff : 0;
    for (let i = 0; i < part.length; i++) part[i] = sealed[taken - prependSize + i]! ^ fault;
  }

  private nextRecord(): void {
    this.taken = 0;
    this.sn = addU64(this.sn, 1);
  }
}

/** Garbage tells of records of 64 KiB; most are a fourth of it. */
function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}
