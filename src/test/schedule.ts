import { EventLog, Flag, Kind } from "../core/event.ts";
import type { Profile } from "../core/profile.ts";
import { layoutOf, recordType } from "../core/record.ts";
import { advance, seq, toU32 } from "../core/seq.ts";
import { derivedKeys, payloadOf } from "../trace/keystream.ts";
import { StreamProgress } from "../trace/progress.ts";
import type { Trace } from "../trace/trace.ts";

/** What a packetdrill script does to a TCP sender: one line of the corpus' packetdrill.ndjson. */
export interface Schedule {
  name: string;
  conns: number;
  /** Null where the script shows no SYN. */
  mss: number | null;
  events: ScheduleEvent[];
}

export type ScheduleEvent = ScheduleWrite | ScheduleSegment | { t: number; dir: string; icmp: unknown };

interface ScheduleWrite {
  /** Seconds. */
  t: number;
  conn: number;
  write: number;
  /** MSG_ names with commas between. */
  flags: string;
}

/** Sequence numbers are relative, the first payload byte is 1. */
interface ScheduleSegment {
  t: number;
  dir: "in" | "out";
  conn: number;
  flags: string;
  seq: number;
  end: number;
  len: number;
  ack: number | null;
  sack: [number, number][];
}

const firstPayloadByte = 1;
const mtuUsual = 1500;
const headersMin = 40;
const cipher = "aes-128-gcm";
const version = 0x0303;

/**
 * The schedule as offloaded TLS senders, one a connection: a write of n bytes is a send of n payload bytes (its records
 * make the stream longer than the schedule, the tail is never sent), the offload starts at relative 1, and a segment
 * beyond what was written is preceded by a send that covers it. SYN and FIN carry no bytes of the stream; what carries
 * a reset is no segment of the sender's stream either.
 */
export function traceOfSchedule(schedule: Schedule, profile: Profile, startSeq = firstPayloadByte): Trace {
  const mtu = Math.max(mtuUsual, (schedule.mss ?? 0) + headersMin);
  const trace: Trace = {
    name: schedule.name,
    kind: "text",
    devices: [{ name: "eth0", profile, mtu }],
    connections: [],
    streams: [],
    events: new EventLog(),
    sacks: new Map(),
    recordSns: new Map(),
    expectations: [],
    comments: new Map(),
    diagnostics: [],
    verdicts: null,
  };
  for (let conn = 0; conn < schedule.conns; conn++)
    addConnection(trace, `conn${conn}`, startSeq, schedule.mss ?? mtu - headersMin);
  const progress = trace.connections.map(() => new StreamProgress(layoutOf(version, cipher).overhead));
  for (const event of schedule.events) {
    if ("icmp" in event) continue;
    if ("write" in event) write(trace, progress[event.conn]!, event);
    else if (event.dir === "out") transmit(trace, progress[event.conn]!, event);
    else acknowledge(trace, event);
  }
  return trace;
}

function addConnection(trace: Trace, name: string, startSeq: number, mss: number): void {
  const connection =
    trace.connections.push({
      name,
      device: 0,
      version,
      cipher,
      startSeq: seq(startSeq),
      recSeq0: 0n,
      epochs: [derivedKeys(name, cipher)],
      mss,
      installed: true,
      source: null,
      payload: payloadOf(name),
    }) - 1;
  trace.streams.push({ name, connection, version, cipherName: cipher, cipher, tap: "wire", note: null });
}

function write(
  trace: Trace,
  progress: StreamProgress,
  { t, conn, write: length, flags }: ScheduleWrite,
): void {
  const more = flags.includes("MSG_MORE");
  const eor = flags.includes("MSG_EOR");
  progress.send(length, more, false);
  add(trace, t, conn, Kind.send, {
    length,
    flags: (more ? Flag.more : 0) | (eor ? Flag.eor : 0),
    extra: recordType.applicationData,
  });
}

function transmit(trace: Trace, progress: StreamProgress, { t, conn, ...segment }: ScheduleSegment): void {
  const fin = segment.flags.includes("F");
  if (segment.flags.includes("R") || (segment.len === 0 && !fin)) return;
  const missing = segment.seq - firstPayloadByte + segment.len - progress.pushed;
  if (missing > 0) write(trace, progress, { t, conn, write: missing, flags: "" });
  const flags = fin ? Flag.fin : 0;
  add(trace, t, conn, Kind.transmit, { at: segment.seq - firstPayloadByte, length: segment.len, flags });
}

function acknowledge(trace: Trace, { t, conn, ...segment }: ScheduleSegment): void {
  if (segment.ack === null || segment.ack < firstPayloadByte || segment.flags.includes("R")) return;
  const index = add(trace, t, conn, Kind.ack, { at: segment.ack - firstPayloadByte });
  const start = trace.connections[conn]!.startSeq;
  const blocks = segment.sack.flat().map((edge) => toU32(advance(start, edge - firstPayloadByte)));
  if (blocks.length > 0) trace.sacks.set(index, blocks);
}

function add(
  trace: Trace,
  seconds: number,
  connection: number,
  kind: number,
  {
    at = 0,
    length = 0,
    flags = 0,
    extra = 0,
  }: { at?: number; length?: number; flags?: number; extra?: number },
): number {
  const { startSeq } = trace.connections[connection]!;
  return trace.events.push({
    timeNs: Math.round(seconds * 1e9),
    connection,
    kind,
    flags,
    seq: advance(startSeq, at),
    length,
    extra,
    line: 0,
    offset: -1,
  });
}
