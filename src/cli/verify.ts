import { advance, after, seq } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import type { Overlay } from "../judge/evidence/evidence.ts";
import { streamsOf } from "../study/subject.ts";
import { Authenticated, type Stream, type Trace, type Verdicts, Wire } from "../trace/trace.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { type Opened, open, studied } from "./opened.ts";
import { exitStatus, print } from "./output.ts";

/** More places with wrong bytes than this of one stream are counted, not listed. */
const listedMax = 20;

/** `tlstrace verify`: each stream's sums, then every failed record and every differing transmit. */
export async function verify(file: string, flags: ReadFlags): Promise<void> {
  const request = requestOf(file, flags);
  const opened = await open(request);
  const { trace } = opened.subject;
  const { overlay, wrongBytes } = await judged(opened);
  const streams = streamsOf(trace, request.streams);
  let wrong = (overlay?.findings.length ?? 0) > 0;
  for (const stream of streams) {
    const found = stream.connection < 0 ? [] : wrongBytes(stream.connection);
    await print([...sumsOf(trace, stream), ...found.slice(0, listedMax).map((text) => `  WRONG ${text}`)]);
    if (found.length > listedMax) await print([`  … and ${found.length - listedMax} more`]);
    wrong ||= found.length > 0;
  }
  if (overlay !== null) await print((await import("../report/evidence-lines.ts")).evidenceLines(overlay));
  const checked = streams.some(({ connection }) => connection >= 0 && wasChecked(trace, connection));
  const right = checked ? "Everything that could be checked is right." : "Nothing could be checked.";
  await print([wrong ? "Something is wrong." : right]);
  if (wrong) process.exitCode = exitStatus.wrong;
}

interface Judged {
  /** The places with wrong bytes of a connection, in words. */
  wrongBytes: (connection: number) => string[];
  overlay: Overlay | null;
}

/**
 * What is wrong with a connection's bytes, and what the kernel reported otherwise. A capture is replayed only if there
 * is something of either: its bytes are judged already.
 */
async function judged(opened: Opened): Promise<Judged> {
  const { trace, evidence } = opened.subject;
  const isRight = trace.verdicts !== null && !hasWrong(trace.verdicts);
  if (isRight && evidence === null) return { wrongBytes: () => [], overlay: null };
  const { wrongBytesOf } = await import("../report/wrong-bytes.ts");
  const study = await studied(opened);
  const { overlay } = study;
  return { wrongBytes: (connection) => (isRight ? [] : wrongBytesOf(study, connection)), overlay };
}

const hasWrong = ({ wire, authenticated }: Verdicts): boolean =>
  wire.includes(Wire.differs) || authenticated.includes(Authenticated.no);

const wasChecked = ({ verdicts }: Trace, connection: number): boolean =>
  verdicts === null || (verdicts.compared[connection] ?? 0) > 0;

function sumsOf(trace: Trace, { name, note, connection }: Stream): string[] {
  const notes = note === null ? [] : [`  note: ${note}`];
  if (connection < 0) return [`${name}: not offloaded`, ...notes];
  if (!trace.verdicts) return [`${name}: a trace file has no captured bytes to compare`, ...notes];
  const { compared, differing } = trace.verdicts;
  const { records, yes, no, transmits } = countsOf(trace, trace.verdicts, connection);
  return [
    `${name}: ${records} records, ${yes} authenticated, ${no} failed; ` +
      `${transmits} transmits, ${compared[connection]} bytes of them compared, ${differing[connection]} differ`,
    ...notes,
  ];
}

function countsOf({ events, connections }: Trace, { authenticated }: Verdicts, connection: number) {
  const { startSeq } = connections[connection]!;
  const counts = { records: 0, yes: 0, no: 0, transmits: 0 };
  for (let event = 0; event < events.count; event++) {
    if (events.connection.values[event] !== connection) continue;
    const end = advance(seq(events.seq.values[event]!), events.length.values[event]!);
    if (events.kind.values[event] === Kind.transmit && after(end, startSeq)) counts.transmits++;
    if (events.kind.values[event] !== Kind.record) continue;
    counts.records++;
    if (authenticated[event] === Authenticated.yes) counts.yes++;
    if (authenticated[event] === Authenticated.no) counts.no++;
  }
  return counts;
}
