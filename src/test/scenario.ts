import { keystreamKeySize } from "../core/base/keystream.ts";
import { type Cipher, type RecordKeys, recordType, type TlsVersion } from "../core/base/record.ts";
import { seq } from "../core/base/seq.ts";
import { createMachine } from "../core/create-machine.ts";
import { type Device, type RecordSource, usualSocket } from "../core/machine/connection.ts";
import { vendorCountersOf } from "../core/machine/count.ts";
import { type Kernel, kernelById } from "../core/machine/generation.ts";
import type { Machine } from "../core/machine/machine.ts";
import type { Profile } from "../core/machine/profile.ts";
import type { Sink, Socket } from "../core/machine/socket.ts";
import type { ConnectionState } from "../core/machine/state.ts";
import { nicExpectedSeq } from "../core/nic/nic.ts";
import { profileById } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { step } from "../core/step.ts";
import { tcbFields } from "../core/words/descriptor.ts";
import { effects } from "../core/words/effect.ts";
import {
  deviceColumn,
  deviceEventKinds,
  EventLog,
  Flag,
  Kind,
  packRecord,
  packSend,
  packTransmit,
} from "../core/words/event.ts";
import { stages } from "../core/words/stage.ts";
import { installFlags, sendFlags, transmitFlags } from "../trace/language/event-forms.ts";
import { nicNamed } from "../trace/trace.ts";

/** What a story's one connection is; everything has a plain default. */
export interface Setup {
  profile?: Profile;
  /** Kernel generation of the devices; that of the profile, else the newest without its refusals. */
  kernel?: Kernel;
  /** True: device 0 is a bond of devices 1 and 2; else 0 and 1 are NICs. */
  bond?: boolean;
  version?: TlsVersion;
  cipher?: Cipher;
  startSeq?: number;
  recSeq0?: bigint;
  mtu?: number;
  mss?: number;
  payloadMax?: number;
  /** Keys of epoch 0, and of the epochs that `record` events begin. */
  keys?: RecordKeys;
  laterKeys?: RecordKeys[];
  source?: RecordSource;
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

/** A device that has these bugs and no others; imagined ones, too. */
export const broken = (profile: Profile, ...faults: readonly string[]): Profile => ({ ...profile, faults });

/** A setup in a word: `FAMILY[/BUG][@KERNEL]`. */
export function setupOf(id: string): Setup {
  const profile = profileById(id);
  if (profile === null) throw new Error(`no profile ${id}`);
  return { profile };
}

export const kernelNamed = (id: string): Kernel => {
  const kernel = kernelById(id);
  if (kernel === null) throw new Error(`no kernel ${id}`);
  return kernel;
};

/**
 * A machine that plays a story, one event a word group between semicolons, in a small notation for unit tests:
 * - `send 100`, `send 5 more`, `send 2 eor type=21`, `send 40 zerocopy pieces=4`, `eof`, `close`, `destruct`
 * - `> 0:1448` and behind it the trace language's words: `lost`, `qdisc-drop`, `orphan`, …, `dma=K`, `queue=N`
 * - `ack 1448 [racing]`, `merge 0:1448`, `split 1448`, `write 13:20` (zero-copy pages), `route 1` (a device)
 * - `install [unsent]` (else the connection is offloaded from the start), `rekey`
 * - `down`, `up`, `reset`, `hold`, `resume`, `refuse`, `accept`, of device 0 or the one named behind
 * - a captured record that begins an epoch, `record 122 epoch=1`
 */
export class Play {
  readonly machine: Machine;
  private at = 0;

  constructor(setup: Setup, story: string) {
    const cipher = setup.cipher ?? "aes-128-gcm";
    const startSeq = seq(setup.startSeq ?? 1000);
    const connection = {
      name: "c",
      flow: "c",
      device: 0,
      version: setup.version ?? (0x0303 as const),
      cipher,
      startSeq,
      recSeq0: setup.recSeq0 ?? 1n,
      epochs: [setup.keys ?? keysFor(cipher), ...(setup.laterKeys ?? [])],
      mss: setup.mss ?? 1448,
      ...usualSocket,
      payloadMax: setup.payloadMax ?? usualSocket.payloadMax,
      captured: false,
      installed: !/\binstall\b/.test(story),
      source: setup.source ?? { kind: "generated" as const, key: new Uint8Array(keystreamKeySize) },
    };
    const events = new EventLog();
    for (const words of story.split(";"))
      if (words.trim() !== "") events.push(eventOf(words.trim(), startSeq));
    this.machine = createMachine({
      devices: devicesOf(setup),
      connections: [connection],
      events,
      recordSns: new Map(),
      reader: null,
    });
  }

  get socket(): Socket {
    return this.machine.sockets[0]!;
  }

  get state(): ConnectionState {
    return this.socket.state;
  }

  /** Sequence number relative to the offload start. */
  relative(s: number): number {
    return s - this.socket.connection.startSeq;
  }

  /** Expected sequence numbers, relative: the driver's, and the NIC's, null where it stands nowhere. */
  get expected(): [number, number | null] {
    const nic = nicExpectedSeq(this.socket);
    return [this.relative(this.state.expectedSeq), nic === null ? null : this.relative(nic)];
  }

  /** The vendor's counters that are not 0. */
  get counters(): Record<string, number> {
    const all = Object.entries(vendorCountersOf(this.state, this.machine.devices[0]!.profile));
    return Object.fromEntries(all.filter(([, value]) => value !== 0));
  }

  /** Plays the next event. */
  next(): Happening {
    const said: string[] = [];
    const passed: string[] = [];
    const sink: Sink = {
      socket: null,
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
    const { name, args } = effects[kind]!;
    const words = args.map(([field, form], i) => {
      const n = [a, b][i]!;
      const value = form === "seq" ? this.relative(n) : typeof form === "string" ? n : form[n];
      return `${field}=${value}`;
    });
    return [name, ...words].join(" ");
  }

  private queue(): string {
    return this.posted()
      .join(" ")
      .replaceAll(/[|#@+][^ ]*/g, "");
  }

  /** What was posted last, in the family's words: `NAME|` fenced, `#ROW` it names, `@START+LENGTH` of its bytes, who encrypts a packet. */
  posted(): string[] {
    const { queue, devices } = this.machine;
    const names = devices[0]!.profile.descriptorNames;
    return Array.from({ length: queue.count }, (_, i) => {
      const { kind, row, seq: from, length, fence, engine } = queue.at(i);
      const bytes = length > 0 ? `@${this.relative(from)}+${length}` : "";
      const who = kind === "packet" ? `+${["clear", "stream", "piece", "software"][engine]}` : "";
      const field =
        kind === "tcb" ? `@${tcbFields[engine]}${engine === 0 ? `=${this.relative(from)}` : ""}` : "";
      return `${names[kind]}${fence ? "|" : ""}${row < 0 ? "" : `#${row}`}${bytes}${who}${field}`;
    });
  }
}

/** What the last event of a story did: its effects, a comma between two, then what was posted, a space between two. */
export function lastOf(setup: Setup, story: string): [string, string] {
  const play = new Play(setup, story);
  const { effects: said } = play.rest().at(-1)!;
  return [said.join(", "), play.posted().join(" ")];
}

function devicesOf({ profile, kernel, mtu, bond }: Setup): Device[] {
  const devices = ["nic", "other", "third"].map((name) => {
    const device = nicNamed(name, profile ?? connectx, mtu ?? 1500);
    return kernel ? { ...device, kernel } : device;
  });
  return bond ? [{ ...devices[0]!, slaves: [1, 2] }, ...devices.slice(1)] : devices;
}

const empty = {
  timeNs: 0,
  connection: 0,
  kind: Kind.close as number,
  flags: 0,
  seq: seq(0),
  length: 0,
  extra: 0,
  line: 0,
  offset: -1,
};

/** The flags of the words that a table knows. */
const flagsOf = (words: string[], table: Readonly<Record<string, number>>): number =>
  words.reduce((flags, word) => flags | (table[word] ?? 0), 0);

/** The number behind `name=`. */
const numberOf = (words: string[], name: string): number | undefined => {
  const word = words.find((one) => one.startsWith(`${name}=`));
  return word === undefined ? undefined : Number(word.slice(name.length + 1));
};

const bareKinds: Readonly<Record<string, number>> = {
  close: Kind.close,
  eof: Kind["splice-eof"],
  destruct: Kind.destruct,
  rekey: Kind.rekey,
};
const rangeKinds: Readonly<Record<string, number>> = {
  ">": Kind.transmit,
  merge: Kind.merge,
  write: Kind["page-write"],
};

function eventOf(words: string, startSeq: number) {
  const [verb, first = "0", ...rest] = words.split(/\s+/) as [string, ...string[]];
  const device = deviceEventKinds.find((kind) => kind === verb);
  if (device) return { ...empty, kind: Kind[device], connection: deviceColumn(Number(first)) };
  const bare = bareKinds[verb];
  if (bare !== undefined) return { ...empty, kind: bare };
  const range = rangeKinds[verb];
  if (range !== undefined) {
    const [start, end] = first.split(":").map(Number) as [number, number];
    const flags = flagsOf(rest, { ...transmitFlags, qdisc: Flag.qdiscDrop });
    const failing = numberOf(rest, "dma");
    const queue = numberOf(rest, "queue");
    const isPlain = failing === undefined && queue === undefined;
    const extra = isPlain ? 0 : packTransmit({ dmaErrorAt: failing ?? 0, queue: queue ?? -1 });
    return { ...empty, kind: range, flags, seq: seq(startSeq + start), length: end - start, extra };
  }
  return placedEvent(verb, first, rest, startSeq);
}

/** Events with one number behind them. */
function placedEvent(verb: string, first: string, rest: string[], startSeq: number) {
  const at = seq(startSeq + Number(first));
  switch (verb) {
    case "send": {
      const type = numberOf(rest, "type");
      const flags = flagsOf(rest, sendFlags) | (type === undefined ? 0 : Flag.typed);
      const extra = packSend(type ?? recordType.applicationData, numberOf(rest, "pieces") ?? 1);
      return { ...empty, kind: Kind.send, flags, length: Number(first), extra };
    }
    case "record": {
      const epoch = numberOf(rest, "epoch") ?? 0;
      const marks = { startsEpoch: epoch > 0, snUnknown: false, snGiven: false, unopened: false };
      const extra = packRecord({ type: recordType.applicationData, epoch, ...marks });
      return { ...empty, kind: Kind.record, length: Number(first), extra };
    }
    case "install":
      return { ...empty, kind: Kind.install, flags: flagsOf([first], installFlags) };
    case "ack":
      return { ...empty, kind: Kind.ack, seq: at, extra: rest.includes("racing") ? 1 : 0 };
    case "split":
      return { ...empty, kind: Kind.split, seq: at };
    case "route":
      return { ...empty, kind: Kind.reroute, extra: Number(first) };
    default:
      throw new Error(`not a story: ${verb} ${first}`);
  }
}
