import assert from "node:assert/strict";
import { test } from "node:test";
import { wordDamage } from "./damage-text.ts";

test("a damaged record is told by its wrong bytes, a header's with the field they belong to", () => {
  const wrong = [
    { offset: 0, is: 24, must: 23 },
    { offset: 4, is: 0, must: 255 },
  ];
  assert.equal(
    wordDamage({ part: "header", at: 100, wrong }),
    "damaged header: byte 100 (type) is 24, must be 23, byte 104 (length) is 0, must be 255",
  );
  assert.equal(
    wordDamage({ part: "nonce", at: 7, wrong: [{ offset: 5, is: 1, must: 2 }] }),
    "damaged explicit nonce: byte 12 is 1, must be 2",
  );
});

test("of a record whose wrong byte is not known its range is told; of one under another number, the number", () => {
  assert.equal(
    wordDamage({ part: "unknown", at: 100, length: 27 }),
    "its tag does not fit; wrong somewhere in 100:127",
  );
  assert.equal(
    wordDamage({ part: "number", sn: 2n ** 63n, under: null }),
    "it was encrypted as record 9223372036854775808: the NIC had a wrong record number",
  );
});

test("what is right elsewhere, left as plaintext or belongs nowhere is told as that", () => {
  assert.equal(
    wordDamage({ part: "number", sn: 3n, under: "the keys of epoch 1" }),
    "it was encrypted as record 3 under the keys of epoch 1",
  );
  assert.equal(
    wordDamage({ part: "iv", under: null }),
    "it was encrypted under the right key with another salt or iv",
  );
  assert.equal(wordDamage({ part: "plaintext", at: 100, length: 27 }), "100:127 left as plaintext");
  assert.equal(
    wordDamage({ part: "foreign", at: 100, length: 27 }),
    "100:127 belongs to no record: foreign bytes",
  );
  assert.equal(
    wordDamage({ part: "nonce-reuse", at: 300, firstAt: 100, sn: 7n }),
    "its explicit nonce was used before, by the record at 100 (record 7)",
  );
});
