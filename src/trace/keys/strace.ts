/** crypto_info out of what strace saw: `strace -f -yy -xx -s 64 -e trace=setsockopt`. */
import { type Cipher, ivSizeOf, keySizeOf, saltSizeOf, u64Of } from "../../core/base/record.ts";
import type { Diagnostic } from "../trace.ts";
import { type CryptoInfo, endpointOf } from "./crypto-info.ts";
import { fromHex } from "./hex.ts";

/** True if a text has calls that hand keys to the kernel. */
export const isStrace = (text: string): boolean => /^.*setsockopt\(\d+.*\bTLS_[TR]X,/m.test(text);

/** A call up to its arguments' end: socket, which way, the bytes and whether they were cut. */
const callForm = /setsockopt\(\d+(<\S*>)?, SOL_TLS, TLS_([TR])X, "((?:\\x[0-9a-f]{2})*)"(\.\.\.)?, \d+(.*)$/;
const resumedForm = /<\.\.\. setsockopt resumed>(.*)$/;

/** Ciphers by their numbers in the kernel's header (kernel.md section 1.5). */
const ciphersByNumber: Readonly<Record<number, Cipher>> = {
  51: "aes-128-gcm",
  52: "aes-256-gcm",
  53: "aes-128-ccm",
  54: "chacha20-poly1305",
};

/** Reads the calls that succeeded; where records of a stream begin is not known, and a further call for a direction is a rekey. */
export function parseStrace(text: string): { infos: CryptoInfo[]; diagnostics: Diagnostic[] } {
  const infos = new Map<string, CryptoInfo>();
  const faults = new Set<string>();
  for (const call of calls(text)) {
    const info = infoOf(call);
    if (typeof info === "string") faults.add(info);
    else take(infos, info);
  }
  const message = (fault: string) => `strace: ${fault}`;
  return {
    infos: [...infos.values()],
    diagnostics: [...faults].map((fault) => ({ severity: "error", message: message(fault) })),
  };
}

/** Arguments of the calls that returned 0; one that another thread interrupted ends on a later line of its thread. */
function* calls(text: string): Generator<RegExpExecArray> {
  const unfinished = new Map<string, RegExpExecArray>();
  for (const line of text.split("\n")) {
    const thread = /^(?:\[pid +)?(\d*)/.exec(line)![1]!;
    const call = callForm.exec(line) ?? unfinished.get(thread);
    if (!call) continue;
    unfinished.delete(thread);
    const result = resumedForm.exec(line)?.[1] ?? call[5]!;
    if (result.includes("<unfinished")) unfinished.set(thread, call);
    else if (/^\) *= 0\b/.test(result)) yield call;
  }
}

/** What a call hands over, or what is wrong with it. */
function infoOf([, socket = "", way, hex = "", cut]: RegExpExecArray): CryptoInfo | string {
  if (cut) return "keys are cut off: trace with -s 64";
  const ends = /^<TCP(?:v6)?:\[(\S+)->(\S+)\]>$/.exec(socket)?.slice(1).map(endOf);
  if (!ends?.[0] || !ends[1]) return "whose socket it is is not told: trace with -yy";
  const bytes = fromHex(hex.replaceAll("\\x", ""))!;
  const isBig = bytes[2] === 0;
  const cipher = ciphersByNumber[bytes[isBig ? 3 : 2] ?? 0];
  const version = bytes[0] === 4 || bytes[1] === 4 ? 0x0304 : 0x0303;
  if (cipher === undefined) return "a cipher that is none of the model";
  const [iv, key, salt] = [ivSizeOf(cipher), keySizeOf(cipher), saltSizeOf(cipher)];
  if (bytes.length !== 4 + iv + key + salt + 8) return "a crypto_info of another size than its cipher has";
  const part = (from: number, size: number) => bytes.slice(from, from + size);
  const keys = { iv: part(4, iv), key: part(4 + iv, key), salt: part(4 + iv + key, salt) };
  const [source, destination] = way === "T" ? [ends[0], ends[1]] : [ends[1], ends[0]];
  const recSeq = u64Of(bytes.subarray(-8));
  return { source, destination, version, cipher, keys, later: [], recSeq, startSeq: null };
}

/** `10.0.0.1:443` or `[::1]:443`; an IPv4 address that an IPv6 socket has is itself on the wire. */
function endOf(text: string): string | null {
  const colon = text.lastIndexOf(":");
  const address = text.slice(0, colon).replace(/^\[::ffff:([\d.]+)\]$/, "$1");
  return endpointOf(address, text.slice(colon + 1));
}

/** The same keys seen from both ends are one; others on a direction that has some are a rekey. */
function take(infos: Map<string, CryptoInfo>, info: CryptoInfo): void {
  const name = `${info.source}>${info.destination}`;
  const known = infos.get(name);
  if (!known) infos.set(name, info);
  else if (![known.keys, ...known.later].some(({ key }) => key.every((byte, i) => byte === info.keys.key[i])))
    known.later.push(info.keys);
}
