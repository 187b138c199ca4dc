import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { wrapperOf } from "./wrapper.ts";

test("the script gives on arguments and status as they are, from a folder of any name", (context) => {
  // There is no sh to run it with: what Windows has instead is tested below.
  if (process.platform === "win32") return context.diagnostic("a script of sh: not run here");
  const folder = mkdtempSync(path.join(os.tmpdir(), `it's "$HOME" \`x\` & ü-`));
  try {
    const cli = path.join(folder, "cli.mjs");
    const told = "JSON.stringify([process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE])";
    writeFileSync(cli, `console.log(${told}); process.exit(3);`);
    const { name, text } = wrapperOf("linux", process.execPath, cli);
    const script = path.join(folder, name);
    writeFileSync(script, text, { mode: 0o755 });
    const args = ["verify", "a b", "$HOME", "", "it's", "*"];
    const { stdout, status } = spawnSync(script, args, { encoding: "utf8" });
    assert.deepEqual(JSON.parse(stdout), [args, "1"]);
    assert.equal(status, 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("on Windows it is a batch file whose paths are quoted and name no variable", () => {
  const { name, text } = wrapperOf("win32", "C:\\VS Code\\Code.exe", "C:\\100%\\cli.js");
  assert.equal(name, "tlstrace.cmd");
  assert.ok(text.includes('\r\n"C:\\VS Code\\Code.exe" "C:\\100%%\\cli.js" %*\r\n'));
});

test("the problem matcher reads what the command says of a trace, and nothing else", () => {
  const { contributes } = JSON.parse(readFileSync("package.json", "utf8"));
  const pattern = new RegExp(contributes.problemMatchers[0].pattern.regexp);
  const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-matcher-"));
  try {
    const trace = path.join(folder, "a.tlstrace");
    writeFileSync(trace, "device nic0 profile=connectx\nnonsense\n");
    const args = ["dist/cli.js", "test", trace];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    const found = `${stdout}${stderr}`.split("\n").flatMap((line) => pattern.exec(line)?.slice(1, 5) ?? []);
    assert.deepEqual(found.slice(0, 4), [trace, "2", undefined, "error"]);
    for (const line of ["tlstrace: a.pcap does not exist: check the path", "ok 1 - 12:30 error", "1..3"])
      assert.ok(!pattern.test(line), line);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
