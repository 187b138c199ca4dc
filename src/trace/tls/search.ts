import { headerSize, recordType, type TlsVersion } from "../../core/base/record.ts";
import type { Epoch, RecordOpener } from "./epochs.ts";
import { headerAt, isProtectedHeader, parseHeader, recordSizeMax } from "./framing.ts";
import type { ByteStream } from "./stream.ts";

/**
 * How much work may go into damage, in bytes looked at or decrypted. Records that authenticate earn more, so a damaged
 * stretch of a good capture is always searched and a hostile capture costs no more than a good one.
 */
export class SearchBudget {
  left = 1 << 25;
  /** What has to stay for what comes after. */
  private reserved = 0;

  /** Pays for looking at so many bytes; false once nothing is left. */
  spend(bytes: number): boolean {
    this.left -= bytes;
    return this.left > this.reserved;
  }

  /** What `search` finds with half of what is left. */
  halfFor<T>(search: () => T): T {
    this.reserved = this.left / 2;
    const found = search();
    this.reserved = 0;
    return found;
  }

  /** Pays for decrypting so many bytes. */
  spendOpening(bytes: number): boolean {
    return this.spend(bytes + openingCost);
  }

  earn(bytes: number): void {
    this.left = Math.min(1 << 27, this.left + 2 * bytes);
  }
}

/** What a decryption costs beside its bytes: as much as that many bytes more. */
const openingCost = 1 << 12;

/** A header found again behind bytes that are no records, and its record's place in the epoch (−1 = unknown). */
export interface Found {
  position: number;
  index: number;
  epoch: Epoch;
}

/** The record that was due authenticates at `position`, under the keys of `epoch`. */
export interface Followed {
  position: number;
  epoch: Epoch;
  /** The record's bytes, until the next search. */
  record: Uint8Array;
}

/** Bytes read at once while searching; neighbouring blocks share a header's length. */
const blockSize = 1 << 14;
/** Headers in a row after which a chain of headers is no accident. */
const chainLength = 3;
/** Most changes of keys that may hide among lost records, and most records behind the last of several. */
const hiddenChangesMax = 16;
const behindChangesMax = 64;

/** What a search looks at: one of all searches, for each is done with it before another begins. */
const probe = new Uint8Array(recordSizeMax);
const block = new Uint8Array(blockSize);

/** Finds where records go on when a header cannot be believed or is missing. */
export class FramingSearch {
  private readonly stream: ByteStream;
  private readonly version: TlsVersion;
  private readonly opener: RecordOpener;
  /** Fewest bytes that a record has. */
  private readonly sizeMin: number;
  private readonly budget: SearchBudget;

  constructor(
    stream: ByteStream,
    version: TlsVersion,
    opener: RecordOpener,
    sizeMin: number,
    budget: SearchBudget,
  ) {
    this.stream = stream;
    this.version = version;
    this.opener = opener;
    this.sizeMin = sizeMin;
    this.budget = budget;
  }

  /** Whether the record after the one at `index` stands at `position`, if need be under the keys after a KeyUpdate. */
  followedAt(position: number, epoch: Epoch, index: number): Followed | null {
    const record = this.recordAt(position);
    if (record === null) return null;
    if (this.opener.open(epoch, index + 1, record) !== null) return { position, epoch, record };
    const next = this.opener.after(epoch);
    if (this.opener.open(next, 0, record) === null) return null;
    return { position, epoch: next, record };
  }

  /** Whether the record at `index` stands at `position`. */
  isDueAt(position: number, epoch: Epoch, index: number): boolean {
    const record = this.recordAt(position);
    return record !== null && this.opener.open(epoch, index, record) !== null;
  }

  /**
   * Where the record that was due at `position` stands, if it stands behind it, nearby and before the next one, and that
   * one stands behind it or nothing does; null if not.
   */
  dueRecord(position: number, epoch: Epoch, index: number): number | null {
    for (const candidate of this.candidates(position + 1, position + 2 * recordSizeMax)) {
      if (this.isDueAt(candidate, epoch, index)) {
        const { length } = headerAt(this.stream, candidate)!;
        const isLast = !this.stream.reaches(candidate + length);
        return isLast || this.followedAt(candidate + length, epoch, index) ? candidate : null;
      }
      if (this.followedAt(candidate, epoch, index)) return null;
    }
    return null;
  }

  /** Where the record after the one at `position`, whose length cannot be believed, stands; null if nowhere near. */
  nextRecord(position: number, epoch: Epoch, index: number): Followed | null {
    for (const candidate of this.candidates(position + this.sizeMin, position + recordSizeMax + 1)) {
      const followed = this.followedAt(candidate, epoch, index);
      if (!followed) continue;
      // New keys here say that a change of keys came before, not that the record at `position` was it.
      const isNext = followed.epoch === epoch;
      if (isNext || this.withRightHeader(position, candidate - position, epoch, index)) return followed;
    }
    return null;
  }

  /**
   * The first record behind `position` that authenticates as one after the record at `index`, before which `unread`
   * records of the epoch could not be read: as many may be lost as fit into the bytes between. Half of the budget stays, to go on without numbers.
   */
  nextAuthentic(position: number, epoch: Epoch, index: number, unread: number): Found | null {
    return this.budget.halfFor(() => this.authenticBehind(position, epoch, index, unread));
  }

  private authenticBehind(position: number, epoch: Epoch, index: number, unread: number): Found | null {
    for (const candidate of this.candidates(position + 1, this.stream.end)) {
      const lost = 1 + Math.floor((candidate - position) / this.sizeMin);
      const found =
        this.numberAt(candidate, epoch, index + 1, lost) ??
        this.behindUnread(candidate, epoch, unread + lost);
      if (found) return found;
    }
    return null;
  }

  /** The first record of the stream that authenticates: with any number where tags tell it, else as one of the epoch's first `numbers`. */
  firstAuthentic(epoch: Epoch, numbers: number): Found | null {
    const { begin, end } = this.stream;
    for (const candidate of this.candidates(begin, end)) {
      const count = this.opener.tagsTell ? Number.MAX_SAFE_INTEGER : numbers;
      const found = this.numberAt(candidate, epoch, 0, count);
      if (found) return found;
    }
    return null;
  }

  /** The record at `position` as one that changes of keys among the `unread` records before it have led to. */
  behindUnread(position: number, epoch: Epoch, unread: number): Found | null {
    let later = epoch;
    for (let changes = 1; changes <= Math.min(unread, hiddenChangesMax); changes++) {
      later = this.opener.after(later);
      if (later.keys === null) return null;
      const count = unread - changes + 1;
      const found = this.numberAt(
        position,
        later,
        0,
        changes === 1 ? count : Math.min(count, behindChangesMax),
      );
      if (found) return found;
    }
    return null;
  }

  /** The record at `position` under the first of `count` numbers that it authenticates with: its tag tells it, or all are tried. */
  private numberAt(position: number, epoch: Epoch, first: number, count: number): Found | null {
    const record = this.recordAt(position);
    if (record === null) return null;
    const told = this.opener.placeOf(epoch, record);
    if (told !== null) return told >= first && told < first + count ? { position, index: told, epoch } : null;
    for (let index = first; index < first + count; index++) {
      if (this.opener.open(epoch, index, record) !== null) return { position, index, epoch };
      if (!this.budget.spendOpening(record.length)) return null;
    }
    return null;
  }

  /** The first header behind `position` from which records follow one another for long enough to be sure without keys. */
  nextChain(position: number, epoch: Epoch): Found | null {
    for (const candidate of this.candidates(position + 1, this.stream.end)) {
      if (this.isChain(candidate)) return { position: candidate, index: -1, epoch };
    }
    return null;
  }

  /** The record of this length at `position`, with the header that makes it authenticate; null if none does. */
  withRightHeader(position: number, length: number, epoch: Epoch, index: number): Uint8Array | null {
    if (length < this.sizeMin || length > recordSizeMax) return null;
    const record = new Uint8Array(length);
    if (this.stream.read(position, length, record) < length) return null;
    const { applicationData, handshake, alert, changeCipherSpec } = recordType;
    const types = [applicationData, handshake, alert, changeCipherSpec];
    for (const type of this.version === 0x0304 ? [applicationData] : types) {
      if (!this.budget.spendOpening(length)) return null;
      const body = length - headerSize;
      record.set([type, 3, 3, body >>> 8, body & 255]);
      if (this.opener.open(epoch, index, record) !== null) return record;
    }
    return null;
  }

  /** The whole record at `position`, null if there is none or not all of it was captured. */
  private recordAt(position: number): Uint8Array | null {
    const header = headerAt(this.stream, position);
    if (!isProtectedHeader(header, this.sizeMin) || !this.budget.spendOpening(header.length)) return null;
    const record = probe.subarray(0, header.length);
    return this.stream.read(position, header.length, record) === header.length ? record : null;
  }

  /** Positions in [from, to) where a protected record's header may stand, as far as bytes were captured. */
  private *candidates(from: number, to: number): Generator<number> {
    let position = this.stream.nextCaptured(from);
    while (position < to) {
      const wanted = Math.min(blockSize, to - position + headerSize);
      if (wanted < blockSize && to === this.stream.end) this.stream.ask(Number.POSITIVE_INFINITY);
      const size = this.budget.spend(wanted) ? this.stream.read(position, wanted, block) : 0;
      if (size === 0) return;
      for (let at = 0; at + headerSize <= size && position + at < to; at++) {
        if (block[at + 1] !== 3 || block[at + 2] !== 3) continue;
        if (isProtectedHeader(parseHeader(block, at), this.sizeMin)) yield position + at;
      }
      const next = size < blockSize ? position + size : position + size - headerSize + 1;
      position = this.stream.nextCaptured(next);
    }
  }

  private isChain(from: number): boolean {
    let position = from;
    for (let i = 0; i < chainLength; i++) {
      const header = headerAt(this.stream, position);
      if (!isProtectedHeader(header, this.sizeMin)) return i > 1 && this.endsAt(position);
      position += header.length;
    }
    return true;
  }

  private endsAt(position: number): boolean {
    if (position !== this.stream.end) return false;
    this.stream.ask(Number.POSITIVE_INFINITY);
    return true;
  }
}
