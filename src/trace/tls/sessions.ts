/**
 * Sessions of TLS 1.2 by their names, session ids (RFC 5246 §7.3) and tickets (RFC 5077 §3.1): a connection that resumes
 * one has its master secret, which some programs (GnuTLS) log for the first connection only.
 */
import { recordType } from "../../core/base/record.ts";
import { toHex } from "../keys/hex.ts";
import type { KeyLog } from "../keys/key-log.ts";
import { type ClientHello, handshakeType, type Message, type ServerHello, ticketOf } from "./handshake.ts";
import { type Hello, plainMessages } from "./hellos.ts";
import type { ByteStream } from "./stream.ts";

/** What a connection calls sessions. */
export interface SessionNames {
  /** The session that it resumes; none if it begins one. */
  resumed: readonly string[];
  /** Its own, for later connections. */
  given: readonly string[];
}

/** The names of a connection's session, as far as the server's messages before its ChangeCipherSpec were captured. */
export function sessionNames(
  asked: ClientHello | undefined,
  answered: Hello<ServerHello>,
  server: ByteStream,
): SessionNames {
  const messages: Message[] = [];
  const reading = plainMessages(server, answered.position, [
    recordType.changeCipherSpec,
    recordType.applicationData,
  ]);
  let next = reading.next();
  for (; !next.done; next = reading.next()) messages.push(next.value);
  // A server that resumes goes straight to its ChangeCipherSpec.
  const isFull = messages.some(({ type }) => type === handshakeType.serverHelloDone);
  const resumes = next.value === recordType.changeCipherSpec && !isFull;
  const tickets = messages.filter(({ type }) => type === handshakeType.newSessionTicket);
  const { sessionId } = answered.hello;
  return {
    resumed: resumes ? named([asked?.sessionId, asked?.ticket]) : [],
    given: named([sessionId, ...tickets.map(({ body }) => ticketOf(body))]),
  };
}

const named = (all: readonly (Uint8Array | undefined)[]): string[] =>
  all.flatMap((bytes) => (bytes?.length ? toHex(bytes) : []));

/** A connection whose secrets are looked for. */
interface Asking {
  clientRandom: string | null;
  names: SessionNames;
}

/** The sessions of a capture whose secrets a key log has. */
export class Sessions {
  /** The client random under which the secrets of the session of this name are logged. */
  private readonly randoms = new Map<string, string>();

  /** The client random under which a key log has a connection's secrets: its own, or that of the session which it resumes. */
  keyedBy({ clientRandom, names }: Asking, keyLog: KeyLog): string | null {
    const isOwn = clientRandom !== null && keyLog.has(clientRandom);
    const first = names.resumed.map((name) => this.randoms.get(name)).find((random) => random !== undefined);
    const random = isOwn ? clientRandom : (first ?? clientRandom);
    if (random !== null && keyLog.has(random)) for (const name of names.given) this.randoms.set(name, random);
    return random;
  }
}
