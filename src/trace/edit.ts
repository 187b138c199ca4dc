import { advance, type Seq } from "../core/base/seq.ts";
import type { Connection, Device } from "../core/machine/connection.ts";
import {
  deviceColumn,
  type Event,
  Flag,
  Kind,
  packSend,
  packTransmit,
  sendPieces,
  sendType,
  unpackTransmit,
} from "../core/words/event.ts";
import { type MadeEvent, rearranged } from "./edited-tables.ts";
import { countOf, cutRuns, type Run } from "./runs.ts";
import type { Diagnostic, Expectation, Trace } from "./trace.ts";
import { counted } from "./visible.ts";

/** An event as an edit states it: all that its line says. */
export interface StatedEvent extends Omit<Event, "line" | "offset"> {
  /** As in Trace.sacks. */
  sacks?: readonly Seq[];
  /** As in Trace.recordSns, null = it follows from the record before; which of them stands in `extra`, too. */
  recordSn?: bigint | null;
}

type SettableConnection = Pick<
  Connection,
  "device" | "version" | "cipher" | "recSeq0" | "mss" | "payloadMax"
>;
type SettableDevice = Pick<Device, "profile" | "kernel" | "mtu" | "later">;

/**
 * A change to a trace, as plain data: what forks, minimisers and fault injection do. Events go by their index in the
 * trace that the edits before have made.
 * - drop: `count` events from `event` on go, with their expect lines
 * - insert: a new event comes before `event`
 * - move: an event comes to stand at index `to`, with its expect lines; its time is brought between its neighbours'
 * - split: a transmit or a send becomes two, the first of `bytes` bytes; the first of two sends leaves its record open
 *   (MSG_MORE), so that the stream stays as it is
 * - set, set-connection, set-device: fields get other values
 * - expect: an expect line comes below an event and those that it has
 */
export type Edit =
  | { edit: "drop"; event: number; count: number }
  | { edit: "insert"; event: number; stated: StatedEvent }
  | { edit: "move"; event: number; to: number }
  | { edit: "split"; event: number; bytes: number }
  | { edit: "set"; event: number; to: Partial<StatedEvent> }
  | { edit: "set-connection"; connection: number; to: Partial<SettableConnection> }
  | { edit: "set-device"; device: number; to: Partial<SettableDevice> }
  | { edit: "expect"; event: number; expected: Pick<Expectation, "no" | "under" | "what"> };

/** What edits make of a trace. */
export interface Applied {
  trace: Trace;
  /** Events that edits made or placed, ascending; all others are as they were. */
  made: readonly number[];
  /** What became of the events of the trace: their places, −1 = gone. */
  placeOf: Int32Array;
  /** An error for each edit that cannot be; it is left out. */
  refused: readonly Diagnostic[];
}

/**
 * The trace with the edits made, one after the other, and everything beside its events gone along; the trace itself
 * stays as it is, and so does what no edit speaks of, which is shared. Whether a sender can do what the events now say
 * is not asked: `edited` does.
 */
export function applied(trace: Trace, edits: readonly Edit[]): Applied {
  const draft = new Draft(trace);
  const refused: Diagnostic[] = [];
  for (const [i, edit] of edits.entries()) {
    const reason = draft.take(edit);
    if (reason !== null)
      refused.push({ severity: "error", message: `edit ${i + 1} (${edit.edit}) is left out: ${reason}` });
  }
  return { ...draft.result(), refused };
}

/** Kinds of events that make records: what a capture shows of them is what its bytes and keys were found in. */
const recordMaking: readonly number[] = [
  Kind.install,
  Kind.send,
  Kind.record,
  Kind.gap,
  Kind.close,
  Kind["splice-eof"],
  Kind.rekey,
];
const ofCapture = "the records of a capture are as they were captured";
/** Fields of a connection that can be set though it was captured. */
const notCaptured: readonly string[] = ["device", "mss"];

/** A trace while edits are made to it. */
class Draft {
  private readonly trace: Trace;
  private readonly devices: Device[];
  private readonly connections: Connection[];
  private readonly made: MadeEvent[] = [];
  /** Events of the trace, or −1 − the index of one in `made`, in their order. */
  private runs: Run[];
  private count: number;

  constructor(trace: Trace) {
    this.trace = trace;
    this.devices = [...trace.devices];
    this.connections = [...trace.connections];
    this.count = trace.events.count;
    this.runs = [{ from: 0, count: this.count }];
  }

  /** Makes an edit; what cannot be is not made, and gives the reason. */
  take(edit: Edit): string | null {
    switch (edit.edit) {
      case "drop":
        return this.drop(edit.event, edit.count);
      case "insert":
        return this.insert(edit.event, edit.stated);
      case "move":
        return this.move(edit.event, edit.to);
      case "split":
        return this.split(edit.event, edit.bytes);
      case "set":
        return this.noEvent(edit.event) ?? this.set(edit.event, edit.to);
      case "set-connection":
        return this.setConnection(edit.connection, edit.to);
      case "set-device":
        return this.setDevice(edit.device, edit.to);
      case "expect":
        return this.noEvent(edit.event) ?? this.expect(edit.event, edit.expected);
    }
  }

  result(): Omit<Applied, "refused"> {
    const { trace, devices, connections, runs, made } = this;
    const base = { ...trace, devices, connections };
    const isAsWas = runs.length === 1 && this.count === trace.events.count && made.length === 0;
    if (!isAsWas) return rearranged(base, runs, made);
    return { trace: base, made: [], placeOf: Int32Array.from({ length: this.count }, (_, event) => event) };
  }

  /** Takes `count` events away at a place and puts others there. */
  private splice(place: number, count: number, ...added: readonly Run[]): void {
    const end = place + count;
    const parts = [cutRuns(this.runs, 0, place), added, cutRuns(this.runs, end, this.count)];
    this.runs = parts.flat();
    this.count = countOf(this.runs);
  }

  private drop(event: number, count: number): string | null {
    const reason = this.noEvent(event) ?? this.noEvent(event + count - 1);
    if (reason !== null) return reason;
    if (!(count >= 1)) return `it drops ${counted(count, "event")}`;
    for (let place = event; this.trace.kind === "capture" && place < event + count; place++)
      if (this.isFixed(this.at(place).kind)) return ofCapture;
    this.splice(event, count);
    return null;
  }

  private insert(event: number, stated: StatedEvent): string | null {
    const reason = event === this.count ? null : this.noEvent(event);
    return reason ?? this.put(event, 0, { ...nothing, ...stated, ...nowhere, from: -1, floats: true });
  }

  private move(event: number, to: number): string | null {
    const reason = this.noEvent(event) ?? this.noEvent(to);
    if (reason !== null) return reason;
    const moved = this.at(event);
    if (this.isFixed(moved.kind)) return ofCapture;
    this.splice(event, 1);
    const earliest = to === 0 ? Number.NEGATIVE_INFINITY : this.at(to - 1).timeNs;
    const latest = to === this.count ? Number.POSITIVE_INFINITY : this.at(to).timeNs;
    const timeNs = Math.max(earliest, Math.min(moved.timeNs, latest));
    return this.put(to, 0, { ...moved, timeNs, floats: true });
  }

  private split(event: number, bytes: number): string | null {
    const reason = this.noEvent(event);
    if (reason !== null) return reason;
    const whole = this.at(event);
    if (!(Number.isInteger(bytes) && bytes > 0 && bytes < whole.length))
      return `byte ${bytes} is not within the event's ${whole.length}`;
    if (whole.flags & Flag.typed)
      return "the first part of a send with a record type cannot leave its record open";
    const parts = partsOf(whole, bytes);
    if (parts === null) return "only a transmit and a send have parts";
    const [first, second] = parts;
    const rest = { ...whole, ...second, sacks: [], recordSn: null, expected: [], from: -1, floats: true };
    return this.put(event, 1, { ...whole, ...first }) ?? this.put(event + 1, 0, rest);
  }

  private set(event: number, to: Partial<StatedEvent>): string | null {
    const was = this.at(event);
    if (this.isFixed(was.kind)) return ofCapture;
    const now = { ...was, ...to };
    // Bytes that it had not before lie nowhere in the file.
    const isCaptured = now.seq === was.seq && now.length <= was.length;
    return this.put(event, 1, isCaptured ? now : { ...now, offset: -1 });
  }

  private expect(event: number, expected: MadeEvent["expected"][number]): null {
    const was = this.at(event);
    this.splice(event, 1, this.newRun({ ...was, expected: [...was.expected, expected] }));
    return null;
  }

  private setConnection(index: number, to: Partial<SettableConnection>): string | null {
    const connection = this.connections[index];
    if (connection === undefined) return `there is no connection ${index}`;
    if (to.device !== undefined && !this.devices[to.device]) return `there is no device ${to.device}`;
    const fixed = Object.keys(to).find((field) => !notCaptured.includes(field));
    if (this.trace.kind === "capture" && fixed !== undefined)
      return `the ${fixed} of a captured connection is as captured`;
    // Stated keys fit one cipher: with another one the connection has those of its name.
    const keys = to.cipher === undefined || to.cipher === connection.cipher ? {} : { epochs: [] };
    this.connections[index] = { ...connection, ...to, ...keys };
    return null;
  }

  private setDevice(index: number, to: Partial<SettableDevice>): string | null {
    const device = this.devices[index];
    if (device === undefined) return `there is no device ${index}`;
    this.devices[index] = { ...device, ...to };
    return null;
  }

  /** Puts an event at a place, instead of `count` there are, if the trace has what it speaks of. */
  private put(place: number, count: 0 | 1, event: MadeEvent): string | null {
    const { connection, kind, extra } = event;
    const isThere = connection < 0 ? this.devices[deviceColumn(connection)] : this.connections[connection];
    if (!isThere) return "the trace has no such connection or device";
    if (kind === Kind.reroute && !this.devices[extra]) return `there is no device ${extra}`;
    const later = kind === Kind.become ? (this.devices[deviceColumn(connection)]?.later ?? []) : null;
    if (later && !later[extra]) return `the device becomes only ${counted(later.length, "other")}`;
    if (this.isFixed(kind)) return ofCapture;
    this.splice(place, count, this.newRun(event));
    return null;
  }

  private newRun(event: MadeEvent): Run {
    return { from: -this.made.push(event), count: 1 };
  }

  /** The event at a place, with what stands beside it. */
  private at(place: number): MadeEvent {
    const [{ from: row }] = cutRuns(this.runs, place, place + 1) as [Run];
    if (row < 0) return this.made[-1 - row]!;
    const { events, sacks, recordSns } = this.trace;
    return {
      ...events.at(row),
      sacks: sacks.get(row) ?? [],
      recordSn: recordSns.get(row) ?? null,
      expected: [],
      from: row,
      floats: false,
    };
  }

  private isFixed(kind: number): boolean {
    return this.trace.kind === "capture" && recordMaking.includes(kind);
  }

  private noEvent(place: number): string | null {
    const isThere = Number.isInteger(place) && place >= 0 && place < this.count;
    return isThere ? null : `there is no event ${place}, the trace has ${this.count}`;
  }
}

/** What stands beside an event that states nothing of it, and where one stands that no file has. */
const nothing = { sacks: [], recordSn: null, expected: [] };
const nowhere = { line: 0, offset: -1 };

type Part = Partial<Event>;

function partsOf(event: Event, bytes: number): [Part, Part] | null {
  if (event.kind === Kind.transmit) return transmitParts(event, bytes);
  return event.kind === Kind.send ? sendParts(event, bytes) : null;
}

/** FIN is behind the last byte; a mapping that fails is one of the first part's. */
function transmitParts({ seq, length, flags, extra, offset }: Event, bytes: number): [Part, Part] {
  const { queue } = unpackTransmit(extra);
  const second = {
    seq: advance(seq, bytes),
    length: length - bytes,
    flags: flags & ~Flag.straddle,
    extra: packTransmit({ dmaErrorAt: 0, queue }),
    offset: offset < 0 ? -1 : offset + bytes,
  };
  return [{ length: bytes, flags: flags & ~Flag.fin }, second];
}

/** Zero-copied bytes stay in pieces of their size. */
function sendParts({ length, flags, extra }: Event, bytes: number): [Part, Part] {
  const pieceSize = Math.ceil(length / Math.max(1, sendPieces(extra)));
  const part = (size: number, partFlags: number): Part => {
    const pieces = sendPieces(extra) === 0 ? 0 : Math.ceil(size / pieceSize);
    return { length: size, flags: partFlags, extra: packSend(sendType(extra), pieces) };
  };
  return [part(bytes, (flags & ~Flag.eor) | Flag.more), part(length - bytes, flags)];
}
