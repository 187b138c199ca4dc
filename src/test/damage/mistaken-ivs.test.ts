import assert from "node:assert/strict";
import { test } from "node:test";
import { read, verdictOf } from "./reading.ts";
import { ccmSuites, type Keys, type Session, sealed, sessionOf, suites } from "./sealed-session.ts";

/** What a driver writes for the nonce's fixed part instead of it; `other`: that of other keys of the session. */
const ivs: Readonly<Record<string, (iv: Buffer, other: Buffer) => Buffer>> = {
  "another's": (_, other) => other,
  "none at all": (iv) => Buffer.alloc(iv.length),
  "its bytes backwards": (iv) => Buffer.from(iv).reverse(),
  "its words in the other byte order": (iv) => Buffer.from(iv).swap32(),
  "its first word alone": (iv) => Buffer.from(iv).fill(0, 4),
  "without its first word": (iv) => Buffer.from(iv).fill(0, 0, 4),
};

function recordsUnder({ of, first }: Session, keys: (i: number) => Keys): Buffer {
  const records = [0, 1, 2, 3, 4].map((i) => {
    const sn = first + BigInt(i);
    const bytes = Buffer.from(`line ${i}: what a log of some server says all day\n`.repeat(9));
    return sealed(of, { type: 23, sn, bytes }, { keys: keys(i), sn });
  });
  return Buffer.concat(records);
}

for (const of of [...suites, ...ccmSuites])
  test(`${of.name}: a salt or iv that is taken by mistake is told, of one record and of all`, async () => {
    const session = sessionOf(of);
    const { keys, other } = session;
    for (const [what, make] of Object.entries(ivs)) {
      const bad = { ...keys, iv: make(keys.iv, other.keys.iv) };
      // A salt of one word.
      if (bad.iv.equals(keys.iv)) continue;
      for (const isBad of [(i: number) => i === 2, () => true]) {
        const trace = await read(
          session,
          recordsUnder(session, (i) => (isBad(i) ? bad : keys)),
        );
        const { stream, verdict } = verdictOf(trace);
        const count = [0, 1, 2, 3, 4].filter(isBad).length;
        assert.deepEqual([stream.tap, verdict], ["wire", "wrong"], what);
        assert.deepEqual(
          [...trace.verdicts!.damage.values()],
          Array(count).fill({ part: "iv", under: null }),
          what,
        );
      }
    }
    const right = verdictOf(
      await read(
        session,
        recordsUnder(session, () => keys),
      ),
    );
    assert.equal(right.verdict, "right");
  });
