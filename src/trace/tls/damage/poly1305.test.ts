import assert from "node:assert/strict";
import { test } from "node:test";
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { seeded } from "../../../test/simulator/mutate.ts";
import { TagTrials } from "./poly1305.ts";

test("a tag is told under the key that it is from and under no other, as another implementation makes it", () => {
  const random = seeded(1);
  const fills = [() => 0, () => 0xff, () => Math.floor(random() * 256), () => (random() < 0.5 ? 0xff : 0xfb)];
  const bytes = (length: number, fill: () => number) => Uint8Array.from({ length }, fill);
  for (let run = 0; run < 4000; run++) {
    const message = bytes(16 * (1 + (run % 23)), fills[run % 4]!);
    const key = bytes(32, fills[(run >> 2) % 4]!);
    const tag = poly1305(message, key);
    const trials = new TagTrials(message, tag);
    assert.ok(trials.isUnder(key), `run ${run}`);
    const at = Math.floor(random() * 128);
    const other = Uint8Array.from(tag);
    other[at >> 3]! ^= 1 << (at & 7);
    assert.ok(!new TagTrials(message, other).isUnder(key), `run ${run}, bit ${at} of the tag`);
    const first = bytes(16, fills[2]!);
    trials.begin(first);
    message.set(first);
    assert.equal(trials.isUnder(key), Buffer.from(poly1305(message, key)).equals(tag), `run ${run}, begun`);
  }
});

test("sums just below and above the prime are told", () => {
  // RFC 8439 A.3, test vectors 7 to 11: r is 1, 2 or 4 and the sum is around 2^130 − 5.
  const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
  const [ff, r2, zero] = ["ff".repeat(16), `02${"00".repeat(15)}`, "00".repeat(16)];
  for (const [key, message, tag] of [
    [r2 + zero, ff, `03${"00".repeat(15)}`],
    [r2 + ff, r2, `03${"00".repeat(15)}`],
    [`01${"00".repeat(31)}`, `${ff}f0${"ff".repeat(15)}11${"00".repeat(15)}`, `05${"00".repeat(15)}`],
    [`01${"00".repeat(31)}`, `${ff}fb${"fe".repeat(15)}${"01".repeat(16)}`, zero],
    [r2 + zero, `fd${"ff".repeat(15)}`, `fa${"ff".repeat(15)}`],
  ] as const)
    assert.ok(new TagTrials(hex(message), hex(tag)).isUnder(hex(key)), message);
});
