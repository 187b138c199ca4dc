import { type Cipher, ciphers, type TlsVersion } from "../../core/base/record.ts";
import { suiteName } from "./suite-names.ts";

/** What a cipher suite means for its records. */
export interface Suite {
  id: number;
  /** As `TLS_RSA_WITH_AES_128_CBC_SHA (0x002f)`; the number alone if IANA has no name for it. */
  name: string;
  /** What it encrypts with, as `aes-128-gcm`, `aes-256-ccm-8`, `aes-128-cbc`; null if IANA does not know it. */
  cipherName: string | null;
  /** Null if the model cannot encrypt its records. */
  cipher: Cipher | null;
  /** Hash of the TLS 1.2 PRF or the TLS 1.3 key schedule. */
  hash: "sha256" | "sha384";
}

/** The suite of this IANA number. */
export function suiteOf(id: number): Suite {
  const name = suiteName(id);
  const cipherName = name && cipherNameIn(name);
  const number = `0x${id.toString(16).padStart(4, "0")}`;
  return {
    id,
    name: name ? `${name} (${number})` : number,
    cipherName,
    cipher: ciphers.find((cipher) => cipher === cipherName) ?? null,
    // RFC 5246 §5: SHA-256 unless the suite says otherwise.
    hash: name?.endsWith("_SHA384") ? "sha384" : "sha256",
  };
}

/** The bulk cipher in a suite's name: what is behind WITH (in TLS 1.3 all of it), without the hash at its end. */
function cipherNameIn(name: string): string {
  const words = name.replace(/^TLS_(.*WITH_)?/, "").replace(/_(MD5|SHA|SHA256|SHA384|SM3|GOSTR3411)$/, "");
  return words.toLowerCase().replaceAll("_", "-");
}

/** What Linux would not offload though the model replays it; null for TLS 1.2 with AES-GCM, which every generation does. */
export function offloadNote(version: TlsVersion, cipher: Cipher | null): string | null {
  const isGcm = cipher === null || cipher.endsWith("-gcm");
  const what = !isGcm ? "AES-GCM only" : version === 0x0304 ? "no TLS 1.3 up to v6.18" : null;
  return what && `Linux offloads ${what}; the model replays this stream all the same`;
}
