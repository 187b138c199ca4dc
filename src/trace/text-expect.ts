import { counterNames } from "../core/count.ts";
import { dropReasons, type EffectName, type EffectSpec, effects } from "../core/effect.ts";
import { integer, integer64, LineFault, list, option, type Token } from "./lexer.ts";
import { relativeMax, relativeMin } from "./operands.ts";
import type { Reading } from "./reading.ts";
import type { Expectation } from "./trace.ts";
import { fieldAliases } from "./vocabulary.ts";

/** Expectation.event of those that speak of the whole file, and what `subject` is above the first event. */
const noEvent = -1;
const noEventAbove = "no event stands above that could be read; move the line below one";
/** Where the word stands on a line that it begins. */
const expectWord: Token = { text: "expect", start: 0, end: 6 };

/**
 * `expect [no] EFFECT [field=value …]` or `expect counter [NAME] COUNTER=N`, speaking of the event above. One that is
 * not indented and has no event below it speaks of the whole file; that shows only at the end (settleExpectations).
 */
export function readExpectation(reading: Reading, words: Token[]): void {
  const [expect, ...rest] = words;
  const no = rest[0]?.text === "no";
  if (no) rest.shift();
  const [subject, ...details] = rest;
  if (subject === undefined)
    throw new LineFault(expect!, "behind expect stands an effect, `no` and an effect, or `counter NAME=N`");
  const what =
    subject.text === "counter" ? counterOf(reading, subject, details, no) : effectOf(subject, details);
  const whole = expect!.start === 0;
  if (reading.subject === noEvent && !whole) throw new LineFault(expect!, noEventAbove);
  if (reading.subject === null && !whole) return;
  const expectation = { line: reading.line, event: reading.subject ?? noEvent, no, what };
  (whole ? reading.unsettled : reading.trace.expectations).push(expectation);
}

/** What the expectations that begin a line speak of: at the end of the file that file, at a further event line the event above. */
export function settleExpectations(reading: Reading, endOfFile: boolean): void {
  for (const expectation of reading.unsettled.splice(0)) {
    if (endOfFile) expectation.event = noEvent;
    if (endOfFile || expectation.event !== noEvent) reading.trace.expectations.push(expectation);
    else reading.report("error", expectWord, noEventAbove, expectation.line);
  }
  if (endOfFile) reading.trace.expectations.sort((a, b) => a.line - b.line);
}

function effectOf(subject: Token, details: Token[]): Expectation["what"] {
  const spec: EffectSpec | undefined = effects.find((effect) => effect.name === subject.text);
  if (spec === undefined)
    throw new LineFault(
      subject,
      `no effect of this name; there are ${list(effects.map((effect) => effect.name))}`,
    );
  const fields: Record<string, string> = {};
  for (const word of details) {
    const given = option(word);
    const name = given === null ? "" : (fieldAliases[given.key] ?? given.key);
    const at = spec.fields.indexOf(name);
    if (given === null || name === "" || at < 0) {
      const known = spec.fields.filter((field) => field !== "");
      throw new LineFault(
        word,
        known.length === 0
          ? `${spec.name} has no fields`
          : `not a field of ${spec.name}; it has ${list(known, "=")}`,
      );
    }
    if (Object.hasOwn(fields, name)) throw new LineFault(word, `${name}= is given twice; leave one out`);
    fields[name] = fieldValue(given.value, spec.as[at]!, name);
  }
  return { effect: spec.name as EffectName, fields };
}

/** A field's value as it is compared: sequence numbers relative, record numbers absolute, without leading zeros. */
function fieldValue(value: Token, as: EffectSpec["as"][0], name: string): string {
  if (as === "seq")
    return String(integer(value, relativeMin, relativeMax, `${name}, a relative sequence number,`));
  if (as === "row") return String(integer64(value, `${name}, a record number,`));
  if (as !== "reason") return String(integer(value, 0, Number.MAX_SAFE_INTEGER, name));
  if (!dropReasons.some((reason) => reason === value.text))
    throw new LineFault(value, `not a reason; there are ${list(dropReasons)}`);
  return value.text;
}

function counterOf(reading: Reading, subject: Token, details: Token[], no: boolean): Expectation["what"] {
  const given = details.length > 0 ? option(details.at(-1)!) : null;
  if (no || given === null || details.length > 2) {
    throw new LineFault(
      subject,
      "a counter's value is expected as `expect counter tx_tls_ooo=2` or `expect counter NAME tx_tls_ooo=2`",
    );
  }
  if (!counterNames.some((name) => name === given.key)) {
    throw new LineFault(details.at(-1)!, `no counter of this name; there are ${list(counterNames)}`);
  }
  const of = details.length === 2 ? details[0]! : null;
  if (of !== null && !reading.devices.has(of.text) && !reading.connections.has(of.text)) {
    throw new LineFault(
      of,
      `no device or connection of this name is declared above; there is ${list([...reading.devices.keys(), ...reading.connections.keys()])}`,
    );
  }
  return {
    counter: given.key,
    value: integer(given.value, 0, Number.MAX_SAFE_INTEGER, "a counter"),
    of: of?.text ?? null,
  };
}
