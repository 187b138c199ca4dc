import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Kind } from "../../core/words/event.ts";
import { type CaptureBytes, captureNamed, plaintextOf, readBytes } from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { hangMs, mutate, seeded } from "../../test/simulator/mutate.ts";
import { UserError } from "../platform.ts";
import type { Trace } from "../trace.ts";

const names = [
  "ws-tls13-rfc8446",
  "illustrated-tls13",
  "ws-tls12-dsb",
  "hotplace-tls12-tls12renogotiation",
  "hotplace-http-http1",
  "snet-TLS1_2_AES128-GCM-SHA256_auth",
  "snet-tls_ECDHE-RSA-CHACHA20-POLY1305",
  "n12-aes128-tiny",
];

/** Damage inside of packets only, so that the capture file's own framing stays whole and TLS is reached. */
function mutatePayload(bytes: Uint8Array, random: () => number): Uint8Array {
  const mutated = bytes.slice();
  const times = 1 + Math.floor(random() * 12);
  for (let i = 0; i < times; i++) {
    const at = Math.floor(random() * bytes.length);
    const length = random() < 0.7 ? 1 : Math.floor(random() * 40);
    for (let k = at; k < Math.min(at + length, bytes.length); k++) {
      mutated[k] =
        random() < 0.5 ? [20, 22, 23, 3, 0, 255][Math.floor(random() * 6)]! : Math.floor(random() * 256);
    }
  }
  return mutated;
}

/** What must hold of any trace: columns agree, places exist, plaintext can be asked for. */
function assertSound(trace: Trace): void {
  const { events, connections, verdicts } = trace;
  assert.equal(verdicts!.wire.length, events.count);
  assert.equal(verdicts!.authenticated.length, events.count);
  const rows = new Array(connections.length).fill(0);
  for (let event = 0; event < events.count; event++) {
    const { connection, kind, length } = events.at(event);
    assert.ok(connection >= 0 && connection < connections.length && length >= 0);
    if (kind !== Kind.record && kind !== Kind.gap) continue;
    rows[connection]++;
    const plaintext = plaintextOf(trace, connection, rows[connection]);
    if (kind === Kind.gap) assert.equal(plaintext, null);
    assert.ok(plaintext === null || plaintext.length === length - 16);
  }
  for (const stream of trace.streams) assert.ok(stream.connection >= 0 || stream.note !== null);
}

async function run(
  t: TestContext,
  damage: (capture: CaptureBytes, random: () => number) => CaptureBytes,
): Promise<void> {
  const folder = corpusFolder();
  if (folder === null) return t.diagnostic("corpus absent: nothing was mutated");
  const runs = Number(process.env.FUZZ ?? 500);
  const firstSeed = Number(process.env.SEED ?? 1);
  t.diagnostic(`${runs} inputs from seed ${firstSeed} on (FUZZ=n for more, SEED=n FUZZ=1 repeats one)`);
  const captures = names.map((name) => captureNamed(folder, name));
  let offloads = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const started = performance.now();
    try {
      const trace = await readBytes(damage(captures[seed % captures.length]!, seeded(seed)));
      assertSound(trace);
      offloads += trace.connections.length;
    } catch (error) {
      if (!(error instanceof UserError)) throw new Error(`seed ${seed}`, { cause: error });
    }
    assert.ok(performance.now() - started < hangMs, `seed ${seed} took too long`);
  }
  t.diagnostic(`${offloads} offloaded streams were found in them`);
  if (runs >= 100) assert.ok(offloads > runs / 2);
}

test("no mutated capture makes the analysis throw or hang", (t) =>
  run(t, (capture, random) => {
    const change = random() < 0.5 ? mutate : mutatePayload;
    return { ...capture, bytes: change(capture.bytes, random) };
  }));

test("no mutated key log makes the analysis throw or hang", (t) =>
  run(t, (capture, random) => {
    const text = capture.keyLogs[0] ?? "CLIENT_RANDOM 00 11";
    const bytes = mutate(new TextEncoder().encode(text), random);
    return { ...capture, keyLogs: [new TextDecoder("latin1").decode(bytes)] };
  }));
