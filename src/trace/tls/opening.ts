import { headerSize, recordType, type TlsVersion } from "../../core/base/record.ts";
import { toHex } from "../keys/hex.ts";
import { type Suite, suiteOf } from "../keys/suites.ts";
import { headerAt, recordSizeMax } from "./framing.ts";
import {
  handshakeType,
  type Message,
  MessageReader,
  parseClientHello,
  parseServerHello,
  type ServerHello,
} from "./handshake.ts";
import type { ByteStream } from "./stream.ts";

/** What the hellos of a connection say; null where they were not captured. */
export interface Opening {
  /** The first ClientHello's random in hex, by which key logs name the connection. */
  clientRandom: string | null;
  serverRandom: Uint8Array | null;
  /** Null also for versions before TLS 1.2. */
  version: TlsVersion | null;
  /** The version as negotiated, whichever it is. */
  versionNumber: number | null;
  suite: Suite | null;
  /** The client offered early data, so records under early keys may come before its Finished. */
  earlyData: boolean;
}

/** Most records of a direction that are searched for its hello. */
const recordsMax = 64;

/** Reads the hellos at the beginning of both directions of a connection. */
export function readOpening(client: ByteStream | null, server: ByteStream | null): Opening {
  const clientHello = client && firstHello(client, handshakeType.clientHello, parseClientHello);
  const serverHello = server && firstHello(server, handshakeType.serverHello, answeringHello);
  const number = serverHello?.version ?? null;
  return {
    clientRandom: clientHello ? toHex(clientHello.random) : null,
    serverRandom: serverHello?.random ?? null,
    version: number === 0x0303 || number === 0x0304 ? number : null,
    versionNumber: number,
    suite: serverHello ? suiteOf(serverHello.suite) : null,
    earlyData: clientHello?.earlyData ?? false,
  };
}

/** A HelloRetryRequest is no answer yet: the ServerHello follows the second ClientHello. */
function answeringHello(body: Uint8Array): ServerHello | null {
  const hello = parseServerHello(body);
  return hello?.retry ? null : hello;
}

function firstHello<T>(stream: ByteStream, type: number, parse: (body: Uint8Array) => T | null): T | null {
  for (const message of plainMessages(stream)) {
    const hello = message.type === type ? parse(message.body) : null;
    if (hello) return hello;
  }
  return null;
}

/** The unencrypted handshake messages at the beginning of a stream. */
function* plainMessages(stream: ByteStream): Generator<Message> {
  const reader = new MessageReader();
  const record = new Uint8Array(recordSizeMax);
  let position = stream.begin;
  for (let i = 0; i < recordsMax; i++) {
    const header = headerAt(stream, position);
    if (!header || header.type === recordType.applicationData) return;
    if (header.type === recordType.handshake) {
      if (stream.read(position, header.length, record) < header.length) return;
      yield* reader.feed(record.subarray(headerSize, header.length));
    }
    position += header.length;
  }
}
