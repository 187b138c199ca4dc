// trace/keys: what opens records: key logs, crypto_info, suites, and the keys that follow from a secret.

import type { Diagnostic } from "../trace.ts";
import { type CryptoInfo, parseCryptoInfos } from "./crypto-info.ts";
import type { KeyLog } from "./key-log.ts";

/** What the user has of keys: texts of key log files (SSLKEYLOGFILE) and crypto_infos. */
export interface KeySource {
  keyLogs: string[];
  cryptoInfos: CryptoInfo[];
  /** Key logs of a folder, where one was named: asked for each session. */
  folder?: KeyLog;
}

/** Sorts key texts into key logs and crypto_info JSON. */
export function keySourceOf(texts: readonly string[]): { source: KeySource; diagnostics: Diagnostic[] } {
  const source: KeySource = { keyLogs: [], cryptoInfos: [] };
  const diagnostics: Diagnostic[] = [];
  for (const text of texts) {
    if (!/^\s*[[{]/.test(text)) {
      source.keyLogs.push(text);
      continue;
    }
    const read = parseCryptoInfos(text);
    source.cryptoInfos.push(...read.infos);
    diagnostics.push(...read.diagnostics);
  }
  return { source, diagnostics };
}
