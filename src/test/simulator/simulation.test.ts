import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { printTrace } from "../../trace/language/print.ts";
import type { Trace } from "../../trace/trace.ts";
import { failuresOf, noCoverage } from "./check.ts";
import { generate, kernelChoices, playedUnder, readStory, type Story, textOf, traceOf } from "./generate.ts";
import { seekFailure } from "./seeks.ts";
import { brokenBy, isBroken, minimise, settingOf, simulate } from "./simulation.ts";

const runs = 200;
const firstSeed = Number(process.env.SEED ?? 20_000);

/** Effects that plain stories have under every family, a few times in so many runs. */
const common = ["out-of-order", "lookup-failed", "record-released", "dropped", "software-fallback"];
const byRecovery = {
  rebuild: ["resync", "bypass"],
  chain: ["resync", "bypass"],
  pieces: ["piece", "piece plain", "trimmed"],
  "next-record": ["resync-requested", "resync-sent", "bypass"],
  presync: ["resync", "bypass"],
  none: ["emulated"],
} as const;

for (const profile of profiles) {
  test(`${runs} random traces under ${profile.id}: every decision, invariant and byte holds`, (t) => {
    const coverage = noCoverage();
    for (let i = 0; i < runs; i++) {
      const setting = { profile, kernel: kernelChoices[i % kernelChoices.length]! };
      const seed = firstSeed + i;
      const failed = simulate(seed, setting, coverage);
      if (failed === null) continue;
      const { text, failure } = minimise(failed, profile, 10_000);
      const under = `seed ${seed}, kernel ${setting.kernel?.id ?? "not named"}`;
      assert.fail(`${under}, rule ${failure.rule}: ${failure.message}; smallest trace:\n${text}`);
    }
    const { events, packets, bytes, effects } = coverage;
    t.diagnostic(`${events} events, ${packets} packets with ${bytes} bytes, from seed ${firstSeed}`);
    // A device that knows no order and no resync has nothing to fail at.
    const usual = profile.recovery === "none" ? ["record-released", "dropped"] : common;
    for (const effect of [...usual, ...byRecovery[profile.recovery]])
      assert.ok((effects[effect] ?? 0) > 3, `${effect}: ${effects[effect]}`);
  });
}

test("random traces under random variants of the catalogue: what the model says of them is true", () => {
  for (let seed = firstSeed; seed < firstSeed + 3 * runs; seed++) {
    const setting = settingOf(seed, profiles, kernelChoices);
    if (!isBroken(setting.profile)) continue;
    const failed = simulate(seed, setting);
    const what = failed && `${setting.profile.id}: ${failed.failure.message}\n${failed.text}`;
    assert.equal(what, null, `seed ${seed}`);
  }
});

/** Two records sent whole, then every segment of them again, in an order that jumps: each is a recovery of its own. */
function everySegment(connection: string, length: number): Story {
  const declarations = ["device nic profile=connectx", `connection c device=nic ${connection}`];
  const events = ["+0 c send 20", "+0 c send 0 type=21", `+0 c > 0:${length}(${length})`];
  for (let start = 0; start < length; start++)
    for (let end = start + 1; end <= length; end++) events.push(`+0 c > ${start}:${end}(${end - start})`);
  return { declarations, events };
}

for (const profile of profiles) {
  test(`${profile.id}: segments from every byte to every byte of header, nonce, payload and tag`, () => {
    const tls12 = everySegment("version=1.2 cipher=aes-128-gcm seq=4294967290", 20 + 2 * 29);
    const tls13 = everySegment("version=1.3 cipher=aes-256-gcm seq=4294967290", 20 + 2 * 22);
    for (const story of [tls12, tls13]) {
      const coverage = noCoverage();
      assert.deepEqual(failuresOf(readStory(story, profile), 1, coverage), []);
      const segments = story.events.length - 2;
      // Chelsio posts a packet for each record that a segment lies in.
      const leaves =
        profile.recovery === "pieces" ? coverage.packets >= segments : coverage.packets === segments;
      assert.ok(leaves, `${coverage.packets} packets of ${segments} segments left and were compared`);
    }
  });
}

/** Random traces of all profiles and kernels, for the laws of reading and of time travel. */
function* randomTraces(count: number): Generator<[number, Trace, Story]> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const setting = settingOf(seed, profiles, kernelChoices);
    const story = generate(seed, setting);
    yield [seed, readStory(story, setting.profile), story];
  }
}

test("a random trace reads back from its print as the same trace", () => {
  for (const [seed, trace] of randomTraces(150)) {
    // What is broken is read as it was written: for a device and kernel that are not.
    const again = parseTrace(trace.name, printTrace(trace), (id) => ({
      ...profileById(id)!,
      faults: [],
    }));
    const errors = again.diagnostics.filter(({ severity }) => severity === "error");
    assert.deepEqual(errors, [], `seed ${seed}`);
    const facts = ({ events, devices, connections }: Trace) => ({
      rows: Array.from({ length: events.count }, (_, i) => events.at(i)),
      devices: devices.map(({ profile, kernel, ...rest }) => ({
        ...rest,
        profile: profile.id,
        kernel: kernel.title,
      })),
      connections,
    });
    assert.deepEqual(facts(again), facts(trace), `seed ${seed}`);
  }
});

test("every way to a position in a random trace gives the same state, and every look the same effects", () => {
  for (const [seed, trace, story] of randomTraces(150))
    assert.equal(seekFailure(trace, seed), null, `seed ${seed}:\n${textOf(story)}`);
});

test("a failure is made small, and the small trace still shows it", () => {
  const profile = profileById("connectx")!;
  const unbroken = { profile, kernel: null };
  // A ConnectX that is checked as if it were whole.
  const broken = { ...brokenBy(profile, "no-prefix"), id: "connectx" };
  const failureIn = (trace: Trace) => failuresOf(playedUnder(trace, broken))[0] ?? null;
  let seed = 1;
  while (failureIn(traceOf(generate(seed, unbroken), profile)) === null) seed++;
  const trace = traceOf(generate(seed, unbroken), profile);
  const failed = { seed, failure: failureIn(trace)!, trace, text: printTrace(trace) };
  const small = minimise(failed, broken, 10_000, failureIn);
  assert.ok(small.trace.events.count < trace.events.count, small.text);
  const lines = small.text.split("\n");
  // Without edits: a line of the file is taken out, and the rest is read.
  for (const at of lines.keys()) {
    if (!lines[at]!.startsWith("+")) continue;
    const without = parseTrace("without", lines.toSpliced(at, 1).join("\n"), profileById);
    const isRead = without.diagnostics.every(({ severity }) => severity !== "error");
    const stillFails = isRead && failureIn(without)?.rule === failed.failure.rule;
    assert.ok(!stillFails, `it fails without "${lines[at]}", too:\n${small.text}`);
  }
  const again = parseTrace("again", small.text, profileById);
  assert.equal(again.events.count, small.trace.events.count);
  assert.equal(failureIn(again)!.rule, failed.failure.rule);
  assert.deepEqual(failuresOf(again), []);
});
