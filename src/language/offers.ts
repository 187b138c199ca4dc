import { ciphers, versions } from "../core/base/record.ts";
import { bugs } from "../core/bugs/catalogue.ts";
import { vendorCounterNames } from "../core/machine/count.ts";
import { counterNames } from "../core/machine/counters.ts";
import { kernels } from "../core/machine/generation.ts";
import type { Profile } from "../core/machine/profile.ts";
import { profiles } from "../core/profiles/all.ts";
import { settables } from "../core/words/event.ts";
import type { Part, ValueKind } from "../trace/language/form.ts";
import { wholeText } from "../trace/language/form-text.ts";
import { recordTypeNames } from "../trace/language/vocabulary.ts";
import { signs } from "../trace/signs.ts";
import { wireVerdicts } from "../trace/trace.ts";
import type { TraceDocument } from "./document.ts";
import type { Expected } from "./expected.ts";
import { declarationsOf } from "./names.ts";
import { nextSegment, sentSoFar } from "./next-segment.ts";

/** What something that is offered is, for its icon. */
export type OfferKind =
  | "form"
  | "word"
  | "flag"
  | "option"
  | "name"
  | "constant"
  | "effect"
  | "profile"
  | "number";

/** Something that can be written at a place. */
export interface Offer {
  label: string;
  kind: OfferKind;
  /** What it means, a sentence. */
  says: string;
  /** How it is written with all that belongs to it; empty: as it is. */
  usage: string;
}

/** A document, and the line, from 0, that something is offered in. */
export interface LinePlace {
  document: TraceDocument;
  line: number;
  /** The words in front of the place, as they stand. */
  before: string;
  /** What is written there of the word, which decides what is worth offering of many. */
  written: string;
}

const offer = (label: string, kind: OfferKind, says: string, more: Partial<Offer> = {}): Offer => ({
  label,
  kind,
  says,
  usage: "",
  ...more,
});

/** What can be written for what is expected. */
export function offersOf(expected: Expected, place: LinePlace): Offer[] {
  switch (expected.what) {
    case "verb": {
      const { form } = expected;
      return [offer(form.verb, "form", form.says, { usage: wholeText(form) })];
    }
    case "time":
      return [
        offer("+0", "number", "At the time of the event above."),
        offer("+.001", "number", "A millisecond after the event above."),
      ];
    case "word":
      return [wordOffer(expected.part)];
    case "value":
      return valuesOf(expected, place);
  }
}

function wordOffer(part: Part): Offer {
  const { role, name, says, shown, alone } = part;
  if (role === "flag") return offer(name, "flag", says);
  const isOption = role === "option";
  const label = isOption && alone === null ? `${name}=` : name;
  const usage = isOption ? `${name}=${shown}` : shown === "" ? name : `${name} ${shown}`;
  return offer(label, isOption ? "option" : "word", saysOf(part), { usage });
}

/** What a part states, and what holds without it. */
export const saysOf = ({ says, absent }: Part): string =>
  absent === null ? says : `${says} Unless given: ${absent}.`;

type Value = Extract<Expected, { what: "value" }>;
type Offering = (place: LinePlace, value: Value) => Offer[];

const words = (names: readonly string[], says = ""): Offer[] =>
  names.map((name) => offer(name, "constant", says));
/** What stands below the line is not there yet. */
const named =
  (kind: "device" | "connection" | null): Offering =>
  ({ document, line }) =>
    declarationsOf(document)
      .filter((place) => (kind === null || place.declares === kind) && place.line < line)
      .map(({ name, line: at }) => offer(name, "name", (document.lines[at] ?? "").trim()));

/** Devices that have no slaves of their own. */
const nics: Offering = (place, value) => {
  const { document } = place;
  const bonds = declarationsOf(document).filter(({ line }) =>
    document.statement(line).tokens.some(({ part }) => part?.value === "devices"),
  );
  return named("device")(place, value).filter(({ label }) => bonds.every(({ name }) => name !== label));
};

const kernelOffers = kernels.map(({ id, title }) => offer(id, "constant", title));
const effectOffers = signs.map(({ name, says }) => offer(name, "effect", says));

/** What can be offered for a value, by its kind; all other kinds are for whoever writes to know. */
const offerings: Partial<Record<ValueKind, Offering>> = {
  device: named("device"),
  devices: nics,
  connection: named("connection"),
  owner: named(null),
  profile: profileOffers,
  variants: (place) => [...profileOffers(place), ...(/[/@]/.test(place.written) ? [] : kernelOffers)],
  kernel: () => kernelOffers,
  version: () => words(Object.keys(versions)),
  cipher: () => [...words(ciphers), offer("unknown", "constant", "A capture's that is none of them.")],
  effect: () => effectOffers,
  // What is right can't be expected not to be: what stands there instead is to be said.
  verdict: ({ before }) =>
    words(wireVerdicts.filter((one) => one !== "match" || !/\bno[ \t]+wire=$/.test(before))),
  settable: () => words(settables),
  counter: ({ document: { trace } }) =>
    counterOffers([...trace.devices.map(({ profile }) => profile), ...trace.profileFiles.values()]),
  "record-type": () => words(Object.keys(recordTypeNames)),
  field: fieldValues,
  segment: (place) => numberOffer(nextSegment(place), "The next segment in order."),
  place: (place) => numberOffer(sentSoFar(place), "Everything that was sent."),
  text: (_place, { part }) => fixedTexts[part.name] ?? [],
};

const fixedTexts: Readonly<Record<string, Offer[]>> = {
  from: words(["capture"]),
  keys: words(["unknown"]),
};

/** Those of the model's profiles, and of the document's own. */
const counterOffers = (own: readonly Profile[]): Offer[] =>
  [...new Set([...counterNames, ...vendorCounterNames([...profiles, ...own])])].map((name) =>
    offer(`${name}=`, "option", "A counter, by its name in the kernel or the driver."),
  );

const numberOffer = (text: string | null, says: string): Offer[] =>
  text === null ? [] : [offer(text, "number", says)];

function valuesOf(expected: Value, place: LinePlace): Offer[] {
  // An event's line may be of a connection or of a device.
  const kind = expected.part.name === "CONNECTION" ? "owner" : expected.part.value;
  return (kind !== null && offerings[kind]?.(place, expected)) || [];
}

/** Families and the files that the document names; behind one of them and `/` its bugs, behind `@` the kernels. */
function profileOffers({ document, written }: LinePlace): Offer[] {
  const at = written.lastIndexOf("@");
  if (at >= 0)
    return kernels.map(({ id, title }) => offer(`${written.slice(0, at + 1)}${id}`, "constant", title));
  const words = new Map([
    ...profiles.map((one): [string, Profile] => [one.id, one]),
    ...document.trace.profileFiles,
  ]);
  const named = [...words].find(([word]) => written.startsWith(`${word}/`));
  if (named === undefined) return [...words].map(([word, { title }]) => offer(word, "profile", title));
  const [word, family] = named;
  const head = written.slice(0, Math.max(word.length, written.lastIndexOf("+")) + 1);
  const given = head.slice(word.length + 1).split("+");
  const own = bugs.filter((bug) => bug.isIn(family) && !given.includes(bug.name));
  return own.map(({ name, says }) => offer(`${head}${name}`, "constant", says));
}

function fieldValues({ document, line, before, written }: LinePlace, { effect, field }: Value): Offer[] {
  const form = signs.find(({ name }) => name === effect)?.args.find(([name]) => name === field)?.[1];
  if (form === "device") return named("device")({ document, line, before, written }, null as never);
  return typeof form === "object" ? words(form) : [];
}
