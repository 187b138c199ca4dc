import { Frame } from "./headers/frame.ts";
import { Type } from "./headers/layer.ts";
import { headersSizeMax, type Packet } from "./headers/packet.ts";
import type { Part, Scattered } from "./scattered.ts";

/** A fragment's bytes, as far as no other fragment brought them before. */
interface Piece {
  /** Place in the packet. */
  start: number;
  length: number;
  /** Of these, how many the capture holds, and where. */
  captured: number;
  offset: number;
  frame: number;
  /** Those that headers may take. */
  head: Uint8Array;
}

/** A packet of which fragments have come. */
interface Pending {
  timeNs: number;
  /** Number of the frame that brought the first one. */
  frame: number;
  /** The IP header of its first fragment, null before that came. */
  header: Uint8Array | null;
  /** In order; they do not overlap. */
  pieces: Piece[];
  /** Bytes that the pieces hold. */
  held: number;
  /** Bytes of the packet, −1 before its last fragment came. */
  total: number;
  /** True when the packet was whole before: these fragments may be copies of those. */
  isAgain: boolean;
}

/** What may be odd about a fragment. */
export type FragmentOddity =
  | "fragmentDamaged"
  | "fragmentsOverlap"
  | "fragmentAgain"
  | "fragmentsIncomplete"
  | "tooManyFragments";

/** Largest IP packet (RFC 791 §3.1). */
const packetSizeMax = 65535;
/** Packets whose fragments are kept at once, and pieces of all of them and of one. */
const pendingMax = 1024;
const piecesMax = 1 << 16;
const packetPiecesMax = 2048;
/** How long a receiver waits for the rest of a packet (Linux: net.ipv4.ipfrag_time), in nanoseconds. */
const waitNs = 30e9;
/** LINKTYPE_RAW: what a whole packet is a frame of. */
const rawLinkType = 101;

/**
 * Puts the packets together that came in fragments (RFC 791 §3.2, RFC 8200 §4.5), in whatever order these come. A byte
 * that several fragments bring is taken from the first. What is kept is bounded: the oldest packet goes first.
 */
export class Fragments {
  private readonly scattered: Scattered;
  private readonly note: (oddity: FragmentOddity, frame?: number) => void;
  private readonly pending = new Map<string, Pending>();
  /** Packets that were put together, by the time when. */
  private readonly done = new Map<string, number>();
  private pieces = 0;
  private readonly whole = new Frame();

  constructor(scattered: Scattered, note: (oddity: FragmentOddity, frame?: number) => void) {
    this.scattered = scattered;
    this.note = note;
  }

  /** The frames that brought the first fragments of the packets that are still not whole. */
  get incomplete(): number[] {
    return [...this.pending.values()].filter(({ isAgain }) => !isAgain).map(({ frame }) => frame);
  }

  /** Takes the fragment that was just parsed. Gives the packet that it completes, as a frame of its own; else null. */
  take(packet: Packet, frame: Frame, number: number): Frame | null {
    const { offset, length, isLast } = packet.fragment;
    if (offset + length > packetSizeMax || length === 0 || (!isLast && length % 8 !== 0)) {
      this.note("fragmentDamaged");
      return null;
    }
    const key = keyOf(packet, frame.bytes);
    const pending = this.pendingOf(key, frame.timeNs, number);
    this.lay(pending, pieceOf(packet, frame, number));
    if (isLast)
      pending.total = pending.total < 0 ? offset + length : Math.min(pending.total, offset + length);
    if (offset === 0) pending.header ??= headerOf(packet, frame);
    if (pending.held === pending.total && pending.header !== null) {
      this.drop(key, pending);
      this.remember(key, frame.timeNs);
      return this.wholeOf(pending, packet, frame);
    }
    if (pending.pieces.length > packetPiecesMax) this.giveUp(key, pending, "tooManyFragments");
    return null;
  }

  private pendingOf(key: string, timeNs: number, frame: number): Pending {
    const known = this.pending.get(key);
    if (known && timeNs - known.timeNs <= waitNs) return known;
    if (known) this.giveUp(key, known, "fragmentsIncomplete");
    while (this.pending.size >= pendingMax || this.pieces >= piecesMax) {
      const [oldest, pending] = this.pending.entries().next().value!;
      this.giveUp(oldest, pending, "fragmentsIncomplete");
    }
    const done = this.done.get(key);
    const isAgain = done !== undefined && timeNs - done <= waitNs;
    const made = { timeNs, frame, header: null, pieces: [], held: 0, total: -1, isAgain };
    this.pending.set(key, made);
    return made;
  }

  private drop(key: string, pending: Pending): void {
    this.pending.delete(key);
    this.pieces -= pending.pieces.length;
  }

  private giveUp(key: string, pending: Pending, why: FragmentOddity): void {
    this.drop(key, pending);
    this.note(pending.isAgain ? "fragmentAgain" : why, pending.frame);
  }

  private remember(key: string, timeNs: number): void {
    this.done.delete(key);
    this.done.set(key, timeNs);
    if (this.done.size > pendingMax) this.done.delete(this.done.keys().next().value!);
  }

  /** Adds what of a piece is new. */
  private lay(pending: Pending, piece: Piece): void {
    const { pieces } = pending;
    const isSame = pieces.some(({ start, length }) => start === piece.start && length === piece.length);
    if (isSame) return;
    const end = piece.start + piece.length;
    let at = piece.start;
    let index = pieces.findIndex(({ start, length }) => start + length > at);
    if (index < 0) index = pieces.length;
    while (at < end) {
      const next = pieces[index];
      const stop = Math.min(end, next?.start ?? end);
      if (stop > at) {
        pieces.splice(index++, 0, partOf(piece, at, stop));
        pending.held += stop - at;
        this.pieces++;
      }
      if (next && next.start < end) this.note("fragmentsOverlap");
      at = Math.max(stop, next ? next.start + next.length : stop);
      index++;
    }
  }

  /** The packet as a frame that begins with its IP header, which says nothing of fragments any more. */
  private wholeOf({ header, pieces, total }: Pending, packet: Packet, frame: Frame): Frame {
    const parts: Part[] = [];
    const heads: number[] = [...header!];
    let held = 0;
    for (const { offset, captured, length, frame, head } of pieces) {
      parts.push({ offset, length: captured, frame });
      if (heads.length === header!.length + held) heads.push(...head);
      held += captured;
      if (captured < length) break;
    }
    const size = header!.length;
    const bytes = Uint8Array.from(heads);
    asWhole(bytes, packet, total);
    const { whole } = this;
    Object.assign(whole, frame, { bytes, start: 0, captured: size + held, size: size + total });
    whole.linkType = rawLinkType;
    whole.offset = this.scattered.add(parts) - size;
    return whole;
  }
}

/** Rewrites the IP header of a packet's first fragment to that of the whole packet. */
function asWhole(bytes: Uint8Array, { addressSize, fragment }: Packet, total: number): void {
  const view = new DataView(bytes.buffer);
  if (addressSize === 4) {
    const length = (bytes[0]! & 15) * 4 + total;
    // 0: as long as the frame is.
    view.setUint16(2, length > packetSizeMax ? 0 : length);
    view.setUint16(6, 0);
  } else {
    view.setUint16(4, total);
    bytes[6] = fragment.protocol;
  }
}

/** What fragments of one packet have in common: addresses, number, in IPv4 the protocol. */
function keyOf({ source, destination, addressSize, fragment }: Packet, bytes: Uint8Array): string {
  const address = (at: number) => String.fromCharCode(...bytes.subarray(at, at + addressSize));
  const protocol = addressSize === 4 ? fragment.protocol : Type.ipv6;
  return `${address(source)}${address(destination)}${protocol} ${fragment.id}`;
}

/** The IP header before the fragment's own fields. */
function headerOf({ fragment, addressSize }: Packet, { bytes }: Frame): Uint8Array {
  const { ip, payload } = fragment;
  return bytes.slice(ip, addressSize === 4 ? payload : ip + 40);
}

function pieceOf({ fragment, end }: Packet, frame: Frame, number: number): Piece {
  const { offset: start, length, payload } = fragment;
  const at = payload - frame.start;
  const captured = Math.max(0, Math.min(length, frame.captured - at));
  const inHead = Math.max(0, Math.min(length, headersSizeMax - start));
  const head = frame.bytes.slice(payload, Math.min(end, payload + inHead));
  return { start, length, captured, offset: frame.offset + at, frame: number, head };
}

/** The bytes [start, end) of a piece. */
const partOf = (piece: Piece, start: number, end: number): Piece => ({
  start,
  length: end - start,
  captured: Math.max(0, Math.min(end - start, piece.start + piece.captured - start)),
  offset: piece.offset + start - piece.start,
  frame: piece.frame,
  head: piece.head.subarray(start - piece.start, end - piece.start),
});
