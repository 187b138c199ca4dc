/** What the names of files of keys end with that serve one capture. */
const keyEndings = [".cryptoinfo.json", ".crypto_info.json", ".keys", ".keylog"];
/** What a capture's name may end with. */
export const captureName = /\.(pcap|pcapng|cap)(\.gz)?$/i;
/** Names that the file of SSLKEYLOGFILE goes by when it serves a whole folder. */
const folderKeyLog = /^(ssl[-_]?)?keys?[-_]?(log)?[-_]?(file)?\.(log|txt|keys)$/i;
/** A secret, behind a mark of byte order or an indent. Bounded, so that no text takes longer than its length. */
const secretLine = /^[^\w\r\n]{0,64}[A-Z][A-Z0-9_]{0,63}\s[0-9a-fA-F]{64}\s[0-9a-fA-F]{64,96}\s*$/m;

/**
 * Which names of a capture's folder may be files of keys for it, best first: crypto_info under its name, key logs under
 * its name, a key log of the whole folder.
 */
export function keyNamesBeside(capture: string, names: readonly string[]): string[] {
  const stem = capture.replace(captureName, "");
  const own = [...keyEndings, ".log", ".txt"].map((ending) => stem + ending);
  return [...own.filter((name) => names.includes(name)), ...names.filter((name) => folderKeyLog.test(name))];
}

/** True of a name that says by itself that there are keys. */
export const isNamedKeys = (name: string): boolean => keyEndings.some((ending) => name.endsWith(ending));

/** A `.log` or `.txt` beside a capture may be anything: it counts if a line of this, its beginning, reads as a secret. */
export const readsAsKeyLog = (head: string): boolean =>
  // Those of UTF-16 have a zero beside each letter.
  secretLine.test(head.replaceAll("\0", ""));
