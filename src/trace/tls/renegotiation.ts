/** Keys after renegotiations of TLS 1.2 (RFC 5246 §7.4.1): their hellos lie in encrypted records. */
import type { RecordKeys } from "../../core/base/record.ts";
import { toHex } from "../keys/hex.ts";
import type { KeyLog } from "../keys/key-log.ts";
import { keys12 } from "../keys/secrets.ts";
import { type Suite, suiteOf } from "../keys/suites.ts";
import { handshakeType, type Message, parseClientHello, parseServerHello } from "./handshake.ts";

/** What of a hello decides about the keys; `suite` is null in the client's. */
export interface Hello {
  random: Uint8Array;
  suite: number | null;
}

/** The hello that a message is; null if it is another message. */
export function helloOf({ type, body }: Message): Hello | null {
  const hello =
    type === handshakeType.clientHello
      ? parseClientHello(body)
      : type === handshakeType.serverHello
        ? parseServerHello(body)
        : null;
  return hello && { random: hello.random, suite: "suite" in hello ? hello.suite : null };
}

type Hellos = readonly (Hello | undefined)[];

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
