/** Ways to take a record that does not fit. Each only says what it would take; the walk applies it or asks the next. */
import { headerSize, tagSize } from "../../core/base/record.ts";
import type { Overlay } from "../captured.ts";
import { overlaysWithin } from "./copies.ts";
import { damagedIn, shifted } from "./damage/diagnose.ts";
import { lookOf, sureBits } from "./damage/looks.ts";
import { failed, failedStep, keyed } from "./failed.ts";
import {
  headerAt,
  heartbeat,
  isProtectedHeader,
  mayBeginHeader,
  parseHeader,
  recordSizeMax,
} from "./framing.ts";
import type { Followed } from "./search.ts";
import {
  authentic,
  type GapStep,
  type Ground,
  type Misfit,
  type Place,
  type RecordStep,
  type Step,
  unread,
} from "./step.ts";

/** What one way would take; null if it does not lead anywhere. */
export type Strategy = (ground: Ground, misfit: Misfit) => Step | null;

/** Copies of a damaged record's bytes that are tried one by one. */
const copiesTriedMax = 16;

/** What the first strategy that leads anywhere would take. */
export function firstOf(strategies: readonly Strategy[], ground: Ground, misfit: Misfit): Step | null {
  for (const strategy of strategies) {
    const step = strategy(ground, misfit);
    if (step !== null) return step;
  }
  return null;
}

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

/** Fewer bytes than a header at the stream's end that begin none. */
export const stray: Strategy = ({ stream, origin }, { place: { position, isDue } }) => {
  const length = stream.end - position;
  if (!isDue || stream.read(position, length, stub) < length || mayBeginHeader(stub, length)) return null;
  stream.ask(Number.POSITIVE_INFINITY);
  return {
    kind: "gap",
    end: stream.end,
    found: null,
    damage: { part: "foreign", at: position - origin, length },
  };
};
const stub = new Uint8Array(headerSize);

/** A record must begin here, and none does: what lies before the next one that is found is of none. */
const noRecord: Strategy = (ground, { place, header }) => {
  // A type that is rare rather than wrong.
  if (!place.isDue || header?.type === heartbeat) return null;
  const { stream, origin } = ground;
  const { position } = place;
  const gap = gapAt(ground, place, true);
  const bytes = new Uint8Array(Math.min(gap.end - position, 2 * recordSizeMax));
  const length = stream.read(position, bytes.length, bytes);
  return { ...gap, damage: { part: "foreign", at: position - origin, length } };
};

/** Up to where the framing is found again behind a hole or damage, or lost for good. */
export function gapAt({ search, stream }: Ground, place: Place, canOpen: boolean): GapStep {
  const { position, epoch, index, unread } = place;
  const authentic = canOpen ? search.nextAuthentic(position, epoch, index, unread) : null;
  const found = authentic ?? search.nextChain(position, epoch);
  if (found === null) stream.ask(Number.POSITIVE_INFINITY);
  return { kind: "gap", end: found?.position ?? stream.end, found, damage: null };
}

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
  return step.damage?.part === "unknown" && !step.search ? null : step;
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
export const forBadHeader = [byCopies, foreign, upToNext, asLast, noRecord];
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
