import type { Diagnostic } from "../trace.ts";
import { i32be } from "./bytes.ts";
import { FlowTable, flowsMax } from "./flows.ts";
import { isLinkTypeKnown, Packet, Parsed, parseFrame } from "./packet.ts";
import { type Flow, SegmentLog, type Segments } from "./segments.ts";

/** Most rows of one capture (some 43 bytes each); what follows is left out. */
const segmentsMax = 1 << 26;
/** Most rows whose SACK blocks are kept. */
const sacksMax = 1 << 20;

/** What may happen in many frames and is reported once, with the first frame and how often. */
const oddities = {
  laterFragment: "a later IP fragment is left out: its bytes are missing from the stream",
  cut: "a frame is cut within its headers and left out: capture with a larger snapshot length",
  damaged: "a frame's IP or TCP header contradicts itself; the frame is left out",
  tooManyFlows: `a segment lies beyond the first ${flowsMax} connections and is left out: filter the capture`,
  tooManySegments: `a segment lies beyond the first ${segmentsMax} and is left out: split the capture`,
  sackLeftOut: `SACK blocks lie beyond the first ${sacksMax} and are left out`,
  overlong: "a frame claims more captured bytes than its block has room for; the rest counts as not captured",
  noInterface: "a frame names a capture interface that the file does not describe, and is left out",
  trailerWrong: "the block at this frame ends with another length than it begins with: the file is damaged",
  secretsTooLarge: "a block of TLS secrets is left out because it is too large: give the keys as a file",
} as const;
type Oddity = keyof typeof oddities;

interface Seen {
  times: number;
  /** The first frame it happened in. */
  first: number;
}

/** Turns the frames of a capture, whatever file they lie in, into segments. */
export class Frames {
  readonly log = new SegmentLog();
  readonly secrets: string[] = [];
  readonly diagnostics: Diagnostic[] = [];
  /** Frames so far: the number of the last one, counted from 1. */
  count = 0;

  private readonly table = new FlowTable();
  private readonly packet = new Packet();
  /** Apart from the others, because a sparse file has millions of them. */
  private readonly empty: Seen = { times: 0, first: 0 };
  private readonly odd = new Map<Oddity, Seen>();
  private readonly unknownLinks = new Map<number, Seen>();

  /**
   * One frame: headers in `bytes` from `start`, `captured` of `size` bytes in the file from `offset` on. A negative
   * link type is an unknown one that the caller reports.
   */
  add(
    bytes: Uint8Array,
    start: number,
    captured: number,
    size: number,
    offset: number,
    timeNs: number,
    linkType: number,
  ): void {
    this.count++;
    const packet = this.packet;
    const end = Math.min(start + captured, bytes.length);
    const parsed = parseFrame(packet, bytes, start, end, Math.max(size, captured), linkType);
    if (parsed !== Parsed.tcp) {
      this.leaveOut(parsed, linkType);
      return;
    }
    const flow = this.table.find(bytes, packet, this.count);
    if (flow < 0) this.note("tooManyFlows");
    else if (this.log.count >= segmentsMax) this.note("tooManySegments");
    else this.append(bytes, start, captured, offset, timeNs, flow);
  }

  /** A frame of which the file has no byte. */
  addEmpty(): void {
    this.count++;
    if (this.empty.times++ === 0) this.empty.first = this.count;
  }

  /** Connections so far. */
  get flows(): Flow[] {
    return this.table.flows;
  }

  /** Counts something odd about the current frame. */
  note(oddity: Oddity): void {
    const seen = this.odd.get(oddity);
    if (seen) seen.times++;
    else this.odd.set(oddity, { times: 1, first: this.count });
  }

  /** What was read, with everything that was odd about it; `name` is the file's. */
  finish(name: string): Segments {
    if (this.empty.times > 0) {
      this.report(this.empty, "a frame holds no bytes: the file is probably sparse or damaged");
    }
    for (const [oddity, seen] of this.odd) this.report(seen, oddities[oddity]);
    for (const [linkType, seen] of this.unknownLinks) {
      const what = `a frame of link type ${linkType} cannot be read and is left out: capture Ethernet or raw IP`;
      this.report(seen, what);
    }
    if (this.log.count === 0) {
      const message = `${name} holds no TCP packets (${this.count} frames read): check that it is the right capture and interface`;
      this.diagnostics.push({ severity: "warning", message });
    }
    const { log, flows, secrets, count, diagnostics } = this;
    return { log, flows, secrets, frames: count, diagnostics };
  }

  private report({ times, first }: Seen, what: string): void {
    const where = times === 1 ? `frame ${first}` : `${times} times from frame ${first} on`;
    this.diagnostics.push({ severity: "warning", message: `${what} (${where})`, frame: first });
  }

  private leaveOut(parsed: Parsed, linkType: number): void {
    if (parsed === Parsed.laterFragment) this.note("laterFragment");
    else if (parsed === Parsed.cut) this.note("cut");
    else if (parsed === Parsed.damaged) this.note("damaged");
    else if (linkType >= 0 && !isLinkTypeKnown(linkType)) {
      const seen = this.unknownLinks.get(linkType);
      if (seen) seen.times++;
      else this.unknownLinks.set(linkType, { times: 1, first: this.count });
    }
  }

  private append(
    bytes: Uint8Array,
    start: number,
    captured: number,
    offset: number,
    timeNs: number,
    flow: number,
  ): void {
    const { log } = this;
    const packet = this.packet;
    if (packet.sackBlocks > 0) this.keepSacks(bytes);
    const headers = packet.payload - start;
    const row = log.next();
    log.timeNs.values[row] = timeNs;
    log.flow.values[row] = flow;
    log.direction.values[row] = this.table.direction;
    log.seq.values[row] = packet.seq;
    log.ack.values[row] = packet.ack;
    log.flags.values[row] = packet.flags;
    log.length.values[row] = packet.length;
    log.captured.values[row] = Math.max(0, Math.min(packet.length, captured - headers));
    log.offset.values[row] = offset + headers;
    log.frame.values[row] = this.count;
  }

  private keepSacks(bytes: Uint8Array): void {
    const { log } = this;
    const { sack, sackBlocks } = this.packet;
    if (log.sacks.size >= sacksMax) {
      this.note("sackLeftOut");
      return;
    }
    const edges = Array.from({ length: 2 * sackBlocks }, (_, i) => i32be(bytes, sack + 4 * i) >>> 0);
    log.sacks.set(log.count, edges);
  }
}
