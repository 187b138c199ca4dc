import {
  addU64,
  headerSize,
  layoutOf,
  type RecordKeys,
  recordType,
  type TlsVersion,
} from "../core/record.ts";
import { CopyComparer, type Overlay } from "./copies.ts";
import { type Damage, explainDamage } from "./damage.ts";
import { innerOf, openRecord, type Protection } from "./decrypt.ts";
import { type Header, headerAt, isProtectedHeader, parseHeader, recordSizeMax } from "./framing.ts";
import { handshakeType, MessageReader } from "./handshake.ts";
import type { Progress } from "./platform.ts";
import { RecordTable, snOf } from "./records.ts";
import { headerCandidates, isChain, nextRecordLimit, SearchBudget } from "./search.ts";
import { keys13, nextSecret } from "./secrets.ts";
import type { Start } from "./start.ts";
import type { ByteStream } from "./stream.ts";
import { Authenticated } from "./trace.ts";
import type { FileWindow } from "./window.ts";

/** What following one stream's records from its offload start found. */
export interface Walked {
  table: RecordTable;
  /** Keys by epoch, null where not known. */
  epochs: (RecordKeys | null)[];
  /** Explicit nonce of the record numbered recSeq0 (TLS 1.2 GCM), null if no record told. */
  firstNonce: bigint | null;
  /** Bytes wrong in transmitted segments, by row of the segment log. */
  differences: CopyComparer["differences"];
  /** Ranges [start, end, start, end …] whose right bytes are not known, in order and merged. */
  unknown: number[];
  /** What is known of a failed record's damage, by row of the table. */
  damage: Map<number, string>;
  /** Copies that hold a record's right bytes where the stream's own pieces do not, by row of the table. */
  overlays: Map<number, Overlay[]>;
}

/** Keys and counter of the epoch that the walk is in. */
interface Epoch {
  number: number;
  keys: RecordKeys | null;
  secret: Uint8Array | null;
  /** Numbers are known (they are not without keys in TLS 1.3, nor after bytes missing from the capture). */
  index: number;
}

/** A header found again behind bytes that are no records: the number of its record. */
interface Found {
  position: number;
  index: number;
  epoch: Epoch;
}

/** Records that are told apart by number alone after bytes were lost: more are not tried. */
const lostRecordsMax = 1024;
/** Copies of a damaged record's bytes that are tried one by one. */
const copiesTriedMax = 16;

export interface WalkInput {
  stream: ByteStream;
  start: Start;
  /** Null if records cannot be decrypted: no cipher of the model. */
  protection: Protection | null;
  /** Records lie there in plaintext, behind them junk tags: the capture was taken before the NIC. */
  isHostTap: boolean;
  /** Where further copies are read, so that reading them does not disturb the stream's own window. */
  copyWindow: FileWindow;
}

/** Follows the records of a stream from its offload start to its end. */
export async function walk(input: WalkInput, progress: Progress): Promise<Walked> {
  const walker = new Walker(input);
  const { stream, start } = input;
  let steps = 0;
  while (walker.step()) {
    if (++steps % 1024 === 0)
      await progress.tick(walker.position - start.position, stream.end - start.position, "checking records");
  }
  return walker.result();
}

class Walker {
  position: number;
  readonly #input: WalkInput;
  readonly #stream: ByteStream;
  readonly #version: TlsVersion;
  readonly #overhead: number;
  readonly #table: RecordTable;
  readonly #comparer: CopyComparer;
  readonly #budget = new SearchBudget();
  readonly #epochs: (RecordKeys | null)[];
  readonly #unknown: number[] = [];
  readonly #damage = new Map<number, string>();
  readonly #overlays = new Map<number, Overlay[]>();
  readonly #buffer = new Uint8Array(recordSizeMax);
  readonly #probe = new Uint8Array(recordSizeMax);
  #messages = new MessageReader();
  #epoch: Epoch;
  #firstNonce: bigint | null = null;
  /** Explicit nonce minus record number, as the last authenticated record had it (TLS 1.2 GCM). */
  #nonceOffset: bigint | null = null;

  constructor(input: WalkInput) {
    const { start, stream, protection } = input;
    this.#input = input;
    this.#stream = stream;
    this.#version = start.version;
    this.#overhead =
      protection?.layout.overhead ??
      (start.version === 0x0303 ? headerSize + 1 : layoutOf(0x0304, "aes-128-gcm").overhead - 8);
    this.#table = new RecordTable(start.recSeq0 ?? 0n);
    this.#comparer = new CopyComparer(stream, input.copyWindow);
    const keys = protection ? start.keys : null;
    this.#epochs = [keys];
    this.#epoch = { number: 0, keys, secret: keys && start.secret, index: start.recSeq0 === null ? -1 : 0 };
    this.position = start.position;
  }

  result(): Walked {
    return {
      table: this.#table,
      epochs: this.#epochs,
      firstNonce: this.#firstNonce,
      differences: this.#comparer.differences,
      unknown: this.#unknown,
      damage: this.#damage,
      overlays: this.#overlays,
    };
  }

  /** Takes the next record, damaged stretch or gap; false at the end of the stream. */
  step(): boolean {
    if (this.position >= this.#stream.end) return false;
    const header = headerAt(this.#stream, this.position);
    if (header === undefined) return this.#withoutHeader();
    if (!isProtectedHeader(header, this.#overhead)) return this.#withBadHeader();
    const record = this.#buffer.subarray(0, header.length);
    const whole = this.#stream.read(this.position, header.length, record) === header.length;
    if (!this.#canOpen()) this.#takeUnchecked(header, whole ? record : null);
    else if (!whole) this.#takeIncomplete(header);
    else if (!this.#takeAuthentic(record)) this.#takeFailed(header, record);
    return true;
  }

  #canOpen(): boolean {
    return this.#epoch.keys !== null && !this.#input.isHostTap;
  }

  #open(epoch: Epoch, index: number, record: Uint8Array): Uint8Array | null {
    const { protection } = this.#input;
    if (protection === null || epoch.keys === null || index < 0) return null;
    return openRecord(protection, epoch.keys, snOf(this.#table.recSeq0, epoch.number, index), record);
  }

  /** Takes the record if it authenticates under the number that is due. */
  #takeAuthentic(record: Uint8Array): boolean {
    const plaintext = this.#open(this.#epoch, this.#epoch.index, record);
    if (plaintext === null) return false;
    const copies = this.#comparer.overlapping(this.position, this.position + record.length);
    this.#comparer.noteCopies(copies, this.position, record);
    this.#acceptAuthentic(record, plaintext);
    return true;
  }

  #acceptAuthentic(record: Uint8Array, plaintext: Uint8Array): void {
    const { type, size } = innerOf(this.#version, record[0]!, plaintext);
    this.#budget.earn(record.length);
    this.#learnNonce(record);
    this.#push(record.length, type, Authenticated.yes);
    this.#follow(type, plaintext.subarray(0, size));
  }

  #learnNonce(record: Uint8Array): void {
    const { protection } = this.#input;
    if (protection?.layout.prepend === headerSize || this.#epoch.number > 0) return;
    const view = new DataView(record.buffer, record.byteOffset);
    const offset = addU64(view.getBigUint64(headerSize), -BigInt(this.#epoch.index));
    this.#nonceOffset = offset;
    this.#firstNonce ??= offset;
  }

  #push(length: number, type: number, authenticated: number): void {
    const { number: epoch, index } = this.#epoch;
    this.#table.push({ start: this.position, length, type, epoch, index, authenticated });
    this.position += length;
    if (index >= 0) this.#epoch.index++;
  }

  /** Changes of keys that a record announces: KeyUpdate (RFC 8446 §4.6.3), or ChangeCipherSpec of a renegotiation. */
  #follow(type: number, content: Uint8Array): void {
    if (this.#version === 0x0303) {
      if (type === recordType.changeCipherSpec) this.#enter(this.#nextEpoch());
    } else if (type === recordType.handshake) {
      const messages = this.#messages.feed(content);
      if (messages.some((message) => message.type === handshakeType.keyUpdate))
        this.#enter(this.#nextEpoch());
    }
  }

  #nextEpoch(): Epoch {
    const { number, secret } = this.#epoch;
    const next = { number: number + 1, keys: null, secret: null, index: 0 };
    const { protection, start } = this.#input;
    if (!secret || !protection || !start.suite) return next;
    const updated = nextSecret(start.suite.hash, secret);
    return { ...next, secret: updated, keys: keys13(start.suite.hash, protection.cipher, updated) };
  }

  #enter(epoch: Epoch): void {
    this.#epoch = epoch;
    this.#epochs[epoch.number] = epoch.keys;
    this.#messages = new MessageReader();
  }

  /** A record that nothing can authenticate: no key, or plaintext in a capture taken before the NIC. */
  #takeUnchecked(header: Header, record: Uint8Array | null): void {
    const { protection, isHostTap } = this.#input;
    this.#noteUnknown(this.position, this.position + header.length);
    let type = this.#version === 0x0304 ? recordType.applicationData : header.type;
    let content = new Uint8Array(0);
    if (isHostTap && protection && record) {
      const plaintext = record.slice(protection.layout.prepend, -16);
      const inner = innerOf(this.#version, header.type, plaintext);
      type = inner.type as typeof type;
      content = plaintext.subarray(0, inner.size);
      this.#learnNonce(record);
    }
    this.#push(header.length, type, Authenticated.unknown);
    this.#follow(type, content);
  }

  /** Bytes of the record are missing, or the capture ends inside it. */
  #takeIncomplete(header: Header): void {
    const end = this.position + header.length;
    if (this.#takeByCopies()) return;
    // A record that reaches beyond the stream's end may be one whose length is damaged.
    if (end > this.#stream.end && this.#stream.contiguousEnd(this.position, end) === this.#stream.end) {
      if (this.#takeUpToNext()) return;
      if (this.#takeRepairedLast()) return;
    }
    this.#noteUnknown(this.position, end);
    this.#push(
      header.length,
      this.#version === 0x0304 ? recordType.applicationData : header.type,
      Authenticated.unknown,
    );
  }

  /** The record's tag does not fit, and its number is due. */
  #takeFailed(header: Header, record: Uint8Array): void {
    if (this.#takeByCopies()) return;
    const next = this.position + header.length;
    const followed = this.#authenticNext(next);
    if (!followed && this.#takeUpToNext()) return;
    if (
      !followed &&
      next < this.#stream.end &&
      !isProtectedHeader(headerAt(this.#stream, next) ?? null, this.#overhead)
    ) {
      if (this.#takeRepairedLast()) return;
    }
    this.#fail(record, followed);
  }

  /** Ends a failed record where its bytes end, says what is known of the damage, and goes on with the next number. */
  #fail(record: Uint8Array, followed: Epoch | null): void {
    const { protection } = this.#input;
    const { keys, index, number } = this.#epoch;
    const start = this.position;
    const sn = snOf(this.#table.recSeq0, number, index);
    const expectedNonce = this.#nonceOffset === null || number > 0 ? null : addU64(this.#nonceOffset, index);
    const found = explainDamage({
      protection: protection!,
      keys: keys!,
      sn,
      record,
      expectedNonce,
      at: start - this.#input.start.position,
    });
    this.#finishFailed(start, record, found, followed);
  }

  #finishFailed(start: number, record: Uint8Array, found: Damage, followed: Epoch | null): void {
    this.#damage.set(this.#table.count, found.text);
    const copies = this.#comparer.overlapping(start, start + record.length);
    if (found.right) {
      this.#comparer.noteCopies(copies, start, found.right);
      this.#comparer.notePieces(start, found.right);
    } else this.#noteUnknown(start, start + record.length);
    this.#push(
      record.length,
      this.#version === 0x0304 ? recordType.applicationData : record[0]!,
      Authenticated.no,
    );
    if (followed && followed !== this.#epoch) this.#enter(followed);
  }

  /** Tries other captured copies of the record's bytes, alone and all together; takes it if it authenticates so. */
  #takeByCopies(): boolean {
    const end = this.position + recordSizeMax;
    const size = this.#stream.read(this.position, recordSizeMax, this.#probe);
    const differing = this.#comparer
      .overlapping(this.position, end)
      .filter((copy) => this.#comparer.differs(copy, this.position, this.#probe.subarray(0, size)))
      .slice(0, copiesTriedMax);
    const overlays = differing.map((copy) =>
      this.#comparer.overlayOf(copy, this.position, this.position + size),
    );
    const tries =
      overlays.length > 1 ? [...overlays.map((one) => [one]), overlays] : overlays.map((one) => [one]);
    return tries.some((overlay) => this.#takeOverlaid(overlay, size));
  }

  #takeOverlaid(overlays: readonly Overlay[], size: number): boolean {
    const bytes = this.#probe.slice(0, size);
    for (const overlay of overlays) this.#comparer.lay(overlay, this.position, bytes);
    const header = parseHeader(bytes);
    if (
      !isProtectedHeader(header, this.#overhead) ||
      header.length > size ||
      !this.#budget.spend(header.length)
    )
      return false;
    const record = bytes.subarray(0, header.length);
    const plaintext = this.#open(this.#epoch, this.#epoch.index, record);
    if (plaintext === null) return false;
    const end = this.position + record.length;
    this.#overlays.set(
      this.#table.count,
      overlays.filter((overlay) => overlay.start < end),
    );
    this.#comparer.noteCopies(this.#comparer.overlapping(this.position, end), this.position, record);
    this.#comparer.notePieces(this.position, record);
    this.#acceptAuthentic(record, plaintext);
    return true;
  }

  /** The epoch in which the record at `position` authenticates as the one after the current; null if it does not. */
  #authenticNext(position: number): Epoch | null {
    const index = this.#epoch.index + 1;
    if (this.#authenticAt(position, this.#epoch, index)) return this.#epoch;
    // The record before may have been a KeyUpdate.
    const next = this.#version === 0x0304 ? this.#nextEpoch() : null;
    return next?.keys && this.#authenticAt(position, next, 0) ? next : null;
  }

  #authenticAt(position: number, epoch: Epoch, index: number): boolean {
    const header = headerAt(this.#stream, position) ?? null;
    if (!isProtectedHeader(header, this.#overhead) || !this.#budget.spend(header.length)) return false;
    const record = this.#probe.subarray(0, header.length);
    if (this.#stream.read(position, header.length, record) < header.length) return false;
    return this.#open(epoch, index, record) !== null;
  }

  /** The record's length or type is damaged: it ends where the next one authenticates, if one does nearby. */
  #takeUpToNext(): boolean {
    const to = nextRecordLimit(this.position);
    for (const { position } of headerCandidates(
      this.#stream,
      this.position + this.#overhead,
      to,
      this.#overhead,
      this.#budget,
    )) {
      const followed = this.#authenticNext(position);
      if (followed) return this.#takeDamaged(position, followed);
    }
    return false;
  }

  /** The last record of the stream ends with it: true if it authenticates with a right header. */
  #takeRepairedLast(): boolean {
    const { end } = this.#stream;
    const length = end - this.position;
    if (
      length < this.#overhead ||
      length > recordSizeMax ||
      this.#stream.contiguousEnd(this.position, end) < end
    )
      return false;
    const record = this.#repaired(length);
    return record !== null && this.#takeDamaged(end, null);
  }

  #takeDamaged(end: number, followed: Epoch | null): boolean {
    const length = end - this.position;
    const record = new Uint8Array(length);
    if (length > recordSizeMax || this.#stream.read(this.position, length, record) < length) return false;
    const right = this.#repaired(length);
    if (right === null) this.#fail(record, followed);
    else
      this.#finishFailed(
        this.position,
        record,
        { right, text: headerDamage(record, right, this.position - this.#input.start.position) },
        followed,
      );
    return true;
  }

  /** The record of this length with a header that makes it authenticate, null if none does. */
  #repaired(length: number): Uint8Array | null {
    const record = new Uint8Array(length);
    if (this.#stream.read(this.position, length, record) < length) return null;
    const types = this.#version === 0x0304 ? [23] : [record[0]!, 23, 22, 21, 20];
    for (const type of types) {
      if (!this.#budget.spend(length)) return null;
      record.set([type, 3, 3, (length - headerSize) >>> 8, (length - headerSize) & 255]);
      if (this.#open(this.#epoch, this.#epoch.index, record) !== null) return record;
    }
    return null;
  }

  #withBadHeader(): boolean {
    if (this.#canOpen() && (this.#takeByCopies() || this.#takeUpToNext() || this.#takeRepairedLast()))
      return true;
    return this.#resume();
  }

  /** Part of the header is missing. */
  #withoutHeader(): boolean {
    return this.#resume();
  }

  /** Finds the framing again behind a hole or damage; what lies between is a gap. */
  #resume(): boolean {
    const found = this.#canOpen() ? this.#findAuthentic() : this.#findChain();
    const end = found?.position ?? this.#stream.end;
    this.#noteUnknown(this.position, end);
    while (this.position < end) {
      const length = Math.min(end - this.position, gapSizeMax);
      this.#table.pushGap(this.position, length, this.#epoch.number);
      this.position += length;
    }
    if (!found) return false;
    if (found.epoch !== this.#epoch) this.#enter(found.epoch);
    this.#epoch.index = found.index;
    return true;
  }

  #findAuthentic(): Found | null {
    const { end } = this.#stream;
    const epoch = this.#epoch;
    for (const { position } of headerCandidates(
      this.#stream,
      this.position + 1,
      end,
      this.#overhead,
      this.#budget,
    )) {
      const lost = Math.min(lostRecordsMax, 1 + Math.floor((position - this.position) / this.#overhead));
      for (let k = 1; k <= lost; k++) {
        if (this.#authenticAt(position, epoch, epoch.index + k))
          return { position, index: epoch.index + k, epoch };
      }
    }
    return null;
  }

  #findChain(): Found | null {
    for (const { position } of headerCandidates(
      this.#stream,
      this.position + 1,
      this.#stream.end,
      this.#overhead,
      this.#budget,
    )) {
      if (isChain(this.#stream, position, this.#overhead)) return { position, index: -1, epoch: this.#epoch };
    }
    return null;
  }

  #noteUnknown(start: number, end: number): void {
    const last = this.#unknown.length - 1;
    if (this.#unknown[last] === start) this.#unknown[last] = end;
    else this.#unknown.push(start, end);
  }
}

/** Longest gap in one row: lengths are 32-bit columns. */
const gapSizeMax = 2 ** 30;

/** Where a record's header is not what it must be. */
function headerDamage(record: Uint8Array, right: Uint8Array, at: number): string {
  const parts = ["type", "version", "version", "length", "length"];
  const wrong = parts.map((part, i) => ({ part, i })).filter(({ i }) => record[i] !== right[i]);
  const texts = wrong.map(({ part, i }) => `byte ${at + i} (${part}) is ${record[i]}, must be ${right[i]}`);
  return `damaged header: ${texts.join(", ")}`;
}
