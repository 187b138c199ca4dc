/** What a walk takes next of a stream whose records are expected in plaintext with zeros for tags. */
import { addU64, headerSize, type Layout, recordType, tagSize } from "../../../core/base/record.ts";
import { u16be } from "../../pcap/bytes.ts";
import { Authenticated, type ClearFault } from "../../trace.ts";
import { decrypted } from "../damage/diagnose.ts";
import { lookOf, sureBits } from "../damage/looks.ts";
import { innerOf } from "../decrypt.ts";
import { keyed } from "../failed.ts";
import { type Header, headerAt, isProtectedHeader, recordSizeMax } from "../framing.ts";
import type { Found } from "../search.ts";
import {
  authentic,
  type GapStep,
  type Ground,
  messageIn,
  type Place,
  type RecordStep,
  type Step,
  unread,
} from "../step.ts";
import { type Clear, faultsOf, nonceAt, nonceFor, setHeader, setNonce } from "./clear.ts";
import { isTagZero } from "./zeroed.ts";

/** The next record, or bytes of none; null where the capture has a hole. */
export function clearStep(ground: Ground, place: Place, clear: Clear): Step | null {
  const { stream, origin, budget } = ground;
  const { position, epoch } = place;
  const known = clear.known?.at(position - origin) ?? null;
  const header = headerAt(stream, position);
  if (known === null && header === undefined) return null;
  const length = known?.length ?? lengthAt(ground, place, header ?? null);
  if (length === null) return foreign(ground, place);
  const record = new Uint8Array(length);
  const type = (known ?? record)[0]!;
  if (stream.read(position, length, record) < length)
    return unread(ground, { type: header?.type ?? type, version: 0x0303, length });
  budget.earn(length);
  const whole = { record, known };
  const sealed = isTagZero(record) ? untagged(ground, place, whole) : sealedStep(ground, place, clear, whole);
  if (sealed !== null) return sealed;
  const isBefore = position < clear.from && epoch.keys === null;
  return isBefore
    ? unread(ground, { type: record[0]!, version: 0x0303, length })
    : plainStep(ground, place, clear, whole);
}

/** A record, and what another capture has in its place. */
interface Whole {
  record: Uint8Array;
  known: Uint8Array | null;
}

/** How long the record is: as its header says, unless neither its end nor what lies behind fits; null if it is none. */
function lengthAt(ground: Ground, { position, epoch }: Place, header: Header | null): number | null {
  const { stream, search, sizeMin } = ground;
  const stated = isProtectedHeader(header, sizeMin) ? header.length : null;
  const isEnd = (end: number) => end === stream.end || isProtectedHeader(headerAt(stream, end), sizeMin);
  if (
    stated !== null &&
    (isZeroBefore(ground, position + stated) || headerAt(stream, position + stated) !== null)
  )
    return stated;
  const lengthBytes = new Uint8Array(headerSize);
  stream.read(position, headerSize, lengthBytes);
  const said = headerSize + u16be(lengthBytes, 3);
  const isSaid = said >= sizeMin && said <= recordSizeMax && isZeroBefore(ground, position + said);
  if (isSaid && isEnd(position + said)) return said;
  const next = search.nextChain(position, epoch)?.position ?? Number.POSITIVE_INFINITY;
  const isNext = next - position >= sizeMin && next - position <= recordSizeMax && isZeroBefore(ground, next);
  return isNext ? next - position : stated;
}

const tag = new Uint8Array(tagSize);

/** Whether zeros stand for a tag before this position. */
const isZeroBefore = ({ stream }: Ground, end: number): boolean =>
  stream.read(end - tagSize, tagSize, tag) === tagSize && isTagZero(tag);

/** Bytes of no record, as far as they were captured, up to where records go on. */
function foreign(ground: Ground, place: Place): GapStep {
  const { stream, origin } = ground;
  const { position } = place;
  const found = numbered(ground, place, nextClear(ground, place));
  const end = found?.position ?? stream.end;
  const bytes = new Uint8Array(recordSizeMax);
  let held = 0;
  for (let size = -1; size !== 0 && position + held < end; held += size)
    size = stream.read(position + held, Math.min(bytes.length, end - position - held), bytes);
  return { kind: "gap", end, found, damage: { part: "foreign", at: position - origin, length: held } };
}

/** Up to where records go on behind a hole. */
export function clearGap(ground: Ground, place: Place, { known }: Clear): GapStep {
  const { stream, origin } = ground;
  const { position, epoch } = place;
  const behind = stream.nextCaptured(position + 1);
  const told = known?.from(behind - origin) ?? Number.POSITIVE_INFINITY;
  const isNear = origin + told <= behind + recordSizeMax;
  const next = isNear ? { position: origin + told, index: -1, epoch } : nextClear(ground, place);
  if (next === null) stream.ask(Number.POSITIVE_INFINITY);
  const found = numbered(ground, place, next);
  return { kind: "gap", end: found?.position ?? stream.end, found, damage: null };
}

/**
 * Where records go on: what is in plaintext may hold records of its own, so the first must end with zeros, or be one that
 * the kernel encrypted.
 */
function nextClear(ground: Ground, { position, epoch }: Place): Found | null {
  const { stream, search, opener } = ground;
  for (
    let found = search.nextChain(position, epoch);
    found;
    found = search.nextChain(found.position, epoch)
  ) {
    const header = headerAt(stream, found.position)!;
    if (isZeroBefore(ground, found.position + header.length)) return found;
    const record = new Uint8Array(header.length);
    const isWhole = stream.read(found.position, record.length, record) === record.length;
    if (isWhole && epoch.keys !== null && (opener.placeOf(epoch, record) ?? -1) >= 0) return found;
  }
  return null;
}

/** A record found further on, with its place in the epoch if its explicit nonce tells how many lie between. */
function numbered({ stream, opener }: Ground, { index, nonce }: Place, found: Found | null): Found | null {
  const isCounted = hasNonce(opener.protection!.layout) && nonce !== null && index >= 0;
  const there = found && isCounted ? nonceAt(stream, found.position) : null;
  if (found === null || there === null) return found;
  const at = Number(addU64(there, -nonce!));
  return { ...found, index: at >= index && Number.isSafeInteger(at) ? at : -1 };
}

const hasNonce = ({ prepend }: Layout): boolean => prepend > headerSize;

/**
 * A record that authenticates. Before the device took over, and under new keys until it takes those, the kernel encrypts
 * itself; elsewhere it should not.
 */
function sealedStep(ground: Ground, place: Place, clear: Clear, { record, known }: Whole): RecordStep | null {
  const { opener, origin } = ground;
  const { position, epoch } = place;
  const index = place.index >= 0 ? place.index : (opener.placeOf(epoch, record) ?? -1);
  const step = authentic(ground, { ...place, index }, record);
  if (step === null || position < clear.from || epoch.number > 0) return step;
  const damage = { part: "sealed", at: position - origin, length: record.length } as const;
  return { ...step, authenticated: Authenticated.no, right: known, repaired: known !== null, damage };
}

/** What is clearly better than the other reading (as where a tap is told). */
const [readBits, marginBits] = [6, 12];

/** A record that is encrypted and has zeros for a tag: decrypted it reads as plaintext, as it stands not. */
function untagged(ground: Ground, place: Place, { record, known }: Whole): RecordStep | null {
  const { opener, version, origin } = ground;
  if (known !== null || opener.protection === null || place.epoch.keys === null || place.index < 0)
    return null;
  const { prepend } = opener.protection.layout;
  const plain = lookOf(version, record[0]!, record.subarray(prepend, record.length - tagSize));
  if (plain.bits >= sureBits) return null;
  const { bits } = lookOf(version, record[0]!, decrypted(keyed(ground, place, record)));
  if (bits < readBits || bits - Math.max(plain.bits, -8) < marginBits) return null;
  const damage = { part: "sealed", at: place.position - origin, length: record.length } as const;
  const step = unread(ground, { type: record[0]!, version: 0x0303, length: record.length });
  return { ...step, authenticated: Authenticated.no, damage, carries: record, tells: record };
}

/** A record in plaintext, with what is wrong with it. */
function plainStep(ground: Ground, place: Place, clear: Clear, { record, known }: Whole): RecordStep {
  const { opener, version, origin } = ground;
  const { layout } = opener.protection!;
  const { right, tells } = known ? { right: known, tells: true } : rightOf(ground, place, clear, record);
  const body = right.subarray(layout.prepend, right.length - tagSize);
  const isPossible = known !== null || lookOf(version, right[0]!, body).isPossible;
  const faults = faultsOf(record, right, layout);
  if (!isPossible) faults.push(impossible(record, layout));
  const { type, size } = isPossible
    ? innerOf(version, right[0]!, body)
    : { type: recordType.applicationData, size: 0 };
  const isCounted = tells && (known === null || !faults.some(({ what }) => what === "nonce"));
  const asItMust = known ? Authenticated.plain : Authenticated.framed;
  return {
    ...unread(ground, { type: record[0]!, version: 0x0303, length: record.length }),
    type,
    authenticated: faults.length > 0 ? Authenticated.no : asItMust,
    right,
    repaired: faults.length > 0,
    ...(known === null && { blank: [layout.prepend, record.length - tagSize - layout.tail] as const }),
    carries: record,
    tells: isCounted ? record : null,
    contentType: type,
    message: messageIn(body, type, size),
    damage: faults.length > 0 ? { part: "clear", at: place.position - origin, faults } : null,
  };
}

/** No content is like this: in TLS 1.3 its type is none, else an alert or a ChangeCipherSpec is not one. */
function impossible(record: Uint8Array, { prepend, tail }: Layout): ClearFault {
  const end = record.length - tagSize;
  if (tail > 0) return { what: "type", from: end - tail, to: end, bytes: tail };
  return { what: "content", from: prepend, to: end, bytes: end - prepend };
}

/** The record as it must be, its content as it is; and whether its explicit nonce is what others count on from. */
function rightOf(
  { stream, opener }: Ground,
  { position, epoch, index, nonce }: Place,
  { isNonceTold }: Clear,
  record: Uint8Array,
): { right: Uint8Array; tells: boolean } {
  const { layout } = opener.protection!;
  const right = record.slice();
  setHeader(right, layout);
  right.fill(0, right.length - tagSize);
  if (!hasNonce(layout)) return { right, tells: false };
  const due = nonce === null || index < 0 ? null : addU64(nonce, index);
  const isGuess = index === 0 && epoch.number === 0 && !isNonceTold;
  const { must, tells } = nonceFor(stream, { position, record }, { due, isGuess });
  setNonce(right, must);
  return { right, tells };
}
