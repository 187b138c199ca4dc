import { countersOf, vendorCountersOf } from "../../core/machine/count.ts";
import { counterNames } from "../../core/machine/counters.ts";
import { kernels } from "../../core/machine/generation.ts";
import type { Timeline } from "../../replay/timeline.ts";
import type { CounterChange } from "../../trace/evidence/counters.ts";
import type { ModelReports, SocketCounts } from "./expected.ts";

/** A counter that both the kernel and the model have. */
export interface CounterComparison {
  name: string;
  /** Where its later value stands. */
  place: string;
  /** By how much it rose between the samples, and by how much it must have if the model is right. */
  told: bigint;
  model: bigint;
  /** Why the two may differ. */
  because: string;
}

/** Lays the counters' changes beside the model's totals over these connections. */
export function compareCounters(
  timeline: Timeline,
  counters: readonly CounterChange[],
  { counts }: ModelReports,
  connections: readonly number[],
): CounterComparison[] {
  const sums = connections.map((c) => counts[c]!).reduce(addCounts, null);
  const tlsStat = sums === null ? new Map<string, number>() : tlsStatOf(sums, timeline.trace.kind === "text");
  const ofFile = new Map<string, Map<string, number>>();
  return byDevice(counters).flatMap(({ source, name, delta, file, line }) => {
    const device = ofFile.get(file) ?? deviceTotals(timeline, onDevice(timeline, file, connections));
    ofFile.set(file, device);
    const names = source === "tls_stat" ? tlsStat : device;
    // FreeBSD's sysctl says where in its tree the counter is: dev.mce.0.tls.tx_packets.
    const model = names.get(name.replace(/^dev\..*\.tls\./, ""));
    if (delta === null || model === undefined) return [];
    const because = reasonOf(timeline, name, delta - BigInt(model), connections);
    return [{ name, place: `${file}:${line}`, told: delta, model: BigInt(model), because }];
  });
}

function addCounts(sum: SocketCounts | null, more: SocketCounts): SocketCounts {
  if (sum === null) return { ...more };
  for (const name of Object.keys(more) as (keyof SocketCounts)[]) sum[name] += more[name];
  return sum;
}

/** The counters of /proc/net/tls_stat that the model knows (kernel.md section 6.2). A capture does not show when sockets are closed. */
function tlsStatOf(sum: SocketCounts, knowsClose: boolean): Map<string, number> {
  return new Map(Object.entries(sum).filter(([name]) => knowsClose || !name.startsWith("TlsCurr")));
}

/** A device's own counters; where it has them by queue alone, their sum under the name without the queue. */
function byDevice(counters: readonly CounterChange[]): CounterChange[] {
  const whole = counters.filter(({ queue }) => queue === null);
  const known = new Set(whole.map(({ source, name }) => `${source} ${name}`));
  const sums = new Map<string, CounterChange>();
  for (const counter of counters) {
    if (counter.queue === null) continue;
    const name = counter.name.replace(/^(?:\[\d+\]: |(tx)\d+_|\w*?_?(?:queue|rvec)_?\d+_)/, (_, tx) =>
      tx ? "tx_" : "",
    );
    if (known.has(`${counter.source} ${name}`)) continue;
    const sum = sums.get(name);
    if (sum === undefined) sums.set(name, { ...counter, name });
    else sum.delta = sum.delta === null || counter.delta === null ? null : sum.delta + counter.delta;
  }
  return [...whole, ...sums.values()];
}

/** The connections whose device the file is of: by its name if that holds one device's name, else all. */
function onDevice({ trace }: Timeline, file: string, connections: readonly number[]): readonly number[] {
  const named = trace.devices.flatMap(({ name }, d) => (file.split(/\W+/).includes(name) ? [d] : []));
  if (named.length !== 1) return connections;
  return connections.filter((c) => trace.connections[c]!.device === named[0]);
}

/** The transmit counters that these connections' drivers have, standard and their own. */
function deviceTotals(timeline: Timeline, connections: readonly number[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const c of connections) {
    const state = timeline.stateBefore(c, timeline.eventCount);
    const profile = timeline.machine.sockets[c]!.profile;
    const own = new Set<string>(Object.values(profile.counters));
    const all: Record<string, number> = { ...countersOf(state), ...vendorCountersOf(state, profile) };
    for (const [name, value] of Object.entries(all)) {
      const isStandard = counterNames.some((each) => each === name) && name.startsWith("tx_");
      if (isStandard || own.has(name)) totals.set(name, (totals.get(name) ?? 0) + value);
    }
  }
  return totals;
}

/** The likely reason for a counter that rose by `more` more (or, negative, less) than the model says. */
function reasonOf(timeline: Timeline, name: string, more: bigint, connections: readonly number[]): string {
  if (name === "TlsTxDevice" && more < 0n) {
    const isAll = -more === BigInt(connections.length);
    const who = isAll ? "" : ", or not all connections of the trace are of this network namespace";
    return `offload was refused${who}: ${likelyRefusal(timeline, connections[0]!)}`;
  }
  if (name === "TlsTxSw" && more > 0n)
    return "a socket that is not of the trace, or one whose offload was refused and that nobody told";
  if (name.startsWith("TlsCurr"))
    return "sockets were opened or closed between the samples and outside the trace";
  if (name.startsWith("TlsTxRekey"))
    return "other sockets of the network namespace were rekeyed, or the trace lacks one";
  if (more > 0n)
    return "other connections of the device share the counter, or the trace does not hold all that was sent";
  if (/encrypted/.test(name))
    return "packets went through the software fallback, which no counter shows, or the samples do not span the trace";
  return "the samples do not span the trace, or the driver did not see what the model says";
}

/** Why the kernel would not offload such a connection. */
export function likelyRefusal(timeline: Timeline, connection: number): string {
  const { profile, kernel, connection: fixed } = timeline.machine.sockets[connection]!;
  const { version, cipher, name } = fixed;
  const takes = kernels.filter((each) => each.versions.includes(version));
  const tls = version === 0x0304 ? "TLS 1.3" : "TLS 1.2";
  if (!profile.versions.includes(version))
    return `${name} is ${tls}, which ${profile.title} does not take (version)`;
  if (!kernel.versions.includes(version) || (!kernel.strict && takes.length < kernels.length))
    return `${name} is ${tls}, which is offloaded from “${takes[0]!.title}” on (version)`;
  if (
    cipher === null ||
    !profile.ciphers.includes(cipher) ||
    (kernel.strict && !kernel.ciphers.includes(cipher))
  )
    return `${name}'s cipher ${cipher ?? ""} is not one that is offloaded (cipher)`;
  const able = kernels.filter((each) => each.versions.includes(version) && each.ciphers.includes(cipher));
  if (able.length === 0) return `${name}'s cipher ${cipher} is offloaded by no kernel (cipher)`;
  if (!kernel.strict && able.length < kernels.length)
    return `${name}'s cipher ${cipher} is offloaded from “${able[0]!.title}” on (cipher), or the device does not offload: see tls-hw-tx-offload in \`ethtool -k\``;
  return `${name} could be offloaded, so look at the device: tls-hw-tx-offload in \`ethtool -k\`, the route, its free contexts`;
}
