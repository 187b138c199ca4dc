import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { ciphers, keySizeOf } from "../core/base/record.ts";
import { pcap } from "../test/capture-builder.ts";
import { seeded } from "../test/simulator/mutate.ts";
import { readSegments } from "../trace/pcap/capture-file.ts";
import { noProgress, UserError } from "../trace/platform.ts";
import { openFile } from "./open-file.ts";
import { nodeAead, nodePlatform } from "./platform.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, bytes: Uint8Array): string {
  const fileName = path.join(folder, name);
  writeFileSync(fileName, bytes);
  return fileName;
}

const refuses = (action: () => unknown, message: RegExp) =>
  assert.throws(action, (error) => error instanceof UserError && message.test(error.message));

test("what cannot be opened is refused with what to do", (t) => {
  const directory = path.join(folder, "captures");
  mkdirSync(directory);
  refuses(() => openFile(directory), /captures is a directory: name a file/);
  refuses(() => openFile(path.join(folder, "none.pcap")), /none\.pcap does not exist: check the path/);
  refuses(
    () => openFile(path.join(written("file", Uint8Array.of(1)), "below")),
    /does not exist: check the path/,
  );
  refuses(() => openFile(written("empty.pcap", new Uint8Array(0))), /empty\.pcap is empty/);
  if (process.platform === "win32") return;
  const pipe = path.join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  refuses(() => openFile(pipe), /not a regular file/);
  const secret = written("secret.pcap", Uint8Array.of(1));
  chmodSync(secret, 0);
  if (process.getuid?.() === 0) t.diagnostic("running as root: permission is not refused here");
  else refuses(() => openFile(secret), /no permission to read .*secret\.pcap/);
});

test("every pattern of reads gives the file's bytes, and keeps what it gave", () => {
  const random = seeded(7);
  const bytes = Uint8Array.from({ length: 3_000_000 }, () => random() * 256);
  const file = openFile(written("random.bin", bytes));
  const kept: [Uint8Array, number, number][] = [];
  let offset = 0;
  for (let i = 0; i < 2000; i++) {
    // Mostly forwards with small gaps, sometimes a jump, as walking two directions of a connection does.
    offset = random() < 0.05 ? Math.floor(random() * 3_100_000) : offset + Math.floor(random() * 200);
    const length = random() < 0.01 ? 1_500_000 : Math.floor(random() * 3000);
    kept.push([file.read(offset, length), offset, length]);
    offset += length;
    if (offset > bytes.length) offset = 0;
  }
  file.close();
  for (const [got, from, length] of kept) {
    assert.equal(Buffer.compare(got, bytes.subarray(from, from + length)), 0, `${length} bytes at ${from}`);
  }
});

test("a buffer of one's own is filled as far as the file goes", () => {
  const file = openFile(written("ten.bin", Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)));
  const target = new Uint8Array(4);
  assert.equal(file.readInto!(3, target), 4);
  assert.deepEqual([...target], [3, 4, 5, 6]);
  assert.equal(file.readInto!(8, target), 2);
  assert.deepEqual([...target.subarray(0, 2)], [8, 9]);
  file.close();
});

test("a sparse file of empty packets is read in bounded memory and time", async () => {
  const fileName = written("sparse.pcap", pcap([]));
  truncateSync(fileName, 24 + 16 * 4_000_000);
  const file = openFile(fileName);
  const before = process.memoryUsage.rss();
  const { frames, log, diagnostics } = await readSegments(file, noProgress);
  file.close();
  assert.deepEqual([frames, log.count], [4_000_000, 0]);
  assert.ok(process.memoryUsage.rss() - before < 64 << 20);
  assert.match(diagnostics.at(-1)!.message, /holds no TCP packets/);
});

test("the AEAD seals and opens as the other implementation does: OpenSSL and the portable one", () => {
  const random = seeded(1);
  const noise = (length: number) => Uint8Array.from({ length }, () => random() * 256);
  const portable = nodeAead(() => false);
  for (const [aead, oracle] of [
    [nodePlatform.aead, portable],
    [portable, nodePlatform.aead],
  ] as const) {
    for (const cipher of ciphers) {
      for (const size of [0, 1, 16, 1000]) {
        const [key, nonce, aad, plaintext] = [noise(keySizeOf(cipher)), noise(12), noise(13), noise(size)];
        const sealing = { cipher, key, nonce, aad };
        const sealed = aead.seal(sealing, plaintext);
        assert.deepEqual([...sealed], [...oracle.seal(sealing, plaintext)], cipher);
        assert.deepEqual([...aead.open(sealing, sealed)!], [...plaintext], cipher);
        for (const at of [0, 1, 15, 16, 17, 63, 500].filter((cut) => cut <= size)) {
          const part = aead.encryptAt(sealing, at, plaintext.subarray(at, at + 100));
          assert.deepEqual(
            [...part],
            [...sealed.subarray(at, Math.min(at + 100, size))],
            `${cipher} at ${at}`,
          );
        }
        sealed[Math.floor(random() * sealed.length)]! ^= 1;
        assert.equal(aead.open(sealing, sealed), null, cipher);
        assert.equal(aead.open(sealing, sealed.subarray(0, 15)), null, cipher);
      }
    }
  }
});
