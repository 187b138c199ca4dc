import { advance, type Seq, toU32 } from "../../core/base/seq.ts";
import type { Connection } from "../../core/machine/connection.ts";

/** A sequence number as views show and expressions compare it: bytes from the offload start, and as on the wire. */
export class SeqValue {
  /** Relative to the first offloaded byte: negative = before the offload. */
  readonly relative: number;
  private readonly start: Seq;

  constructor({ startSeq }: Connection, s: Seq) {
    this.relative = s - startSeq;
    this.start = startSeq;
  }

  /** As in the packet, 0 … 2^32 − 1. */
  get absolute(): number {
    return toU32(advance(this.start, this.relative));
  }

  toString(): string {
    return show(this);
  }
}

/** How numbers are written for who looks. */
export interface NumberStyle {
  /** In hexadecimal. */
  readonly hex: boolean;
  /** Sequence numbers as on the wire first, not by their place from the offload start. */
  readonly absolute: boolean;
}

export const plainNumbers: NumberStyle = { hex: false, absolute: false };

/** What an expression can hold. */
export type Raw = number | bigint | string | boolean | null | SeqValue;

/** An integer in the style's digits: `-0x10`. */
export const digits = (n: number | bigint, { hex }: NumberStyle): string =>
  hex ? `${n < 0 ? "-" : ""}0x${(n < 0 ? -n : n).toString(16)}` : String(n);

/** The one wording of a value. */
export function show(raw: Raw, style: NumberStyle = plainNumbers): string {
  if (raw === null) return "unknown";
  if (raw instanceof SeqValue) {
    const ways = [digits(raw.relative, style), digits(raw.absolute, style)];
    const [first, second] = style.absolute ? ways.reverse() : ways;
    return `${first} (${second})`;
  }
  const isInteger = typeof raw === "bigint" || Number.isInteger(raw);
  return isInteger ? digits(raw as number | bigint, style) : String(raw);
}

/** A time in nanoseconds, with as many digits as it has: `0.00136 s`. */
export const secondsText = (ns: number): string => `${(ns / 1e9).toFixed(9).replace(/\.?0+$/, "")} s`;

/** A named value with what is inside it. */
export interface ViewNode {
  name: string;
  value: string;
  raw: Raw;
  /** Expression that gives this node again. */
  path: string;
  /** Named children. */
  children: () => ViewNode[];
  /** Indexed children: paged, never built all at once. */
  indexed: { count: number; at(index: number): ViewNode } | null;
  /** The stream bytes it stands for. */
  range: { from: Seq; length: number } | null;
  /** Event whose line tells where it came from. */
  event: number | null;
}

const nothing = () => [];

/** A leaf. */
export const leaf = (parent: string, name: string, raw: Raw, value = show(raw)): ViewNode => ({
  name,
  value,
  raw,
  path: `${parent}.${name}`,
  children: nothing,
  indexed: null,
  range: null,
  event: null,
});

/** A node with named children, built when somebody opens it. */
export const group = (path: string, name: string, value: string, children: () => ViewNode[]): ViewNode => ({
  name,
  value,
  raw: value,
  path,
  children,
  indexed: null,
  range: null,
  event: null,
});
