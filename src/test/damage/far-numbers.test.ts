import assert from "node:assert/strict";
import { test } from "node:test";
import { read, verdictOf } from "./reading.ts";
import { sealed, sessionOf, suites } from "./sealed-session.ts";

const chacha = suites.filter(({ name }) => name.includes("chacha"));

/** The damage of six records of this size, of which the third was sealed as one so many numbers off. */
async function damageOff(of: (typeof suites)[number], size: number, off: number) {
  const session = sessionOf(of);
  const records = Array.from({ length: 6 }, (_, i) => {
    const sn = session.first + BigInt(i);
    const content = { type: 23, sn, bytes: Buffer.alloc(size, `record ${i} of some text `) };
    return sealed(of, content, { keys: session.keys, sn: sn + BigInt(i === 2 ? off : 0) });
  });
  const trace = await read(session, Buffer.concat(records));
  assert.equal(verdictOf(trace).verdict, "wrong");
  return { damage: [...trace.verdicts!.damage.values()], first: session.first };
}

test("a number that is searched for and not found says how far it was searched", async () => {
  for (const of of chacha) {
    const { damage } = await damageOff(of, 500, 90_000);
    assert.equal(damage.length, 1, of.name);
    const [one] = damage;
    assert.ok(one?.part === "unknown", of.name);
    // All that records of this size are given (see origin.ts): more than the 65,536 that a window must have.
    assert.equal(one.tried, 70_000);
  }
});

test("long records of ChaCha20-Poly1305 in TLS 1.2 are searched less far, and just as far as is said", async () => {
  const of = chacha.find(({ version }) => version === "1.2")!;
  const { damage } = await damageOff(of, 12_000, 60_000);
  const [one] = damage;
  assert.ok(one?.part === "unknown" && one.tried !== undefined);
  assert.ok(one.tried > 1000 && one.tried < 60_000, `${one.tried}`);
  const last = await damageOff(of, 12_000, one.tried);
  assert.deepEqual(last.damage, [{ part: "number", sn: last.first + 2n + BigInt(one.tried), under: null }]);
  const beyond = await damageOff(of, 12_000, one.tried + 1);
  assert.equal(beyond.damage[0]?.part, "unknown");
});
