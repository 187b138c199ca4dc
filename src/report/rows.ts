import { versionName } from "../core/base/record.ts";
import type { Missing, Share, VerdictWord } from "../judge/verdict.ts";
import type { FileReport, StreamReport } from "./verified.ts";

/** Of the rows of `verify --json`, described in media/verify.schema.json; another number where a field changes its meaning. */
export const schemaVersion = 1;

/** One line of `verify --json`; field names and their meaning are a contract with scripts. */
type Row = Readonly<Record<string, unknown>>;

/** What every row begins with. */
export const headOf = (tool: string, file: string | null): Row => ({ schema: schemaVersion, tool, file });

/** A file's rows: its streams, the places with wrong bytes, and last the file itself, which says that it is done. */
export function* rowsOf(report: FileReport, tool: string, asked: string): Generator<string> {
  const head = headOf(tool, report.file);
  for (const stream of report.streams) {
    yield JSON.stringify({ ...head, kind: "stream", ...streamRow(stream) });
    for (const text of stream.wrong)
      yield JSON.stringify({
        ...head,
        kind: "wrong",
        stream: stream.stream.name,
        frames: framesIn(text),
        text,
      });
  }
  yield JSON.stringify({
    ...head,
    kind: "file",
    ...fileRow(report),
    asked,
    milliseconds: report.milliseconds,
  });
}

const shareRow = (share: Share | null) => ({
  records: share?.records ?? 0,
  authenticated: share?.authenticated ?? 0,
  plain: share?.plain ?? 0,
  failed: share?.failed ?? 0,
  transmits: share?.transmits ?? 0,
  bytes: share?.bytes ?? 0,
  compared: share?.compared ?? 0,
  differing: share?.differing ?? 0,
  missing: share?.missing.map(({ why, records, bytes }: Missing) => ({ why, records, bytes })) ?? [],
});

const streamRow = ({ stream, verdict, why, share, places }: StreamReport): Row => ({
  stream: stream.name,
  verdict,
  reason: why,
  version: stream.version && versionName(stream.version),
  cipher: stream.cipherName,
  tap: stream.tap,
  hasKeys: stream.hasKeys ?? false,
  ...shareRow(share),
  wrong: places,
  note: stream.note,
});

const fileRow = ({ verdict, reason, size, modified, packets, streams, share, ...rest }: FileReport): Row => ({
  verdict,
  reason,
  size,
  modified,
  packets,
  streams: streams.length,
  ...shareRow(share),
  keys: rest.keys,
  diagnostics: rest.complaints,
});

/** The frames that a place with wrong bytes begins with: `frame 12: …`, `frames 12, 14–16: …`. */
function framesIn(text: string): number[] {
  const runs = /^frames? ([^:]*):/.exec(text)?.[1]?.matchAll(/(\d+)(?:–(\d+))?/g) ?? [];
  return [...runs].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i),
  );
}

/** What a run comes to. */
export interface Total {
  files: number;
  verdicts: Record<VerdictWord, number>;
  packets: number;
  records: number;
  authenticated: number;
  plain: number;
  bytes: number;
  compared: number;
}

export const noTotal = (): Total => ({
  files: 0,
  verdicts: { right: 0, wrong: 0, unchecked: 0, unreadable: 0 },
  packets: 0,
  records: 0,
  authenticated: 0,
  plain: 0,
  bytes: 0,
  compared: 0,
});

/** What a total takes of a file, be it a report or a row of it. */
export type Counted = Pick<FileReport, "verdict" | "packets"> &
  Pick<Share, "records" | "authenticated" | "plain" | "bytes" | "compared">;

const sums = ["packets", "records", "authenticated", "plain", "bytes", "compared"] as const;

export function addTo(total: Total, counted: Counted): void {
  total.files++;
  total.verdicts[counted.verdict]++;
  for (const key of sums) total[key] += counted[key];
}

export const totalRow = (total: Total, tool: string, status: number, milliseconds: number): string =>
  JSON.stringify({ ...headOf(tool, null), kind: "total", ...total, status, milliseconds });

/** A report as a total counts it. */
export const countedOf = ({ verdict, packets, share }: FileReport): Counted => ({
  verdict,
  packets,
  records: share?.records ?? 0,
  authenticated: share?.authenticated ?? 0,
  plain: share?.plain ?? 0,
  bytes: share?.bytes ?? 0,
  compared: share?.compared ?? 0,
});
