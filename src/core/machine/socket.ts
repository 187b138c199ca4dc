// core/machine: what a replay runs on: socket, rules, profile, kernel generation, state, logs, counters.

import { type Encrypter, portable } from "../base/aead.ts";
import { type Layout, layoutOf, type RecordKeys } from "../base/record.ts";
import type { Seq } from "../base/seq.ts";
import type { EventLog } from "../words/event.ts";
import { ChangeLog } from "./change-log.ts";
import type { Connection, Device, RecordReader } from "./connection.ts";
import type { DescriptorQueue } from "./descriptors.ts";
import { FedLog } from "./fed-log.ts";
import type { Kernel } from "./generation.ts";
import type { Packet } from "./packet.ts";
import type { Profile } from "./profile.ts";
import type { QueueStops } from "./queue-stops.ts";
import { RecordLog } from "./record-log.ts";
import type { RulesOf } from "./rules.ts";
import type { SinkOf } from "./sink.ts";
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
  /** By device: when its transmit queue stood still. */
  readonly stops: readonly QueueStops[];
}

/** What a connection runs on: a device and the kernel around it, with the rules that follow. */
export interface Equipment {
  readonly profile: Profile;
  readonly kernel: Kernel;
  readonly rules: Rules;
}

/** One connection of a machine, before anything happens to it. */
export interface Fixed {
  /** Its place among the machine's connections. */
  readonly index: number;
  readonly connection: Connection;
  /** The connection whose context it may find, as its addresses and ports are the same; null = none. */
  readonly reused: Connection | null;
  /** Its device as declared, then what that becomes. */
  readonly equipments: readonly Equipment[];
}

/** The logs of a connection, which only grow; those that most connections never need are made when one does. */
class Logs {
  readonly records = new RecordLog();
  private fedLog: FedLog | null = null;
  private changeLog: ChangeLog | null = null;
  private waitingLog: WaitingLog | null = null;

  get fed(): FedLog {
    this.fedLog ??= new FedLog();
    return this.fedLog;
  }

  get changes(): ChangeLog {
    this.changeLog ??= new ChangeLog();
    return this.changeLog;
  }

  get waiting(): WaitingLog {
    this.waitingLog ??= new WaitingLog();
    return this.waitingLog;
  }
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
  readonly equipments: readonly Equipment[];
  /** What it runs on in its state: who brings another state says `equip()`. */
  profile: Profile;
  kernel: Kernel;
  rules: Rules;
  /** Of its records; without a cipher of the model that of AES-128-GCM, which only lengths of generated records depend on. */
  readonly layout: Layout;
  /** No bug, ever: what is by construction right needs no second look. */
  readonly isRight: boolean;
  /** Bytes of a wire packet as its driver counts them, 0 = every segment counts as one. */
  segmentSize = 0;
  /** Bytes of headers that it counts with each packet. */
  countedHeader = 0;
  readonly events: EventLog;
  readonly queue: DescriptorQueue;
  readonly packet: Packet;
  /** When its device's transmit queue stood still. */
  readonly stops: QueueStops;
  readonly records: RecordLog;
  private readonly logs: Logs;
  state = new ConnectionState();
  /** The event that is being worked on. */
  event = 0;

  readonly shared: Shared;

  constructor(fixed: Fixed, shared: Shared, logs = new Logs()) {
    const { connection, equipments } = fixed;
    this.shared = shared;
    this.index = fixed.index;
    this.connection = connection;
    this.reused = fixed.reused;
    this.device = shared.devices[connection.device]!;
    this.equipments = equipments;
    const { profile, kernel, rules } = equipments[0]!;
    this.profile = profile;
    this.kernel = kernel;
    this.rules = rules;
    this.layout = layoutOf(connection.version, connection.cipher ?? "aes-128-gcm");
    this.isRight = equipments.every((each) => each.profile.faults.length === 0);
    this.events = shared.events;
    this.queue = shared.queue;
    this.packet = shared.packet;
    this.stops = shared.stops[connection.device]!;
    this.records = logs.records;
    this.logs = logs;
    this.equip();
  }

  /** Runs on what its state says from here on. */
  equip(): void {
    const { profile, kernel, rules } = this.equipments[this.state.equipment]!;
    this.profile = profile;
    this.kernel = kernel;
    this.rules = rules;
    this.segmentSize = rules.countedSize(profile, this.connection.mss);
    const countsHeaders = profile.recovery === "chain" || profile.recovery === "none";
    this.countedHeader = countsHeaders ? profile.headerSize : 0;
  }

  /** What its NIC was fed. */
  get fed(): FedLog {
    return this.logs.fed;
  }

  /** Encrypts for the NIC, for software, and what their bytes are compared with. */
  get encrypter(): Encrypter {
    return this.shared.reader?.encrypter ?? portable;
  }

  /** Fences, marks and page writes. */
  get changes(): ChangeLog {
    return this.logs.changes;
  }

  /** Descriptors that were posted and not taken. */
  get waiting(): WaitingLog {
    return this.logs.waiting;
  }

  /** The same connection in another state, while `event` is worked on: for whoever looks at one. */
  at(state: ConnectionState, event = this.event): Socket {
    const other = new Socket(this, this.shared, this.logs);
    other.state = state;
    other.event = event;
    other.equip();
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

/** What the layers are given beside a socket, and what it works by. */
export type Sink = SinkOf<Socket>;
export type Rules = RulesOf<Socket>;
