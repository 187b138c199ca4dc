// trace/keys: what opens records: key logs, crypto_info, suites, and the keys that follow from a secret.

import type { Diagnostic } from "../trace.ts";
import { type CryptoInfo, parseCryptoInfos } from "./crypto-info.ts";
import type { KeyLog } from "./key-log.ts";
import { isStrace, parseStrace } from "./strace.ts";

/** What the user has of keys: texts of key log files (SSLKEYLOGFILE) and crypto_infos. */
export interface KeySource {
  keyLogs: string[];
  cryptoInfos: CryptoInfo[];
  /** Key logs of a folder, where one was named: asked for each session. */
  folder?: KeyLog;
}

/**
 * The text of a file of keys: UTF-8, or UTF-16 as some shells of Windows write it, with or without a byte order mark; null
 * if it is no text.
 */
export function keyTextOf(bytes: Uint8Array): string | null {
  const [first, second, third, fourth] = bytes;
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && third === 0 && second !== 0);
  const isLittle = (first === 0xff && second === 0xfe) || (second === 0 && fourth === 0 && first !== 0);
  const text = new TextDecoder(isBig ? "utf-16be" : isLittle ? "utf-16le" : "utf-8").decode(bytes);
  return text.slice(0, 4096).includes("\0") ? null : text;
}

/** Sorts key texts into key logs, crypto_info as JSON and what strace saw. */
export function keySourceOf(texts: readonly string[]): { source: KeySource; diagnostics: Diagnostic[] } {
  const source: KeySource = { keyLogs: [], cryptoInfos: [] };
  const diagnostics: Diagnostic[] = [];
  for (const text of texts) {
    const parse = isStrace(text) ? parseStrace : /^\s*[[{]/.test(text) ? parseCryptoInfos : null;
    if (parse === null) {
      source.keyLogs.push(text);
      continue;
    }
    const read = parse(text);
    source.cryptoInfos.push(...read.infos);
    diagnostics.push(...read.diagnostics);
  }
  return { source, diagnostics };
}
