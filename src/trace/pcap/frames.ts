import type { Diagnostic } from "../trace.ts";
import { i32be } from "./bytes.ts";
import { FlowTable, flowsMax } from "./flows.ts";
import { Fragments } from "./fragments.ts";
import { Frame } from "./headers/frame.ts";
import { isLinkTypeKnown } from "./headers/link.ts";
import { Packet, Parsed, parseFrame } from "./headers/packet.ts";
import { LeftOut } from "./left-out.ts";
import { type Flow, SegmentLog, type Segments } from "./segments.ts";

/** Most rows of one capture (some 43 bytes each); what follows is left out. */
const segmentsMax = 1 << 26;
/** Most rows whose SACK blocks are kept. */
const sacksMax = 1 << 20;

/** What may happen in many frames and is reported once, with the first frame and how often. */
const oddities = {
  fragmentDamaged: "an IP fragment contradicts itself and is left out",
  fragmentsOverlap: "IP fragments overlap: each byte is taken from the fragment that brought it first",
  fragmentAgain: "an IP fragment comes again when its packet is whole already, and is left out",
  fragmentsIncomplete:
    "an IP packet lacks fragments and is left out, its bytes are missing from the stream: a capture filter with ports sees first fragments only",
  tooManyFragments: "an IP packet comes in too many fragments and is left out",
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
  /** The frame that is next: whoever reads the file fills it in. */
  readonly frame = new Frame();

  private readonly table = new FlowTable();
  private readonly packet = new Packet();
  private readonly fragments = new Fragments(this.log.scattered, (oddity, frame) => this.note(oddity, frame));
  private readonly leftOut = new LeftOut();
  /** Apart from the others, because a sparse file has millions of them. */
  private readonly empty: Seen = { times: 0, first: 0 };
  private readonly odd = new Map<Oddity, Seen>();
  private readonly unknownLinks = new Map<number, Seen>();

  /** Takes the frame that was filled in. */
  add(): void {
    this.count++;
    const { packet, frame } = this;
    const parsed = parseFrame(packet, frame);
    if (parsed === Parsed.tcp) this.take(frame);
    else if (parsed === Parsed.fragment) this.takeFragment();
    else this.leaveOut(parsed, frame.linkType);
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

  /** Counts something odd about a frame. */
  note(oddity: Oddity, frame = this.count): void {
    const seen = this.odd.get(oddity);
    if (seen) seen.times++;
    else this.odd.set(oddity, { times: 1, first: frame });
  }

  /** What was read, with everything that was odd about it; `name` is the file's. */
  finish(name: string): Segments {
    if (this.empty.times > 0) {
      this.report(this.empty, "a frame holds no bytes: the file is probably sparse or damaged");
    }
    for (const frame of this.fragments.incomplete) this.note("fragmentsIncomplete", frame);
    const odd = [...this.odd].sort(([, a], [, b]) => a.first - b.first);
    for (const [oddity, seen] of odd) this.report(seen, oddities[oddity]);
    for (const [linkType, seen] of this.unknownLinks) {
      const what = `a frame of link type ${linkType} cannot be read and is left out: capture Ethernet or raw IP`;
      this.report(seen, what);
    }
    if (this.log.count === 0) this.reportNothing(name);
    const { log, flows, secrets, count, diagnostics } = this;
    return { log, flows, secrets, frames: count, diagnostics };
  }

  private reportNothing(name: string): void {
    const { text } = this.leftOut;
    const instead = text === null ? "" : `; they hold ${text}`;
    const message = `${name} holds no TCP packets (${this.count} frames read${instead}): check that it is the right capture and interface`;
    this.diagnostics.push({ severity: "warning", message });
  }

  private report({ times, first }: Seen, what: string): void {
    const where = times === 1 ? `frame ${first}` : `${times} times from frame ${first} on`;
    this.diagnostics.push({ severity: "warning", message: `${what} (${where})`, frame: first });
  }

  /** A packet may come in fragments of fragments, where a tunnel's packets are cut as well. */
  private takeFragment(): void {
    const { packet, fragments, count } = this;
    let parsed: Parsed = Parsed.fragment;
    let frame: Frame | null = this.frame;
    while (parsed === Parsed.fragment) {
      frame = fragments.take(packet, frame, count);
      if (frame === null) return;
      parsed = parseFrame(packet, frame);
    }
    if (parsed === Parsed.tcp) this.take(frame);
    else this.leaveOut(parsed, frame.linkType);
  }

  private leaveOut(parsed: Parsed, linkType: number): void {
    if (parsed === Parsed.cut) this.note("cut");
    else if (parsed === Parsed.damaged) this.note("damaged");
    else if (isLinkTypeKnown(linkType)) this.leftOut.add(this.packet.left);
    else if (linkType >= 0) {
      const seen = this.unknownLinks.get(linkType);
      if (seen) seen.times++;
      else this.unknownLinks.set(linkType, { times: 1, first: this.count });
    }
  }

  /** Takes the segment that was just parsed. */
  private take(frame: Frame): void {
    const flow = this.table.find(frame.bytes, this.packet, this.count);
    if (flow < 0) this.note("tooManyFlows");
    else if (this.log.count >= segmentsMax) this.note("tooManySegments");
    else this.append(frame, flow);
  }

  private append(frame: Frame, flow: number): void {
    const { log, packet } = this;
    if (packet.sackBlocks > 0) this.keepSacks(frame.bytes);
    const headers = packet.payload - frame.start;
    const row = log.next();
    log.timeNs.values[row] = frame.timeNs;
    log.flow.values[row] = flow;
    log.direction.values[row] = this.table.direction;
    log.seq.values[row] = packet.seq;
    log.ack.values[row] = packet.ack;
    log.flags.values[row] = packet.flags;
    log.length.values[row] = packet.length;
    log.captured.values[row] = Math.max(0, Math.min(packet.length, frame.captured - headers));
    log.offset.values[row] = frame.offset + headers;
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
