import type { Contestant } from "../judge/compare/compare.ts";
import { type Fork, forkingBy } from "../lab/fork.ts";
import type { Environment } from "../study/environment.ts";
import {
  choiceOf,
  namesOf,
  profileWord,
  type Speaker,
  type StudyRequest,
  variantWord,
} from "../study/request.ts";
import { type Study, study } from "../study/study.ts";
import { type KeysGiven, openSubject, type Subject } from "../study/subject.ts";
import { type FileAccess, type Progress, paced, UserError } from "../trace/platform.ts";
import { fileWordOf } from "../trace/profile-word.ts";
import { profileForms } from "../trace/profiles/finder.ts";
import type { Trace } from "../trace/trace.ts";
import { kernelIds } from "../trace/variant.ts";
import { visibleLine } from "../trace/visible.ts";
import { readStartAt, type Start, type StartAt, startOf } from "./opening/start-at.ts";
import { type Checkpoint, readCheckpoints } from "./time/checkpoints.ts";
import { pathOfUri } from "./uris.ts";

/** What a launch configuration may say; package.json's `configurationAttributes` describe the same. */
export interface LaunchArguments {
  /** Absolute path of the trace or capture. */
  program: string;
  /** Paths of key log and crypto_info files, and crypto_infos themselves; null: look beside the capture. */
  keys: (string | object)[] | null;
  /** A profile's word; a file's path begins beside the program. Null: the trace's own devices, connectx for captures. */
  profile: string | null;
  /** Globs over stream names; empty = all. */
  streams: string[];
  tap: StudyRequest["tap"];
  offloadStart: StudyRequest["offloadStart"];
  copies: StudyRequest["copies"];
  names: StudyRequest["names"];
  /** Paths of what the kernel reported meanwhile; empty = nothing to lay over the replay. */
  evidence: string[];
  startAt: StartAt;
  /** How the editor gets at a capture's listing: as a document that it asks for, or as a file. */
  listing: (typeof listings)[number];
  /** Profiles to compare the trace's own with; empty = none. */
  compare: string[];
  /** What a client kept of earlier sessions; null: it keeps none. */
  checkpoints: Checkpoint[] | null;
  /** Changes to the trace, one after the other, each as a line such as `5: drop`; empty = it stays as it is. */
  edits: string[];
  /** What a fork is called, `1`, below that `1.2`; empty for what is none. */
  fork: string;
}

const listings = ["virtual", "file"] as const;

/** What a session debugs. */
export interface Debuggee extends Study {
  /** The trace's file, from which a capture's bytes are read until it is closed. */
  file: FileAccess;
  /** Sources of keys that were named or found. */
  keys: readonly KeysGiven[];
  /** Where the session stands first; null: it runs until something stops it. */
  start: Start | null;
  /** What it is a fork of, and how; null if it is none. */
  forkOf: ForkOf | null;
}

/** How a session's trace parts from another one, its parent. */
export interface ForkOf {
  fork: Fork;
  parent: Trace;
  /** `fork 1`. */
  name: string;
  /** With its changes: `fork 1 (5: drop)`. */
  title: string;
}

/** What is asked wrongly is told by the attribute that asks it. */
export const speaker: Speaker = {
  noChoice: (name, given, words) =>
    `launch configuration: \`${name}\` is ${JSON.stringify(given)}; it takes ${words.join(", ")}`,
  noProfile: (given) =>
    `launch configuration: \`profile\` ${JSON.stringify(given)} is no profile; ${formsFor(given)}`,
  noVariant: (given) =>
    `launch configuration: \`compare\` takes a list of profiles and kernels (${kernelIds.join(", ")}), not ${JSON.stringify(given)}; ${formsFor(given)}`,
  badProfile: (messages) => `launch configuration: \`profile\`: ${messages}`,
  keysTooLarge: "is too large for a file of keys: check `keys`",
  noKeys: "is not a key log or crypto_info file: check `keys`",
};

const formsFor = (given: unknown): string => profileForms(typeof given === "string" ? given : "");

/** Reads launch arguments as an editor sends them. Throws UserError that names the attribute and what it takes. */
export function readLaunch(given: unknown): LaunchArguments {
  if (typeof given !== "object" || given === null) throw new UserError("the launch request has no arguments");
  const attributes = given as Record<string, unknown>;
  const program = attributes.program;
  if (typeof program !== "string" || program.trim() === "")
    throw new UserError("launch configuration: `program` must be the path of a trace or capture file");
  return {
    program: pathOfUri(program),
    keys: readKeys(attributes.keys),
    profile: readProfile(attributes.profile),
    streams: readStreams(attributes.streams),
    tap: choiceOf("tap", attributes.tap, speaker),
    offloadStart: choiceOf("offloadStart", attributes.offloadStart, speaker),
    copies: choiceOf("copies", attributes.copies, speaker),
    names: namesOf(attributes.names, speaker),
    evidence: readTexts(attributes, "evidence", "paths of files"),
    startAt: readStartAt(attributes.startAt),
    listing: readListing(attributes.listing),
    compare: readCompare(attributes.compare),
    checkpoints: readCheckpoints(attributes.checkpoints),
    edits: readTexts(attributes, "edits", "lines such as `5: drop`"),
    fork: typeof attributes.fork === "string" ? visibleLine(attributes.fork).slice(0, forkNameMax) : "",
  };
}

function readListing(given: unknown): LaunchArguments["listing"] {
  const word = listings.find((each) => each === (given ?? listings[0]));
  if (word === undefined)
    throw new UserError(`launch configuration: \`listing\` takes ${listings.join(" or ")}`);
  return word;
}

/** The protocol's own word in a launch request: replay, say what was found, and end. */
export const readNoDebug = (given: unknown): boolean => readFlag(given as Record<string, unknown>, "noDebug");

function readKeys(keys: unknown): LaunchArguments["keys"] {
  if (keys === undefined || keys === null) return null;
  const list: unknown[] = Array.isArray(keys) ? keys : [keys];
  const isKey = (key: unknown): key is string | object =>
    (typeof key === "string" && key !== "") ||
    (typeof key === "object" && key !== null && !Array.isArray(key));
  if (!list.every(isKey))
    throw new UserError("launch configuration: `keys` takes paths of key files, or crypto_info objects");
  return list;
}

const readProfile = (word: unknown): string | null =>
  word === undefined || word === null ? null : profileWord(word, speaker);

function readCompare(words: unknown): string[] {
  if (words === undefined || words === null) return [];
  const list: unknown[] = Array.isArray(words) ? words : [words];
  return list.map((word) => variantWord(word, speaker));
}

/** Longer ones nobody gives a fork. */
const forkNameMax = 40;

function readTexts(attributes: Record<string, unknown>, name: string, what: string): string[] {
  const given = attributes[name] ?? [];
  const texts: unknown[] = Array.isArray(given) ? given : [given];
  if (texts.every((text) => typeof text === "string" && text !== "")) return texts as string[];
  throw new UserError(`launch configuration: \`${name}\` takes ${what}`);
}

function readStreams(streams: unknown): string[] {
  if (streams === undefined || streams === null) return [];
  if (typeof streams === "string") return [streams];
  if (Array.isArray(streams) && streams.every((glob) => typeof glob === "string")) return streams;
  throw new UserError("launch configuration: `streams` takes a list of globs such as *:443>*");
}

function readFlag(attributes: Record<string, unknown>, name: string): boolean {
  const given = attributes[name] ?? false;
  if (typeof given !== "boolean")
    throw new UserError(`launch configuration: \`${name}\` takes true or false`);
  return given;
}

/** What a launch configuration wants to see: its profiles' paths begin beside the program, its files go by short names. */
export function requestOf(launch: LaunchArguments): StudyRequest {
  const { program, keys, profile, streams, tap, offloadStart, copies, names } = launch;
  const isOnly = (path: string) =>
    launch.evidence.filter((other) => baseName(other) === baseName(path)).length === 1;
  return {
    program,
    keys,
    profile,
    profilesFrom: "program",
    streams,
    tap,
    offloadStart,
    copies,
    names,
    evidence: launch.evidence.map((path) => ({ path, name: isOnly(path) ? baseName(path) : path })),
    comparison:
      launch.compare.length === 0
        ? null
        : {
            among: launch.compare.map((word) => ({ word, name: shownId(word) })),
            withOwn: true,
            allBytes: false,
          },
  };
}

/** A profile's word without the folders of the file that it may name. */
function shownId(word: string): string {
  const named = fileWordOf(word);
  return named ? `${baseName(named.path)}${named.variant}` : word;
}

const baseName = (path: string): string => path.replace(/^.*[\\/]/, "");

/** The study that a launch configuration asks for, with the file that is open for it. Throws UserError when there is nothing to debug. */
export async function debuggeeOf(
  environment: Environment,
  launch: LaunchArguments,
  progress: Progress,
): Promise<Debuggee> {
  const { file, ...opened } = await openSubject(environment, requestOf(launch), speaker, progress);
  try {
    const { trace, keys } = opened;
    if (trace.connections.length === 0 || trace.events.count === 0) throw new UserError(nothingIn(trace));
    const forkOf = await paced(progress, "making the fork", forkIn(opened, launch));
    const asked = forkOf ? forkedSubject(opened, forkOf, launch.edits) : null;
    const studied = await study(asked ? await paced(progress, "making the fork", asked) : opened, progress);
    return { file, keys, start: startOf(studied, launch.startAt, forkOf), forkOf, ...studied };
  } catch (error) {
    file.close?.();
    throw error;
  }
}

export const isError = ({ severity }: { severity: "error" | "warning" | "note" }): boolean =>
  severity === "error";

/** Something of the trace, or of a kernel's reports, could not be read. */
export const hasErrors = ({ trace, evidenceDiagnostics }: Debuggee): boolean =>
  trace.diagnostics.some(isError) || evidenceDiagnostics.some(isError);

/** The trace as the launch configuration changes it; null if it does not. Throws UserError for what cannot be. */
function* forkIn({ trace }: Subject, { edits, fork }: LaunchArguments): Generator<number, ForkOf | null> {
  const name = fork === "" ? "fork" : `fork ${fork}`;
  try {
    const last = yield* forkingBy(trace, edits);
    return last && { ...last, name, title: `${name} (${visibleLine(edits.join(", "))})` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`launch configuration: \`edits\`: ${error.message}`);
  }
}

/** What is studied of a fork: what it is compared under is changed like the trace itself. */
function* forkedSubject(
  subject: Subject,
  { fork: { trace } }: ForkOf,
  edits: readonly string[],
): Generator<number, Subject> {
  const { contest } = subject;
  if (contest === null) return { ...subject, trace };
  const contestants: Contestant[] = [];
  for (const each of contest.contestants) {
    const own = each.trace === subject.trace ? trace : (yield* forkingBy(each.trace, edits))!.fork.trace;
    contestants.push({ ...each, trace: own });
  }
  return { ...subject, trace, contest: { ...contest, contestants } };
}

/** Most reasons named when there is nothing to debug. */
const reasonsMax = 5;

/** Why there is nothing to debug: what each stream's note and the diagnostics say. */
function nothingIn({ name, kind, streams, diagnostics }: Trace): string {
  const notes = streams.map((stream) => `${stream.name}: ${stream.note ?? "no offload start"}`);
  const reasons = [...notes, ...diagnostics.map(({ message }) => message)];
  const headline =
    kind === "text"
      ? `${name} has no event to debug`
      : streams.length === 0
        ? `${name} holds no TLS connection`
        : `${name} has no stream with an offload start`;
  if (reasons.length === 0) return `${headline}: was the right thing captured, from its beginning?`;
  const left = reasons.length - reasonsMax;
  const more = left > 0 ? [`… and ${left} more`] : [];
  return `${headline}:\n${[...reasons.slice(0, reasonsMax), ...more].join("\n")}`;
}
