import { vendorCounterNames } from "../../core/machine/count.ts";
import { counterNames } from "../../core/machine/counters.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import { integer, integer64, LineFault, list, option, part, span, type Token } from "../lexer.ts";
import { type SignSpec, signs } from "../signs.ts";
import type { Expectation } from "../trace.ts";
import { wireVerdicts } from "../trace.ts";
import { kernelIds, underIdOf } from "../variant.ts";
import { relativeMax, relativeMin } from "./operands.ts";
import type { Reading } from "./reading.ts";
import { fieldAliases } from "./vocabulary.ts";

/** Expectation.event of those that speak of the whole file, and what `subject` is above the first event. */
const noEvent = -1;
const noEventAbove = "no event stands above that could be read; move the line below one";
/** Where the word stands on a line that it begins. */
const expectWord: Token = { text: "expect", start: 0, end: 6 };

/**
 * `expect [no] EFFECT [field=value …]`, `expect [no] wire=VERDICT` or `expect counter [NAME] COUNTER=N`, each with
 * `under ID,…` behind it or without, speaking of the event above. One that is not indented and has no event below it
 * speaks of the whole file; that shows only at the end (settleExpectations).
 */
export function readExpectation(reading: Reading, words: Token[]): void {
  const { under, before } = underOf(reading, words);
  const [expect, ...rest] = before;
  const no = rest[0]?.text === "no";
  if (no) rest.shift();
  const [subject, ...details] = rest;
  if (subject === undefined)
    throw new LineFault(
      expect!,
      "behind expect stands an effect, `no` and an effect, `wire=VERDICT` or `counter NAME=N`",
    );
  const what = subjectOf(reading, subject, details, no);
  const whole = expect!.start === 0;
  if (reading.subject === noEvent && !whole) throw new LineFault(expect!, noEventAbove);
  if (reading.subject === null && !whole) return;
  const expectation = { line: reading.line, event: reading.subject ?? noEvent, no, under, what };
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

/** Takes `under ID,…` off the line's end. A connection may have the name `under`; a counter's value follows then. */
function underOf(reading: Reading, words: Token[]): { under: string[]; before: Token[] } {
  const at = words.findIndex(
    (word, i) => i > 1 && word.text === "under" && !words[i + 1]?.text.includes("="),
  );
  if (at < 0) return { under: [], before: words };
  const ids = words[at + 1];
  if (ids === undefined)
    throw new LineFault(
      words[at]!,
      "behind under stand the profiles or kernels that the line speaks of, as `under connectx,innova@v4.19`",
    );
  if (at + 2 < words.length)
    throw new LineFault(
      span(words[at + 2]!, words.at(-1)!),
      "nothing stands behind the profiles of under; divide them by commas without spaces, and put fields before under",
    );
  return { under: idsOf(reading, ids), before: words.slice(0, at) };
}

/** The ids of a list as `connectx,v4.19,./my-nic.json@v5.8`; the id of a file that a device line above names is known too. */
function idsOf(reading: Reading, ids: Token): string[] {
  const known = [...profiles.map(({ id }) => id), ...reading.declared.keys(), ...kernelIds];
  const found: string[] = [];
  let from = 0;
  for (const id of ids.text.split(",")) {
    const token = part(ids, from, from + id.length);
    from += id.length + 1;
    const messages: string[] = [];
    if (underIdOf(id, (word) => reading.profileNamed(word, (said) => messages.push(said)) !== null) === null)
      throw new LineFault(
        id === "" ? ids : token,
        messages[0] ??
          `no profile or kernel of this name; there are ${list(known)}, both as connectx@v5.8, with a bug as connectx/long-dump, of a file as ./my-nic.json`,
      );
    if (found.includes(id)) throw new LineFault(token, `${id} is given twice; leave one out`);
    found.push(id);
  }
  return found;
}

function subjectOf(reading: Reading, subject: Token, details: Token[], no: boolean): Expectation["what"] {
  if (subject.text === "counter") return counterOf(reading, subject, details, no);
  const given = option(subject);
  return given?.key === "wire" ? wireOf(given.value, details, no) : effectOf(reading, subject, details);
}

function wireOf(value: Token, details: Token[], no: boolean): Expectation["what"] {
  const wire = wireVerdicts.find((verdict) => verdict === value.text);
  if (wire === undefined)
    throw new LineFault(value, `not a verdict on wire bytes; there are ${list(wireVerdicts)}`);
  if (details.length > 0)
    throw new LineFault(
      span(details[0]!, details.at(-1)!),
      "nothing but `under PROFILE,…` stands behind a verdict",
    );
  if (no && wire === "match")
    throw new LineFault(
      value,
      `say what stands there instead: wire= and one of ${list(wireVerdicts.slice(1))}`,
    );
  return { wire };
}

function effectOf(reading: Reading, subject: Token, details: Token[]): Expectation["what"] {
  const spec = signs.find(({ name }) => name === subject.text);
  if (spec === undefined)
    throw new LineFault(subject, `no effect of this name; there are ${list(signs.map(({ name }) => name))}`);
  const fields: Record<string, string> = {};
  for (const word of details) {
    const given = option(word);
    const name = given === null ? "" : (fieldAliases[given.key] ?? given.key);
    const arg = spec.args.find(([field]) => field === name);
    if (given === null || arg === undefined) {
      const known = spec.args.map(([field]) => field);
      throw new LineFault(
        word,
        known.length === 0
          ? `${spec.name} has no fields`
          : `not a field of ${spec.name}; it has ${list(known, "=")}`,
      );
    }
    if (Object.hasOwn(fields, name)) throw new LineFault(word, `${name}= is given twice; leave one out`);
    fields[name] = fieldValue(reading, given.value, arg[1], name);
  }
  return { effect: spec.name, fields };
}

/** A field's value as it is compared: sequence numbers relative, record numbers absolute, without leading zeros. */
function fieldValue(reading: Reading, value: Token, as: SignSpec["args"][number][1], name: string): string {
  if (as === "seq")
    return String(integer(value, relativeMin, relativeMax, `${name}, a relative sequence number,`));
  if (as === "row") return String(integer64(value, `${name}, a record number,`));
  if (as === "device") {
    if (!reading.devices.has(value.text))
      throw new LineFault(
        value,
        `no device of this name is declared above; there is ${list([...reading.devices.keys()])}`,
      );
    return value.text;
  }
  if (typeof as === "string") return String(integer(value, 0, Number.MAX_SAFE_INTEGER, name));
  if (!as.includes(value.text)) throw new LineFault(value, `not a ${name}; there are ${list(as)}`);
  return value.text;
}

/** Every profile whose counters a line can speak of: the model's, those that device lines or it name, those of this run. */
const profilesIn = ({ trace, declared, named }: Reading): Profile[] => [
  ...profiles,
  ...declared.values(),
  ...named.values(),
  ...trace.devices.map(({ profile }) => profile),
];

function counterOf(reading: Reading, subject: Token, details: Token[], no: boolean): Expectation["what"] {
  const given = details.length > 0 ? option(details.at(-1)!) : null;
  if (no || given === null || details.length > 2) {
    throw new LineFault(
      subject,
      "a counter's value is expected as `expect counter tx_tls_ooo=2` or `expect counter NAME tx_tls_ooo=2`",
    );
  }
  const known = [...counterNames, ...vendorCounterNames(profilesIn(reading))];
  if (!known.some((name) => name === given.key)) {
    throw new LineFault(details.at(-1)!, `no counter of this name; there are ${list(known)}`);
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
