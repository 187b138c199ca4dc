import { addU64, headerSize, type RecordKeys, sealingOf } from "../../core/base/record.ts";
import { keys13, nextSecret } from "../keys/secrets.ts";
import type { Opening } from "../platform.ts";
import { type NamedKeys, originUnder } from "./damage/origin.ts";
import { openRecord, type Protection } from "./decrypt.ts";
import { headerAt, isProtectedHeader } from "./framing.ts";
import { snOf } from "./record-table.ts";
import type { Start } from "./start.ts";
import type { ByteStream } from "./stream.ts";

/** Keys of a stretch of records, from one change of keys to the next. */
export interface Epoch {
  /** 0 at the offload start. */
  number: number;
  keys: RecordKeys | null;
  /** The traffic secret behind the keys (TLS 1.3), null if not known. */
  secret: Uint8Array | null;
}

/** Epochs before and after one whose keys a NIC may have taken instead. */
const earlierMax = 4;
const laterMax = 2;

/** Opens the records of one stream, by epoch and by place in it. */
export class RecordOpener {
  readonly first: Epoch;
  readonly protection: Protection | null;
  private readonly start: Start;
  private readonly renewals: readonly RecordKeys[];
  /** Epochs after the first, by number. */
  private readonly later: Epoch[] = [];
  /** Records of the epochs that were left, by number. */
  private readonly counts: number[] = [];

  /**
   * `protection` is null if the model lacks the cipher: then nothing opens. `renewals` are the keys after the first,
   * second … renegotiation (TLS 1.2), as far as they are known.
   */
  constructor(start: Start, protection: Protection | null, renewals: readonly RecordKeys[]) {
    const keys = protection && start.keys;
    this.first = { number: 0, keys, secret: keys && start.secret };
    this.protection = protection;
    this.start = start;
    this.renewals = renewals;
  }

  /** Number of the record `index` places after its epoch's first. */
  snOf(epoch: Epoch, index: number): bigint {
    return snOf(this.start.recSeq0 ?? 0n, epoch.number, index);
  }

  /** The inner plaintext of a whole record; null if it does not authenticate at this place, or the keys are not known. */
  open(epoch: Epoch, index: number, record: Uint8Array): Uint8Array | null {
    if (this.protection === null || epoch.keys === null || index < 0) return null;
    return openRecord(this.protection, epoch.keys, this.snOf(epoch, index), record);
  }

  /** Whether a record's tag tells its number. */
  get tagsTell(): boolean {
    return this.protection?.cipher.endsWith("-gcm") ?? false;
  }

  /** Place in its epoch of a whole record, as its tag tells; −1 if it has none there, null if tags of this cipher do not tell. */
  placeOf(epoch: Epoch, record: Uint8Array): number | null {
    const { protection } = this;
    const { keys } = epoch;
    if (!this.tagsTell || protection === null || keys === null) return null;
    const first = this.snOf(epoch, 0);
    const origin = originUnder(
      { protection, sn: first, record },
      { keys, under: "the epoch's", next: first },
    );
    const index = origin?.what === "number" ? Number(addU64(origin.sn, -first)) : -1;
    return Number.isSafeInteger(index) && this.open(epoch, index, record) !== null ? index : -1;
  }

  /** The epoch after a KeyUpdate (RFC 8446 §7.2) or a renegotiation. */
  after(epoch: Epoch): Epoch {
    this.later[epoch.number + 1] ??= this.makeAfter(epoch);
    return this.later[epoch.number + 1]!;
  }

  /** Notes that an epoch was left after so many records. */
  leave({ number }: Epoch, count: number): void {
    this.counts[number] = count;
  }

  /** All other keys of the session that are known, those of the epochs around this one first. */
  others(epoch: Epoch): NamedKeys[] {
    const found: NamedKeys[] = [];
    let other: Epoch = this.first;
    for (; other.keys !== null && other.number <= epoch.number + laterMax; other = this.after(other)) {
      const next = this.snOf(other, this.counts[other.number] ?? 0);
      if (other.number !== epoch.number && other.number >= epoch.number - earlierMax)
        found.push({ keys: other.keys, under: `the keys of epoch ${other.number}`, next });
    }
    return [...found, ...this.start.others];
  }

  private makeAfter(epoch: Epoch): Epoch {
    const number = epoch.number + 1;
    const { suite, version } = this.start;
    if (version === 0x0303)
      return { number, keys: this.protection && (this.renewals[number - 1] ?? null), secret: null };
    if (!epoch.secret || !this.protection || !suite)
      return { number, keys: this.protection && (this.renewals[number - 1] ?? null), secret: null };
    const secret = nextSecret(suite.hash, epoch.secret);
    return { number, secret, keys: keys13(suite.hash, this.protection.cipher, secret) };
  }

  /** Explicit nonce that a record carries; null if its records carry none. */
  nonceIn(record: Uint8Array): bigint | null {
    if (this.protection === null || this.protection.layout.prepend === headerSize) return null;
    return new DataView(record.buffer, record.byteOffset).getBigUint64(headerSize);
  }

  /** Explicit nonce of the epoch's first record, going by that of the record at `index`. */
  firstNonce(index: number, record: Uint8Array): bigint | null {
    const nonce = index < 0 ? null : this.nonceIn(record);
    return nonce === null ? null : addU64(nonce, -BigInt(index));
  }
}

/** Bytes of records that are opened at once. */
const bytesAtOnce = 1 << 20;

/** Where a walk stands: the record there would be the one `index` places after its epoch's first. */
interface Standing {
  position: number;
  epoch: Epoch;
  index: number;
}

/**
 * Opens records ahead of a walk, for platforms whose cipher answers in its own time. They are those that follow on where
 * the walk stands, if all is as it should be: where it is not, nobody asks for what was opened.
 */
export class OpeningAhead {
  private readonly stream: ByteStream;
  private readonly opener: RecordOpener;
  private readonly protection: Protection;
  /** Up to here they were opened. */
  private end = Number.NEGATIVE_INFINITY;

  constructor(stream: ByteStream, opener: RecordOpener, protection: Protection) {
    this.stream = stream;
    this.opener = opener;
    this.protection = protection;
  }

  /** True if the record at a place was not looked at. */
  isDue({ position, epoch, index }: Standing): boolean {
    return position >= this.end && epoch.keys !== null && index >= 0;
  }

  async from(place: Standing): Promise<void> {
    // A walk that goes back and forth asks no more of the stream than it would.
    const { asked } = this.stream;
    const openings = this.openingsAt(place);
    this.stream.asked = asked;
    await this.protection.aead.openAhead!(openings);
  }

  private openingsAt({ position, epoch, index }: Standing): Opening[] {
    const { stream, opener, protection } = this;
    const { overhead, prepend } = protection.layout;
    const openings: Opening[] = [];
    this.end = position;
    while (this.end - position < bytesAtOnce) {
      const header = headerAt(stream, this.end);
      if (!isProtectedHeader(header, overhead)) break;
      const record = new Uint8Array(header.length);
      if (stream.read(this.end, header.length, record) < header.length) break;
      const sealing = sealingOf(protection, epoch.keys!, opener.snOf(epoch, index + openings.length), record);
      openings.push({ sealing, sealed: record.subarray(prepend) });
      this.end += header.length;
    }
    // What is no whole record is looked at once, too.
    if (this.end === position) this.end++;
    return openings;
  }
}
