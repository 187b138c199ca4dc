import { nodeEnvironment } from "../node/environment.ts";
import { choiceOf, namesOf, profileWord, type Speaker, type StudyRequest } from "../study/request.ts";
import { variantNamed } from "../study/subject.ts";
import { profileForms } from "../trace/profiles/finder.ts";
import { kernelIds, type Variant } from "../trace/variant.ts";

/** What the command line says about how to read a file. */
export interface ReadFlags {
  /** False: none, not even those found beside the file. */
  keys?: string[] | false;
  keysDir?: string;
  profile?: string;
  stream?: string[];
  tap?: string;
  offloadStart?: string;
  copies?: string;
  names?: string;
  /** What records are expected to be in. */
  expect?: string;
  /** Another capture of the same connections, which says what plaintext must be. */
  against?: string;
  /** Files of kernel evidence to lay over the replay. */
  evidence?: string[];
}

const nouns = {
  tap: "tap",
  offloadStart: "offload start",
  copies: "way with copies",
  names: "way to name streams",
} as const;

/** What the command line asks wrongly is told by the word that asks it. */
export const speaker: Speaker = {
  noChoice: (name, given, words) => `no ${nouns[name]} "${given}"; there are ${words.join(", ")}`,
  noProfile: (given) => `no profile "${given}"; ${profileForms(String(given))}`,
  noVariant: (given) =>
    `no profile "${given}"; ${profileForms(String(given))}; and kernels ${kernelIds.join(", ")}`,
  badProfile: (messages) => messages,
  keysTooLarge: "is too large for a key log",
  noKeys: "is not a key log or crypto_info file",
};

/** What the flags want to see of a file. Throws UserError for a word that means nothing. */
export const requestOf = (program: string, flags: ReadFlags): StudyRequest => ({
  program,
  keys: flags.keys === false ? [] : (flags.keys ?? null),
  ...(flags.keysDir !== undefined && { keysDir: flags.keysDir }),
  profile: flags.profile === undefined ? null : profileWord(flags.profile, speaker),
  profilesFrom: "here",
  streams: flags.stream ?? [],
  tap: choiceOf("tap", flags.tap, speaker),
  offloadStart: choiceOf("offloadStart", flags.offloadStart, speaker),
  copies: choiceOf("copies", flags.copies, speaker),
  names: namesOf(flags.names, speaker),
  ...(flags.expect === "plaintext" && { plaintext: { against: flags.against ?? null } }),
  evidence: (flags.evidence ?? []).map((path) => ({ path, name: path })),
  comparison: null,
});

/** What a run can be under: a profile, a broken variant of one, a kernel generation. Throws UserError for others. */
export const variantOfFlag = (word: string): Variant => variantNamed(nodeEnvironment, word, speaker);
