import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cipher, TlsVersion } from "../../core/base/record.ts";
import { nodePlatform } from "../../node/platform.ts";
import { fromHex } from "../keys/hex.ts";
import { diagnose } from "./damage/diagnose.ts";
import { innerOf, openRecord, protectionOf } from "./decrypt.ts";

const range = (size: number, from = 0) => Uint8Array.from({ length: size }, (_, i) => from + i);
const { aead } = nodePlatform;
const salt = range(4, 0xa0);

/** Records made with node:crypto by another program: key 00 01 …, salt a0a1a2a3, "hello" and an alert. */
const golden: [TlsVersion, Cipher, bigint, string, string, number][] = [
  [
    0x0303,
    "aes-128-gcm",
    1n,
    "170303001d00000000000000ffeb0c3d8f9f6878dcadb64c7b5a6839e674750a143f",
    "hello",
    23,
  ],
  [
    0x0303,
    "aes-128-gcm",
    2n,
    "170303001d0000000000000100044aed44b52a8797edad4bdf29b3daca13df24d7f4",
    "hello",
    23,
  ],
  [
    0x0303,
    "aes-128-gcm",
    3n,
    "150303001a000000000000010133e02dd5c0d91f9c488892740af820d104d6",
    "\u0001\u0000",
    21,
  ],
  [
    0x0303,
    "aes-256-gcm",
    1n,
    "170303001d00000000000000ff7b6b7369eebec96be4ae47db758d3b1bec1181842c",
    "hello",
    23,
  ],
  [0x0304, "aes-128-gcm", 0n, "1703030016188a4e18edc85daec0a372ce7d73dbf8089ea1bd131e", "hello", 23],
  [0x0304, "aes-128-gcm", 1n, "17030300162f0ae3fc3adfb6ec4f696042c443236be2491aff8e3e", "hello", 23],
];

test("golden records open under their number and no other", () => {
  for (const [version, cipher, sn, hex, text, type] of golden) {
    const protection = protectionOf(aead, version, cipher);
    const keys = { key: range(cipher === "aes-256-gcm" ? 32 : 16), salt, iv: range(8, 0xb0) };
    const record = fromHex(hex)!;
    const plaintext = openRecord(protection, keys, sn, record)!;
    const inner = innerOf(version, record[0]!, plaintext);
    assert.equal(Buffer.from(plaintext.subarray(0, inner.size)).toString("latin1"), text);
    assert.equal(inner.type, type);
    assert.equal(openRecord(protection, keys, sn + 1n, record), null);
    const failed = {
      protection,
      keys,
      sn: sn + 1n,
      record,
      expectedNonce: null,
      at: 0,
      others: [],
    };
    assert.deepEqual(diagnose(failed, true).damage, { part: "number", sn, under: null });
  }
});

test("records cut short do not open", () => {
  const protection = protectionOf(aead, 0x0303, "aes-128-gcm");
  const keys = { key: range(16), salt, iv: range(8) };
  const record = fromHex(golden[0]![3])!;
  for (let size = 0; size < record.length; size++)
    assert.equal(openRecord(protection, keys, 1n, record.subarray(0, size)), null);
});

test("padding behind the inner type is cut off; a record of zeros has no type", () => {
  assert.deepEqual(innerOf(0x0304, 23, Uint8Array.of(1, 2, 22, 0, 0)), { type: 22, size: 2 });
  assert.deepEqual(innerOf(0x0304, 23, new Uint8Array(5)), { type: 23, size: 0 });
  assert.deepEqual(innerOf(0x0303, 21, Uint8Array.of(1, 0)), { type: 21, size: 2 });
});

test("two wrong bytes of one block are named, of ciphertext and tag none", () => {
  const protection = protectionOf(aead, 0x0304, "aes-128-gcm");
  const keys = { key: range(16), salt, iv: range(8, 0xb0) };
  const diagnosed = (...places: number[]) => {
    const record = fromHex(golden[4]![3])!;
    for (const place of places) record[place]! ^= 1;
    const failed = {
      protection,
      keys,
      sn: 0n,
      record,
      expectedNonce: null,
      at: 100,
      others: [],
    };
    return diagnose(failed, true);
  };
  const { damage, right } = diagnosed(5, 9);
  assert.ok(damage.part === "ciphertext");
  assert.deepEqual(
    damage.wrong.map(({ offset, is, must }) => [offset, is ^ must]),
    [
      [5, 1],
      [9, 1],
    ],
  );
  assert.deepEqual(right, fromHex(golden[4]![3]));
  assert.deepEqual(diagnosed(5, 26).damage, { part: "unknown", at: 100, length: 27 });
  assert.equal(diagnosed(5, 26).right, null);
});
