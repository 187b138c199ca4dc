// trace/tls: TLS streams in them: handshake, records, damage.

import {
  headerSize,
  layoutOf,
  type RecordKeys,
  recordType,
  type TlsVersion,
  tagSize,
} from "../../core/base/record.ts";
import type { Overlay } from "../captured.ts";
import { Marks } from "../marks.ts";
import type { FileWindow } from "../pcap/window.ts";
import { type Progress, paced } from "../platform.ts";
import { Authenticated, type Damage } from "../trace.ts";
import type { Assembly } from "./assembly.ts";
import type { Clear } from "./clear/clear.ts";
import { clearGap, clearStep } from "./clear/step.ts";
import { CopyComparer, type Difference } from "./copies.ts";
import type { Shift } from "./damage/diagnose.ts";
import type { Trials } from "./damage/origin.ts";
import { wholeDamage } from "./damage/whole.ts";
import { innerOf, type Protection } from "./decrypt.ts";
import { type Epoch, OpeningAhead, RecordOpener } from "./epochs.ts";
import { type Header, headerAt, isProtectedHeader, recordSizeMax } from "./framing.ts";
import { handshakeType, MessageReader } from "./handshake.ts";
import { Nonces } from "./nonces.ts";
import { RecordTable } from "./record-table.ts";
import { type Hello, helloOf } from "./renegotiation.ts";
import { FramingSearch, SearchBudget } from "./search.ts";
import type { Start } from "./start.ts";
import {
  authentic,
  type GapStep,
  type Ground,
  isClosing,
  type Misfit,
  messageIn,
  type Place,
  type RecordStep,
  type Step,
  unread,
} from "./step.ts";
import { firstOf, forBadHeader, forFailed, forIncomplete, gapAt, stray } from "./strategies.ts";

/** What following one stream's records from its offload start found. */
export interface Walked {
  table: RecordTable;
  /** Keys by epoch, null where not known. */
  epochs: (RecordKeys | null)[];
  /** Explicit nonce of the record numbered recSeq0 (TLS 1.2 GCM), null if no record told. */
  firstNonce: bigint | null;
  /** Bytes wrong in transmitted segments, by row of the segment log. */
  differences: Map<number, Difference>;
  /** Ranges [start, end, start, end …] whose right bytes are not known, in order and merged. */
  unknown: number[];
  /** All that is wrong with records and between them, by row of the table. */
  damage: Map<number, Damage>;
  /** Copies that hold a record's right bytes where the stream's own pieces do not, by row of the table. */
  overlays: Map<number, Overlay[]>;
  /** The last hello of each epoch, by its number (TLS 1.2): one before a change of keys begins a renegotiation. */
  hellos: (Hello | undefined)[];
}

export interface WalkInput {
  assembly: Assembly;
  start: Start;
  /** Null if records cannot be decrypted: no cipher of the model. */
  protection: Protection | null;
  /** Keys after the first, second … renegotiation, as far as they are known. */
  renewals: readonly RecordKeys[];
  /** Records lie there in plaintext, behind them junk tags: the capture was taken before the NIC. */
  isHostTap: boolean;
  /** Null unless plaintext is what is expected of them. */
  clear: Clear | null;
  /** What a record was right by that was looked at beforehand, though not as the one that it is. */
  shift: Shift | null;
  trials: Trials;
  /** Where further copies are read, so that reading them does not disturb the stream's own window. */
  copyWindow: FileWindow;
}

/** Records between two questions whether to go on. */
const tickEvery = 512;
/** Records between two marks near the stream's end, where what comes next may change something; elsewhere `tickEvery`. */
const markEvery = 8;
/** Bytes from the end that are near it. */
const nearEnd = 1 << 18;

/** The record that a walk looks at: one of all walks, for each is done with it before another is asked. */
const buffer = new Uint8Array(recordSizeMax);

/** A place to come back to, with what had been found there. */
interface Mark {
  place: Place;
  /** How far the way to it depends on the stream's bytes. */
  asked: number;
  budget: number;
  trials: number;
  rows: number;
  epochs: number;
  firstNonce: bigint | null;
  hellos: Walked["hellos"];
  /** Length of `unknown`, and the end of its last range. */
  unknown: number;
  unknownEnd: number;
  differences: number;
}

/**
 * Follows the records of a stream from its offload start to its end: `next` says what it would take, `apply` takes it.
 * When the stream has grown it goes on, from the last place that does not depend on what is new.
 */
export class Walker {
  place: Place;
  private readonly ground: Ground;
  private readonly marks = new Marks<Mark>();
  private readonly protection: Protection | null;
  private readonly isHostTap: boolean;
  private readonly clear: Clear | null;
  /** Null where records are opened as they come. */
  private readonly ahead: OpeningAhead | null;
  private readonly walked: Walked;
  private readonly nonces = new Nonces();
  private messages = new MessageReader();
  /** What the first record's explicit nonce should be, if that was known beforehand. */
  private readonly dueNonce: bigint | null;

  constructor(input: WalkInput) {
    const { start, assembly, protection, renewals, isHostTap, copyWindow, shift, trials } = input;
    const stream = assembly.bytes;
    const { version, recSeq0, nonce, position } = start;
    const opener = new RecordOpener(start, protection, renewals);
    const sizeMin = protection?.layout.overhead ?? shortest(version);
    const budget = new SearchBudget();
    const search = new FramingSearch(stream, version, opener, sizeMin, budget);
    const comparer = new CopyComparer(assembly, copyWindow);
    const work = { opener, search, comparer, budget, trials, searchedAt: -1, searchedTo: 0 };
    this.ground = { stream, version, origin: position, sizeMin, ...work };
    this.place = {
      position,
      epoch: opener.first,
      index: recSeq0 === null ? -1 : 0,
      unread: 0,
      nonce,
      shift,
      isDue: start.keysFit,
    };
    this.protection = protection;
    this.isHostTap = isHostTap;
    this.clear = input.clear;
    this.ahead = protection?.aead.openAhead ? new OpeningAhead(stream, opener, protection) : null;
    this.dueNonce = nonce;
    this.walked = {
      table: new RecordTable(recSeq0 ?? 0n),
      epochs: [opener.first.keys],
      firstNonce: null,
      differences: new Map(),
      unknown: [],
      damage: new Map(),
      overlays: new Map(),
      hellos: [],
    };
    stream.asked = position;
    this.mark();
  }

  /** Walks to the end of the stream as far as it was captured. */
  async run(progress: Progress): Promise<Walked> {
    const { stream, origin } = this.ground;
    for (let steps = 1; ; steps++) {
      if (this.ahead?.isDue(this.place) && !this.isHostTap) await this.ahead.from(this.place);
      const step = this.next();
      if (step === null) break;
      this.apply(await this.searched(step, progress));
      const { position } = this.place;
      if (steps % (stream.end - position < nearEnd ? markEvery : tickEvery) === 0) this.mark();
      if (steps % tickEvery === 0)
        await progress.tick(position - origin, stream.end - origin, "checking records");
    }
    const firstNonce = this.walked.firstNonce ?? this.dueNonce;
    const differences = this.ground.comparer.differences();
    const { protection, walked } = this;
    const damage = wholeDamage({ stream, origin, protection, keys: walked.epochs, ...walked }, this.nonces);
    return { ...walked, firstNonce, differences, damage };
  }

  /** The step, once it is known that its record is right under no number far off; else that. */
  private async searched(step: Step, progress: Progress): Promise<Step> {
    if (step.kind === "gap" || !step.search) return step;
    this.ground.searchedAt = this.place.position;
    return (await paced(progress, "searching a record's number", step.search)) ?? this.next()!;
  }

  /** Remembers the place, unless what comes may still change what lies before it: numbers of records, or a message. */
  private mark(): void {
    const { place, ground, walked } = this;
    if ((place.unread > 0 && this.canOpen()) || !this.messages.isEmpty) return;
    this.marks.add({
      place: { ...place },
      asked: ground.stream.asked,
      budget: ground.budget.left,
      trials: ground.trials.left,
      rows: walked.table.count,
      epochs: walked.epochs.length,
      firstNonce: walked.firstNonce,
      hellos: [...walked.hellos],
      unknown: walked.unknown.length,
      unknownEnd: walked.unknown.at(-1) ?? 0,
      differences: ground.comparer.count,
    });
  }

  /** Goes back to the last mark that does not depend on the stream's bytes from `position` on, which are new. */
  rewind(position: number): void {
    const { ground, walked } = this;
    if (ground.stream.asked <= position) return;
    // The first mark depends on nothing.
    const mark = this.marks.back(({ asked, rows }) => asked <= position || rows === 0)!;
    this.place = { ...mark.place };
    ground.stream.asked = mark.asked;
    ground.budget.left = mark.budget;
    ground.trials.left = mark.trials;
    ground.comparer.rewind(mark.differences);
    walked.table.cut(mark.rows);
    this.nonces.cut(mark.rows);
    walked.epochs.length = mark.epochs;
    walked.firstNonce = mark.firstNonce;
    walked.hellos = [...mark.hellos];
    walked.unknown.length = mark.unknown;
    if (mark.unknown > 0) walked.unknown[mark.unknown - 1] = mark.unknownEnd;
    for (const found of [walked.damage, walked.overlays])
      for (const row of found.keys()) if (row >= mark.rows) found.delete(row);
    this.messages = new MessageReader();
  }

  /** The next record, damaged stretch or gap; null at the end of the stream. */
  next(): Step | null {
    const { ground, place } = this;
    const { stream, sizeMin } = ground;
    if (place.position >= stream.end) return null;
    if (this.clear) return clearStep(ground, place, this.clear) ?? clearGap(ground, place, this.clear);
    const header = headerAt(stream, place.position);
    const misfit = { place, header: null, record: null };
    if (header === undefined)
      return (this.canOpen() && stray(ground, misfit)) || gapAt(ground, place, this.canOpen());
    if (!isProtectedHeader(header, sizeMin)) {
      const bad = { ...misfit, header };
      return (this.canOpen() && firstOf(forBadHeader, ground, bad)) || gapAt(ground, place, this.canOpen());
    }
    const bytes = buffer.subarray(0, header.length);
    const record = stream.read(place.position, header.length, bytes) === header.length ? bytes : null;
    if (!this.canOpen()) return this.unchecked(header, record);
    return (record && authentic(ground, place, record)) ?? this.misfitting({ place, header, record });
  }

  /** A record that does not fit; the last strategy of either list always leads somewhere. */
  private misfitting(misfit: Misfit): Step {
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
    const step = { ...unread(ground, header), carries: record };
    if (!this.isHostTap || protection === null || record === null) return step;
    const plaintext = record.subarray(protection.layout.prepend, record.length - tagSize);
    const { type, size } = innerOf(ground.version, header.type, plaintext);
    const message = messageIn(plaintext, type, size);
    return { ...step, type, tells: record, contentType: type, message };
  }

  /** Takes what `next` gave, and stands behind it. */
  apply(step: Step): void {
    if (step.kind === "record") this.applyRecord(step);
    else this.applyGap(step);
  }

  private applyGap({ end, found, damage }: GapStep): void {
    const { position, epoch } = this.place;
    if (damage) this.walked.damage.set(this.walked.table.count, damage);
    this.noteUnknown(position, end);
    this.walked.table.pushGap(position, end, epoch.number);
    this.place.position = end;
    this.place.isDue = false;
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
    if (step.shift) place.shift = step.shift;
    this.compare(step);
    if (step.carries) this.noteNonce(step.carries);
    if (step.tells) this.learnNonce(step.tells);
    this.push(step);
    this.follow(step);
    if (step.next) this.enter(step.next);
  }

  /** Compares what was captured with the record's right bytes. */
  private compare({ length, right, repaired, blank }: RecordStep): void {
    const { comparer } = this.ground;
    const { position } = this.place;
    if (right === null) return this.noteUnknown(position, position + length);
    comparer.noteCopies(comparer.overlapping(position, position + length), position, right);
    if (repaired) comparer.notePieces(position, right);
    if (blank) this.noteUnknown(position + blank[0], position + blank[1]);
  }

  private noteNonce(record: Uint8Array): void {
    const nonce = this.ground.opener.nonceIn(record);
    if (nonce !== null) this.nonces.add(this.place.epoch.number, nonce, this.walked.table.count);
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
    place.isDue = authenticated === Authenticated.yes;
    place.unread = place.isDue ? 0 : place.unread + 1;
    if (index >= 0) place.index++;
  }

  /** Changes of keys that a record announces: KeyUpdate (RFC 8446 §4.6.3), or ChangeCipherSpec of a renegotiation. */
  private follow({ contentType, message: part }: RecordStep): void {
    const { place, walked } = this;
    const { opener, version } = this.ground;
    const isTls12 = version === 0x0303;
    if (isTls12 && contentType === recordType.changeCipherSpec) this.enter(opener.after(place.epoch));
    if (contentType === recordType.alert && isClosing(part)) place.isDue = false;
    if (contentType !== recordType.handshake) return;
    for (const message of this.messages.feed(part)) {
      const { number } = place.epoch;
      const before = walked.hellos[number];
      if (isTls12) walked.hellos[number] = helloOf(message, before) ?? before;
      else if (message.type === handshakeType.keyUpdate) this.enter(opener.after(place.epoch));
    }
  }

  private enter(epoch: Epoch): void {
    const { place } = this;
    if (epoch === place.epoch) return;
    this.ground.opener.leave(place.epoch, place.index);
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
