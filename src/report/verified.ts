import { type FileVerdict, fileVerdict, type Share, type StreamVerdict } from "../judge/verdict.ts";
import { askedOf } from "../study/asked.ts";
import type { Environment } from "../study/environment.ts";
import type { Speaker, StudyRequest } from "../study/request.ts";
import type { Study } from "../study/study.ts";
import { type OpenSubject, openSubject, streamsOf } from "../study/subject.ts";
import { type Progress, UserError } from "../trace/platform.ts";
import { type Stream, type Trace, type Verdicts, Wire } from "../trace/trace.ts";
import { visiblePath } from "../trace/visible.ts";
import { complaint, diagnosticLine } from "./complaints.ts";
import type { WrongPlaces } from "./wrong-bytes.ts";

/** A file that is to be verified, as plain data. */
export interface VerifyJob {
  /** Its name to whoever reads the report; `request.program` is where it lies. */
  file: string;
  request: StudyRequest;
  requireAll: boolean;
}

/** A stream in a report: its verdict, and the places with wrong bytes in words. */
export interface StreamReport extends Omit<StreamVerdict, "share"> {
  /** Null in a trace file. */
  share: Share | null;
  wrong: string[];
  /** How many there are of them, with those that are not in words. */
  places: number;
}

/** What is known of a file without reading it; null if it is no file that can be asked. */
export interface FileState {
  size: number | null;
  /** When it was changed last, as ISO 8601. */
  modified: string | null;
}

/** Where files are verified: what opens them, and in which words somebody is refused. */
export interface VerifyPlace {
  environment: Environment;
  speaker: Speaker;
  stateOf(program: string): FileState;
}

/** What verifying a file came to, as plain data; also of one that cannot be read. */
export interface FileReport extends Pick<FileVerdict, "verdict" | "reason">, FileState {
  file: string;
  /** A defect of the program, or the end of its worker, is why it is unreadable. */
  isDefect: boolean;
  packets: number;
  share: Share | null;
  streams: StreamReport[];
  /** Names of the sources of keys that fit. */
  keys: string[];
  /** Diagnostics as problem matchers read them, and what evidence says. */
  complaints: string[];
  evidence: string[];
  milliseconds: number;
}

/** Verifies a file. What cannot be read is unreadable: nothing is thrown but Cancelled and mistakes of ours. */
export async function verifyFile(
  job: VerifyJob,
  place: VerifyPlace,
  progress: Progress,
): Promise<FileReport> {
  const started = performance.now();
  const found = await verified(job, place, progress).catch((error) => {
    if (error instanceof UserError) return unreadable(job, place.stateOf(job.request.program), error.message);
    throw error;
  });
  return { ...found, milliseconds: Math.round(performance.now() - started) };
}

/** The report of a file that could not be verified at all. */
export function unreadable(
  { file, request: { program } }: VerifyJob,
  state: FileState,
  message: string,
): FileReport {
  const reason = named(message, program, file === "-" ? "standard input" : visiblePath(file));
  const nothing = { share: null, packets: 0, streams: [], keys: [], evidence: [], milliseconds: 0 };
  return {
    file,
    ...state,
    ...nothing,
    isDefect: false,
    verdict: "unreadable",
    reason,
    complaints: [complaint("tlstrace", reason)],
  };
}

/** A message that calls a file what its user calls it. */
export const named = (message: string, program: string, name: string): string =>
  message.replaceAll(visiblePath(program), name);

/** How the reason of a file begins that met a defect of the program. */
export const defectReason = "internal error while verifying it, please report it";

/** The report of a file over which the program met a defect of its own, or its worker ended. */
export function broken(job: VerifyJob, state: FileState, error: unknown): FileReport {
  const message = error instanceof Error ? error.message : String(error);
  const reason = `${defectReason} (${message.split("\n", 1)[0]})`;
  return { ...unreadable(job, state, reason), isDefect: true };
}

async function verified(
  { file, request, requireAll }: VerifyJob,
  { environment, speaker, stateOf }: VerifyPlace,
  progress: Progress,
): Promise<FileReport> {
  const status = stateOf(request.program);
  const subject = await openSubject(environment, request, speaker, progress);
  try {
    const { trace, keys } = subject;
    const study = await studyIfDue(subject, progress);
    const streams = streamsOf(trace, request.streams);
    const wrong: ReadonlyMap<number, WrongPlaces> = study
      ? (await import("./wrong-bytes.ts")).wrongPlaces(study)
      : new Map();
    const counted = streams.reduce((sum, { connection }) => sum + (wrong.get(connection)?.count ?? 0), 0);
    const overlay = study?.overlay ?? null;
    const asked = { ...askedOf({ keys, overlay }), requireAll, wrongByModel: counted };
    const verdict = fileVerdict(trace, streams, asked);
    return {
      file,
      ...status,
      isDefect: false,
      verdict: verdict.verdict,
      reason: verdict.reason,
      share: trace.verdicts ? verdict.share : null,
      packets: trace.frames ?? 0,
      streams: streamReports(trace, verdict, streams, wrong),
      keys: keys.filter(({ fits }) => fits).map(({ name }) => name),
      complaints: complaintsOf(file, subject, study),
      evidence: study?.overlay ? [...(await import("./evidence-lines.ts")).evidenceLines(study.overlay)] : [],
      milliseconds: 0,
    };
  } finally {
    subject.file.close?.();
  }
}

/** A capture is replayed only if something of it is wrong or there is evidence: its bytes are judged already. */
async function studyIfDue(subject: OpenSubject, progress: Progress): Promise<Study | null> {
  const { trace, evidence } = subject;
  if (trace.verdicts !== null && !hasWrong(trace.verdicts) && evidence === null) return null;
  return (await import("../study/study.ts")).study(subject, progress);
}

const hasWrong = ({ wire, damage }: Verdicts): boolean => wire.includes(Wire.differs) || damage.size > 0;

/** A trace file's streams have no verdict of their own: what is wrong there is the model's. */
function streamReports(
  { verdicts }: Trace,
  verdict: FileVerdict,
  streams: readonly Stream[],
  wrong: ReadonlyMap<number, WrongPlaces>,
): StreamReport[] {
  const judged = new Map(verdict.streams.map((each) => [each.stream, each]));
  return streams.map((stream) => {
    const { texts, count } = wrong.get(stream.connection) ?? { texts: [], count: 0 };
    const own = judged.get(stream);
    if (verdicts !== null && own) return { ...own, wrong: texts, places: count };
    return {
      stream,
      verdict: count > 0 ? "wrong" : "unchecked",
      share: null,
      why: null,
      wrong: texts,
      places: count,
    };
  });
}

function complaintsOf(file: string, { trace }: OpenSubject, study: Study | null): string[] {
  return [
    ...trace.diagnostics.map((diagnostic) => diagnosticLine(file, diagnostic)),
    ...(study?.evidenceDiagnostics ?? []).map((each) => diagnosticLine(each.file, { line: 1, ...each })),
  ];
}
