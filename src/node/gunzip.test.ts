import { strict as assert } from "node:assert";
import { readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { memoryFile } from "../trace/pcap/capture-file.ts";
import { Cancelled, type FileAccess, noProgress, UserError } from "../trace/platform.ts";
import { gunzip } from "./gunzip.ts";

const zipped = (bytes: Uint8Array) => memoryFile("made.gz", gzipSync(bytes));

const inflated = (file: FileAccess, sizeMax: number) => gunzip(file, sizeMax, noProgress);

const refuses = (inflating: Promise<FileAccess>, message: RegExp) =>
  assert.rejects(inflating, (error) => error instanceof UserError && message.test(error.message));

/** Bytes that tell where they stand. */
const numbered = (length: number) => {
  const words = new Uint32Array(length / 4);
  for (let i = 0; i < words.length; i++) words[i] = i;
  return new Uint8Array(words.buffer);
};

test("gzip is inflated up to its limit, several members too", async () => {
  const bytes = new Uint8Array(100_000).fill(7);
  const whole = await inflated(zipped(bytes), bytes.length);
  assert.deepEqual([whole.name, whole.size], ["made.gz", bytes.length]);
  assert.deepEqual([...whole.read(0, bytes.length)], [...bytes]);
  const members = await inflated(memoryFile("made.gz", Buffer.concat([gzipSync("ab"), gzipSync("cd")])), 10);
  assert.equal(Buffer.from(members.read(0, 10)).toString(), "abcd");
  await refuses(inflated(zipped(bytes), bytes.length - 1), /made\.gz inflates to more than/);
});

test("a gzip bomb is stopped at the limit", async () => {
  const bomb = zipped(new Uint8Array(256 << 20));
  const started = process.cpuUsage().user;
  const before = process.memoryUsage.rss();
  await refuses(inflated(bomb, 16 << 20), /inflates to more than 16 MiB: inflate it with gunzip/);
  assert.ok(process.memoryUsage.rss() - before < 96 << 20);
  assert.ok(process.cpuUsage().user - started < 2e6);
  await refuses(inflated(memoryFile("big.gz", new Uint8Array(1 << 20)), 1000), /inflates to more/);
});

test("damaged and cut gzip is refused", async () => {
  const whole = gzipSync(new Uint8Array(1000).map((_, i) => i * i));
  const flipped = whole.slice();
  flipped[40]! ^= 0xff;
  for (const bytes of [whole.subarray(0, 100), flipped, Uint8Array.of(0x1f, 0x8b)])
    await refuses(inflated(memoryFile("made.gz", bytes), 1 << 20), /damaged or cut short as a gzip file/);
});

/** What this process has open without a name. */
const nameless = () =>
  process.platform === "linux"
    ? readdirSync("/proc/self/fd", { withFileTypes: true }).filter((entry) => isDeleted(entry.name)).length
    : 0;

function isDeleted(fd: string): boolean {
  try {
    return /tlstrace-.*\(deleted\)$/.test(readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    return false;
  }
}

test("what is larger than memory should hold is read from a file that nobody else sees, and is gone when closed", async () => {
  const bytes = numbered(80 << 20);
  const file = await inflated(zipped(bytes), bytes.length);
  assert.equal(file.size, bytes.length);
  for (const at of [0, 4096, (64 << 20) - 8, 64 << 20, bytes.length - 16])
    assert.deepEqual([...file.read(at, 16)], [...bytes.subarray(at, at + 16)], `at ${at}`);
  const piece = new Uint8Array(1000);
  assert.equal(file.readInto!(70 << 20, piece), 1000);
  assert.equal(Buffer.compare(piece, bytes.subarray(70 << 20, (70 << 20) + 1000)), 0);
  if (process.platform === "linux") assert.equal(nameless(), 1);
  file.close!();
  assert.equal(nameless(), 0);
});

test("inflating can be cancelled on the way, and leaves nothing open", async () => {
  let ticks = 0;
  const progress = {
    tick: async () => {
      // Behind the place where the temporary file begins.
      if (++ticks > 300) throw new Cancelled();
    },
  };
  await assert.rejects(gunzip(zipped(numbered(120 << 20)), 1 << 30, progress), Cancelled);
  assert.equal(ticks, 301);
  assert.equal(nameless(), 0);
});
