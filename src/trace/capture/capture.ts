// trace/capture: what a capture shows, as events.

import type { Profile } from "../../core/machine/profile.ts";
import { globMatcher } from "../glob.ts";
import { joinedLogs, readingKeyLogs } from "../keys/key-log.ts";
import type { KeySource } from "../keys/source.ts";
import { openCaptureFile, readSegments } from "../pcap/capture-file.ts";
import type { Copies } from "../pcap/frames.ts";
import { withScattered } from "../pcap/scattered.ts";
import type { Flow, SegmentLog, Segments } from "../pcap/segments.ts";
import { FileWindow } from "../pcap/window.ts";
import { type FileAccess, type Platform, type Progress, paced, UserError } from "../platform.ts";
import { Trials } from "../tls/damage/origin.ts";
import { Sessions } from "../tls/sessions.ts";
import type { OffloadStart } from "../tls/start.ts";
import type { Tap } from "../tls/tap.ts";
import { type Diagnostic, emptyTrace, nicNamed, type Trace } from "../trace.ts";
import { type Batch, batchOf } from "./batch.ts";
import { complaints } from "./complaints.ts";
import type { CaptureContext, Install } from "./context.ts";
import { Conversation } from "./conversation.ts";
import { EventList } from "./events.ts";
import { infosByEnds } from "./infos.ts";
import { type Names, shortNames } from "./names.ts";
import { OtherTap } from "./other-tap.ts";
import { readerOf } from "./reader.ts";
import type { Sender } from "./senders.ts";

/** How the user wants a capture to be taken. */
export interface CaptureOptions {
  tap: Tap;
  offloadStart: OffloadStart;
  /** What becomes of further copies of a packet; `drop` if absent. */
  copies?: Copies;
  /** Globs (`*`, `?`) on stream names, `SRC:PORT>DST:PORT` or short; none = all. */
  streams: string[];
  /** `short` if absent. */
  names?: Names;
  profile: Profile;
  /** What a kernel said of installs, for keys that do not say where their records begin. */
  installs?: readonly Install[];
  /** Records are expected in plaintext, zeros for their tags, as the other capture has them if there is one. */
  plaintext?: { other: Trace | null };
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
  const opened = await openCaptureFile(file, platform, progress);
  const segments = await readSegments(opened, progress, options.copies);
  const damage = segments.diagnostics.find(
    ({ severity, frame }) => severity === "error" && frame !== undefined,
  );
  if (segments.frames === 0 && damage) throw new UserError(`${file.name}: ${damage.message}`);
  const capture = new GrowingCapture(opened, { keys, options, platform, progress });
  await capture.take(segments, true);
  return { ...(await capture.trace(segments.diagnostics)), frames: segments.frames };
}

/** How often one connection's secret may lead to another's. */
const sessionPassesMax = 64;

/** What reading a capture takes beside its file. */
export interface CaptureRequest {
  keys: KeySource;
  options: CaptureOptions;
  platform: Platform;
  progress: Progress;
}

/** Segments that come, and what else a capture file tells as it is read. */
export type Growing = Pick<Segments, "log" | "flows" | "secrets">;

/**
 * A capture whose segments come in batches. After each of them it is the Trace of a capture that ends there; what was
 * read before is gone through again only as far as the batch may change it.
 */
export class GrowingCapture {
  private readonly file: FileAccess;
  private readonly request: CaptureRequest;
  /** By flow: those with payload. */
  private readonly conversations: (Conversation | undefined)[] = [];
  private flows: readonly Flow[] = [];
  /** By flow: the direction in which its TLS client sends. */
  private readonly clients: (0 | 1 | undefined)[] = [];
  private readonly events = new EventList();
  private context: CaptureContext | null = null;
  private keyDiagnostics: Diagnostic[] = [];
  /** Rows of the log, and key logs in the file, that were taken. */
  private rows = 0;
  private secrets = -1;

  constructor(file: FileAccess, request: CaptureRequest) {
    this.file = file;
    this.request = request;
  }

  /** Takes what was added to the log since the last time. `isLast`: nothing more will come. */
  async take(growing: Growing, isLast: boolean): Promise<void> {
    const { log, flows, secrets } = growing;
    this.context ??= await this.contextOf(log);
    const hasNewKeys = secrets.length > this.secrets;
    if (hasNewKeys) await this.learnKeys(this.context, secrets);
    const batch = batchOf(log, this.rows, flows.length);
    this.rows = log.count;
    this.flows = flows;
    for (const [index, flow] of flows.entries()) {
      if (index % 256 === 0) await this.request.progress.tick(index, flows.length, "reading connections");
      if (!hasNewKeys && !batch.touches(index)) continue;
      await this.takeFlow(this.context, index, flow, batch);
      const conversation = this.conversations[index];
      if (isLast && conversation?.awaitsSession) conversation.rest();
      else if (isLast) this.finish(index);
    }
    await this.takeSessions(isLast);
  }

  /** Reads those again whose secrets another connection, of the same session, now tells. */
  private async takeSessions(isLast: boolean): Promise<void> {
    const { conversations } = this;
    // What is read anew may tell of sessions that a renegotiation began.
    for (let pass = 0; pass < sessionPassesMax; pass++) {
      const overtaken = conversations.filter((conversation) => conversation?.isOvertaken);
      if (overtaken.length === 0) break;
      for (const conversation of overtaken) await conversation?.read();
    }
    if (!isLast) return;
    for (const [index, conversation] of conversations.entries())
      if (conversation?.awaitsSession) this.finish(index);
  }

  private async contextOf(log: SegmentLog): Promise<CaptureContext> {
    const { keys, options, platform, progress } = this.request;
    const { tap, offloadStart, streams, plaintext } = options;
    const file = withScattered(this.file, log.scattered);
    const [window, copyWindow] = [new FileWindow(file), new FileWindow(file)];
    // Short names are known only when all that comes before is read.
    const isWanted = streams.every((glob) => glob.includes(":")) ? globMatcher(streams) : () => true;
    const { cryptoInfos } = keys;
    const keyLog = new Map();
    const trials = new Trials();
    return {
      platform,
      progress,
      log,
      window,
      copyWindow,
      keyLog,
      sessions: new Sessions(),
      cryptoInfos,
      infosByEnds: await paced(progress, "reading keys", infosByEnds(cryptoInfos)),
      installs: options.installs ?? [],
      fitting: new Map(),
      tap,
      plaintext: plaintext ? { other: plaintext.other && new OtherTap(plaintext.other) } : null,
      trials,
      offloadStart,
      isWanted,
    };
  }

  private async learnKeys(context: CaptureContext, secrets: readonly string[]): Promise<void> {
    const { keys, progress } = this.request;
    const reading = readingKeyLogs([...secrets, ...keys.keyLogs]);
    const { log, diagnostics } = await paced(progress, "reading keys", reading);
    const { folder } = keys;
    context.keyLog = folder ? joinedLogs(log, folder) : log;
    this.keyDiagnostics = diagnostics;
    context.sessions.forget();
    this.secrets = secrets.length;
  }

  private async takeFlow(context: CaptureContext, index: number, flow: Flow, batch: Batch): Promise<void> {
    const { conversations } = this;
    const conversation = conversations[index] ?? new Conversation(context, index, flow);
    for (const direction of [0, 1] as const) conversation.take(direction, batch.rows(2 * index + direction));
    if (conversation.isEmpty) return;
    conversations[index] = conversation;
    await conversation.read();
    this.clients[index] = conversation.client;
  }

  /** No segment comes any more: what only reading on needs goes, and whoever speaks no TLS. */
  private finish(index: number): void {
    const conversation = this.conversations[index];
    conversation?.finish();
    if (conversation?.senders.length === 0) this.conversations[index] = undefined;
  }

  /** Those that globs select by either name. */
  private wanted(): Sender[] {
    const { names, streams } = this.request.options;
    const called = typeof names === "object" ? names : {};
    const short = names === "full" ? [] : shortNames(this.flows, this.clients, called);
    const isWanted = globMatcher(streams);
    const senders = this.conversations.flatMap((conversation) => conversation?.senders ?? []);
    return senders.flatMap((sender) => {
      const { shown, side } = sender;
      const name = short[side.stream >> 1]?.[side.direction] ?? shown.name;
      return isWanted(shown.name) || isWanted(name) ? [{ ...sender, shown: { ...shown, short: name } }] : [];
    });
  }

  /** What there is, with what reading the file had to say. A Trace that was given before is overtaken by this one. */
  async trace(found: readonly Diagnostic[]): Promise<Trace> {
    const { options, platform, progress } = this.request;
    const senders = this.wanted();
    const offloads = senders.flatMap(({ offload, shown }) =>
      offload ? { ...offload, name: shown.short } : [],
    );
    const listed = await this.events.list(this.context!.log, senders, progress);
    const captured = offloads.map((offload) => offload.captured);
    const complaining = complaints(senders, this.context!, options);
    const complained = await paced(progress, "reading keys", complaining);
    let connection = 0;
    return {
      ...emptyTrace(this.file.name, "capture"),
      devices: [nicNamed("eth0", options.profile, options.mtu ?? 1500)],
      connections: offloads.map(({ connection, name }, stream) => ({
        ...connection,
        name,
        source: { kind: "captured", stream },
      })),
      streams: senders.map(({ shown, offload }) => ({
        ...shown,
        connection: offload ? connection++ : -1,
      })),
      ...listed,
      captured,
      reader: readerOf(captured, this.file, platform.aead),
      diagnostics: [...found, ...this.keyDiagnostics, ...complained],
    };
  }
}
