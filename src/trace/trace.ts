// trace: what a Trace is, and edits of one; the kinds of signs; diagnostics, tokens, the platform that is
// injected.

import type { Cipher, TlsVersion } from "../core/base/record.ts";
import type { Seq } from "../core/base/seq.ts";
import type { Connection, Device, RecordReader } from "../core/machine/connection.ts";
import { anyKernel } from "../core/machine/generation.ts";
import type { Profile } from "../core/machine/profile.ts";
import { EventLog } from "../core/words/event.ts";
import type { CapturedRecords } from "./captured.ts";
import type { LackWord } from "./lacks.ts";
import type { SignName } from "./signs.ts";

/**
 * Verdicts of `expect wire=…` on the bytes of a packet. `match`: each is the one right byte of the stream, and those
 * before the offload are as they were; then what can stand there instead; `unknown`: the model does not know the bytes;
 * `nothing`: no packet left the NIC.
 */
export const wireVerdicts = [
  "match",
  "plaintext",
  "placeholder",
  "wrong-tag",
  "wrong-ciphertext",
  "unknown",
  "nothing",
] as const;
export type WireVerdict = (typeof wireVerdicts)[number];

/** Something wrong with the input, with its place and what to do; readers give these and go on. */
export interface Diagnostic {
  severity: "error" | "warning" | "note";
  message: string;
  /** Line from 1 and columns from 0 (end exclusive) in a text file; absent for captures. */
  line?: number;
  start?: number;
  end?: number;
  /** What would be right there, where the reader knows; empty: nothing. */
  instead?: string;
  /** Frame from 1 in a capture. */
  frame?: number;
  /** It is about what was given of keys, not about the file itself. */
  isOfKeys?: true;
}

/** One `expect` line: an effect (or finding) or a wire verdict that the event above must (or must not) have, or a counter's value there. */
export interface Expectation {
  line: number;
  /** The event it speaks of; −1 = the whole file (it stands after the last event). */
  event: number;
  /** True for `expect no …`. */
  no: boolean;
  /** Ids behind `under`: it speaks only of connections whose device runs as one of them; empty = of every connection. */
  under: readonly string[];
  what:
    | { effect: SignName; fields: Readonly<Record<string, string>> }
    | { wire: WireVerdict }
    | { counter: string; value: number; of: string | null };
}

/** One direction of a TLS connection, in the order of first frames, the TLS client before the server; also those without an offload. */
export interface Stream {
  /** `SRC:PORT>DST:PORT`, `#2` … for a repeated 4-tuple; the connection's name where addresses are not known. */
  name: string;
  /** What lines call it, and globs may: `A>B`; the connection's name. */
  short: string;
  /** Index into Trace.connections, −1 when there is no offload start. */
  connection: number;
  version: TlsVersion | null;
  /** The AEAD as `aes-128-gcm`; also suites that the model cannot decrypt (`aes-128-ccm`); null if unknown. */
  cipherName: string | null;
  cipher: Cipher | null;
  /**
   * `wire`: the capture holds ciphertext; `host`: plaintext with no tags, taken before the NIC or of a device without a cipher; `undecided`: no record
   * authenticates and its bytes fit either, so nothing of it is judged: the note names both readings.
   */
  tap: "wire" | "host" | "undecided";
  note: string | null;
  /** Of a captured stream: its session's client random in hex, which names the session in key logs. */
  session?: string | null;
  /** Of a captured stream: client randoms under which key logs have secrets that may be its own, those of connections with the same session, too. */
  keyedBy?: readonly string[];
  /** Of a captured stream: keys of its session are at hand, be they right or not. */
  hasKeys?: boolean;
  /** Of a captured stream: why none of its records could be opened; null where that was tried. */
  lack?: LackWord | null;
  /** Of a stream that is expected in plaintext: why nothing says what its framed records must hold. */
  contentLack?: LackWord;
}

export const Wire = { unknown: 0, match: 1, differs: 2 } as const;
const wireNames = ["unknown", "match", "differs"] as const;
export type WireName = (typeof wireNames)[number];
/**
 * What became of a record. Where plaintext is expected of it: `framed`, it is plaintext in a right frame, and nothing says
 * what it must hold; `plain`, another capture holds the same; `no`, it is not as it must be.
 */
export const Authenticated = { unknown: 0, yes: 1, no: 2, framed: 3, plain: 4 } as const;

/** A byte of a record that is not what it must be. */
export interface WrongByte {
  /** Place in the record, from its header on. */
  offset: number;
  is: number;
  must: number;
}

/** A part of a record that is not the plaintext that is expected: its first and last wrong byte, in the record, and how many. */
export interface ClearFault {
  what: "header" | "nonce" | "content" | "type" | "tag";
  from: number;
  to: number;
  bytes: number;
}

/**
 * What is wrong with a record, or with bytes between records; `at` and `firstAt` = distances from the offload start.
 * `under`: whose keys made it, in words (`the keys of epoch 1`), null = the keys that were due.
 */
export type Damage =
  | { part: "header" | "nonce" | "ciphertext" | "tag"; at: number; wrong: readonly WrongByte[] }
  /** Its bytes are right for the record of another number, or under other keys of the session. */
  | { part: "number"; sn: bigint; under: string | null }
  /** Its bytes are right under another salt or iv than the keys have, which is not shown. */
  | { part: "iv"; under: string | null }
  /** It was not encrypted. */
  | { part: "plaintext"; at: number; length: number }
  /** These bytes stand between records and are of none. */
  | { part: "foreign"; at: number; length: number }
  /** It authenticates, or cannot be opened, but another record has its explicit nonce, and stands at `firstAt`. */
  | { part: "nonce-reuse"; at: number; firstAt: number; sn: bigint | null }
  /** Its tag, which stands at `at`, is that of the record at `ofAt`. */
  | { part: "tag-of"; at: number; ofAt: number; sn: bigint | null }
  /** Plaintext with zeros for a tag is expected of it, and these parts are not so. */
  | { part: "clear"; at: number; faults: readonly ClearFault[] }
  /** It is encrypted where plaintext is expected. */
  | { part: "sealed"; at: number; length: number }
  /** It lies somewhere in the record. `tried`: so many numbers before and behind its own were tried in vain. */
  | { part: "unknown"; at: number; length: number; tried?: number };

/** What comparing a capture with whole-record encryption found. */
export interface Verdicts {
  /** One of Wire an event (transmits only). */
  wire: Uint8Array;
  /** Per connection: payload bytes compared, and of those how many differ, each copy counted. */
  compared: number[];
  differing: number[];
  /** Per connection: payload bytes that the capture lacks because packets were cut, each copy counted. */
  cut: number[];
  /** Per connection: where its FIN stands in the captured stream, behind the last byte sent; null if none was seen. */
  ended: (number | null)[];
  /** Per transmit that differs: bytes differing and the first one. */
  differences: Map<number, { bytes: number; first: Seq }>;
  /** One of Authenticated, by the index of a `record` event. */
  authenticated: Uint8Array;
  /** All that is wrong with records and between them, by the index of the `record` or `gap` event: each entry is wrong. */
  damage: Map<number, Damage>;
}

/** Reads what a capture's file holds: records as the model takes them, and bytes as they stand there. */
export interface CaptureReader extends RecordReader {
  /** The payload of a packet that lies at this place of the file; null if the file ends before. */
  payload(offset: number, length: number): Uint8Array | null;
  /** Bytes of a row from its first one on, as they were captured first, up to a hole; `row` as in `plaintext`. */
  captured(stream: number, row: number): Uint8Array;
  /** The right bytes of a record that this is wrong with, header to tag; null where they cannot be known. */
  mended(stream: number, row: number, damage: Damage): Uint8Array | null;
}

/**
 * SACK blocks of a capture's acknowledgements that acknowledge no new byte (RFC 2018: duplicate ones have most of them).
 * Nothing of the model depends on them, so they are no events; in columns, a row a block, in the capture's order.
 */
export interface SacksBetween {
  /** The event, of whatever connection, that came last before it; −1 = none. */
  after: number[];
  timeNs: number[];
  connection: number[];
  from: Seq[];
  to: Seq[];
}

export const noSacksBetween = (): SacksBetween => ({
  after: [],
  timeNs: [],
  connection: [],
  from: [],
  to: [],
});

/** Anything readable, as events: from a trace file or a capture. */
export interface Trace {
  name: string;
  kind: "text" | "capture";
  devices: Device[];
  connections: Connection[];
  streams: Stream[];
  events: EventLog;
  /** SACK blocks by ack event: [start, end, start, end …]. */
  sacks: Map<number, readonly Seq[]>;
  /** What acknowledgements that are no events say of what lies behind; none of a text. */
  sacksBetween: SacksBetween;
  /** Record numbers that do not follow from the record before, by `record` event. */
  recordSns: Map<number, bigint>;
  expectations: Expectation[];
  /** Profiles of files, as the files say, by the paths that name them on device lines and behind `under`. */
  profileFiles: Map<string, Profile>;
  /** Comments of a trace file by line, whole-line ones and those behind an event, so that printing keeps them. */
  comments: Map<number, string>;
  /** Lines of a trace file's device declarations, then of its connections' (0: not in the file); absent for captures. */
  declarationLines?: number[];
  diagnostics: Diagnostic[];
  /** Null for trace files: their wire bytes come from the model alone. */
  verdicts: Verdicts | null;
  /** Where the records of a capture's connections lie in its file, by `stream` of their sources. */
  captured: CapturedRecords[];
  /** What its file calls the first offloaded byte of each connection: a packetdrill script counts from the SYN; absent = 0. */
  firstNumber?: number;
  /** Packets in a capture's file, TCP or not. */
  frames?: number;
  /** Reads them there: the one thing of a Trace that is no data. Null where nothing is captured, or no file at hand. */
  reader: CaptureReader | null;
}

/** What is known of a transmit's bytes in a word. */
export const wireNameOf = ({ wire }: Verdicts, event: number): WireName =>
  wireNames[wire[event] ?? Wire.unknown]!;

/** What a trace counts its events by: frames of a capture, lines of a file. */
export const placeWord = ({ kind }: Trace): "frame" | "line" => (kind === "capture" ? "frame" : "line");

/** Where an event stands: `frame 12`, `line 3`. */
export const eventPlace = (trace: Trace, event: number): string =>
  `${placeWord(trace)} ${trace.events.line.at(event)}`;

/** A trace that holds nothing yet. */
export const emptyTrace = (name: string, kind: Trace["kind"]): Trace => ({
  name,
  kind,
  devices: [],
  connections: [],
  streams: [],
  events: new EventLog(),
  sacks: new Map(),
  sacksBetween: noSacksBetween(),
  recordSns: new Map(),
  expectations: [],
  profileFiles: new Map(),
  comments: new Map(),
  diagnostics: [],
  verdicts: null,
  captured: [],
  reader: null,
});

/** A NIC as it is when nothing more is said of it. */
export const nicNamed = (name: string, profile: Profile, mtu: number): Device => ({
  name,
  profile,
  kernel: profile.kernel ?? anyKernel,
  mtu,
  slaves: [],
});
