import assert from "node:assert/strict";
import { test } from "node:test";
import { suiteOf } from "../keys/suites.ts";
import { MessageReader, parseClientHello, parseServerHello } from "./handshake.ts";

const message = (type: number, size: number): number[] => [
  type,
  0,
  size >> 8,
  size & 255,
  ...new Array(size).fill(type),
];

test("messages are found however records cut them", () => {
  const bytes = Uint8Array.from([...message(4, 300), ...message(24, 1), ...message(20, 12)]);
  for (let cut = 1; cut < bytes.length; cut++) {
    const reader = new MessageReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += cut) found.push(...reader.feed(bytes.subarray(at, at + cut)));
    assert.deepEqual(
      found.map(({ type, body }) => [type, body.length, body[0]]),
      [
        [4, 300, 4],
        [24, 1, 24],
        [20, 12, 20],
      ],
    );
  }
});

test("a message longer than anybody needs is skipped, and what follows is found", () => {
  const reader = new MessageReader();
  const long = new Uint8Array(4 + 200_000);
  long.set([11, 200_000 >> 16, (200_000 >> 8) & 255, 200_000 & 255]);
  const found = [];
  for (let at = 0; at < long.length; at += 16_384) found.push(...reader.feed(long.subarray(at, at + 16_384)));
  found.push(...reader.feed(Uint8Array.from(message(20, 12))));
  assert.deepEqual(
    found.map(({ type }) => type),
    [11, 20],
  );
});

const hello = (extensions: number[], suite = [0x13, 0x01]) =>
  Uint8Array.from([
    3,
    3,
    ...new Array(32).fill(9),
    0,
    ...suite,
    0,
    extensions.length >> 8,
    extensions.length & 255,
    ...extensions,
  ]);

test("a ServerHello: version by extension or by field; hellos cut anywhere do no harm", () => {
  assert.equal(parseServerHello(hello([0, 43, 0, 2, 3, 4]))!.version, 0x0304);
  assert.equal(parseServerHello(hello([0, 43, 0, 9, 3, 4]))!.version, 0x0303);
  assert.equal(parseServerHello(hello([]))!.suite, 0x1301);
  const whole = hello([0, 42, 0, 0]);
  for (let size = 0; size < 38; size++) {
    assert.equal(parseServerHello(whole.subarray(0, size)), null);
    assert.equal(parseClientHello(whole.subarray(0, size)), null);
  }
});

test("suites by IANA number", () => {
  const expected: [number, string | null, string][] = [
    [0x1301, "aes-128-gcm", "sha256"],
    [0x1302, "aes-256-gcm", "sha384"],
    [0x1303, "chacha20-poly1305", "sha256"],
    [0x1305, "aes-128-ccm-8", "sha256"],
    [0x009c, "aes-128-gcm", "sha256"],
    [0x00ad, "aes-256-gcm", "sha384"],
    [0xc02b, "aes-128-gcm", "sha256"],
    [0xc02c, "aes-256-gcm", "sha384"],
    [0xc030, "aes-256-gcm", "sha384"],
    [0xcca9, "chacha20-poly1305", "sha256"],
    [0xc09c, "aes-128-ccm", "sha256"],
    [0xc09d, "aes-256-ccm", "sha256"],
    [0xc0a1, "aes-256-ccm-8", "sha256"],
    [0xc0ae, "aes-128-ccm-8", "sha256"],
    [0xc0ac, "aes-128-ccm", "sha256"],
    [0xd002, "aes-256-gcm", "sha384"],
    [0xc013, "aes-128-cbc", "sha256"],
    [0x0005, "rc4-128", "sha256"],
    [0x003b, "null", "sha256"],
    [0xc07c, "camellia-128-gcm", "sha256"],
    [0xc05d, "aria-256-gcm", "sha384"],
    [0xcafe, null, "sha256"],
  ];
  for (const [id, name, hash] of expected) {
    const suite = suiteOf(id);
    assert.deepEqual([suite.cipherName, suite.hash], [name, hash], id.toString(16));
    const isOurs = name !== null && /^(aes-\d+-[gc]cm|chacha20-poly1305)$/.test(name);
    assert.equal(suite.cipher, isOurs ? name : null);
  }
});
