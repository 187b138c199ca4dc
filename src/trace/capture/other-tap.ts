import { tagSize } from "../../core/base/record.ts";
import type { RecordReader } from "../../core/machine/connection.ts";
import type { CapturedRecords } from "../captured.ts";
import type { LackWord } from "../lacks.ts";
import type { KnownRecords } from "../tls/clear/clear.ts";
import { gapType } from "../tls/record-table.ts";
import { Authenticated, type Stream, type Trace } from "../trace.ts";

/** What another capture says of a stream's records, or why nothing. */
export interface Told {
  known: KnownRecords | null;
  lack: LackWord | null;
}

/** Farther apart than this two streams of a session are not the same: each direction begins at a number of its own. */
const apartMax = 1 << 24;

/** Another capture of connections that are expected in plaintext: its records are matched by TCP sequence numbers. */
export class OtherTap {
  private readonly trace: Trace;
  private readonly told = new Map<string, Told>();

  constructor(trace: Trace) {
    this.trace = trace;
  }

  /** What is known of the records of a stream whose offload begins at this sequence number. */
  of(shown: Stream, startSeq: number): Told {
    const key = `${shown.name} ${startSeq}`;
    const told = this.told.get(key) ?? this.toldOf(shown, startSeq);
    this.told.set(key, told);
    return told;
  }

  private toldOf(shown: Stream, startSeq: number): Told {
    const { connections, captured, reader } = this.trace;
    const apart = ({ connection }: Stream) => (startSeq - connections[connection]!.startSeq) | 0;
    const possible = this.trace.streams.filter(
      (stream) => stream.connection >= 0 && isOfSession(stream, shown) && Math.abs(apart(stream)) < apartMax,
    );
    const own = possible.find(({ name }) => name === shown.name) ?? possible[0];
    if (own === undefined || reader === null) return { known: null, lack: "other-missing" };
    const { source } = connections[own.connection]!;
    const index = source?.kind === "captured" ? source.stream : -1;
    const records = captured[index];
    const isUsable = records && own.lack !== "both-taps" && (records.isHostTap || hasOpened(records));
    if (!isUsable) return { known: null, lack: "other-unopened" };
    return { known: new OtherRecords(reader, index, records, apart(own)), lack: null };
  }
}

/** Of one session, where both captures know theirs; else the addresses and ports must do. */
function isOfSession(one: Stream, other: Stream): boolean {
  if (one.session && other.session) return one.session === other.session;
  return one.name === other.name;
}

const hasOpened = ({ records }: CapturedRecords): boolean =>
  records.authenticated.values.subarray(0, records.start.length).includes(Authenticated.yes);

/** The records of one stream of the other capture. */
class OtherRecords implements KnownRecords {
  private readonly reader: RecordReader;
  private readonly stream: number;
  private readonly captured: CapturedRecords;
  /** What a distance from the start here is more there, in its positions. */
  private readonly shift: number;

  constructor(reader: RecordReader, stream: number, captured: CapturedRecords, apart: number) {
    this.reader = reader;
    this.stream = stream;
    this.captured = captured;
    this.shift = apart + (captured.records.start.values[0] ?? 0);
  }

  at(distance: number): Uint8Array | null {
    const { start, length } = this.captured.records;
    const row = this.rowFrom(distance);
    if (row === start.length || start.values[row] !== distance + this.shift) return null;
    const plaintext = this.reader.plaintext(this.stream, row + 1);
    if (plaintext === null || plaintext.length + tagSize !== length.values[row]) return null;
    const record = new Uint8Array(plaintext.length + tagSize);
    record.set(plaintext);
    return record;
  }

  from(distance: number): number | null {
    const { start, type } = this.captured.records;
    let row = this.rowFrom(distance);
    while (row < start.length && type.values[row] === gapType) row++;
    return row === start.length ? null : start.values[row]! - this.shift;
  }

  /** The first row that begins at or behind a distance. */
  private rowFrom(distance: number): number {
    const { start } = this.captured.records;
    const position = distance + this.shift;
    let [low, high] = [0, start.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (start.values[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
