import { bugs } from "../../core/bugs/catalogue.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profileAmong, profileById, profiles } from "../../core/profiles/all.ts";
import { list } from "../lexer.ts";
import { type FileAccess, UserError } from "../platform.ts";
import { fileWordOf } from "../profile-word.ts";
import { kernelIds } from "../variant.ts";
import { parseProfile, profileSizeMax } from "./file.ts";

/**
 * The profile that a word names, as `connectx/long-dump` or `./my-nic.json@v6.18`; null if there is none. What is wrong
 * with the file it names goes to `report`.
 */
export type ProfileFinder = (word: string, report?: (message: string) => void) => Profile | null;

/** Files that one trace may name: each costs a look at the disk. */
const filesMax = 64;

/** What is known of one file. */
interface ReadFile {
  profile: Profile | null;
  messages: string[];
}

/**
 * Finds the model's profiles and those of files. `open` opens a file by the path in the word and throws UserError if it
 * cannot. Each file is read once.
 */
export function profileFinder(open: (path: string) => FileAccess): ProfileFinder {
  const files = new Map<string, ReadFile>();
  return (word, report = () => {}) => {
    const named = fileWordOf(word);
    if (named === null) return profileById(word);
    const { path, variant } = named;
    const file = files.get(path) ?? (files.size < filesMax ? readFile(open, path) : tooMany);
    if (file !== tooMany) files.set(path, file);
    for (const message of file.messages) report(message);
    if (file.profile === null) return null;
    const found = profileAmong([file.profile], `${file.profile.id}${variant}`);
    if (found === null) report(`no bug or kernel of this name: ${variantForms}`);
    return found;
  };
}

const tooMany: ReadFile = {
  profile: null,
  messages: [`a trace names at most ${filesMax} profile files; leave some out`],
};

function readFile(open: (path: string) => FileAccess, path: string): ReadFile {
  try {
    const { profile, diagnostics } = parseProfile(path, textOf(open(path)));
    const messages = diagnostics.map(
      ({ line, start, message }) => `${path}:${line}:${start! + 1}: ${message}`,
    );
    return { profile: profile && { ...profile, word: path }, messages };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { profile: null, messages: [error.message] };
  }
}

function textOf(file: FileAccess): string {
  try {
    if (file.size > profileSizeMax)
      throw new UserError(`${file.name} is larger than ${profileSizeMax} bytes, too large for a profile`);
    return new TextDecoder("utf-8", { fatal: true }).decode(file.read(0, file.size));
  } catch (error) {
    throw error instanceof UserError
      ? error
      : new UserError(`${file.name} is no text in UTF-8: save it as such`);
  } finally {
    file.close?.();
  }
}

/** Where a path of a file points: relative ones begin in the file's folder. Throws UserError for other machines' files. */
export function pathBeside(file: string, path: string): string {
  // Opening a trace must not make the system talk to a server that the trace names.
  if (/^[/\\]{2}/.test(path))
    throw new UserError(`${path} is on another machine: copy the file beside the trace`);
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return path;
  return `${/^.*[/\\]/s.exec(file)?.[0] ?? ""}${path}`;
}

const variantForms = `bugs are ${list(bugs.map(({ name }) => name))}, kernels ${list(kernelIds)}`;

/** Why a word names no profile and what there is instead, for messages. */
export function profileForms(word: string): string {
  const family = /^[^/@]*/.exec(word)![0];
  if (profileById(family) !== null) return `${family} has no such bug or kernel: ${variantForms}`;
  return `there are ${profiles.map(({ id }) => id).join(", ")}; with a bug as connectx/long-dump, on a kernel as connectx@v6.18, your own as ./my-nic.json`;
}
