import { headerSize, layoutOf } from "../core/base/record.ts";
import { Kind } from "../core/words/event.ts";
import type { CapturedRecords } from "../trace/captured.ts";
import { type LackWord, lacks } from "../trace/lacks.ts";
import { gapType } from "../trace/tls/record-table.ts";
import { Authenticated, type Stream, type Trace } from "../trace/trace.ts";
import { counted } from "../trace/visible.ts";

/**
 * What verifying says of a stream, a file, a run. `right`: something was compared, and all of it is right; `unchecked`:
 * nothing could be compared, or not what should have been. Nothing is right that was not checked.
 */
export const verdictWords = ["wrong", "unreadable", "unchecked", "right"] as const;
export type VerdictWord = (typeof verdictWords)[number];

/** Exit statuses of `verify`. */
export const statusOf: Readonly<Record<VerdictWord, number>> = {
  right: 0,
  wrong: 1,
  unreadable: 2,
  unchecked: 3,
};

/** The worst of them; `right` where there are none. */
export const worstOf = (verdicts: Iterable<VerdictWord>): VerdictWord => {
  const given = new Set(verdicts);
  return verdictWords.find((word) => given.has(word)) ?? "right";
};

/** What was not compared, and why: records, and bytes of the stream. */
export interface Missing {
  why: LackWord;
  records: number;
  bytes: number;
}

/** How much of a stream was checked. */
export interface Share {
  records: number;
  authenticated: number;
  /** In plaintext as it was expected. */
  plain: number;
  failed: number;
  /** Places that are wrong though no byte was compared there: nonces used twice, bytes of no record, leaks. */
  faults: number;
  /** Packets that carry something from the offload start on, each copy counted, and their bytes from there on. */
  transmits: number;
  bytes: number;
  compared: number;
  differing: number;
  missing: Missing[];
}

/** A stream's verdict, the share it is true of, and where it is not right or wrong the reason. */
export interface StreamVerdict {
  stream: Stream;
  verdict: VerdictWord;
  share: Share;
  why: LackWord | null;
}

const nothing = (): Share => ({
  records: 0,
  authenticated: 0,
  plain: 0,
  failed: 0,
  faults: 0,
  transmits: 0,
  bytes: 0,
  compared: 0,
  differing: 0,
  missing: [],
});

/** The verdict of each of these streams of a capture; one pass over its events, one over its records. */
export function streamVerdicts(trace: Trace, streams: readonly Stream[]): StreamVerdict[] {
  const sent = transmitsOf(trace);
  return streams.map((stream) => {
    const share = { ...nothing(), ...sent[stream.connection], ...recordsOf(trace, stream) };
    const why = whyUnchecked(stream, share);
    const isWrong = share.failed + share.faults + share.differing > 0;
    return {
      stream,
      share,
      why: isWrong ? null : why,
      verdict: isWrong ? "wrong" : why ? "unchecked" : "right",
    };
  });
}

/** Packets of each connection from its offload start on, and what of their bytes was compared. */
function transmitsOf({ events, connections, verdicts }: Trace): Partial<Share>[] {
  const sums = connections.map((_, connection) => ({
    faults: 0,
    transmits: 0,
    bytes: 0,
    compared: verdicts?.compared[connection] ?? 0,
    differing: verdicts?.differing[connection] ?? 0,
  }));
  const { kind, connection: owner, seq: first, length } = events;
  for (let event = 0; event < events.count; event++) {
    if (kind.values[event] !== Kind.transmit) continue;
    const connection = owner.values[event]!;
    const end = first.values[event]! + length.values[event]!;
    if (end <= connections[connection]!.startSeq) continue;
    sums[connection]!.transmits++;
    sums[connection]!.bytes += length.values[event]!;
  }
  for (const event of verdicts?.damage.keys() ?? [])
    if (verdicts!.authenticated[event] !== Authenticated.no) sums[owner.values[event]!]!.faults++;
  return sums;
}

/** Why a stream's bytes count as unchecked; null if something was compared and nothing complete was left out. */
function whyUnchecked({ lack }: Stream, { authenticated, plain, compared, missing }: Share): LackWord | null {
  if (lack) return lack;
  const left = missing.find(({ why }) => why === "no-number" || why === "no-record" || why === "ends-within");
  if (left) return left.why;
  if (authenticated + plain > 0 && compared > 0) return null;
  return missing[0]?.why ?? "nothing-sent";
}

/** What became of a stream's records, and of those that were not opened the reasons. */
function recordsOf({ connections, captured, verdicts }: Trace, stream: Stream): Partial<Share> {
  const source = connections[stream.connection]?.source;
  const found = source?.kind === "captured" ? captured[source.stream] : undefined;
  if (!found) return {};
  const isCut = verdicts!.cut[stream.connection]! > 0;
  const ended = verdicts!.ended[stream.connection] ?? Number.POSITIVE_INFINITY;
  const tally = new Tally();
  const { records } = found;
  const holdsOf = heldIn(found);
  for (let row = 0; row < records.start.length; row++) {
    const [isGap, authenticated] = [records.type.values[row] === gapType, records.authenticated.values[row]];
    if (!isGap) tally.count(authenticated);
    const length = records.length.values[row]!;
    const held = holdsOf(row);
    if (authenticated === Authenticated.framed)
      tally.miss(stream.contentLack!, 0, length - layoutOf(found.version, found.cipher!).overhead);
    if (authenticated !== Authenticated.unknown) continue;
    const why =
      stream.lack ??
      (held < length || isStub(records, row)
        ? lostIn(records, row, { isCut, ended })
        : unopened(found, row, isGap));
    tally.miss(why, isGap ? 0 : 1, isGap && held < length ? length - held : length);
  }
  return tally.share();
}

type RecordRows = CapturedRecords["records"];

/** True for the beginning of a header, with which the stream ends: the table has it as a gap. */
const isStub = ({ start, length, type }: RecordRows, row: number): boolean =>
  row === start.length - 1 && type.values[row] === gapType && length.values[row]! < headerSize;

/** Why a record that is not whole, or a gap, is not there; `ended`: where the stream's FIN stands. */
function lostIn(
  records: RecordRows,
  row: number,
  { isCut, ended }: { isCut: boolean; ended: number },
): LackWord {
  const { start, length, type } = records;
  const isLast = row === start.length - 1 && (type.values[row] !== gapType || isStub(records, row));
  // No capture lacks these bytes: they were never sent, or the header's length is wrong.
  if (isLast && ended < start.values[row]! + Math.max(headerSize, length.values[row]!)) return "ends-within";
  if (isCut) return "cut";
  return isLast ? "incomplete" : "hole";
}

/** Why bytes that are all there were not opened. */
function unopened({ epochs, records }: CapturedRecords, row: number, isGap: boolean): LackWord {
  if (isGap) return "no-record";
  const epoch = records.epoch.values[row]!;
  if (epochs[epoch]) return "no-number";
  return epoch === 0 ? "no-keys" : "later-keys";
}

/** Gives how many bytes of a row of the record table were captured; rows are asked for in their order. */
function heldIn({ pieces, records }: CapturedRecords): (row: number) => number {
  let piece = 0;
  const endOf = (at: number) => pieces.start.values[at]! + pieces.length.values[at]!;
  return (row) => {
    const from = records.start.values[row]!;
    const to = from + records.length.values[row]!;
    while (piece < pieces.start.length && endOf(piece) <= from) piece++;
    let held = 0;
    for (let at = piece; at < pieces.start.length && pieces.start.values[at]! < to; at++)
      held += Math.min(to, endOf(at)) - Math.max(from, pieces.start.values[at]!);
    return held;
  };
}

function addTo(missing: Map<LackWord, Missing>, why: LackWord, records: number, bytes: number): void {
  const known = missing.get(why) ?? { why, records: 0, bytes: 0 };
  known.records += records;
  known.bytes += bytes;
  missing.set(why, known);
}

/** Counts records by what became of them. */
class Tally {
  private records = 0;
  private authenticated = 0;
  private plain = 0;
  private failed = 0;
  private readonly missing = new Map<LackWord, Missing>();

  count(authenticated: number | undefined): void {
    this.records++;
    if (authenticated === Authenticated.yes) this.authenticated++;
    if (authenticated === Authenticated.framed || authenticated === Authenticated.plain) this.plain++;
    if (authenticated === Authenticated.no) this.failed++;
  }

  miss(why: LackWord, records: number, bytes: number): void {
    addTo(this.missing, why, records, bytes);
  }

  share(): Pick<Share, "records" | "authenticated" | "plain" | "failed" | "missing"> {
    const { records, authenticated, plain, failed, missing } = this;
    return { records, authenticated, plain, failed, missing: [...missing.values()] };
  }
}

/** What was asked of a verdict, and what else than bytes was compared. */
export interface Asked {
  /** Streams without keys count, too. */
  requireAll: boolean;
  /** A kernel's reports that agree with the replay, and those that do not; null without evidence. */
  evidence: { agreeing: number; differing: number } | null;
  /** Sources of keys that were named. */
  keys: readonly { name: string; fits: boolean }[];
  /** Places where the modelled device itself goes wrong; only of a trace file. */
  wrongByModel: number;
  /** Expect lines of a trace file that hold, and that do not; null where they do not count. */
  expected: { holding: number; failing: number } | null;
}

/** The verdict of a file. */
export interface FileVerdict {
  verdict: VerdictWord;
  /** The sums over its streams. */
  share: Share;
  streams: StreamVerdict[];
  /** Why it is not right, as a sentence, or what of a trace file holds; null where the share says it all. */
  reason: string | null;
}

/** The verdict of a trace or capture, going by these of its streams. */
export function fileVerdict(trace: Trace, streams: readonly Stream[], asked: Asked): FileVerdict {
  const judged = trace.verdicts ? streamVerdicts(trace, streams) : [];
  const share = sumOf(judged.map((stream) => stream.share));
  const { verdict, reason } = trace.verdicts
    ? captureVerdict(trace, judged, asked)
    : traceVerdict(trace, asked);
  return { verdict, reason, share, streams: judged };
}

type Judgement = Pick<FileVerdict, "verdict" | "reason">;
const right: Judgement = { verdict: "right", reason: null };

/** A trace file holds nothing captured: what can be compared is a kernel's evidence with what the model says. */
function traceVerdict({ diagnostics }: Trace, { evidence, wrongByModel, expected }: Asked): Judgement {
  const holds = expected && expectedText(expected);
  if (expected && expected.failing > 0) return { verdict: "wrong", reason: holds };
  if (wrongByModel > 0) return { verdict: "wrong", reason: byModelText(wrongByModel) };
  if (evidence && evidence.differing > 0) return differs(evidence.differing);
  const error = diagnostics.find(({ severity }) => severity === "error");
  if (error) return { verdict: "unreadable", reason: error.message };
  if (evidence && evidence.agreeing > 0) return right;
  if (expected) return { verdict: expected.holding > 0 ? "right" : "unchecked", reason: holds };
  const reason =
    "a trace file holds no captured bytes, and the model's own are right; `tlstrace test` checks its expect lines";
  return { verdict: "unchecked", reason };
}

const byModelText = (places: number): string =>
  `the modelled device goes wrong in ${counted(places, "place")}`;

/** `4 of 5 expect lines hold`. */
function expectedText({ holding, failing }: NonNullable<Asked["expected"]>): string {
  const all = holding + failing;
  if (all === 0) return "a trace file holds no captured bytes, and this one has no expect lines";
  return `${holding} of ${counted(all, "expect line holds", "expect lines hold")}`;
}

const differs = (count: number): Judgement => ({
  verdict: "wrong",
  reason: `${count} ${count === 1 ? "report" : "reports"} of the kernel differ from the model`,
});

function captureVerdict(trace: Trace, streams: readonly StreamVerdict[], asked: Asked): Judgement {
  const wrong = streams.filter(({ verdict }) => verdict === "wrong");
  if (wrong.length > 0) return { verdict: "wrong", reason: `wrong bytes in ${ofStreams(wrong.length)}` };
  if (asked.evidence && asked.evidence.differing > 0) return differs(asked.evidence.differing);
  const damage = trace.diagnostics.find(({ severity, isOfKeys }) => severity === "error" && !isOfKeys);
  if (damage) return { verdict: "unreadable", reason: damage.message };
  if (streams.length === 0) return { verdict: "unchecked", reason: "no TLS stream was found" };
  const ofKeys = lackOfKeys(trace, asked);
  if (ofKeys !== null) return { verdict: "unchecked", reason: ofKeys };
  const due = streams.filter(({ verdict, stream, why }) => {
    if (verdict !== "unchecked" || why === "nothing-sent" || why === "incomplete") return false;
    return asked.requireAll || stream.hasKeys || alwaysDue.has(why!);
  });
  if (due.length > 0) return unchecked(due);
  const bare = streams.filter(({ share }) => share.missing.some(({ why }) => why === "no-other"));
  if (asked.requireAll && bare.length > 0)
    return unchecked(bare.map((stream) => ({ ...stream, why: "no-other" as const })));
  if (streams.some(({ verdict }) => verdict === "right")) return right;
  return unchecked(streams);
}

/** What does not hang on keys. */
const alwaysDue: ReadonlySet<LackWord> = new Set([
  "tap-undecided",
  "not-plain",
  "other-missing",
  "other-unopened",
]);

/** What is the matter with keys that were named, null if nothing. */
function lackOfKeys({ diagnostics }: Trace, { keys }: Asked): string | null {
  if (keys.length === 0) return null;
  const mistake = diagnostics.find(({ isOfKeys }) => isOfKeys);
  const unfit = keys.find(({ fits }) => !fits);
  return mistake?.message ?? (unfit ? `${unfit.name} has keys of other sessions only` : null);
}

/** Says why each of these streams was not checked, the commonest reason first. */
function unchecked(streams: readonly StreamVerdict[]): Judgement {
  const counts = new Map<LackWord, number>();
  for (const { why } of streams) if (why) counts.set(why, (counts.get(why) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const parts = sorted.map(([why, count]) => `${lacks[why]} (${ofStreams(count)})`);
  return { verdict: "unchecked", reason: parts.join("; ") };
}

const ofStreams = (count: number): string => `${count} ${count === 1 ? "stream" : "streams"}`;

/** Shares added up. */
export function sumOf(shares: readonly Share[]): Share {
  const sum = nothing();
  const missing = new Map<LackWord, Missing>();
  for (const share of shares) {
    for (const key of sums) sum[key] += share[key];
    for (const { why, records, bytes } of share.missing) addTo(missing, why, records, bytes);
  }
  return { ...sum, missing: [...missing.values()] };
}

const sums = [
  "records",
  "authenticated",
  "plain",
  "failed",
  "faults",
  "transmits",
  "bytes",
  "compared",
  "differing",
] as const;
