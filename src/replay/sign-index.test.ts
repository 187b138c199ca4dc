import assert from "node:assert/strict";
import test from "node:test";
import { Dice } from "../test/simulator/dice.ts";
import { signs } from "../trace/signs.ts";
import { SignIndex } from "./sign-index.ts";

const eventCount = 1000;

/** An index of random signs, and the same as a set of kinds an event. */
function filled(dice: Dice): { index: SignIndex; kindsOf: Set<number>[] } {
  const index = new SignIndex();
  const kindsOf = Array.from({ length: eventCount }, () => new Set<number>());
  for (const [event, kinds] of kindsOf.entries())
    for (let said = dice.from(0, 3); said > 0; said--) {
      const kind = dice.from(0, signs.length - 1);
      kinds.add(kind);
      index.add(event, kind);
      if (dice.from(0, 1) === 1) index.add(event, kind);
    }
  return { index, kindsOf };
}

/** Every event that a walk in one direction comes by. */
function walk(index: SignIndex, from: number, direction: 1 | -1, kinds: readonly number[]): number[] {
  const found: number[] = [];
  const next = (at: number) => index.next(at, direction, kinds);
  for (let event = next(from); event >= 0; event = next(event + direction)) found.push(event);
  return found;
}

test("a walk comes by every event that has one of the kinds and by no other, in both directions and from anywhere", () => {
  const dice = new Dice(3);
  const { index, kindsOf } = filled(dice);
  for (let round = 0; round < 50; round++) {
    const kinds = Array.from({ length: dice.from(0, 5) }, () => dice.from(0, signs.length - 1));
    const hits = kindsOf.flatMap((own, event) => (kinds.some((kind) => own.has(kind)) ? [event] : []));
    const from = dice.from(0, eventCount - 1);
    assert.deepEqual(
      walk(index, from, 1, kinds),
      hits.filter((event) => event >= from),
    );
    assert.deepEqual(walk(index, from, -1, kinds), hits.filter((event) => event <= from).toReversed());
    assert.equal(index.meets(from, kinds), hits.includes(from));
  }
});

test("a kind's count is the number of events that have it, however often each says it", () => {
  const { index, kindsOf } = filled(new Dice(4));
  for (const kind of signs.keys()) {
    const having = kindsOf.filter((kinds) => kinds.has(kind)).length;
    assert.ok(having > 0);
    assert.equal(index.count(kind), having);
  }
});
