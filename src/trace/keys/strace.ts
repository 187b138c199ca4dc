/** crypto_info out of what strace saw: `strace -f -yy -xx -s 64 -e trace=setsockopt`. */
import { type Cipher, ivSizeOf, keySizeOf, saltSizeOf, u64Of } from "../../core/base/record.ts";
import { finished } from "../platform.ts";
import { type CryptoInfo, endpointOf, type InfosRead } from "./crypto-info.ts";
import { fromHex } from "./hex.ts";

/**
 * True if a text has calls that hand keys to the kernel. All that may repeat in these forms is bounded by what strace
 * writes (a socket's name has two addresses, a crypto_info 60 bytes): a long line costs no more than its length.
 */
export function isStrace(text: string): boolean {
  for (const way of ["TLS_TX,", "TLS_RX,"]) {
    let at = text.indexOf(way);
    for (let looks = 0; at >= 0 && looks < looksMax; looks++) {
      if (callBefore.test(text.slice(Math.max(0, at - 320), at))) return true;
      at = text.indexOf(way, at + 1);
    }
  }
  return false;
}

/** Places looked at to tell what a text is. */
const looksMax = 1000;
const callBefore = /setsockopt\(\d{1,10}.{0,300}$/;

/** A call up to its arguments' end: socket, which way, the bytes and whether they were cut. */
const callForm =
  /setsockopt\((\d{1,10}(?:<\S{0,200}>)?), SOL_TLS, TLS_([TR])X, "((?:\\x[0-9a-f]{2}){0,200})"(\.\.\.)?, \d{1,10}(.*)$/;
/** A socket that becomes one of TLS: whatever keys it had before were another connection's. */
const ulpForm = /setsockopt\((\d{1,10}(?:<\S{0,200}>)?), SOL_TCP, TCP_ULP, /;
const resumedForm = /<\.\.\. setsockopt resumed>(.*)$/;

/** Ciphers by their numbers in the kernel's header (kernel.md section 1.5). */
const ciphersByNumber: Readonly<Record<number, Cipher>> = {
  51: "aes-128-gcm",
  52: "aes-256-gcm",
  53: "aes-128-ccm",
  54: "chacha20-poly1305",
};

/** Reads the calls that succeeded; where records of a stream begin is not known, and a further call for a direction is a rekey. */
export const parseStrace = (text: string): InfosRead => finished(readingStrace(text));

/** The same with a pause behind each call. */
export function* readingStrace(text: string): Generator<number, InfosRead> {
  const sockets = new Sockets();
  const faults = new Set<string>();
  for (const { thread, socket, call, at } of calls(text)) {
    yield at / text.length;
    const info = call && infoOf(call);
    if (info === null) sockets.begin(thread, socket);
    else if (typeof info === "string") faults.add(info);
    else sockets.take(thread, socket, call![2]!, info);
  }
  const message = (fault: string) => `strace: ${fault}`;
  return {
    infos: sockets.infos,
    diagnostics: [...faults].map((fault) => ({ severity: "error", isOfKeys: true, message: message(fault) })),
  };
}

/** A call of a thread on a socket that hands over keys; null: one that makes it a socket of TLS. */
interface Call {
  thread: string;
  socket: string;
  call: RegExpExecArray | null;
  /** Where in the text it ends. */
  at: number;
}

/** Arguments of the calls that returned 0; one that another thread interrupted ends on a later line of its thread. */
function* calls(text: string): Generator<Call> {
  const unfinished = new Map<string, RegExpExecArray>();
  for (const { 0: line, index: at } of text.matchAll(/[^\n]+/g)) {
    const thread = /^(?:\[pid +)?(\d*)/.exec(line)![1]!;
    const begun = ulpForm.exec(line);
    if (begun) yield { thread, socket: begun[1]!, call: null, at };
    const call = callForm.exec(line) ?? unfinished.get(thread);
    if (!call) continue;
    unfinished.delete(thread);
    const result = resumedForm.exec(line)?.[1] ?? call[5]!;
    if (result.includes("<unfinished")) unfinished.set(thread, call);
    else if (/^\) *= 0\b/.test(result)) yield { thread, socket: call[1]!, call, at };
  }
}

/** What a call hands over, or what is wrong with it. */
function infoOf([, socket = "", way, hex = "", cut]: RegExpExecArray): CryptoInfo | string {
  if (cut) return "keys are cut off: trace with -s 64";
  const bytes = fromHex(hex.replaceAll("\\x", ""))!;
  const isBig = bytes[2] === 0;
  const cipher = ciphersByNumber[bytes[isBig ? 3 : 2] ?? 0];
  const version = bytes[0] === 4 || bytes[1] === 4 ? 0x0304 : 0x0303;
  if (cipher === undefined) return "a cipher that is none of the model";
  const [iv, key, salt] = [ivSizeOf(cipher), keySizeOf(cipher), saltSizeOf(cipher)];
  if (bytes.length !== 4 + iv + key + salt + 8) return "a crypto_info of another size than its cipher has";
  const part = (from: number, size: number) => bytes.slice(from, from + size);
  const keys = { iv: part(4, iv), key: part(4 + iv, key), salt: part(4 + iv + key, salt) };
  const recSeq = u64Of(bytes.subarray(-8));
  return { ends: endsOf(socket, way!), version, cipher, keys, later: [], recSeq, startSeq: null };
}

/** Whose keys they are, if strace was asked to say it (-yy). */
function endsOf(socket: string, way: string): CryptoInfo["ends"] {
  const [own, peer] = /<TCP(?:v6)?:\[(\S+)->(\S+)\]>$/.exec(socket)?.slice(1).map(endOf) ?? [];
  if (!own || !peer) return null;
  return way === "T" ? { source: own, destination: peer } : { source: peer, destination: own };
}

/** `10.0.0.1:443` or `[::1]:443`; an IPv4 address that an IPv6 socket has is itself on the wire. */
function endOf(text: string): string | null {
  const colon = text.lastIndexOf(":");
  const address = text.slice(0, colon).replace(/^\[::ffff:([\d.]+)\]$/, "$1");
  return endpointOf(address, text.slice(colon + 1));
}

/** What keys each socket has: the same seen from both ends are one, others on a direction that has some are a rekey. */
class Sockets {
  readonly infos: CryptoInfo[] = [];
  /** By socket and direction, as addresses tell them, else by the thread's number of it. */
  private readonly current = new Map<string, CryptoInfo>();
  private readonly byKey = new Map<string, CryptoInfo>();

  /** Whatever comes is another connection's. */
  begin(thread: string, socket: string): void {
    for (const way of ["T", "R"]) this.current.delete(nameOf(thread, socket, endsOf(socket, way), way));
  }

  take(thread: string, socket: string, way: string, info: CryptoInfo): void {
    const name = nameOf(thread, socket, info.ends, way);
    const key = `${info.keys.key.join()} ${info.ends === null ? "" : name}`;
    const same = this.byKey.get(key);
    const known = same ?? this.current.get(name) ?? info;
    this.current.set(name, known);
    this.byKey.set(key, known);
    if (known === info) this.infos.push(info);
    else if (!same) known.later.push(info.keys);
  }
}

const nameOf = (thread: string, socket: string, ends: CryptoInfo["ends"], way: string): string =>
  ends === null ? `${thread} ${socket} ${way}` : `${ends.source}>${ends.destination}`;
