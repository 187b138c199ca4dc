import { advance, type Seq, seq, toU32 } from "../core/base/seq.ts";
import { Effect } from "../core/words/effect.ts";
import { Kind } from "../core/words/event.ts";
import type { EffectRecord } from "../replay/recording.ts";
import type { Timeline } from "../replay/timeline.ts";

/** Boot time at the trace's first event: an evidence clock has nothing to do with the trace's. */
const bootNs = 5_000_000_000_000;

/** The `trace` file of a kernel that does what the model says, as net/tls/trace.h prints it. */
export function kernelTrace(timeline: Timeline): string {
  const { trace } = timeline;
  const lines: string[] = [];
  const print = (event: number, text: string) => {
    // A nanosecond from line to line keeps them in order.
    const ns =
      bootNs + (event < 0 ? 0 : trace.events.timeNs.at(event) - trace.events.timeNs.at(0)) + lines.length;
    const time = `${Math.floor(ns / 1e9)}.${String(ns % 1e9).padStart(9, "0")}`;
    lines.push(`  nginx-12  [001] .....  ${time}: ${text}`);
  };
  for (const [c, { startSeq, recSeq0, installed }] of trace.connections.entries()) {
    if (!reports(timeline, c) || !installed) continue;
    const ret = timeline.stateBefore(c, 0).contexts > 0 ? 0 : -95;
    print(timeline.eventsOf(c)[0] ?? -1, offloadSet(c, startSeq, recSeq0, ret));
  }
  const highest = new Map<number, Seq>();
  for (let event = 0; event < timeline.eventCount; event++) {
    for (const { effects, connection } of timeline.record(event).stages)
      for (const effect of effects) {
        const text = reports(timeline, connection) ? effectText(timeline, connection, effect) : null;
        if (text !== null) print(event, text);
      }
    const { connection, kind, seq: from, length } = trace.events.at(event);
    if (kind !== Kind.transmit || length === 0) continue;
    const sent = highest.get(connection);
    if (sent !== undefined && from < sent && reports(timeline, connection))
      print(event, retransmit(timeline, connection));
    const end = advance(from, length);
    if (sent === undefined || sent < end) highest.set(connection, end);
  }
  return `${lines.join("\n")}\n`;
}

/** FreeBSD has no tracepoints. */
const reports = ({ machine }: Timeline, connection: number): boolean =>
  !machine.sockets[connection]!.profile.id.startsWith("freebsd");

const pointer = (connection: number): string => `00000000a1b2c3${(0x10 + connection).toString(16)}`;

const offloadSet = (connection: number, at: Seq, recNo: bigint, ret: number): string =>
  `tls_device_offload_set: sk=${pointer(connection)} direction=1 tcp_seq=${toU32(at)} rec_no=${recNo} ret=${ret}`;

function effectText(timeline: Timeline, connection: number, { kind, a, b }: EffectRecord): string | null {
  const sk = `sk=${pointer(connection)}`;
  const at = toU32(seq(a));
  if (kind === Effect["offload-installed"])
    return offloadSet(connection, seq(a), timeline.machine.sockets[connection]!.connection.recSeq0, 0);
  if (kind === Effect["resync-requested"])
    return `tls_device_tx_resync_req: ${sk} tcp_seq=${at} exp_tcp_seq=${toU32(seq(b))}`;
  if (kind === Effect["resync-sent"] || kind === Effect["resync-failed"])
    return `tls_device_tx_resync_send: ${sk} tcp_seq=${at} rec_no=${timeline.machine.sockets[connection]!.records.sn(b)}`;
  return null;
}

function retransmit({ trace }: Timeline, connection: number): string {
  const { flow } = trace.connections[connection]!;
  const [, saddr, sport, daddr, dport] = /^([\d.]+):(\d+)>([\d.]+):(\d+)/.exec(flow) ?? [
    "",
    "192.0.2.1",
    "443",
    "192.0.2.2",
    "5000",
  ];
  return `tcp_retransmit_skb: skbaddr=00000000deadbeef skaddr=${pointer(connection)} family=AF_INET sport=${sport} dport=${dport} saddr=${saddr} daddr=${daddr} saddrv6=:: daddrv6=:: state=TCP_ESTABLISHED`;
}

/**
 * `ethtool -S` (FreeBSD: `sysctl dev.mce.0.tls`) before or after: the driver's transmit counters, from `base` on.
 * Chelsio's contexts stand in debugfs, not here.
 */
export function ethtoolText(
  timeline: Timeline,
  totals: ReadonlyMap<string, number>,
  base: number,
  isAfter: boolean,
): string {
  const names = Object.values(timeline.machine.sockets[0]!.profile.counters);
  const value = (name: string) => base + (isAfter ? (totals.get(name) ?? 0) : 0);
  if (!reports(timeline, 0)) return names.map((name) => `dev.mce.0.tls.${name}: ${value(name)}\n`).join("");
  const rows = names.filter((name) => name.includes("tls")).map((name) => `     ${name}: ${value(name)}\n`);
  return `NIC statistics:\n${rows.join("")}`;
}
