/** What of the TLS handshake decides about records: RFC 5246 §7.4.1, RFC 8446 §4.1. */
import { u16be } from "../pcap/bytes.ts";

export const handshakeType = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  serverHelloDone: 14,
  finished: 20,
  keyUpdate: 24,
} as const;

export interface ClientHello {
  random: Uint8Array;
  /** Numbers of the cipher suites that it offers. */
  suites: readonly number[];
  /** Empty = it asks for none. */
  sessionId: Uint8Array;
  /** Of a session to be resumed (RFC 5077 §3.2); empty = none. */
  ticket: Uint8Array;
  /** The extension early_data is there: 0-RTT records may follow. */
  earlyData: boolean;
}

export interface ServerHello {
  random: Uint8Array;
  /** As negotiated: supported_versions if present, else the version field. */
  version: number;
  suite: number;
  /** Empty = the session cannot be asked for by an id. */
  sessionId: Uint8Array;
  /** It is a HelloRetryRequest (RFC 8446 §4.1.3): another ClientHello follows. */
  retry: boolean;
}

/** Most bytes of a session id (RFC 5246 §7.4.1.2). */
const sessionIdMax = 32;
const extensionType = { sessionTicket: 35, earlyData: 42, supportedVersions: 43 } as const;
/** SHA-256 of "HelloRetryRequest", the random of one (RFC 8446 §4.1.3). */
const retryRandom = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

/** Body of a ClientHello message; null if it is not one. */
export function parseClientHello(body: Uint8Array): ClientHello | null {
  if (body.length < 38 || body[0] !== 3) return null;
  const sessionEnd = 35 + body[34]!;
  if (body[34]! > sessionIdMax || sessionEnd + 2 > body.length) return null;
  const suitesEnd = sessionEnd + 2 + u16be(body, sessionEnd);
  if (suitesEnd >= body.length) return null;
  const suites: number[] = [];
  for (let at = sessionEnd + 2; at + 2 <= suitesEnd; at += 2) suites.push(u16be(body, at));
  const extensions = extensionsOf(body, suitesEnd + 1 + body[suitesEnd]!);
  return {
    random: body.slice(2, 34),
    suites,
    sessionId: body.slice(35, sessionEnd),
    ticket: extensions.get(extensionType.sessionTicket)?.slice() ?? new Uint8Array(0),
    earlyData: extensions.has(extensionType.earlyData),
  };
}

/** Body of a ServerHello message; null if it is not one. */
export function parseServerHello(body: Uint8Array): ServerHello | null {
  if (body.length < 38 || body[0] !== 3) return null;
  const at = 35 + body[34]!;
  if (body[34]! > sessionIdMax || at + 3 > body.length) return null;
  const versions = extensionsOf(body, at + 3).get(extensionType.supportedVersions);
  const random = body.slice(2, 34);
  const retry = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("") === retryRandom;
  return {
    random,
    version: versions?.length === 2 ? u16be(versions, 0) : u16be(body, 0),
    suite: u16be(body, at),
    sessionId: body.slice(35, at),
    retry,
  };
}

/** The ticket in the body of a NewSessionTicket message of TLS 1.2 (RFC 5077 §3.3): behind its lifetime and length. */
export const ticketOf = (body: Uint8Array): Uint8Array =>
  body.length < 6 ? new Uint8Array(0) : body.slice(6, 6 + u16be(body, 4));

/** Extensions by type; what does not fit into the body is left out. */
function extensionsOf(body: Uint8Array, at: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  let next = at + 2;
  while (next + 4 <= body.length) {
    const length = u16be(body, next + 2);
    if (next + 4 + length > body.length) break;
    found.set(u16be(body, next), body.subarray(next + 4, next + 4 + length));
    next += 4 + length;
  }
  return found;
}

/** One handshake message; `body` is cut after `bodySizeMax` bytes. */
export interface Message {
  type: number;
  body: Uint8Array;
}

/** Most bytes of a message that are kept: hellos are far smaller, certificates are not looked at. */
const bodySizeMax = 1 << 16;

/** Cuts handshake messages out of record contents: a record may hold many, a message may span many records. */
export class MessageReader {
  /** Bytes of the message that is not complete yet. */
  private pending = new Uint8Array(1 << 10);
  private size = 0;
  /** Bytes of an overlong message still to be skipped. */
  private skip = 0;

  /** True if no message is only partly there. */
  get isEmpty(): boolean {
    return this.size === 0 && this.skip === 0;
  }

  /** Takes the content of one handshake record and gives the messages that it completes. */
  feed(content: Uint8Array): Message[] {
    const skipped = Math.min(this.skip, content.length);
    this.skip -= skipped;
    this.append(content.subarray(skipped));
    const bytes = this.pending;
    const messages: Message[] = [];
    let at = 0;
    while (at + 4 <= this.size) {
      const size = (bytes[at + 1]! << 16) | u16be(bytes, at + 2);
      const end = at + 4 + size;
      if (end > this.size && size <= bodySizeMax) break;
      const held = Math.min(end, this.size, at + 4 + bodySizeMax);
      messages.push({ type: bytes[at]!, body: bytes.slice(at + 4, held) });
      this.skip = Math.max(0, end - this.size);
      at = Math.min(end, this.size);
    }
    bytes.copyWithin(0, at, this.size);
    this.size -= at;
    return messages;
  }

  private append(content: Uint8Array): void {
    const size = this.size + content.length;
    if (size > this.pending.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.pending.length));
      grown.set(this.pending.subarray(0, this.size));
      this.pending = grown;
    }
    this.pending.set(content, this.size);
    this.size = size;
  }
}
