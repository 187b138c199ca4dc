import type { Layout } from "../base/record.ts";
import type { KernelRules } from "../machine/rules.ts";

/** Bytes of the socket's page fragment (SKB_FRAG_PAGE_ORDER) that records are copied into. */
export const pageSize = 32768;
/** MAX_SKB_FRAGS: fragments of a record, its tag included. */
export const fragmentsMax = 17;

/** The open record of a connection: what tls_push_data() knows of it between two rounds and two calls. */
export interface OpenRecord {
  /** Header and payload so far; 0 = none is open. */
  openLength: number;
  openFragments: number;
  /** 1: the last fragment lies on the page fragment, so that what is copied behind it extends it. */
  openOnPage: number;
  /** Zero-copy: what is left of the contiguous piece of the user's pages that is being taken. */
  openPieceLeft: number;
  /** Room in the page fragment. */
  pageRoom: number;
}

/** A new record: its first fragment is room for header and nonce. */
export function openRecord(open: OpenRecord, prepend: number): void {
  takePage(open, prepend);
  open.openLength = prepend;
  open.openFragments = 1;
  open.openOnPage = 1;
}

/**
 * One round of tls_push_data(): as many of `left` bytes as fit the record and come in one go, which is what is left of
 * the page fragment they are copied to, or of the user's piece (`pieceSize` > 0: zero-copy). Gives how many.
 */
export function takeBytes(open: OpenRecord, left: number, lengthMax: number, pieceSize: number): number {
  const room = Math.min(left, lengthMax - open.openLength);
  if (room === 0) return 0;
  const copied = pieceSize > 0 ? takePiece(open, room, pieceSize) : copyBytes(open, room);
  open.openLength += copied;
  return copied;
}

/** Each piece is a fragment of its own. */
function takePiece(open: OpenRecord, room: number, pieceSize: number): number {
  if (open.openPieceLeft === 0) open.openPieceLeft = pieceSize;
  const taken = Math.min(room, open.openPieceLeft);
  open.openPieceLeft -= taken;
  open.openFragments++;
  open.openOnPage = 0;
  return taken;
}

/** Copied bytes extend a copied fragment, until its page is full. */
function copyBytes(open: OpenRecord, room: number): number {
  if (open.openOnPage === 0 || open.pageRoom === 0) open.openFragments++;
  if (open.pageRoom === 0) open.pageRoom = pageSize;
  open.openOnPage = 1;
  const copied = Math.min(room, open.pageRoom);
  open.pageRoom -= copied;
  return copied;
}

/** The fragment table has room for nothing more than the tag. */
export const fragmentsAreFull = (open: OpenRecord): boolean => open.openFragments >= fragmentsMax - 1;

/** What closing a record makes of it. */
export interface ClosedRecord {
  /** Payload bytes that sendmsg() took for it. */
  payload: number;
  /** Of these, bytes that a broken kernel takes for the tag, on a page without room for it. */
  eaten: number;
  /** Fragments, the tag's included. */
  fragments: number;
  /** Header to tag, in bytes. */
  length: number;
}

/**
 * tls_device_record_close(): the tag, in TLS 1.3 with the type byte before it, gets its place in one piece, behind the last
 * copied bytes or on a page of its own, and no record is open any more.
 */
export function closeOpen(
  open: OpenRecord,
  layout: Layout,
  rules: Pick<KernelRules<unknown>, "eatenByTag">,
): ClosedRecord {
  const payload = open.openLength - layout.prepend;
  const eaten = rules.eatenByTag(open, payload);
  const behind = layout.overhead - layout.prepend;
  const extendsLast = open.openOnPage === 1 && open.pageRoom >= behind;
  const fragments = open.openFragments + (extendsLast ? 0 : 1);
  takePage(open, behind);
  open.openLength = 0;
  open.openFragments = 0;
  return { payload, eaten, fragments, length: payload - eaten + layout.overhead };
}

/** Takes `size` bytes off the page fragment, from a new one if they do not fit. */
function takePage(open: OpenRecord, size: number): void {
  if (open.pageRoom < size) open.pageRoom = pageSize;
  open.pageRoom -= size;
}
