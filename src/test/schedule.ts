import type { Profile } from "../core/machine/profile.ts";
import { firstPayloadByte, type Moment, ScheduleTrace } from "../trace/packetdrill/schedule.ts";
import type { Trace } from "../trace/trace.ts";

/** What a packetdrill script does to a TCP sender: one line of the corpus' packetdrill.ndjson. */
export interface Schedule {
  name: string;
  conns: number;
  /** Null where the script shows no SYN. */
  mss: number | null;
  events: ScheduleEvent[];
}

export type ScheduleEvent = ScheduleWrite | ScheduleSegment | { t: number | null; dir: string; icmp: string };

export interface ScheduleWrite {
  /** Seconds; null = whenever it comes (`*` in the script). */
  t: number | null;
  conn: number;
  write: number;
  /** MSG_ names with commas between. */
  flags: string;
}

/** Sequence numbers are relative, the first payload byte is 1. */
export interface ScheduleSegment {
  t: number | null;
  dir: "in" | "out";
  conn: number;
  flags: string;
  seq: number;
  end: number;
  len: number;
  ack: number | null;
  sack: [number, number][];
}

/** The schedule as offloaded TLS senders, one a connection. What carries a reset is no segment of a sender's stream. */
export function traceOfSchedule(schedule: Schedule, profile: Profile, startSeq = firstPayloadByte): Trace {
  const made = new ScheduleTrace(schedule.name, profile, startSeq);
  for (let conn = 0; conn < schedule.conns; conn++) {
    made.addConnection();
    if (schedule.mss !== null) made.setMss(conn, schedule.mss);
  }
  let timeNs = 0;
  for (const event of schedule.events) {
    if (event.t !== null) timeNs = Math.round(event.t * 1e9);
    const problem = "icmp" in event ? null : add(made, timeNs, event);
    if (problem !== null) throw new Error(`${schedule.name}: ${problem}`);
  }
  return made.trace;
}

function add(made: ScheduleTrace, timeNs: number, event: ScheduleWrite | ScheduleSegment): string | null {
  const moment: Moment = { connection: event.conn, timeNs, line: 0 };
  const { flags } = event;
  if ("write" in event) {
    return made.write(moment, event.write, {
      more: flags.includes("MSG_MORE"),
      eor: flags.includes("MSG_EOR"),
    });
  }
  if (flags.includes("R")) return null;
  if (event.dir === "out") {
    return made.transmit(moment, { seq: event.seq, length: event.len, fin: flags.includes("F") });
  }
  return event.ack === null ? null : made.acknowledge(moment, event.ack, event.sack);
}
