import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { nodeEnvironment } from "../../node/environment.ts";
import { profilesBeside } from "../../study/subject.ts";
import { comparable } from "../../test/comparable.ts";
import { hangMs, mutate, seeded } from "../../test/simulator/mutate.ts";
import type { Trace } from "../trace.ts";
import { parseTrace } from "./parse.ts";
import { printTrace } from "./print.ts";

const samplesFolder = path.resolve("media/samples");
const samples = readdirSync(samplesFolder).filter((name) => name.endsWith(".tlstrace"));
const head = "device eth0\nconnection web device=eth0\n";
const parse = (text: string): Trace =>
  parseTrace("test", text, profilesBeside(nodeEnvironment, path.join(samplesFolder, "a.tlstrace")));
const errors = (trace: Trace) => trace.diagnostics.filter(({ severity }) => severity === "error");

/** A trace with the event forms that the samples leave out. */
const everyForm = `${head}connection b device=eth0 version=1.3 cipher=chacha20-poly1305 seq=4294967290 mss=0
+1.5 web > -9:0(9) captured fin
+0 web install
+0 web record 100 type=handshake sn=? epoch=1
+0 web record 100 sn=18446744073709551615
+0 web gap 7
+0 b send 5 more
+0 b send 70000 type=alert
+0 web > 0:200(200) captured straddle
 expect no wrong-tag seq=0
+0 b close
expect counter b tx_tls_ctx=1
`;

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

test("damaged traces never throw, and what is read of them prints as the same trace", (t) => {
  const runs = Number(process.env.FUZZ ?? 500);
  const seed = Number(process.env.SEED ?? 20_240_613);
  t.diagnostic(`SEED=${seed} FUZZ=${runs}`);
  const random = seeded(seed);
  const originals = samples.map((name) => readFileSync(path.join(samplesFolder, name)));
  originals.push(Buffer.from(everyForm));
  for (let run = 0; run < runs; run++) {
    const text = new TextDecoder().decode(mutate(originals[run % originals.length]!, random));
    const start = performance.now();
    const trace = parse(text);
    assert.ok(performance.now() - start < hangMs, `run ${run} takes too long`);
    const again = parse(printTrace(trace));
    const missing = trace.connections.length === 0 ? 1 : 0;
    assert.equal(
      errors(again).filter(({ message }) => !/longer than 32 bytes/.test(message)).length,
      missing,
      `run ${run}`,
    );
    assert.deepEqual(comparable(again), comparable(trace), `run ${run}`);
  }
});
