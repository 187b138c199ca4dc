// trace/profiles: profile files and what a profile's word names.

import { type Cipher, ciphers, type TlsVersion, versions } from "../../core/base/record.ts";
import { bugs } from "../../core/bugs/catalogue.ts";
import { type DeviceCounter, deviceCounters } from "../../core/machine/counters.ts";
import { type Kernel, kernelById } from "../../core/machine/generation.ts";
import { type Profile, profileWords } from "../../core/machine/profile.ts";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { type DescriptorKind, descriptorKinds } from "../../core/words/descriptor.ts";
import type { Diagnostic } from "../trace.ts";
import { kernelIds } from "../variant.ts";
import { isSteering } from "../visible.ts";
import { conflictsIn } from "./conflicts.ts";
import type { JsonMember, JsonValue } from "./json-text.ts";
import { either, ProfileReading } from "./reading.ts";

/** Characters of a file that is still read as a profile. */
export const profileSizeMax = 64 * 1024;
const titleLengthMax = 200;
/** Bytes of headers ahead of TCP's payload; IPv6 with extension headers and tunnels stays below. */
export const headerSizeMax = 256;
/** What an id and a counter's name may be: words of the trace language that mean nothing else there. */
export const idPattern = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const idForm = "letters, digits, dots, dashes and underscores, a letter first, at most 64 in all";

/** What a profile file holds; null if anything in it is wrong. */
export interface ProfileRead {
  profile: Profile | null;
  diagnostics: Diagnostic[];
}

/** Reads a field's value; reports what is wrong with it and gives `before`, the base's, instead. */
type Reader<T> = (reading: ProfileReading, value: JsonValue, before: T, key: string) => T;
type Field = Exclude<keyof Profile, "word" | "sourceNames">;

const fields: { readonly [F in Field]: Reader<Profile[F]> } = {
  id: idOf,
  title: titleOf,
  recovery: wordOf(profileWords.recovery),
  prefixVia: wordOf(profileWords.prefixVia),
  requestsBeforeFallback: flagOf,
  paramsWithFirstPacket: flagOf,
  straddleDrop: wordOf(profileWords.straddleDrop),
  countsSkips: flagOf,
  checksSkippedMark: flagOf,
  commit: wordOf(profileWords.commit),
  seqCheckedByNic: flagOf,
  onReset: wordOf(profileWords.onReset),
  countsAsOutOfOrder: wordOf(profileWords.countsAsOutOfOrder),
  countsPackets: wordOf(profileWords.countsPackets),
  versions: versionsOf,
  ciphers: (reading, value, before, key) => wordsOf<Cipher>(reading, value, ciphers, key) ?? before,
  headerSize: sizeOf,
  counters: countersOf,
  descriptorNames: descriptorNamesOf,
  faults: faultsOf,
  kernel: kernelOf,
};
const fieldNames = Object.keys(fields) as Field[];

/** Keys of a profile file: the fields of a profile, the family it starts from, and the schema that editors look for. */
export const profileKeys: readonly string[] = ["$schema", "base", ...fieldNames];

/**
 * Reads a profile file: a JSON object with `base`, a family of the model, and what differs from it. `name` is the file's
 * name; its id, unless it gives one, is that without folder and ending. Never throws: what is wrong is diagnostics, each
 * with its line and columns in the text.
 */
export function parseProfile(name: string, text: string): ProfileRead {
  const reading = new ProfileReading(text);
  const profile = text.length > profileSizeMax ? tooLong(reading) : profileOf(reading, name);
  const diagnostics = reading.diagnostics();
  return { profile: diagnostics.length > 0 ? null : profile, diagnostics };
}

function tooLong(reading: ProfileReading): null {
  reading.report({ start: 0, end: 0 }, `a profile has at most ${profileSizeMax} characters; shorten it`);
  return null;
}

function profileOf(reading: ProfileReading, name: string): Profile | null {
  const root = reading.json();
  const given = root && reading.members(root, profileKeys, "a profile");
  if (root === null || given === null) return null;
  const schema = given.get("$schema");
  if (schema) reading.text(schema.value, "$schema");
  const base = baseOf(reading, root, given.get("base"));
  if (base === null) return null;
  const profile = { ...base, id: idOfFile(name), title: "" };
  for (const key of fieldNames) {
    const member = given.get(key);
    if (member) read(reading, profile, key, member.value);
  }
  if (!given.has("id")) checkId(reading, profile.id, root, "the file's name makes no id:");
  if (profile.title === "") profile.title = `${profile.id}, after ${base.title}`;
  if (!reading.isWrong) reportConflicts(reading, profile, given);
  return profile;
}

/** Only once each key is right by itself: beside a base's value instead of a mistaken one, others would look wrong. */
function reportConflicts(
  reading: ProfileReading,
  profile: Profile,
  given: ReadonlyMap<string, JsonMember>,
): void {
  for (const { key, message } of conflictsIn(profile, given)) reading.report(given.get(key)!.at, message);
}

function read<F extends Field>(reading: ProfileReading, profile: Profile, field: F, value: JsonValue): void {
  profile[field] = fields[field](reading, value, profile[field], field);
}

function baseOf(reading: ProfileReading, root: JsonValue, member: JsonMember | undefined): Profile | null {
  const families = profiles.map(({ id }) => id);
  if (member === undefined) {
    const begins = { start: root.start, end: root.start + 1 };
    reading.report(
      begins,
      `base is missing: the family to start from, ${either(families)}; add "base": "connectx"`,
    );
    return null;
  }
  const base = wordOf(families)(reading, member.value, "", "base");
  return profileById(base);
}

/** `my-nic` of `nics/my-nic.json` and of `my-nic.nic.json`. */
const idOfFile = (name: string): string => name.replace(/^.*[/\\]/, "").replace(/(\.nic)?\.json$/i, "");

function idOf(reading: ProfileReading, value: JsonValue, before: string): string {
  const id = reading.text(value, "id");
  if (id === null) return before;
  checkId(reading, id, value);
  return id;
}

/** Ids stand behind `under` among those of families and kernels, and must mean nothing else there. */
function checkId(reading: ProfileReading, id: string, value: JsonValue, why = ""): void {
  const at = value.is === "object" ? { start: value.start, end: value.start + 1 } : value;
  if (!idPattern.test(id) || /\.json$/i.test(id))
    reading.report(at, `${why} an id is ${idForm}, and does not end in .json; write "id": "my-nic"`.trim());
  else if (profileById(id) !== null || kernelById(id) !== null)
    reading.report(at, `${id} is a family or kernel of the model; write another id, as "id": "my-${id}"`);
}

function titleOf(reading: ProfileReading, value: JsonValue, before: string): string {
  const title = reading.text(value, "title");
  if (title === null) return before;
  if (title === "" || title.length > titleLengthMax || isSteering(title))
    reading.report(value, `title is a text of one line, 1 to ${titleLengthMax} characters`);
  return title;
}

function wordOf<W extends string>(words: readonly W[]): Reader<W> {
  return (reading, value, before, key) => {
    const word = words.find((one) => value.is === "scalar" && one === value.value);
    if (word === undefined) reading.mistaken(value, key, either(words));
    return word ?? before;
  };
}

function flagOf(reading: ProfileReading, value: JsonValue, before: boolean, key: string): boolean {
  if (value.is === "scalar" && typeof value.value === "boolean") return value.value;
  reading.mistaken(value, key, "true or false");
  return before;
}

function sizeOf(reading: ProfileReading, value: JsonValue, before: number, key: string): number {
  const size = value.is === "scalar" ? value.value : null;
  if (typeof size === "number" && Number.isInteger(size) && size >= 0 && size <= headerSizeMax)
    return size === 0 ? 0 : size;
  reading.mistaken(value, key, `a whole number from 0 to ${headerSizeMax}`);
  return before;
}

/** A list of words, each once and at least one unless none is allowed; null and reported if it is none. */
function wordsOf<W extends string>(
  reading: ProfileReading,
  value: JsonValue,
  words: readonly W[],
  key: string,
  least = 1,
): W[] | null {
  if (value.is !== "list" || value.items.length < least) {
    reading.mistaken(value, key, `a list of ${either(words)}`);
    return null;
  }
  const found = new Set<W>();
  for (const item of value.items) {
    const word = wordOf<W | "">(words)(reading, item, "", `each of ${key}`);
    if (word !== "" && found.has(word)) reading.report(item, `${word} is given twice; leave one out`);
    if (word !== "") found.add(word);
  }
  return [...found];
}

function versionsOf(
  reading: ProfileReading,
  value: JsonValue,
  before: readonly TlsVersion[],
  key: string,
): readonly TlsVersion[] {
  const named = wordsOf(reading, value, Object.keys(versions), key);
  return named?.map((name) => versions[name]!) ?? before;
}

/** The base's counters with those given; null takes one away: this driver does not count it. */
function countersOf(
  reading: ProfileReading,
  value: JsonValue,
  before: Profile["counters"],
  key: string,
): Profile["counters"] {
  const counters: Partial<Record<DeviceCounter, string>> = { ...before };
  for (const [counter, { value: name }] of reading.members(value, deviceCounters, key) ?? []) {
    if (name.is === "scalar" && name.value === null) delete counters[counter];
    else counters[counter] = nameOf(reading, name, `${key}.${counter}`, ", or null") ?? "";
  }
  reportTwice(reading, value, counters);
  return counters;
}

function descriptorNamesOf(
  reading: ProfileReading,
  value: JsonValue,
  before: Profile["descriptorNames"],
  key: string,
): Profile["descriptorNames"] {
  const names: Record<DescriptorKind, string> = { ...before };
  for (const [kind, { value: name }] of reading.members(value, descriptorKinds, key) ?? [])
    names[kind] = nameOf(reading, name, `${key}.${kind}`) ?? "";
  return names;
}

/** An expect line could not say which of two counters of one name it means. */
function reportTwice(reading: ProfileReading, value: JsonValue, counters: Profile["counters"]): void {
  const given = deviceCounters.filter((counter) => counters[counter]);
  for (const [i, counter] of given.entries()) {
    const other = given.slice(0, i).find((one) => counters[one] === counters[counter]);
    if (other !== undefined)
      reading.report(value, `${counter} and ${other} have one name; name one of them otherwise, or null`);
  }
}

/** A name as listings and expect lines can hold it; null and reported if it is none. */
function nameOf(reading: ProfileReading, value: JsonValue, key: string, besides = ""): string | null {
  const name = value.is === "scalar" && typeof value.value === "string" ? value.value : "";
  if (idPattern.test(name)) return name;
  reading.mistaken(value, key, `a name of ${idForm}${besides}`);
  return null;
}

/** Bugs of the catalogue by name, one list for all that the device has. */
function faultsOf(
  reading: ProfileReading,
  value: JsonValue,
  before: readonly string[],
  key: string,
): readonly string[] {
  const names = bugs.map(({ name }) => name);
  const found = wordsOf(reading, value, names, key, 0);
  return [...before, ...(found ?? [])];
}

function kernelOf(reading: ProfileReading, value: JsonValue, _: Kernel | null, key: string): Kernel | null {
  if (value.is === "scalar" && value.value === null) return null;
  return kernelById(wordOf(kernelIds)(reading, value, "", key));
}
