import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { nodePlatform } from "../../node/platform.ts";
import { ethernet, ipv4, ipv6, joined, pcap, pcapngBlocks, tcp } from "../../test/capture-builder.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { hangMs, mutate, seeded } from "../../test/simulator/mutate.ts";
import { inFragments, links, tunnels } from "../../test/wrapping/wrapping.ts";
import { noProgress, UserError } from "../platform.ts";
import { memoryFile, openCaptureFile, readSegments } from "./capture-file.ts";
import { scatteredBase } from "./scattered.ts";
import type { Segments } from "./segments.ts";

const inflatedSizeMax = 1 << 20;
/** Corpus files up to this size are used too. */
const corpusSizeMax = 12_000;

const packets = [
  ethernet(ipv4(tcp({ seq: 99, flags: "S", options: [2, 4, 5, 180] }))),
  ethernet(
    ipv4(tcp({ seq: 100, options: [1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 19], payload: 30 })),
    0x0800,
    [0x88a8, 0x8100],
  ),
  ethernet(ipv6(tcp({ seq: 7, payload: 9 }), 0, [44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9]), 0x86dd),
  ethernet(ipv4(tcp({ payload: 8 }), { fragment: 0x2000 })),
];

function builtInputs(): Uint8Array[] {
  const frames = packets.map((bytes, i) => ({ bytes, time: [1_700_000_000 + i, i] as const }));
  const blocks = [true, false].map((little) => {
    const b = pcapngBlocks(little);
    const enhanced = packets.map((bytes, i) => b.enhanced(i & 1, BigInt(i), bytes));
    const interfaces = [b.interface(1, { resolution: 9, offset: 3 }), b.interface(1)];
    const others = [b.simple(packets[1]!), b.obsolete(0, 9n, packets[2]!), b.block(4, new Uint8Array(7))];
    return joined(b.section(), ...interfaces, b.secrets("CLIENT_RANDOM 00 11\n"), ...enhanced, ...others);
  });
  const raw = pcap([{ bytes: packets[2]!.subarray(14) }, { bytes: packets[0]!.subarray(14, 40) }], {
    linkType: 101,
  });
  const cooked = pcap([{ bytes: joined(new Uint8Array(14), [8, 0], packets[1]!.subarray(22)) }], {
    linkType: 113,
  });
  const inTunnels = Object.values(tunnels).flatMap((wrap) =>
    wrap({ bytes: packets[0]!, size: packets[0]!.length }),
  );
  const whole = { bytes: ethernet(ipv4(tcp({ payload: 90 }))), size: 144, time: [0, 0] as const };
  const cut = Object.values(tunnels).flatMap((wrap) =>
    wrap(whole).flatMap((frame) => inFragments(frame, 40, 7)),
  );
  const others = Object.values(links).map(([linkType, wrap]) => pcap(wrap(whole), { linkType }));
  const pcaps = [
    pcap(inTunnels),
    pcap(cut),
    ...others,
    pcap(frames),
    pcap(frames, { little: false, magic: "ns" }),
    pcap(frames, { magic: "extended" }),
  ];
  return [...pcaps, raw, cooked, ...blocks, joined(...blocks), gzipSync(blocks[0]!)];
}

function corpusInputs(t: TestContext): Uint8Array[] {
  const folder = corpusFolder();
  if (folder === null) {
    t.diagnostic("the corpus of real captures is absent: only inputs made here are mutated");
    return [];
  }
  const { cases } = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as {
    cases: { file: string; size: number }[];
  };
  return cases
    .filter(({ size }) => size <= corpusSizeMax)
    .map(({ file }) => readFileSync(path.join(folder, file)));
}

/** What must hold of anything that was read: rows point into the file and to flows that exist. */
function assertSound({ log, flows, frames }: Segments, size: number): void {
  assert.ok(log.count <= frames && flows.length <= log.count);
  for (const [row, blocks] of log.sacks)
    assert.ok(row < log.count && blocks.length % 2 === 0 && blocks.length <= 8);
  for (let row = 0; row < log.count; row++) {
    const [captured, length, offset] = [log.captured.at(row), log.length.at(row), log.offset.at(row)];
    assert.ok(captured >= 0 && captured <= length, `row ${row}: ${captured} of ${length} bytes`);
    if (captured > 0 && offset < scatteredBase)
      assert.ok(offset > 0 && offset + captured <= size, `row ${row}: ${captured} bytes at ${offset}`);
    assert.ok(log.flow.at(row) < flows.length && log.direction.at(row) <= 1);
    assert.ok(Number.isFinite(log.timeNs.at(row)));
    assert.ok(log.frame.at(row) >= 1 && log.frame.at(row) <= frames);
  }
  const { scattered } = log;
  for (let part = 0; part < scattered.at.length; part++) {
    const [length, offset] = [scattered.length.at(part), scattered.offset.at(part)];
    assert.ok(length >= 0 && offset > 0 && offset + length <= size, `part ${part}: ${length} at ${offset}`);
  }
}

async function readMutated(input: Uint8Array): Promise<boolean> {
  try {
    const file = await openCaptureFile(
      memoryFile("mutated", input),
      nodePlatform,
      noProgress,
      inflatedSizeMax,
    );
    assertSound(await readSegments(file, noProgress), file.size);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

test("no mutated capture makes the reader throw, hang or point outside of the file", async (t) => {
  const runs = Number(process.env.FUZZ ?? 500);
  const firstSeed = Number(process.env.SEED ?? 1);
  t.diagnostic(`${runs} inputs from seed ${firstSeed} on (FUZZ=n for more, SEED=n FUZZ=1 repeats one)`);
  const inputs = [...builtInputs(), ...corpusInputs(t)];
  let readable = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const started = performance.now();
    try {
      if (await readMutated(mutate(inputs[seed % inputs.length]!, seeded(seed)))) readable++;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    assert.ok(performance.now() - started < hangMs, `seed ${seed} took too long`);
  }
  t.diagnostic(`${readable} of them still read as captures`);
  // Mutations that never get past the first bytes would prove nothing.
  if (runs >= 100) assert.ok(readable > runs / 2);
});
