import { type Layout, payloadSizeMax } from "./record.ts";

/** Bytes of the socket's page fragment (SKB_FRAG_PAGE_ORDER) that records are copied into. */
export const pageSize = 32768;
/** MAX_SKB_FRAGS: fragments of a record, its tag included. */
export const fragmentsMax = 17;

/** The open record of a connection: what tls_push_data() knows of it between two calls. */
export interface OpenRecord {
  /** Header and payload so far; 0 = none is open. */
  openLength: number;
  openFragments: number;
  /** Room in the page fragment. */
  pageRoom: number;
  /** 1 = the last fragment is the end of what the page fragment holds: more bytes extend it. */
  openInPage: number;
}

/** What one call of sendmsg() is like. */
export interface Filling {
  layout: Layout;
  /** Most payload in a record. */
  payloadMax: number;
  /** MSG_MORE: the last record stays open. */
  more: boolean;
  /** Zero-copy: bytes in each contiguous piece of the user's pages; 0 = the bytes are copied. */
  pieceSize: number;
  /** MSG_MORE leaves a record open whose fragment table is full. */
  overfills: boolean;
}

/** Where records begin and end; `closed` is told a full record's payload bytes. */
export interface FillingSteps {
  opened(): void;
  copied(bytes: number): void;
  closed(payload: number): void;
}

/**
 * The loop of tls_push_data(): divides `size` bytes into records. One is closed when it holds as much as a record can,
 * when its fragment table is full, or at the end without MSG_MORE. No bytes at all are a record too.
 */
export function fillRecords(open: OpenRecord, size: number, filling: Filling, steps: FillingSteps): void {
  const { layout, payloadMax, more, pieceSize } = filling;
  const lengthMax = payloadMax + layout.prepend;
  let left = size;
  let inPiece = pieceSize;
  do {
    if (open.openLength === 0) {
      takePage(open, layout.prepend);
      open.openLength = layout.prepend;
      open.openFragments = 1;
      open.openInPage = 1;
      steps.opened();
    }
    const copied = Math.min(left, lengthMax - open.openLength, pieceSize > 0 ? inPiece : roomFor(open, left));
    if (pieceSize > 0) {
      inPiece = copied === inPiece ? pieceSize : inPiece - copied;
      if (copied > 0) addFragment(open, 0);
    } else {
      if (copied > 0 && open.openInPage === 0) addFragment(open, 1);
      open.pageRoom -= copied;
    }
    open.openLength += copied;
    left -= copied;
    steps.copied(copied);
    const full = open.openFragments >= fragmentsMax - 1;
    if (left === 0 && more && !(full && !filling.overfills)) return;
    if (left === 0 || full || open.openLength === lengthMax) {
      steps.closed(open.openLength - layout.prepend);
      open.openLength = 0;
    }
  } while (left > 0);
}

function addFragment(open: OpenRecord, inPage: number): void {
  open.openFragments++;
  open.openInPage = inPage;
}

/** Room in the page fragment for bytes to be copied; a full one is followed by the next, in a further fragment. */
function roomFor(open: OpenRecord, wanted: number): number {
  if (wanted > 0 && open.pageRoom === 0) {
    open.pageRoom = pageSize;
    open.openInPage = 0;
  }
  return wanted === 0 ? 0 : open.pageRoom;
}

/** Takes `size` bytes off the page fragment, from a new one if they do not fit. */
export function takePage(open: OpenRecord, size: number): void {
  if (open.pageRoom < size) open.pageRoom = pageSize;
  open.pageRoom -= size;
}

/** Bounds of TLS_TX_MAX_PAYLOAD_LEN; TLS 1.3 counts the inner type byte. */
export const payloadMaxBounds = { min: 64, max: payloadSizeMax } as const;
