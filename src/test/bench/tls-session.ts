import {
  addU64,
  layoutOf,
  prependOf,
  type RecordKeys,
  recordType,
  sealingOf,
  type TlsVersion,
  tagSize,
  u64Bytes,
} from "../../core/base/record.ts";
import { nodeAead } from "../../node/platform.ts";
import { keys12, keys13 } from "../../trace/keys/secrets.ts";
import { handshakeType } from "../../trace/tls/handshake.ts";

/** AEADs of sessions made here, with a suite of TLS 1.2 and one of 1.3: all of them hash with SHA-256. */
const suites = {
  "aes-128-gcm": { 771: [0xc0, 0x2f], 772: [0x13, 0x01] },
  "chacha20-poly1305": { 771: [0xcc, 0xa8], 772: [0x13, 0x03] },
  "aes-128-ccm": { 771: [0xc0, 0xac], 772: [0x13, 0x04] },
} as const;
export type SessionCipher = keyof typeof suites;
const aead = nodeAead();

/** One flight of the handshake: who sends it (0 = client) and its bytes. */
export interface Flight {
  from: 0 | 1;
  bytes: Uint8Array;
}

/** A TLS session up to the first application record. */
export interface Session {
  flights: Flight[];
  /** Seals what the client sends after the handshake, and what the server does. */
  client: Sealer;
  server: Sealer;
  /** Lines of an SSLKEYLOGFILE. */
  keyLog: string;
}

const seededBytes = (random: () => number, length: number) =>
  Uint8Array.from({ length }, () => random() * 256);
type Bytes = Uint8Array | readonly number[];
const joined = (...parts: readonly Bytes[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const u16 = (n: number): number[] => [n >>> 8, n & 255];
const u24 = (n: number): number[] => [n >>> 16, ...u16(n & 0xffff)];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const sized = (body: Bytes): Uint8Array => joined(u16(body.length), body);
const message = (type: number, ...body: readonly Bytes[]): Uint8Array => {
  const whole = joined(...body);
  return joined([type], u24(whole.length), whole);
};
const plainRecord = (type: number, ...body: readonly Bytes[]): Uint8Array =>
  joined([type, 3, 3], sized(joined(...body)));
const changeCipherSpec = plainRecord(recordType.changeCipherSpec, [1]);

/** Makes the records of one direction under one key. */
export class Sealer {
  readonly #version: TlsVersion;
  readonly #keys: RecordKeys;
  readonly #cipher: SessionCipher;
  #sn = 0n;

  constructor(version: TlsVersion, keys: RecordKeys, cipher: SessionCipher = "aes-128-gcm") {
    this.#version = version;
    this.#keys = keys;
    this.#cipher = cipher;
  }

  get keys(): RecordKeys {
    return this.#keys;
  }

  /** As if so many records had been sealed. */
  skip(count: number): void {
    this.#sn += BigInt(count);
  }

  /** Header and explicit nonce of the next record, of which nobody need make the rest. */
  begin(type: number, size: number): Uint8Array {
    const suite = { version: this.#version, cipher: this.#cipher };
    const { prepend, tail } = layoutOf(this.#version, this.#cipher);
    const explicit = u64Bytes(addU64(0x1122334455667788n, this.#sn));
    this.#sn += 1n;
    return prependOf(suite, type, prepend + size + tail + tagSize, explicit);
  }

  seal(type: number, content: Uint8Array): Uint8Array {
    const suite = { version: this.#version, cipher: this.#cipher };
    const { prepend, tail } = layoutOf(this.#version, this.#cipher);
    const sn = this.#sn;
    const header = this.begin(type, content.length);
    const length = prepend + content.length + tail + tagSize;
    const inner = new Uint8Array(content.length + tail);
    inner.set(content);
    if (tail > 0) inner[content.length] = type;
    const record = new Uint8Array(length);
    record.set(header);
    record.set(aead.seal(sealingOf(suite, this.#keys, sn, header), inner), prepend);
    return record;
  }
}

/** A session as node's server and client make it: certificate and signature are dummies, which no reader checks. */
export const session = (
  version: TlsVersion,
  random: () => number,
  cipher: SessionCipher = "aes-128-gcm",
): Session => (version === 0x0304 ? session13(random, cipher) : session12(random, cipher));

function session13(random: () => number, cipher: SessionCipher): Session {
  const [client, server] = hellos(0x0304, random, cipher);
  const secrets = Array.from({ length: 4 }, () => seededBytes(random, 32)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [clientShake, serverShake, clientApp, serverApp] = secrets;
  const sealer = (secret: Uint8Array) => new Sealer(0x0304, keys13("sha256", cipher, secret), cipher);
  const finished = () => message(handshakeType.finished, seededBytes(random, 32));
  const proof = joined(
    message(8, sized([])),
    message(11, [0], u24(0)),
    message(15, [8, 4], sized(seededBytes(random, 256))),
    finished(),
  );
  return {
    flights: [
      { from: 0, bytes: client.record },
      {
        from: 1,
        bytes: joined(server.record, changeCipherSpec, sealer(serverShake).seal(recordType.handshake, proof)),
      },
      {
        from: 0,
        bytes: joined(changeCipherSpec, sealer(clientShake).seal(recordType.handshake, finished())),
      },
    ],
    client: sealer(clientApp),
    server: sealer(serverApp),
    keyLog: [
      `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${hex(client.random)} ${hex(clientShake)}`,
      `SERVER_HANDSHAKE_TRAFFIC_SECRET ${hex(client.random)} ${hex(serverShake)}`,
      `CLIENT_TRAFFIC_SECRET_0 ${hex(client.random)} ${hex(clientApp)}`,
      `SERVER_TRAFFIC_SECRET_0 ${hex(client.random)} ${hex(serverApp)}`,
      "",
    ].join("\n"),
  };
}

function session12(random: () => number, cipher: SessionCipher): Session {
  const [client, server] = hellos(0x0303, random, cipher);
  const master = seededBytes(random, 48);
  const sealers = keys12("sha256", cipher, master, client.random, server.random).map(
    (keys) => new Sealer(0x0303, keys, cipher),
  ) as [Sealer, Sealer];
  const finished = (side: 0 | 1) =>
    sealers[side].seal(recordType.handshake, message(handshakeType.finished, seededBytes(random, 12)));
  const publicKey = joined([32], seededBytes(random, 32));
  const proof = joined(
    message(11, u24(0)),
    message(12, [3, 0, 29], publicKey, [4, 1], sized(seededBytes(random, 256))),
    message(14),
  );
  const clientKey = plainRecord(recordType.handshake, message(16, publicKey));
  return {
    flights: [
      { from: 0, bytes: client.record },
      { from: 1, bytes: joined(server.record, plainRecord(recordType.handshake, proof)) },
      { from: 0, bytes: joined(clientKey, changeCipherSpec, finished(0)) },
      { from: 1, bytes: joined(changeCipherSpec, finished(1)) },
    ],
    client: sealers[0],
    server: sealers[1],
    keyLog: `CLIENT_RANDOM ${hex(client.random)} ${hex(master)}\n`,
  };
}

interface Hello {
  random: Uint8Array;
  record: Uint8Array;
}

/** ClientHello and ServerHello (RFC 8446 §4.1), with the extensions that a reader needs to know the version. */
function hellos(version: TlsVersion, random: () => number, cipher: SessionCipher): [Hello, Hello] {
  const is13 = version === 0x0304;
  const sessionId = joined([32], seededBytes(random, 32));
  const extension = (type: number, body: Bytes) => joined(u16(type), sized(body));
  const share = () => joined(u16(29), sized(seededBytes(random, 32)));
  const ofClient = joined(
    extension(10, sized(u16(29))),
    extension(13, sized([8, 4, 4, 1])),
    ...(is13 ? [extension(43, [2, 3, 4]), extension(51, sized(share()))] : []),
  );
  const ofServer = is13 ? joined(extension(43, [3, 4]), extension(51, share())) : extension(0xff01, [0]);
  const hello = (type: number, offer: Bytes, extensions: Bytes): Hello => {
    const own = seededBytes(random, 32);
    const body = message(type, [3, 3], own, sessionId, offer, sized(extensions));
    return { random: own, record: plainRecord(recordType.handshake, body) };
  };
  return [
    hello(handshakeType.clientHello, [...sized(suites[cipher][version]), 1, 0], ofClient),
    hello(handshakeType.serverHello, [...suites[cipher][version], 0], ofServer),
  ];
}
