import { vendorCounterNames } from "../../core/machine/count.ts";
import { counterNames } from "../../core/machine/counters.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import {
  integer,
  integer64,
  LineFault,
  list,
  option,
  part,
  span,
  superfluous,
  type Token,
} from "../lexer.ts";
import { type SignSpec, signs } from "../signs.ts";
import type { Expectation } from "../trace.ts";
import { wireVerdicts } from "../trace.ts";
import { kernelIds, underIdOf } from "../variant.ts";
import { expectForms } from "./forms.ts";
import { relativeMax, relativeMin } from "./operands.ts";
import { leftOut, noEvent, type Reading } from "./reading.ts";
import { type GivenExpectation, takeExpectation } from "./take-expect.ts";
import { fieldAliases } from "./vocabulary.ts";

/** Expectation.event of those whose event was wrong, until it shows that they speak of the whole file. */
const wrongEvent = -2;
const noEventAbove = "no event stands above that could be read; move the line below one";
/** Where the word stands on a line that it begins. */
const expectWord: Token = { text: "expect", start: 0, end: 6 };

/**
 * `expect [no] EFFECT [field=value …]`, `expect [no] wire=VERDICT` or `expect counter [NAME] COUNTER=N`, each with
 * `under ID,…` behind it or without, speaking of the event above. One that is not indented and has no event below it
 * speaks of the whole file; that shows only at the end (settleExpectations).
 */
export function readExpectation(reading: Reading, words: Token[]): void {
  const given = takeExpectation(words, null);
  if (given.fault !== null) throw given.fault;
  const under = given.under === null ? [] : idsOf(reading, given.under);
  const what = subjectOf(reading, given);
  const whole = words[0]!.start === 0;
  if (reading.subject === noEvent && !whole) throw new LineFault(words[0]!, noEventAbove);
  if (reading.subject === null && !whole) return;
  const event = reading.subject ?? wrongEvent;
  const expectation = { line: reading.line, event, no: given.no !== null, under, what };
  (whole ? reading.unsettled : reading.trace.expectations).push(expectation);
}

/** What the expectations that begin a line speak of: at the end of the file that file, at a further event line the event above. */
export function settleExpectations(reading: Reading, endOfFile: boolean): void {
  for (const expectation of reading.unsettled.splice(0)) {
    const { event, line } = expectation;
    if (endOfFile) expectation.event = noEvent;
    if (endOfFile || event >= 0) reading.trace.expectations.push(expectation);
    else if (event === noEvent) reading.report("error", expectWord, noEventAbove, line);
  }
  if (endOfFile) reading.trace.expectations.sort((a, b) => a.line - b.line);
}

/**
 * The ids of a list as `connectx,v4.19,./my-nic.json@v5.8`; the id of a file that a device line above names is known too.
 */
function idsOf(reading: Reading, ids: Token): string[] {
  const known = [...profiles.map(({ id }) => id), ...reading.declared.keys(), ...kernelIds];
  const found: string[] = [];
  let from = 0;
  for (const id of ids.text.split(",")) {
    const token = part(ids, from, from + id.length);
    from += id.length + 1;
    const messages: string[] = [];
    const isKnown = (word: string) => reading.profileNamed(word, (said) => messages.push(said)) !== null;
    if (underIdOf(id, isKnown) === null) {
      if (reading.lost.lacksFile && messages.length === 0) throw leftOut;
      throw new LineFault(
        id === "" ? ids : token,
        messages[0] ??
          `no profile or kernel of this name; there are ${list(known)}, both as connectx@v5.8, with a bug as connectx/long-dump, of a file as ./my-nic.json`,
      );
    }
    if (found.includes(id)) throw new LineFault(token, `${id} is given twice; leave one out`);
    found.push(id);
  }
  return found;
}

function subjectOf(reading: Reading, { form, subject, details, no }: GivenExpectation): Expectation["what"] {
  if (form === expectForms.counter) return counterOf(reading, subject!, details, no !== null);
  if (form === expectForms.wire) return wireOf(part(subject!, "wire=".length), details, no !== null);
  return effectOf(reading, subject!, details);
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
    if (Object.hasOwn(fields, name))
      throw new LineFault(superfluous(word), `${name}= is given twice; leave one out`);
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
    if (!reading.devices.has(value.text) && reading.lost.explains(value.text, "device")) throw leftOut;
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

/** Counters that a line can speak of whatever the trace declares: nearly every line's. */
const usualCounters: ReadonlySet<string> = new Set([...counterNames, ...vendorCounterNames(profiles)]);

function counterOf(reading: Reading, subject: Token, details: Token[], no: boolean): Expectation["what"] {
  const given = details.length > 0 ? option(details.at(-1)!) : null;
  if (no || given === null || details.length > 2) {
    throw new LineFault(
      subject,
      "a counter's value is expected as `expect counter tx_tls_ooo=2` or `expect counter NAME tx_tls_ooo=2`",
    );
  }
  if (!usualCounters.has(given.key)) {
    const known = [...counterNames, ...vendorCounterNames(profilesIn(reading))];
    const isKnown = known.some((name) => name === given.key);
    if (!isKnown && reading.lost.lacksFile) throw leftOut;
    if (!isKnown) throw new LineFault(details.at(-1)!, `no counter of this name; there are ${list(known)}`);
  }
  const value = integer(given.value, 0, Number.MAX_SAFE_INTEGER, "a counter");
  const of = details.length === 2 ? details[0]! : null;
  if (of !== null) mustBeDeclared(reading, of);
  return { counter: given.key, value, of: of?.text ?? null };
}

function mustBeDeclared({ devices, connections, lost }: Reading, name: Token): void {
  if (devices.has(name.text) || connections.has(name.text)) return;
  if (lost.has(name.text, "device") || lost.explains(name.text, "connection")) throw leftOut;
  const known = list([...devices.keys(), ...connections.keys()]);
  throw new LineFault(name, `no device or connection of this name is declared above; there is ${known}`);
}
