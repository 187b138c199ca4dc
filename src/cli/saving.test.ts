import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { tidyBeside } from "../node/save.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-saving-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);
const cli = path.resolve("dist/cli.js");
const updating = (file: string): ChildProcess =>
  spawn(process.execPath, [cli, "test", "--update", file], { cwd: folder, stdio: "ignore" });
const text = (name: string) => readFileSync(at(name), "utf8");

/** A trace in which every second packet is out of order, so that it lacks as many expect lines. */
function lacking(packets: number): string {
  const lines = ["device eth0", "connection web device=eth0", `+0 web send ${packets * 1000}`];
  for (let i = 0; i < packets; i++) lines.push(`+.001 web > ${i * 500}:${i * 500 + 100}(100)`);
  return `${lines.join("\n")}\n`;
}
writeFileSync(at("lacking.tlstrace"), lacking(500));
writeFileSync(at("whole.tlstrace"), lacking(500));
assert.equal(
  spawnSync(process.execPath, [cli, "test", "--update", "whole.tlstrace"], {
    cwd: folder,
    maxBuffer: 1 << 28,
  }).status,
  0,
);
const [before, whole] = [text("lacking.tlstrace"), text("whole.tlstrace")];

test("the update adds lines and changes none", () => {
  const added = whole.split("\n").filter((line) => line.startsWith("       expect "));
  assert.ok(added.length > 500, `${added.length}`);
  assert.equal(
    whole
      .split("\n")
      .filter((line) => !line.startsWith("       expect "))
      .join("\n"),
    before,
  );
});

test("a killed update leaves the file as it was or whole, at whatever moment", {
  timeout: 300_000,
}, async () => {
  const found = { before: 0, whole: 0 };
  for (let round = 0; round < 8; round++) {
    copyFileSync(at("lacking.tlstrace"), at("killed.tlstrace"));
    const child = updating("killed.tlstrace");
    const ended = once(child, "exit");
    // Killed as soon as anything moves: the file, or what stands beside it; in some rounds only a little later.
    const { mtimeMs } = statSync(at("killed.tlstrace"));
    const moves = () =>
      readdirSync(folder).some((name) => name.startsWith(".killed")) ||
      statSync(at("killed.tlstrace")).mtimeMs !== mtimeMs;
    while (child.exitCode === null && !moves()) await new Promise(setImmediate);
    for (let i = 0; i < round % 4; i++) await new Promise(setImmediate);
    child.kill("SIGKILL");
    await ended;
    const now = text("killed.tlstrace");
    assert.ok(now === before || now === whole, `${now.length} characters are left`);
    found[now === before ? "before" : "whole"]++;
  }
  assert.equal(found.before + found.whole, 8);
  // What the killed ones left is no hindrance and goes.
  const last = updating("killed.tlstrace");
  await once(last, "exit");
  assert.equal(text("killed.tlstrace"), whole);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

test("a killed export leaves no file or all of it, and what stands beside goes", async () => {
  const args = [cli, "export", path.resolve("media/samples/lossy.pcap"), "--to"];
  spawnSync(process.execPath, [...args, "exported.tlstrace"], { cwd: folder });
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [...args, "cut.tlstrace"], { cwd: folder, stdio: "ignore" });
    const ended = once(child, "exit");
    const moves = () => readdirSync(folder).some((name) => /^\.?cut\.tlstrace/.test(name));
    while (child.exitCode === null && !moves()) await new Promise(setImmediate);
    for (let i = 0; i < round % 3; i++) await new Promise(setImmediate);
    child.kill("SIGKILL");
    await ended;
    tidyBeside(at("cut.tlstrace"));
    const left = readdirSync(folder).filter((name) => name.includes("cut"));
    if (left.length > 0)
      assert.deepEqual([left, text("cut.tlstrace")], [["cut.tlstrace"], text("exported.tlstrace")]);
    rmSync(at("cut.tlstrace"), { force: true });
  }
});

test("a disk that takes no more leaves the file as it was, and says so", () => {
  copyFileSync(at("lacking.tlstrace"), at("full.tlstrace"));
  // A limit on the size of written files, in KiB, stands for the full disk.
  const limit = Math.floor(whole.length / 1024 / 2);
  const { status, stderr } = spawnSync(
    "bash",
    [
      "-c",
      `trap '' XFSZ; ulimit -f ${limit}; exec "${process.execPath}" "${cli}" test --update full.tlstrace >/dev/null`,
    ],
    { cwd: folder, encoding: "utf8" },
  );
  assert.equal(status, 2, stderr);
  assert.match(stderr, /full\.tlstrace: error: .* cannot be written \(EFBIG\); it is as it was/);
  assert.equal(text("full.tlstrace"), before);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

test("two updates at once add each line once", { timeout: 300_000 }, async () => {
  for (let round = 0; round < 4; round++) {
    copyFileSync(at("lacking.tlstrace"), at("twice.tlstrace"));
    const both = [updating("twice.tlstrace"), updating("twice.tlstrace")];
    await Promise.all(both.map((child) => once(child, "exit")));
    const now = text("twice.tlstrace");
    assert.ok(now === whole || now === before);
    // Whoever says that all is well has seen the lines in the file.
    if (both.some(({ exitCode }) => exitCode === 0)) assert.equal(now, whole);
  }
});

test("a file that cannot be written fails alone", () => {
  writeFileSync(at("plain.tlstrace"), before);
  const gone = mkdtempSync(path.join(os.tmpdir(), "tlstrace-elsewhere-"));
  try {
    writeFileSync(path.join(gone, "target.tlstrace"), before);
    spawnSync("ln", ["-s", path.join(gone, "target.tlstrace"), at("linked.tlstrace")]);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [cli, "test", "--update", "linked.tlstrace", "plain.tlstrace"],
      { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 },
    );
    assert.equal(status, 2);
    assert.match(stderr, /linked\.tlstrace: error: linked\.tlstrace is a link into another folder/);
    assert.match(stdout, /\nnot ok 1 - linked\.tlstrace\n[\s\S]*\nok 3 - plain\.tlstrace\n/);
    assert.equal(readFileSync(path.join(gone, "target.tlstrace"), "utf8"), before);
    assert.equal(text("plain.tlstrace"), whole);
  } finally {
    rmSync(gone, { recursive: true });
  }
});
