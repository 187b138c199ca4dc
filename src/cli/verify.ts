import { type Asked, type FileVerdict, fileVerdict, statusOf } from "../judge/verdict.ts";
import { missingText, streamText, verdictText } from "../judge/verdict-words.ts";
import type { Study } from "../study/study.ts";
import { streamsOf } from "../study/subject.ts";
import { type Stream, type Trace, type Verdicts, Wire } from "../trace/trace.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { type Opened, open, studied } from "./opened.ts";
import { print } from "./output.ts";

export interface VerifyFlags extends ReadFlags {
  /** Unchecked ends with 0. */
  allowUnchecked?: true;
  /** Streams without keys count, too. */
  requireAll?: true;
}

/** More places with wrong bytes than this of one stream are counted, not listed. */
const listedMax = 20;

/** `tlstrace verify`: each stream's verdict and share, every failed record and every differing transmit, the verdict. */
export async function verify(file: string, flags: VerifyFlags): Promise<void> {
  const request = requestOf(file, flags);
  const opened = await open(request);
  const { trace } = opened.subject;
  const study = await studyIfDue(opened);
  const streams = streamsOf(trace, request.streams);
  const wrong = new Map<Stream, string[]>();
  if (study !== null) {
    const { wrongBytesOf } = await import("../report/wrong-bytes.ts");
    for (const stream of streams)
      if (stream.connection >= 0) wrong.set(stream, wrongBytesOf(study, stream.connection));
  }
  const verdict = fileVerdict(trace, streams, askedOf(study, [...wrong.values()].flat().length, flags));
  await print(streamLines(trace, verdict, wrong, streams));
  if (study?.overlay) await print((await import("../report/evidence-lines.ts")).evidenceLines(study.overlay));
  await print([verdictText(verdict)]);
  const isAllowed = flags.allowUnchecked === true && verdict.verdict === "unchecked";
  process.exitCode = isAllowed ? statusOf.right : statusOf[verdict.verdict];
}

/** A capture is replayed only if bytes of it are wrong or there is evidence: its bytes are judged already. */
async function studyIfDue(opened: Opened): Promise<Study | null> {
  const { trace, evidence } = opened.subject;
  const isRight = trace.verdicts !== null && !hasWrong(trace.verdicts);
  return isRight && evidence === null ? null : studied(opened);
}

const hasWrong = ({ wire, damage }: Verdicts): boolean => wire.includes(Wire.differs) || damage.size > 0;

function askedOf(study: Study | null, wrongPlaces: number, flags: VerifyFlags): Asked {
  const overlay = study?.overlay;
  return {
    requireAll: flags.requireAll === true,
    evidence: overlay
      ? { agreeing: overlay.matched + overlay.agreeing, differing: overlay.findings.length }
      : null,
    wrongByModel: wrongPlaces,
  };
}

function* streamLines(
  trace: Trace,
  verdict: FileVerdict,
  wrong: ReadonlyMap<Stream, readonly string[]>,
  streams: readonly Stream[],
): Generator<string> {
  const judged = new Map(verdict.streams.map((each) => [each.stream, each]));
  for (const stream of streams) {
    const found = judged.get(stream);
    if (found) yield streamText(found);
    else if (trace.verdicts === null) yield `${stream.name}: a trace file has no captured bytes to compare`;
    if (stream.note !== null) yield `  note: ${stream.note}`;
    for (const missing of found?.share.missing ?? []) yield `  ${missingText(missing)}`;
    const places = wrong.get(stream) ?? [];
    for (const text of places.slice(0, listedMax)) yield `  WRONG ${text}`;
    if (places.length > listedMax) yield `  … and ${places.length - listedMax} more`;
  }
}
