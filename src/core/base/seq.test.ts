import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, after, before, between, distance, near, seq, toU32 } from "./seq.ts";

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

/** The same points some turns of the ring further on or back. */
const turns = [-(2 ** 32), 0, 2 ** 32, 3 * 2 ** 32, 2 ** 52];

test("places whole turns apart compare as one point of the ring, and subtract as what they are", () => {
  for (const turn of turns)
    for (const a of corners)
      for (const b of corners) {
        const [far, other] = [seq(a + turn), seq(b)];
        assert.equal(before(far, other), before(seq(a), other), `before(${far}, ${b})`);
        assert.equal(after(far, other), after(seq(a), other), `after(${far}, ${b})`);
        assert.equal(distance(far, other), distance(seq(a), other), `distance(${far}, ${b})`);
        assert.equal(between(far, other, seq(b + 9)), between(seq(a), other, seq(b + 9)));
        assert.equal(toU32(far), a);
        assert.equal(advance(other, far - other), far);
      }
});

test("32 bits of a number are found again near a place, less than half a turn away", () => {
  for (const turn of turns)
    for (const at of corners)
      for (const away of [0, 1, -1, 2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31)]) {
        const place = seq(at + turn + away);
        assert.equal(near(toU32(place), seq(at + turn)), place, `${place} near ${at + turn}`);
        assert.equal(near(place | 0, seq(at + turn)), place, "signed, as packets are read");
      }
});
