import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Authenticated } from "../../trace/trace.ts";
import { readBytes, recordsOf } from "../captures.ts";

/**
 * Records behind the handshake that tshark 4.0.17 decrypts in captures of `npm run real`: of the client and of the
 * server, a connection after the other.
 */
const facts: Readonly<Record<string, readonly number[]>> = {
  "starttls-ldap-tls1_3": [2, 4],
  "starttls-xmpp-tls1_2": [2, 2],
  // The server asks for a certificate of the client.
  "mariadb-openssl": [2, 3],
  // It answers the first ClientHello by a HelloRetryRequest.
  "postgres-openssl": [2, 1],
  "suite-tls_aes_128_ccm_sha256": [2, 4],
  // The second connection resumes the session of the first, the only one with a line in the key log.
  "gnutls-resumed-id": [1, 1, 1, 2],
  "gnutls-resumed-ticket": [1, 1, 1, 2],
};
const stored = (name: string) => readFileSync(`src/test/real/stored/${name}`);
const read = (name: string, bytes: Uint8Array) =>
  readBytes({ bytes, keyLogs: [stored(`${name}.keys`).toString()], cryptoInfos: [] });

test("captures of real programs, whose TLS begins behind other protocols, authenticate whole", async () => {
  for (const [name, expected] of Object.entries(facts)) {
    const trace = await read(name, new Uint8Array(stored(`${name}.pcap`)));
    const found = trace.connections.map((_, connection) => recordsOf(trace, connection));
    assert.ok(
      found.flat().every(({ authenticated }) => authenticated === Authenticated.yes),
      name,
    );
    assert.deepEqual(
      found.map(({ length }) => length),
      expected,
      name,
    );
  }
});
