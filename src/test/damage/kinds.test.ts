import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { packetsOf, wordFrames } from "../../replay/view/wrong/packets.ts";
import { Authenticated, type Damage, type Trace } from "../../trace/trace.ts";
import { readBytes, recordsOf } from "../captures.ts";
import { read, sentBy, verdictOf } from "./reading.ts";
import {
  type Content,
  prependOf,
  type Session,
  type Suite,
  sealed,
  sessionOf,
  suites,
  unsealed,
} from "./sealed-session.ts";
import { captureOf, framesBefore } from "./tcp-capture.ts";

const [gcm12, , chacha12, gcm13, , chacha13] = suites as [Suite, Suite, Suite, Suite, Suite, Suite];
const lines = (size: number, i: number) =>
  Buffer.from(`line ${i}: what a log of some server says all day\n`.repeat(400)).subarray(0, size);

const contentsOf = ({ first }: Session, count: number, size = 900, type = 23): Content[] =>
  Array.from({ length: count }, (_, i) => ({ type, sn: first + BigInt(i), bytes: lines(size + i, i) }));
const right = (session: Session, content: Content) =>
  sealed(session.of, content, { keys: session.keys, sn: content.sn });
/** As it leaves the host of an offload. */
const plain = (
  session: Session,
  content: Content,
  tag = Buffer.from(content.bytes.subarray(0, 16).map((byte, i) => byte ^ (i * 13))),
) => {
  const { prepend, inner } = unsealed(session.of, content);
  return Buffer.concat([prepend, inner, tag]);
};
const damageOf = (trace: Trace): Damage[] => [...trace.verdicts!.damage.values()];
const allRight = (trace: Trace) =>
  recordsOf(trace, verdictOf(trace).stream.connection).every(
    ({ authenticated }) => authenticated === Authenticated.yes,
  );

const foreignBytes: readonly [what: string, bytes: (session: Session) => Buffer][] = [
  ["53 bytes of a text", () => lines(53, 7)],
  ["one byte", () => Buffer.from([0x17])],
  ["zeros", () => Buffer.alloc(300)],
  ["uniform bytes", () => randomBytes(2000)],
  ["more of them than a record has", () => randomBytes(20000)],
  ["a header alone", () => Buffer.from([23, 3, 3, 1, 0])],
  ["a header and part of a record", () => Buffer.concat([Buffer.from([23, 3, 3, 1, 0]), lines(90, 1)])],
  ["a record in plaintext", (session) => plain(session, contentsOf(session, 20)[17]!)],
  ["a record of another session", ({ of }) => right(sessionOf(of, 77), contentsOf(sessionOf(of, 77), 4)[3]!)],
  ["a request of another protocol", () => Buffer.from("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")],
  ["headers that claim too much", () => Buffer.from("1703ffff".repeat(20), "hex")],
];

for (const of of [gcm12, gcm13, chacha13])
  test(`${of.name}: bytes between two intact records are foreign, and nothing else is wrong`, async () => {
    const session = sessionOf(of);
    const records = contentsOf(session, 8).map((content) => right(session, content));
    for (const [what, make] of foreignBytes) {
      for (const before of [1, 4, 7]) {
        const bytes = make(session);
        const at = Buffer.concat(records.slice(0, before)).length;
        const trace = await read(
          session,
          Buffer.concat([...records.slice(0, before), bytes, ...records.slice(before)]),
        );
        assert.deepEqual(
          damageOf(trace),
          [{ part: "foreign", at, length: bytes.length }],
          `${what} before ${before}`,
        );
        assert.ok(allRight(trace), what);
        assert.equal(verdictOf(trace).verdict, "wrong");
      }
    }
  });

/** What nonces come again: each record's nonce, and for those that are told the record that had it. */
const reuses: readonly [
  what: string,
  nonces: readonly number[],
  told: readonly [row: number, first: number][],
][] = [
  ["counted", [1, 2, 3, 4, 5], []],
  ["counted from elsewhere after a while", [1, 2, 90, 91, 92], []],
  ["drawn", [70, 3, 51, 22, 9], []],
  ["counted down", [9, 8, 7, 6, 5], []],
  [
    "all the same",
    [4, 4, 4],
    [
      [1, 0],
      [2, 0],
    ],
  ],
  ["two alike", [1, 2, 2, 9, 10], [[2, 1]]],
  ["one late by one from then on", [1, 2, 2, 3, 4], [[2, 1]]],
  ["the first again at the end", [1, 2, 3, 4, 1], [[4, 0]]],
  [
    "begun again",
    [1, 2, 3, 1, 2, 3],
    [
      [3, 0],
      [4, 1],
      [5, 2],
    ],
  ],
  ["into what was before", [5, 6, 7, 3, 4, 5], [[5, 0]]],
  [
    "in pairs",
    [1, 1, 2, 2],
    [
      [1, 0],
      [3, 2],
    ],
  ],
];

test("an explicit nonce that comes again under one key is told with both records, keys or not", async () => {
  for (const of of [gcm12, suites[1]!]) {
    const session = sessionOf(of);
    for (const [what, nonces, told] of reuses) {
      const contents = contentsOf(session, nonces.length, 300).map((one, i) => ({
        ...one,
        nonce: BigInt(nonces[i]!),
      }));
      const records = contents.map((content) => right(session, content));
      const starts = records.map((_, i) => Buffer.concat(records.slice(0, i)).length);
      for (const keyLogs of [[session.keyLog], []]) {
        const trace = await read(session, Buffer.concat(records), { keyLogs });
        const expected = told.map(([row, first]) => ({
          part: "nonce-reuse",
          at: starts[row],
          firstAt: starts[first],
          sn: session.first + BigInt(first),
        }));
        assert.deepEqual(damageOf(trace), expected, what);
        if (told.length > 0) assert.equal(verdictOf(trace).verdict, "wrong", what);
      }
    }
  }
});

test("what is sent again, or by the other side, uses no nonce twice", async () => {
  const session = sessionOf(gcm12);
  const stream = Buffer.concat(contentsOf(session, 6).map((content) => right(session, content)));
  const { packets, from } = sentBy(session, stream);
  const bytes = captureOf([...packets, ...packets.slice(from)]);
  const trace = await readBytes({ bytes, keyLogs: [session.keyLog], cryptoInfos: [] });
  assert.deepEqual(damageOf(trace), []);
  assert.equal(verdictOf(trace).verdict, "right");
});

test("records that left as plaintext are told one by one, wherever they stand", async () => {
  for (const of of suites) {
    const session = sessionOf(of);
    const contents = contentsOf(session, 16);
    for (const leaked of [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [0],
      [7],
      [15],
      [3, 8, 9],
      [10, 11, 12, 13, 14, 15],
      [...Array(15).keys()],
    ]) {
      const records = contents.map((content, i) => (leaked.includes(i) ? plain : right)(session, content));
      const trace = await read(session, Buffer.concat(records));
      const expected = leaked.map((i) => ({
        part: "plaintext",
        at: Buffer.concat(records.slice(0, i)).length,
        length: records[i]!.length,
      }));
      assert.deepEqual(damageOf(trace), expected, `${of.name}: ${leaked}`);
      assert.equal(verdictOf(trace).stream.tap, "wire");
    }
  }
});

const random = randomBytes(1 << 17);
/** Content that looks random though it is none. */
const packed = (i: number) => deflateRawSync(random.subarray(4000 * i, 4000 * i + 3000));
const closeNotify = Buffer.from([1, 0]);

test("what a host sends before its NIC is plaintext if it reads as such, else it is not decided", async () => {
  for (const of of [gcm12, chacha12, gcm13, chacha13]) {
    const session = sessionOf(of);
    const is13 = of.version === "1.3";
    const packedContents = contentsOf(session, 6).map((one, i) => ({ ...one, bytes: packed(i) }));
    const junk = (i: number) => randomBytes(16).fill(i, 0, i % 3);
    const cases: readonly [what: string, stream: Buffer[], tap: string][] = [
      ["text", contentsOf(session, 6).map((one) => plain(session, one)), "host"],
      ["one record of text", contentsOf(session, 1).map((one) => plain(session, one)), "host"],
      [
        "compressed",
        packedContents.map((one, i) => plain(session, one, junk(i))),
        is13 ? "host" : "undecided",
      ],
      ["compressed, tags zero", packedContents.map((one) => plain(session, one, Buffer.alloc(16))), "host"],
      [
        "compressed, tags alike",
        packedContents.map((one) => plain(session, one, random.subarray(0, 16))),
        "host",
      ],
      [
        "compressed behind a header",
        [
          plain(
            session,
            {
              ...packedContents[0]!,
              bytes: Buffer.concat([
                Buffer.from("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"),
                packed(0),
              ]),
            },
            junk(1),
          ),
          ...packedContents.slice(1).map((one, i) => plain(session, one, junk(i))),
        ],
        "host",
      ],
      [
        "compressed, then an alert",
        [
          ...packedContents.slice(0, 3).map((one, i) => plain(session, one, junk(i))),
          plain(session, { type: 21, sn: session.first + 3n, bytes: closeNotify }, junk(2)),
        ],
        "host",
      ],
      [
        "zeros",
        contentsOf(session, 3).map((one) => plain(session, { ...one, bytes: Buffer.alloc(500) })),
        "host",
      ],
    ];
    for (const [what, records, tap] of cases) {
      const trace = await read(session, Buffer.concat(records));
      const { stream, verdict } = verdictOf(trace);
      assert.deepEqual([stream.tap, verdict, damageOf(trace)], [tap, "unchecked", []], `${of.name}: ${what}`);
      if (tap === "undecided") assert.match(stream.note!, /tap=host or tap=wire decides/);
    }
  }
});

test("an undecided tap is decided by the user", async () => {
  const session = sessionOf(gcm12);
  const records = contentsOf(session, 4).map((one, i) =>
    plain(session, { ...one, bytes: packed(i) }, randomBytes(16)),
  );
  const stream = Buffer.concat(records);
  assert.equal(verdictOf(await read(session, stream)).stream.tap, "undecided");
  const asHost = verdictOf(await read(session, stream, { tap: "host" }));
  assert.deepEqual([asHost.stream.tap, asHost.verdict], ["host", "unchecked"]);
  const asWire = verdictOf(await read(session, stream, { tap: "wire" }));
  assert.deepEqual([asWire.stream.tap, asWire.verdict, asWire.share.failed], ["wire", "wrong", 4]);
});

test("one record that authenticates proves the wire, though compressed plaintext surrounds it", async () => {
  for (const of of suites) {
    const session = sessionOf(of);
    const contents = contentsOf(session, 14).map((one, i) => ({ ...one, bytes: packed(i) }));
    for (const place of [0, 9, 13]) {
      const records = contents.map((one, i) =>
        i === place ? right(session, one) : plain(session, one, randomBytes(16)),
      );
      const { stream, share, verdict } = verdictOf(await read(session, Buffer.concat(records)));
      assert.deepEqual(
        [stream.tap, share.authenticated, verdict],
        ["wire", 1, "wrong"],
        `${of.name}, ${place}`,
      );
    }
  }
});

test("keys of another session leave a stream unchecked", async () => {
  for (const of of suites) {
    const session = sessionOf(of);
    const records = contentsOf(session, 6).map((content) => right(session, content));
    const foreign = sessionOf(of, 5)
      .keyLog.split("\n")
      .map((line) => line.split(" "));
    const own = session.keyLog.split("\n").map((line) => line.split(" "));
    const mixed = own.map(([label, client], i) => [label, client, foreign[i]![2]].join(" ")).join("\n");
    const { verdict } = verdictOf(await read(session, Buffer.concat(records), { keyLogs: [mixed] }));
    assert.equal(verdict, "unchecked", of.name);
  }
});

test("a wrong byte is told with the frames that hold it, damage without a place with all that may", async () => {
  for (const of of suites) {
    const session = sessionOf(of);
    const records = contentsOf(session, 3, 5000).map((content) => right(session, content));
    const stream = Buffer.concat(records);
    const start = records[0]!.length;
    const { from } = sentBy(session, stream);
    const frameAt = (at: number) => framesBefore + from + 1 + Math.floor(at / 1000);
    const framesOf = async (...places: number[]) => {
      const bad = Buffer.from(stream);
      for (const place of places) bad[place]! ^= 8;
      const trace = await read(session, bad);
      const [event] = [...trace.verdicts!.damage.keys()];
      const { connection } = verdictOf(trace).stream;
      return packetsOf(trace, new Set([connection]))
        .get(connection)!
        .framesOf(event!);
    };
    for (const place of [start + prependOf(of), start + 900, start + 2500, start + 4999])
      assert.deepEqual(await framesOf(place), [frameAt(place)], `${of.name}, ${place}`);
    const all = Array.from(
      { length: frameAt(start + records[1]!.length - 1) - frameAt(start) + 1 },
      (_, i) => frameAt(start) + i,
    );
    assert.deepEqual(await framesOf(start + 900, start + 2500), all, of.name);
  }
  assert.equal(wordFrames([7]), "frame 7");
  assert.equal(wordFrames([7, 9, 10, 11, 14]), "frames 7, 9–11, 14");
});

for (const of of suites)
  test(`${of.name}: a tag that is another record's is told with whose it is, of ciphertext that is right or not`, async () => {
    const session = sessionOf(of);
    const records = contentsOf(session, 8).map((content) => right(session, content));
    const at = (row: number) => Buffer.concat(records.slice(0, row)).length;
    const withTagOf = (row: number, other: number) =>
      Buffer.concat([records[row]!.subarray(0, -16), records[other]!.subarray(-16)]);
    const tagOf = (row: number, other: number): Damage => ({
      part: "tag-of",
      at: at(row + 1) - 16,
      ofAt: at(other),
      sn: session.first + BigInt(other),
    });
    const told = async (bytes: readonly Buffer[]) => damageOf(await read(session, Buffer.concat(bytes)));
    for (const [row, other] of [
      [3, 2],
      [3, 6],
      [0, 7],
      [7, 0],
    ] as const)
      assert.deepEqual(await told(records.with(row, withTagOf(row, other))), [tagOf(row, other)]);
    const exchanged = records.with(2, withTagOf(2, 5)).with(5, withTagOf(5, 2));
    assert.deepEqual(await told(exchanged), [tagOf(2, 5), tagOf(5, 2)]);
    const trace = await read(session, Buffer.concat(exchanged));
    const { connection } = verdictOf(trace).stream;
    const [event] = trace.verdicts!.damage.keys();
    const frames = packetsOf(trace, new Set([connection]))
      .get(connection)!
      .framesOf(event!);
    assert.equal(frames.length, 1);
  });
