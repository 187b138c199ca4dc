import { seq } from "../core/base/seq.ts";
import { kernelById } from "../core/machine/generation.ts";
import type { Profile } from "../core/machine/profile.ts";
import type { Contestant } from "../judge/compare/compare.ts";
import type { Install } from "../trace/capture/context.ts";
import {
  type Evidence,
  evidenceSizeMax,
  evidenceTooLarge,
  usableEvidence,
} from "../trace/evidence/evidence.ts";
import { globMatcher } from "../trace/glob.ts";
import { keyTextOf, readingKeySource } from "../trace/keys/source.ts";
import { type OpenOptions, openTrace } from "../trace/open.ts";
import { type FileAccess, type Progress, paced, UserError } from "../trace/platform.ts";
import { type ProfileFinder, pathBeside, profileFinder } from "../trace/profiles/finder.ts";
import type { Diagnostic, Stream, Trace } from "../trace/trace.ts";
import { type Variant, variantOf, withVariant } from "../trace/variant.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";
import type { Environment, KeyFolder } from "./environment.ts";
import { type ComparisonRequest, type Speaker, type StudyRequest, variantWord } from "./request.ts";

/** What a study is of: everything that had to be read for it. */
export interface Subject {
  trace: Trace;
  contest: Contest | null;
  evidence: Evidence | null;
}

/** The same with the trace's file, from which a capture's bytes are read as long as somebody looks. Who holds it closes it. */
export interface OpenSubject extends Subject {
  file: FileAccess;
  keys: KeysGiven[];
}

/** A source of keys that was named or found. */
export interface KeysGiven {
  name: string;
  /** False of what was found beside the capture, or by a session in a folder. */
  isNamed: boolean;
  /** It has something of a session or stream of the capture. */
  fits: boolean;
}

/** Connections that a comparison replays at once, each under every profile: some 5 KB each. */
const comparedMax = 2 ** 17;

/** What is to be compared. */
export interface Contest {
  contestants: readonly Contestant[];
  /** The connections that count. */
  connections: ReadonlySet<number>;
  allBytes: boolean;
}

/** Larger key files are not key files. */
const keysSizeMax = 64 * 1024 * 1024;

/** Opens the trace and reads what was named beside it. Throws UserError for what cannot be had. */
export async function openSubject(
  environment: Environment,
  request: StudyRequest,
  speaker: Speaker,
  progress: Progress,
): Promise<OpenSubject> {
  const { program, streams, tap, offloadStart, copies, names } = request;
  const file = environment.openFile(program);
  let other: OtherCapture | null = null;
  try {
    const profiles = profilesBeside(environment, program);
    const asked = profileFinder((path) =>
      environment.openFile(request.profilesFrom === "program" ? pathBeside(program, path) : path),
    );
    const find = (word: string) => profileNamed(asked, word, speaker);
    const kernel = kernelById(request.profile ?? "");
    const profile = request.profile === null || kernel ? null : find(request.profile);
    const { comparison } = request;
    const variants = comparison?.among.map(({ word, name }) => ({ ...variantOf(word, find)!, id: name }));
    const keys = keyTexts(environment, request, speaker);
    const folder = request.keysDir === undefined ? null : environment.keyFolder(request.keysDir);
    const evidence = await evidenceIn(environment, request, progress);
    const options = {
      profile,
      profiles,
      streams,
      tap,
      offloadStart,
      copies,
      names,
      installs: installsOf(evidence),
      ...(folder && { keyFolder: folder }),
    };
    const texts = keys.map(({ text }) => text);
    other = await otherOf(environment, request, { texts, options }, progress);
    const plaintext = request.plaintext && { other: other?.trace ?? null };
    const opened = plaintext ? { ...options, plaintext } : options;
    const read = await openTrace(file, texts, opened, environment.platform, progress);
    const trace = kernel ? withVariant(read, variantOf(kernel.id, find)!) : read;
    if (other) trace.diagnostics.push(...other.complaints);
    trace.diagnostics.unshift(...passedOver(environment, request, trace));
    const contest = comparison && contestOf(trace, variants!, comparison, streams);
    const given = await paced(progress, "reading keys", keysGiven(trace, keys, folder));
    return { file, trace, contest, evidence, keys: given };
  } catch (error) {
    file.close?.();
    throw error;
  } finally {
    other?.file.close?.();
  }
}

/** The capture that another one is held against. */
interface OtherCapture {
  trace: Trace;
  file: FileAccess;
  /** What was not well with it: of it nothing makes the file itself unreadable. */
  complaints: Diagnostic[];
}

/** Opens the capture that says what records must hold; null if none is named. Throws UserError for what is none. */
async function otherOf(
  { openFile, platform }: Environment,
  { plaintext }: StudyRequest,
  { texts, options }: { texts: readonly string[]; options: OpenOptions },
  progress: Progress,
): Promise<OtherCapture | null> {
  const against = plaintext?.against ?? null;
  if (against === null) return null;
  const file = openFile(against);
  try {
    const trace = await openTrace(file, texts, { ...options, streams: [], tap: "auto" }, platform, progress);
    if (trace.kind !== "capture")
      throw new UserError(`${against} is no capture that another could be held against`);
    const ofItself = trace.diagnostics.filter(({ isOfKeys }) => !isOfKeys);
    const complaints = ofItself.map(({ severity, message }): Diagnostic => {
      return { severity: severity === "error" ? "warning" : severity, message: `${against}: ${message}` };
    });
    return { trace, file, complaints };
  } catch (error) {
    file.close?.();
    throw error;
  }
}

/** What lies beside a capture under the name of its keys and cannot be read. */
function passedOver(
  { findKeys }: Environment,
  { program, keys }: StudyRequest,
  { kind }: Trace,
): Diagnostic[] {
  const sentences = keys === null && kind === "capture" ? findKeys(program).passedOver : [];
  return sentences.map((message) => ({ severity: "warning", message }));
}

/** Finds what a trace names: profile files lie beside it. */
export const profilesBeside = ({ openNamed }: Environment, program: string): ProfileFinder =>
  profileFinder((path) => openNamed(program, path));

/** The variant of a word whose files are looked for from here. Throws UserError for what names none. */
export const variantNamed = ({ openFile }: Environment, given: string, speaker: Speaker): Variant =>
  variantOf(variantWord(given, speaker), (word) => profileNamed(profileFinder(openFile), word, speaker))!;

/** The profile of a word that is known to name one. Throws UserError with all that is wrong with its file. */
function profileNamed(find: ProfileFinder, word: string, speaker: Speaker): Profile {
  const messages: string[] = [];
  const profile = find(word, (message) => messages.push(message));
  if (profile === null) throw new UserError(speaker.badProfile(messages.join("\n")));
  return profile;
}

/** Streams of the trace that globs select; no glob selects all. */
export function streamsOf({ streams }: Trace, globs: readonly string[]): Stream[] {
  const matches = globMatcher(globs);
  return streams.filter(({ name, short }) => matches(name) || matches(short));
}

function contestOf(
  trace: Trace,
  variants: readonly Variant[],
  { withOwn, allBytes }: ComparisonRequest,
  globs: readonly string[],
): Contest {
  const replayed = trace.connections.length * (variants.length + (withOwn ? 1 : 0));
  if (replayed > comparedMax)
    throw new UserError(
      `comparing would replay ${replayed} connections, of which ${comparedMax} are the most: name fewer profiles, or divide the trace`,
    );
  const own = [...new Set(trace.devices.map(({ profile }) => profile.id))].join(", ");
  const others = variants.map((variant) => ({ id: variant.id, trace: withVariant(trace, variant) }));
  const offloaded = streamsOf(trace, globs).filter(({ connection }) => connection >= 0);
  return {
    contestants: withOwn ? [{ id: own, trace }, ...others] : others,
    connections: new Set(offloaded.map(({ connection }) => connection)),
    allBytes,
  };
}

/** The text of a source of keys, and the name that it is told by. */
interface KeyText {
  name: string;
  text: string;
  isNamed: boolean;
}

function keyTexts(environment: Environment, request: StudyRequest, speaker: Speaker): KeyText[] {
  const { program, keys, plaintext } = request;
  const found = [program, plaintext?.against ?? program].flatMap((path) =>
    keys === null ? (environment.findKeys(path).file ?? []) : [],
  );
  const list = keys ?? [...new Set(found)];
  return list.map((key) => {
    if (typeof key !== "string") return { name: "crypto_info", text: JSON.stringify([key]), isNamed: true };
    return { name: key, text: keyText(environment, key, speaker), isNamed: keys !== null };
  });
}

/** Which of the sources have something of the capture. */
function* keysGiven(
  trace: Trace,
  texts: readonly KeyText[],
  folder: KeyFolder | null,
): Generator<number, KeysGiven[]> {
  const sessions = [
    ...new Set(trace.streams.flatMap(({ session, keyedBy = [] }) => [session ?? [], keyedBy].flat())),
  ];
  const wanted = new Set(sessions);
  const names = new Set(trace.streams.map(({ name }) => name.replace(/#\d+$/, "")));
  const isOpened = trace.streams.some(({ hasKeys, lack }) => hasKeys && !lack);
  const given: KeysGiven[] = [];
  for (const { name, isNamed, text } of texts) {
    const { keyLogs, cryptoInfos } = (yield* readingKeySource([text])).source;
    let fits = false;
    for (const { ends } of cryptoInfos) {
      fits ||= ends ? names.has(`${ends.source}>${ends.destination}`) : isOpened;
      if (fits) break;
      yield 0;
    }
    for (const log of keyLogs) fits ||= yield* tellsOf(log, wanted);
    given.push({ name, isNamed, fits });
  }
  const files = folder?.filesOf(sessions) ?? [];
  return [...given, ...files.map((name) => ({ name, isNamed: false, fits: true }))];
}

/** True if a key log has a line of one of these sessions: it is read once, however many there are. */
function* tellsOf(keyLog: string, sessions: ReadonlySet<string>): Generator<number, boolean> {
  if (sessions.size === 0) return false;
  for (const { 0: random, index } of keyLog.matchAll(/\b[0-9a-fA-F]{64}\b/g)) {
    if (sessions.has(random.toLowerCase())) return true;
    yield index / keyLog.length;
  }
  return false;
}

function keyText(environment: Environment, path: string, { keysTooLarge, noKeys }: Speaker): string {
  const file = smallFile(environment, path, keysSizeMax, keysTooLarge);
  let text: string | null;
  try {
    text = keyTextOf(file.read(0, file.size));
  } finally {
    file.close?.();
  }
  if (text === null) throw new UserError(`${visiblePath(path)} ${noKeys}`);
  return text;
}

/** Reads the named evidence; null if none is named. Throws UserError for a file that is none. */
async function evidenceIn(
  environment: Environment,
  { evidence }: StudyRequest,
  progress: Progress,
): Promise<Evidence | null> {
  if (evidence.length === 0) return null;
  const texts: { name: string; text: string }[] = [];
  for (const { path, name } of evidence) {
    const text = await paced(progress, "reading evidence", decoding(environment, path));
    texts.push({ name: visibleLine(name), text });
  }
  return paced(progress, "reading evidence", usableEvidence(texts));
}

/** Bytes made text of at once. */
const pieceSize = 1 << 22;

/** A file's text, piece by piece. */
function* decoding(environment: Environment, path: string): Generator<number, string> {
  const file = smallFile(environment, path, evidenceSizeMax, evidenceTooLarge);
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  try {
    for (let at = 0; at < file.size; at += pieceSize) {
      const stream = at + pieceSize < file.size;
      pieces.push(decoder.decode(file.read(at, pieceSize), { stream }));
      yield at / file.size;
    }
  } finally {
    file.close?.();
  }
  return pieces.join("");
}

/** Where installs for sending began, as the kernel told it. */
function installsOf(evidence: Evidence | null): Install[] {
  return (evidence?.tracepoints ?? []).flatMap((one) =>
    one.event === "tls_device_offload_set" && one.fields.direction === directionTx && one.fields.ret === 0
      ? { startSeq: seq(one.fields.tcp_seq), recSeq: one.fields.rec_no }
      : [],
  );
}

/** TLS_OFFLOAD_CTX_DIR_TX. */
const directionTx = 1;

/** An open file. Throws UserError saying `tooLarge` for one that is. */
function smallFile({ openFile }: Environment, path: string, sizeMax: number, tooLarge: string): FileAccess {
  const file = openFile(path);
  if (file.size <= sizeMax) return file;
  file.close?.();
  throw new UserError(`${visiblePath(path)} ${tooLarge}`);
}
