import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFor, Play, type Setup } from "../../test/scenario.ts";
import { portable } from "../base/aead.ts";
import { ciphers, type RecordKeys } from "../base/record.ts";
import { advance } from "../base/seq.ts";
import type { Connection } from "../machine/connection.ts";
import type { TagFault } from "../machine/rules.ts";
import { placeholderRecord, placeholderTag, streamBytes, wireRecord } from "./bytes.ts";
import { NicStream } from "./nic-stream.ts";

const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const counted = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const hello = bytes("68656c6c6f68656c6c6f0100");
const engine = (
  { version, cipher }: Connection,
  keys: RecordKeys,
  sn: bigint,
  tagFault: TagFault = "none",
): NicStream => new NicStream({ version, cipher: cipher! }, keys, sn, { tagFault, encrypter: portable });
/** What leaves for the next bytes. */
function fed(nic: NicStream, bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  nic.pass(out, true);
  return out;
}
const source = { kind: "written", bytes: hello } as const;
const salt = bytes("a0a1a2a3");

interface Vector {
  name: string;
  setup: Setup;
  story: string;
  /** The records on the wire, computed with another implementation (kernel.md section 1.6). */
  wire: string[];
}

const vectors: Vector[] = [
  {
    name: "TLS 1.2 AES-128-GCM, an alert as third record",
    setup: { recSeq0: 1n, source, keys: { key: counted(16), salt, iv: bytes("00000000000000ff") } },
    story: "send 5; send 5; send 2 type=21",
    wire: [
      "170303001d00000000000000ffeb0c3d8f9f6878dcadb64c7b5a6839e674750a143f",
      "170303001d0000000000000100044aed44b52a8797edad4bdf29b3daca13df24d7f4",
      "150303001a000000000000010133e02dd5c0d91f9c488892740af820d104d6",
    ],
  },
  {
    name: "TLS 1.2 AES-256-GCM",
    setup: {
      cipher: "aes-256-gcm",
      recSeq0: 1n,
      source,
      keys: { key: counted(32), salt, iv: bytes("00000000000000ff") },
    },
    story: "send 5",
    wire: ["170303001d00000000000000ff7b6b7369eebec96be4ae47db758d3b1bec1181842c"],
  },
  {
    name: "TLS 1.3 AES-128-GCM",
    setup: {
      version: 0x0304,
      recSeq0: 0n,
      source,
      keys: { key: counted(16), salt, iv: bytes("b0b1b2b3b4b5b6b7") },
    },
    story: "send 5; send 5",
    wire: [
      "1703030016188a4e18edc85daec0a372ce7d73dbf8089ea1bd131e",
      "17030300162f0ae3fc3adfb6ec4f696042c443236be2491aff8e3e",
    ],
  },
];

for (const { name, setup, story, wire } of vectors) {
  test(`golden records: ${name}`, () => {
    const play = new Play(setup, story);
    play.rest();
    const { socket } = play;
    assert.deepEqual(
      wire.map((_, i) => hex(wireRecord(socket, i + 1))),
      wire,
      "encrypted as a whole",
    );
    const { startSeq } = socket.connection;
    const all = wire.join("");
    assert.equal(hex(streamBytes(socket, startSeq, all.length / 2, wireRecord)), all, "as a stream");
    const host = streamBytes(socket, startSeq, all.length / 2, placeholderRecord)!;
    const nic = engine(socket.connection, setup.keys!, setup.recSeq0!);
    assert.equal(hex(fed(nic, host)), all, "by the NIC");
  });
}

test("host memory holds header, nonce and payload in clear and a canary for the tag", () => {
  const { setup } = vectors[0]!;
  const play = new Play(setup, "send 5");
  play.rest();
  const canary = Buffer.from("PLACEHOLDER_TAG!").toString("hex");
  assert.equal(hex(placeholderRecord(play.socket, 1)), `170303001d00000000000000ff68656c6c6f${canary}`);
  const inner = new Play({ ...setup, version: 0x0304 }, "send 5 type=21");
  inner.rest();
  assert.equal(
    hex(placeholderRecord(inner.socket, 1)),
    `170303001668656c6c6f15${canary}`,
    "type behind the payload",
  );
});

test("nothing is known of bytes outside the records, and nothing is made up", () => {
  const play = new Play({}, "send 5");
  play.rest();
  const { startSeq } = play.socket.connection;
  assert.equal(streamBytes(play.socket, advance(startSeq, -1), 2, wireRecord), null);
  assert.equal(streamBytes(play.socket, advance(startSeq, 30), 5, wireRecord), null);
  assert.equal(wireRecord(play.socket, 0), null, "the start marker has no bytes");
});

for (const cipher of ciphers) {
  for (const version of [0x0303, 0x0304] as const) {
    test(`${cipher}, version ${version.toString(16)}: two cuts at every byte of three records`, () => {
      const play = new Play({ cipher, version }, "send 40; send 0; send 3 type=21");
      play.rest();
      const { socket } = play;
      const { startSeq } = socket.connection;
      const length = play.relative(socket.records.end(3));
      const right = hex(streamBytes(socket, startSeq, length, wireRecord));
      const host = streamBytes(socket, startSeq, length, placeholderRecord)!;
      for (let first = 0; first <= length; first++) {
        for (const second of [first, first + 1, first + 7, first + 16, length]) {
          const nic = engine(socket.connection, keysFor(cipher), 1n);
          const cuts = [0, first, Math.min(second, length), length];
          const out = [0, 1, 2].map((i) => fed(nic, host.subarray(cuts[i], cuts[i + 1])));
          assert.equal(hex(Buffer.concat(out)), right, `cuts at ${first} and ${second}`);
        }
      }
    });
  }
}

test("a NIC that leaves placeholders changes nothing else", () => {
  const play = new Play({}, "send 40; send 40");
  play.rest();
  const { socket } = play;
  const { startSeq } = socket.connection;
  const host = streamBytes(socket, startSeq, 138, placeholderRecord)!;
  const expected = streamBytes(socket, startSeq, 138, wireRecord)!;
  for (const end of [69, 138]) expected.set(placeholderTag, end - 16);
  const nic = engine(socket.connection, keysFor("aes-128-gcm"), 1n, "left");
  assert.equal(hex(fed(nic, host)), hex(expected));
});

test("a header that cannot be right makes garbage, not a crash or a hang", () => {
  const connection = new Play({}, "").socket.connection;
  const nic = engine(connection, keysFor("aes-128-gcm"), 0n);
  const zeros = new Uint8Array(200_000);
  assert.equal(fed(nic, zeros).length, zeros.length);
});
