import {
  addU64,
  headerSize,
  type RecordKeys,
  recordType,
  type TlsVersion,
  u64Of,
} from "../../core/base/record.ts";
import { fromHex } from "../keys/hex.ts";
import type { KeyLog, Label } from "../keys/key-log.ts";
import { keys12, keys13 } from "../keys/secrets.ts";
import type { Suite } from "../keys/suites.ts";
import type { Lack, LackWord } from "../lacks.ts";
import type { Aead } from "../platform.ts";
import type { NamedKeys } from "./damage/origin.ts";
import { innerOf, openRecord, type Protection, protectionOf } from "./decrypt.ts";
import { headerAt, recordSizeMax } from "./framing.ts";
import { handshakeType, MessageReader } from "./handshake.ts";
import type { Opening } from "./opening.ts";
import type { ByteStream } from "./stream.ts";

/** Which record the application hands to the offload first in TLS 1.2: the one after its Finished, or Finished itself. */
export type OffloadStart = "after-finished" | "after-ccs";

/** Where and with what the offload of one stream starts. */
export interface Start {
  position: number;
  version: TlsVersion;
  suite: Pick<Suite, "hash"> | null;
  /** Number of the record at `position`, null if it cannot be known. */
  recSeq0: bigint | null;
  keys: RecordKeys | null;
  /** The traffic secret behind `keys` (TLS 1.3), for KeyUpdates. */
  secret: Uint8Array | null;
  /** Keys of the session that are not this direction's for what it sends after the handshake. */
  others: readonly NamedKeys[];
  /** Explicit nonce that the first record should carry, going by the Finished before it (TLS 1.2 GCM). */
  nonce: bigint | null;
  /** An encrypted handshake record authenticated with secrets of the same session. */
  keysFit: boolean;
  /** A TLS 1.2 Finished lies there in plaintext: the capture was taken before the NIC. */
  plainFinished: boolean;
  /** Why its records cannot be opened, as far as that shows before one is tried. */
  lack: Lack | null;
}

/** The side of a connection whose start is sought. */
export interface Side {
  stream: ByteStream;
  /** 0 = the TLS client, 1 = the server. */
  role: 0 | 1;
  opening: Opening;
  /** Client randoms under which the key log has secrets that may be its own; more than one: the records tell. */
  keyedBy: readonly string[];
  keyLog: KeyLog;
  aead: Aead;
}

/** What was looked for, or why it cannot be found. */
export type Sought<T> = { found: T; lack: null } | { found: null; lack: Lack };

const because = (why: LackWord, text: string): Lack => ({ why, text });
const lacking = (why: LackWord, text: string) => ({ found: null, lack: because(why, text) }) as const;
const having = <T>(found: T) => ({ found, lack: null }) as const;

/** Finds the offload start of a stream. */
export function findStart(side: Side, offloadStart: OffloadStart): Sought<Start> {
  const { stream, opening } = side;
  const isSeen = opening.begins[side.role] !== null;
  if (!isSeen && (stream.begin > 0 || headerAt(stream, stream.begin) === undefined))
    return lacking(
      "begins-late",
      "the beginning of the stream is not in the capture: only a crypto_info (key, salt, iv, rec_seq, tcp_seq) says where its records start",
    );
  if (opening.versionNumber === null)
    return lacking(
      "no-handshake",
      "no complete ServerHello in the capture (it begins later, or packets are cut or missing): without it only a crypto_info says where records start",
    );
  if (opening.version === null)
    return lacking("version", `version ${versionText(opening.versionNumber)} has no kernel TLS`);
  return opening.version === 0x0304 ? findStart13(side) : findStart12(side, offloadStart);
}

/** Where the side's records begin: with its hello, or with the stream if that was not captured. */
const beginOf = ({ stream, opening, role }: Side): number => opening.begins[role] ?? stream.begin;

const versionText = (version: number): string =>
  version >= 0x0300 && version <= 0x0302
    ? ["SSL 3.0", "TLS 1.0", "TLS 1.1"][version - 0x0300]!
    : `0x${version.toString(16)}`;

const missingBytes = lacking(
  "no-handshake",
  "bytes of the handshake are missing from the capture or damaged, so the offload start is not known",
);
const neverFinished = lacking(
  "nothing-sent",
  "the handshake does not finish in the capture, so there is no offload start",
);
const nothingAfter = lacking(
  "nothing-sent",
  "nothing was sent after the handshake, so there is no offload start",
);

/** Why no record is at `position`: the stream ends before it, or its bytes are none. */
const lackAt = (stream: ByteStream, position: number, header: null | undefined) =>
  header === undefined && position >= stream.end ? neverFinished : missingBytes;

/** Why records cannot be decrypted, as far as the hellos and the key log tell; null if nothing is in the way. */
function lackOf(side: Side, label: Label): Lack | null {
  const { suite, names, clientRandom } = side.opening;
  if (suite?.cipher === null)
    return because("suite", `${suite.name} cannot be decrypted here: record map without decryption`);
  if (clientRandom === null)
    return because(
      "begins-late",
      "the ClientHello is not in the capture, so no secret can be found for it: record map without decryption",
    );
  if (side.keyLog.size === 0)
    return because(
      "no-keys",
      "no keys are given: record map without decryption; give the session's key log (SSLKEYLOGFILE) or its crypto_info",
    );
  if (secretsOf(side, label).length === 0) {
    const isResumed = names.resumed.length > 0;
    return because(
      "other-keys",
      isResumed
        ? "it resumes a session of an earlier connection, and the key log has no secret for its own client random: record map without decryption; capture the connection that began the session, too, and record its key log (SSLKEYLOGFILE)"
        : "no secret for this client random in the key log: record map without decryption; record the key log of this very session (SSLKEYLOGFILE)",
    );
  }
  return null;
}

const secretsOf = ({ keyedBy, keyLog }: Side, label: Label): Uint8Array[] =>
  keyedBy.flatMap((random) => keyLog.get(random)?.get(label) ?? []);
const secretOf = (side: Side, label: Label): Uint8Array | null => secretsOf(side, label)[0] ?? null;

function findStart12(side: Side, offloadStart: OffloadStart): Sought<Start> {
  const { found: finished, lack } = finishedPosition(side);
  if (finished === null) return { found: null, lack };
  const header = headerAt(side.stream, finished);
  if (!header) return header === null ? missingBytes : neverFinished;
  const position = offloadStart === "after-ccs" ? finished : finished + header.length;
  if (side.stream.end <= position) return nothingAfter;
  const unopened = lackOf(side, "CLIENT_RANDOM");
  const { suite } = side.opening;
  const recSeq0 = offloadStart === "after-ccs" ? 0n : 1n;
  const possible = unopened === null && suite?.cipher ? derived12(side, suite.cipher) : [];
  const see = (keys: RecordKeys | null) => seeFinished(side, finished, header.length, keys, recSeq0);
  const both = possible.find((pair) => see(pair[side.role]!).keysFit) ?? possible[0];
  const keys = both?.[side.role] ?? null;
  const others = both ? [{ keys: both[1 - side.role]!, under: "the receiver's keys", next: recSeq0 }] : [];
  return having({
    position,
    version: 0x0303,
    suite,
    recSeq0,
    keys,
    secret: null,
    others,
    lack: unopened,
    ...see(keys),
  });
}

/** What the Finished record tells of the keys and of the place where the capture was taken. */
function seeFinished(
  side: Side,
  position: number,
  length: number,
  keys: RecordKeys | null,
  recSeq0: bigint,
): Pick<Start, "nonce" | "keysFit" | "plainFinished"> {
  const cipher = side.opening.suite?.cipher;
  const record = new Uint8Array(length);
  if (!cipher || side.stream.read(position, length, record) < length) {
    return { nonce: null, keysFit: false, plainFinished: false };
  }
  const protection = protectionOf(side.aead, 0x0303, cipher);
  const keysFit = keys !== null && openRecord(protection, keys, 0n, record) !== null;
  const hasNonce = keysFit && protection.layout.prepend > headerSize;
  const nonce = hasNonce ? addU64(u64Of(record.subarray(headerSize, headerSize + 8)), recSeq0) : null;
  return { nonce, keysFit, plainFinished: isPlainFinished(record, protection) };
}

/** Position of the record after the ChangeCipherSpec. */
function finishedPosition(side: Side): Sought<number> {
  const { stream } = side;
  let position = beginOf(side);
  for (;;) {
    const header = headerAt(stream, position);
    if (!header) return lackAt(stream, position, header);
    position += header.length;
    if (header.type === recordType.changeCipherSpec) return having(position);
    if (header.type === recordType.applicationData) return missingBytes;
  }
}

/** A Finished message with its 12 bytes of verify_data, readable where ciphertext should be. */
function isPlainFinished(record: Uint8Array, { layout }: Protection): boolean {
  const at = layout.prepend;
  const message = [handshakeType.finished, 0, 0, 12];
  return record.length === layout.overhead + 16 && message.every((byte, i) => record[at + i] === byte);
}

/** The client's and the server's keys, with each secret that may be theirs. */
function derived12(side: Side, cipher: NonNullable<Suite["cipher"]>): [RecordKeys, RecordKeys][] {
  const { clientRandom, serverRandom, suite } = side.opening;
  const random = fromHex(clientRandom ?? "");
  if (!random || !serverRandom || !suite) return [];
  const masters = secretsOf(side, "CLIENT_RANDOM");
  return masters.map((master) => keys12(suite.hash, cipher, master, random, serverRandom));
}

function findStart13(side: Side): Sought<Start> {
  const app: Label = side.role === 0 ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0";
  const shake: Label =
    side.role === 0 ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET" : "SERVER_HANDSHAKE_TRAFFIC_SECRET";
  const { suite } = side.opening;
  const cipher = suite?.cipher ?? null;
  const secret = secretOf(side, app);
  const shakeSecret = secretOf(side, shake);
  let unopened = lackOf(side, app);
  if (suite && cipher && (secret || shakeSecret)) {
    const keys = secret && keys13(suite.hash, cipher, secret);
    const shakeKeys = shakeSecret && keys13(suite.hash, cipher, shakeSecret);
    const sought = new Search13(side, protectionOf(side.aead, 0x0304, cipher), keys, shakeKeys).run();
    if (sought?.found === null) return sought;
    if (sought)
      return having({
        position: sought.found,
        version: 0x0304,
        suite,
        recSeq0: 0n,
        keys,
        secret,
        others: others13(side, suite, cipher),
        keysFit: true,
        nonce: null,
        plainFinished: false,
        lack: unopened,
      });
    unopened = because(
      "bad-keys",
      "the key log's secrets for this client random do not fit: record map without decryption; record the key log of this very session",
    );
  }
  const { found: position, lack } = firstEncrypted(side);
  if (position === null) return { found: null, lack };
  const rest = { keys: null, secret: null, others: [], nonce: null, keysFit: false, plainFinished: false };
  return having({ position, version: 0x0304, suite, recSeq0: null, ...rest, lack: unopened });
}

const secretNames: readonly [label: Label, sender: 0 | 1, what: string][] = [
  ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0, "handshake keys"],
  ["SERVER_HANDSHAKE_TRAFFIC_SECRET", 1, "handshake keys"],
  ["CLIENT_TRAFFIC_SECRET_0", 0, "keys"],
  ["SERVER_TRAFFIC_SECRET_0", 1, "keys"],
];

/** Keys of the session's other secrets. */
function others13(side: Side, { hash }: Suite, cipher: NonNullable<Suite["cipher"]>): NamedKeys[] {
  const others: NamedKeys[] = [];
  for (const [label, sender, what] of secretNames) {
    const secret = secretOf(side, label);
    const isDue = sender === side.role && what === "keys";
    if (secret === null || isDue) continue;
    const under = `the ${sender === side.role ? "sender" : "receiver"}'s ${what}`;
    others.push({ keys: keys13(hash, cipher, secret), under, next: 0n });
  }
  return others;
}

function firstEncrypted(side: Side): Sought<number> {
  const { stream } = side;
  let position = beginOf(side);
  for (;;) {
    const header = headerAt(stream, position);
    if (!header) return lackAt(stream, position, header);
    if (header.type === recordType.applicationData) return having(position);
    position += header.length;
  }
}

/** Encrypted records before the start that fit no key: lost ones, or early data whose keys nobody asks for. */
const strangeMax = 64;
const strangeMaxEarlyData = 4096;

/** Follows a TLS 1.3 sender through its handshake records to the first one under application keys. */
class Search13 {
  private readonly side: Side;
  private readonly protection: Protection;
  private readonly keys: RecordKeys | null;
  private readonly shakeKeys: RecordKeys | null;
  private readonly reader = new MessageReader();
  private readonly record = new Uint8Array(recordSizeMax);
  private shakeSn = 0n;

  constructor(side: Side, protection: Protection, keys: RecordKeys | null, shakeKeys: RecordKeys | null) {
    this.side = side;
    this.protection = protection;
    this.keys = keys;
    this.shakeKeys = shakeKeys;
  }

  /** The position of the start; null if no key fits any record. */
  run(): Sought<number> | null {
    const { stream, opening } = this.side;
    const limit = opening.earlyData ? strangeMaxEarlyData : strangeMax;
    let position = beginOf(this.side);
    let previous = position;
    let strange = 0;
    while (strange < limit) {
      const header = headerAt(stream, position);
      if (!header) return this.shakeSn === 0n && strange > 0 ? null : lackAt(stream, position, header);
      const next = position + header.length;
      if (header.type === recordType.applicationData) {
        const record = this.record.subarray(0, header.length);
        if (stream.read(position, header.length, record) === header.length) {
          const finished = this.takeHandshake(record);
          if (finished === true) return stream.end > next ? having(next) : nothingAfter;
          if (finished === null && this.opens(record, 0n)) return having(position);
          if (finished === null && this.opens(record, 1n)) return having(previous);
          if (finished === null) strange++;
        }
        previous = position;
      }
      position = next;
    }
    return this.shakeSn === 0n ? null : missingBytes;
  }

  private opens(record: Uint8Array, sn: bigint): boolean {
    return this.keys !== null && openRecord(this.protection, this.keys, sn, record) !== null;
  }

  /** Whether this record, under handshake keys, completes Finished; null if it is not under those keys. */
  private takeHandshake(record: Uint8Array): boolean | null {
    if (this.shakeKeys === null) return null;
    const plaintext = openRecord(this.protection, this.shakeKeys, this.shakeSn, record);
    if (plaintext === null) return null;
    this.shakeSn++;
    const { type, size } = innerOf(0x0304, record[0]!, plaintext);
    if (type !== recordType.handshake) return false;
    return this.reader.feed(plaintext.subarray(0, size)).some((m) => m.type === handshakeType.finished);
  }
}
