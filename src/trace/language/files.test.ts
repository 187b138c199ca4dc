import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { nodeEnvironment } from "../../node/environment.ts";
import { profilesBeside } from "../../study/subject.ts";
import type { Trace } from "../trace.ts";
import { parseTrace } from "./parse.ts";

const samplesFolder = path.resolve("media/samples");
const samples = readdirSync(samplesFolder).filter((name) => name.endsWith(".tlstrace"));
const head = "device eth0\nconnection web device=eth0\n";
const parse = (text: string): Trace =>
  parseTrace("test", text, profilesBeside(nodeEnvironment, path.join(samplesFolder, "a.tlstrace")));

test("the shipped samples have no diagnostics", () => {
  assert.ok(samples.length >= 3);
  for (const name of samples) {
    assert.deepEqual(parse(readFileSync(path.join(samplesFolder, name), "utf8")).diagnostics, [], name);
  }
});

test("100,000 lines are read, also when every one is wrong", (t) => {
  const good =
    head +
    Array.from(
      { length: 50_000 },
      (_, i) => `+0 web send 71\n+.001 web > ${i * 100}:${i * 100 + 100}(100) # packet\n`,
    ).join("");
  const bad = "+0 nobody > 0:1(1)\n".repeat(100_000);
  for (const text of [good, bad]) {
    const start = performance.now();
    const trace = parse(text);
    const took = performance.now() - start;
    assert.equal(trace.events.count, text === good ? 100_000 : 0);
    t.diagnostic(`${Math.round(took)} ms`);
  }
});
