import type { Cipher, TlsVersion } from "../../core/base/record.ts";

/** What a cipher suite means for its records: RFC 5288, 5289, 5487, 6655, 7251, 7905, 8442, 8446 §B.4. */
export interface Suite {
  id: number;
  /** The AEAD as `aes-128-gcm`, `aes-256-ccm-8`; null for suites that are no AEAD of this table. */
  cipherName: string | null;
  /** Null if the model cannot encrypt its records. */
  cipher: Cipher | null;
  /** Hash of the TLS 1.2 PRF or the TLS 1.3 key schedule. */
  hash: "sha256" | "sha384";
}

const gcm128 = "aes-128-gcm";
const gcm256 = "aes-256-gcm";
const chacha = "chacha20-poly1305";

/** ECDHE and ECDH suites with AES-GCM come in pairs: 128 bits with SHA-256, 256 bits with SHA-384. */
const gcmPairs = [
  [0x009c, 0x00ad], // RSA, DHE_RSA, DH_RSA, DHE_DSS, DH_DSS, DH_anon, PSK, DHE_PSK, RSA_PSK
  [0xc02b, 0xc032], // ECDHE_ECDSA, ECDH_ECDSA, ECDHE_RSA, ECDH_RSA
  [0xd001, 0xd002], // ECDHE_PSK
] as const;

const chachaSuites = [0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae];

/** RFC 6655 and 7251: RSA, DHE_RSA, then PSK, DHE_PSK, then ECDHE_ECDSA; 128 and 256 bits in turn. */
function ccmNameOf(id: number): string | null {
  if (id === 0xd003) return "aes-128-ccm-8";
  if (id === 0xd005) return "aes-128-ccm";
  if (id < 0xc09c || id > 0xc0af) return null;
  const short = (id >= 0xc0a0 && id <= 0xc0a3) || (id >= 0xc0a8 && id <= 0xc0ab) || id >= 0xc0ae;
  return `aes-${id % 2 === 0 ? 128 : 256}-ccm${short ? "-8" : ""}`;
}

function tls13NameOf(id: number): string | null {
  return [gcm128, gcm256, chacha, "aes-128-ccm", "aes-128-ccm-8"][id - 0x1301] ?? null;
}

function tls12NameOf(id: number): string | null {
  const pair = gcmPairs.find(([first, last]) => id >= first && id <= last);
  if (pair) return (id - pair[0]) % 2 === 0 ? gcm128 : gcm256;
  return chachaSuites.includes(id) ? chacha : ccmNameOf(id);
}

/** The suite of this IANA number. */
export function suiteOf(id: number): Suite {
  const cipherName = tls13NameOf(id) ?? tls12NameOf(id);
  const cipher = cipherName === gcm128 || cipherName === gcm256 || cipherName === chacha ? cipherName : null;
  return { id, cipherName, cipher, hash: cipherName === gcm256 ? "sha384" : "sha256" };
}

/** What Linux would not offload though the model replays it; null for TLS 1.2 with AES-GCM, which every generation does. */
export function offloadNote(version: TlsVersion, cipher: Cipher | null): string | null {
  const what =
    cipher === "chacha20-poly1305" ? "AES-GCM only" : version === 0x0304 ? "TLS 1.2 only up to v6.18" : null;
  return what && `Linux offloads ${what}; the model replays this stream all the same`;
}
