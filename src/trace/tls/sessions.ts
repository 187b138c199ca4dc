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

/** Bytes by which a name is told from others: a ticket ends with its authentication code (RFC 5077 §4). */
const nameSize = 32;

/** Names as sessions are found by; what is empty is none. */
export const named = (all: readonly (Uint8Array | undefined)[]): string[] =>
  all.flatMap((bytes) => (bytes?.length ? toHex(bytes.subarray(-nameSize)) : []));

/** What a connection's hellos tell of its secrets. */
export interface Asking {
  clientRandom: string | null;
  names: SessionNames;
}

/** Most secrets that are tried: there is more than one only where servers give the same name. */
const secretsMax = 16;

/** Names that stand for one session, as far as connections tell. */
class Session {
  /** The one that it has turned out to be. */
  private same: Session | null = null;
  /** Client randoms under which it is logged, one for each secret. */
  private readonly randoms = new Map<string, string>();

  get first(): Session {
    if (this.same === null) return this;
    let found = this.same;
    while (found.same) found = found.same;
    this.same = found;
    return found;
  }

  add(secret: string, random: string): void {
    const known = this.randoms.get(secret);
    if (known === undefined || random < known) this.randoms.set(secret, random);
  }

  join(other: Session): void {
    const [one, two] = [this.first, other.first];
    if (one === two) return;
    two.same = one;
    for (const [secret, random] of two.randoms) one.add(secret, random);
    two.randoms.clear();
  }

  /** The same in whichever order they were added. */
  get keyedBy(): string[] {
    return [...this.randoms.values()].sort().slice(0, secretsMax);
  }
}

/** The sessions of a capture, whatever the order in which its connections are learned. */
export class Sessions {
  /** By flow, those that name a session. */
  private readonly askings = new Map<number, readonly Asking[]>();
  /** By name; null until somebody asks, and when what was learned no longer counts. */
  private named: Map<string, Session> | null = null;

  /**
   * Takes what a connection's hellos say so far, those of its renegotiations, too; that counts instead of what they said
   * before.
   */
  learn(flow: number, all: readonly Asking[], keyLog: KeyLog): void {
    const before = this.askings.get(flow) ?? [];
    const askings = all.filter((asking) => namesOf(asking).length > 0);
    if (textOf(before) === textOf(askings)) return;
    if (before.length > 0) this.named = null;
    this.askings.set(flow, askings);
    if (this.named) for (const asking of askings) take(this.named, asking, keyLog);
  }

  /** The key log is another. */
  forget(): void {
    this.named = null;
  }

  /**
   * The client randoms under which a key log has secrets that may be a connection's: its own; of one that resumes a
   * session, those of others with that session.
   */
  keyedBy(asking: Asking, keyLog: KeyLog): readonly string[] {
    const { clientRandom, names } = asking;
    const [name] = names.resumed;
    if (clientRandom !== null && keyLog.has(clientRandom)) return [clientRandom];
    if (name === undefined || keyLog.size === 0) return [];
    if (this.named === null) {
      this.named = new Map();
      for (const learned of [...this.askings.values()].flat()) take(this.named, learned, keyLog);
    }
    return this.named.get(name)?.first.keyedBy ?? [];
  }
}

/** What a connection calls its session is one session. */
function take(named: Map<string, Session>, asking: Asking, keyLog: KeyLog): void {
  const { clientRandom } = asking;
  const own = new Session();
  for (const name of namesOf(asking)) {
    const known = named.get(name);
    if (known) known.join(own);
    else named.set(name, own);
  }
  const secret = keyLog.get(clientRandom ?? "")?.get("CLIENT_RANDOM");
  if (clientRandom !== null && secret) own.first.add(toHex(secret), clientRandom);
}

const textOf = (askings: readonly Asking[]): string =>
  askings.map(({ clientRandom, names }) => `${clientRandom} ${names.resumed} ${names.given}`).join();

const namesOf = ({ names }: Asking): string[] => [...names.resumed, ...names.given];
