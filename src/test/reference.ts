import { createCipheriv } from "node:crypto";
import { placeholderTag } from "../core/bytes.ts";
import type { Connection } from "../core/connection.ts";
import type { Profile } from "../core/profile.ts";
import { profiles } from "../core/profiles/all.ts";

/** A record of the reference: places are bytes from the offload start, plain numbers that never wrap. */
export interface ReferenceRecord {
  start: number;
  end: number;
  sn: bigint;
}

/** What must become of a transmit. */
export interface Outcome {
  verdict: "encrypted" | "bypass" | "no-sync-data" | "bypass-required";
  outOfOrder: boolean;
  /** Start of the record that the resync names, −1 without a resync. */
  record: number;
}

/** Families that the reference knows. */
export const referenceProfiles = profiles.filter(({ id }) => id === "connectx" || id === "innova");

const payloadMax = 16384;
const numberMask = 2n ** 64n - 1n;

/**
 * One connection's TLS layer and driver a second time, straight from domain.md and as slow as it likes: a list that
 * is walked, objects for records, places that don't wrap, whole records encrypted by OpenSSL as they are pushed.
 */
export class Reference {
  /** What TCP has, in clear with placeholders, and what every byte must be on the wire. */
  host = Buffer.alloc(0);
  wire = Buffer.alloc(0);
  /** records_list, the start marker included; the hint is a member of it or null. */
  list: ReferenceRecord[];
  hint: ReferenceRecord | null = null;
  sndUna: number | null = null;
  expected = 0;
  readonly counters = { ooo: 0, packets: 0, bytes: 0, skip: 0, noSync: 0, bypass: 0 };
  private readonly connection: Connection;
  private readonly profile: Profile;
  private open = -1;
  private written = 0;
  private nextSn: bigint;

  constructor(connection: Connection, profile: Profile) {
    this.connection = connection;
    this.profile = profile;
    this.nextSn = connection.recSeq0;
    this.list = [{ start: 0, end: 0, sn: (connection.recSeq0 - 1n) & numberMask }];
  }

  /** Bytes that TCP has. */
  get pushed(): number {
    return this.host.length;
  }

  /** Size of header and explicit nonce. */
  get prepend(): number {
    return sizesOf(this.connection).prepend;
  }

  /** sendmsg: domain.md section 2.2, one byte range at a time. */
  send(size: number, more: boolean, typed: boolean, type: number): void {
    if (typed && this.open >= 0) this.push(23);
    for (let left = size; ; ) {
      if (this.open < 0) this.open = 0;
      const taken = Math.min(left, payloadMax - this.open);
      this.open += taken;
      this.written += taken;
      left -= taken;
      if (left === 0) break;
      this.push(type);
    }
    if (!more) this.push(type);
  }

  close(): void {
    if (this.open >= 0) this.push(23);
  }

  private push(type: number): void {
    const { epochs, payload, recSeq0 } = this.connection;
    const keys = epochs[0]!;
    const { prepend, tail } = sizesOf(this.connection);
    const body = Buffer.concat([
      payload!(this.written - this.open, this.open),
      Buffer.from(tail ? [type] : []),
    ]);
    const header = Buffer.alloc(prepend);
    header.set([tail ? 23 : type, 3, 3]);
    header.writeUInt16BE(prepend - 5 + body.length + 16, 3);
    const iv0 = Buffer.from(keys.iv);
    if (prepend > 5) header.writeBigUInt64BE((iv0.readBigUInt64BE() + this.nextSn - recSeq0) & numberMask, 5);
    const sealed = sealRecord(this.connection, this.nextSn, header, body);
    const start = this.host.length;
    this.host = Buffer.concat([this.host, header, body, placeholderTag]);
    this.wire = Buffer.concat([this.wire, header, sealed]);
    this.list.push({ start, end: this.host.length, sn: this.nextSn });
    this.nextSn = (this.nextSn + 1n) & numberMask;
    this.open = -1;
  }

  /** clean_acked: domain.md section 3. */
  ack(at: number): void {
    if (this.sndUna !== null && at <= this.sndUna) return;
    this.sndUna = at;
    if (this.hint && at >= this.hint.end) this.hint = null;
    while (this.list[0] && at >= this.list[0].end) this.list.shift();
  }

  /** tls_get_record: domain.md section 4, walking the list as the kernel does. */
  getRecord(at: number): ReferenceRecord | null {
    let i = this.hint ? this.list.indexOf(this.hint) : -1;
    if (i < 0 || at < this.list[i]!.start) {
      const head = this.list[0];
      if (!head) return null;
      const isMarker = head.start === head.end;
      if (!isMarker && (at < head.start || at > this.list.at(-1)!.end)) return null;
      i = 0;
    }
    for (; i < this.list.length; i++) {
      const record = this.list[i]!;
      if (at >= record.end) continue;
      if (!this.hint || record.end > this.hint.end) this.hint = record;
      return record;
    }
    return null;
  }

  /** The driver's decision for a segment with payload: domain.md sections 5.1 and 5.2. */
  transmit(start: number, length: number): Outcome {
    const { counters } = this;
    if (start === this.expected)
      return this.encrypt(start, length, { verdict: "encrypted", outOfOrder: false, record: -1 });
    counters.ooo++;
    const record = this.getRecord(start);
    const outcome: Outcome = { verdict: "no-sync-data", outOfOrder: true, record: -1 };
    const isMarker = record !== null && record.start === record.end;
    if (isMarker && start + length <= record.start) {
      if (this.profile.countsSkips) counters.skip++;
      return { ...outcome, verdict: "bypass" };
    }
    if (isMarker && this.profile.straddleDrop === "bypass-required") {
      counters.bypass++;
      return { ...outcome, verdict: "bypass-required" };
    }
    if (record === null || isMarker) {
      counters.noSync++;
      return outcome;
    }
    return this.encrypt(start, length, { verdict: "encrypted", outOfOrder: true, record: record.start });
  }

  private encrypt(start: number, length: number, outcome: Outcome): Outcome {
    const { mss } = this.connection;
    this.expected = start + length;
    this.counters.packets += mss > 0 ? Math.ceil(length / mss) : 1;
    this.counters.bytes += length;
    return outcome;
  }
}

function sizesOf({ version, cipher }: Connection): { prepend: number; tail: number } {
  return {
    prepend: version === 0x0303 && cipher !== "chacha20-poly1305" ? 13 : 5,
    tail: version === 0x0304 ? 1 : 0,
  };
}

/** OpenSSL's cipher for one record, additional data set: whole records and the reference NIC use it. */
export function recordCipher(connection: Connection, sn: bigint, header: Uint8Array) {
  const { version, cipher, epochs } = connection;
  const keys = epochs[0]!;
  const { prepend } = sizesOf(connection);
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(sn);
  const nonce = Buffer.concat([keys.salt, prepend > 5 ? header.subarray(5, 13) : keys.iv]);
  if (prepend === 5) for (let i = 0; i < 8; i++) nonce[4 + i]! ^= number[i]!;
  const plaintextLength = Buffer.from(header).readUInt16BE(3) - (prepend - 5) - 16;
  const length = Buffer.of((plaintextLength >> 8) & 255, plaintextLength & 255);
  const aad =
    version === 0x0304 ? header.subarray(0, 5) : Buffer.concat([number, header.subarray(0, 3), length]);
  const aead = createCipheriv(cipher as "aes-128-gcm", keys.key, nonce, { authTagLength: 16 });
  aead.setAAD(aad);
  return aead;
}

function sealRecord(connection: Connection, sn: bigint, header: Uint8Array, body: Uint8Array): Buffer {
  const aead = recordCipher(connection, sn, header);
  return Buffer.concat([aead.update(body), aead.final(), aead.getAuthTag()]);
}
