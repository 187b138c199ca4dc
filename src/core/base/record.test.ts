import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addU64,
  type Cipher,
  ciphers,
  explicitNonce,
  layoutOf,
  prependOf,
  type RecordKeys,
  type Suite,
  sealingOf,
  type TlsVersion,
  u64Bytes,
  u64Of,
} from "./record.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const gcmKeys: RecordKeys = {
  key: new Uint8Array(16),
  salt: bytes("a0a1a2a3"),
  iv: bytes("b0b1b2b3b4b5b6b7"),
};
const chachaKeys: RecordKeys = {
  key: new Uint8Array(32),
  salt: bytes(""),
  iv: bytes("c0c1c2c3c4c5c6c7c8c9cacb"),
};

test("sizes of the parts (table of kernel.md section 1.6)", () => {
  const sizes = ciphers.map((cipher) => [layoutOf(0x0303, cipher), layoutOf(0x0304, cipher)]);
  const gcm = [
    { prepend: 13, tail: 0, overhead: 29 },
    { prepend: 5, tail: 1, overhead: 22 },
  ];
  const chacha = [
    { prepend: 5, tail: 0, overhead: 21 },
    { prepend: 5, tail: 1, overhead: 22 },
  ];
  assert.deepEqual(sizes, [gcm, gcm, chacha, gcm, gcm]);
});

test("nonce: salt ‖ explicit in TLS 1.2 GCM, iv XOR record number elsewhere (kernel.md section 1.6)", () => {
  const header = bytes("170303001a0000000000000101");
  const sn = 0x0102030405060708n;
  const nonceOf = (suite: Suite, keys: RecordKeys) => hex(sealingOf(suite, keys, sn, header).nonce);
  assert.equal(nonceOf({ version: 0x0303, cipher: "aes-128-gcm" }, gcmKeys), "a0a1a2a30000000000000101");
  assert.equal(nonceOf({ version: 0x0304, cipher: "aes-128-gcm" }, gcmKeys), "a0a1a2a3b1b3b1b7b1b3b1bf");
  for (const version of [0x0303, 0x0304] as const)
    assert.equal(nonceOf({ version, cipher: "chacha20-poly1305" }, chachaKeys), "c0c1c2c3c5c7c5c3cdcfcdc3");
});

test("additional data: number, type, version and plaintext length in 1.2; the header in 1.3", () => {
  const aadOf = (version: TlsVersion, cipher: Cipher, header: string) =>
    hex(sealingOf({ version, cipher }, gcmKeys, 3n, bytes(header)).aad);
  assert.equal(aadOf(0x0303, "aes-128-gcm", "150303001a0000000000000101"), "00000000000000031503030002");
  assert.equal(aadOf(0x0303, "chacha20-poly1305", "1503030012"), "00000000000000031503030002");
  assert.equal(aadOf(0x0304, "aes-256-gcm", "1703030016"), "1703030016");
});

test("the header counts what follows it, its type is hidden in 1.3 (RFC 8446 section 5.2)", () => {
  const nonce = bytes("00000000000000ff");
  assert.equal(
    hex(prependOf({ version: 0x0303, cipher: "aes-128-gcm" }, 21, 16413, nonce)),
    "150303401800000000000000ff",
  );
  assert.equal(hex(prependOf({ version: 0x0304, cipher: "aes-128-gcm" }, 21, 24, nonce)), "1703030013");
  assert.equal(hex(prependOf({ version: 0x0303, cipher: "chacha20-poly1305" }, 22, 21, nonce)), "1603030010");
});

test("the explicit nonce runs with the record number, modulo 2^64 (invariant I8)", () => {
  const nearEnd = { ...gcmKeys, iv: bytes("fffffffffffffffe") };
  assert.deepEqual(
    [5n, 6n, 7n, 8n].map((sn) => hex(explicitNonce(nearEnd, 5n, sn))),
    ["fffffffffffffffe", "ffffffffffffffff", "0000000000000000", "0000000000000001"],
  );
  assert.equal(hex(explicitNonce(gcmKeys, 2n ** 64n - 1n, 0n)), "b0b1b2b3b4b5b6b8");
});

test("record numbers are 64 bits, whatever they are added to", () => {
  assert.equal(addU64(0n, -1), 2n ** 64n - 1n);
  assert.equal(addU64(2n ** 64n - 1n, 2), 1n);
  for (const n of [0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) assert.equal(u64Of(u64Bytes(n)), n);
});
