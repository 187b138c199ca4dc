import { finished } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import { fromHex } from "./hex.ts";

const labels = [
  "CLIENT_RANDOM",
  "CLIENT_EARLY_TRAFFIC_SECRET",
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "SERVER_TRAFFIC_SECRET_0",
] as const;
/** The secrets of a key log that records need; CLIENT_RANDOM is the TLS 1.2 master secret. */
export type Label = (typeof labels)[number];

/** The secrets of one session. */
export type Secrets = ReadonlyMap<Label, Uint8Array>;

/** Secrets by client random (hex, lower case), then by label; more than are in memory may stand behind it. */
export type KeyLog = Pick<ReadonlyMap<string, Secrets>, "get" | "has" | "size">;

const isLabel = (text: string): text is Label => (labels as readonly string[]).includes(text);

/**
 * Reads key logs (draft-ietf-tls-keylogfile): `LABEL CLIENT_RANDOM SECRET` a line, `#` comments, unknown labels skipped.
 * A later line wins. Lines that are none of this are counted in one warning.
 */
export const parseKeyLogs = (texts: readonly string[]): KeyLogsRead => finished(readingKeyLogs(texts));

interface KeyLogsRead {
  log: KeyLog;
  diagnostics: Diagnostic[];
}

/** The same with a pause behind each line. */
export function* readingKeyLogs(texts: readonly string[]): Generator<number, KeyLogsRead> {
  const log = new Map<string, Map<Label, Uint8Array>>();
  let rubbish = 0;
  for (const text of texts) {
    for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
      if (!parseKeyLine(line, log)) rubbish++;
      yield index / text.length;
    }
  }
  const diagnostics: Diagnostic[] = [];
  if (rubbish > 0) {
    const message = `${rubbish} line(s) of the key log are not "LABEL CLIENT_RANDOM SECRET" in hex and were skipped`;
    diagnostics.push({ severity: "warning", message, isOfKeys: true });
  }
  return { log, diagnostics };
}

/** True if the line is in order: a secret, a comment, empty, or a label nobody here needs. */
function parseKeyLine(line: string, log: Map<string, Map<Label, Uint8Array>>): boolean {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return true;
  const words = text.split(/\s+/);
  const [label = "", random = "", secretText = ""] = words;
  if (!isLabel(label)) return words.length === 3 && /^[A-Z][A-Z0-9_]*$/.test(label);
  const secret = fromHex(secretText);
  if (words.length !== 3 || secret === null || !/^[0-9a-fA-F]{64}$/.test(random)) return false;
  if (secret.length !== 48 && (label === "CLIENT_RANDOM" || secret.length !== 32)) return false;
  const key = random.toLowerCase();
  const secrets = log.get(key) ?? new Map<Label, Uint8Array>();
  secrets.set(label, secret);
  log.set(key, secrets);
  return true;
}

/** Two key logs as one; what `first` has of a session comes first. */
export const joinedLogs = (first: KeyLog, second: KeyLog): KeyLog => ({
  size: first.size + second.size,
  has: (random) => first.has(random) || second.has(random),
  get(random) {
    const [one, other] = [first.get(random), second.get(random)];
    return one && other ? new Map([...other, ...one]) : (one ?? other);
  },
});
