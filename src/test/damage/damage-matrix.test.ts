import assert from "node:assert/strict";
import { test } from "node:test";
import type { Damage } from "../../trace/trace.ts";
import { type DamageKind, damaged, kinds, type Sent, type Stretch } from "./damages.ts";
import { read, verdictOf } from "./reading.ts";
import { type Content, type Session, sessionOf, suites } from "./sealed-session.ts";

const sizes = [900, 40, 2500, 1200, 30, 3000, 400, 1500, 700, 1000, 64, 800];
const text = (i: number, size: number): Buffer =>
  Buffer.from(
    `{"row": ${i}, "says": "all records of this stream are text, so that they read as such"} `.repeat(40),
  ).subarray(0, size);

const contentsOf = ({ first }: Session): Content[] =>
  sizes.map((size, i) => ({ type: 23, sn: first + BigInt(i), bytes: text(i, size) }));

const positions = ["first", "middle", "last", "all"] as const;
const targetsOf = (position: (typeof positions)[number]): Set<number> => {
  const last = sizes.length - 1;
  if (position === "all") return new Set(sizes.keys());
  return new Set([{ first: 0, middle: 5, last }[position]]);
};

/** All that must be said, in the order of the stream; null if only that something is wrong. */
function expectedOf(stretches: readonly Stretch[]): Damage[] | null {
  const expected: Damage[] = [];
  let at = 0;
  for (const { bytes, says } of stretches) {
    if (says === undefined) return null;
    if (says !== null) expected.push(says(at));
    at += bytes.length;
  }
  return expected;
}

async function check(
  session: Session,
  kind: DamageKind,
  position: (typeof positions)[number],
): Promise<void> {
  const what = `${session.of.name}: ${kind}, ${position}`;
  const sent: Sent = { session, contents: contentsOf(session), isAll: position === "all" };
  // The last two are exchanged where the last one is to be.
  const targets = kind === "swap" && position === "last" ? new Set([sizes.length - 2]) : targetsOf(position);
  const stretches = damaged(sent, kind, targets);
  const trace = await read(session, Buffer.concat(stretches.map(({ bytes }) => bytes)));
  const { stream, verdict, share, why } = verdictOf(trace);
  if (kind === "plaintext" && position === "all") {
    assert.deepEqual([stream.tap, verdict], ["host", "unchecked"], what);
    return;
  }
  // Ciphertext under an unknown nonce, and nothing that says so: it may as well be plaintext that looks random.
  if (what === "TLS 1.2 chacha20-poly1305: wrong salt, all") {
    assert.deepEqual([stream.tap, verdict], ["undecided", "unchecked"], what);
    return;
  }
  // Too few bytes before the FIN: so does a socket leave that is closed while it is full (tls_sk_proto_cleanup).
  if (kind === "delete" && position === "last") {
    assert.deepEqual(
      [share.authenticated, share.records, verdict, why],
      [sizes.length - 1, sizes.length, "unchecked", "ends-within"],
      what,
    );
    return;
  }
  assert.deepEqual([stream.tap, verdict], ["wire", "wrong"], what);
  const expected = expectedOf(stretches);
  if (expected !== null) assert.deepEqual([...trace.verdicts!.damage.values()].map(untried), expected, what);
}

/** Without how far numbers were tried, which far-numbers.test.ts checks. */
function untried(damage: Damage): Damage {
  if (damage.part !== "unknown") return damage;
  const { tried, ...rest } = damage;
  return rest;
}

for (const suite of suites) {
  test(`${suite.name}: whatever is done to records is told, and exactly where it can be`, async () => {
    const session = sessionOf(suite);
    const { verdict } = verdictOf(
      await read(
        session,
        Buffer.concat(
          damaged({ session, contents: contentsOf(session), isAll: false }, "flip", new Set()).map(
            ({ bytes }) => bytes,
          ),
        ),
      ),
    );
    assert.equal(verdict, "right");
    const failures: string[] = [];
    for (const kind of kinds)
      for (const position of positions)
        await check(session, kind, position).catch((error: Error) => failures.push(error.message));
    assert.deepEqual(failures, []);
  });
}
