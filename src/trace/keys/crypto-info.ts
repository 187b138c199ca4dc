import {
  type Cipher,
  ciphers,
  ivSizeOf,
  keySizeOf,
  type RecordKeys,
  saltSizeOf,
  type TlsVersion,
} from "../../core/base/record.ts";
import { type Seq, seq } from "../../core/base/seq.ts";
import { endpointText } from "../pcap/endpoint.ts";
import { finished } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import { counted } from "../visible.ts";
import { fromHex } from "./hex.ts";
import { dividedList } from "./json-list.ts";

/** Keys of one direction as setsockopt(TLS_TX) takes them, and where its record numbered `recSeq` begins. */
export interface CryptoInfo {
  /** `10.0.0.1:443`, `[fd00::1]:443` with the address as text; null: not told, so the stream is the one that they open. */
  ends: { source: string; destination: string } | null;
  version: TlsVersion;
  cipher: Cipher;
  keys: RecordKeys;
  /** Keys after the first rekey, the second …, as far as they are known. */
  later: RecordKeys[];
  recSeq: bigint;
  /** Null: where its first record begins is to be searched. */
  startSeq: Seq | null;
}

/** Directions of one file, as many as a capture has connections. */
const directionsMax = 2 ** 18;
/** Wrong directions told one by one: a file that is something else would give one an entry. */
const wrongMax = 100;

/** Characters of a direction, and of what stands around them: some hundred, unless the file is something else. */
const directionSizeMax = 2 ** 16;

const notJson = `the crypto_info file is not JSON, or has directions of more than ${directionSizeMax} characters`;
const tooMany = `a crypto_info file has at most ${directionsMax} directions; divide it`;

const error = { severity: "error", isOfKeys: true } as const;

/**
 * Reads crypto_info as JSON: `{ "dirs": [ { src, sport, dst, dport, version, suite | cipher, key, salt, iv, rec_seq, tcp_seq? } ] }`,
 * or one such direction, or an array of them. Byte strings are hex; numbers beyond 2^53 are decimal strings.
 */
export const parseCryptoInfos = (text: string): InfosRead => finished(readingCryptoInfos(text));

/** What a file of crypto_infos says. */
export interface InfosRead {
  infos: CryptoInfo[];
  diagnostics: Diagnostic[];
}

/** The same with a pause behind each direction. */
export function* readingCryptoInfos(text: string): Generator<number, InfosRead> {
  const list = yield* dividedList(text, "dirs", directionsMax);
  if (list !== null && list.items.length > directionsMax) return refused(tooMany);
  // What is no list is one direction.
  if (jsonOf(list?.around ?? text) === undefined) return refused(notJson);
  const items = list?.items ?? [text];
  const infos: CryptoInfo[] = [];
  const diagnostics: Diagnostic[] = [];
  let wrong = 0;
  for (const [i, item] of items.entries()) {
    const json = jsonOf(item);
    if (json === undefined) return refused(notJson);
    const read = cryptoInfoOf(fieldsOf(json) ?? {});
    if (typeof read !== "string") infos.push(read);
    else if (wrong++ < wrongMax)
      diagnostics.push({ ...error, message: `crypto_info, direction ${i + 1}: ${read}` });
    yield i / items.length;
  }
  if (wrong > wrongMax)
    diagnostics.push({
      ...error,
      message: `crypto_info: ${counted(wrong - wrongMax, "more direction is", "more directions are")} wrong and not told one by one`,
    });
  return { infos, diagnostics };
}

const refused = (message: string): InfosRead => ({ infos: [], diagnostics: [{ ...error, message }] });

/** A value that is not longer than a direction can be; undefined if it is longer or no JSON. */
function jsonOf(text: string): unknown {
  if (text.length > directionSizeMax) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const fieldsOf = (json: unknown): Record<string, unknown> | null =>
  typeof json === "object" && json !== null ? (json as Record<string, unknown>) : null;

/** TLS 1.3 and ChaCha20 have one 12-byte IV, which some write as 4 + 8 bytes whatever the cipher's own split. */
function splitNonce(cipher: Cipher, salt: Uint8Array | null, iv: Uint8Array | null): (Uint8Array | null)[] {
  const saltSize = saltSizeOf(cipher);
  if (!salt || !iv || salt.length + iv.length !== saltSize + ivSizeOf(cipher)) return [salt, iv];
  const whole = Uint8Array.of(...salt, ...iv);
  return [whole.slice(0, saltSize), whole.slice(saltSize)];
}

/** The crypto_info of one JSON direction, or what is wrong with it. */
function cryptoInfoOf(fields: Record<string, unknown>): CryptoInfo | string {
  const text = (name: string) => (typeof fields[name] === "string" ? (fields[name] as string) : "");
  const version = { "1.2": 0x0303, "1.3": 0x0304 }[text("version")] as TlsVersion | undefined;
  if (version === undefined) return `"version" must be "1.2" or "1.3"`;
  const cipher = cipherOf(text("suite") || text("cipher"));
  if (cipher === null) return `"suite" must name one of ${ciphers.join(", ")}`;
  const key = fromHex(text("key"));
  const [salt, iv] = splitNonce(cipher, fromHex(text("salt")), fromHex(text("iv")));
  if (key?.length !== keySizeOf(cipher)) return `"key" must be ${keySizeOf(cipher)} bytes in hex`;
  if (salt?.length !== saltSizeOf(cipher)) return `"salt" must be ${saltSizeOf(cipher)} bytes in hex`;
  if (iv?.length !== ivSizeOf(cipher)) return `"iv" must be ${ivSizeOf(cipher)} bytes in hex`;
  const recSeq = integerOf(fields.rec_seq);
  if (recSeq === null || recSeq >= 1n << 64n) return `"rec_seq" must be a record number below 2^64`;
  const start = fields.tcp_seq === undefined ? undefined : integerOf(fields.tcp_seq);
  if (start === null || (start !== undefined && start >= 1n << 32n))
    return `"tcp_seq" must be a sequence number below 2^32`;
  const source = endpointOf(text("src"), fields.sport);
  const destination = endpointOf(text("dst"), fields.dport);
  if (source === null || destination === null) return `"src", "sport", "dst" and "dport" must name both ends`;
  return {
    ends: { source, destination },
    version,
    cipher,
    keys: { key, salt, iv },
    later: [],
    recSeq,
    startSeq: start === undefined ? null : seq(Number(start)),
  };
}

/** The model's AEAD in an IANA suite name or a plain `aes-128-gcm`. */
function cipherOf(name: string): Cipher | null {
  const words = name
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/aes-?(128|256)/, "aes-$1");
  return ciphers.find((cipher) => words.includes(cipher) && !words.includes(`${cipher}-8`)) ?? null;
}

function integerOf(value: unknown): bigint | null {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  return typeof value === "string" && /^[0-9]{1,20}$/.test(value) ? BigInt(value) : null;
}

/** Address and port as streams are named by them; null if they are none. */
export function endpointOf(address: string, port: unknown): string | null {
  const number = integerOf(port);
  if (number === null || number > 65535n) return null;
  const bytes = address.includes(":") ? ipv6Bytes(address) : ipv4Bytes(address);
  return bytes && endpointText(bytes, 0, bytes.length, Number(number));
}

function ipv4Bytes(text: string): Uint8Array | null {
  const parts = text.split(".");
  const isValid =
    parts.length === 4 && parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) < 256);
  return isValid ? Uint8Array.from(parts, Number) : null;
}

/** RFC 4291 §2.2, with or without brackets. */
function ipv6Bytes(text: string): Uint8Array | null {
  const halves = text.replace(/^\[(.*)\]$/, "$1").split("::");
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(groupsOf)));
  const missing = 8 - head.length - tail.length;
  const groups = halves.length === 2 ? [...head, ...new Array(Math.max(0, missing)).fill(0), ...tail] : head;
  if (groups.length !== 8 || groups.some((group) => !(group <= 0xffff))) return null;
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 255]));
}

/** One hex group, or two for an IPv4 address in the last place; NaN for anything else. */
function groupsOf(part: string): number[] {
  const v4 = part.includes(".") ? ipv4Bytes(part) : null;
  if (v4) return [(v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!];
  return [/^[0-9a-fA-F]{1,4}$/.test(part) ? Number.parseInt(part, 16) : Number.NaN];
}
