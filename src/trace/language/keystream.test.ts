import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import { keystream } from "../../core/base/keystream.ts";
import { ciphers } from "../../core/base/record.ts";
import { derivedKeys, payloadOf } from "./keystream.ts";

/** ChaCha20 of node:crypto: key, then 4 bytes of counter (little endian) and the 12-byte nonce as one. */
function expectedStream(name: string, nonce: number, length: number): Buffer {
  const key = Buffer.alloc(32);
  key.write(name, "utf8");
  const iv = Buffer.alloc(16);
  iv[4] = nonce;
  return createCipheriv("chacha20", key, iv).update(Buffer.alloc(length));
}

test("key, salt and iv are the keystream under the name with nonce 0, as node:crypto computes it", () => {
  for (const cipher of ciphers) {
    for (const name of ["web", "żółw", "0123456789abcdef0123456789abcdef"]) {
      const { key, salt, iv } = derivedKeys(name, cipher);
      const size = key.length + salt.length + iv.length;
      assert.equal(size, cipher.startsWith("aes-128") ? 28 : 44, cipher);
      assert.deepEqual(Buffer.concat([key, salt, iv]), expectedStream(name, 0, size), `${cipher} ${name}`);
    }
  }
});

test("payload byte i is byte i of the keystream with nonce 1, whatever range is asked for", () => {
  const whole = expectedStream("web", 1, 70_000);
  const { key } = payloadOf("web");
  for (const [offset, length] of [
    [0, 0],
    [0, 1],
    [0, 64],
    [1, 63],
    [63, 2],
    [64, 64],
    [65, 1000],
    [16_383, 16_384],
    [69_999, 1],
  ] as const) {
    assert.deepEqual(
      Buffer.from(keystream(key, offset, length)),
      whole.subarray(offset, offset + length),
      `${offset}+${length}`,
    );
  }
});

test("payload beyond 4 GB needs no bytes before it", () => {
  const offset = 2 ** 32 + 5;
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(2 ** 26);
  iv[4] = 1;
  const key = Buffer.alloc(32);
  key.write("web");
  const expected = createCipheriv("chacha20", key, iv).update(Buffer.alloc(105)).subarray(5);
  assert.deepEqual(Buffer.from(keystream(payloadOf("web").key, offset, 100)), expected);
});
