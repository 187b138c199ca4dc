import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, after, before, between, distance, seq, toU32 } from "./seq.ts";

/** Points all round the ring, both sides of each place where a comparison could turn over. */
const corners = [0, 1, 2, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff];

test("comparisons are the kernel's, modulo 2^32 (kernel.md section 0, fact 1, in 64-bit arithmetic)", () => {
  for (const a of corners) {
    for (const b of corners) {
      const behind = BigInt.asIntN(32, BigInt(a) - BigInt(b));
      assert.equal(before(seq(a), seq(b)), behind < 0n, `before(${a}, ${b})`);
      assert.equal(after(seq(a), seq(b)), BigInt.asIntN(32, BigInt(b) - BigInt(a)) < 0n, `after(${a}, ${b})`);
      assert.equal(BigInt(distance(seq(b), seq(a))), behind, `distance(${b}, ${a})`);
      for (const c of corners) {
        const inside = BigInt.asUintN(32, BigInt(c) - BigInt(b)) >= BigInt.asUintN(32, BigInt(a) - BigInt(b));
        assert.equal(between(seq(a), seq(b), seq(c)), inside, `between(${a}, ${b}, ${c})`);
      }
    }
  }
});

test("a sequence number moves on over 2^32 and back", () => {
  assert.equal(toU32(advance(seq(0xffffff00), 329)), 0x49);
  assert.equal(toU32(advance(seq(0x49), -329)), 0xffffff00);
  assert.equal(toU32(advance(seq(0x7fffffff), 1)), 0x80000000);
});

test("one normalisation: any integer is the same point of the ring", () => {
  for (const n of [0xffffffff, -1, 2 ** 32 - 1, 2 ** 33 - 1, 2 ** 40 - 1]) assert.equal(seq(n), seq(-1));
  for (const n of corners) assert.equal(toU32(seq(n)), n);
});
