import { type RecordKeys, tagSize, u64Bytes, u64Of } from "../../core/base/record.ts";
import { distance } from "../../core/base/seq.ts";
import { type Connection, usualSocket } from "../../core/machine/connection.ts";
import type { Flow } from "../pcap/segments.ts";
import type { FileWindow } from "../pcap/window.ts";
import type { Platform, Progress } from "../platform.ts";
import { openRecord, type Protection, protectionOf } from "../tls/decrypt.ts";
import { headerAt } from "../tls/framing.ts";
import type { CryptoInfo, KeyLog } from "../tls/keys.ts";
import { type Opening, readOpening } from "../tls/opening.ts";
import { gapType } from "../tls/record-table.ts";
import { renewalsOf } from "../tls/renegotiation.ts";
import { findStart, type OffloadStart, type Sought, type Start } from "../tls/start.ts";
import type { ByteStream } from "../tls/stream.ts";
import { offloadNote } from "../tls/suites.ts";
import { findTap, type Tap } from "../tls/tap.ts";
import { type Walked, walk } from "../tls/walk.ts";
import { Authenticated, type Stream } from "../trace.ts";

/** One direction of a connection of the capture: its stream and, if it has an offload start, its records. */
export interface Sender {
  flow: number;
  direction: 0 | 1;
  stream: ByteStream;
  shown: Stream;
  offload: Offload | null;
}

/** The offloaded part of a sender. */
export interface Offload {
  connection: Connection;
  /** Position of its first byte. */
  start: number;
  walked: Walked;
}

/** What reading the connections of one capture needs. */
export interface CaptureContext {
  platform: Platform;
  progress: Progress;
  keyLog: KeyLog;
  cryptoInfos: readonly CryptoInfo[];
  tap: Tap;
  offloadStart: OffloadStart;
  copyWindow: FileWindow;
}

/** `SRC:PORT>DST:PORT`, with `#2` … for a repeated 4-tuple. */
function streamName(flow: Flow, direction: 0 | 1): string {
  const [from, to] = [flow.ends[direction], flow.ends[direction === 0 ? 1 : 0]];
  return `${from}>${to}${flow.repetition > 1 ? `#${flow.repetition}` : ""}`;
}

const infoOf = (context: CaptureContext, flow: Flow, direction: 0 | 1): CryptoInfo | null =>
  context.cryptoInfos.find(
    (info) => info.source === flow.ends[direction] && info.destination === flow.ends[direction === 0 ? 1 : 0],
  ) ?? null;

/** True if TLS records are seen at the beginning of a direction, or a crypto_info says that it has some. */
export function speaksTls(
  context: CaptureContext,
  flow: Flow,
  streams: readonly (ByteStream | null)[],
): boolean {
  return streams.some((stream, direction) => {
    if (stream === null) return false;
    const header = headerAt(stream, stream.begin);
    const follows = header && headerAt(stream, stream.begin + header.length);
    return (header && follows !== null) || infoOf(context, flow, direction as 0 | 1) !== null;
  });
}

/** Every renegotiation costs another reading. */
const renegotiationsMax = 64;

/** Reads both directions of a TLS connection, or those of them that are wanted. */
export async function readSenders(
  context: CaptureContext,
  index: number,
  flow: Flow,
  streams: readonly (ByteStream | null)[],
  isWanted: (name: string) => boolean,
): Promise<Sender[]> {
  const opening = readOpening(streams[0] ?? null, streams[1] ?? null);
  let renewals: [RecordKeys, RecordKeys][] = [];
  for (;;) {
    const senders: Sender[] = [];
    for (const direction of [0, 1] as const) {
      const stream = streams[direction];
      if (!stream || !isWanted(streamName(flow, direction))) continue;
      const renewed = renewals.map((both) => both[direction]);
      senders.push(await readSender(context, index, flow, direction, stream, opening, renewed));
    }
    const [client, server] = ([0, 1] as const).map(
      (side) => senders.find(({ direction }) => direction === side)?.offload?.walked.hellos ?? [],
    );
    const known = renewals.length;
    renewals = renewalsOf(context.keyLog, opening.suite, client!, server!);
    // The hellos of a renegotiation are read under the keys of the one before.
    if (renewals.length > known && known < renegotiationsMax) continue;
    for (const { stream } of senders) stream.forgetRows();
    return senders;
  }
}

async function readSender(
  context: CaptureContext,
  index: number,
  flow: Flow,
  direction: 0 | 1,
  stream: ByteStream,
  opening: Opening,
  renewals: readonly RecordKeys[],
): Promise<Sender> {
  const { keyLog } = context;
  const { aead } = context.platform;
  const info = infoOf(context, flow, direction);
  const { found: start, lack } = info
    ? startOf(info, stream)
    : findStart({ stream, direction, opening, keyLog, aead }, context.offloadStart);
  const shown: Stream = {
    name: streamName(flow, direction),
    connection: -1,
    version: info?.version ?? opening.version,
    cipherName: info?.cipher ?? opening.suite?.cipherName ?? null,
    cipher: info?.cipher ?? opening.suite?.cipher ?? null,
    tap: "wire",
    note: lack,
  };
  const sender: Sender = { flow: index, direction, stream, shown, offload: null };
  if (start !== null) sender.offload = await readOffload(context, flow, sender, start, renewals);
  return sender;
}

/** A crypto_info says itself where it starts. */
function startOf(info: CryptoInfo, stream: ByteStream): Sought<Start> {
  const position = distance(stream.positions.origin, info.startSeq);
  if (position >= stream.end)
    return { found: null, lack: "the crypto_info's tcp_seq lies behind the captured bytes of this stream" };
  const { version, keys } = info;
  const nonce = version === 0x0303 && info.cipher !== "chacha20-poly1305" ? u64Of(keys.iv) : null;
  const rest = { secret: null, nonce, keysFit: false, plainFinished: false, note: null };
  const hash = info.cipher === "aes-256-gcm" ? ("sha384" as const) : ("sha256" as const);
  const suite = { id: 0, cipherName: info.cipher, cipher: info.cipher, hash };
  return { found: { position, version, suite, recSeq0: info.recSeq, keys, ...rest }, lack: null };
}

async function readOffload(
  context: CaptureContext,
  flow: Flow,
  sender: Sender,
  start: Start,
  renewals: readonly RecordKeys[],
): Promise<Offload> {
  const { shown, stream, direction } = sender;
  const { cipher } = shown;
  const protection = cipher && protectionOf(context.platform.aead, start.version, cipher);
  const found = findTap(stream, start, protection, context.tap);
  if (!found.keysUsable) {
    start = { ...start, keys: null, secret: null, recSeq0: start.version === 0x0304 ? null : start.recSeq0 };
  }
  const isHostTap = found.tap === "host";
  const { copyWindow, progress } = context;
  const walked = await walk({ stream, start, protection, renewals, isHostTap, copyWindow }, progress);
  shown.tap = found.tap;
  const notes = [start.note, found.note, noteOf(walked), offloadNote(start.version, cipher)];
  shown.note = notes.filter((note) => note !== null).join("; ") || null;
  const connection: Connection = {
    name: shown.name,
    device: 0,
    version: start.version,
    cipher,
    startSeq: stream.positions.seqOf(start.position),
    recSeq0: start.recSeq0 ?? 0n,
    epochs: epochsOf(walked),
    mss: mssOf(flow, direction),
    ...usualSocket,
    installed: false,
    source: {
      plaintext: (row) =>
        protection && plaintextOf(stream, walked, protection, isHostTap, row - 1, copyWindow),
    },
    payload: null,
  };
  return { connection, start: start.position, walked };
}

/** Records after a renegotiation have keys that no key log line of this connection gives. */
const noteOf = ({ epochs }: Walked): string | null =>
  epochs[0] && epochs.at(-1) === null
    ? "after a renegotiation the keys are not known: record map without decryption from there on"
    : null;

/** In TLS 1.2 GCM the first explicit nonce is not derived from secrets: the records tell it. */
function epochsOf({ epochs, firstNonce }: Walked): (RecordKeys | null)[] {
  const [first, ...later] = epochs;
  if (!first || firstNonce === null) return epochs;
  return [{ ...first, iv: u64Bytes(firstNonce) }, ...later];
}

/** What the receiver announced in its SYN is the most that this sender's packets carry; 0 if its SYN was not seen. */
const mssOf = (flow: Flow, direction: 0 | 1): number => flow.mss[direction === 0 ? 1 : 0];

/** Header, explicit nonce and inner plaintext of a row of the record table, read from the file and decrypted. */
function plaintextOf(
  stream: ByteStream,
  walked: Walked,
  protection: Protection,
  isHostTap: boolean,
  row: number,
  window: FileWindow,
): Uint8Array | null {
  const { table, epochs, overlays } = walked;
  if (row < 0 || row >= table.count || table.type.at(row) === gapType) return null;
  const [start, length] = [table.start.at(row), table.length.at(row)];
  const isAuthentic = table.authenticated.at(row) === Authenticated.yes;
  if (!isAuthentic && !isHostTap) return null;
  const record = new Uint8Array(length);
  if (stream.read(start, length, record) < length && !overlays.has(row)) return null;
  for (const overlay of overlays.get(row) ?? []) {
    window.copy(overlay.offset, overlay.length, record, overlay.start - start);
  }
  if (isHostTap) return record.slice(0, length - tagSize);
  const sn = table.snAt(row);
  const epoch = table.epoch.at(row);
  const keys = epochs[epoch] ?? null;
  const plaintext = sn === null || keys === null ? null : openRecord(protection, keys, sn, record);
  if (plaintext === null) return null;
  record.set(plaintext, protection.layout.prepend);
  return record.slice(0, protection.layout.prepend + plaintext.length);
}
