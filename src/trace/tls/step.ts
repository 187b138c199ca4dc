/** Where a walk stands, and what it would take there. */
import { recordType, type TlsVersion } from "../../core/base/record.ts";
import type { Overlay } from "../captured.ts";
import { Authenticated, type Damage } from "../trace.ts";
import type { CopyComparer } from "./copies.ts";
import type { Shift } from "./damage/diagnose.ts";
import type { Trials } from "./damage/origin.ts";
import { innerOf } from "./decrypt.ts";
import type { Epoch, RecordOpener } from "./epochs.ts";
import type { Header } from "./framing.ts";
import type { Found, FramingSearch, SearchBudget } from "./search.ts";
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
  /** Where numbers far off were searched for last, in vain. */
  searchedAt: number;
  /** How far, in numbers before and behind the due one. */
  searchedTo: number;
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
  /** A record must begin there, or nothing: the one before it was opened, and does not say that it is the last. */
  isDue: boolean;
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
  /** Its real type, and what it says if that is an alert or a handshake message and could be read: it may change the keys. */
  contentType: number;
  message: Uint8Array;
  /** Copies that make it whole. */
  overlays: Overlay[] | null;
  damage: Damage | null;
  shift: Shift | null;
  /** Keys of the record behind it, if that one was found. */
  next: Epoch | null;
  /** Before it is taken: it may be right under a number far off. Searches for that, and gives what to take then; null: it is not. */
  search?: Generator<number, RecordStep | null>;
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

/** No message. */
export const nothing = new Uint8Array(0);

/** What a record of this type and content says of the handshake, or as an alert. */
export const messageIn = (plaintext: Uint8Array, type: number, size: number): Uint8Array =>
  type === recordType.handshake || type === recordType.alert ? plaintext.subarray(0, size) : nothing;

/** True for an alert after which its sender sends no more records: a close_notify, or a fatal one (RFC 5246 §7.2, RFC 8446 §6). */
export const isClosing = (alert: Uint8Array): boolean =>
  alert.length === 2 && (alert[0] === 2 || alert[1] === 0);

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
export const outerType = (version: TlsVersion, type: number): number =>
  version === 0x0304 ? recordType.applicationData : type;
