import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { ReadFlags } from "../cli/flags.ts";
import { bugs } from "../core/bugs/catalogue.ts";
import { profiles } from "../core/profiles/all.ts";
import { placesOf } from "../judge/places.ts";
import type { Judged } from "../replay/findings.ts";
import { Timeline } from "../replay/timeline.ts";
import { judge } from "../study/study.ts";
import { captureFacts, plaintextOf } from "../test/captures.ts";
import { corpusFolder } from "../test/corpus.ts";
import { type Flip, flippedCapture } from "../test/damage/flipped.ts";
import { Secrets } from "../test/secrets/leaks.ts";
import { generate, readStory } from "../test/simulator/generate.ts";
import { assertLeast } from "../test/simulator/lesser.ts";
import { brokenBy } from "../test/simulator/simulation.ts";
import { studyOf } from "../test/studies.ts";
import { readAs, readPrinted } from "../trace/edited.ts";
import { finished } from "../trace/platform.ts";
import { signs } from "../trace/signs.ts";
import type { Trace } from "../trace/trace.ts";
import { keptOf } from "./kept.ts";
import { smallest, usualLimits } from "./smallest.ts";

const isRight = ({ diagnostics }: Trace) => diagnostics.every(({ severity }) => severity !== "error");
const judged = (trace: Trace): Judged => judge(new Timeline(trace).runAll());

/** Traces of hundreds of events that a bug makes go wrong, from one seed on. */
function* failing(): Generator<{ name: string; trace: Trace; found: Judged }> {
  for (let seed = 1; ; seed++) {
    const profile = profiles[seed % profiles.length]!;
    const own = bugs.filter(({ isIn }) => isIn(profile));
    const bug = own[seed % Math.max(1, own.length)];
    if (!bug) continue;
    const story = generate(seed, { profile, kernel: null }, false, [150, 400]);
    const trace = readPrinted(readStory(story, brokenBy(profile, bug.name)));
    const found = judged(trace);
    if (isRight(trace) && trace.events.count >= 150 && !placesOf(found).next().done)
      yield { name: `seed ${seed}, ${profile.id}/${bug.name}`, trace, found };
  }
}

/** The effects that a trace has at all, by their names. */
const effectsIn = ({ timeline }: Judged): Set<string> =>
  new Set(
    Array.from({ length: timeline.eventCount }, (_, event) => timeline.effectsIn(event)).flatMap((all) =>
      all.map(({ kind }) => signs[kind]!.name),
    ),
  );

test("20 failing traces of the simulator come to 12 lines at most that fail for the same reason", (t) => {
  let [traces, events, tried] = [0, 0, 0];
  for (const { name, trace, found } of failing()) {
    const { kind } = placesOf(found).next().value!;
    const reason = keptOf(found, "");
    const { text, note } = finished(smallest(trace, reason, usualLimits));
    assert.match(note, /nothing more can be taken out/, name);
    tried += assertLeast(trace, text, (less) => reason.in(less) !== null, name);
    assert.ok(effectsIn(judged(readAs(trace, text))).has(signs[kind]!.name), `${name}:\n${text}`);
    events += trace.events.count;
    if (++traces === 20) break;
  }
  t.diagnostic(`${traces} traces of ${events} events; ${tried} lesser ones tried`);
});

/** Keys and plaintext of a capture, in all spellings. */
function secretsOf(trace: Trace): Secrets {
  const secrets = new Secrets();
  for (const { epochs } of trace.captured) for (const keys of epochs) if (keys) secrets.add(keys.key);
  for (const [connection, { source }] of trace.connections.entries()) {
    const stream = source?.kind === "captured" ? trace.captured[source.stream]! : null;
    // Header and explicit nonce, which are on the wire, lie before it.
    for (let row = 1; row <= (stream?.records.start.length ?? 0); row++)
      secrets.add(plaintextOf(trace, connection, row)?.subarray(5 + 8) ?? new Uint8Array());
  }
  return secrets;
}

async function assertSmallCapture(file: string, keep: string, flags: ReadFlags = {}): Promise<string> {
  const study = await studyOf(file, flags);
  const reason = keptOf(study, keep);
  const { text, note } = finished(smallest(study.trace, reason, usualLimits));
  assert.match(note, /nothing more can be taken out/, file);
  assertLeast(study.trace, text, (less) => reason.in(less) !== null, `${file}, ${keep}`);
  const secrets = secretsOf(study.trace);
  assert.ok(secrets.count > 0, "there is something to look for");
  assert.equal(secrets.leakIn(text), null, text);
  return text;
}

/** Frame 21 carries 15670 to 17118 (tshark), in which record 1 ends at 16413; frame 89 carries what 57 did. */
const wrongBytes: [name: string, flip: Flip, part: string, order: string][] = [
  ["payload", { frame: 58, fromEnd: 100 }, "payload", "encrypted"],
  ["tag", { frame: 21, fromEnd: 17118 - 16412 }, "tag", "encrypted"],
  ["header", { frame: 21, fromEnd: 17118 - 16413 }, "header", "encrypted"],
  ["nonce", { frame: 21, fromEnd: 17118 - 16420 }, "nonce", "encrypted"],
  ["again", { frame: 89, fromEnd: 100 }, "payload", "out-of-order"],
];

test("five captures with a wrong byte come to a packet that goes the same way and carries the same part of a record", async () => {
  for (const [name, flip, part, effect] of wrongBytes) {
    const text = await assertSmallCapture(flippedCapture(`small-${name}`, flip), "wrong byte");
    assert.ok(text.includes(`a wrong byte in a record's ${part}, there: transmit, `), text);
    assert.match(/#.*/.exec(text)![0], new RegExp(`\\b${effect}\\b`));
    assert.match(text, /^ +expect wire=match\b/m);
  }
});

test("a right capture comes to what is asked for", async () => {
  const text = await assertSmallCapture("media/samples/lossy.pcap", "resync where replayed > 8192");
  // 8193 bytes of a record of 5 + 8 + n + 16 bytes, and one behind them.
  assert.match(text, / > 8193:8194\(1\)/);
});

const corpus = corpusFolder();
for (const [name, keep] of [
  ["n13-aes128-loss5-gso", "resync where replayed > 100"],
  ["n12-aes128-tiny", "out-of-order where packet.length < 100"],
  ["keyupdate-13-aes128", "resync"],
] as const)
  test(`${name} comes to what is asked for`, async (t) => {
    if (corpus === null) return t.diagnostic("the corpus is absent: nothing checked");
    const { file, keylog } = captureFacts(corpus).find((facts) => facts.name === name)!;
    const keys = [path.join(corpus, keylog!)];
    await assertSmallCapture(path.join(corpus, file), keep, { keys });
  });
