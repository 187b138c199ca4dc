import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { corpusFolder } from "./corpus.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-attack-"));
after(() => rmSync(folder, { recursive: true }));
const cli = path.resolve("dist/cli.js");

/** A command may take this much of the processor's time, most of it for 100 MB of text; the kernel ends it by a signal a little later. */
const secondsMax = 60;
/** The peak of a process. */
const bytesMax = 1 << 30;

/** Told by the process itself as it ends; one that a signal ends tells nothing. */
const usage = path.join(folder, "usage.json");
const teller = path.join(folder, "teller.mjs");
writeFileSync(
  teller,
  `import { writeFileSync } from "node:fs";
   process.on("exit", () => writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));`,
);

interface Ended {
  status: number | null;
  stderr: string;
  seconds: number;
  bytes: number;
}

/** Runs a command under both limits. Throws if it did not come to an end of its own. */
function run(script: string, args: readonly string[]): Ended {
  rmSync(usage, { force: true });
  const limited = `ulimit -t ${secondsMax + 2}; exec "$0" --import "$1" "\${@:2}"`;
  const { status, signal, stderr } = spawnSync(
    "bash",
    ["-c", limited, process.execPath, teller, script, ...args],
    { cwd: folder, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"], maxBuffer: 1 << 28 },
  );
  assert.equal(signal, null, `ended by ${signal}: ${stderr.slice(0, 300)}`);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(usage, "utf8"));
  return { status, stderr, seconds: (userCPUTime + systemCPUTime) / 1e6, bytes: maxRSS * 1024 };
}

/** Status 70 is a defect of ours. */
function assertStood({ status, stderr, seconds, bytes }: Ended): void {
  assert.ok([0, 1, 2, 3].includes(status!), `status ${status}: ${stderr.slice(0, 300)}`);
  assert.ok(seconds < secondsMax, `${seconds} s`);
  assert.ok(bytes < bytesMax, `${bytes >> 20} MiB`);
}

/** Every way through the model; `ATTACK=all`: every command. */
function commands(file: string): string[][] {
  const isTrace = file.endsWith(".tlstrace");
  const some = [
    ["replay", file],
    ["verify", "--json", file],
    ...(isTrace ? [["test", "--update", file]] : []),
  ];
  if (process.env.ATTACK !== "all") return some;
  const profiles = ["--profiles", "connectx,innova"];
  const others = [
    ["replay", "--json", file],
    ["verify", file],
    ["compare", ...profiles, file],
  ];
  return [...some, ...others, ...(isTrace ? [["test", "--all-profiles", file]] : [])];
}

/** What is no input but makes one or runs a command, and the test that does the same. */
const elsewhere: Record<string, string> = {
  "fifo.sh": "src/node/key-files.test.ts",
  "gen.py": "src/cli/saving.test.ts",
  "update-disk-full.sh": "src/cli/saving.test.ts",
  "update-race.sh": "src/cli/saving.test.ts",
};

const corpus = corpusFolder();
if (corpus === null) {
  test("inputs of attacks", (t) => t.diagnostic("the corpus is absent: none was tried"));
} else {
  const attacks = path.join(corpus, "found", "attack");
  for (const name of readdirSync(attacks)) {
    const other = elsewhere[name];
    if (other !== undefined) {
      test(`${name}: ${other}`, () =>
        assert.ok(readdirSync(path.dirname(other)).includes(path.basename(other))));
      continue;
    }
    test(`${name}: commands end within ${secondsMax} s of the processor's time and ${bytesMax >> 20} MiB`, (t) => {
      // A copy: one command writes, and nothing that lies beside the original is looked at.
      copyFileSync(path.join(attacks, name), path.join(folder, name));
      let [seconds, bytes] = [0, 0];
      for (const command of commands(name)) {
        const ended = run(cli, command);
        try {
          assertStood(ended);
        } catch (error) {
          throw new Error(command.join(" "), { cause: error });
        }
        [seconds, bytes] = [Math.max(seconds, ended.seconds), Math.max(bytes, ended.bytes)];
      }
      t.diagnostic(`${name}: ${seconds.toFixed(1)} s, ${bytes >> 20} MiB at most`);
    });
  }

  test("a NIC out of step with a bug of the catalogue costs a real capture no more than others", () => {
    const capture = path.join(corpus, "live", "qdisc-tbf-12-aes128.pcap");
    assertStood(run(cli, ["replay", "--profile", "connectx/unfenced-params", capture]));
  });
}

test("a process that takes too much of either is seen to", () => {
  const script = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const large = script("large.mjs", `Buffer.alloc(${bytesMax}, 1);`);
  assert.throws(() => assertStood(run(large, [])), /^AssertionError.*: \d+ MiB/);
  assert.throws(() => assertStood({ status: 0, stderr: "", seconds: secondsMax, bytes: 0 }), / s$/);
  assert.throws(() => assertStood(run(script("defect.mjs", "process.exit(70);"), [])), /status 70/);
  const dead = script("dead.mjs", `process.kill(process.pid, "SIGXCPU"); setTimeout(() => {}, 1e6);`);
  assert.throws(() => run(dead, []), /ended by SIGXCPU/);
});
