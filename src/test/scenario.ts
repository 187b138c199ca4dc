import { nicNamed, usualSocket } from "../core/connection.ts";
import { descriptorKinds } from "../core/descriptor.ts";
import { type EffectSpec, effects } from "../core/effect.ts";
import { EventLog, Flag, Kind, packRecord } from "../core/event.ts";
import { createMachine, type Machine, type Sink } from "../core/machine.ts";
import type { Profile } from "../core/profile.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { type Cipher, type RecordKeys, recordType, type TlsVersion } from "../core/record.ts";
import { distance, seq } from "../core/seq.ts";
import { stages } from "../core/stage.ts";
import type { ConnectionState } from "../core/state.ts";
import { step } from "../core/step.ts";

/** What a story's one connection is; everything has a plain default. */
export interface Setup {
  profile?: Profile;
  version?: TlsVersion;
  cipher?: Cipher;
  startSeq?: number;
  recSeq0?: bigint;
  mtu?: number;
  mss?: number;
  /** Keys of epoch 0, and of the epochs that `record` events begin. */
  keys?: RecordKeys;
  laterKeys?: RecordKeys[];
  payload?: (offset: number, length: number) => Uint8Array;
}

/** What one event did, in words: sequence numbers relative to the offload start, records by row. */
export interface Happening {
  effects: string[];
  /** Descriptors in the order in which they were posted. */
  queue: string;
  stages: string[];
}

const recordKeys: RecordKeys = {
  key: Uint8Array.from({ length: 32 }, (_, i) => i),
  salt: Uint8Array.of(0xa0, 0xa1, 0xa2, 0xa3),
  iv: Uint8Array.of(0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7),
};

/** Keys that fit a cipher: 00 01 02 … with a fixed salt and iv. */
export function keysFor(cipher: Cipher): RecordKeys {
  if (cipher === "aes-256-gcm") return recordKeys;
  if (cipher === "aes-128-gcm") return { ...recordKeys, key: recordKeys.key.slice(0, 16) };
  return {
    key: recordKeys.key,
    salt: new Uint8Array(0),
    iv: Uint8Array.from({ length: 12 }, (_, i) => 0xc0 + i),
  };
}

const countedPayload = (offset: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (offset + i) * 7 + ((offset + i) >> 8));

/**
 * A machine that plays a story, one event a word group between semicolons, in a small notation for unit tests:
 * `send 100`, `send 5 more`, `send 2 eor type=21`, `> 0:1448`, `> 0:9 lost`, `> 0:9 qdisc`,
 * `> 0:9 marked`, `> 0:9 no-memory`, `ack 1448`, `ack 1448 racing`, `rekey`, `close`, and a captured record that begins an epoch,
 * `record 122 epoch=1`.
 */
export class Play {
  readonly machine: Machine;
  private at = 0;

  constructor(setup: Setup, story: string) {
    const cipher = setup.cipher ?? "aes-128-gcm";
    const startSeq = seq(setup.startSeq ?? 1000);
    const device = nicNamed("nic", setup.profile ?? connectx, setup.mtu ?? 1500);
    const connection = {
      name: "c",
      device: 0,
      version: setup.version ?? (0x0303 as const),
      cipher,
      startSeq,
      recSeq0: setup.recSeq0 ?? 1n,
      epochs: [setup.keys ?? keysFor(cipher), ...(setup.laterKeys ?? [])],
      mss: setup.mss ?? 1448,
      ...usualSocket,
      installed: true,
      source: null,
      payload: setup.payload ?? countedPayload,
    };
    const events = new EventLog();
    for (const words of story.split(";"))
      if (words.trim() !== "") events.push(eventOf(words.trim(), startSeq));
    this.machine = createMachine({
      devices: [device],
      connections: [connection],
      events,
      recordSns: new Map(),
    });
  }

  get state(): ConnectionState {
    return this.machine.states[0]!;
  }

  /** Sequence number relative to the offload start. */
  relative(s: number): number {
    return distance(this.machine.connections[0]!.startSeq, seq(s));
  }

  /** Plays the next event. */
  next(): Happening {
    const said: string[] = [];
    const passed: string[] = [];
    const sink: Sink = {
      effect: (kind, a, b) => void said.push(this.words(kind, a, b)),
      stage: (stage) => void passed.push(stages[stage]!.name),
    };
    step(this.machine, this.at++, sink);
    return { effects: said, queue: this.queue(), stages: passed };
  }

  /** Plays what is left and gives what each event did. */
  rest(): Happening[] {
    const happenings: Happening[] = [];
    while (this.at < this.machine.events.count) happenings.push(this.next());
    return happenings;
  }

  private words(kind: number, a: number, b: number): string {
    const { name, fields, as }: EffectSpec = effects[kind]!;
    const value = (n: number, i: 0 | 1) => {
      if (as[i] === "seq") return this.relative(n);
      return typeof as[i] === "string" ? n : as[i]?.[n];
    };
    const words = [name, ...[a, b].map((n, i) => fields[i] && `${fields[i]}=${value(n, i as 0 | 1)}`)];
    return words.filter((word) => word !== "").join(" ");
  }

  private queue(): string {
    const { queue, devices } = this.machine;
    const names = devices[0]!.profile.descriptorNames;
    return Array.from({ length: queue.count }, (_, i) => names[descriptorKinds[queue.kind(i)]!]).join(" ");
  }
}

function eventOf(words: string, startSeq: number) {
  const [verb, first = "0", ...rest] = words.split(/\s+/);
  const event = {
    timeNs: 0,
    connection: 0,
    kind: Kind.close,
    flags: 0,
    seq: seq(startSeq),
    length: 0,
    extra: 0,
    line: 0,
    offset: -1,
  };
  const has = (word: string, flag: number) => (rest.includes(word) ? flag : 0);
  if (verb === "send") {
    const type = rest.find((word) => word.startsWith("type="))?.slice(5);
    const typed = type === undefined ? 0 : Flag.typed;
    const flags = has("more", Flag.more) | has("eor", Flag.eor) | typed;
    return {
      ...event,
      kind: Kind.send,
      flags,
      length: Number(first),
      extra: Number(type ?? recordType.applicationData),
    };
  }
  if (verb === "record") {
    const epoch = Number(rest[0]?.slice("epoch=".length) ?? 0);
    const marks = { startsEpoch: epoch > 0, snUnknown: false, snGiven: false };
    const extra = packRecord({ type: recordType.applicationData, epoch, ...marks });
    return { ...event, kind: Kind.record, length: Number(first), extra };
  }
  if (verb === ">") {
    const [start, end] = first.split(":").map(Number) as [number, number];
    const fate = has("lost", Flag.lost) | has("qdisc", Flag.qdiscDrop) | has("captured", Flag.captured);
    const flags = fate | has("marked", Flag.marked) | has("no-memory", Flag.noMemory);
    return { ...event, kind: Kind.transmit, flags, seq: seq(startSeq + start), length: end - start };
  }
  const ack = { kind: Kind.ack, seq: seq(startSeq + Number(first)), extra: rest.includes("racing") ? 1 : 0 };
  if (verb === "ack") return { ...event, ...ack };
  if (verb === "rekey") return { ...event, kind: Kind.rekey };
  if (verb !== "close") throw new Error(`not a story: ${words}`);
  return event;
}
