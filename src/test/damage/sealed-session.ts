/**
 * TLS sessions made byte by byte with the primitives of node:crypto alone (RFC 5246, 5288, 7905, 8446), so that what is
 * read of them is checked against other code than the reader's.
 */
import { createCipheriv, createHmac } from "node:crypto";
import { seeded } from "../simulator/mutate.ts";

export interface Suite {
  name: string;
  version: "1.2" | "1.3";
  id: number;
  cipher: "aes-128-gcm" | "aes-256-gcm" | "aes-128-ccm" | "chacha20-poly1305";
  hash: "sha256" | "sha384";
}

const suite = (version: Suite["version"], id: number, cipher: Suite["cipher"]): Suite => ({
  name: `TLS ${version} ${cipher}`,
  version,
  id,
  cipher,
  hash: cipher === "aes-256-gcm" ? "sha384" : "sha256",
});

export const suites: readonly Suite[] = [
  suite("1.2", 0xc02f, "aes-128-gcm"),
  suite("1.2", 0xc030, "aes-256-gcm"),
  suite("1.2", 0xcca8, "chacha20-poly1305"),
  suite("1.3", 0x1301, "aes-128-gcm"),
  suite("1.3", 0x1302, "aes-256-gcm"),
  suite("1.3", 0x1303, "chacha20-poly1305"),
];

/** AES-CCM (RFC 7251, RFC 8446 §B.4), whose tags do not tell the nonce either. */
export const ccmSuites: readonly Suite[] = [
  suite("1.2", 0xc0ac, "aes-128-ccm"),
  suite("1.3", 0x1304, "aes-128-ccm"),
];

/** `iv`: the salt alone where records carry the rest of the nonce. */
export interface Keys {
  key: Buffer;
  iv: Buffer;
}

/** What a record is made of. */
export interface Content {
  type: number;
  sn: bigint;
  bytes: Buffer;
  /** Explicit nonce, if not the one that counts with the records. */
  nonce?: bigint;
}

export const hasExplicitNonce = ({ version, cipher }: Suite): boolean =>
  version === "1.2" && cipher !== "chacha20-poly1305";
/** Bytes before a record's ciphertext. */
export const prependOf = (of: Suite): number => (hasExplicitNonce(of) ? 13 : 5);

const u16 = (n: number) => Buffer.from([n >>> 8, n & 255]);
const u24 = (n: number) => Buffer.from([n >>> 16, (n >>> 8) & 255, n & 255]);
const u64 = (n: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(n);
  return bytes;
};
/** Where senders count their explicit nonces from. */
const nonceBase = 0x1122334455667700n;

/** Header and explicit nonce, then the plaintext as the AEAD takes it. */
export function unsealed(
  of: Suite,
  { type, sn, bytes, nonce = nonceBase + sn }: Content,
): { prepend: Buffer; inner: Buffer } {
  const inner = of.version === "1.3" ? Buffer.concat([bytes, Buffer.from([type])]) : bytes;
  const explicit = hasExplicitNonce(of) ? u64(nonce) : Buffer.alloc(0);
  const length = u16(explicit.length + inner.length + 16);
  const header = Buffer.from([of.version === "1.3" ? 23 : type, 3, 3, ...length]);
  return { prepend: Buffer.concat([header, explicit]), inner };
}

/** The record; `used`: keys and number that it is sealed under, though its header says what is right. */
export function sealed(of: Suite, content: Content, { keys, sn }: { keys: Keys; sn: bigint }): Buffer {
  const { prepend, inner } = unsealed(of, content);
  const nonce = hasExplicitNonce(of) ? Buffer.concat([keys.iv, prepend.subarray(5)]) : mixed(keys.iv, sn);
  const aad =
    of.version === "1.3"
      ? prepend
      : Buffer.concat([u64(sn), Buffer.from([content.type, 3, 3]), u16(inner.length)]);
  const cipher = createCipheriv(of.cipher as "aes-128-gcm", keys.key, nonce, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: inner.length });
  const ciphertext = Buffer.concat([cipher.update(inner), cipher.final()]);
  return Buffer.concat([prepend, ciphertext, cipher.getAuthTag()]);
}

function mixed(iv: Buffer, sn: bigint): Buffer {
  const counter = Buffer.concat([Buffer.alloc(4), u64(sn)]);
  return Buffer.from(iv.map((byte, i) => byte ^ counter[i]!));
}

const hmac = (hash: string, key: Buffer, data: Buffer) => createHmac(hash, key).update(data).digest();

/** HKDF-Expand-Label of at most one block of the hash (RFC 8446 §7.1). */
function expanded(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([u16(length), Buffer.from([name.length]), name, Buffer.from([0, 1])]);
  return hmac(hash, secret, info).subarray(0, length);
}

const keySize = (of: Suite) => (of.cipher.startsWith("aes-128-") ? 16 : 32);
export const keys13 = (of: Suite, secret: Buffer): Keys => ({
  key: expanded(of.hash, secret, "key", keySize(of)),
  iv: expanded(of.hash, secret, "iv", 12),
});
export const nextSecret = ({ hash }: Suite, secret: Buffer): Buffer =>
  expanded(hash, secret, "traffic upd", secret.length);

/** Both write keys of TLS 1.2, client's first (RFC 5246 §6.3). */
function keys12(of: Suite, master: Buffer, randoms: [client: Buffer, server: Buffer]): [Keys, Keys] {
  const seed = Buffer.concat([Buffer.from("key expansion"), randoms[1], randoms[0]]);
  const [size, fixed] = [keySize(of), hasExplicitNonce(of) ? 4 : 12];
  let [a, block] = [seed, Buffer.alloc(0)];
  while (block.length < 2 * (size + fixed)) {
    a = hmac(of.hash, master, a);
    block = Buffer.concat([block, hmac(of.hash, master, Buffer.concat([a, seed]))]);
  }
  const part = (at: number, length: number) => block.subarray(at, at + length);
  return [0, 1].map((side) => ({
    key: part(side * size, size),
    iv: part(2 * size + side * fixed, fixed),
  })) as [Keys, Keys];
}

/** A session up to the first record that the server's application sends. */
export interface Session {
  of: Suite;
  /** What each side sends before, in turns: client, server, client, server. */
  flights: Buffer[];
  keyLog: string;
  /** Keys of what the server sends from then on, and the number of the first record. */
  keys: Keys;
  first: bigint;
  /** Keys of the session that are not these, and how they are called. */
  other: { keys: Keys; under: string };
  /** The secret behind the keys (TLS 1.3). */
  secret: Buffer | null;
}

const message = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type]), u24(body.length), body]);
const plain = (type: number, body: Buffer) =>
  Buffer.concat([Buffer.from([type, 3, 3]), u16(body.length), body]);
const changeCipherSpec = plain(20, Buffer.from([1]));

export function sessionOf(of: Suite, seed = 1): Session {
  const random = seeded(seed);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const randoms: [Buffer, Buffer] = [bytes(32), bytes(32)];
  const is13 = of.version === "1.3";
  const versions = [Buffer.from([0, 43, 0, 3, 2, 3, 4]), Buffer.from([0, 43, 0, 2, 3, 4])];
  const extensions = versions.map((one) => (is13 ? one : Buffer.from([0xff, 1, 0, 1, 0])));
  const sized = (one: Buffer) => Buffer.concat([u16(one.length), one]);
  const hello = [
    Buffer.concat([Buffer.from([3, 3]), randoms[0], Buffer.from([0, 0, 2]), u16(of.id), Buffer.from([1, 0])]),
    Buffer.concat([Buffer.from([3, 3]), randoms[1], Buffer.from([0]), u16(of.id), Buffer.from([0])]),
  ].map((head, i) => plain(22, message(1 + i, Buffer.concat([head, sized(extensions[i]!)])))) as [
    Buffer,
    Buffer,
  ];
  return is13 ? finished13(of, hello, randoms, bytes) : finished12(of, hello, randoms, bytes);
}

type Draw = (length: number) => Buffer;

function finished12(of: Suite, hello: [Buffer, Buffer], randoms: [Buffer, Buffer], draw: Draw): Session {
  const master = draw(48);
  const both = keys12(of, master, randoms);
  const finished = both.map((keys) =>
    Buffer.concat([
      changeCipherSpec,
      sealed(of, { type: 22, sn: 0n, bytes: message(20, draw(12)) }, { keys, sn: 0n }),
    ]),
  );
  return {
    of,
    flights: [
      hello[0],
      Buffer.concat([hello[1], plain(22, message(14, Buffer.alloc(0)))]),
      Buffer.concat([plain(22, message(16, draw(33))), finished[0]!]),
      finished[1]!,
    ],
    keyLog: `CLIENT_RANDOM ${randoms[0].toString("hex")} ${master.toString("hex")}\n`,
    keys: both[1],
    first: 1n,
    other: { keys: both[0], under: "the receiver's keys" },
    secret: null,
  };
}

function finished13(of: Suite, hello: [Buffer, Buffer], randoms: [Buffer, Buffer], draw: Draw): Session {
  const size = of.hash === "sha384" ? 48 : 32;
  const labels = [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
  ];
  const secrets = labels.map(() => draw(size));
  const finished = (secret: Buffer) =>
    sealed(of, { type: 22, sn: 0n, bytes: message(20, draw(size)) }, { keys: keys13(of, secret), sn: 0n });
  return {
    of,
    flights: [
      hello[0],
      Buffer.concat([hello[1], changeCipherSpec, finished(secrets[1]!)]),
      Buffer.concat([changeCipherSpec, finished(secrets[0]!)]),
    ],
    keyLog: labels
      .map((label, i) => `${label} ${randoms[0].toString("hex")} ${secrets[i]!.toString("hex")}\n`)
      .join(""),
    keys: keys13(of, secrets[3]!),
    first: 0n,
    other: { keys: keys13(of, secrets[1]!), under: "the sender's handshake keys" },
    secret: secrets[3]!,
  };
}
