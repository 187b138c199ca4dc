import type { DescriptorKind } from "../../core/words/descriptor.ts";

/** Who makes the bytes of a packet. */
export type Maker = "none" | "stream" | "piece" | "software" | "emulated";

/** A work entry; places are bytes from the offload start. */
export interface Work {
  kind: DescriptorKind;
  /** Params: where the record that they name starts. Everything else: the first byte that it brings. */
  at: number;
  length: number;
  made: Maker;
  /** presync: the state for packets in order moves on. */
  forward: boolean;
  /** Posted by the driver for a context, not as an ordinary packet. */
  ofContext: boolean;
  /** The packet is lost on the wire afterwards. */
  lost: boolean;
  device: number;
  queue: number;
}

/** What left the NIC, or why it did not. */
export type Fate = "leaves" | "taken" | "no-context" | "dropped";

/** The NIC of one connection as kernel.md section 5 has it, by places: it stands at a byte of the stream, or is lost. */
export class ReferenceNic {
  /** It was told a record to start from. */
  ready = false;
  inStep = false;
  /** The byte that it stands at; where it lost step, it stays. */
  at = 0;
  /** Number that a NIC which checks them expects. */
  seq = 0;
  /** Its contexts are lost (Chelsio after a reset). */
  lost = false;
  dumpPackets = 0;
  dumpBytes = 0;
  private staticAt = 0;
  private readonly checksSeq: boolean;
  private readonly say: (effect: string, ...values: number[]) => void;

  constructor(checksSeq: boolean, say: (effect: string, ...values: number[]) => void) {
    this.checksSeq = checksSeq;
    this.say = say;
  }

  /** A new context: set up at once, or by the first packet's params. */
  add(at: number, atOnce: boolean): void {
    this.seq = at;
    this.lost = false;
    this.ready = false;
    this.inStep = false;
    this.staticAt = at;
    if (atOnce) this.restart(at);
  }

  restart(at: number): void {
    this.ready = true;
    this.inStep = true;
    this.at = at;
  }

  take({ kind, at, length, made, forward, ofContext }: Work): Fate {
    if (this.lost && ofContext) return kind === "packet" ? "no-context" : "taken";
    if (kind === "static-params") this.staticAt = at;
    if (kind === "progress-params") this.restart(this.staticAt);
    if (kind === "presync" && forward) this.restart(at + length);
    if (kind === "sync-packet") {
      this.restart(at);
      this.feed(at, length);
    }
    if (kind === "dump") {
      this.dumpPackets++;
      this.dumpBytes += length;
      this.feed(at, length);
    }
    if (kind !== "packet") return "taken";
    if (made !== "stream") return "leaves";
    if (this.checksSeq && at !== this.seq) {
      this.say("nic-dropped", this.seq, at);
      return "dropped";
    }
    this.seq = at + length;
    this.feed(at, length);
    return "leaves";
  }

  private feed(at: number, length: number): void {
    if (length === 0 || !this.ready || !this.inStep) return;
    if (at === this.at) {
      this.at += length;
      return;
    }
    this.say("out-of-step", this.at, at);
    this.inStep = false;
  }
}
