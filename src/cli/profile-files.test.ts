import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-profiles-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
  return name;
}

/** The built command in the folder of these tests. */
function tlstrace(...args: string[]) {
  const cli = path.resolve("dist/cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    cwd: folder,
    maxBuffer: 1 << 28,
  });
  return {
    status,
    out: stdout,
    points: stdout.split("\n").filter((line) => /^(not )?ok /.test(line)),
    err: stderr,
  };
}

// A rebuilding NIC fed by one sync packet, which counts 62 bytes of headers and 8 of its own beside the prefix.
const nic = `{"base": "innova", "id": "acme", "counters": {"resyncBytes": "acme_replayed"}, "descriptorNames": {"sync-packet": "FEED"}}`;
file("traces/acme.json", nic);
file("nics/acme.json", nic);
const bad = file("nics/bad.json", '{\n  "base": "innova",\n  "commit": "never"\n}\n');
const story = (device: string) => `device eth0 profile=${device}
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0
+0 web send 1000
+0 web > 0:1029(1029)
+0 web > 500:1029(529)
`;
// 500 bytes of prefix and 70 of headers.
const expects =
  "expect counter acme_replayed=570 under ./acme.json\nexpect no plaintext under acme/no-undo@v5.8\n";
const holding = file("traces/holds.tlstrace", story("./acme.json") + expects);
// No device names the file here, so only its path can.
const elsewhere = file(
  "traces/elsewhere.tlstrace",
  `${story("connectx")}${expects.replace("acme/no-undo", "./acme.json/no-undo")}`,
);
const broken = file("traces/broken.tlstrace", story("../nics/bad.json"));
const badMessage = '/bad.json:3:13: commit takes "early", "undone" or "late", not this text';

test("a trace's profile files lie beside it, and it runs under every variant of them that it names", () => {
  const { status, points, err } = tlstrace("test", "traces/holds.tlstrace", elsewhere);
  assert.equal(err, "");
  assert.deepEqual(points, [
    `ok 1 - ${holding}`,
    `ok 2 - ${holding} under acme/no-undo@v5.8`,
    `ok 3 - ${elsewhere} # SKIP no expect line speaks of this run`,
    `ok 4 - ${elsewhere} under ./acme.json`,
    `ok 5 - ${elsewhere} under ./acme.json/no-undo@v5.8`,
  ]);
  assert.equal(status, 0);
});

test("--profile takes files from where the command runs, and lines under the trace's own path speak of them", () => {
  const { status, points, out } = tlstrace(
    "test",
    holding,
    "--profile",
    "nics/acme.json,connectx,nics/acme.json@v5.8",
  );
  assert.deepEqual(points, [
    `ok 1 - ${holding} under nics/acme.json`,
    `ok 2 - ${holding} under connectx # SKIP no expect line speaks of this run`,
    `ok 3 - ${holding} under nics/acme.json@v5.8`,
  ]);
  assert.match(out, /ok 1 - line 6: expect counter acme_replayed=570 under \.\/acme\.json/);
  assert.equal(status, 0);
});

test("a mistake in a trace's file fails the trace at the device's line", () => {
  const { status, err } = tlstrace("test", broken);
  assert.equal(status, 1);
  assert.ok(err.includes(`${broken}:1: error: ../nics${badMessage}\n`), err);
  assert.match(
    err,
    /:1: note: \.\.\/nics\/bad\.json is left out until it is right\. connectx is used instead\n/,
  );
  const replay = tlstrace("replay", broken);
  assert.equal(replay.status, 2);
  assert.ok(replay.err.includes(`${broken}:1: error: ../nics${badMessage}\n`), replay.err);
});

test("a mistake in a file of the command line ends the command with status 2", () => {
  for (const command of ["test", "replay", "verify"]) {
    const { status, out, err } = tlstrace(command, holding, "--profile", bad);
    assert.deepEqual([status, out, err], [2, "", `tlstrace: nics${badMessage}\n`]);
  }
  const { status, err } = tlstrace("replay", holding, "--profile", "nics/none.json");
  assert.deepEqual([status, err], [2, "tlstrace: nics/none.json does not exist: check the path\n"]);
});

test("replay and verify run a capture through a file's NIC", () => {
  const capture = path.resolve("media/samples/lossy.pcap");
  const keys = path.resolve("media/samples/lossy.keys");
  const replay = tlstrace("replay", capture, "--keys", keys, "--profile", "./nics/acme.json@v5.8");
  assert.match(replay.out, /^device {2}eth0 profile=\.\/nics\/acme\.json@v5\.8 mtu=1500\n/);
  assert.match(replay.out, /\n {9}queue FEED PKT\n/);
  const verify = tlstrace("verify", capture, "--keys", keys, "--profile", "./nics/acme.json");
  assert.deepEqual([verify.status, verify.err], [0, ""]);
});

test("--update names a file of the command line as the trace has to", () => {
  const lacking = file("traces/lacking.tlstrace", story("connectx"));
  assert.equal(tlstrace("test", lacking, "--update", "--profile", "./nics/acme.json").status, 0);
  const text = readFileSync(path.join(folder, lacking), "utf8");
  assert.equal(
    text,
    `${story("connectx")}       expect out-of-order expected=1029 seq=500 under ../nics/acme.json
       expect resync record=0 replayed=500 under ../nics/acme.json
`,
  );
  assert.deepEqual(tlstrace("test", lacking).points, [
    `ok 1 - ${lacking} # SKIP no expect line speaks of this run`,
    `ok 2 - ${lacking} under ../nics/acme.json`,
  ]);
});
