import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { wrapperOf } from "./wrapper.ts";

test("the script gives on arguments and status as they are, from a folder of any name", (context) => {
  if (process.platform === "win32") return context.skip("a script of sh");
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
