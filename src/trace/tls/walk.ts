import {
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
import { CopyComparer, type Overlay } from "./copies.ts";
import { innerOf, type Protection } from "./decrypt.ts";
import { type Epoch, RecordOpener } from "./epochs.ts";
import { type Header, headerAt, isProtectedHeader, recordSizeMax } from "./framing.ts";
import { handshakeType, MessageReader } from "./handshake.ts";
import { RecordTable } from "./record-table.ts";
import { type Hello, helloOf } from "./renegotiation.ts";
import { FramingSearch, SearchBudget } from "./search.ts";
import type { Start } from "./start.ts";
import {
  authentic,
  firstOf,
  forBadHeader,
  forFailed,
  forIncomplete,
  type GapStep,
  type Ground,
  type Misfit,
  type Place,
  type RecordStep,
  type Step,
  unread,
} from "./strategies.ts";
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

/** Follows the records of a stream from its offload start to its end. */
export async function walk(input: WalkInput, progress: Progress): Promise<Walked> {
  const walker = new Walker(input);
  const { stream, start } = input;
  for (let steps = 1; ; steps++) {
    const step = walker.next();
    if (step === null) break;
    walker.apply(step);
    if (steps % tickEvery !== 0) continue;
    const done = walker.place.position - start.position;
    await progress.tick(done, stream.end - start.position, "checking records");
  }
  return walker.result();
}

/** Walks along the records of one stream: `next` says what it would take, `apply` takes it. */
class Walker {
  readonly place: Place;
  private readonly ground: Ground;
  private readonly protection: Protection | null;
  private readonly isHostTap: boolean;
  private readonly walked: Walked;
  private readonly buffer = new Uint8Array(recordSizeMax);
  private messages = new MessageReader();
  /** What the first record's explicit nonce should be, if that was known beforehand. */
  private readonly dueNonce: bigint | null;

  constructor({ start, stream, protection, renewals, isHostTap, copyWindow }: WalkInput) {
    const { version, recSeq0, nonce, position } = start;
    const opener = new RecordOpener(start, protection, renewals);
    const sizeMin = protection?.layout.overhead ?? shortest(version);
    const budget = new SearchBudget();
    const search = new FramingSearch(stream, version, opener, sizeMin, budget);
    const comparer = new CopyComparer(stream, copyWindow);
    this.ground = { stream, version, origin: position, sizeMin, opener, search, comparer, budget };
    this.place = { position, epoch: opener.first, index: recSeq0 === null ? -1 : 0, unread: 0, nonce };
    this.protection = protection;
    this.isHostTap = isHostTap;
    this.dueNonce = nonce;
    this.walked = {
      table: new RecordTable(recSeq0 ?? 0n),
      epochs: [opener.first.keys],
      firstNonce: null,
      differences: comparer.differences,
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

  /** The next record, damaged stretch or gap; null at the end of the stream. */
  next(): Step | null {
    const { ground, place } = this;
    const { stream, sizeMin } = ground;
    if (place.position >= stream.end) return null;
    const header = headerAt(stream, place.position);
    if (header === undefined) return this.gap();
    if (!isProtectedHeader(header, sizeMin)) {
      const misfit = { place, header: null, record: null };
      return (this.canOpen() && firstOf(forBadHeader, ground, misfit)) || this.gap();
    }
    const bytes = this.buffer.subarray(0, header.length);
    const record = stream.read(place.position, header.length, bytes) === header.length ? bytes : null;
    if (!this.canOpen()) return this.unchecked(header, record);
    return (record && authentic(ground, place, record)) ?? this.misfitting({ place, header, record });
  }

  /** A record that does not fit; the last strategy of either list always leads somewhere. */
  private misfitting(misfit: Misfit): RecordStep {
    return firstOf(misfit.record ? forFailed : forIncomplete, this.ground, misfit)!;
  }

  private canOpen(): boolean {
    const { epoch, index } = this.place;
    return epoch.keys !== null && index >= 0 && !this.isHostTap;
  }

  /** A record that nothing can authenticate: no key, or plaintext in a capture taken before the NIC. */
  private unchecked(header: Header, record: Uint8Array | null): RecordStep {
    const { ground, protection } = this;
    ground.budget.earn(header.length);
    const step = unread(ground, header);
    if (!this.isHostTap || protection === null || record === null) return step;
    const plaintext = record.subarray(protection.layout.prepend, record.length - tagSize);
    const { type, size } = innerOf(ground.version, header.type, plaintext);
    const content = plaintext.subarray(0, size);
    return { ...step, type, tells: record, contentType: type, content };
  }

  /** Up to where the framing is found again behind a hole or damage, or lost for good. */
  private gap(): GapStep {
    const { search, stream } = this.ground;
    const { position, epoch, index, unread } = this.place;
    const authentic = this.canOpen() ? search.nextAuthentic(position, epoch, index, unread) : null;
    const found = authentic ?? search.nextChain(position, epoch);
    return { kind: "gap", end: found?.position ?? stream.end, found };
  }

  /** Takes what `next` gave, and stands behind it. */
  apply(step: Step): void {
    if (step.kind === "record") this.applyRecord(step);
    else this.applyGap(step);
  }

  private applyGap({ end, found }: GapStep): void {
    const { position, epoch } = this.place;
    this.noteUnknown(position, end);
    this.walked.table.pushGap(position, end, epoch.number);
    this.place.position = end;
    if (found === null) return;
    this.enter(found.epoch);
    this.place.index = found.index;
  }

  private applyRecord(step: RecordStep): void {
    const { place, walked } = this;
    if (step.hidden) {
      // Where among the unread records the keys changed is not known: only the first one's number is sure.
      walked.table.forgetNumbers(place.unread - 1);
      this.enter(step.hidden.epoch);
      place.index = step.hidden.index;
    }
    if (step.overlays) walked.overlays.set(walked.table.count, step.overlays);
    if (step.damage) walked.damage.set(walked.table.count, step.damage);
    this.compare(step);
    if (step.tells) this.learnNonce(step.tells);
    this.push(step);
    this.follow(step);
    if (step.next) this.enter(step.next);
  }

  /** Compares what was captured with the record's right bytes. */
  private compare({ length, right, repaired }: RecordStep): void {
    const { comparer } = this.ground;
    const { position } = this.place;
    if (right === null) return this.noteUnknown(position, position + length);
    comparer.noteCopies(comparer.overlapping(position, position + length), position, right);
    if (repaired) comparer.notePieces(position, right);
  }

  /** Every record that authenticates tells what explicit nonces count from. */
  private learnNonce(record: Uint8Array): void {
    const { place, walked } = this;
    place.nonce = this.ground.opener.firstNonce(place.index, record);
    if (place.epoch.number === 0) walked.firstNonce ??= place.nonce;
  }

  private push({ length, type, authenticated }: RecordStep): void {
    const { place } = this;
    const { position: start, epoch, index } = place;
    this.walked.table.push({ start, length, type, epoch: epoch.number, index, authenticated });
    place.position += length;
    place.unread = authenticated === Authenticated.yes ? 0 : place.unread + 1;
    if (index >= 0) place.index++;
  }

  /** Changes of keys that a record announces: KeyUpdate (RFC 8446 §4.6.3), or ChangeCipherSpec of a renegotiation. */
  private follow({ contentType, content }: RecordStep): void {
    const { place, walked } = this;
    const { opener, version } = this.ground;
    const isTls12 = version === 0x0303;
    if (isTls12 && contentType === recordType.changeCipherSpec) this.enter(opener.after(place.epoch));
    if (contentType !== recordType.handshake || content.length === 0) return;
    for (const message of this.messages.feed(content)) {
      const { number } = place.epoch;
      if (isTls12) walked.hellos[number] = helloOf(message) ?? walked.hellos[number];
      else if (message.type === handshakeType.keyUpdate) this.enter(opener.after(place.epoch));
    }
  }

  private enter(epoch: Epoch): void {
    const { place } = this;
    if (epoch === place.epoch) return;
    place.epoch = epoch;
    place.index = 0;
    place.unread = 0;
    place.nonce = null;
    const { epochs } = this.walked;
    while (epochs.length < epoch.number) epochs.push(null);
    epochs[epoch.number] = epoch.keys;
    this.messages = new MessageReader();
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
