import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Flag, Kind } from "../../core/words/event.ts";
import { edited } from "../../trace/edited.ts";
import { UserError } from "../../trace/platform.ts";
import type { Trace } from "../../trace/trace.ts";
import { type Frame, pcap } from "../capture-builder.ts";
import { type CaptureBytes, readBytes } from "../captures.ts";
import { corpusFolder } from "../corpus.ts";
import { records } from "../damage/clear-reading.ts";
import { contentsOf } from "../damage/cleartext.ts";
import { damaged, kinds } from "../damage/damages.ts";
import { read, sentBy } from "../damage/reading.ts";
import { sessionOf, suites } from "../damage/sealed-session.ts";
import { captureOf } from "../damage/tcp-capture.ts";
import { Dice } from "../simulator/dice.ts";
import { mutate, seeded } from "../simulator/mutate.ts";
import { randomEdits } from "../simulator/random-edits.ts";
import { framesOf, inFragments, tunnels } from "../wrapping/wrapping.ts";
import { assertReplays, withOwnEvents } from "./replays.ts";

const firstSeed = Number(process.env.SEED ?? 9000);
const others = ["innova@v4.19", "netronome", "freebsd-connectx", "connectx/long-dump"];

function sample(name: string): CaptureBytes {
  const keyLog = readFileSync(`media/samples/${name}.keys`, "utf8");
  const bytes = new Uint8Array(readFileSync(`media/samples/${name}.pcap`));
  return { bytes, keyLogs: [keyLog], cryptoInfos: [] };
}
const samples = [sample("lossy"), sample("upload")];

for (const suite of suites)
  test(`${suite.name}: damaged records, whatever was done to them`, async () => {
    const session = sessionOf(suite);
    for (const kind of kinds)
      for (const targets of [new Set([0]), new Set([2, 3]), new Set([0, 1, 2, 3, 4, 5])]) {
        const stretches = damaged({ session, contents: contentsOf(session), isAll: false }, kind, targets);
        const stream = Buffer.concat(stretches.map(({ bytes }) => bytes));
        const what = `${kind} of ${[...targets]}`;
        assertReplays(await read(session, stream), what, others);
        assertReplays(await read(session, stream, { keyLogs: [] }), `${what}, no keys`, others);
      }
  });

for (const suite of suites)
  test(`${suite.name}: plaintext before the NIC, whole and with holes, with and without keys`, async () => {
    const session = sessionOf(suite);
    const stream = Buffer.concat(records(session));
    const sent = sentBy(session, stream).packets;
    for (const keyLogs of [[session.keyLog], []])
      for (let lost = sent.length - 8; lost <= sent.length; lost++) {
        const bytes = captureOf(sent.filter((_, i) => i !== lost));
        for (const tap of ["auto", "host", "wire"] as const)
          assertReplays(
            await readBytes({ bytes, keyLogs, cryptoInfos: [] }, { tap }),
            `${lost} ${tap}`,
            others,
          );
      }
  });

/** Ways in which a capture is spoilt; each does something to about one frame in `1 / share`. */
const spoilings: Readonly<Record<string, (frames: Frame[], random: () => number, share: number) => Frame[]>> =
  {
    "frames are missing": (frames, random, share) => frames.filter(() => random() >= share),
    "frames are there twice": (frames, random, share) =>
      frames.flatMap((frame) => (random() < share ? [frame, frame] : [frame])),
    "frames are exchanged": (frames, random, share) =>
      frames
        .map((frame, i) => ({ frame, at: i + (random() < share ? 6 * random() : 0) }))
        .sort((a, b) => a.at - b.at)
        .map(({ frame }) => frame),
    "frames are cut": (frames, random, share) =>
      frames.map((frame) =>
        random() < share ? { ...frame, bytes: frame.bytes.subarray(0, 54 + 400 * random()) } : frame,
      ),
    "bytes are changed": (frames, random, share) =>
      frames.map((frame) => {
        if (random() >= share) return frame;
        const bytes = frame.bytes.slice();
        bytes[14 + Math.floor(random() * (bytes.length - 14))]! ^= 1 << Math.floor(random() * 8);
        return { ...frame, bytes };
      }),
    "TCP headers are changed": (frames, random, share) =>
      frames.map((frame) => {
        if (random() >= share) return frame;
        const bytes = frame.bytes.slice();
        bytes[38 + Math.floor(random() * 30)] = Math.floor(random() * 256);
        return { ...frame, bytes };
      }),
    "clocks jump": (frames, random, share) =>
      frames.map((frame) =>
        random() < share ? { ...frame, time: [Math.floor(random() * 2 ** 32), frame.time![1]] } : frame,
      ),
    "it begins late": (frames, random) => frames.slice(Math.floor(random() * frames.length)),
    "it ends early": (frames, random) => frames.slice(0, Math.floor(random() * frames.length)),
    "one side is missing": (frames, random) => {
      const side = random() < 0.5 ? 1 : 2;
      return frames.filter(({ bytes }) => bytes[29] !== side);
    },
  };

for (const [what, spoil] of Object.entries(spoilings))
  test(`a capture in which ${what}`, async (t) => {
    let count = 0;
    for (let seed = firstSeed; seed < firstSeed + 24; seed++) {
      const random = seeded(seed);
      const capture = samples[seed % samples.length]!;
      const bytes = pcap(spoil(framesOf(capture.bytes), random, [0.01, 0.1, 0.4][seed % 3]!));
      const keyLogs = seed % 4 === 0 ? [] : capture.keyLogs;
      const copies = seed % 5 === 0 ? "keep" : "drop";
      const trace = await readBytes({ ...capture, bytes, keyLogs }, { copies });
      count += assertReplays(trace, `SEED=${seed}`, [others[seed % others.length]!]);
    }
    t.diagnostic(`${count} events`);
    assert.ok(count > 100);
  });

test("a capture whose file is damaged", async (t) => {
  let count = 0;
  for (let seed = firstSeed; seed < firstSeed + 60; seed++) {
    const capture = samples[seed % samples.length]!;
    const bytes = mutate(capture.bytes, seeded(seed));
    try {
      count += assertReplays(await readBytes({ ...capture, bytes }), `SEED=${seed}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  t.diagnostic(`${count} events`);
  assert.ok(count > 1000);
});

test("a capture of fragments in a tunnel, and one with each packet twice and all kept", async () => {
  for (const capture of samples) {
    const frames = framesOf(capture.bytes);
    const cut = frames.flatMap((frame, id) => inFragments(frame, 400, id).flatMap(tunnels.vxlan!));
    assertReplays(await readBytes({ ...capture, bytes: pcap(cut) }), "fragments");
    const twice = pcap(frames.flatMap((frame) => [frame, frame]));
    assertReplays(await readBytes({ ...capture, bytes: twice }, { copies: "keep" }), "twice");
  }
});

test("an edited capture: events that no capture shows, of devices, too", async (t) => {
  let [count, uncaptured] = [0, 0];
  const kinds = new Set<number>();
  for (const capture of samples) {
    const trace = await readBytes(capture);
    for (let seed = firstSeed; seed < firstSeed + 40; seed++) {
      const made = edited(trace, randomEdits(new Dice(seed), trace));
      for (let event = 0; event < made.events.count; event++) {
        const { kind, flags } = made.events.at(event);
        kinds.add(kind);
        if (kind === Kind.transmit && (flags & Flag.captured) === 0) uncaptured++;
      }
      count += assertReplays({ ...made, expectations: [] }, `SEED=${seed}`);
    }
  }
  t.diagnostic(`${count} events of ${kinds.size} kinds`);
  assert.ok(uncaptured > 0, "transmits that no capture shows");
  assert.ok(
    [...kinds].some((kind) => kind >= Kind.down),
    "events of devices",
  );
});

test("the check sees a listing that says something else", async () => {
  const trace: Trace = withOwnEvents(await readBytes(samples[0]!));
  const { events } = trace;
  const last = Array.from({ length: events.count }, (_, event) => event)
    .filter((event) => events.kind.at(event) === Kind.transmit)
    .at(-1)!;
  assertReplays(trace, "as it is");
  // More than a line of the language can say.
  events.extra.values[last] = 0x7fff_0000;
  assert.throws(() => assertReplays(trace, "changed"));
});

const folder = corpusFolder();
test("what once was found in captures", async (t) => {
  if (folder === null) return t.diagnostic("the corpus is absent: nothing checked");
  for (const place of ["found", "found/attack", "found/kernel"]) {
    const at = path.join(folder, place);
    for (const file of readdirSync(at).filter((name) => name.endsWith(".pcap"))) {
      const keys = path.join(at, file.replace(/\.pcap$/, ".keys"));
      const keyLogs = existsSync(keys) ? [readFileSync(keys, "utf8")] : [];
      const bytes = new Uint8Array(readFileSync(path.join(at, file)));
      const events = assertReplays(await readBytes({ bytes, keyLogs, cryptoInfos: [] }), file, others);
      t.diagnostic(`${file}: ${events} events`);
    }
  }
});
