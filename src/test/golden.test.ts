import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { goldenLines } from "../report/golden.ts";
import { studyOf } from "./studies.ts";

/**
 * Every shipped sample, replayed, as text. Behaviour is reviewed by reading the difference;
 * UPDATE=1 rewrites. What the numbers must be is said by the samples' own expect lines and by hand-worked tests.
 */
const samples = "media/samples";
const goldens = "src/test/golden";

/** Captures and scripts are shown under the two oldest families; a trace file under its own devices. */
const runsOf = (sample: string): (string | null)[] =>
  sample.endsWith(".tlstrace") ? [null] : ["connectx", "innova"];

for (const sample of readdirSync(samples).filter((name) => /\.(tlstrace|pcap|pkt)$/.test(name))) {
  for (const id of runsOf(sample)) {
    test(`${sample} under ${id ?? "its own devices"} replays as its golden text`, async () => {
      const keys = path.join(samples, `${path.parse(sample).name}.keys`);
      const study = await studyOf(path.join(samples, sample), {
        ...(id === null ? {} : { profile: id }),
        keys: existsSync(keys) ? [keys] : [],
      });
      const text = `${[...goldenLines(study, new Set(study.trace.connections.keys()))].join("\n")}\n`;
      const golden = path.join(goldens, id === null ? `${sample}.txt` : `${sample}.${id}.txt`);
      if (process.env.UPDATE === "1") writeFileSync(golden, text);
      assert.equal(text, readFileSync(golden, "utf8"), `${golden} (UPDATE=1 rewrites it)`);
    });
  }
}

for (const sample of readdirSync(samples).filter((name) => name.endsWith(".tlstrace"))) {
  test(`${sample}: every expect line holds under the sample's own profile`, async () => {
    const { trace, outcomes } = await studyOf(path.join(samples, sample));
    assert.deepEqual(trace.diagnostics, []);
    assert.ok(trace.expectations.length > 0);
    assert.deepEqual(
      outcomes.filter(({ actual }) => actual !== null),
      [],
    );
  });
}
