/** Which crypto_info a stream's keys are, and where its records start by it. */
import { addU64, u64Of } from "../../core/base/record.ts";
import { type Seq, seq, toU32 } from "../../core/base/seq.ts";
import type { CryptoInfo } from "../keys/crypto-info.ts";
import { protectionOf } from "../tls/decrypt.ts";
import { RecordOpener } from "../tls/epochs.ts";
import { headerAt, isProtectedHeader } from "../tls/framing.ts";
import type { Opening } from "../tls/opening.ts";
import { type Found, FramingSearch, SearchBudget } from "../tls/search.ts";
import type { Sought, Start } from "../tls/start.ts";
import { type CaptureContext, endsOf, type Install, type Side } from "./context.ts";

/** A crypto_info that is a stream's, and the start by it. */
export interface InfoFound {
  info: CryptoInfo;
  start: Sought<Start>;
}

/** Keys that name no stream are tried on one until so many did not fit, each with so many bytes looked at. */
const triedMax = 64;
const triedBytes = 1 << 19;
/** Numbers that the first record may have that fits, where tags do not tell them: damage may have hit those before. */
const numbersMax = 8;

/** crypto_infos by the stream that they name; pauses behind each. */
export function* infosByEnds(
  cryptoInfos: readonly CryptoInfo[],
): Generator<number, Map<string, CryptoInfo[]>> {
  const named = new Map<string, CryptoInfo[]>();
  for (const [i, info] of cryptoInfos.entries()) {
    yield i / cryptoInfos.length;
    if (info.ends === null) continue;
    const name = `${info.ends.source}>${info.ends.destination}`;
    const same = named.get(name);
    if (same) same.push(info);
    else named.set(name, [info]);
  }
  return named;
}

/** The crypto_infos that name this direction; several if its addresses were used again. */
export function infosNaming({ infosByEnds }: CaptureContext, side: Side): readonly CryptoInfo[] {
  return infosByEnds.get(endsOf(side).join(">")) ?? [];
}

/** The crypto_info of this direction: the one that names it, of several or of those that name none the one that fits. */
export function infoOf(context: CaptureContext, side: Side, opening: Opening): InfoFound | null {
  const named = infosNaming(context, side);
  const possible = named.length > 0 ? named : nameless(context, side, opening);
  let last: InfoFound | null = null;
  for (const info of possible) {
    const budget = new SearchBudget();
    if (named.length === 0) budget.left = triedBytes;
    const start = startOf({ context, side, opening, budget }, info);
    last = { info, start };
    if (start.found === null) continue;
    context.fitting.set(info, side.stream);
    return last;
  }
  return named.length > 0 ? last : null;
}

/** Those that name no stream and may be this one's. */
function nameless({ cryptoInfos, fitting }: CaptureContext, side: Side, opening: Opening): CryptoInfo[] {
  const { version, suite } = opening;
  const isPossible = (info: CryptoInfo) =>
    info.ends === null &&
    (fitting.get(info) ?? side.stream) === side.stream &&
    (version ?? info.version) === info.version &&
    (suite ? suite.cipher : info.cipher) === info.cipher;
  return cryptoInfos.filter(isPossible).slice(0, triedMax);
}

/** What a start is sought with. */
interface Search {
  context: CaptureContext;
  side: Side;
  opening: Opening;
  budget: SearchBudget;
}

/** It says itself where it starts, or the kernel did; of a stream that was seen to begin that is not before its beginning. */
function startOf(search: Search, info: CryptoInfo): Sought<Start> {
  const { isn, assembly } = search.side;
  const start = startAt(info, 0);
  const startSeq = info.startSeq ?? installed(search, info);
  if (startSeq === null) return searched(search, start, info);
  const ahead = startSeq - assembly.positions.origin;
  const position = isn >= 0 ? toU32(seq(ahead)) : ahead | 0;
  if (position < assembly.bytes.end) return { found: { ...start, position }, lack: null };
  return tooLate("the crypto_info's tcp_seq lies behind the captured bytes of this stream");
}

/** Where the kernel said that the record of this number begins, if a record's header stands there. */
function installed({ context, side }: Search, { version, cipher, recSeq }: CryptoInfo): Seq | null {
  const { bytes, positions } = side.assembly;
  const { overhead } = protectionOf(context.platform.aead, version, cipher).layout;
  const isThere = (install: Install) => {
    const position = toU32(seq(install.startSeq - positions.origin));
    return install.recSeq === recSeq && isProtectedHeader(headerAt(bytes, position), overhead);
  };
  return context.installs.find(isThere)?.startSeq ?? null;
}

const lacking = (why: "begins-late" | "no-record", text: string): Sought<Start> => ({
  found: null,
  lack: { why, text },
});
const tooLate = (text: string): Sought<Start> => lacking("begins-late", text);

function startAt({ version, cipher, keys, recSeq }: CryptoInfo, position: number): Start {
  const nonce = version === 0x0303 && cipher !== "chacha20-poly1305" ? u64Of(keys.iv) : null;
  const rest = { secret: null, others: [], nonce, keysFit: false, plainFinished: false, lack: null };
  const hash = cipher === "aes-256-gcm" ? ("sha384" as const) : ("sha256" as const);
  return { position, version, suite: { hash }, recSeq0: recSeq, keys, ...rest };
}

/** It does not say where: records before the first whose tag fits have the numbers before, and are wrong. */
function searched({ context, side, opening, budget }: Search, start: Start, info: CryptoInfo): Sought<Start> {
  const { bytes } = side.assembly;
  const protection = protectionOf(context.platform.aead, start.version, info.cipher);
  const opener = new RecordOpener(start, protection, info.later);
  const { overhead } = protection.layout;
  const framing = new FramingSearch(bytes, start.version, opener, overhead, budget);
  const found = framing.firstAuthentic(opener.first, 1) ?? framing.firstAuthentic(opener.first, numbersMax);
  if (found === null)
    return tooLate("no record of this stream authenticates under the crypto_info, which has no tcp_seq");
  const begin = opening.begins[side.direction === opening.client ? 0 : 1] ?? bytes.begin;
  const isBegun = side.isn >= 0 || headerAt(bytes, begin) !== null;
  const from = isBegun ? begin : (framing.nextChain(begin, opener.first)?.position ?? found.position);
  const before = recordsBefore(side, from, found, overhead);
  if (before === null)
    return lacking(
      "no-record",
      "records before the first that fits the crypto_info are damaged, so where they start is not known: give its tcp_seq",
    );
  const first = before.at(-found.index) ?? before[0];
  const back = found.index === 0 || first === undefined ? 0 : Math.min(found.index, before.length);
  const index = found.index - back;
  const nonce = start.nonce === null ? null : addU64(start.nonce, BigInt(index));
  const recSeq0 = opener.snOf(opener.first, index);
  return { found: { ...start, position: back > 0 ? first! : found.position, recSeq0, nonce }, lack: null };
}

/** Where the records before the found one begin, from a place on; none behind a hole, null if other bytes are there. */
function recordsBefore(
  { assembly: { bytes } }: Side,
  from: number,
  { position, index }: Found,
  overhead: number,
): number[] | null {
  const records: number[] = [];
  if (index === 0) return records;
  let at = from;
  while (at < position) {
    const header = headerAt(bytes, at);
    if (header === undefined) return [];
    if (header === null) return null;
    if (isProtectedHeader(header, overhead)) records.push(at);
    at += header.length;
  }
  return at === position ? records : null;
}
