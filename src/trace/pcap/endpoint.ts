import { u16be } from "./bytes.ts";
import type { Endpoint } from "./segments.ts";

/** The end of a connection as text; `size` is the address's bytes, 4 or 16. */
export function endpointText(bytes: Uint8Array, at: number, size: number, port: number): Endpoint {
  if (size === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}:${port}`;
  return `[${ipv6Text(bytes.subarray(at, at + size))}]:${port}`;
}

/**
 * An IPv6 address in the one canonical form of RFC 5952 §4: lower case, no leading zeros, the longest run of two or
 * more zero groups (the first of equals) as `::`; IPv4-mapped addresses end in the dotted form (§5).
 */
export function ipv6Text(address: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16be(address, 2 * i));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${address.subarray(12).join(".")}`;
  }
  const [start, length] = longestZeroRun(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
