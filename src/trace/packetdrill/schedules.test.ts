import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { profiles } from "../../core/profiles/all.ts";
import { comparable } from "../../test/comparable.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { type Schedule, type ScheduleEvent, traceOfSchedule } from "../../test/schedule.ts";
import { failuresOf } from "../../test/simulator/check.ts";
import type { Trace } from "../trace.ts";
import { parsePacketdrill } from "./script.ts";

/** Descriptor of a schedule's connection; 3 listens. */
const descriptor = (conn: number) => 4 + conn;

/** The schedule as a packetdrill script. A connection begins with its first SYN; what it lacks of a handshake is added. */
function scriptOf(schedule: Schedule): string {
  const lines = ["0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "+0 listen(3, 1) = 0"];
  const begun = new Set<number>();
  for (const event of schedule.events) {
    if ("conn" in event && !begun.has(event.conn)) {
      begun.add(event.conn);
      lines.push(...openingOf(event.conn, event));
    }
    lines.push(`${event.t ?? "*"} ${textOf(event, schedule.mss)}`);
  }
  return lines.join("\n");
}

/** The calls that make the connection: a client's socket before its SYN or first write, a server's accept() waiting. */
function openingOf(conn: number, event: ScheduleEvent): string[] {
  if ("dir" in event && event.dir === "in") return [`* accept(3, ..., ...) = ${descriptor(conn)}`];
  const socket = `* socket(..., SOCK_STREAM, IPPROTO_TCP) = ${descriptor(conn)}`;
  return [socket, `* connect(${descriptor(conn)}, ..., ...) = -1 EINPROGRESS (Operation now in progress)`];
}

function textOf(event: ScheduleEvent, mss: number | null): string {
  if ("icmp" in event) return `${event.dir === "in" ? "<" : ">"} ${event.icmp}`;
  if ("write" in event) {
    const flags = event.flags.replaceAll(",", "|") || "0";
    return `send(${descriptor(event.conn)}, ..., ${event.write}, ${flags}) = ${event.write}`;
  }
  const { dir, flags, seq, len, ack, sack } = event;
  const syn = flags.includes("S");
  // A schedule counts the data of a SYN from the byte behind it.
  const from = syn && len > 0 ? seq - 1 : seq;
  const blocks = sack.map((block) => block.join(":")).join(" ");
  const options = [
    ...(syn && mss !== null ? [`mss ${mss}`] : []),
    ...(blocks === "" ? [] : [`sack ${blocks}`, "nop"]),
  ];
  const acknowledged = ack === null ? "" : ` ack ${ack}`;
  const direction = dir === "in" ? "<" : ">";
  return `${direction} ${flags} ${from}:${from + len}(${len})${acknowledged}${options.length === 0 ? "" : ` <${options}>`}`;
}

/** All but lines, comments and where declarations stand, which a schedule does not have. */
function facts(trace: Trace): unknown {
  const { comments: _, declarationLines: __, events, ...rest } = comparable(trace) as Record<string, unknown>;
  return { ...rest, events: (events as object[]).map((event) => ({ ...event, line: 0 })) };
}

test("packetdrill schedules written as scripts read as the same traces, and replay with right bytes", (t) => {
  const folder = corpusFolder();
  if (folder === null) return t.diagnostic("the corpus is absent: no schedule was written as a script");
  const lines = readFileSync(path.join(folder, "packetdrill.ndjson"), "utf8").trimEnd().split("\n");
  assert.ok(lines.length > 0);
  for (const line of lines) {
    const schedule = asScript(JSON.parse(line) as Schedule);
    const script = scriptOf(schedule);
    for (const profile of profiles) {
      const trace = parsePacketdrill(schedule.name, script, profile);
      const wrong = trace.diagnostics.filter(({ severity }) => severity !== "note");
      assert.deepEqual(wrong, [], `${schedule.name}\n${script}`);
      assert.deepEqual(
        facts(trace),
        facts(traceOfSchedule(schedule, profile)),
        `${schedule.name}\n${script}`,
      );
      assert.deepEqual(failuresOf(trace), [], schedule.name);
    }
  }
  t.diagnostic(`${lines.length} schedules`);
});

/**
 * The schedule in a script's terms. It counts connections by SYNs: a Fast Open write is the one's before, where a
 * script names the new socket, and a SYN that is answered by a reset begins one too. An acknowledgement number without
 * the ACK flag says nothing.
 */
function asScript(schedule: Schedule): Schedule {
  const refused = (conn: number) =>
    schedule.events.every(
      (event) =>
        !("dir" in event && "conn" in event && event.conn === conn && event.dir === "out") ||
        event.flags.includes("R"),
    );
  const kept = Array.from({ length: schedule.conns }, (_, conn) => conn).filter((conn) => !refused(conn));
  const events = schedule.events.flatMap((event, i): ScheduleEvent[] => {
    if ("icmp" in event) return [event];
    const next = schedule.events[i + 1];
    const opens =
      "write" in event && next !== undefined && "seq" in next && next.flags === "S" && next.dir === "out";
    const conn = kept.indexOf(opens ? next.conn : event.conn);
    if (conn < 0) return [];
    return [
      "seq" in event && !event.flags.includes(".") ? { ...event, conn, ack: null } : { ...event, conn },
    ];
  });
  return { ...schedule, conns: kept.length, events };
}
