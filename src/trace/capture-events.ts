import { EventLog, Flag, Kind, packRecord } from "../core/event.ts";
import { after, type Seq, seq } from "../core/seq.ts";
import type { Sender } from "./connections.ts";
import { gapType } from "./records.ts";
import { type SegmentLog, TcpFlag } from "./segments.ts";
import { payloadSeq, Positions } from "./stream.ts";
import { Authenticated, type Verdicts, Wire } from "./trace.ts";

/** What a capture's segments come to. */
export interface CaptureEvents {
  events: EventLog;
  sacks: Map<number, readonly number[]>;
  recordSns: Map<number, bigint>;
  verdicts: Verdicts;
}

/** Lists the events of all senders with an offload start, in capture order. */
export function listEvents(log: SegmentLog, senders: readonly Sender[], flows: number): CaptureEvents {
  const writer = new EventWriter(log, senders, flows);
  for (let row = 0; row < log.count; row++) writer.take(row);
  return writer.result();
}

/** How far one sender's events have got. */
interface Cursor {
  sender: Sender;
  connection: number;
  positions: Positions;
  /** Rows of the record table listed so far. */
  listed: number;
  installed: boolean;
  /** Number that the next record has if it follows from the one before; null if that is not known. */
  nextSn: bigint | null;
  epoch: number;
  /** Highest acknowledgement, null before the first. */
  acked: Seq | null;
  /** Where in Walked.unknown the last transmit began. */
  unknownAt: number;
}

class EventWriter {
  readonly #log: SegmentLog;
  readonly #events = new EventLog();
  readonly #sacks = new Map<number, readonly number[]>();
  readonly #recordSns = new Map<number, bigint>();
  /** By 2 × flow + direction. */
  readonly #cursors: (Cursor | undefined)[];
  readonly #verdicts: Omit<Verdicts, "wire" | "authenticated"> & { wire: number[]; authenticated: number[] };

  constructor(log: SegmentLog, senders: readonly Sender[], flows: number) {
    this.#log = log;
    this.#cursors = new Array(2 * flows);
    this.#verdicts = { wire: [], authenticated: [], compared: [], differing: [], differences: new Map(), damage: new Map() };
  }

  result(): CaptureEvents {
    throw new Error("see below");
  }

  take(_row: number): void {}
}
