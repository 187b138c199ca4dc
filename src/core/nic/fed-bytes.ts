import { advance } from "../base/seq.ts";
import type { Connection } from "../machine/connection.ts";
import type { DescriptorQueue } from "../machine/descriptors.ts";
import type { FedLog } from "../machine/fed-log.ts";
import type { Socket } from "../machine/socket.ts";
import { hostRecord, hostView, streamBytes } from "./bytes.ts";
import { type EngineMark, type Means, NicStream } from "./nic-stream.ts";

/** Rows of the fed log between two marks of an engine out of step: what going back costs at most. */
const markInterval = 256;
/** Connections of a machine that this is kept of: the ones asked of last. */
const keptMax = 4096;

/**
 * The NIC's engine out of step, kept between packets: it takes each range that the NIC was fed once. What it makes follows
 * from the log alone, so it is the same however a position is reached.
 */
class LostEngine {
  /** Where it began: another beginning is another engine. */
  readonly begun: string;
  private readonly stream: NicStream;
  private readonly first: number;
  /** The engine before each markInterval-th row. */
  private readonly marks: EngineMark[] = [];
  /** The row that it takes next, and what it made of the one before. */
  private next: number;
  private made: Uint8Array | null = null;

  constructor(begun: string, stream: NicStream, first: number) {
    this.begun = begun;
    this.stream = stream;
    this.first = first;
    this.next = first;
  }

  /** What it makes of row `row` of the fed log; null where bytes before it, or its own, are not known. */
  madeOf(socket: Socket, row: number): Uint8Array | null {
    if (row < this.next - 1 || (row < this.next && this.made === null)) {
      const mark = Math.floor((row - this.first) / markInterval);
      this.stream.goBack(this.marks[mark]!);
      this.next = this.first + mark * markInterval;
    }
    while (this.next <= row) if (!this.takeNext(socket, this.next === row)) return null;
    return this.made;
  }

  private takeNext(socket: Socket, isAsked: boolean): boolean {
    const { from, length, changes } = socket.fed.at(this.next);
    // What lies before the offload is not known: zeros stand in, as a record's header noise like the real ones.
    const ahead = Math.min(length, Math.max(0, socket.connection.startSeq - from));
    const bytes = streamBytes(socket, advance(from, ahead), length - ahead, hostView(changes));
    if (!bytes) return false;
    if ((this.next - this.first) % markInterval === 0)
      this.marks[(this.next - this.first) / markInterval] ??= this.stream.mark();
    this.stream.pass(new Uint8Array(ahead));
    this.stream.pass(bytes, isAsked);
    this.made = isAsked ? bytes : null;
    this.next++;
    return true;
  }
}

/** A record as the NIC was fed it so far, while pages change: rows [head, next) of the fed log are in it. */
interface FedRecord {
  row: number;
  head: number;
  next: number;
  bytes: Uint8Array;
}

/** What was made of a fed log last. */
interface Made {
  engine: LostEngine | null;
  record: FedRecord | null;
}
const madeBy = new WeakMap<DescriptorQueue, Map<FedLog, Made>>();

/** What was made of the socket's log; a machine's queue stands for the machine. */
function madeOf({ queue, fed }: Socket): Made {
  const kept = madeBy.get(queue) ?? new Map<FedLog, Made>();
  madeBy.set(queue, kept);
  const made = kept.get(fed) ?? { engine: null, record: null };
  kept.delete(fed);
  kept.set(fed, made);
  if (kept.size > keptMax) kept.delete(kept.keys().next().value!);
  return made;
}

/** What the NIC makes of all that it was fed since it lost step; the last of it is the packet. */
export function outOfStep(socket: Socket): Uint8Array | null {
  const { records, state, rules } = socket;
  const { nicRow, nicTaken, fedHead, fedLost, fedTail } = state;
  // A record that software pushed since, where the NIC stands, has keys and a number that the device does not have yet.
  const tail = records.isReady(nicRow) ? nicRow : state.tail;
  const [row, sn] = [Math.min(nicRow, tail - 1), records.countedSn(nicRow, tail)];
  const begun = [rules.contextOf(socket).name, row, sn, nicRow, nicTaken, fedHead, fedLost].join(" ");
  const made = madeOf(socket);
  if (made.engine?.begun !== begun) {
    const stream = nicStream(socket, row, sn);
    const beginning = nicTaken > 0 ? recordAsFed(socket, nicRow) : new Uint8Array(0);
    if (!stream || !beginning) return null;
    stream.pass(beginning.subarray(0, nicTaken));
    made.engine = new LostEngine(begun, stream, fedLost);
  }
  return fedTail > fedLost ? made.engine.madeOf(socket, fedTail - 1) : null;
}

/** The record that the NIC is in, each byte as it was when the NIC was fed it: pages may have changed since. Not to be written to. */
export function recordAsFed(socket: Socket, row: number): Uint8Array | null {
  const { fedHead: head, fedLost } = socket.state;
  const made = madeOf(socket);
  const kept = made.record;
  if (kept && kept.row === row && kept.head === head && kept.next <= fedLost) return addFed(socket, kept);
  const bytes = hostRecord(socket, row, 0);
  if (!bytes) return null;
  made.record = { row, head, next: head, bytes };
  return addFed(socket, made.record);
}

/** Adds what the NIC was fed since. */
function addFed(socket: Socket, record: FedRecord): Uint8Array {
  const { row, bytes } = record;
  const { records, state, fed } = socket;
  const [start, end] = [records.start(row), records.end(row)];
  for (; record.next < state.fedLost; record.next++) {
    const { from, length, changes } = fed.at(record.next);
    const at = Math.max(from, start) - start;
    const to = Math.min(advance(from, length), end) - start;
    if (at < to) bytes.set(hostRecord(socket, row, changes)!.subarray(at, to), at);
  }
  return bytes;
}

/** The NIC's cipher from the beginning of a record on; it has the keys of the context that it finds. */
export function nicStream(socket: Socket, row: number, sn: bigint): NicStream | null {
  const { records, rules, encrypter } = socket;
  const epoch = records.epoch.at(Math.min(Math.max(row, 0), records.count - 1));
  return streamOf(rules.contextOf(socket), epoch, sn, { encrypter, tagFault: rules.nicTag });
}

export function streamOf(
  { version, cipher, epochs }: Connection,
  epoch: number,
  sn: bigint,
  means: Means,
): NicStream | null {
  const keys = epochs[epoch] ?? null;
  return keys && cipher ? new NicStream({ version, cipher }, keys, sn, means) : null;
}
