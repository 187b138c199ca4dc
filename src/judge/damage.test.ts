import assert from "node:assert/strict";
import { test } from "node:test";
import { wordDamage } from "./damage.ts";

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
    wordDamage({ part: "number", sn: 2n ** 63n }),
    "it was encrypted as record 9223372036854775808: the NIC had a wrong record number",
  );
});
