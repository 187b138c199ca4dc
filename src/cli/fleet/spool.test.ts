import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { setTimeout } from "node:timers/promises";

const temporary = mkdtempSync(path.join(os.tmpdir(), "tlstrace-spool-"));
after(() => rmSync(temporary, { recursive: true }));
const copies = () => readdirSync(temporary);
const capture = readFileSync("media/samples/lossy.pcap");
const lines = "+0 web > 0:1448(1448)\n".repeat(200_000);
const long = `device eth0\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n+0 web send 16000\n${lines}`;

function command(...args: string[]) {
  const child = spawn(process.execPath, ["dist/cli.js", ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<string | number | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? code)),
  );
  return { child, ended };
}

/** Waits for the copy of a command that has not ended. */
async function copied(child: ChildProcess): Promise<void> {
  while (copies().length === 0) {
    assert.equal(child.exitCode, null);
    await setTimeout(10);
  }
}

test("a copy of standard input goes when a command ends by itself, however that is", async () => {
  for (const [args, input, status] of [
    [["verify", "-", "--no-keys", "--allow-unchecked"], capture, 0],
    [["replay", "-"], "nothing", 2],
    [["replay", "-"], "", 2],
    [["query", "-", "no such"], capture, 2],
    [["report", "-", "-o", "/nowhere/x.html"], capture, 2],
  ] as const) {
    const { child, ended } = command(...args);
    child.stdout.resume();
    child.stdin.end(input);
    assert.equal(await ended, status, args.join(" "));
    assert.deepEqual(copies(), [], args.join(" "));
  }
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  test(`${signal} ends a command as it ends any other, and takes the copy away`, async () => {
    for (const args of [
      ["replay"],
      ["verify"],
      ["verify", "--json"],
      ["query"],
      ["why"],
      ["export", "--to", "-"],
    ]) {
      const { child, ended } = command(
        ...args,
        "-",
        ...(args[0] === "query" ? ["transmits"] : []),
        ...(args[0] === "why" ? ["web", "0"] : []),
      );
      child.stdin.write(capture.subarray(0, 1000));
      await copied(child);
      child.kill(signal);
      assert.equal(await ended, signal, args.join(" "));
      assert.deepEqual(copies(), [], args.join(" "));
    }
  });

test("also while it works on what has come, and while nobody reads what it says", async () => {
  for (const isRead of [true, false]) {
    const { child, ended } = command("replay", "--json", "-");
    if (isRead) child.stdout.resume();
    const told = new Promise((resolve) => child.stdout.once(isRead ? "data" : "readable", resolve));
    child.stdin.end(long);
    await told;
    child.kill("SIGTERM");
    assert.equal(await ended, "SIGTERM");
    assert.deepEqual(copies(), []);
  }
});

test("a run of several files that a signal ends in its own way takes the copy away, too", async () => {
  const { child, ended } = command("verify", "--jobs", "1", "-", "media/samples/lossy.pcap");
  child.stdout.resume();
  child.stdin.write(capture);
  await copied(child);
  child.kill("SIGINT");
  assert.equal(await ended, "SIGINT");
  assert.deepEqual(copies(), []);
});
