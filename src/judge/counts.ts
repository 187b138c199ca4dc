import { type Judged, nextSign } from "../replay/findings.ts";
import { type SignName, signsNamed } from "../trace/signs.ts";
import { counted } from "../trace/visible.ts";

/** How often something happened in a replay. */
export interface Count {
  /** What, of none or many, and of one: `packets out of order`. */
  what: string;
  one: string;
  /** Events with it. */
  count: number;
  /** What it comes to in bytes, as `1024 bytes replayed`; empty where it comes to none. */
  bytes: string;
  /** The first event with it, −1 = none. */
  first: number;
}

/** What is worthCounting, the effect or finding that it is worthCounting by, and what its bytes are. */
const worthCounting: readonly { what: string; one: string; signs: readonly SignName[]; bytes?: string }[] = [
  { what: "packets out of order", one: "packet out of order", signs: ["out-of-order"] },
  { what: "resyncs", one: "resync", signs: ["resync"], bytes: "replayed" },
  { what: "resyncs at the next record", one: "resync at the next record", signs: ["resync-sent"] },
  { what: "packets dropped", one: "packet dropped", signs: ["dropped", "nic-dropped"], bytes: "dropped" },
  {
    what: "packets by software fallback",
    one: "packet by software fallback",
    signs: ["software-fallback"],
    bytes: "encrypted in software",
  },
  { what: "leaks", one: "leak", signs: ["record-leaked", "plaintext", "placeholder"] },
];

/** What of a replay is worth counting at its start, in a fixed order, also what never happened. */
export function countsOf(judged: Judged): Count[] {
  const { effects } = judged.timeline;
  return worthCounting.map(({ what, one, signs, bytes }) => {
    const kinds = signsNamed(...signs);
    const sum = kinds.reduce((all, kind) => all + effects.sum(kind), 0);
    return {
      what,
      one,
      count: kinds.reduce((all, kind) => all + effects.count(kind) + judged.findings.kinds.count(kind), 0),
      bytes: bytes === undefined || sum === 0 ? "" : `${counted(sum, "byte")} ${bytes}`,
      first: nextSign(judged, 0, 1, kinds),
    };
  });
}
