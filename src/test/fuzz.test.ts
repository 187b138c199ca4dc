import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { UserError } from "../trace/platform.ts";
import { type Finding, Fuzzer, limits, minimised, peakBytes, type Reader, readOnce } from "./fuzz/fuzzer.ts";
import { readers } from "./fuzz/readers.ts";
import { seeded } from "./simulator/mutate.ts";

const folder = "src/test/found";
/** Twice what `npm run fuzz` allows: beside other tests a processor's caches are not its own. */
const besideOthers = { ...limits, ms: 2 * limits.ms };

/** Inputs of a hundred that are read, not refused, at the least: mutations that never get past a first check prove nothing. */
const readMin = 1;

test("every reader stands damaged inputs", async (t) => {
  const inputs = Number(process.env.FUZZ ?? 1000);
  const seed = Number(process.env.SEED ?? 20_261_128);
  t.diagnostic(`SEED=${seed} FUZZ=${inputs}`);
  for (const reader of readers)
    await t.test(reader.name, async () => {
      const fuzzer = new Fuzzer(reader, besideOthers);
      const random = seeded(seed);
      let finding = await fuzzer.begin();
      while (finding === null && fuzzer.inputs < inputs) finding = await fuzzer.next(random);
      if (finding !== null) assert.fail(`${finding.says}\n${left(reader, finding)}`);
      const share = (100 * fuzzer.read) / fuzzer.inputs;
      t.diagnostic(`${reader.name}: ${share.toFixed(0)} % read, ${Math.round(fuzzer.msMax)} ms at most`);
      assert.ok(share >= readMin || inputs < 100, `${share} % are read`);
    });
});

/** Leaves the input where `npm run fuzz -- --file` finds it; gives its path. */
function left({ name }: Reader, { input }: Finding): string {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "tlstrace-found-")), `${name}.input`);
  writeFileSync(file, input);
  return file;
}

test("inputs that a reader once did not stand", async (t) => {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  t.diagnostic(`${files.length} files`);
  for (const file of files) {
    const reader = readers.find(({ name }) => file.startsWith(`${name}.`));
    assert.ok(reader, `${file}: its name begins with no reader's`);
    const { says } = await readOnce(
      reader,
      new Uint8Array(readFileSync(path.join(folder, file))),
      besideOthers,
    );
    assert.equal(says, null, file);
  }
});

const textOf = (input: Uint8Array) => Buffer.from(input).toString("latin1");
const failing = (read: (text: string) => void | Promise<void>, seed = "seed"): Reader => ({
  name: "broken",
  seeds: () => [new Uint8Array(Buffer.from(seed))],
  read: async (input) => {
    await read(textOf(input));
    return true;
  },
});
const faultOf = async (reader: Reader, input: Uint8Array, most = limits) =>
  (await readOnce(reader, input, most)).says;

test("an error that is no answer is a finding, and is made small", async () => {
  const broken = failing((text) => {
    if (text.includes("x")) throw new TypeError("no x");
    if (text.includes("y")) throw new UserError("no y");
  });
  const input = new Uint8Array(Buffer.from("abcdefxghijkl".repeat(3)));
  const says = await faultOf(broken, input);
  assert.match(says!, /^TypeError: no x/);
  assert.equal(await faultOf(broken, new Uint8Array(Buffer.from("y"))), null);
  assert.equal(textOf(await minimised(broken, { input, says: says! }, limits)), "x");
});

test("time and memory beyond the limits are findings", async () => {
  const input = new Uint8Array(1);
  let tries = 0;
  const slow = failing(() => {
    tries++;
    for (const began = process.cpuUsage(); process.cpuUsage(began).user < 3000; );
  });
  assert.match((await faultOf(slow, input, { ...limits, ms: 2 }))!, /^takes \d+ ms for 1 bytes$/);
  assert.equal(tries, 3, "one slow moment of the machine is no finding");
  const idle = failing(() => new Promise((resolve) => setTimeout(resolve, 200)));
  assert.equal(
    await faultOf(idle, input, { ...limits, ms: 100 }),
    null,
    "what counts is the processor's time",
  );
  let kept: Uint8Array[] = [];
  const peak = peakBytes();
  const large = failing(() => {
    while (peakBytes() < peak + (2 << 20)) kept.push(new Uint8Array(1 << 20).fill(1));
  });
  assert.match(
    (await faultOf(large, input, { ...limits, bytes: peak + (1 << 20) }))!,
    /^takes the process to/,
  );
  kept = [];
});

test("an input that takes a branch first is kept, and leads on to what no blind change of a seed finds", async () => {
  const counters = globalThis as { __hits?: Uint8Array };
  /** Each letter is a bit away from the seed's. */
  const word = "^][";
  /** As instrumented code does: a counter for each letter that fits. */
  const read = (text: string) => {
    for (let i = 0; i < word.length && text[i] === word[i]; i++) counters.__hits![i]!++;
    if (text.startsWith(word)) throw new Error("found");
  };
  const tries = async (isGuided: boolean) => {
    counters.__hits = new Uint8Array(word.length);
    const fuzzer = new Fuzzer(
      failing((text) => {
        read(text);
        if (!isGuided) counters.__hits!.fill(0);
      }, "___"),
      limits,
    );
    const random = seeded(1);
    await fuzzer.begin();
    while (fuzzer.inputs < 20_000) if (await fuzzer.next(random)) break;
    delete counters.__hits;
    return fuzzer.inputs;
  };
  assert.ok((await tries(true)) < 20_000);
  assert.equal(await tries(false), 20_000);
});
