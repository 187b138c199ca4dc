import type { Flow } from "../pcap/segments.ts";

/** Both directions' names of one connection: what ends[0] sends, what ends[1] sends. */
export type FlowNames = readonly [string, string];

/**
 * Names that one can type for the directions of TLS connections: `A>B`, `B>A`, and `A>B2` where the same two hosts have
 * a second one. Hosts get their letters in the order of first frames, a TLS client before its server; they follow from
 * the flows before alone, so that a capture that grows keeps those that it has. `clients`: the direction in which each
 * flow's TLS client sends; undefined = it speaks no TLS.
 */
export function shortNames(
  flows: readonly Pick<Flow, "ends">[],
  clients: readonly (0 | 1 | undefined)[],
): (FlowNames | undefined)[] {
  const letters = new Map<string, string>();
  const letterOf = (host: string): string => {
    const letter = letters.get(host) ?? lettersOf(letters.size);
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

const hostOf = (end: string): string => end.slice(0, end.lastIndexOf(":"));

/** A … Z, AA, AB … */
function lettersOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last;
}
