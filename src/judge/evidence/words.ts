import { type Seq, seq, toU32 } from "../../core/base/seq.ts";
import type { Tracepoint } from "../../trace/evidence/tracepoints.ts";
import { relative } from "../../trace/language/print.ts";
import type { Burst, Expected } from "./expected.ts";
import { fieldsOf } from "./sockets.ts";

/** Fields that are worth a line; the rest of a tracepoint is the kernel's own business. */
const told = ["direction", "tcp_seq", "exp_tcp_seq", "rec_no", "nic_boundary", "ret", "rc", "err"];

/** A line of a file, as problem matchers read it. */
export const placeOf = ({ file, line }: Tracepoint): string => `${file}:${line}`;

/** A field with its value; sequence numbers are relative to the offload start, and as the kernel prints them. */
export const wordField = (startSeq: Seq, name: string, value: unknown): string =>
  /seq$|boundary$/.test(name) && typeof value === "number"
    ? `${name} ${relative(startSeq, seq(value))} (${toU32(seq(value))})`
    : `${name} ${value === null ? "unknown" : value === "failure" ? "a failure" : value}`;

/** By how much a counter changed. */
export const signed = (value: bigint): string => (value < 0n ? String(value) : `+${value}`);

/** A tracepoint in a line: its name, and the fields that the model can have an opinion on. */
export function toldText(startSeq: Seq, tracepoint: Tracepoint): string {
  return wordFields(startSeq, tracepoint.event, fieldsOf(tracepoint));
}

/** What the model says, in the tracepoint's own words. */
export const expectedText = (startSeq: Seq, { name, fields, effect }: Expected): string =>
  `${effect}: ${wordFields(startSeq, name, fields)}`;

function wordFields(startSeq: Seq, event: string, fields: Readonly<Record<string, unknown>>): string {
  const words = told.flatMap((name) => {
    const value = fields[name];
    return value === undefined || value === null ? [] : [wordField(startSeq, name, value)];
  });
  return [event, words.join(", ")].filter((part) => part !== "").join(" ");
}

/** The bytes that were sent again, as the trace language writes ranges. */
export function rangeText(startSeq: Seq, { from, to }: Burst): string {
  return `${relative(startSeq, from)}:${relative(startSeq, to)}`;
}
