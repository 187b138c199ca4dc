import { profileById } from "../core/profiles/all.ts";
import { type Names, readHostNames } from "../trace/capture/names.ts";
import type { OpenOptions } from "../trace/open.ts";
import type { Copies } from "../trace/pcap/frames.ts";
import { UserError } from "../trace/platform.ts";
import { namesFile } from "../trace/profile-word.ts";
import { variantOf } from "../trace/variant.ts";

/**
 * What somebody wants to see of a trace, in whatever way it was asked: plain data. Words that name profiles are known
 * to name one, or a file; files are read only when the trace is opened.
 */
export interface StudyRequest {
  /** Path of the trace or capture. */
  program: string;
  /** Paths of key log and crypto_info files, and crypto_infos themselves; null: look beside the program. */
  keys: readonly (string | object)[] | null;
  /** A folder of key logs, in which each session is looked up. */
  keysDir?: string;
  /** What runs the trace: a profile, or a kernel under its own devices; null: its own devices, connectx for captures. */
  profile: string | null;
  /** Where the relative paths of asked profiles begin; those in the trace begin beside it. */
  profilesFrom: "here" | "program";
  /** Globs over stream names; empty = all. */
  streams: string[];
  tap: OpenOptions["tap"];
  offloadStart: OpenOptions["offloadStart"];
  copies: Copies;
  names: Names;
  /** Records are expected in plaintext, with zeros for tags; `against`: another capture that says what they must hold. */
  plaintext?: { against: string | null };
  /** Files of what the kernel reported meanwhile, with the names that they are told by. */
  evidence: readonly { path: string; name: string }[];
  /** What the trace is compared under; null = it is not. */
  comparison: ComparisonRequest | null;
}

/** Devices and kernels to compare. */
export interface ComparisonRequest {
  /** Words as behind `under`, with the names that they are told by. */
  among: readonly { word: string; name: string }[];
  /** True: the trace as it is comes first. */
  withOwn: boolean;
  /** Compute all bytes that leave, also those that are right by construction. */
  allBytes: boolean;
}

/** What takes one of few words. */
type Choice = "tap" | "offloadStart" | "copies";

/** The words that each takes, the usual one first. */
const choices: { readonly [Name in Choice]: readonly StudyRequest[Name][] } = {
  tap: ["auto", "host", "wire"],
  offloadStart: ["after-finished", "after-ccs"],
  copies: ["drop", "keep"],
};

/** Tells somebody in the words in which he asked what he cannot have. */
export interface Speaker {
  noChoice(name: Choice | "names", given: unknown, words: readonly string[]): string;
  /** Of what should name a profile. */
  noProfile(given: unknown): string;
  /** Of what should name a profile or a kernel. */
  noVariant(given: unknown): string;
  /** What is wrong with a profile file that was named. */
  badProfile(messages: string): string;
  /** Said behind the path of a file that is too large for keys. */
  keysTooLarge: string;
  /** Said behind the path of a file that cannot be one of keys. */
  noKeys: string;
}

/** One of few words, the usual one where nothing is given. Throws UserError for another. */
export function choiceOf<Name extends Choice>(
  name: Name,
  given: unknown,
  speaker: Speaker,
): StudyRequest[Name] {
  const words: readonly StudyRequest[Name][] = choices[name];
  const word = words.find((each) => each === (given ?? words[0]));
  if (word === undefined) throw new UserError(speaker.noChoice(name, given, words));
  return word;
}

/** What streams are called: `short`, `full`, or hosts' own names, as `client=10.0.0.1,server=10.0.0.2`. Throws UserError for another. */
export function namesOf(given: unknown, speaker: Speaker): Names {
  if (given === undefined || given === null || given === "short") return "short";
  if (given === "full") return "full";
  // A session that is made of another one has them by addresses already.
  const pairs = typeof given === "object" && Object.entries(given).map(([host, name]) => `${name}=${host}`);
  const text = pairs ? pairs.join() : given;
  const hosts = typeof text === "string" ? readHostNames(text) : null;
  if (hosts !== null) return hosts;
  throw new UserError(
    speaker.noChoice("names", given, [
      "short",
      "full",
      "client=10.0.0.1,server=10.0.0.2 (names end in no number)",
    ]),
  );
}

/** The word of what is to run a trace, which a kernel is too. Throws UserError for what names none. */
export function profileWord(given: unknown, speaker: Speaker): string {
  if (isVariant(given)) return given;
  throw new UserError(speaker.noProfile(given));
}

/** The word of a profile or a kernel. Throws UserError for what names none. */
export function variantWord(given: unknown, speaker: Speaker): string {
  if (isVariant(given)) return given;
  throw new UserError(speaker.noVariant(given));
}

const isVariant = (given: unknown): given is string =>
  typeof given === "string" && (namesFile(given) || variantOf(given, profileById) !== null);
