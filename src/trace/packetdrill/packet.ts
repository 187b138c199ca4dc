import { LineFault, type Token } from "../lexer.ts";
import { counted } from "../visible.ts";

/** A TCP packet of a script. Sequence numbers as written: they count from the SYN of whoever sends. */
export interface ScriptPacket {
  outbound: boolean;
  /** Letters of its flags, `.` for ACK. */
  flags: string;
  /** Null where it is left open (`...`) or absolute (`!`). */
  seq: number | null;
  length: number;
  ack: number | null;
  /** The acknowledgement is left open or absolute. */
  ackOpen: boolean;
  /** MSS option, null if there is none. */
  mss: number | null;
  sack: [number, number][];
  /** `LOCAL:REMOTE` where the script names ports or addresses (`addr[NAME]`), to tell connections apart. */
  ends: string | null;
  /** Descriptor of `sock(N)` behind the packet, by which a script tells connections apart; null if there is none. */
  socket: number | null;
  /** True inside another header: PSP, GRE, MPLS, IP in IP, UDP. */
  encapsulated: boolean;
  multipath: boolean;
}

const u32Max = 2 ** 32 - 1;
const u16Max = 65535;
/** SACK blocks that fit TCP's options (RFC 2018 §3). */
const sackBlocksMax = 4;

/**
 * Flags and sequence numbers; what stands before them (ECN, TTL, flow label, encapsulation) changes nothing here.
 * A digit among the flags, before or behind the dot, is the counter of Accurate ECN.
 */
const segmentPattern =
  /(?:^|[\s\])<>])([FSRPEWCUAN]*\d?\.\d?|[FSRPEWCUAN]+\d?|-)\s+(?:(\d+):(\d+)\s*\((\d+)\)(!)?|\.\.\.\((\d+)\))/;
const behindPattern =
  /^(?:\s+ack\s+(?:(\d+)(!)?|(\.\.\.)))?(?:\s+win\s+(?:\d+|\.\.\.))?(?:\s+urg\s+\d+)?\s*(?:<([^>]*)>)?\s*/;
/** What may follow: payload in brackets, fuzzing in braces, a remark, UDP encapsulation, the socket it is for. */
const endPattern = /^(?:$|[[{(]|\/udp\b|sock\((\d{1,9})\))/;
const encapsulationPattern = /\b(?:encap|gre|mpls|psp|ipv[46])\b/;
const multipathPattern =
  /\b(?:mp_?capable|mp_join|mp_prio|mp_fail|mp_fastclose|mp_reset|dss|add_addr|remove_addr)/;

/** What a packet line holds that is no TCP, null if it is TCP or nothing known. */
export function otherProtocol(text: string): "icmp" | "udp" | "sctp" | null {
  if (/\bicmp(?:v6)?\b/.test(text)) return "icmp";
  if (/^[<>][^/]*\budp(?:lite)?\b/.test(text)) return "udp";
  return /\bsctp\b/.test(text) ? "sctp" : null;
}

/** Reads `> P. 1:1001(1000) ack 1 <OPTIONS>`, from its direction on. Throws LineFault with the place in `token`. */
export function readPacket(token: Token): ScriptPacket {
  const { text } = token;
  const found = segmentPattern.exec(text);
  if (found === null) throw new LineFault(token, "no TCP packet; write one as `> P. 1:1001(1000) ack 1`");
  const rest = text.slice(found.index + found[0].length);
  const behind = behindPattern.exec(rest)!;
  const left = rest.slice(behind[0].length);
  const ending = endPattern.exec(left);
  if (ending === null) {
    const start = token.end - left.length;
    throw new LineFault(
      { ...token, start },
      "behind the sequence numbers stand `ack N`, `win N` and `<OPTIONS>`",
    );
  }
  const [, ackText, absolute, open, options = ""] = behind;
  const ackOpen = (absolute ?? open) !== undefined;
  const outbound = text.startsWith(">");
  const before = text.slice(1, found.index);
  return {
    outbound,
    flags: found[1]!,
    ...numbersOf(token, found),
    ack: ackText === undefined || ackOpen ? null : inRange(token, ackText, u32Max, "an acknowledgement"),
    ackOpen,
    ends: endsOf(before, outbound),
    socket: ending[1] === undefined ? null : Number(ending[1]),
    encapsulated: encapsulationPattern.test(before) || left.startsWith("/udp"),
    multipath: multipathPattern.test(options),
    ...optionsOf(token, options),
  };
}

function numbersOf(token: Token, found: RegExpExecArray): { seq: number | null; length: number } {
  const [, , first, last, size, absolute, openSize] = found;
  if (openSize !== undefined) return { seq: null, length: inRange(token, openSize, u32Max, "a length") };
  const from = inRange(token, first!, u32Max, "a sequence number");
  const end = inRange(token, last!, u32Max, "a sequence number");
  const length = inRange(token, size!, u32Max, "a length");
  if (end - from !== length)
    throw new LineFault(token, `${from}:${end} is ${counted(end - from, "byte")} long, not ${length}`);
  return { seq: absolute === undefined ? from : null, length };
}

/** Both ends are written `SOURCE > DESTINATION`. */
function endsOf(prefix: string, outbound: boolean): string | null {
  const found = /(?:^|\s)(\d+|addr\[\w+\])\s*>\s*(\d+|addr\[\w+\])\s*$/.exec(prefix);
  if (found === null) return null;
  return outbound ? `${found[1]}:${found[2]}` : `${found[2]}:${found[1]}`;
}

function optionsOf(token: Token, text: string): { mss: number | null; sack: [number, number][] } {
  let mss: number | null = null;
  const sack: [number, number][] = [];
  for (const option of text.split(",")) {
    const [name, ...values] = option.trim().split(/\s+/);
    // A name like `mss MSS` stands for whatever the kernel offers.
    if (name === "mss" && /^\d+$/.test(values[0] ?? "")) mss = inRange(token, values[0]!, u16Max, "an MSS");
    if (name === "sack") sack.push(...values.map((block) => blockOf(token, block)));
  }
  if (sack.length > sackBlocksMax)
    throw new LineFault(token, `TCP's options hold at most ${sackBlocksMax} SACK blocks; leave some out`);
  return { mss, sack };
}

function blockOf(token: Token, text: string): [number, number] {
  const found = /^(\d+):(\d+)$/.exec(text);
  if (found === null)
    throw new LineFault(token, "a SACK block reads START:END, e.g. `sack 2001:3001 4001:5001`");
  const start = inRange(token, found[1]!, u32Max, "a SACK block's start");
  const end = inRange(token, found[2]!, u32Max, "a SACK block's end");
  if (end < start)
    throw new LineFault(token, `the SACK block ${text} ends before it starts; exchange the numbers`);
  return [start, end];
}

function inRange(token: Token, digits: string, max: number, what: string): number {
  const value = Number(digits);
  if (value > max) throw new LineFault(token, `${what} is at most ${max}`);
  return value;
}
