import { nicNamed } from "../../core/machine/connection.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { globMatcher } from "../glob.ts";
import { openCaptureFile, readSegments } from "../pcap/capture-file.ts";
import type { SegmentLog, Segments } from "../pcap/segments.ts";
import { FileWindow } from "../pcap/window.ts";
import { type FileAccess, type Platform, type Progress, UserError } from "../platform.ts";
import { type KeySource, parseKeyLogs } from "../tls/keys.ts";
import { gapType, type RecordTable } from "../tls/record-table.ts";
import type { OffloadStart } from "../tls/start.ts";
import { assemble, type ByteStream } from "../tls/stream.ts";
import type { Tap } from "../tls/tap.ts";
import type { Diagnostic, Trace } from "../trace.ts";
import { listEvents } from "./events.ts";
import { type CaptureContext, readSenders, type Sender, speaksTls } from "./senders.ts";

/** How the user wants a capture to be taken. */
export interface CaptureOptions {
  tap: Tap;
  offloadStart: OffloadStart;
  /** Globs (`*`, `?`) on stream names; none = all. */
  streams: string[];
  profile: Profile;
  /** Of the NIC; 1500 if absent. */
  mtu?: number;
}

/**
 * A pcap or pcapng file (gzip or not) as a trace: every direction of a TLS connection is an offloaded sender.
 * Throws UserError if the file cannot be read or is no capture, and Cancelled; all else is a diagnostic or a note.
 */
export async function readCapture(
  file: FileAccess,
  keys: KeySource,
  options: CaptureOptions,
  platform: Platform,
  progress: Progress,
): Promise<Trace> {
  const opened = openCaptureFile(file, platform);
  const segments = await readSegments(opened, progress);
  const damage = segments.diagnostics.find(
    ({ severity, frame }) => severity === "error" && frame !== undefined,
  );
  if (segments.frames === 0 && damage) throw new UserError(`${file.name}: ${damage.message}`);
  return traceOf(opened, segments, keys, options, platform, progress);
}

async function traceOf(
  file: FileAccess,
  segments: Segments,
  keys: KeySource,
  options: CaptureOptions,
  platform: Platform,
  progress: Progress,
): Promise<Trace> {
  const { log: keyLog, diagnostics } = parseKeyLogs([...segments.secrets, ...keys.keyLogs]);
  const { tap, offloadStart } = options;
  const copyWindow = new FileWindow(file);
  const context: CaptureContext = {
    platform,
    progress,
    keyLog,
    cryptoInfos: keys.cryptoInfos,
    tap,
    offloadStart,
    copyWindow,
  };
  const senders = await readAllSenders(context, segments, new FileWindow(file), globMatcher(options.streams));
  const connections = [];
  for (const sender of senders) {
    if (sender.offload === null) continue;
    sender.shown.connection = connections.length;
    connections.push(sender.offload.connection);
  }
  const listed = await listEvents(segments.log, senders, segments.flows.length, progress);
  return {
    name: file.name,
    kind: "capture",
    devices: [nicNamed("eth0", options.profile, options.mtu ?? 1500)],
    connections,
    streams: senders.map((sender) => sender.shown),
    ...listed,
    expectations: [],
    profileFiles: new Map(),
    comments: new Map(),
    diagnostics: [...segments.diagnostics, ...diagnostics, ...complaints(senders, keys, options)],
  };
}

async function readAllSenders(
  context: CaptureContext,
  { log, flows }: Segments,
  window: FileWindow,
  isWanted: (name: string) => boolean,
): Promise<Sender[]> {
  const rows = rowsByStream(log, flows.length);
  const senders: Sender[] = [];
  for (const [index, flow] of flows.entries()) {
    if (index % 256 === 0) await context.progress.tick(index, flows.length, "reading connections");
    const streams = ([0, 1] as const).map((direction): ByteStream | null => {
      const own = rows(2 * index + direction);
      return own.length === 0 ? null : assemble(log, own, flow.isn[direction], window);
    });
    if (!speaksTls(context, flow, streams)) continue;
    senders.push(...(await readSenders(context, index, flow, streams, isWanted)));
  }
  return senders;
}

/** Segments with payload, sorted by stream (2 × flow + direction) in one pass; gives the rows of one stream. */
function rowsByStream(log: SegmentLog, flows: number): (stream: number) => Int32Array {
  const ends = new Int32Array(2 * flows + 1);
  const streamOf = (row: number) => 2 * log.flow.values[row]! + log.direction.values[row]!;
  for (let row = 0; row < log.count; row++) if (log.length.values[row]! > 0) ends[streamOf(row) + 1]!++;
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const starts = ends.slice();
  const rows = new Int32Array(ends[2 * flows]!);
  for (let row = 0; row < log.count; row++) {
    if (log.length.values[row]! > 0) rows[starts[streamOf(row)]!++] = row;
  }
  return (stream) => rows.subarray(ends[stream], ends[stream + 1]);
}

/** What the user asked for and did not get. */
function complaints(senders: readonly Sender[], keys: KeySource, options: CaptureOptions): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (senders.length === 0) {
    const message =
      options.streams.length > 0
        ? `no TLS stream matches ${options.streams.join(", ")}: names are SRC:PORT>DST:PORT, * and ? match anything`
        : "no TLS records were found at the beginning of any connection of the capture";
    found.push({ severity: "warning", message });
  }
  for (const info of keys.cryptoInfos) {
    const name = `${info.source}>${info.destination}`;
    if (senders.some((sender) => sender.shown.name === name)) continue;
    found.push({
      severity: "warning",
      message: `no stream ${name} in the capture: its crypto_info was not used`,
    });
  }
  for (const { shown, offload } of senders) {
    const missing = offload && missingOf(offload.walked.table);
    if (missing) found.push({ severity: "note", message: `${shown.name}: ${missing}` });
  }
  return found;
}

/** What of a stream's records is not there, null if nothing. */
function missingOf(table: RecordTable): string | null {
  let gaps = 0;
  let bytes = 0;
  for (let row = 0; row < table.count; row++) {
    if (table.type.values[row] !== gapType) continue;
    gaps++;
    bytes += table.length.values[row]!;
  }
  if (gaps === 0) return null;
  return `${gaps} gap(s) of ${bytes} bytes in all where records are not known, because the capture lacks bytes or they are damaged`;
}
