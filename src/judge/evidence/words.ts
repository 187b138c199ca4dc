import { near, type Seq, seq, toU32 } from "../../core/base/seq.ts";
import type { Tracepoint } from "../../trace/evidence/tracepoints.ts";
import type { Burst, Expected, FieldName, FieldValue, Moment } from "./expected.ts";
import { fieldOf, type Told } from "./sockets.ts";

/** Fields that are worth a line; the rest of a tracepoint is the kernel's own business. */
const told = [
  "direction",
  "tcp_seq",
  "exp_tcp_seq",
  "rec_no",
  "nic_boundary",
  "ret",
  "rc",
  "err",
] as const satisfies FieldName[];

/** What a field holds, in a tracepoint or as the model has it. */
type Value = FieldValue | Told<FieldName> | undefined;

/** A line of a file, as problem matchers read it. */
export const placeOf = ({ file, line }: Tracepoint): string => `${file}:${line}`;

/** A field with its value; sequence numbers are relative to the offload start, and as the kernel prints them. */
export const wordField = ({ startSeq, at }: Moment, name: FieldName, value: Value): string =>
  /seq$|boundary$/.test(name) && typeof value === "number"
    ? `${name} ${near(value, at) - startSeq} (${toU32(seq(value))})`
    : `${name} ${value === null ? "unknown" : value === "failure" ? "a failure" : value}`;

/** By how much a counter changed. */
export const signed = (value: bigint): string => (value < 0n ? String(value) : `+${value}`);

/** A tracepoint in a line: its name, and the fields that the model can have an opinion on. */
export function toldText(moment: Moment, tracepoint: Tracepoint): string {
  return wordFields(moment, tracepoint.event, (name) => fieldOf(tracepoint, name));
}

/** What the model says, in the tracepoint's own words. */
export const expectedText = (expected: Expected): string =>
  `${expected.effect}: ${wordFields(expected, expected.name, (field) => expected.fields[field])}`;

function wordFields(moment: Moment, event: string, fieldIn: (name: FieldName) => Value): string {
  const words = told.flatMap((name) => {
    const value = fieldIn(name);
    return value === undefined || value === null ? [] : [wordField(moment, name, value)];
  });
  return [event, words.join(", ")].filter((part) => part !== "").join(" ");
}

/** The bytes that were sent again, as the trace language writes ranges. */
export function rangeText(startSeq: Seq, { from, to }: Burst): string {
  return `${from - startSeq}:${to - startSeq}`;
}
