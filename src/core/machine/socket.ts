import { type Layout, layoutOf, type RecordKeys } from "../base/record.ts";
import type { Seq } from "../base/seq.ts";
import type { DescriptorQueue } from "../words/descriptor.ts";
import type { EventLog } from "../words/event.ts";
import { ChangeLog } from "./change-log.ts";
import type { Connection, Device, RecordReader } from "./connection.ts";
import { FedLog } from "./fed-log.ts";
import type { Kernel } from "./generation.ts";
import type { Packet } from "./packet.ts";
import type { Profile } from "./profile.ts";
import type { QueueStops } from "./queue-stops.ts";
import { RecordLog } from "./record-log.ts";
import { ConnectionState } from "./state.ts";
import { WaitingLog } from "./waiting-log.ts";

/** What all connections of a machine share. */
export interface Shared {
  readonly devices: readonly Device[];
  readonly events: EventLog;
  /** Numbers of captured records that do not follow from the record before, by event. */
  readonly recordSns: ReadonlyMap<number, bigint>;
  /** Reads captured records; null where nothing is captured. */
  readonly reader: RecordReader | null;
  /** What the driver posted in the event that is being worked on; the NIC takes it at the event's end. */
  readonly queue: DescriptorQueue;
  /** The segment that is being worked on, reused like the queue: a transmit allocates nothing. */
  readonly packet: Packet;
  /** By device. */
  readonly stops: readonly QueueStops[];
}

/** One connection of a machine, before anything happens to it. */
export interface Fixed {
  /** Its place among the machine's connections. */
  readonly index: number;
  readonly connection: Connection;
  /** The connection whose context it may find, as its addresses and ports are the same; null = none. */
  readonly reused: Connection | null;
  readonly rules: Rules;
}

/**
 * One connection at work (the kernel's struct sock with its TLS context, the driver's and the NIC's): what is fixed
 * about it, the state that changes, and the logs that only grow. Every function of the layers takes one.
 */
export class Socket {
  readonly index: number;
  readonly connection: Connection;
  readonly reused: Connection | null;
  /** The device that the trace declares for it; a bond is one. */
  readonly device: Device;
  readonly profile: Profile;
  readonly kernel: Kernel;
  /** Of its records; without a cipher of the model that of AES-128-GCM, which only lengths of generated records depend on. */
  readonly layout: Layout;
  readonly rules: Rules;
  /** No bug: what is by construction right needs no second look. */
  readonly isRight: boolean;
  /** Bytes of a wire packet as its driver counts them, 0 = every segment counts as one. */
  readonly segmentSize: number;
  readonly devices: readonly Device[];
  readonly events: EventLog;
  readonly recordSns: ReadonlyMap<number, bigint>;
  readonly reader: RecordReader | null;
  readonly queue: DescriptorQueue;
  readonly packet: Packet;
  /** When its device's transmit queue stood still. */
  readonly stops: QueueStops;
  readonly records: RecordLog;
  readonly fed: FedLog;
  /** Made when first needed: most connections never do. */
  private changeLog: ChangeLog | null = null;
  private waitingLog: WaitingLog | null = null;
  state = new ConnectionState();
  /** The event that is being worked on. */
  event = 0;

  private readonly shared: Shared;

  constructor(fixed: Fixed, shared: Shared, logs = { records: new RecordLog(), fed: new FedLog() }) {
    const { connection, rules } = fixed;
    this.shared = shared;
    this.index = fixed.index;
    this.connection = connection;
    this.reused = fixed.reused;
    this.device = shared.devices[connection.device]!;
    this.profile = this.device.profile;
    this.kernel = this.device.kernel;
    this.layout = layoutOf(connection.version, connection.cipher ?? "aes-128-gcm");
    this.rules = rules;
    this.isRight = this.profile.faults.length === 0;
    this.segmentSize = rules.countedSize(this.profile, connection.mss);
    this.devices = shared.devices;
    this.events = shared.events;
    this.recordSns = shared.recordSns;
    this.reader = shared.reader;
    this.queue = shared.queue;
    this.packet = shared.packet;
    this.stops = shared.stops[connection.device]!;
    this.records = logs.records;
    this.fed = logs.fed;
  }

  /** Fences, marks and page writes. */
  get changes(): ChangeLog {
    this.changeLog ??= new ChangeLog();
    return this.changeLog;
  }

  /** Descriptors that were posted and not taken. */
  get waiting(): WaitingLog {
    this.waitingLog ??= new WaitingLog();
    return this.waitingLog;
  }

  /** The same connection in another state, while `event` is worked on: for whoever looks at one. */
  at(state: ConnectionState, event = this.event): Socket {
    const other = new Socket(this, this.shared, this);
    other.changeLog = this.changes;
    other.waitingLog = this.waiting;
    other.state = state;
    other.event = event;
    return other;
  }

  /** End of the last pushed record: tp->write_seq. */
  get writeSeq(): Seq {
    const { tail } = this.state;
    return tail > 0 ? this.records.end(tail - 1) : this.connection.startSeq;
  }

  /** True if a descriptor stopped the device's queue before the event that is being worked on, and no reset came since. */
  get isQueueStopped(): boolean {
    return this.stops.holdsAt(this.event);
  }

  /** Keys of an epoch: those of the trace, null where they are not known. */
  keysOf(epoch: number): RecordKeys | null {
    return this.connection.epochs[epoch] ?? null;
  }
}

/** Receives what `step` says. Numbers only, so that a run which only wants kinds pays for nothing else. */
export interface Sink {
  /** The connection that is being worked on: a device's event goes through all of its own. */
  socket: Socket | null;
  /** An effect of the stage that is being worked on. */
  effect(kind: number, a: number, b: number): void;
  /** The stage is done; `detail` is the record row or the descriptor's place in the queue, where there is one. */
  stage(stage: number, detail?: number): void;
}

/**
 * What one who works rightly does where one with a bug does otherwise. The right version stands beside the algorithm
 * that asks (the `rules.ts` of kernel, driver and nic), a bug replaces it.
 */
export interface KernelRules {
  /** Bytes of payload that closing a record takes for its tag. */
  eatenByTag(open: { pageRoom: number }, payload: number): number;
  /** Bytes behind the header that a record of `length` bytes says it has. */
  lengthTold(length: number, layout: Layout): number;
  /** MSG_MORE leaves a record open though its fragment table is full. */
  overfillsFragments(before: boolean): boolean;
  /** pending_open_record_frags behind a sendmsg: `open` is whether a record is open. */
  pendingOpen(pending: number, more: boolean, open: boolean): number;
  /** True if an empty record goes out ahead of a control record. */
  pushesEmpty(pending: number): boolean;
  /** What is open is pushed at the end of a sendfile. */
  pushesAtEof: boolean;
  /** tls_get_record() looks whether the list reaches down to the byte. */
  boundsLookup(socket: Socket): boolean;
  /** clean_acked frees what ends by this number. */
  releasedBy(ack: Seq): Seq;
  /** TX_SYNC_SCHED stays set when the driver could not take the resync. */
  resyncStaysPending: boolean;
  /** The write queue's tail is fenced where the offload starts. */
  fencesStart: boolean;
  /** The validation hook once the device went down, one of Hook. */
  hookWhenDown: number;
  /** tls_device_sk_destruct() queues the deletion of the driver's context. */
  deletesContext(state: ConnectionState): void;
  /** Which slave of a bond gets the context, by its place. */
  slaveOf(index: number): number;
  /** Where a packet goes whose route is on the bond of the context's device, one of Way. */
  wayOnBond(socket: Socket, slaves: readonly number[]): number;
}

export interface DriverRules {
  /** Wire packets that a segment counts as are this long; 0 = every segment counts as one. */
  countedSize(profile: Profile, mss: number): number;
  /** tls_dev_add: what the hardware refused is reported, or not: installs the context, or goes on in software. */
  takeRefusal(socket: Socket, at: Seq): void;
  /** True if a packet of `length` bytes from `from` on ends before `start`, a record's or the marker's. */
  endsBefore(from: Seq, length: number, start: Seq): boolean;
  /** The record to rebuild for a packet whose first byte lies in record `row`. */
  rebuiltRow(socket: Socket, row: number): number;
  /** What becomes of a packet whose record, as looked up, is the start marker `row`; true if it was posted. */
  sendBeforeMarker(socket: Socket, row: number, sink: Sink): boolean;
  /** A marked packet before the start marker may not leave. */
  dropsMarked(socket: Socket): boolean;
  /** A record that does not hold the byte asked for is no answer. */
  refusesStale: boolean;
  /** Posts the resync of record `row`, then the packet; true if the packet was posted. */
  resyncAndSend(socket: Socket, row: number, sink: Sink): boolean;
  /** The row whose number a resync of record `row` posts. */
  postedRow(row: number): number;
  /** Bytes that are posted of a prefix of `whole` bytes. */
  prefixSize(whole: number): number;
  /** Bytes of the next DUMP, of `left` that are to come. */
  dumpSize(left: number, mtu: number): number;
  /** True if static params are posted for a resync of record `row`. */
  postsStatic(state: ConnectionState, row: number): boolean;
  /** The params of a resync hold back what comes behind them. */
  fencesParams: boolean;
  /** True if the expected number stays moved on though the packet could not be posted. */
  staysAdvanced(socket: Socket): boolean;
  /** Who encrypts a packet that the driver hands to the NIC: `engine`, one of Engine. */
  engineOf(engine: number): number;
  /** chcr_ktls_xmit: true if the packet is one for the NIC at all. */
  isForNic(socket: Socket): boolean;
  /** chcr_ktls_xmit: behind the lookup that gave record `row` for byte `at`, under the record map's lock. */
  afterLookup(socket: Socket, row: number, at: Seq, sink: Sink): void;
  /** chcr_ktls_xmit: true if the NIC's TCP engine ever sends this piece. */
  canSend(socket: Socket, piece: PiecePlace): boolean;
  /** chcr_ktls_xmit: the row whose number a piece of record `row` is encrypted under. */
  pieceRow(row: number, isJumpedEnd: boolean): number;
}

/** Where a piece of a packet lies, for who asks whether it can be sent. */
export interface PiecePlace {
  row: number;
  at: Seq;
  /** One of PieceCode, −1 = a part of a tag alone. */
  form: number;
  /** The packet does not start where the driver expects. */
  jumped: boolean;
}

/** What a broken engine does where a tag belongs: nothing, or the wrong one. */
export type TagFault = "none" | "left" | "wrong";

export interface NicRules {
  /** Takes all descriptors of the queue. */
  takeAll(socket: Socket, sink: Sink): void;
  /** The connection whose keys the context has. */
  contextOf(socket: Socket): Connection;
  /** Offset in its record from which a piece at `offset` is encrypted. */
  pieceStart(offset: number, prepend: number): number;
  /** What the NIC's engine, and the software fallback's cipher, do where a tag belongs. */
  nicTag: TagFault;
  fallbackTag: TagFault;
  /** A reset of the transmit queue: the NIC goes on. */
  afterReset(state: ConnectionState): void;
  /** Why a NIC that takes nothing drops a packet, one of DropCode. */
  deadReason(state: ConnectionState): number;
  /** The engines (1 << Engine) that may make wrong bytes of what they are rightly given. */
  spoils(socket: Socket): number;
}

export interface Rules extends KernelRules, DriverRules, NicRules {}
