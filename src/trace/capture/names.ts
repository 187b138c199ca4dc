import type { Flow } from "../pcap/segments.ts";

/** Both directions' names of one connection: what ends[0] sends, what ends[1] sends. */
export type FlowNames = readonly [string, string];

/** What hosts are called instead of by letters: names by their addresses. */
export type HostNames = Readonly<Record<string, string>>;

/** What lines and threads call a stream: `A>B`, or its addresses and ports. */
export type Names = "short" | "full" | HostNames;

/** A host's name: a number behind it counts connections, so it ends in none. */
const hostName = /^[A-Za-z](?:[\w-]*[A-Za-z_])?$/;

/** `client=10.0.0.1,server=fd00::2` as names by addresses; null for what is none, or gives a name or a host twice. */
export function readHostNames(text: string): HostNames | null {
  const pairs = text.split(",").map((each) => each.trim().split("="));
  const isFit = ([name = "", host = "", ...more]: string[]) =>
    hostName.test(name) && /^[\w.:[\]%-]+$/.test(host) && more.length === 0;
  if (!pairs.every(isFit)) return null;
  const hosts = new Map(pairs.map(([name, host]) => [host!.replace(/^\[|\]$/g, ""), name!]));
  const isClear = hosts.size === pairs.length && new Set(hosts.values()).size === pairs.length;
  return isClear ? Object.fromEntries(hosts) : null;
}

/**
 * Names that one can type for the directions of TLS connections: `A>B`, `B>A`, and `A>B2` where the same two hosts have
 * a second one. Hosts get their letters in the order of first frames, a TLS client before its server; they follow from
 * the flows before alone, so that a capture that grows keeps those that it has. `clients`: the direction in which each
 * flow's TLS client sends; undefined = it speaks no TLS. `called`: hosts that have a name of their own.
 */
export function shortNames(
  flows: readonly Pick<Flow, "ends">[],
  clients: readonly (0 | 1 | undefined)[],
  called: HostNames = {},
): (FlowNames | undefined)[] {
  const letters = new Map(Object.entries(called));
  const taken = new Set(letters.values());
  let next = 0;
  const letterOf = (host: string): string => {
    let letter = letters.get(host);
    while (letter === undefined || (taken.has(letter) && !letters.has(host))) letter = lettersOf(next++);
    letters.set(host, letter);
    return letter;
  };
  const connections = new Map<string, number>();
  return flows.map(({ ends }, index) => {
    const client = clients[index];
    if (client === undefined) return undefined;
    const [one, other] = [hostOf(ends[client]), hostOf(ends[1 - client]!)];
    // Of a host that talks to itself each end has a letter.
    const [from, to] = [letterOf(one), letterOf(one === other ? `${one} as server` : other)];
    const pair = [from, to].sort().join();
    const count = (connections.get(pair) ?? 0) + 1;
    connections.set(pair, count);
    const number = count === 1 ? "" : String(count);
    const names: FlowNames = [`${from}>${to}${number}`, `${to}>${from}${number}`];
    return client === 0 ? names : [names[1], names[0]];
  });
}

/** The address of an end, without an IPv6 address's brackets. */
export const hostOf = (end: string): string => end.slice(0, end.lastIndexOf(":")).replace(/^\[|\]$/g, "");

/** A … Z, AA, AB … */
function lettersOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last;
}
