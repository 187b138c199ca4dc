import assert from "node:assert/strict";
import { keystream } from "../../core/base/keystream.ts";
import type { Connection, Device } from "../../core/machine/connection.ts";
import type { Kernel } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { noCounts } from "./counts.ts";
import { sizesOf } from "./crypto.ts";
import { type ClosedRecord, ReferenceFilling, type Writing } from "./filling.ts";
import { mixedAt, ReferenceMap, type ReferenceRecord } from "./map.ts";
import { ReferenceNic, type Work } from "./nic.ts";
import { abortRekey, completeRekey } from "./rekey.ts";

/**
 * One connection's TLS layer and socket a second time, straight from kernel.md sections 2 to 4 and 8 and as slow as it
 * likes: objects for records, places that don't wrap. What it says of an event is, word for word, what the model must say.
 */
export class Reference {
  /** Effects of the event, as `name value value`. */
  said: string[] = [];
  readonly map: ReferenceMap;
  installed = false;
  /** TLS_SW: records are encrypted before TCP gets them. */
  software = false;
  hook: "none" | "device" | "software" | "rekey" = "none";
  netdev = -1;
  route: number;
  queueNumber = 0;
  sndUna: number | null = null;
  /** End of the highest segment that TCP has handed down, null before the first. */
  sndNxt: number | null = null;
  /** What was acknowledged is not cleaned up yet. */
  ackWaits = false;
  fences: number[] = [];
  marks: { from: number; end: number; mark: boolean }[] = [];
  /** TX_SYNC_SCHED. */
  resyncPending = false;
  rekeying: "none" | "pending" | "ready" | "failed" = "none";
  boundary = 0;
  /** TLS_TX_REKEY_FLOOR: a rekey was done. */
  floor = false;
  /** Devices that are down, that fail what they are asked, whose queues are held. */
  readonly down = new Set<number>();
  readonly refusing = new Set<number>();
  readonly held = new Set<number>();
  /** The driver: the number it expects, whether the first params are posted, where the record starts that they named. */
  expected = 0;
  paramsPosted = false;
  /** Chelsio: something was written to the TCP control block. */
  tcbWritten = false;
  namedStart = 0;
  readonly counters = noCounts();
  /** Work of this event, and what waits from before. */
  queue: Work[] = [];
  waiting: Work[] = [];
  /** Something has happened after which driver and NIC need not agree (kernel.md sections 5.2 and 5.8). */
  mayDisagree = false;
  /** Descriptors of a deleted context wait in a queue: what a device makes of them nobody says. */
  leavesOrphans = false;
  /** Some of the stream's bytes are not known: only places are checked. */
  hasGap = false;
  /** Of the packets that left in this event, in order: the NIC knew their place and keys. */
  departed: boolean[] = [];
  /** Bytes behind zero-copy pages have changed. */
  pagesWritten = false;
  readonly nic: ReferenceNic;
  readonly filling: ReferenceFilling;
  readonly connection: Connection;
  readonly device: Device;
  readonly profile: Profile;
  readonly kernel: Kernel;
  private readonly devices: readonly Device[];
  private readonly index: number;
  private written = 0;

  constructor(devices: readonly Device[], connection: Connection, index: number) {
    this.connection = connection;
    this.devices = devices;
    this.index = index;
    this.device = devices[connection.device]!;
    this.profile = this.device.profile;
    this.kernel = this.device.kernel;
    this.route = connection.device;
    this.map = new ReferenceMap(connection, this.kernel);
    this.nic = new ReferenceNic(this.profile.seqCheckedByNic, (name, ...values) => this.say(name, ...values));
    this.filling = fillingOf(connection, this.kernel.overfillsFragments);
    if (connection.installed) this.install(false, false);
    this.said = [];
  }

  say(effect: string, ...values: (number | string)[]): void {
    this.said.push([effect, ...values].join(" "));
  }

  /** Bytes that TCP has. */
  get pushed(): number {
    return this.map.pushed;
  }

  /** Size of header and explicit nonce. */
  get prepend(): number {
    return sizesOf(this.connection).prepend;
  }

  /** Slaves of the connection's device, and of the one that the route leads through: none unless it is a bond. */
  get slaves(): readonly number[] {
    return this.device.slaves;
  }
  get routeSlaves(): readonly number[] {
    return this.devices[this.route]!.slaves;
  }

  /** Where the context is made: a bond's slave by the socket's hash. */
  private get contextDevice(): number {
    return this.slaves.length > 0 ? this.slaves[this.index % this.slaves.length]! : this.connection.device;
  }

  /** The device whose queue packets go to. */
  get lane(): number {
    return this.routeSlaves.includes(this.netdev) ? this.netdev : this.route;
  }

  /** setsockopt(TLS_TX): kernel.md section 2.1. */
  install(unsent: boolean, isEvent = true): void {
    this.installed = true;
    this.map.putMarker();
    const refusal = this.refusal();
    if (refusal === null) {
      this.addContext();
      this.say("offload-installed", 0, 0);
      if (unsent || (isEvent && this.kernel.fencesRetransmitQueue && this.isQueuedUpTo(0))) this.fence(0);
    } else {
      this.software = true;
      this.say("offload-refused", refusal);
    }
  }

  private refusal(): string | null {
    const { version, cipher } = this.connection;
    const { kernel, profile } = this;
    if (this.down.has(this.contextDevice)) return "device-down";
    if (!kernel.versions.includes(version)) return "version";
    if (kernel.strict && !profile.versions.includes(version)) return "version";
    const taken = kernel.ciphers.includes(cipher!) && profile.ciphers.includes(cipher!);
    if (kernel.strict && !taken) return "cipher";
    return this.refusing.has(this.contextDevice) ? "driver" : null;
  }

  addContext(): void {
    this.hook = "device";
    this.netdev = this.contextDevice;
    this.expected = this.pushed;
    this.namedStart = this.pushed;
    this.paramsPosted = !this.profile.paramsWithFirstPacket;
    this.tcbWritten = false;
    this.nic.add(this.pushed, this.paramsPosted);
    if (this.waiting.length > 0) {
      this.mayDisagree = true;
      this.leavesOrphans = true;
    }
    this.counters.contexts++;
  }

  /**
   * tcp_write_collapse_fence() finds a segment: in the write queue, in later stable kernels else in the retransmit queue
   * (kernel.md section 2.7).
   */
  isQueuedUpTo(end: number): boolean {
    if (this.kernel.fencesRetransmitQueue) return this.sndUna === null || this.sndUna < end;
    return (this.sndNxt ?? 0) < end;
  }

  /** eor on the tail of the write queue. */
  fence(at: number): void {
    this.fences.push(at);
    this.say("fenced", at);
  }

  /** sendmsg: kernel.md section 2.2. */
  send(size: number, writing: Writing, typed: boolean, type: number, eor: boolean): void {
    if (this.rekeying === "ready") completeRekey(this);
    if (typed) this.closeOpen();
    // tls_sw_sendmsg_locked() works as long as there are bytes, so of none it makes no record.
    if (this.software && size === 0) return;
    const before = this.filling.open;
    let opened = this.written - Math.max(0, before);
    for (const closed of this.filling.send(size, writing, this.software)) {
      this.push(type, closed, opened);
      opened += closed.payload;
    }
    this.written += size;
    if (eor) this.fence(this.pushed);
  }

  /** close(), splice_eof, a control message: what is open is pushed as application data. */
  closeOpen(): void {
    if (this.filling.open < 0) return;
    const closed = this.filling.close();
    this.push(23, closed, this.written - closed.payload);
  }

  close(): void {
    this.closeOpen();
    abortRekey(this);
  }

  /** tls_push_record(): kernel.md sections 2.3 and 2.4. */
  private push(type: number, { payload, fragments, pieceSize }: ClosedRecord, payloadAt: number): void {
    const start = this.pushed;
    if (payload === 0) this.say("empty-record", start);
    if (this.profile.faults.includes("headers-unsized") && !this.software)
      this.say("wrong-length", start, payload);
    if (fragments > 17) this.say("fragment-overflow", fragments, 17);
    this.append(type, payload, payloadAt, pieceSize);
  }

  /** A record goes to TCP; also one that the trace gives as a capture shows it. */
  append(type: number, payload: number, payloadAt = this.written, pieceSize = 0): void {
    const { source } = this.connection;
    assert.ok(source?.kind === "generated");
    const content = keystream(source.key, payloadAt, payload);
    this.announce(this.map.append(type, content, pieceSize, this.software));
  }

  gap(length: number): void {
    this.hasGap = true;
    this.announce(this.map.appendGap(length));
  }

  private announce({ start, end }: ReferenceRecord): void {
    if (this.resyncPending && !this.software) this.devResync(start);
    this.say("record-pushed", start, end - start);
  }

  /** tls_dev_resync(): the next record starts a segment of its own and the device is told where. */
  private devResync(start: number): void {
    if (this.isQueuedUpTo(start)) this.fence(start);
    if (this.netdev < 0) {
      this.resyncPending = false;
      return;
    }
    this.counters.resyncs++;
    if (this.refusing.has(this.netdev)) {
      this.say("resync-failed", start, start);
      return;
    }
    this.say("resync-sent", start, start);
    if (this.waiting.length > 0) this.mayDisagree = true;
    else this.mayDisagree = false;
    this.expected = start;
    this.nic.seq = start;
    this.nic.restart(start);
    this.resyncPending = false;
  }

  /** One that races waits until the next packet has passed the driver. */
  ack(at: number, races: boolean): void {
    if (this.sndUna !== null && at <= this.sndUna) return;
    this.sndUna = at;
    if (!this.installed) return;
    this.ackWaits = true;
    if (!races) this.cleanAcked();
  }

  /** clean_acked of the acknowledgement that waits: kernel.md section 3. */
  cleanAcked(): void {
    const at = this.sndUna!;
    if (!this.ackWaits) return;
    this.ackWaits = false;
    const released = this.map.release(at).filter(({ kind }) => kind === "record");
    for (const { start } of released) this.say("record-released", start, at);
    if (this.rekeying === "pending" && at >= this.boundary) {
      this.rekeying = "ready";
      this.say("rekey-ready", this.boundary, this.map.epoch);
    }
    this.say("acknowledged", at, released.length);
  }

  /** skb->decrypted of the segment that holds a byte. */
  isMarked(at: number): boolean {
    if (!this.kernel.marksSegments) return false;
    const said = this.marks.findLast(({ from, end }) => at >= from && at < end);
    return said ? said.mark : this.map.recordAt(at)?.kind === "record";
  }

  /** tcp_collapse_retrans(): kernel.md sections 2.5 and 2.7. */
  merge(from: number, end: number): void {
    const fence = this.fences.find((at) => at > from && at < end);
    if (fence !== undefined) {
      this.say("merge-refused", fence, end - from);
      return;
    }
    if (this.kernel.fencesRetransmitQueue && mixedAt(this.map.all, from, end) !== null) {
      this.say("merge-refused", mixedAt(this.map.all, from, end)!, end - from);
      return;
    }
    const mark = this.isMarked(from);
    this.say("merged", from, end - from);
    if (mixedAt(this.map.all, from, end) !== null) this.say("mixed-segment", from, end - from);
    this.marks.push({ from, end, mark });
  }

  /** tls_dev_del(), once: TLS_TX_DEV_CLOSED. */
  deleteContext(): void {
    if (this.counters.contexts > this.counters.contextsDeleted) this.counters.contextsDeleted++;
  }

  writePages(from: number, end: number, changeRow: number): void {
    this.map.writePages(from, end, changeRow);
    this.pagesWritten = true;
    this.say("page-written", from, end - from);
  }

  reroute(device: number): void {
    this.route = device;
    this.say("rerouted", device);
  }

  destruct(): void {
    this.deleteContext();
    this.filling.open = -1;
    this.map.list = [];
    this.map.hint = null;
    this.netdev = -1;
    this.hook = "none";
    this.say("offload-removed", this.counters.contexts - this.counters.contextsDeleted);
  }

  /** The NIC takes work, in order. */
  takeAll(works: readonly Work[]): void {
    for (const work of works) {
      const fate = this.nic.take(work);
      if (fate === "leaves") this.departed.push(this.nic.ready && this.nic.inStep);
      if (fate === "no-context") this.say("dropped", "no-context", work.length);
      if (fate === "leaves" && work.lost) this.say("lost", work.at, work.length);
    }
    this.queue = works.slice();
  }
}

/** How the connection's records are filled, for the reference and for whoever only counts bytes. */
export const fillingOf = (connection: Connection, overfills: boolean): ReferenceFilling =>
  new ReferenceFilling(sizesOf(connection), connection.payloadMax, overfills);
