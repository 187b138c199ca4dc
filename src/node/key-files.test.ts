import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { findKeyFiles, findKeys, holdsSecrets, isKeyLog } from "./key-files.ts";

const secretLine = `CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}\n`;

/** Runs `body` in a folder of these files. */
function withFolder(files: Record<string, string | Uint8Array>, body: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-keys-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const namesOf = (files: string[]) => files.map((file) => path.basename(file));

test("crypto_info comes before the capture's key log, and that before the folder's", () => {
  const files = {
    "a.pcap": "",
    "sslkeylog.txt": secretLine,
    "a.keys": secretLine,
    "a.cryptoinfo.json": "{}",
    "b.keys": secretLine,
  };
  withFolder(files, (folder) => {
    const expected = ["a.cryptoinfo.json", "a.keys", "sslkeylog.txt"];
    assert.deepEqual(namesOf(findKeyFiles(path.join(folder, "a.pcap"))), expected);
  });
});

test("a text file beside the capture counts only if a line of it is a secret", () => {
  const files = { "a.txt": "my notes\n", "b.txt": `# made by curl\n${secretLine}` };
  withFolder(files, (folder) => {
    assert.equal(findKeys(path.join(folder, "a.pcap")).file, null);
    assert.equal(findKeys(path.join(folder, "b.pcapng.gz")).file, path.join(folder, "b.txt"));
  });
});

test("what is named as keys and cannot be read is passed over with a word, a pipe without waiting for its writer", () => {
  withFolder({ "a.pcap": "", "other.keys": secretLine }, (folder) => {
    execFileSync("mkfifo", [path.join(folder, "a.keys")]);
    mkdirSync(path.join(folder, "a.cryptoinfo.json"));
    symlinkSync("/dev/zero", path.join(folder, "sslkeys.log"));
    assert.deepEqual(findKeys(path.join(folder, "a.pcap")), {
      file: null,
      passedOver: ["a.cryptoinfo.json", "a.keys"].map(
        (name) => `${name} is no regular file, so it is not read for keys`,
      ),
    });
    writeFileSync(path.join(folder, "a.keylog"), secretLine);
    assert.deepEqual(findKeys(path.join(folder, "a.pcap")), {
      file: path.join(folder, "a.keylog"),
      passedOver: [],
    });
  });
});

test("a text of blank lines takes no longer than any other", () => {
  withFolder({ "blank.txt": "\n".repeat(1 << 16), "words.txt": "word\n".repeat(1 << 16) }, (folder) => {
    const msOf = (name: string) => {
      const begun = performance.now();
      assert.equal(isKeyLog(path.join(folder, name)), false);
      return performance.now() - begun;
    };
    const words = msOf("words.txt");
    assert.ok(msOf("blank.txt") < 50 * words + 500);
  });
});

test("a folder that is not there has no keys", () => {
  assert.deepEqual(findKeyFiles("/nowhere/at/all/a.pcap"), []);
});

/** A pcapng block as in draft-ietf-opsawg-pcapng: type, total length, body, total length. */
function block(type: number, body: number[], isLittle: boolean): number[] {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, isLittle);
  view.setUint32(4, bytes.length, isLittle);
  bytes.set(body, 8);
  view.setUint32(bytes.length - 4, bytes.length, isLittle);
  return Array.from(bytes);
}

function pcapng(isLittle: boolean, ...blocks: number[][]): Uint8Array {
  const magic = isLittle ? [0x4d, 0x3c, 0x2b, 0x1a] : [0x1a, 0x2b, 0x3c, 0x4d];
  return Uint8Array.from([
    ...block(0x0a0d0d0a, [...magic, ...Array(12).fill(0)], isLittle),
    ...blocks.flat(),
  ]);
}

test("a Decryption Secrets Block is found in either byte order and through gzip", () => {
  for (const isLittle of [true, false]) {
    const plain = pcapng(isLittle, block(1, Array(8).fill(0), isLittle));
    const secrets = pcapng(
      isLittle,
      block(1, Array(8).fill(0), isLittle),
      block(10, Array(8).fill(1), isLittle),
    );
    const files = { "plain.pcapng": plain, "dsb.pcapng": secrets, "dsb.pcapng.gz": gzipSync(secrets) };
    withFolder(files, (folder) => {
      assert.equal(holdsSecrets(path.join(folder, "plain.pcapng")), false);
      assert.equal(holdsSecrets(path.join(folder, "dsb.pcapng")), true);
      assert.equal(holdsSecrets(path.join(folder, "dsb.pcapng.gz")), true);
    });
  }
});

test("what is no pcapng file, or is damaged, holds no secrets", () => {
  const damaged = pcapng(true);
  damaged[4] = 0;
  const files = { "a.pcap": "text", "b.pcapng": damaged, "c.pcapng.gz": Uint8Array.of(0x1f, 0x8b, 8, 0) };
  withFolder(files, (folder) => {
    for (const name of Object.keys(files)) assert.equal(holdsSecrets(path.join(folder, name)), false, name);
  });
});

test("the bundled capture finds its key log", () => {
  withFolder({}, (folder) => {
    for (const name of ["lossy.pcap", "lossy.keys"]) {
      copyFileSync(path.join("media/samples", name), path.join(folder, name));
    }
    assert.equal(findKeys(path.join(folder, "lossy.pcap")).file, path.join(folder, "lossy.keys"));
  });
});
