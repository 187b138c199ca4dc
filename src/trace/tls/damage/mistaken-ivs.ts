import type { RecordKeys } from "../../../core/base/record.ts";
import { openRecord } from "../decrypt.ts";
import type { NamedKeys, Strange } from "./origin.ts";

type Iv = Pick<RecordKeys, "salt" | "iv">;

/** A record that fails under its keys; `others`: those of the session that it may have been made with. */
interface Failed extends Strange {
  keys: RecordKeys;
  others: readonly NamedKeys[];
}

/** Ways to write an iv that is not the one: not at all, in part, in another order of bytes. */
const mistakes: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
  (bytes) => new Uint8Array(bytes.length),
  (bytes) => bytes.map((byte, i) => (i < 4 ? 0 : byte)),
  (bytes) => bytes.map((byte, i) => (i < 4 ? byte : 0)),
  (bytes) => bytes.slice().reverse(),
  (bytes) => bytes.map((_, i) => bytes[i ^ 3]!),
];

/** Salts and ivs that may be taken for the keys' own: those of other keys of the session, and those that mistakes make of it. */
function* mistaken({ keys, others }: Failed): Generator<Iv> {
  for (const other of others) yield other.keys;
  const own = Uint8Array.of(...keys.salt, ...keys.iv);
  for (const mistake of mistakes) {
    const bytes = mistake(own);
    yield { salt: bytes.slice(0, keys.salt.length), iv: bytes.slice(keys.salt.length) };
  }
}

/**
 * True if a failed record is right under a salt or iv that is taken by mistake. Asked of AEADs whose tags do not tell the
 * nonce: ChaCha20-Poly1305, AES-CCM.
 */
export function isUnderMistakenIv(failed: Failed): boolean {
  const { protection, keys, sn, record } = failed;
  if (protection.cipher.endsWith("-gcm")) return false;
  for (const { salt, iv } of mistaken(failed))
    if (openRecord(protection, { ...keys, salt, iv }, sn, record) !== null) return true;
  return false;
}
