import type { Connection } from "../../core/machine/connection.ts";
import type { Kernel } from "../../core/machine/generation.ts";
import { placeholderTag } from "../../core/nic/bytes.ts";
import { numberMask, sealedRecord, sizesOf } from "./crypto.ts";

/** A record of the reference: places are bytes from the offload start, plain numbers that never wrap. */
export interface ReferenceRecord {
  start: number;
  end: number;
  sn: bigint;
  epoch: number;
  /** software: TCP got it as ciphertext. */
  kind: "marker" | "record" | "software";
  /** Payload bytes in each of its fragments behind the header, 0 = it is one fragment. */
  pieceSize: number;
  /** A range whose records the trace does not know. */
  isGap: boolean;
}

/**
 * records_list and the stream behind it: a list that is walked, whole records encrypted by OpenSSL as they are pushed
 * (kernel.md sections 1 and 4).
 */
export class ReferenceMap {
  /** What TCP has, in clear with placeholders or as ciphertext, and what every byte must be on the wire. */
  host = Buffer.alloc(0);
  wire = Buffer.alloc(0);
  /** records_list, the start marker included; the hint is a member of it or null; and every record ever pushed. */
  list: ReferenceRecord[] = [];
  hint: ReferenceRecord | null = null;
  readonly all: ReferenceRecord[] = [];
  /** Key epoch and number of the next record; where the context's part of the stream starts. */
  epoch = 0;
  nextSn: bigint;
  marker = 0;
  private readonly connection: Connection;
  private readonly kernel: Kernel;

  constructor(connection: Connection, kernel: Kernel) {
    this.connection = connection;
    this.kernel = kernel;
    this.nextSn = connection.recSeq0;
  }

  /** Bytes that TCP has. */
  get pushed(): number {
    return this.host.length;
  }

  /** The list holds a start marker alone, which counts as the record before the next. */
  putMarker(): void {
    this.marker = this.pushed;
    const marker: ReferenceRecord = {
      start: this.pushed,
      end: this.pushed,
      sn: (this.nextSn - 1n) & numberMask,
      epoch: this.epoch,
      kind: "marker",
      pieceSize: 0,
      isGap: false,
    };
    this.list = [marker];
    this.hint = null;
    this.all.push(marker);
  }

  /** Builds a record and adds it; software: TCP gets it as ciphertext. */
  append(type: number, content: Uint8Array, pieceSize: number, software: boolean): ReferenceRecord {
    const { connection, kernel } = this;
    const { header, body, sealed } = sealedRecord(connection, this.epoch, this.nextSn, type, content);
    const clear = Buffer.concat([header, body]);
    const tag = Buffer.alloc(16);
    if (kernel.placeholder === "stale") tag.set(placeholderTag);
    if (kernel.placeholder === "first-page") tag.set(clear.subarray(0, 16));
    const wire = Buffer.concat([header, sealed]);
    return this.add(software ? wire : Buffer.concat([clear, tag]), wire, {
      pieceSize,
      software,
      isGap: false,
    });
  }

  /** A range whose records, and so its bytes, the trace does not know. */
  appendGap(length: number): ReferenceRecord {
    const unknown = Buffer.alloc(length);
    return this.add(unknown, unknown, { pieceSize: 0, software: false, isGap: true });
  }

  private add(
    host: Buffer,
    wire: Buffer,
    { pieceSize, software, isGap }: { pieceSize: number; software: boolean; isGap: boolean },
  ): ReferenceRecord {
    const start = this.pushed;
    this.host = Buffer.concat([this.host, host]);
    this.wire = Buffer.concat([this.wire, wire]);
    const kind = software ? "software" : "record";
    const record: ReferenceRecord = {
      ...{ start, end: this.pushed, sn: this.nextSn, epoch: this.epoch, kind, pieceSize, isGap },
    };
    this.list.push(record);
    this.all.push(record);
    this.nextSn = (this.nextSn + 1n) & numberMask;
    return record;
  }

  /** What an acknowledgement frees: kernel.md section 3. */
  release(at: number): ReferenceRecord[] {
    if (this.hint && at >= this.hint.end) this.hint = null;
    const released: ReferenceRecord[] = [];
    while (this.list[0] && at >= this.list[0].end) released.push(this.list.shift()!);
    return released;
  }

  /** tls_get_record: kernel.md section 4, walking the list as the kernel does. */
  getRecord(at: number): ReferenceRecord | null {
    if (this.isBelowFloor(at)) return null;
    let i = this.hint ? this.list.indexOf(this.hint) : -1;
    if (i < 0 || at < this.list[i]!.start) {
      const head = this.list[0];
      if (!head) return null;
      const bounded = head.kind !== "marker" && this.kernel.boundsLookups;
      if (bounded && (at < head.start || at > this.list.at(-1)!.end)) return null;
      i = 0;
    }
    for (; i < this.list.length; i++) {
      const record = this.list[i]!;
      if (at >= record.end) continue;
      if (record.kind === "software") return null;
      if (!this.hint || record.end > this.hint.end) this.hint = record;
      return record;
    }
    return null;
  }

  /** Records that a rekey dropped must not pass, but for what software encrypted meanwhile (kernel.md section 8). */
  isBelowFloor(at: number): boolean {
    const record = this.recordAt(at);
    return at < this.marker && record !== null && record.kind !== "software";
  }

  /** The record that holds a byte, acknowledged or not. */
  recordAt(at: number): ReferenceRecord | null {
    return this.all.find(({ start, end }) => at >= start && at < end) ?? null;
  }

  /** Bytes behind zero-copy pages change; what is ciphertext already was copied out of them. */
  writePages(from: number, end: number, changeRow: number): void {
    const { prepend, tail } = sizesOf(this.connection);
    for (const record of this.all) {
      if (record.kind !== "record") continue;
      const last = Math.min(end, record.end - 16 - tail);
      for (let at = Math.max(from, record.start + prepend); at < last; at++)
        this.host[at] = this.host[at]! + 1 + (changeRow % 255);
    }
  }
}

/** Where in a segment bytes to be encrypted meet others, null if nowhere: the offload's start, or ciphertext of a rekey. */
export function mixedAt(records: readonly ReferenceRecord[], from: number, end: number): number | null {
  if (from < 0 && end > 0) return 0;
  const inside = records.filter((one) => one.start < end && one.end > from && one.kind !== "marker");
  const changed = inside.find(({ kind }, i) => i > 0 && kind !== inside[i - 1]!.kind);
  return changed === undefined ? null : changed.start;
}
