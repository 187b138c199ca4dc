import type { FileAccess } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import { counted } from "../visible.ts";
import { i32be } from "./bytes.ts";
import { FlowTable, flowsMax } from "./flows.ts";
import { Fragments } from "./fragments.ts";
import { Frame } from "./headers/frame.ts";
import { isLinkTypeKnown } from "./headers/link.ts";
import { Packet, Parsed, parseFrame } from "./headers/packet.ts";
import { LeftOut } from "./left-out.ts";
import { Repeat, Repeats } from "./repeats.ts";
import { withScattered } from "./scattered.ts";
import { type Flow, SegmentLog, type Segments } from "./segments.ts";
import { Sends } from "./sends.ts";
import { FileWindow } from "./window.ts";

/** Most rows of one capture (some 43 bytes each); what follows is left out. */
const segmentsMax = 1 << 26;
/** Most rows whose SACK blocks are kept. */
const sacksMax = 1 << 20;

/** Most by which a frame's time may lie before the last one's without a word: interfaces and queues are not in step. */
const backwardsNs = 1e6;

/** What is odd, and right. */
const remarks = {
  copy: "a frame is a copy of one before (a mirror port, or several interfaces) and counts once: `--copies keep` takes it as sent",
  doubtful:
    "a frame may be a copy of one before or sent again, its packet has no number to tell: it counts as sent again",
  dtls: "a packet holds DTLS, which kernel TLS does not send: nothing of it is checked",
  quic: "a packet holds QUIC, whose TLS the kernel does not send: nothing of it is checked",
  timeBackwards:
    "a frame's time lies before the time of the one before it, by more than a millisecond: frames are taken in the file's order",
  acknowledgedBefore:
    "a segment stands behind the acknowledgement of its bytes: the frames are not in the order in which they were sent (clocks of two hosts, or queues), so out-of-order transmits may be none",
} as const;

/** What may happen in many frames and is reported once, with the first frame and how often. */
const oddities = {
  fragmentDamaged: "an IP fragment contradicts itself and is left out",
  fragmentsOverlap: "IP fragments overlap: each byte is taken from the fragment that brought it first",
  fragmentAgain: "an IP fragment comes again when its packet is whole already, and is left out",
  fragmentsIncomplete:
    "an IP packet lacks fragments and is left out, its bytes are missing from the stream: a capture filter with ports sees first fragments only",
  tooManyFragments: "an IP packet comes in too many fragments and is left out",
  changed:
    "a frame is the packet of one before with other payload: the capture was taken before and behind what changed it; look at one interface alone",
  otherSide:
    "a frame is the packet of one before with other payload throughout: the capture was taken before and behind a NIC that encrypts; the first of both counts, and nothing of the stream is said to be right: look at one interface alone",
  cut: "a frame is cut within its headers and left out: capture with a larger snapshot length",
  damaged: "a frame's IP or TCP header contradicts itself; the frame is left out",
  tooManyFlows: `a segment lies beyond the first ${flowsMax} connections and is left out: filter the capture`,
  tooManySegments: `a segment lies beyond the first ${segmentsMax} and is left out: split the capture`,
  sackLeftOut: `SACK blocks lie beyond the first ${sacksMax} and are left out`,
  overlong: "a frame claims more captured bytes than its block has room for; the rest counts as not captured",
  noInterface: "a frame names a capture interface that the file does not describe, and is left out",
  trailerWrong: "the block at this frame ends with another length than it begins with: the file is damaged",
  secretsTooLarge: "a block of TLS secrets is left out because it is too large: give the keys as a file",
  ...remarks,
} as const;
type Oddity = keyof typeof oddities;

interface Seen {
  times: number;
  /** The first frame it happened in. */
  first: number;
}

/** What becomes of a packet's copies: a capture may show one several times. */
export type Copies = "drop" | "keep";

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
  private readonly sends: Sends;
  /** Null where copies count as if they were sent. */
  private readonly repeats: Repeats | null;
  private lastNs = Number.NEGATIVE_INFINITY;
  private readonly packet = new Packet();
  private readonly fragments = new Fragments(this.log.scattered, (oddity, frame) => this.note(oddity, frame));
  private readonly leftOut = new LeftOut();
  /** Apart from the others, because a sparse file has millions of them. */
  private readonly empty: Seen = { times: 0, first: 0 };
  private readonly odd = new Map<Oddity, Seen>();
  /** Payload bytes that the snapshot length cut off, of how many frames; the most of one. */
  private readonly short = { times: 0, first: 0, bytes: 0, most: 0 };
  private readonly unknownLinks = new Map<number, Seen>();

  /** Of `file`, in which payloads are looked up again where frames look alike. */
  constructor(file: FileAccess, copies: Copies = "drop") {
    const whole = withScattered(file, this.log.scattered);
    this.sends = new Sends(this.log, new FileWindow(whole));
    this.repeats =
      copies === "keep" ? null : new Repeats(this.log, [new FileWindow(whole), new FileWindow(whole)]);
  }

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
    const { times, bytes, most } = this.short;
    if (times > 0) {
      const what = `a packet's end was not captured: ${counted(bytes, "payload byte is", "payload bytes are")} missing of ${counted(times, "packet")}, up to ${most} of one: capture with a larger snapshot length (-s 0)`;
      this.report(this.short, what);
    }
    const odd = [...this.odd].sort(([, a], [, b]) => a.first - b.first);
    for (const [oddity, seen] of odd)
      this.report(seen, oddities[oddity], oddity in remarks ? "note" : "warning");
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
    const message = `${name} holds no TCP packets (${counted(this.count, "frame")} read${instead}): check that it is the right capture and interface`;
    this.diagnostics.push({ severity: "warning", message });
  }

  private report({ times, first }: Seen, what: string, severity: Diagnostic["severity"] = "warning"): void {
    const where = times === 1 ? `frame ${first}` : `${times} times from frame ${first} on`;
    this.diagnostics.push({ severity, message: `${what} (${where})`, frame: first });
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
    else if (isLinkTypeKnown(linkType)) {
      const { left } = this.packet;
      if (left.what === "port" && left.speaks !== null) this.note(left.speaks === "DTLS" ? "dtls" : "quic");
      this.leftOut.add(left);
    } else if (linkType >= 0) {
      const seen = this.unknownLinks.get(linkType);
      if (seen) seen.times++;
      else this.unknownLinks.set(linkType, { times: 1, first: this.count });
    }
  }

  /** Takes the segment that was just parsed. */
  private take(frame: Frame): void {
    const { packet, table, log, repeats, sends } = this;
    const flow = table.find(frame.bytes, packet, this.count);
    if (flow === -2) return;
    if (flow < 0) return this.note("tooManyFlows");
    if (log.count >= segmentsMax) return this.note("tooManySegments");
    const stream = 2 * flow + table.direction;
    repeats?.digest(packet, frame, stream);
    if (repeats && !sends.isNews(packet, stream) && this.isCopy(repeats.look(packet, frame), flow)) return;
    if (frame.timeNs < this.lastNs - backwardsNs) this.note("timeBackwards");
    this.lastNs = frame.timeNs;
    if (packet.length === 1 && sends.isProbe(packet, stream, frame.offset + packet.payload - frame.start))
      packet.length = 0;
    this.append(frame, flow);
    repeats?.remember(packet);
    if (sends.take(packet, stream)) this.note("acknowledgedBefore");
  }

  private isCopy(repeat: Repeat, flow: number): boolean {
    if (repeat === Repeat.copy) this.note("copy");
    else if (repeat === Repeat.doubtful) this.note("doubtful");
    else if (repeat === Repeat.changed) this.note("changed");
    else if (repeat === Repeat.otherSide) {
      this.note("otherSide");
      this.flows[flow]!.bothSides[this.table.direction] = true;
    }
    return repeat === Repeat.copy || repeat === Repeat.otherSide;
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
    const captured = Math.max(0, Math.min(packet.length, frame.captured - headers));
    log.captured.values[row] = captured;
    if (captured < packet.length) this.noteShort(packet.length - captured);
    log.offset.values[row] = frame.offset + headers;
    log.frame.values[row] = this.count;
  }

  private noteShort(bytes: number): void {
    const { short } = this;
    if (short.times++ === 0) short.first = this.count;
    short.bytes += bytes;
    short.most = Math.max(short.most, bytes);
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
