// trace/keys: what opens records: key logs, crypto_info, suites, and the keys that follow from a secret.

import { finished } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import { type CryptoInfo, readingCryptoInfos } from "./crypto-info.ts";
import type { KeyLog } from "./key-log.ts";
import { isStrace, readingStrace } from "./strace.ts";

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

/** Key texts sorted, and what is wrong with them. */
interface KeySourceRead {
  source: KeySource;
  diagnostics: Diagnostic[];
}

/** The sorted texts, in one go. */
export const keySourceOf = (texts: readonly string[]): KeySourceRead => finished(readingKeySource(texts));

/** Sorts key texts into key logs, crypto_info as JSON and what strace saw; pauses while it reads the latter. */
export function* readingKeySource(texts: readonly string[]): Generator<number, KeySourceRead> {
  const source: KeySource = { keyLogs: [], cryptoInfos: [] };
  const diagnostics: Diagnostic[] = [];
  for (const text of texts) {
    const reading = isStrace(text) ? readingStrace : /^\s*[[{]/.test(text) ? readingCryptoInfos : null;
    if (reading === null) {
      source.keyLogs.push(text);
      continue;
    }
    const read = yield* reading(text);
    // Not push(...infos): a file may hold more directions than a call takes arguments.
    for (const info of read.infos) source.cryptoInfos.push(info);
    for (const diagnostic of read.diagnostics) diagnostics.push(diagnostic);
  }
  return { source, diagnostics };
}
