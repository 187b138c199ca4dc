import { seq } from "../../core/base/seq.ts";
import { nicExpectedSeq } from "../../core/nic/nic.ts";
import { replayedBytes } from "../../core/words/descriptor.ts";
import { Kind } from "../../core/words/event.ts";
import { type SignSpec, signs } from "../../trace/signs.ts";
import { type Finding, findingText } from "../findings.ts";
import type { EffectRecord } from "../recording.ts";
import { isOfUnknown, longest, postedIn, queueText } from "./descriptor-scope.ts";
import { effectFields, wordEffect } from "./effect-text.ts";
import { hasContext } from "./facts.ts";
import { SeqValue } from "./value.ts";
import { partOf, recordName, type View } from "./view.ts";
import { type WrongByte, wrongByteAt } from "./wrong/byte.ts";
import { hexAround, wordWrongByte, wrongWords } from "./wrong/words.ts";

/** Why the debugger stopped, in the domain's words. */
export interface Explanation {
  /** The rule: the sign's name. */
  rule: string;
  headline: string;
  /** Expected and actual, the record, the descriptors, the bytes replayed. */
  details: { name: string; value: string }[];
  /** Where to read on: kernel functions and document. */
  readOn: string;
}

export function explain(view: View, sign: EffectRecord | Finding): Explanation {
  const spec = signs[sign.kind]!;
  const wrong = wrongByteAt(view, sign);
  if (wrong) return explainWrong(view, wrong, spec);
  const fields = effectFields(view, sign);
  const named = fields.map(([name, value]) => `${name} ${value}`).join(", ");
  const details = [
    ...fields.map(([name, value]) => ({ name, value })),
    ...sentenceOf(sign, fields),
    ...expectations(view),
    ...recordOf(view),
    ...postedOf(view),
    ...reportsOf(view),
  ];
  return {
    rule: spec.name,
    headline: `${spec.says}${named === "" ? "" : ` (${named})`}`,
    details,
    readOn: spec.readOn ?? general,
  };
}

/** A sign in one line: the wrong byte that it is about, what a finding says, else as in golden text. */
export function wordSign(view: View, sign: EffectRecord | Finding): string {
  const wrong = wrongByteAt(view, sign);
  if (wrong) return wordWrongByte(view, wrong);
  return "text" in sign && sign.text !== "" ? findingText(sign) : wordEffect(view, sign);
}

/** Of what is wrong with captured bytes nothing tells more than the byte itself. */
function explainWrong(view: View, wrong: WrongByte, { name, says, readOn }: SignSpec): Explanation {
  const { count, copy, cause } = wrongWords(view, wrong);
  const hex = hexAround(view, wrong);
  const details = Object.entries({
    count: wrong.count === 1 ? "" : count,
    copy,
    cause,
    "captured bytes": hex?.is ?? "",
    "expected bytes": hex?.must ?? "",
  }).flatMap(([name, value]) => (value === "" ? [] : { name, value }));
  return {
    rule: name,
    headline: `${says} ${wordWrongByte(view, wrong)}`,
    details: [...details, ...expectations(view), ...postedOf(view), ...reportsOf(view)],
    readOn: readOn ?? general,
  };
}

/** What a finding says beside its arguments. */
function sentenceOf(
  sign: EffectRecord | Finding,
  fields: [name: string, value: string][],
): Explanation["details"] {
  const text = "text" in sign ? sign.text : "";
  return text === "" || fields.some(([, value]) => value.includes(text))
    ? []
    : [{ name: "found", value: text }];
}

function expectations(view: View): Explanation["details"] {
  const { state, connection } = view;
  const driver = hasContext(view) ? new SeqValue(connection, seq(state.expectedSeq)) : "no context";
  const nic = nicExpectedSeq(view.socket);
  return [
    { name: "driver.expectedSeq", value: String(driver) },
    {
      name: "nic.expectedSeq",
      value: nic === null ? "no params yet" : String(new SeqValue(connection, nic)),
    },
  ];
}

/** The record that holds the packet's first byte: the one a resync is about. */
function recordOf(view: View): Explanation["details"] {
  const { events } = view.timeline.trace;
  const { log, state, position } = view;
  if (events.kind.at(position.event) !== Kind.transmit) return [];
  const from = seq(events.seq.at(position.event));
  const row = log.rowOf(from, state.tail);
  if (row < 1) return [];
  const offset = from - log.start(row);
  const released = row < state.head ? ", released: every byte of it is acknowledged" : "";
  return [
    {
      name: "record",
      value: `${recordName(log, row)}, offset ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)})${released}`,
    },
  ];
}

function postedOf(view: View): Explanation["details"] {
  return [
    { name: "descriptors", value: queueText(view) },
    {
      name: "bytes replayed",
      value: `${replayedBytes(postedIn(view))}${isOfUnknown(view) ? longest : ""}`,
    },
  ];
}

const reportsOf = ({ findings, position }: View): Explanation["details"] =>
  findings
    .reportsOf(position.event)
    .map(({ place, text }) => ({ name: "reported by the kernel", value: `${text} (${place})` }));

/** Where to read on about a sign whose row has nothing nearer. */
const general = "Documentation/networking/tls-offload.rst";

/** The gravest of some signs, the first of its kind; null if none of them is worth a headline. */
export function gravest(some: readonly EffectRecord[]): EffectRecord | null {
  const gravityOf = ({ kind }: EffectRecord) => signs[kind]!.gravity ?? 0;
  return some.reduce<EffectRecord | null>(
    (best, sign) => (gravityOf(sign) > (best === null ? 0 : gravityOf(best)) ? sign : best),
    null,
  );
}
