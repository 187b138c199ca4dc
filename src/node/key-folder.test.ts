import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { UserError } from "../trace/platform.ts";
import { keyFolder } from "./key-folder.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-key-folder-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, ...lines: string[]) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), lines.map((line) => `${line}\n`).join(""));
};
const random = (n: number) => n.toString(16).padStart(64, "0");
/** Differs from `random` in its last digits only, so that both begin with the same bits. */
const line = (label: string, n: number, byte: string, size = 32) =>
  `${label} ${random(n)} ${byte.repeat(size)}`;

file("a.keys", "# a comment", line("CLIENT_TRAFFIC_SECRET_0", 1, "aa"), line("CLIENT_RANDOM", 2, "bb", 48));
file("below/b.log", line("SERVER_TRAFFIC_SECRET_0", 1, "cc"), line("CLIENT_TRAFFIC_SECRET_0", 1, "dd"));
file(".hidden/c.keys", line("CLIENT_RANDOM", 3, "ee", 48));
file("letter.txt", "Dear maintainers,");
file("long.keys", ...Array.from({ length: 20_000 }, (_, i) => line("CLIENT_RANDOM", 1000 + i, "0f", 48)));

test("each session has the secrets of all files, a later line of a label wins", () => {
  const keys = keyFolder(folder);
  const secrets = keys.get(random(1))!;
  assert.deepEqual([...secrets.keys()].sort(), ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"]);
  assert.deepEqual([...secrets.get("CLIENT_TRAFFIC_SECRET_0")!], Array(32).fill(0xdd));
  assert.deepEqual(keys.filesOf([random(1), random(2)]), [
    path.join(folder, "a.keys"),
    path.join(folder, "below/b.log"),
  ]);
  assert.ok(keys.has(random(2)) && !keys.has(random(3)) && !keys.has(random(4)));
});

test("lines beyond what is read at once are found at their places", () => {
  const keys = keyFolder(folder);
  for (const n of [1000, 6000, 7001, 13_999, 20_999]) assert.equal(keys.get(random(n))!.size, 1, String(n));
  assert.ok(!keys.has(random(21_000)));
});

test("a file that is another by now gives nothing that it does not hold", () => {
  const changing = mkdtempSync(path.join(folder, "changing-"));
  const log = path.join(changing, "a.keys");
  writeFileSync(log, `${line("CLIENT_RANDOM", 7, "aa", 48)}\n`);
  const keys = keyFolder(changing);
  assert.ok(keys.has(random(7)));
  writeFileSync(log, `${line("CLIENT_RANDOM", 8, "aa", 48)}\n`);
  assert.equal(keys.get(random(7)), undefined);
});

test("what is no folder is refused", () => {
  assert.throws(() => keyFolder(path.join(folder, "a.keys")), UserError);
  assert.throws(() => keyFolder(path.join(folder, "none")), UserError);
});
