import { type RecordKeys, tagSize } from "../../core/base/record.ts";
import type { LackWord } from "../lacks.ts";
import { type Progress, paced } from "../platform.ts";
import { isZeroed } from "./clear/zeroed.ts";
import { type Diagnosis, decrypted, diagnose, type Shift } from "./damage/diagnose.ts";
import { frequencyBits, type Look, lookOf, sureBits } from "./damage/looks.ts";
import { searchingFar, type Trials } from "./damage/origin.ts";
import type { Protection } from "./decrypt.ts";
import { RecordOpener } from "./epochs.ts";
import { headerAt, isProtectedHeader, recordSizeMax } from "./framing.ts";
import { FramingSearch, SearchBudget } from "./search.ts";
import type { Start } from "./start.ts";
import type { ByteStream } from "./stream.ts";

/** Where the capture was taken, as the user says it; `auto` asks the records. */
export type Tap = "auto" | "host" | "wire";

export interface TapFound {
  tap: "host" | "wire" | "undecided";
  /** False if the keys do not open these records, so that they are none. */
  keysUsable: boolean;
  /** Keys and numbers that a record was found under though they are not its own. */
  shift: Shift | null;
  /** Why no record of it can be opened; null where that can be tried. */
  lack: LackWord | null;
  note: string | null;
}

const hostNote =
  "records are in plaintext with junk tags: the capture was taken on the sending host before its NIC, so wire bytes cannot be compared (tap=wire if this is wrong)";
const zeroedNote =
  "records are in plaintext with zeros for tags, as a device without a cipher leaves them (netdevsim): nothing of them can be authenticated, `verify --expect plaintext` checks them as that";
const keysNote =
  "no record authenticates with the keys given: record map without decryption; record the key log of this very session";
const undecidedNote =
  "no record authenticates, and the bytes can be read in two ways: as plaintext that looks random (compressed, say), captured on the sending host before its NIC, or as records that were encrypted wrongly; nothing of them is checked (tap=host or tap=wire decides)";

const wireFound = { tap: "wire", keysUsable: true, shift: null, lack: null, note: null } as const;
const hostFound = { ...wireFound, tap: "host", lack: "host-tap", note: hostNote } as const;
const zeroedFound = { ...wireFound, tap: "host", lack: "zeroed-tags", note: zeroedNote } as const;
/** Where plaintext is what is expected, and is there. */
export const clearFound = { ...wireFound, tap: "host" } as const;
const unfit = { ...wireFound, keysUsable: false };
const keysUnfit = { ...unfit, lack: "bad-keys", note: keysNote } as const;
const undecided = { ...unfit, tap: "undecided", lack: "tap-undecided", note: undecidedNote } as const;

/** A stream of which it is asked where it was captured. */
export interface TapQuestion {
  stream: ByteStream;
  start: Start;
  protection: Protection | null;
  renewals: readonly RecordKeys[];
  trials: Trials;
}

/** First records that are opened before anything else is asked of them. */
const openedFirst = 8;
/** Records that do not read as plaintext of which it is asked what they were made from. */
const examinedMax = 64;
/** Records between two questions whether to go on. */
const tickEvery = 256;

/** How the records of a stream read, taken for plaintext. */
class Reading {
  /** Some record can be none. */
  isImpossible = false;
  private form = 0;
  private content = 0;

  add({ isPossible, bits, contentBits }: Look): void {
    if (!isPossible) this.isImpossible = true;
    else {
      this.form += bits - contentBits;
      this.content += contentBits;
    }
  }

  /** Content may look random in plaintext, too: that it does says next to nothing. */
  get bits(): number {
    return this.isImpossible ? -unlikelyBits : this.form + Math.max(-1, this.content);
  }

  /** True if this explains the records, and clearly better than the other does. */
  isBetterThan(other: Reading): boolean {
    return this.bits >= 6 && this.bits - Math.max(other.bits, -unlikelyBits) >= 12;
  }
}

/** What reading something that cannot be read is worth at least. */
const unlikelyBits = 8;

/** What a look at all records of a stream as plaintext says. */
class Looks {
  records = 0;
  /** How they read as plaintext, and how once they are decrypted. */
  readonly plain = new Reading();
  readonly decrypted = new Reading();
  private readonly tags: number[] = [];
  private readonly seen = new Set<string>();
  private isRepeated = false;

  add(look: Look, record: Uint8Array): void {
    this.records++;
    this.plain.add(look);
    if (this.seen.size >= examinedMax) return;
    const tag = record.subarray(record.length - tagSize);
    this.isRepeated ||= this.seen.has(tag.join());
    this.seen.add(tag.join());
    this.tags.push(...tag);
  }

  /** Zeros stand for every tag. */
  get isTagZero(): boolean {
    return this.tags.length > 0 && this.tags.every((byte) => byte === 0);
  }

  /** No AEAD made these tags: one comes twice, or their bytes or the steps from one to the next can be foretold. */
  get isTagJunk(): boolean {
    const { tags } = this;
    const steps = tags.map((byte, i) => byte - (tags[i - 1] ?? 0));
    return (
      this.isRepeated || [tags, steps].some((bytes) => frequencyBits(Uint8Array.from(bytes)) >= sureBits)
    );
  }
}

/**
 * Tells a capture taken before the NIC from one of the wire. One record that authenticates proves the wire, wherever it
 * stands, and so does one that does under another number or other keys of the session; plaintext must read as such.
 */
export class TapFinder {
  /** Records before this position have been looked at. */
  position: number;
  private readonly stream: ByteStream;
  private readonly start: Start;
  private readonly protection: Protection;
  private readonly opener: RecordOpener;
  private readonly search: FramingSearch;
  private readonly trials: Trials;
  private readonly looks = new Looks();
  /** Place of the next record, −1 behind a gap. */
  private index: number;
  private examined = 0;
  private shortest: { record: Uint8Array; index: number } | null = null;
  private proof: TapFound | null = null;

  constructor({ stream, start, renewals, trials }: TapQuestion, protection: Protection) {
    const { overhead } = protection.layout;
    this.stream = stream;
    this.start = start;
    this.protection = protection;
    this.opener = new RecordOpener(start, protection, renewals);
    this.search = new FramingSearch(stream, start.version, this.opener, overhead, new SearchBudget());
    this.trials = trials.ofStream();
    this.position = start.position;
    this.index = start.recSeq0 === null ? -1 : 0;
  }

  /** What the records say, as far as the stream has come. */
  async find(progress: Progress): Promise<TapFound> {
    const { stream } = this;
    const { asked } = stream;
    await this.scan(progress);
    // What is found here depends on other bytes than what is found by following the records.
    stream.asked = asked;
    return this.proof ?? (await this.judge(progress));
  }

  private async scan(progress: Progress): Promise<void> {
    const { stream, start, position: begun } = this;
    for (let steps = 1; this.proof === null; steps++) {
      const record = this.next();
      if (record === null) return;
      this.proof = this.proofIn(record);
      if (this.index >= 0) this.index++;
      if (steps % tickEvery === 0)
        await progress.tick(
          this.position - begun,
          stream.end - start.position,
          "looking where it was captured",
        );
    }
  }

  /** The next whole record; null at the end. */
  private next(): Uint8Array | null {
    const { stream, protection, opener } = this;
    for (;;) {
      const header = headerAt(stream, this.position);
      if (isProtectedHeader(header, protection.layout.overhead)) {
        const record = new Uint8Array(header.length);
        if (stream.read(this.position, header.length, record) === header.length) {
          this.position += header.length;
          return record;
        }
      }
      if (this.position + recordSizeMax > stream.end && header === undefined) return null;
      const found = this.search.nextChain(this.position, opener.first);
      if (found === null) return null;
      this.position = found.position;
      this.index = -1;
    }
  }

  /** What proves that the wire was captured, if this record does. */
  private proofIn(record: Uint8Array): TapFound | null {
    const { protection, looks, index, opener } = this;
    const isEarly = looks.records < openedFirst;
    if (isEarly && this.opens(record)) return wireFound;
    const { prepend } = protection.layout;
    const look = lookOf(protection.version, record[0]!, record.subarray(prepend, record.length - tagSize));
    looks.add(look, record);
    if (isEarly && index >= 0 && record.length <= (this.shortest?.record.length ?? recordSizeMax))
      this.shortest = { record, index };
    if (look.bits >= sureBits) return null;
    if (!isEarly && this.opens(record)) return wireFound;
    if (this.examined++ >= examinedMax) return null;
    return this.examine(record, opener.snOf(opener.first, Math.max(0, index)));
  }

  private opens(record: Uint8Array): boolean {
    return this.opener.open(this.opener.first, this.index, record) !== null;
  }

  /** What it was made from instead, or which of its bytes are wrong: either shows that it was encrypted. */
  private examine(record: Uint8Array, sn: bigint): TapFound | null {
    const { protection, opener, start, looks } = this;
    const others = opener.others(opener.first);
    const failed = {
      protection,
      keys: start.keys!,
      sn,
      record,
      expectedNonce: null,
      at: 0,
      others,
    };
    const diagnosis = diagnose(failed, true);
    const { part } = diagnosis.damage;
    if (part !== "unknown" && part !== "plaintext") return foundBy(diagnosis);
    looks.decrypted.add(lookOf(protection.version, record[0]!, decrypted(failed)));
    return null;
  }

  /** Without a proof the looks decide, if they can. */
  private async judge(progress: Progress): Promise<TapFound> {
    const { looks, start } = this;
    const host = looks.isTagZero ? zeroedFound : hostFound;
    if (looks.records === 0) return start.plainFinished ? host : wireFound;
    const far = await paced(progress, "searching a record's number", this.farOff());
    if (far !== null) return far;
    if (looks.decrypted.isBetterThan(looks.plain)) return wireFound;
    if (looks.plain.isBetterThan(looks.decrypted) || start.plainFinished) return host;
    if (!start.keysFit) return keysUnfit;
    if (looks.plain.isImpossible) return wireFound;
    return looks.isTagJunk ? host : undecided;
  }

  /** Where numbers cannot be computed, one record's is searched far off. */
  private *farOff(): Generator<number, TapFound | null> {
    const { shortest, protection, start, opener } = this;
    if (shortest === null || this.looks.records < 2) return null;
    this.shortest = null;
    const sn = opener.snOf(opener.first, shortest.index);
    const named = { keys: start.keys!, under: null, next: sn };
    const strange = { protection, sn, record: shortest.record };
    const origin = yield* searchingFar(strange, named, this.trials);
    if (origin?.what === "number")
      this.proof = { ...wireFound, shift: { by: origin.sn - sn, keys: null, under: null } };
    return this.proof;
  }
}

const foundBy = ({ shift }: Diagnosis): TapFound => ({ ...wireFound, shift });

/** A question that was asked before, and how far it was answered. */
export interface TapAsked {
  question: TapQuestion;
  finder: TapFinder;
}

/** What to say where nothing is to be found out: the user knows, or there are no keys to find it out with. */
export function tapWithout({ stream, start, protection }: TapQuestion, tap: Tap): TapFound | null {
  if (tap === "host") return hostFound;
  if (start.keys !== null && protection !== null) return null;
  if (tap === "auto" && protection !== null && isZeroed({ stream, start, protection })) return zeroedFound;
  return tap === "auto" && start.plainFinished ? hostFound : wireFound;
}

/** The user's word against what the records say. */
export const asTold = (found: TapFound, tap: Tap): TapFound =>
  tap === "auto" || found.tap === "wire" ? found : { ...wireFound, shift: found.shift };
