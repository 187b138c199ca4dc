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

/** True if a pcapng file brings its own keys: a Decryption Secrets Block near its beginning, which this is. */
export function bringsSecrets(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const sectionHeader = 0x0a0d0d0a;
  const secretsBlock = 0x0000000a;
  if (head.length < 12 || view.getUint32(0) !== sectionHeader) return false;
  const isLittle = view.getUint32(8, true) === 0x1a2b3c4d;
  for (let at = 0; at + 8 <= head.length; ) {
    if (view.getUint32(at, isLittle) === secretsBlock) return true;
    const length = view.getUint32(at + 4, isLittle);
    if (length < 12) return false;
    at += length;
  }
  return false;
}
