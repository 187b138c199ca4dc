/** Keys after renegotiations of TLS 1.2 (RFC 5246 §7.4.1): their hellos lie in encrypted records. */
import type { RecordKeys } from "../../core/base/record.ts";
import { toHex } from "../keys/hex.ts";
import type { KeyLog } from "../keys/key-log.ts";
import { keys12 } from "../keys/secrets.ts";
import { type Suite, suiteOf } from "../keys/suites.ts";
import { handshakeType, type Message, parseClientHello, parseServerHello, ticketOf } from "./handshake.ts";
import { type Asking, named } from "./sessions.ts";

/** What of a hello decides about the keys; `suite` is null in the client's. */
export interface Hello {
  random: Uint8Array;
  suite: number | null;
  sessionId: Uint8Array;
  /** The client's asks for a session by it, the server gives it behind its hello. */
  ticket: Uint8Array;
}

/** The hello that a message is, or makes of the one before it; null if it is another message. */
export function helloOf({ type, body }: Message, before: Hello | undefined): Hello | null {
  if (type === handshakeType.newSessionTicket && before) return { ...before, ticket: ticketOf(body) };
  const hello =
    type === handshakeType.clientHello
      ? parseClientHello(body)
      : type === handshakeType.serverHello
        ? parseServerHello(body)
        : null;
  if (hello === null) return null;
  const { random, sessionId } = hello;
  return "suite" in hello
    ? { random, sessionId, suite: hello.suite, ticket: new Uint8Array(0) }
    : { random, sessionId, suite: null, ticket: hello.ticket };
}

type Hellos = readonly (Hello | undefined)[];

/** What renegotiations call their sessions; one that resumes has its session's id answered (RFC 5246 §7.4.1.3). */
export const renegotiated = (client: Hellos, server: Hellos): Asking[] =>
  client.flatMap((asked, epoch) => {
    const answered = server[epoch];
    if (!asked || !answered || answered.suite === null) return [];
    const given = named([answered.sessionId, answered.ticket]);
    const [id] = named([asked.sessionId]);
    const resumed = id !== undefined && id === given[0] ? named([asked.sessionId, asked.ticket]) : [];
    return { clientRandom: toHex(asked.random), names: { resumed, given } };
  });

/**
 * Keys of both directions, client's first, for each epoch after the first, up to the first one whose hellos were not
 * read, whose secret is not in the key log or which changes to another cipher.
 */
export function renewalsOf(
  keyLog: KeyLog,
  first: Suite | null,
  client: Hellos,
  server: Hellos,
): [RecordKeys, RecordKeys][] {
  const renewals: [RecordKeys, RecordKeys][] = [];
  for (let epoch = 0; ; epoch++) {
    const [asked, answered] = [client[epoch], server[epoch]];
    if (!asked || !answered || answered.suite === null) return renewals;
    const { cipher, hash } = suiteOf(answered.suite);
    const master = keyLog.get(toHex(asked.random))?.get("CLIENT_RANDOM");
    if (!master || cipher === null || cipher !== first?.cipher) return renewals;
    renewals.push(keys12(hash, cipher, master, asked.random, answered.random));
  }
}
