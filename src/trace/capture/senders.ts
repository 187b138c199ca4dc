import { type RecordKeys, u64Bytes } from "../../core/base/record.ts";
import { advance, seq, toU32 } from "../../core/base/seq.ts";
import { type Connection, usualSocket } from "../../core/machine/connection.ts";
import type { CapturedRecords } from "../captured.ts";
import { offloadNote } from "../keys/suites.ts";
import type { Assembly } from "../tls/assembly.ts";
import type { Clear } from "../tls/clear/clear.ts";
import { firstZeroed } from "../tls/clear/zeroed.ts";
import { protectionOf } from "../tls/decrypt.ts";
import type { Opening } from "../tls/opening.ts";
import { findStart, type Start } from "../tls/start.ts";
import { asTold, clearFound, TapFinder, type TapFound, type TapQuestion, tapWithout } from "../tls/tap.ts";
import { type Walked, Walker } from "../tls/walk.ts";
import { Authenticated, type Stream } from "../trace.ts";
import { type Beginning, type CaptureContext, endsOf, type Side } from "./context.ts";
import { infoOf, infosNaming } from "./infos.ts";
import type { Told } from "./other-tap.ts";

/** One direction of a connection of the capture: its stream and, if it has an offload start, its records. */
export interface Sender {
  side: Side;
  shown: Stream;
  offload: Offload | null;
}

/** The offloaded part of a sender. */
export interface Offload {
  connection: Connection;
  /** Position of its first byte. */
  start: number;
  walked: Walked;
  captured: CapturedRecords;
}

/** `SRC:PORT>DST:PORT`, with `#2` … for a repeated 4-tuple. */
export function streamName(side: Side): string {
  const { repetition } = side.flow;
  return `${endsOf(side).join(">")}${repetition > 1 ? `#${repetition}` : ""}`;
}

/** 0 = its sender is the TLS client, 1 = the server. */
export const roleOf = ({ direction }: Pick<Side, "direction">, { client }: Opening): 0 | 1 =>
  direction === client ? 0 : 1;

/** Reads one direction of a TLS connection, as far as it has come. */
export async function readSender(
  context: CaptureContext,
  side: Side,
  opening: Opening,
  renewals: readonly RecordKeys[],
): Promise<Sender> {
  const { keyLog, offloadStart, sessions } = context;
  const { aead } = context.platform;
  const { assembly } = side;
  const own = infoOf(context, side, opening);
  const info = own?.info;
  const keyedBy = sessions.keyedBy(opening, keyLog);
  const role = roleOf(side, opening);
  const { found: start, lack } = own
    ? own.start
    : findStart({ stream: assembly.bytes, role, opening, keyedBy, keyLog, aead }, offloadStart);
  const shown: Stream = {
    name: streamName(side),
    short: streamName(side),
    connection: -1,
    version: info?.version ?? opening.version,
    cipherName: info?.cipher ?? opening.suite?.cipherName ?? null,
    cipher: info?.cipher ?? opening.suite?.cipher ?? null,
    tap: "wire",
    note: lack?.text ?? null,
    session: opening.clientRandom,
    keyedBy,
    hasKeys: own !== null || keyedBy.length > 0,
    ...(lack && { lack: lack.why }),
  };
  const offload =
    start && (await readOffload(context, side, shown, { start, renewals: info?.later ?? renewals }));
  return { side, shown, offload };
}

async function readOffload(
  context: CaptureContext,
  side: Side,
  shown: Stream,
  { start, renewals }: Pick<Beginning, "start" | "renewals">,
): Promise<Offload> {
  const { cipher } = shown;
  const protection = cipher && protectionOf(context.platform.aead, start.version, cipher);
  const { trials } = context;
  const question = { stream: side.assembly.bytes, start, protection, renewals, trials };
  const { found, clear, told } = await readingOf(context, side, question, shown);
  const isHostTap = found.tap === "host";
  const begun = { start: startAs(found, start), cipher, isHostTap, clear, renewals, shift: found.shift };
  const walker = walkerOf(context, side, begun);
  const walked = await walker.run(context.progress);
  shown.tap = found.tap;
  const isOfBoth = side.flow.bothSides[side.direction];
  const ofTap = isOfBoth ? "both-taps" : found.lack;
  const isOfTap = clear !== null || ofTap === "zeroed-tags" || ofTap === "not-plain";
  shown.lack = isOfTap ? ofTap : (start.lack?.why ?? ofTap);
  if (clear !== null) noteContent(shown, told, walked);
  const notes = [
    (clear ? null : start.lack?.text) ?? null,
    found.note,
    noteOf(walked),
    offloadNote(start.version, cipher),
  ];
  shown.note = notes.filter((note) => note !== null).join("; ") || null;
  return {
    connection: connectionOf(side, shown, begun.start, walked),
    start: start.position,
    walked,
    captured: capturedOf(context, side.assembly, begun, walked),
  };
}

/** Where a stream was captured, and what is expected of its records if that is plaintext and some of them are. */
interface Reading {
  found: TapFound;
  clear: Clear | null;
  /** What another capture says of it, null if there is none. */
  told: Told | null;
}

async function readingOf(
  context: CaptureContext,
  side: Side,
  question: TapQuestion,
  shown: Stream,
): Promise<Reading> {
  const { plaintext, progress } = context;
  const { stream, start, protection } = question;
  const isExpected = plaintext !== null && protection !== null;
  const zeroed = isExpected ? await firstZeroed({ stream, start, protection }, progress) : null;
  const found = zeroed === null ? await tapOf(context, side, question) : clearFound;
  if (!isExpected) return { found, clear: null, told: null };
  if (found.tap !== "host") return { found: { ...found, lack: "not-plain" }, clear: null, told: null };
  const told = plaintext.other?.of(shown, startSeqOf(side, start)) ?? null;
  const isNonceTold = infosNaming(context, side).length > 0;
  const clear = { known: told?.known ?? null, from: zeroed ?? start.position, isNonceTold };
  return { found: clearFound, clear, told };
}

/** Why nothing says what the framed records must hold; of a stream of which that is not known at all it is the lack. */
function noteContent(shown: Stream, told: Told | null, { table }: Walked): void {
  const { authenticated, count } = table;
  shown.contentLack = told === null ? "no-other" : (told.lack ?? "other-unopened");
  const isTold = authenticated.values.subarray(0, count).includes(Authenticated.plain);
  if (told !== null && !isTold) shown.lack ??= shown.contentLack;
}

/** Where a stream was captured: asked on from where its records were looked at last. */
async function tapOf(
  { tap, progress }: CaptureContext,
  side: Side,
  question: TapQuestion,
): Promise<TapFound> {
  const { start, renewals, protection } = question;
  const without = tapWithout(question, tap);
  if (without !== null || protection === null) return without!;
  const { tapAsked } = side;
  const asked = tapAsked?.question;
  const isSameQuestion = isSame([asked?.start, asked?.renewals], [start, renewals]);
  const goesOn = tapAsked !== null && isSameQuestion && side.changed >= tapAsked.finder.position;
  const finder = goesOn ? tapAsked.finder : new TapFinder(question, protection);
  side.tapAsked = { question, finder };
  return asTold(await finder.find(progress), tap);
}

/** Keys that open none of the first records are none. */
const startAs = ({ keysUsable }: TapFound, start: Start): Start =>
  keysUsable
    ? start
    : { ...start, keys: null, secret: null, recSeq0: start.version === 0x0304 ? null : start.recSeq0 };

/** The walk that goes on, if it set out with the same; else a new one. */
function walkerOf(context: CaptureContext, side: Side, begun: Beginning): Walker {
  const { changed, walk, assembly } = side;
  side.changed = Number.POSITIVE_INFINITY;
  if (walk && isSame(walk.begun, begun)) {
    walk.walker.rewind(changed);
    side.unlisted = Math.min(side.unlisted, walk.walker.place.position);
    return walk.walker;
  }
  const { start, cipher } = begun;
  const { copyWindow } = context;
  const trials = context.trials.ofStream();
  const protection = cipher && protectionOf(context.platform.aead, start.version, cipher);
  const walker = new Walker({ ...begun, assembly, protection, copyWindow, trials });
  side.walk = { begun, walker };
  side.unlisted = Number.NEGATIVE_INFINITY;
  return walker;
}

/** True if two values of plain data say the same. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [one, other] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return one.size === other.size && [...one].every(([key, value]) => isSame(value, other.get(key)));
}

/** Records after a renegotiation have keys that no key log line of this connection gives. */
const noteOf = ({ epochs }: Walked): string | null =>
  epochs[0] && epochs.at(-1) === null
    ? "after a renegotiation the keys are not known: record map without decryption from there on"
    : null;

const startSeqOf = ({ assembly }: Side, { position }: Start): number =>
  toU32(advance(assembly.positions.origin, position));

const connectionOf = (side: Side, shown: Stream, start: Start, walked: Walked): Connection => ({
  name: shown.short,
  flow: shown.name,
  device: 0,
  version: start.version,
  cipher: shown.cipher,
  startSeq: seq(startSeqOf(side, start)),
  recSeq0: start.recSeq0 ?? 0n,
  epochs: epochsOf(walked),
  // What the receiver announced in its SYN is the most that this sender's packets carry; 0 if its SYN was not seen.
  mss: side.flow.mss[1 - side.direction]!,
  ...usualSocket,
  captured: true,
  installed: false,
  source: null,
});

/** In TLS 1.2 GCM the first explicit nonce is not derived from secrets: the records tell it. */
function epochsOf({ epochs, firstNonce }: Walked): (RecordKeys | null)[] {
  const [first, ...later] = epochs;
  if (!first || firstNonce === null) return epochs;
  return [{ ...first, iv: u64Bytes(firstNonce) }, ...later];
}

const capturedOf = (
  { log }: CaptureContext,
  assembly: Assembly,
  { start, cipher, isHostTap }: Beginning,
  walked: Walked,
): CapturedRecords => {
  const { table, epochs, overlays } = walked;
  const { start: from, length, offset } = assembly.pieces;
  return {
    version: start.version,
    cipher,
    isHostTap,
    epochs,
    recSeq0: table.recSeq0,
    pieces: { start: from, length, offset },
    scattered: log.scattered,
    records: table,
    overlays,
  };
};
