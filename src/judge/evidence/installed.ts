import type { Timeline } from "../../replay/timeline.ts";
import type { Evidence } from "../../trace/evidence/evidence.ts";
import { likelyRefusal } from "./counters.ts";
import type { ModelReports } from "./expected.ts";
import { hasAddresses, type Socket, tupleOf } from "./sockets.ts";
import { placeOf } from "./words.ts";

/**
 * The connections that the evidence can be of: a capture has both directions of a TLS connection as senders, and a
 * kernel reports its own alone. Its own are those that it reported, those from the same address, and those whose
 * plaintext the capture has; where nothing tells, all.
 */
export function hostConnections({ trace }: Timeline, known: readonly Socket[]): number[] {
  const all = trace.connections.map((_, c) => c);
  const address = (c: number) => trace.connections[c]!.flow.replace(/:\d+>.*$/, "");
  const sure = new Set(known.map(({ connection }) => connection));
  for (const { connection, tap } of trace.streams)
    if (tap === "host" && connection >= 0) sure.add(connection);
  if (trace.kind === "text" || sure.size === 0) return all;
  const addresses = new Set([...sure].map(address));
  return all.filter((c) => addresses.has(address(c)));
}

/** True if the trace has both directions of a connection among these: one of them is not of the host that counted. */
export function hasBothDirections({ trace }: Timeline, connections: readonly number[]): boolean {
  const names = new Set(connections.map((c) => tupleOf(trace.connections[c]!.flow)));
  return [...names].some((name) => hasAddresses(name) && names.has(name.split(">").reverse().join(">")));
}

/** Error numbers that drivers and the TLS layer refuse an offload with (include/uapi/asm-generic/errno.h). */
const errors: Readonly<Record<number, string>> = {
  12: "ENOMEM, no memory",
  19: "ENODEV, the route leads through no device",
  22: "EINVAL, the device is down or the cipher is not its own",
  28: "ENOSPC, the device has no context left",
  95: "EOPNOTSUPP, version, cipher or device do not offload",
  524: "ENOTSUPP, the driver does not take it",
};

/** Is the offload on at all? By the tracepoint of each connection, else by what was opened meanwhile. */
export function verdictOf(
  timeline: Timeline,
  evidence: Evidence,
  known: readonly Socket[],
  { refusals }: ModelReports,
  host: readonly number[],
): { isInstalled: boolean | null; lines: string[] } {
  const answers = installsOf(known);
  if (answers.length === 0) return verdictByCounters(timeline, evidence, refusals, host);
  const lines = answers.map(({ connection, ret, place }) => {
    const { flow: name } = timeline.trace.connections[connection]!;
    if (ret === 0) return `offload of ${name}: installed (${place})`;
    const why = errors[-ret] ?? likelyRefusal(timeline, connection);
    return `offload of ${name}: NOT INSTALLED, the kernel encrypts in software: ret=${ret} (${why}; ${place})`;
  });
  const failed = lines.filter((_, i) => answers[i]!.ret !== 0);
  const shown = [...failed, ...lines.filter((_, i) => answers[i]!.ret === 0)].slice(0, linesMax);
  if (lines.length > linesMax)
    shown.push(
      `… and ${lines.length - linesMax} more; ${failed.length} of ${lines.length} are not installed`,
    );
  return { isInstalled: failed.length === 0, lines: shown };
}

/** Connections named one by one. */
const linesMax = 10;

function installsOf(known: readonly Socket[]): { connection: number; ret: number; place: string }[] {
  return known.flatMap(({ connection, tracepoints }) => {
    const install = tracepoints.find(({ event }) => event === "tls_device_offload_set");
    if (install?.event !== "tls_device_offload_set") return [];
    return [{ connection, ret: install.fields.ret, place: placeOf(install) }];
  });
}

function verdictByCounters(
  timeline: Timeline,
  { counters }: Evidence,
  refusals: ModelReports["refusals"],
  host: readonly number[],
): { isInstalled: boolean | null; lines: string[] } {
  const changed = (name: string) => counters.find((each) => each.name === name && each.delta !== null);
  const [device, software, contexts] = ["TlsTxDevice", "TlsTxSw", "tx_tls_ctx"].map(changed);
  const opened = device ?? contexts;
  if (opened !== undefined && opened.delta! > 0n)
    return {
      isInstalled: true,
      lines: [`offload: installed, ${opened.name} rose by ${opened.delta} (${opened.file}:${opened.line})`],
    };
  if (opened !== undefined && (software?.delta ?? 0n) > 0n) {
    const why = host.map((c) =>
      refusals[c] === null ? likelyRefusal(timeline, c) : `the model says so, too: ${refusals[c]}`,
    );
    const line = `offload: NOT INSTALLED, the kernel encrypts in software: ${opened.name} did not move, TlsTxSw rose by ${software!.delta} (${why[0] ?? "no connection"})`;
    return { isInstalled: false, lines: [line] };
  }
  return { isInstalled: null, lines: ["offload: no evidence says whether it was installed"] };
}
