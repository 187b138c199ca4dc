import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet, ipv4, joined, pcapngBlocks, tcp } from "../../test/capture-builder.ts";
import { noProgress } from "../platform.ts";
import { memoryFile, readSegments } from "./capture-file.ts";

const ip = (seq: number, payload = 10) => ipv4(tcp({ seq, payload }));
const packet = (seq: number, payload = 10) => ethernet(ip(seq, payload));
const read = (...blocks: Uint8Array[]) =>
  readSegments(memoryFile("made.pcapng", joined(...blocks)), noProgress);

/** Sequence number and time of each row. */
async function rowsOf(...blocks: Uint8Array[]) {
  const { log } = await read(...blocks);
  return Array.from({ length: log.count }, (_, row) => [log.seq.at(row), log.timeNs.at(row)]);
}

test("enhanced, simple and obsolete packet blocks are read in both byte orders", async () => {
  for (const little of [true, false]) {
    const b = pcapngBlocks(little);
    const blocks = [b.section(), b.interface(1), b.enhanced(0, 5_000_000n, packet(1)), b.simple(packet(2))];
    const file = joined(...blocks, b.obsolete(0, 5_000_007n, packet(3)));
    const { log, frames, diagnostics } = await read(file);
    assert.deepEqual(diagnostics, []);
    assert.equal(frames, 3);
    for (const row of [0, 1, 2]) {
      assert.deepEqual([log.seq.at(row), log.length.at(row), file[log.offset.at(row)]], [row + 1, 10, 1]);
    }
    // A simple packet has no time of its own.
    assert.deepEqual([log.timeNs.at(1), log.timeNs.at(2)], [0, 7000]);
  }
});

test("each interface has its own link type and clock, measured from the first frame exactly", async () => {
  const b = pcapngBlocks();
  const start = 1_700_000_000n;
  const interfaces = [
    b.interface(1),
    b.interface(101, { resolution: 9 }),
    b.interface(101, { resolution: 0x80 | 10 }),
    b.interface(101, { resolution: 9, offset: 1_000_000_000 }),
    b.interface(101, { resolution: 0 }),
  ];
  const rows = await rowsOf(
    b.section(),
    ...interfaces,
    b.enhanced(0, start * 1_000_000n, packet(1)),
    b.enhanced(1, start * 1_000_000_000n + 1n, ip(2)),
    b.enhanced(2, start * 1024n + 512n, ip(3)),
    b.enhanced(3, (start - 1_000_000_000n) * 1_000_000_000n + 3n, ip(4)),
    b.enhanced(4, start + 9n, ip(5)),
    b.enhanced(1, start * 1_000_000_000n + 12_345_678_901n, ip(6)),
    b.enhanced(0, start * 1_000_000n - 1n, packet(7)),
  );
  assert.deepEqual(rows, [
    [1, 0],
    [2, 1],
    [3, 5e8],
    [4, 3],
    [5, 9e9],
    [6, 12_345_678_901],
    [7, -1000],
  ]);
});

test("a new section has its own byte order and interfaces", async () => {
  const little = pcapngBlocks(true);
  const big = pcapngBlocks(false);
  const { log, diagnostics } = await read(
    little.section(),
    little.interface(1),
    little.enhanced(0, 1n, packet(1)),
    big.section(),
    big.interface(101),
    big.enhanced(0, 2n, ip(2)),
    little.section(),
    little.enhanced(0, 3n, packet(3)),
  );
  assert.equal(log.count, 2);
  assert.match(diagnostics[0]!.message, /interface that the file does not describe.*frame 3/);
  assert.equal(diagnostics.length, 1);
});

test("unknown blocks are skipped, however large", async () => {
  const b = pcapngBlocks();
  const unknown = [b.block(0x0bad, new Uint8Array(9)), b.block(4, new Uint8Array(3 << 20))];
  const { log, diagnostics } = await read(
    b.section(),
    b.interface(1),
    ...unknown,
    b.enhanced(0, 1n, packet(1)),
  );
  assert.deepEqual([log.count, diagnostics], [1, []]);
});

test("TLS key logs of secrets blocks are kept, other secrets are not", async () => {
  const b = pcapngBlocks();
  const { secrets } = await read(
    b.section(),
    b.secrets("CLIENT_RANDOM aa bb\n"),
    b.secrets("x", 0x57474b4c),
    b.secrets("second"),
  );
  assert.deepEqual(secrets, ["CLIENT_RANDOM aa bb\n", "second"]);
});

test("a simple packet is cut by its interface's snapshot length", async () => {
  const b = pcapngBlocks();
  const { log } = await read(
    b.section(),
    b.interface(1, { snap: 60 }),
    b.simple(packet(1, 10).subarray(0, 60), 64),
  );
  assert.deepEqual([log.length.at(0), log.captured.at(0)], [10, 6]);
});

test("a block that ends with another length is read, with a diagnostic", async () => {
  const b = pcapngBlocks();
  const wrong = b.enhanced(0, 1n, packet(1));
  wrong[wrong.length - 4]! ^= 1;
  const { log, diagnostics } = await read(b.section(), b.interface(1), wrong, b.enhanced(0, 2n, packet(2)));
  assert.equal(log.count, 2);
  assert.match(diagnostics[0]!.message, /ends with another length.*frame 1/);
});

test("a packet that claims more than its block holds keeps what is there", async () => {
  const b = pcapngBlocks();
  const overlong = b.enhanced(0, 1n, packet(1, 200).subarray(0, 64));
  new DataView(overlong.buffer).setUint32(20, 254, true);
  const { log, diagnostics } = await read(b.section(), b.interface(1), overlong);
  // The block's room: 64 bytes of frame and 12 of options.
  assert.deepEqual([log.length.at(0), log.captured.at(0)], [200, 64 + 12 - 54]);
  assert.ok(diagnostics.some(({ message }) => /more captured bytes than its block/.test(message)));
});

test("absurd block sizes end the reading with their place", async () => {
  const b = pcapngBlocks();
  const start = [b.section(), b.interface(1), b.enhanced(0, 1n, packet(1))];
  const at = joined(...start).length;
  for (const total of [0, 8, 13, 28, 0x7ffffffc]) {
    const absurd = b.enhanced(0, 2n, packet(2));
    new DataView(absurd.buffer).setUint32(4, total, true);
    const { frames, diagnostics } = await read(...start, absurd);
    assert.equal(frames, 1);
    assert.match(
      diagnostics[0]!.message,
      new RegExp(`damaged at byte ${at}, behind frame 1: .*claims ${total} bytes`),
    );
  }
});

test("a file cut at any byte gives the whole frames before the cut, and says so", async () => {
  const b = pcapngBlocks();
  const blocks = [b.section(), b.interface(1), b.enhanced(0, 1n, packet(1)), b.enhanced(0, 2n, packet(2))];
  const whole = joined(...blocks);
  const ends = blocks.map((_, i) => joined(...blocks.slice(0, i + 1)).length);
  for (let size = 12; size < whole.length; size++) {
    const { frames, diagnostics } = await read(whole.slice(0, size));
    assert.equal(frames, ends.slice(2).filter((end) => end <= size).length, `${size} bytes`);
    const isClean = ends.includes(size);
    assert.equal(
      diagnostics.some((d) => d.message.includes("cut short")),
      !isClean,
      `${size} bytes`,
    );
  }
});
