import assert from "node:assert/strict";
import { test } from "node:test";
import type { TlsVersion } from "../../core/base/record.ts";
import { type Session, session } from "../../test/bench/tls-session.ts";
import { readBytes, recordsOf } from "../../test/captures.ts";
import { bytesOf, type DialogueForm, dialogue, ends, type Turn } from "../../test/dialogue.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { Authenticated } from "../trace.ts";

const application = 23;
const data = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7);

/** A whole session as turns: `client` is who says the ClientHello. Three records of the client follow, then five of the server. */
function turnsOf(made: Session, client: 0 | 1): Turn[] {
  const by = (role: number) => (role === 0 ? client : 1 - client) as 0 | 1;
  const records = (sealer: Session["client"], count: number) =>
    Array.from({ length: count }, (_, i) => sealer.seal(application, data(100 + 900 * i)));
  return [
    ...made.flights.map(({ from, bytes }): Turn => [by(from), bytes]),
    ...records(made.client, 3).map((bytes): Turn => [by(0), bytes]),
    ...records(made.server, 5).map((bytes): Turn => [by(1), bytes]),
  ];
}

interface Case {
  before: readonly Turn[];
  client?: 0 | 1;
  form?: DialogueForm;
  version?: TlsVersion;
  /** Changes the session's turns. */
  change?: (turns: Turn[]) => Turn[];
}

const ldapStartTls = [48, 29, 2, 1, 1, 119, 24, 128, 22, ...bytesOf("1.3.6.1.4.1.1466.20037")];
const proxyV2 = [
  13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 33, 17, 0, 12, 10, 0, 0, 1, 10, 0, 0, 2, 156, 64, 1, 187,
];
const mailText = Array.from({ length: 900 }, (_, i) =>
  i % 2 ? "16030100c8010000c40303" : "RCPT TO:<a@b>\r\n",
).join("");
/** As long as a ClientHello's record says, structure and all, but no record behind it. */
const falseHello = () => session(0x0304, seeded(99)).flights[0]!.bytes;
/** A whole other handshake in one direction, as an upload of recorded bytes has it. */
const recordedStream = () => session(0x0303, seeded(98)).flights.flatMap(({ bytes }) => [...bytes]);

const whole = (turns: Turn[]) => turns;

const cases: Readonly<Record<string, Case>> = {
  "at once": { before: [] },
  "SMTP STARTTLS": {
    before: [
      [1, "220 mx ESMTP\r\n"],
      [0, "EHLO a\r\n"],
      [1, "250-mx\r\n250 STARTTLS\r\n"],
      [0, "STARTTLS\r\n"],
      [1, "220 go\r\n"],
    ],
  },
  "IMAP STARTTLS": {
    before: [
      [1, "* OK IMAP4rev1\r\n"],
      [0, "a1 STARTTLS\r\n"],
      [1, "a1 OK begin\r\n"],
    ],
  },
  "POP3 STLS": {
    before: [
      [1, "+OK\r\n"],
      [0, "STLS\r\n"],
      [1, "+OK\r\n"],
    ],
  },
  "LDAP StartTLS": {
    before: [
      [0, ldapStartTls],
      [1, [48, 12, 2, 1, 1, 120, 7, 10, 1, 0, 4, 0, 4, 0]],
    ],
  },
  XMPP: {
    before: [
      [0, "<stream:stream to='a'>"],
      [1, "<stream:features><starttls/></stream:features>"],
      [0, "<starttls/>"],
      [1, "<proceed/>"],
    ],
  },
  "FTP AUTH TLS": {
    before: [
      [1, "220 ftp\r\n"],
      [0, "AUTH TLS\r\n"],
      [1, "234 ok\r\n"],
    ],
  },
  "PostgreSQL SSLRequest": {
    before: [
      [0, [0, 0, 0, 8, 4, 210, 22, 47]],
      [1, "S"],
    ],
  },
  MySQL: {
    before: [
      [1, [74, 0, 0, 0, 10, ...bytesOf("8.0.36"), ...data(67)]],
      [0, [32, 0, 0, 1, ...data(32)]],
    ],
  },
  "HTTP CONNECT": {
    before: [
      [0, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"],
      [1, "HTTP/1.1 200 OK\r\n\r\n"],
    ],
  },
  "PROXY v1": { before: [[0, "PROXY TCP4 10.0.0.1 10.0.0.2 40000 443\r\n"]] },
  "PROXY v2": { before: [[0, proxyV2]] },
  "PROXY v1 in the ClientHello's segment": {
    before: [],
    change: ([hello, ...rest]) => [
      [0, [...bytesOf("PROXY TCP4 10.0.0.1 10.0.0.2 40000 443\r\n"), ...(hello![1] as Uint8Array)]],
      ...rest,
    ],
  },
  "a mail with a hello in hex": {
    before: [
      [0, mailText],
      [1, "250 ok\r\n"],
      [0, "STARTTLS\r\n"],
      [1, "220 go\r\n"],
    ],
  },
  "a ClientHello in plaintext": {
    before: [
      [0, falseHello()],
      [0, "\r\n.\r\n"],
      [1, "250 ok\r\n"],
    ],
  },
  "a recorded TLS stream in plaintext": {
    before: [
      [0, "POST\r\n\r\n"],
      [0, recordedStream()],
      [0, "end\r\n"],
      [1, "200\r\n"],
    ],
  },
  "much plaintext, TLS at a segment's start": {
    before: [
      [0, "x".repeat(300_000)],
      [1, "y".repeat(2_000_000)],
    ],
  },
  "the server opened the connection": { before: [], client: 1 },
  "active FTP: the server connects and is the TLS server": { before: [[1, "150 here\r\n"]], client: 1 },
  "tiny segments": {
    before: [
      [1, "220 mx\r\n"],
      [0, "STARTTLS\r\n"],
      [1, "220 go\r\n"],
    ],
    form: { segment: 3 },
  },
  "a capture that begins with the server": { before: [[1, "220 mx\r\n"]], form: { hasSyns: false } },
  "a capture that begins with the ClientHello of who accepted": {
    before: [],
    client: 1,
    form: { hasSyns: false },
  },
  "a HelloRetryRequest behind STARTTLS": {
    before: [
      [1, "220 mx\r\n"],
      [0, "STARTTLS\r\n"],
      [1, "220 go\r\n"],
    ],
    change: retried,
  },
  "a simultaneous open": { before: [], form: { isSimultaneous: true } },
  "a simultaneous open, and TLS in the other way": { before: [], client: 1, form: { isSimultaneous: true } },
  "a ClientHello in records of 40 bytes": { before: [[0, "PRE\r\n"]], change: inSmallRecords },
};

/** The server asks once more (RFC 8446 §4.1.4), by a ServerHello whose random says so. */
function retried([hello, answer, ...rest]: Turn[]): Turn[] {
  const [from, flight] = answer as [0 | 1, Uint8Array];
  const request = flight.slice(0, 5 + flight[3]! * 256 + flight[4]!);
  request.set(retryRandom, 11);
  return [hello!, [from, request], hello!, answer!, ...rest];
}
const retryRandom = Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex");

/** The first turn's record cut into several. */
function inSmallRecords([hello, ...rest]: Turn[]): Turn[] {
  const [from, record] = hello as [0, Uint8Array];
  const cut: number[] = [];
  for (let at = 5; at < record.length; at += 40) {
    const part = record.slice(at, at + 40);
    cut.push(22, 3, 1, 0, part.length, ...part);
  }
  return [[from, cut], ...rest];
}

for (const [name, { before, client = 0, form, change = whole }] of Object.entries(cases)) {
  for (const version of [0x0303, 0x0304] as const) {
    test(`TLS ${version === 0x0303 ? "1.2" : "1.3"} is found: ${name}`, async () => {
      const made = session(version, seeded(5));
      const bytes = dialogue([...before, ...change(turnsOf(made, client))], form);
      const trace = await readBytes({ bytes, keyLogs: [made.keyLog], cryptoInfos: [] });
      const [asking, answering] = [ends[client], ends[1 - client]!];
      assert.deepEqual(
        trace.streams.map((stream) => stream.name),
        [`${asking}>${answering}`, `${answering}>${asking}`],
      );
      const counts = trace.connections.map((_, connection) => {
        const records = recordsOf(trace, connection);
        return [
          records.length,
          records.filter((record) => record.authenticated === Authenticated.yes).length,
        ];
      });
      assert.deepEqual(counts, [
        [3, 3],
        [5, 5],
      ]);
    });
  }
}

test("what is no TLS is not taken for some", async () => {
  const nothing: Readonly<Record<string, readonly Turn[]>> = {
    text: [
      [0, "GET / HTTP/1.1\r\n\r\n"],
      [1, "HTTP/1.1 200 OK\r\n\r\n"],
    ],
    "a hello in hex": [
      [0, mailText],
      [1, "250 ok\r\n"],
    ],
    "a ClientHello in an upload": [
      [0, "POST\r\n\r\n"],
      [0, falseHello()],
      [0, "end\r\n"],
      [1, "200\r\n"],
    ],
    "a whole recorded stream in an upload": [
      [0, "POST\r\n\r\n"],
      [0, recordedStream()],
      [1, "200\r\n"],
    ],
    "hello bytes everywhere": [
      [0, "."],
      [0, new Array(30_000).fill([22, 3, 1, 0, 50, 1, 0, 0, 46, 3, 3]).flat()],
      [1, "200\r\n"],
    ],
  };
  for (const [name, turns] of Object.entries(nothing)) {
    const trace = await readBytes({ bytes: dialogue(turns), keyLogs: [], cryptoInfos: [] });
    assert.deepEqual(trace.streams, [], name);
  }
});
