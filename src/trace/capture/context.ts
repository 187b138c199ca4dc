/** What the reading of a capture's connections is done with. */
import type { RecordKeys } from "../../core/base/record.ts";
import type { Seq } from "../../core/base/seq.ts";
import type { CryptoInfo } from "../keys/crypto-info.ts";
import type { KeyLog } from "../keys/key-log.ts";
import type { Endpoint, Flow, SegmentLog } from "../pcap/segments.ts";
import type { FileWindow } from "../pcap/window.ts";
import type { Platform, Progress } from "../platform.ts";
import type { Assembly } from "../tls/assembly.ts";
import type { Clear } from "../tls/clear/clear.ts";
import type { Shift } from "../tls/damage/diagnose.ts";
import type { Trials } from "../tls/damage/origin.ts";
import type { Sessions } from "../tls/sessions.ts";
import type { OffloadStart, Start } from "../tls/start.ts";
import type { Tap, TapAsked } from "../tls/tap.ts";
import type { Walker } from "../tls/walk.ts";
import type { Stream } from "../trace.ts";
import type { OtherTap } from "./other-tap.ts";

/** What a kernel said of an install: where its first record begins, and that one's number. */
export interface Install {
  startSeq: Seq;
  recSeq: bigint;
}

/** What reading the connections of one capture needs. */
export interface CaptureContext {
  platform: Platform;
  progress: Progress;
  log: SegmentLog;
  window: FileWindow;
  /** Where further copies are read, so that reading them does not disturb the streams' own window. */
  copyWindow: FileWindow;
  keyLog: KeyLog;
  /** Those that later connections may resume. */
  sessions: Sessions;
  cryptoInfos: readonly CryptoInfo[];
  /** Those that name a stream, by its name `SOURCE>DESTINATION`. */
  infosByEnds: ReadonlyMap<string, readonly CryptoInfo[]>;
  /** What a kernel said of installs. */
  installs: readonly Install[];
  /** The stream (2 × flow + direction) whose keys a crypto_info has proved to be. */
  fitting: Map<CryptoInfo, number>;
  tap: Tap;
  /** Plaintext is what is expected, and the other capture that tells more of it; null where ciphertext is. */
  plaintext: { other: OtherTap | null } | null;
  /** How much searching far off all of its streams may cost. */
  trials: Trials;
  offloadStart: OffloadStart;
  isWanted: (name: string) => boolean;
}

/** One direction of a connection, and how far its records were followed. */
export interface Side {
  flow: Flow;
  direction: 0 | 1;
  /** 2 × flow + direction, as the capture numbers them. */
  stream: number;
  /** Initial sequence number that its positions count from, −1 = unknown. */
  isn: number;
  assembly: Assembly;
  /** Position from which on its bytes may be others than when they were last followed. */
  changed: number;
  /** Position from which on its records may be others than when they were last listed. */
  unlisted: number;
  walk: Walk | null;
  /** What was asked of where it was captured. */
  tapAsked: TapAsked | null;
}

/** A walk along a side's records, and what it set out with. */
export interface Walk {
  begun: Beginning;
  walker: Walker;
}

export interface Beginning {
  start: Start;
  cipher: Stream["cipher"];
  isHostTap: boolean;
  clear: Clear | null;
  renewals: readonly RecordKeys[];
  shift: Shift | null;
}

/** Sender and receiver of one direction. */
export const endsOf = ({ flow, direction }: Side): readonly [sender: Endpoint, receiver: Endpoint] => [
  flow.ends[direction],
  flow.ends[1 - direction]!,
];
