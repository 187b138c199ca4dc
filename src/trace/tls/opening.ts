import type { TlsVersion } from "../../core/base/record.ts";
import { toHex } from "../keys/hex.ts";
import { type Suite, suiteOf } from "../keys/suites.ts";
import {
  type ClientHello,
  handshakeType,
  parseClientHello,
  parseServerHello,
  type ServerHello,
} from "./handshake.ts";
import { firstHello, type Hello, hellosOf } from "./hellos.ts";
import { type SessionNames, sessionNames } from "./sessions.ts";
import type { ByteStream } from "./stream.ts";

/** What the hellos of a connection say; null where they were not captured. */
export interface Opening {
  /** Which direction's sender is the TLS client: who sends the ClientHello, whoever opened the TCP connection. */
  client: 0 | 1;
  /** Where the client's and the server's records begin: with their hello, which plaintext may come before. */
  begins: [number | null, number | null];
  /** The first ClientHello's random in hex, by which key logs name the connection. */
  clientRandom: string | null;
  /** What TLS 1.2 calls its session. */
  names: SessionNames;
  serverRandom: Uint8Array | null;
  /** Null also for versions before TLS 1.2. */
  version: TlsVersion | null;
  /** The version as negotiated, whichever it is. */
  versionNumber: number | null;
  suite: Suite | null;
  /** The client offered early data, so records under early keys may come before its Finished. */
  earlyData: boolean;
}

/** Both directions of a connection, as far as they were captured. */
type Streams = readonly [ByteStream | null, ByteStream | null];

interface Hellos {
  client: 0 | 1;
  asked: Hello<ClientHello> | null;
  answered: Hello<ServerHello> | null;
}

/** Finds and reads the hellos with which TLS begins on a connection: a ClientHello, and the ServerHello that answers it. */
export function readOpening(streams: Streams): Opening {
  const { client, asked, answered } = firstOf(streams, fromStart, laterPair, damagedPair, lone) ?? nobody;
  const number = answered?.hello.version ?? null;
  return {
    client,
    begins: [asked?.position ?? null, answered?.position ?? null],
    clientRandom: asked && toHex(asked.hello.random),
    names: number === 0x0303 ? sessionNames(asked?.hello, answered!, streams[1 - client]!) : unnamed,
    serverRandom: answered?.hello.random ?? null,
    version: number === 0x0303 || number === 0x0304 ? number : null,
    versionNumber: number,
    suite: answered && suiteOf(answered.hello.suite),
    earlyData: asked?.hello.earlyData ?? false,
  };
}

/** Finds the hellos if the sender of one direction is the client. */
type Finder = (asking: ByteStream | null, answering: ByteStream | null) => Omit<Hellos, "client"> | null;

const unnamed: SessionNames = { resumed: [], given: [] };
const nobody: Hellos = { client: 0, asked: null, answered: null };

/** What the first finder finds, whoever the client is. */
function firstOf(streams: Streams, ...finders: readonly Finder[]): Hellos | null {
  for (const find of finders) {
    for (const client of [0, 1] as const) {
      const found = find(streams[client], streams[1 - client]!);
      if (found) return { client, ...found };
    }
  }
  return null;
}

/** Both streams begin with TLS. */
const fromStart: Finder = (asking, answering) => {
  const pair = damagedPair(asking, answering);
  return pair?.asked?.isFollowed && pair.answered?.isFollowed ? pair : null;
};

/** Both streams begin with a hello; what lies behind may be damaged. */
const damagedPair: Finder = (asking, answering) => {
  const asked = clientHello(asking);
  const answered = asked && serverHello(answering);
  return answered && { asked, answered };
};

/**
 * Plaintext comes before: the last ServerHello that chooses what a ClientHello offers, and the last such ClientHello.
 * What is earlier may be TLS that was uploaded or mailed; behind the true hellos all is encrypted.
 */
const laterPair: Finder = (asking, answering) => {
  const offers = [...clientHellos(asking)].filter(({ isFollowed }) => isFollowed);
  if (offers.length === 0) return null;
  const answers = [...serverHellos(answering)].filter(({ isFollowed }) => isFollowed);
  for (const answered of answers.reverse()) {
    const last = offers.findLast(({ hello }) => hello.suites.includes(answered.hello.suite));
    if (last) return { asked: firstAttempt(offers, last), answered };
  }
  return null;
};

/** After a HelloRetryRequest the client says the same random once more: TLS begins with the first time. */
function firstAttempt(offers: readonly Hello<ClientHello>[], last: Hello<ClientHello>): Hello<ClientHello> {
  const random = toHex(last.hello.random);
  return offers.find(({ hello }) => toHex(hello.random) === random)!;
}

/** One hello without the other, which was not captured: at the beginning, or where the other direction has no bytes at all. */
const lone: Finder = (asking, answering) => {
  const isAlone = asking === null || answering === null;
  const [asked] = isAlone ? clientHellos(asking) : [clientHello(asking)];
  if (asked) return { asked, answered: null };
  const [answered] = isAlone ? serverHellos(answering) : [serverHello(answering)];
  return answered ? { asked: null, answered } : null;
};

const clientHello = (stream: ByteStream | null) =>
  stream && firstHello(stream, handshakeType.clientHello, parseClientHello);
const serverHello = (stream: ByteStream | null) =>
  stream && firstHello(stream, handshakeType.serverHello, answeringHello);
const clientHellos = (stream: ByteStream | null) =>
  stream ? hellosOf(stream, handshakeType.clientHello, parseClientHello) : [];
const serverHellos = (stream: ByteStream | null) =>
  stream ? hellosOf(stream, handshakeType.serverHello, answeringHello) : [];

/** A HelloRetryRequest is no answer yet: the ServerHello follows the second ClientHello. */
function answeringHello(body: Uint8Array): ServerHello | null {
  const hello = parseServerHello(body);
  return hello?.retry ? null : hello;
}
