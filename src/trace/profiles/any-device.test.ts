import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ciphers } from "../../core/base/record.ts";
import { bugs } from "../../core/bugs/catalogue.ts";
import { kernels } from "../../core/machine/generation.ts";
import { profileWords } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import { Effect } from "../../core/words/effect.ts";
import { Timeline } from "../../replay/timeline.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { parseTrace } from "../language/parse.ts";
import { parseProfile } from "./file.ts";

/** Samples in which nothing happens that lets a sound device send wrong bytes: those failures of theirs are latent. */
const stories = readdirSync("media/samples")
  .filter((name) => name.endsWith(".tlstrace"))
  .map((name) => readFileSync(`media/samples/${name}`, "utf8"))
  // What is set, or becomes another device in the middle, may be wrong under any.
  .filter((text) => !/^\+.*(dma-error|page-write|orphan|marked|queue=|reset$| set | become )/m.test(text));
/** A device of any make: for each key a value that it can take, or none. */
function anyDevice(random: () => number): string {
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const some = <T>(from: readonly T[]): T[] => from.filter(() => random() < 0.6);
  const values: Record<string, () => unknown> = {
    ...Object.fromEntries(
      Object.entries(profileWords).map(([key, words]) => [key, () => one<string>(words)]),
    ),
    requestsBeforeFallback: () => random() < 0.5,
    paramsWithFirstPacket: () => random() < 0.5,
    countsSkips: () => random() < 0.5,
    checksSkippedMark: () => random() < 0.5,
    seqCheckedByNic: () => random() < 0.5,
    versions: () => some(["1.2", "1.3"]),
    ciphers: () => some(ciphers),
    headerSize: () => Math.floor(random() * 256),
    faults: () => (random() < 0.5 ? [one(bugs).name] : []),
    kernel: () => one([...kernels.map(({ id }) => id), null]),
  };
  const given = Object.entries(values).filter(() => random() < 0.25);
  const entries = given.map(([key, value]) => [key, value()]);
  return JSON.stringify({ base: one(profiles).id, ...Object.fromEntries(entries) });
}

/** What a device without a fault never does, whatever its make and kernel. */
const wrongs = [
  Effect.plaintext,
  Effect.placeholder,
  Effect["wrong-tag"],
  Effect["wrong-ciphertext"],
  Effect["out-of-step"],
];

test("a device of any make is refused for a contradiction, or replays every sample, right unless it has a fault", (t) => {
  const runs = Number(process.env.FUZZ ?? 500);
  const seed = Number(process.env.SEED ?? 20_251_124);
  t.diagnostic(`SEED=${seed} FUZZ=${runs}`);
  const random = seeded(seed);
  let read = 0;
  for (let run = 0; run < runs; run++) {
    const text = anyDevice(random);
    const { profile, diagnostics } = parseProfile("my-nic.json", text);
    for (const { message } of diagnostics)
      assert.match(
        message,
        /has a meaning only where|whose recovery is (next-record|pieces|chain)|offloads no other|takes a list of/,
        text,
      );
    if (profile === null) continue;
    read++;
    for (const sample of stories) {
      const trace = parseTrace("story", sample, () => profile);
      const timeline = new Timeline(trace);
      assert.doesNotThrow(() => timeline.runAll(), text);
      // Where nothing encrypts, what the fallback is not asked for leaves as it is.
      const isFaulty = profile.faults.length > 0 || profile.recovery === "none";
      const found = wrongs.filter((effect) => timeline.effects.count(effect) > 0);
      if (!isFaulty) assert.deepEqual(found, [], text);
    }
  }
  assert.ok(read > runs / 5, `${read} of ${runs} were read`);
});
