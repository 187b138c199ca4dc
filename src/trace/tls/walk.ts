import {
  addU64,
  headerSize,
  layoutOf,
  type RecordKeys,
  recordType,
  type TlsVersion,
  tagSize,
} from "../../core/base/record.ts";
import type { FileWindow } from "../pcap/window.ts";
import type { Progress } from "../platform.ts";
import { Authenticated, type Damage } from "../trace.ts";
import { CopyComparer, type Overlay, overlaysWithin } from "./copies.ts";
import { type Diagnosis, damagedIn, diagnose } from "./damage.ts";
import { innerOf, type Protection } from "./decrypt.ts";
import { type Epoch, RecordOpener } from "./epochs.ts";
import { type Header, headerAt, isProtectedHeader, parseHeader, recordSizeMax } from "./framing.ts";
import { handshakeType, MessageReader } from "./handshake.ts";
import { RecordTable } from "./record-table.ts";
import { type Hello, helloOf } from "./renegotiation.ts";
import { type Followed, FramingSearch, SearchBudget } from "./search.ts";
import type { Start } from "./start.ts";
import type { ByteStream } from "./stream.ts";

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
  damage: Map<number, Damage>;
  /** Copies that hold a record's right bytes where the stream's own pieces do not, by row of the table. */
  overlays: Map<number, Overlay[]>;
  /** The last hello of each epoch, by its number (TLS 1.2): one before a change of keys begins a renegotiation. */
  hellos: (Hello | undefined)[];
}

export interface WalkInput {
  stream: ByteStream;
  start: Start;
  /** Null if records cannot be decrypted: no cipher of the model. */
  protection: Protection | null;
  /** Keys after the first, second … renegotiation, as far as they are known. */
  renewals: readonly RecordKeys[];
  /** Records lie there in plaintext, behind them junk tags: the capture was taken before the NIC. */
  isHostTap: boolean;
  /** Where further copies are read, so that reading them does not disturb the stream's own window. */
  copyWindow: FileWindow;
}

/** Records between two questions whether to go on. */
const tickEvery = 512;
/** Copies of a damaged record's bytes that are tried one by one. */
const copiesTriedMax = 16;
/** What looking for a damaged byte costs beside the record's own length, in bytes decrypted. */
const explainCost = 1 << 17;

/** Follows the records of a stream from its offload start to its end. */
export async function walk(input: WalkInput, progress: Progress): Promise<Walked> {
  const walker = new Walker(input);
  const { stream, start } = input;
  for (let steps = 1; walker.step(); steps++) {
    if (steps % tickEvery !== 0) continue;
    await progress.tick(walker.position - start.position, stream.end - start.position, "checking records");
  }
  return walker.result();
}

class Walker {
  position: number;
  private readonly stream: ByteStream;
  private readonly version: TlsVersion;
  private readonly protection: Protection | null;
  private readonly isHostTap: boolean;
  /** Fewest bytes that a record has. */
  private readonly sizeMin: number;
  private readonly origin: number;
  private readonly opener: RecordOpener;
  private readonly search: FramingSearch;
  private readonly comparer: CopyComparer;
  private readonly budget = new SearchBudget();
  private readonly walked: Walked;
  private readonly buffer = new Uint8Array(recordSizeMax);
  private readonly other = new Uint8Array(recordSizeMax);
  private messages = new MessageReader();
  private epoch: Epoch;
  /** Place in the epoch of the record that is due; −1 = unknown. */
  private index: number;
  /** Records of the epoch since the last one that was read. */
  private unread = 0;
  /** Explicit nonce of the epoch's first record, as the last record told it. */
  private nonce: bigint | null;
  /** What the first record's explicit nonce should be, if that was known beforehand. */
  private readonly dueNonce: bigint | null;

  constructor({ start, stream, protection, renewals, isHostTap, copyWindow }: WalkInput) {
    this.stream = stream;
    this.version = start.version;
    this.protection = protection;
    this.isHostTap = isHostTap;
    this.origin = start.position;
    this.position = start.position;
    this.opener = new RecordOpener(start, protection, renewals);
    this.sizeMin = protection?.layout.overhead ?? shortest(start.version);
    this.search = new FramingSearch(stream, start.version, this.opener, this.sizeMin, this.budget);
    this.comparer = new CopyComparer(stream, copyWindow);
    this.epoch = this.opener.first;
    this.index = start.recSeq0 === null ? -1 : 0;
    this.nonce = start.nonce;
    this.dueNonce = start.nonce;
    this.walked = {
      table: new RecordTable(start.recSeq0 ?? 0n),
      epochs: [this.epoch.keys],
      firstNonce: null,
      differences: this.comparer.differences,
      unknown: [],
      damage: new Map(),
      overlays: new Map(),
      hellos: [],
    };
  }

  result(): Walked {
    this.walked.firstNonce ??= this.dueNonce;
    return this.walked;
  }

  /** Takes the next record, damaged stretch or gap; false at the end of the stream. */
  step(): boolean {
    if (this.position >= this.stream.end) return false;
    const header = headerAt(this.stream, this.position);
    if (header === undefined) return this.resume();
    if (!isProtectedHeader(header, this.sizeMin)) return this.takeBadHeader() || this.resume();
    const record = this.buffer.subarray(0, header.length);
    const isWhole = this.stream.read(this.position, header.length, record) === header.length;
    if (!this.canOpen()) this.takeUnchecked(header, isWhole ? record : null);
    else if (!isWhole) this.takeIncomplete(header);
    else if (!this.takeAuthentic(record)) this.takeFailed(record);
    return true;
  }

  private canOpen(): boolean {
    return this.epoch.keys !== null && this.index >= 0 && !this.isHostTap;
  }

  /** Takes the record if it authenticates as the one that is due. */
  private takeAuthentic(record: Uint8Array): boolean {
    const plaintext = this.opener.open(this.epoch, this.index, record);
    if (plaintext === null) return false;
    const copies = this.comparer.overlapping(this.position, this.position + record.length);
    this.comparer.noteCopies(copies, this.position, record);
    this.accept(record, plaintext);
    return true;
  }

  private accept(record: Uint8Array, plaintext: Uint8Array): void {
    const { type, size } = innerOf(this.version, record[0]!, plaintext);
    this.budget.earn(record.length);
    this.learnNonce(record);
    this.push(record.length, type, Authenticated.yes);
    this.follow(type, plaintext, size);
  }

  /** Every record that authenticates tells what explicit nonces count from. */
  private learnNonce(record: Uint8Array): void {
    this.nonce = this.opener.firstNonce(this.index, record);
    if (this.epoch.number === 0) this.walked.firstNonce ??= this.nonce;
  }

  private push(length: number, type: number, authenticated: number): void {
    const { number: epoch } = this.epoch;
    this.walked.table.push({ start: this.position, length, type, epoch, index: this.index, authenticated });
    this.position += length;
    this.unread = authenticated === Authenticated.yes ? 0 : this.unread + 1;
    if (this.index >= 0) this.index++;
  }

  /** Changes of keys that a record announces: KeyUpdate (RFC 8446 §4.6.3), or ChangeCipherSpec of a renegotiation. */
  private follow(type: number, plaintext: Uint8Array, size: number): void {
    const isTls12 = this.version === 0x0303;
    if (isTls12 && type === recordType.changeCipherSpec) this.enter(this.opener.after(this.epoch));
    if (type !== recordType.handshake || size === 0) return;
    for (const message of this.messages.feed(plaintext.subarray(0, size))) {
      if (isTls12)
        this.walked.hellos[this.epoch.number] = helloOf(message) ?? this.walked.hellos[this.epoch.number];
      else if (message.type === handshakeType.keyUpdate) this.enter(this.opener.after(this.epoch));
    }
  }

  private enter(epoch: Epoch): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.index = 0;
    this.unread = 0;
    this.nonce = null;
    const { epochs } = this.walked;
    while (epochs.length < epoch.number) epochs.push(null);
    epochs[epoch.number] = epoch.keys;
    this.messages = new MessageReader();
  }

  /** Type of a record that was not decrypted. */
  private outerType(type: number): number {
    return this.version === 0x0304 ? recordType.applicationData : type;
  }

  /** A record that nothing can authenticate: no key, or plaintext in a capture taken before the NIC. */
  private takeUnchecked(header: Header, record: Uint8Array | null): void {
    this.noteUnknown(this.position, this.position + header.length);
    this.budget.earn(header.length);
    if (this.isHostTap && this.protection && record) {
      const plaintext = record.subarray(this.protection.layout.prepend, record.length - tagSize);
      const { type, size } = innerOf(this.version, header.type, plaintext);
      this.learnNonce(record);
      this.push(header.length, type, Authenticated.unknown);
      this.follow(type, plaintext, size);
    } else {
      this.pushUnread(header.length, header.type, Authenticated.unknown);
    }
  }

  /** Bytes of the record are missing, or the capture ends inside it. */
  private takeIncomplete(header: Header): void {
    const end = this.position + header.length;
    if (this.takeByCopies()) return;
    // Of a record that reaches beyond the stream's end the length may be damaged.
    const reachesBeyond = end > this.stream.end && this.isCapturedToEnd();
    if (reachesBeyond && (this.takeUpToNext() || this.takeAsLast())) return;
    this.noteUnknown(this.position, end);
    this.pushUnread(header.length, header.type, Authenticated.unknown);
  }

  /** A record of which only the header's type is known. */
  private pushUnread(length: number, headerType: number, authenticated: number): void {
    const type = this.outerType(headerType);
    this.push(length, type, authenticated);
    if (this.version === 0x0303) this.follow(type, this.other, 0);
  }

  /** Takes the record if a change of keys among the records before it, which could not be read, explains its tag. */
  private takeBehindUnread(record: Uint8Array): boolean {
    const found = this.search.behindUnread(this.position, this.epoch, this.unread);
    if (found === null) return false;
    // Where among them the keys changed is not known: only the first one's number is sure.
    this.walked.table.forgetNumbers(this.unread - 1);
    this.enter(found.epoch);
    this.index = found.index;
    return this.takeAuthentic(record);
  }

  private isCapturedToEnd(): boolean {
    const { end } = this.stream;
    return end - this.position <= recordSizeMax && this.stream.contiguousEnd(this.position, end) === end;
  }

  /** The record's tag does not fit the number that is due. */
  private takeFailed(record: Uint8Array): void {
    if (this.takeByCopies() || this.takeBehindUnread(record)) return;
    const next = this.position + record.length;
    const followed = this.search.followedAt(next, this.epoch, this.index);
    if (!followed) {
      if (this.takeUpToNext()) return;
      const endsInDoubt =
        next < this.stream.end && !isProtectedHeader(headerAt(this.stream, next), this.sizeMin);
      if (endsInDoubt && this.takeAsLast()) return;
    }
    this.fail(record, followed);
  }

  /** Takes a record that has a damaged header, if it can be told where it ends. */
  private takeBadHeader(): boolean {
    return this.canOpen() && (this.takeByCopies() || this.takeUpToNext() || this.takeAsLast());
  }

  /** The record's length is damaged: it ends where the next one authenticates, if one does nearby. */
  private takeUpToNext(): boolean {
    const followed = this.search.nextRecord(this.position, this.epoch, this.index);
    return followed !== null && this.takeUpTo(followed.position, followed);
  }

  /** The record's length is damaged and it is the stream's last one. */
  private takeAsLast(): boolean {
    const { end } = this.stream;
    if (!this.isCapturedToEnd()) return false;
    const right = this.search.withRightHeader(this.position, end - this.position, this.epoch, this.index);
    return right !== null && this.takeUpTo(end, null);
  }

  private takeUpTo(end: number, followed: Followed | null): boolean {
    const length = end - this.position;
    const record = new Uint8Array(length);
    if (length > recordSizeMax || this.stream.read(this.position, length, record) < length) return false;
    const right = this.search.withRightHeader(this.position, length, this.epoch, this.index);
    if (right === null) this.fail(record, followed);
    else this.finishFailed(record, damagedIn("header", record, right, this.position - this.origin), followed);
    return true;
  }

  /** Says what is known of a failed record's damage, and goes on behind it with the next number. */
  private fail(record: Uint8Array, followed: Followed | null): void {
    const { keys } = this.epoch;
    const at = this.position - this.origin;
    const sn = this.opener.snOf(this.epoch, this.index);
    const isExplained = this.budget.spend(explainCost + 32 * record.length);
    const nonce = this.nonce ?? (followed && this.opener.firstNonce(this.index + 1, followed.record));
    const expectedNonce = nonce === null ? null : addU64(nonce, this.index);
    const failed = { protection: this.protection!, keys: keys!, sn, record, expectedNonce, at };
    this.finishFailed(record, diagnose(failed, isExplained), followed);
  }

  private finishFailed(record: Uint8Array, found: Diagnosis, followed: Followed | null): void {
    const end = this.position + record.length;
    this.walked.damage.set(this.walked.table.count, found.damage);
    const copies = this.comparer.overlapping(this.position, end);
    if (found.right) {
      this.comparer.noteCopies(copies, this.position, found.right);
      this.comparer.notePieces(this.position, found.right);
    } else this.noteUnknown(this.position, end);
    const plaintext = found.right && this.opener.open(this.epoch, this.index, found.right);
    const { type, size } = plaintext
      ? innerOf(this.version, found.right![0]!, plaintext)
      : { type: followed ? recordType.applicationData : this.outerType(record[0]!), size: 0 };
    this.push(record.length, this.outerType(record[0]!), Authenticated.no);
    this.follow(type, plaintext ?? record, size);
    if (followed) this.enter(followed.epoch);
  }

  /** Tries other captured copies of the record's bytes, alone and all together; takes it if it authenticates so. */
  private takeByCopies(): boolean {
    if (this.comparer.overlapping(this.position, this.position + recordSizeMax).length === 0) return false;
    const size = this.stream.read(this.position, recordSizeMax, this.other);
    const bytes = this.other.subarray(0, size);
    const end = this.position + size;
    const overlays: Overlay[] = [];
    for (const copy of this.comparer.overlapping(this.position, end)) {
      const overlay = this.comparer.overlayOf(copy, this.position, end);
      if (overlays.length === copiesTriedMax || !this.budget.spend(overlay.length)) break;
      if (this.comparer.differs(copy, this.position, bytes)) overlays.push(overlay);
    }
    if (overlays.length > 1 && this.takeOverlaid(overlays, bytes)) return true;
    return overlays.some((overlay) => this.takeOverlaid([overlay], bytes));
  }

  private takeOverlaid(overlays: readonly Overlay[], bytes: Uint8Array): boolean {
    const laid = bytes.slice();
    for (const overlay of overlays) this.comparer.lay(overlay, this.position, laid);
    const header = parseHeader(laid);
    if (!isProtectedHeader(header, this.sizeMin) || header.length > laid.length) return false;
    const record = laid.subarray(0, header.length);
    const plaintext = this.budget.spendOpening(record.length)
      ? this.opener.open(this.epoch, this.index, record)
      : null;
    if (plaintext === null) return false;
    const end = this.position + record.length;
    this.walked.overlays.set(this.walked.table.count, overlaysWithin(overlays, end));
    this.comparer.noteCopies(this.comparer.overlapping(this.position, end), this.position, record);
    this.comparer.notePieces(this.position, record);
    this.accept(record, plaintext);
    return true;
  }

  /** Finds the framing again behind a hole or damage; what lies between is a gap. False if it is lost for good. */
  private resume(): boolean {
    const authentic = this.canOpen()
      ? this.search.nextAuthentic(this.position, this.epoch, this.index, this.unread)
      : null;
    const found = authentic ?? this.search.nextChain(this.position, this.epoch);
    const end = found?.position ?? this.stream.end;
    this.noteUnknown(this.position, end);
    this.walked.table.pushGap(this.position, end, this.epoch.number);
    this.position = end;
    if (found === null) return false;
    this.enter(found.epoch);
    this.index = found.index;
    return true;
  }

  private noteUnknown(start: number, end: number): void {
    const { unknown } = this.walked;
    const last = unknown.length - 1;
    if (unknown[last] === start) unknown[last] = end;
    else unknown.push(start, end);
  }
}

/** Fewest bytes of a record whose cipher is not one of the model: CCM_8 has a tag of 8 bytes. */
const shortest = (version: TlsVersion): number =>
  version === 0x0303 ? headerSize + 1 : layoutOf(version, "aes-128-gcm").overhead - tagSize / 2;
