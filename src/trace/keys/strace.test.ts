import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordKeys } from "../../core/base/record.ts";
import { u64Bytes } from "../../core/base/record.ts";
import { session } from "../../test/bench/tls-session.ts";
import { readBytes, recordsOf } from "../../test/captures.ts";
import { dialogue, type Turn } from "../../test/dialogue.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { Authenticated } from "../trace.ts";
import { keySourceOf, keyTextOf } from "./source.ts";
import { parseStrace } from "./strace.ts";

/** Bytes as strace 6.1 prints them with -xx. */
const printed = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
/** struct tls12_crypto_info_aes_gcm_128 on a little-endian machine. */
const infoBytes = ({ iv, key, salt }: RecordKeys, recSeq: bigint, is13 = false) =>
  Uint8Array.from([is13 ? 4 : 3, 3, 51, 0, ...iv, ...key, ...salt, ...u64Bytes(recSeq)]);
const keysFrom = (first: number): RecordKeys => ({
  iv: new Uint8Array(8).fill(first),
  key: new Uint8Array(16).fill(first + 1),
  salt: new Uint8Array(4).fill(first + 2),
});
const socket = "4<TCP:[10.0.0.2:443->10.0.0.1:40000]>";
const call = (way: "TX" | "RX", bytes: Uint8Array, end = ") = 0", where = socket) =>
  `setsockopt(${where}, SOL_TLS, TLS_${way}, "${printed(bytes)}", ${bytes.length}${end}`;

test("keys of both directions and of a rekey are read, whatever lines of other threads come between", () => {
  const text = [
    `101 setsockopt(${socket}, SOL_TCP, TCP_ULP, "\\x74\\x6c\\x73", 3) = 0`,
    `101 ${call("TX", infoBytes(keysFrom(10), 1n), " <unfinished ...>")}`,
    `[pid 102] ${call("RX", infoBytes(keysFrom(20), 0n), " <unfinished ...>")}`,
    "101 <... setsockopt resumed>)           = 0",
    "[pid 102] <... setsockopt resumed>)     = 0",
    `101 ${call("TX", infoBytes(keysFrom(30), 0n))}`,
    `101 ${call("TX", infoBytes(keysFrom(40), 0n), ") = -1 EBUSY (Device or resource busy)")}`,
    "101 +++ exited with 0 +++",
  ].join("\n");
  const { infos, diagnostics } = parseStrace(text);
  assert.deepEqual(diagnostics, []);
  const [tx, rx] = infos;
  assert.equal(infos.length, 2);
  assert.deepEqual(tx!.ends, { source: "10.0.0.2:443", destination: "10.0.0.1:40000" });
  assert.deepEqual([tx!.keys, tx!.later, tx!.recSeq, tx!.startSeq], [keysFrom(10), [keysFrom(30)], 1n, null]);
  assert.deepEqual([rx!.ends?.source, rx!.keys, rx!.later], ["10.0.0.1:40000", keysFrom(20), []]);
});

test("what strace was not asked for is said, and no key is", () => {
  const bytes = infoBytes(keysFrom(0xa0), 1n);
  const cut = call("TX", bytes).replace('", 40', '"..., 40');
  assert.match(parseStrace(cut).diagnostics[0]!.message, /-s 64/);
  const strange = parseStrace(call("TX", bytes.with(2, 99))).diagnostics[0]!;
  assert.match(strange.message, /a cipher that is none/);
  assert.doesNotMatch(strange.message, /a1/);
  assert.ok(strange.isOfKeys);
});

test("a socket that is made one of TLS again has other keys, not a rekey's; without addresses its number tells it", () => {
  const ulp = (where: string) => `setsockopt(${where}, SOL_TCP, TCP_ULP, "\\x74\\x6c\\x73", 3) = 0`;
  const given = (first: number) => infoBytes(keysFrom(first), 0n, true);
  const ofSocket = (where: string, thread = "7") =>
    [
      ulp(where),
      call("TX", given(10), ") = 0", where),
      call("TX", given(20), ") = 0", where),
      ulp(where),
      call("TX", given(30), ") = 0", where),
    ].map((line) => `${thread} ${line}`);
  const read = (lines: string[]) =>
    parseStrace(lines.join("\n")).infos.map(({ ends, keys, later }) => [
      ends?.source ?? null,
      keys.key[0],
      later.map(({ key }) => key[0]),
    ]);
  const addresses = "10.0.0.2:443";
  assert.deepEqual(read(ofSocket(socket)), [
    [addresses, 11, [21]],
    [addresses, 31, []],
  ]);
  assert.deepEqual(read(ofSocket("4")), [
    [null, 11, [21]],
    [null, 31, []],
  ]);
  const processes = [`7 ${call("TX", given(40), ") = 0", "4")}`, `8 ${call("TX", given(50), ") = 0", "4")}`];
  assert.deepEqual(read(processes), [
    [null, 41, []],
    [null, 51, []],
  ]);
});

for (const [name, skipped] of [
  ["the offload's first record", 0],
  ["later records alone", 700],
] as const) {
  test(`a capture without a handshake is decrypted with strace's keys: ${name}`, async () => {
    const made = session(0x0304, seeded(3));
    const { server } = made;
    server.skip(skipped);
    const records = Array.from({ length: 4 }, () => server.seal(23, new Uint8Array(300)));
    // Its first bytes are the end of a record.
    const turns: Turn[] = [
      [1, records[0]!.slice(100)],
      ...records.slice(skipped ? 1 : 0).map((bytes): Turn => [1, bytes]),
    ];
    const { source } = keySourceOf([call("TX", infoBytes(server.keys, 0n, true))]);
    const trace = await readBytes({ bytes: dialogue(turns, { hasSyns: false }), ...source });
    const seen = recordsOf(trace, 0);
    assert.equal(seen.length, skipped ? 3 : 4);
    assert.ok(seen.every(({ authenticated }) => authenticated === Authenticated.yes));
    assert.equal(trace.connections[0]!.recSeq0, BigInt(skipped ? skipped + 1 : 0));
  });
}

test("a file of keys may be UTF-8 or UTF-16, with a byte order mark or not", () => {
  const text = `CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}\r\n`;
  const little = Buffer.from(text, "utf16le");
  const big = Buffer.from(little).swap16();
  const marked = (mark: number[], bytes: Buffer) => Buffer.concat([Buffer.from(mark), bytes]);
  const forms = [
    Buffer.from(text),
    marked([0xef, 0xbb, 0xbf], Buffer.from(text)),
    little,
    marked([0xff, 0xfe], little),
    big,
    marked([0xfe, 0xff], big),
  ];
  for (const [i, form] of forms.entries()) assert.equal(keyTextOf(form), text, String(i));
  for (const other of [
    [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0],
    [0, 0, 0, 0],
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0],
  ])
    assert.equal(keyTextOf(Uint8Array.from(other)), null);
});
