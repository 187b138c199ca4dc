/** Ways to take a record that does not fit. Each only says what it would take; the walk applies it or asks the next. */
import { addU64, recordType, type TlsVersion, tagSize } from "../../core/base/record.ts";
import type { Overlay } from "../captured.ts";
import { Authenticated, type Damage } from "../trace.ts";
import { type CopyComparer, overlaysWithin } from "./copies.ts";
import {
  type Diagnosis,
  damagedIn,
  diagnose,
  type FailedRecord,
  type Shift,
  shifted,
} from "./damage/diagnose.ts";
import { lookOf, sureBits } from "./damage/looks.ts";
import type { Trials } from "./damage/origin.ts";
import { innerOf } from "./decrypt.ts";
import type { Epoch, RecordOpener } from "./epochs.ts";
import { type Header, headerAt, isProtectedHeader, parseHeader, recordSizeMax } from "./framing.ts";
import type { Followed, Found, FramingSearch, SearchBudget } from "./search.ts";
import type { ByteStream } from "./stream.ts";

/** What a walk walks on. */
export interface Ground {
  stream: ByteStream;
  version: TlsVersion;
  /** Position of the offload start. */
  origin: number;
  /** Fewest bytes that a record has. */
  sizeMin: number;
  opener: RecordOpener;
  search: FramingSearch;
  comparer: CopyComparer;
  budget: SearchBudget;
  trials: Trials;
}

/** Where a walk stands: the record that is due there. */
export interface Place {
  position: number;
  epoch: Epoch;
  /** Place in the epoch of the record that is due; −1 = unknown. */
  index: number;
  /** Records of the epoch since the last one that was read. */
  unread: number;
  /** Explicit nonce of the epoch's first record, as the last record told it. */
  nonce: bigint | null;
  /** What the last record that was right as another one was right by. */
  shift: Shift | null;
}

/** A record that a walk would take at its place. Its bytes are valid until the walk is asked again. */
export interface RecordStep {
  kind: "record";
  length: number;
  /** As the table is to have it. */
  type: number;
  authenticated: number;
  /** Epoch and index are not those that were due: among unread records before it keys have changed. */
  hidden: Found | null;
  /** Its right bytes, null if they are not known; `repaired`: the stream's own pieces hold others. */
  right: Uint8Array | null;
  repaired: boolean;
  /** Which of its right bytes are only what was captured first, from one place in the record to another. */
  blank?: readonly [from: number, to: number];
  /** What its explicit nonce can be read from, whether or not it is the one that is due. */
  carries: Uint8Array | null;
  /** The same, if it is. */
  tells: Uint8Array | null;
  /** Its real type, and what it says if that is a handshake message and could be read: it may change the keys. */
  contentType: number;
  message: Uint8Array;
  /** Copies that make it whole. */
  overlays: Overlay[] | null;
  damage: Damage | null;
  shift: Shift | null;
  /** Keys of the record behind it, if that one was found. */
  next: Epoch | null;
}

/** Bytes that are no records as far as is known, and where records go on; null = nowhere. */
export interface GapStep {
  kind: "gap";
  end: number;
  found: Found | null;
  /** They are known to be of no record. */
  damage: Damage | null;
}

/** What a walk would take next. */
export type Step = RecordStep | GapStep;

/** What is at a place where the record that is due does not fit. */
export interface Misfit {
  place: Place;
  /** Null if it cannot be the header of a record. */
  header: Header | null;
  /** The bytes as the header frames them, if all of them were captured. */
  record: Uint8Array | null;
}

/** What one way would take; null if it does not lead anywhere. */
export type Strategy = (ground: Ground, misfit: Misfit) => Step | null;

/** Copies of a damaged record's bytes that are tried one by one. */
const copiesTriedMax = 16;
/** What looking for a damaged byte costs beside the record's own length, in bytes decrypted. */
const explainCost = 1 << 17;
const nothing = new Uint8Array(0);

/** What the first strategy that leads anywhere would take. */
export function firstOf(strategies: readonly Strategy[], ground: Ground, misfit: Misfit): Step | null {
  for (const strategy of strategies) {
    const step = strategy(ground, misfit);
    if (step !== null) return step;
  }
  return null;
}

/** The record if it authenticates as the one that is due. */
export function authentic(ground: Ground, place: Place, record: Uint8Array): RecordStep | null {
  const plaintext = ground.opener.open(place.epoch, place.index, record);
  if (plaintext === null) return null;
  ground.budget.earn(record.length);
  const { type, size } = innerOf(ground.version, record[0]!, plaintext);
  return {
    kind: "record",
    length: record.length,
    type,
    authenticated: Authenticated.yes,
    hidden: null,
    right: record,
    repaired: false,
    carries: record,
    tells: record,
    contentType: type,
    message: messageIn(plaintext, type, size),
    overlays: null,
    damage: null,
    shift: null,
    next: null,
  };
}

/** What a record of this type and content says of the handshake. */
export const messageIn = (plaintext: Uint8Array, type: number, size: number): Uint8Array =>
  type === recordType.handshake ? plaintext.subarray(0, size) : nothing;

/** A record of which only the type in its header is known. */
export function unread({ version }: Ground, { type: headerType, length }: Header): RecordStep {
  const type = outerType(version, headerType);
  return {
    kind: "record",
    length,
    type,
    authenticated: Authenticated.unknown,
    hidden: null,
    right: null,
    repaired: false,
    carries: null,
    tells: null,
    contentType: type,
    message: nothing,
    overlays: null,
    damage: null,
    shift: null,
    next: null,
  };
}

/** Type of a record that was not decrypted. */
const outerType = (version: TlsVersion, type: number): number =>
  version === 0x0304 ? recordType.applicationData : type;

/** Other captured copies of the record's bytes make it authenticate: all that differ together, or one of them. */
const byCopies: Strategy = (ground, { place }) => {
  const { stream, comparer, budget } = ground;
  const { position } = place;
  stream.ask(position + recordSizeMax);
  if (comparer.overlapping(position, position + recordSizeMax).length === 0) return null;
  const bytes = new Uint8Array(recordSizeMax);
  const size = stream.read(position, recordSizeMax, bytes);
  const held = bytes.subarray(0, size);
  const end = position + size;
  const overlays: Overlay[] = [];
  for (const copy of comparer.overlapping(position, end)) {
    const overlay = comparer.overlayOf(copy, position, end);
    if (overlays.length === copiesTriedMax || !budget.spend(overlay.length)) break;
    if (comparer.differs(copy, position, held)) overlays.push(overlay);
  }
  const together = overlays.length > 1 ? overlaid(ground, place, overlays, held) : null;
  if (together !== null) return together;
  for (const overlay of overlays) {
    const step = overlaid(ground, place, [overlay], held);
    if (step !== null) return step;
  }
  return null;
};

function overlaid(
  ground: Ground,
  place: Place,
  overlays: readonly Overlay[],
  bytes: Uint8Array,
): RecordStep | null {
  const laid = bytes.slice();
  for (const overlay of overlays) ground.comparer.lay(overlay, place.position, laid);
  const header = parseHeader(laid);
  if (!isProtectedHeader(header, ground.sizeMin) || header.length > laid.length) return null;
  if (!ground.budget.spendOpening(header.length)) return null;
  const step = authentic(ground, place, laid.subarray(0, header.length));
  const within = overlaysWithin(overlays, place.position + header.length);
  return step && { ...step, repaired: true, overlays: within };
}

/** A change of keys among the records before it, which could not be read, explains its tag. */
const behindUnread: Strategy = (ground, { place, record }) => {
  const hidden = ground.search.behindUnread(place.position, place.epoch, place.unread);
  if (hidden === null || record === null) return null;
  const { epoch, index } = hidden;
  const step = authentic(ground, { ...place, epoch, index }, record);
  return step && { ...step, hidden };
};

/** It is right as another record, by what the last such one was right by. */
const asShifted: Strategy = (ground, { place, record }) => {
  if (place.shift === null || record === null) return null;
  const diagnosis = shifted(keyed(ground, place, record), place.shift);
  return diagnosis && failedStep(ground, place, record, diagnosis, null);
};

/** It was not encrypted. */
const asLeaked: Strategy = (ground, { place, record }) => {
  const { protection } = ground.opener;
  if (record === null || protection === null) return null;
  const body = record.subarray(protection.layout.prepend, record.length - tagSize);
  if (lookOf(ground.version, record[0]!, body).bits < sureBits) return null;
  return failed(ground, place, record, null);
};

/** The record that is due stands further on: what lies before it is of none, be it that the one before it comes again. */
const foreign: Strategy = (ground, { place, record }) => {
  const { search, opener, origin } = ground;
  const { position, epoch, index } = place;
  // It was exchanged with the one that is due.
  if (record !== null && opener.open(epoch, index + 1, record) !== null) return null;
  const isAgain = record !== null && opener.open(epoch, index - 1, record) !== null;
  const behind = position + (record?.length ?? 0);
  const due =
    isAgain && search.isDueAt(behind, epoch, index) ? behind : search.dueRecord(position, epoch, index);
  if (due === null) return null;
  const damage = { part: "foreign", at: position - origin, length: due - position } as const;
  return { kind: "gap", end: due, found: { position: due, index, epoch }, damage };
};

/** Its length is right, for the next record stands behind it. */
const beforeNext: Strategy = (ground, { place, record }) => {
  const { position, epoch, index } = place;
  const followed = record && ground.search.followedAt(position + record.length, epoch, index);
  return followed && failed(ground, place, record!, followed);
};

/** Its length is damaged: it ends where the next record authenticates, if one does nearby. */
const upToNext: Strategy = (ground, { place }) => {
  const followed = ground.search.nextRecord(place.position, place.epoch, place.index);
  return followed && upTo(ground, place, followed.position, followed);
};

/** Its length is damaged and it is the stream's last record. */
const asLast: Strategy = (ground, { place }) => {
  const { end } = ground.stream;
  const { position, epoch, index } = place;
  if (!ground.stream.isCapturedToEnd(position, recordSizeMax)) return null;
  const right = ground.search.withRightHeader(position, end - position, epoch, index);
  return right && upTo(ground, place, end, null);
};

/** What lies behind it is no record, so that it may be the stream's last one. */
const asLastInDoubt: Strategy = (ground, misfit) => {
  const { stream, sizeMin } = ground;
  const next = misfit.place.position + misfit.record!.length;
  const isInDoubt = stream.reaches(next) && !isProtectedHeader(headerAt(stream, next), sizeMin);
  return isInDoubt ? asLast(ground, misfit) : null;
};

/** What it was made from, or which of its bytes are wrong, is known: so its length is right. */
const asExplained: Strategy = (ground, { place, record }) => {
  const step = failed(ground, place, record!, null);
  return step.damage?.part === "unknown" ? null : step;
};

/** Nothing else explains it: a record as long as it says. */
const asFramed: Strategy = (ground, { place, record }) => failed(ground, place, record!, null);

/** Bytes of it are missing: a record as long as it says of which nothing else is known. */
const incomplete: Strategy = (ground, { header }) => unread(ground, header!);

/** Of a record that reaches beyond the stream's end the length may be damaged. */
const ifBeyondEnd =
  (strategy: Strategy): Strategy =>
  (ground, misfit) => {
    const { position } = misfit.place;
    const { stream } = ground;
    const isWithin = stream.reaches(position + misfit.header!.length - 1);
    return isWithin || !stream.isCapturedToEnd(position, recordSizeMax) ? null : strategy(ground, misfit);
  };

/** For a whole record whose tag does not fit the number that is due. */
export const forFailed = [
  byCopies,
  asShifted,
  beforeNext,
  foreign,
  asLeaked,
  behindUnread,
  asExplained,
  upToNext,
  asLastInDoubt,
  asFramed,
];
/** For bytes that are no header, where records can be opened. */
export const forBadHeader = [byCopies, foreign, upToNext, asLast];
/** For a record of which bytes are missing, or in which the capture ends. */
export const forIncomplete = [
  byCopies,
  ifBeyondEnd(foreign),
  ifBeyondEnd(upToNext),
  ifBeyondEnd(asLast),
  incomplete,
];

/** The bytes up to `end` as one record, whose header is damaged if another makes it authenticate. */
function upTo(ground: Ground, place: Place, end: number, followed: Followed | null): RecordStep | null {
  const { position, epoch, index } = place;
  const length = end - position;
  const record = new Uint8Array(length);
  if (length > recordSizeMax || ground.stream.read(position, length, record) < length) return null;
  const right = ground.search.withRightHeader(position, length, epoch, index);
  if (right === null) return failed(ground, place, record, followed);
  const diagnosis = damagedIn("header", record, right, position - ground.origin);
  return failedStep(ground, place, record, diagnosis, followed);
}

/** A record with the keys and the number that are due to it. */
export const keyed = ({ opener }: Ground, { epoch, index }: Place, record: Uint8Array) => ({
  protection: opener.protection!,
  keys: epoch.keys!,
  sn: opener.snOf(epoch, index),
  record,
});

/** A failed record with what is known of its damage. */
function failed(ground: Ground, place: Place, record: Uint8Array, followed: Followed | null): RecordStep {
  const { opener, budget, trials } = ground;
  const { epoch, index, position } = place;
  const isThorough = budget.spend(explainCost + 32 * record.length);
  const nonce = place.nonce ?? (followed && opener.firstNonce(index + 1, followed.record));
  const one: FailedRecord = {
    ...keyed(ground, place, record),
    expectedNonce: nonce === null ? null : addU64(nonce, index),
    at: position - ground.origin,
    others: opener.others(epoch),
  };
  return failedStep(ground, place, record, diagnose(one, isThorough ? trials : null), followed);
}

function failedStep(
  ground: Ground,
  { epoch, index }: Place,
  record: Uint8Array,
  { damage, right, shift, inner: read }: Diagnosis,
  followed: Followed | null,
): RecordStep {
  const type = outerType(ground.version, record[0]!);
  const plaintext = right ? ground.opener.open(epoch, index, right) : read;
  const inner = plaintext && innerOf(ground.version, (right ?? record)[0]!, plaintext);
  return {
    kind: "record",
    length: record.length,
    type,
    authenticated: Authenticated.no,
    hidden: null,
    right,
    repaired: right !== null,
    carries: damage.part === "header" || damage.part === "nonce" ? null : record,
    tells: null,
    contentType: inner?.type ?? (followed ? recordType.applicationData : type),
    message: inner ? messageIn(plaintext, inner.type, inner.size) : nothing,
    overlays: null,
    damage,
    shift,
    next: followed?.epoch ?? null,
  };
}
