import assert from "node:assert/strict";
import { test } from "node:test";
import type { Faults } from "../core/faults.ts";
import type { Profile } from "../core/profile.ts";
import { parseTrace } from "../trace/text.ts";
import { printTrace } from "../trace/text-print.ts";
import { failuresOf, noCoverage } from "./check.ts";
import { generate, readStory, type Story, textOf } from "./generate.ts";
import { referenceProfiles } from "./reference.ts";
import { minimise, simulate } from "./simulation.ts";

const runs = 500;
const firstSeed = Number(process.env.SEED ?? 20_000);

for (const profile of referenceProfiles) {
  test(`${runs} random traces under ${profile.id}: every invariant and every byte holds`, (t) => {
    const coverage = noCoverage();
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const failed = simulate(seed, profile, coverage);
      if (failed === null) continue;
      const { story, failure } = minimise(failed, profile, 10_000);
      assert.fail(
        `seed ${seed}, rule ${failure.rule}: ${failure.message}; smallest trace:\n${textOf(story)}`,
      );
    }
    t.diagnostic(
      `${coverage.events} events, ${coverage.packets} packets with ${coverage.bytes} bytes, from seed ${firstSeed}`,
    );
    const covered = [
      "out-of-order",
      "resync",
      "bypass",
      "lookup-failed",
      "record-released",
      "lost",
      "qdisc-drop",
    ];
    covered.push("dropped no-sync-data");
    if (profile.straddleDrop === "bypass-required") covered.push("dropped bypass-required");
    for (const effect of covered)
      assert.ok(coverage.effects[effect]! > 20, `${effect}: ${coverage.effects[effect]}`);
  });
}

/** Three records sent whole, then every segment of them again, in an order that jumps: each is a resync of its own. */
function everySegment(connection: string, length: number): Story {
  const declarations = ["device nic profile=connectx", `connection c device=nic ${connection}`];
  const events = ["+0 c send 20", "+0 c send 0", "+0 c send 5 type=21", `+0 c > 0:${length}(${length})`];
  for (let start = 0; start < length; start++)
    for (let end = start + 1; end <= length; end++) events.push(`+0 c > ${start}:${end}(${end - start})`);
  return { declarations, events };
}

for (const profile of referenceProfiles) {
  test(`${profile.id}: segments from every byte to every byte of header, nonce, payload and tag`, () => {
    const tls12 = everySegment("version=1.2 cipher=aes-128-gcm seq=4294967290", 20 + 5 + 3 * 29);
    const tls13 = everySegment("version=1.3 cipher=aes-256-gcm seq=4294967290", 20 + 5 + 3 * 22);
    for (const story of [tls12, tls13]) {
      const coverage = noCoverage();
      assert.deepEqual(failuresOf(readStory(story, profile), 1, coverage), []);
      assert.equal(coverage.packets, story.events.length - 3, "every segment left and was compared");
    }
  });
}

test("a random trace reads back from its print as the same trace", () => {
  for (let seed = firstSeed; seed < firstSeed + 50; seed++) {
    const profile = referenceProfiles[seed % referenceProfiles.length]!;
    const trace = readStory(generate(seed, profile), profile);
    const again = parseTrace(trace.name, printTrace(trace), () => profile);
    assert.deepEqual(
      again.diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
    const rows = (of: typeof trace) => Array.from({ length: of.events.count }, (_, i) => of.events.at(i));
    assert.deepEqual(rows(again), rows(trace));
  }
});

interface Mutation {
  name: string;
  faults: Faults;
  /** Rules that notice it first, in one run or another, and effects that it must make. */
  caughtBy: string[];
  effects: string[];
}

const garbage = ["out-of-step", "wrong-ciphertext", "wrong-tag"];
const mutations: Mutation[] = [
  { name: "no DUMP", faults: { noPrefix: true }, caughtBy: ["wire", "agreement"], effects: garbage },
  {
    name: "wrong record number",
    faults: { recordSnOff: 1 },
    caughtBy: ["wire", "agreement"],
    effects: garbage,
  },
  {
    name: "the record number before",
    faults: { recordSnOff: -1 },
    caughtBy: ["wire", "agreement"],
    effects: garbage,
  },
  {
    name: "prefix one byte short",
    faults: { prefixShortBy: 1 },
    caughtBy: ["wire", "agreement"],
    effects: garbage,
  },
  {
    name: "resync posted behind its packet",
    faults: { resyncBehindPacket: true },
    caughtBy: ["wire", "agreement"],
    effects: garbage,
  },
  {
    name: "expected number not moved on after a resync",
    faults: { expectedStuckAfterResync: true },
    caughtBy: ["driver"],
    effects: [],
  },
  {
    name: "packet not marked for offload",
    faults: { packetNotMarked: true },
    caughtBy: ["wire", "agreement"],
    effects: ["plaintext", "placeholder"],
  },
  {
    name: "placeholder tag left",
    faults: { placeholderLeft: true },
    caughtBy: ["wire"],
    effects: ["placeholder"],
  },
  {
    name: "a record released one byte early",
    faults: { releasedEarlyBy: 1 },
    caughtBy: ["I6"],
    effects: [],
  },
];
/** What the model says of a broken device must be true as well: these rules hold under every mutation. */
const alwaysTrue = ["model-bytes", "effects", "map", "replay", "trace", "crash"];
const mutatedRuns = 60;

for (const profile of referenceProfiles) {
  for (const mutation of mutations) {
    test(`${profile.id}: ${mutation.name}: caught by ${mutation.caughtBy.join(" or ")}`, () => {
      const broken: Profile = { ...profile, faults: mutation.faults };
      const coverage = noCoverage();
      const caughtBy = new Set<string>();
      for (let seed = 1; seed <= mutatedRuns; seed++) {
        const failures = failuresOf(readStory(generate(seed, profile), broken), 1000, coverage);
        if (failures[0]) caughtBy.add(failures[0].rule);
        assert.deepEqual(
          failures.filter(({ rule }) => alwaysTrue.includes(rule)),
          [],
          `seed ${seed}`,
        );
      }
      assert.ok(caughtBy.has(mutation.caughtBy[0]!), `caught by ${[...caughtBy]}`);
      assert.deepEqual(
        [...caughtBy].filter((rule) => !mutation.caughtBy.includes(rule)),
        [],
      );
      for (const effect of mutation.effects) assert.ok(coverage.effects[effect]! > 0, `${effect} was said`);
    });
  }

  test(`${profile.id}: the traces of the mutations hold under the unbroken device`, () => {
    const wrong = ["out-of-step", "plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"];
    const coverage = noCoverage();
    for (let seed = 1; seed <= mutatedRuns; seed++)
      assert.deepEqual(failuresOf(readStory(generate(seed, profile), profile), 1, coverage), []);
    assert.deepEqual(
      wrong.filter((effect) => coverage.effects[effect] !== undefined),
      [],
    );
  });

  test(`${profile.id}: a failure is made small, and the small trace still shows it`, () => {
    const broken: Profile = { ...profile, faults: { noPrefix: true } };
    let seed = 1;
    while (simulate(seed, broken) === null) seed++;
    const { story, failure } = minimise(simulate(seed, broken)!, broken, 10_000);
    assert.ok(story.events.length <= 3, `a write, a segment out of order, not more:\n${textOf(story)}`);
    const trace = parseTrace("small", textOf(story), () => broken);
    assert.equal(failuresOf(trace)[0]!.rule, failure.rule);
    assert.deepEqual(failuresOf(readStory(story, profile)), []);
  });
}
