import type { Profile } from "../core/machine/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import { Comparison } from "../judge/compare/compare.ts";
import { comparedEvents, profileFindings } from "../judge/compare/words.ts";
import { layEvidence, type Overlay } from "../judge/evidence/evidence.ts";
import { failedExpectations } from "../judge/expectations.ts";
import { wireFindings } from "../judge/wire-verdict.ts";
import { Findings, type Judged } from "../replay/findings.ts";
import { Timeline } from "../replay/timeline.ts";
import type { AdapterEnvironment } from "../study/environment.ts";
import { compareWhole, replayWhole } from "../study/slices.ts";
import type { FileDiagnostic } from "../trace/evidence/counters.ts";
import { evidenceSizeMax, evidenceTooLarge, usableEvidence } from "../trace/evidence/evidence.ts";
import { type OpenOptions, openTrace } from "../trace/open.ts";
import { type FileAccess, type Progress, UserError } from "../trace/platform.ts";
import { fileWordOf, namesFile } from "../trace/profile-word.ts";
import { type ProfileFinder, pathBeside, profileFinder, profileForms } from "../trace/profiles/finder.ts";
import type { Trace } from "../trace/trace.ts";
import { kernelIds, type Variant, variantOf, withVariant } from "../trace/variant.ts";

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
  tap: OpenOptions["tap"];
  offloadStart: OpenOptions["offloadStart"];
  /** Paths of what the kernel reported meanwhile; empty = nothing to lay over the replay. */
  evidence: string[];
  stopOnEntry: boolean;
  /** Profiles to compare the trace's own with; empty = none. */
  compare: string[];
}

/** A trace that was opened, run through once and judged: what a session debugs. */
export interface Debuggee extends Judged {
  file: FileAccess;
  trace: Trace;
  /** What the kernel's evidence says of the replay; null without evidence. */
  overlay: Overlay | null;
  /** What could not be read of it. */
  evidenceDiagnostics: FileDiagnostic[];
}

/** Larger key files are not key files. */
const keysSizeMax = 64 * 1024 * 1024;

/** Reads launch arguments as an editor sends them. Throws UserError that names the attribute and what it takes. */
export function readLaunch(given: unknown): LaunchArguments {
  if (typeof given !== "object" || given === null) throw new UserError("the launch request has no arguments");
  const attributes = given as Record<string, unknown>;
  const program = attributes.program;
  if (typeof program !== "string" || program.trim() === "")
    throw new UserError("launch configuration: `program` must be the path of a trace or capture file");
  return {
    program,
    keys: readKeys(attributes.keys),
    profile: readProfile(attributes.profile),
    streams: readStreams(attributes.streams),
    tap: oneOf(attributes, "tap", ["auto", "host", "wire"]),
    offloadStart: oneOf(attributes, "offloadStart", ["after-finished", "after-ccs"]),
    evidence: readPaths(attributes, "evidence"),
    stopOnEntry: readFlag(attributes, "stopOnEntry"),
    compare: readCompare(attributes.compare),
  };
}

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

/** The word of a profile; a file that it names is read only when the trace is opened. */
function readProfile(word: unknown): string | null {
  if (word === undefined || word === null) return null;
  if (typeof word === "string" && (namesFile(word) || profileById(word) !== null)) return word;
  const forms = profileForms(typeof word === "string" ? word : "");
  throw new UserError(`launch configuration: \`profile\` ${JSON.stringify(word)} is no profile; ${forms}`);
}

/** The profile of a word of the launch configuration. Throws UserError with all that is wrong with its file. */
function profileNamed(find: ProfileFinder, word: string): Profile {
  const messages: string[] = [];
  const profile = find(word, (message) => messages.push(message));
  if (profile === null) throw new UserError(`launch configuration: \`profile\`: ${messages.join("\n")}`);
  return profile;
}

/** The words of the profiles to compare with; files that they name are read when the trace is opened. */
function readCompare(ids: unknown): string[] {
  if (ids === undefined || ids === null) return [];
  const list: unknown[] = Array.isArray(ids) ? ids : [ids];
  return list.map((id) => {
    if (typeof id === "string" && (namesFile(id) || variantOf(id, profileById) !== null)) return id;
    throw new UserError(
      `launch configuration: \`compare\` takes a list of profiles and kernels (${kernelIds.join(", ")}), not ${JSON.stringify(id)}; ${profileForms(typeof id === "string" ? id : "")}`,
    );
  });
}

function readPaths(attributes: Record<string, unknown>, name: string): string[] {
  const given = attributes[name] ?? [];
  const paths: unknown[] = Array.isArray(given) ? given : [given];
  if (paths.every((path) => typeof path === "string" && path !== "")) return paths as string[];
  throw new UserError(`launch configuration: \`${name}\` takes paths of files`);
}

function readStreams(streams: unknown): string[] {
  if (streams === undefined || streams === null) return [];
  if (typeof streams === "string") return [streams];
  if (Array.isArray(streams) && streams.every((glob) => typeof glob === "string")) return streams;
  throw new UserError("launch configuration: `streams` takes a list of globs such as *:443>*");
}

function oneOf<Choice extends string>(
  attributes: Record<string, unknown>,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const given = attributes[name] ?? choices[0];
  const choice = choices.find((each) => each === given);
  if (choice !== undefined) return choice;
  throw new UserError(
    `launch configuration: \`${name}\` is ${JSON.stringify(given)}; it takes ${choices.join(", ")}`,
  );
}

function readFlag(attributes: Record<string, unknown>, name: string): boolean {
  const given = attributes[name] ?? false;
  if (typeof given !== "boolean")
    throw new UserError(`launch configuration: \`${name}\` takes true or false`);
  return given;
}

/** Opens the trace, runs it once and checks its expectations. Throws UserError when there is nothing to debug. */
export async function load(
  environment: AdapterEnvironment,
  launch: LaunchArguments,
  progress: Progress,
): Promise<Debuggee> {
  const file = environment.openFile(launch.program);
  try {
    const { streams, tap, offloadStart } = launch;
    const profiles = profileFinder((path) => environment.openFile(pathBeside(launch.program, path)));
    const profile = launch.profile === null ? null : profileNamed(profiles, launch.profile);
    const keys = keyTexts(environment, launch);
    const options = { profile, profiles, streams, tap, offloadStart };
    const trace = await openTrace(file, keys, options, environment.platform, progress);
    if (trace.connections.length === 0 || trace.events.count === 0) throw new UserError(nothingIn(trace));
    const variants = launch.compare.map((id) => variantOf(id, (word) => profileNamed(profiles, word))!);
    const { timeline, comparison } = await replayed(trace, variants, progress);
    const laid = overlay(environment, launch, timeline);
    return { file, trace, timeline, findings: judged(timeline, comparison, laid.overlay), ...laid };
  } catch (error) {
    file.close?.();
    throw error;
  }
}

interface Replayed {
  timeline: Timeline;
  /** With the profiles to compare with, where there are any. */
  comparison: Comparison | null;
}

/** The trace's first pass; with profiles to compare it is one of a comparison's. */
async function replayed(trace: Trace, variants: readonly Variant[], progress: Progress): Promise<Replayed> {
  if (variants.length === 0)
    return { timeline: await replayWhole(new Timeline(trace), progress), comparison: null };
  const own = [...new Set(trace.devices.map(({ profile }) => profile.id))].join(", ");
  const others = variants.map((variant) => ({ id: shownId(variant.id), trace: withVariant(trace, variant) }));
  const contestants = [{ id: own, trace }, ...others];
  const comparison = await compareWhole(new Comparison(contestants), progress);
  return { timeline: comparison.runs[0]!.timeline, comparison };
}

/** What all judges say: the capture's own bytes, the expect lines, the other profiles, the kernel. */
function judged(timeline: Timeline, comparison: Comparison | null, overlay: Overlay | null): Findings {
  const wire = wireFindings(timeline);
  const profiles = comparison === null ? [] : profileFindings(comparison);
  const failed = failedExpectations({
    timeline,
    findings: new Findings({ findings: [...wire, ...profiles] }),
  });
  return new Findings({
    findings: [...wire, ...failed, ...profiles, ...(overlay?.findings ?? [])],
    ...(overlay && { reports: overlay.reports }),
    compared: comparison && comparedEvents(comparison),
  });
}

/** A profile's word without the folders of the file that it may name. */
function shownId(word: string): string {
  const named = fileWordOf(word);
  return named ? `${baseName(named.path)}${named.variant}` : word;
}

const baseName = (path: string): string => path.replace(/^.*[\\/]/, "");

/** Lays the evidence over the replay. Throws UserError for a file that is none. */
function overlay(
  environment: AdapterEnvironment,
  launch: LaunchArguments,
  timeline: Timeline,
): Pick<Debuggee, "overlay" | "evidenceDiagnostics"> {
  if (launch.evidence.length === 0) return { overlay: null, evidenceDiagnostics: [] };
  const isOnly = (path: string) =>
    launch.evidence.filter((other) => baseName(other) === baseName(path)).length === 1;
  const files = launch.evidence.map((path) => ({
    name: isOnly(path) ? baseName(path) : path,
    text: new TextDecoder().decode(wholeFile(environment, path, evidenceSizeMax, evidenceTooLarge)),
  }));
  const evidence = usableEvidence(files);
  return { overlay: layEvidence(timeline, evidence), evidenceDiagnostics: evidence.diagnostics };
}

/** A whole file. Throws UserError saying `tooLarge` for one that is. */
function wholeFile(
  environment: AdapterEnvironment,
  path: string,
  sizeMax: number,
  tooLarge: string,
): Uint8Array {
  const file = environment.openFile(path);
  try {
    if (file.size > sizeMax) throw new UserError(`${path} ${tooLarge}`);
    return file.read(0, file.size);
  } finally {
    file.close?.();
  }
}

function keyTexts(environment: AdapterEnvironment, { program, keys }: LaunchArguments): string[] {
  const beside = keys === null ? environment.findKeys(program) : null;
  const list = keys ?? (beside === null ? [] : [beside]);
  return list.map((key) => (typeof key === "string" ? keyText(environment, key) : JSON.stringify([key])));
}

function keyText(environment: AdapterEnvironment, path: string): string {
  const tooLarge = "is too large for a file of keys: check `keys`";
  const bytes = wholeFile(environment, path, keysSizeMax, tooLarge);
  if (bytes.subarray(0, 4096).includes(0))
    throw new UserError(`${path} is not a key log or crypto_info file: check \`keys\``);
  return new TextDecoder().decode(bytes);
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
