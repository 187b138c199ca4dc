import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-export-"));
after(() => rmSync(folder, { recursive: true }));
const samples = path.resolve("media/samples");
const cli = path.resolve("dist/cli.js");

function tlstrace(...args: string[]): { status: number | null; out: string; err: string } {
  const run = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8" });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

for (const name of ["lossy.pcap", "upload.pcap", "lossy.keys", "upload.keys", "my-nic.nic.json"])
  copyFileSync(path.join(samples, name), path.join(folder, name));
mkdirSync(path.join(folder, "deep"));
const text = (name: string) => readFileSync(path.join(folder, name), "utf8");

/** What replay says: a trace file's times are padded to another column. */
const replayed = (file: string, ...more: string[]): string => {
  const { status, out } = tlstrace("replay", file, ...more);
  assert.equal(status, 0, out);
  return out.replace(/ +/g, " ");
};

test("what is exported of a capture replays to the same, and has none of its keys", () => {
  for (const name of ["lossy", "upload"]) {
    const { status, err } = tlstrace("export", `${name}.pcap`, "--to", `${name}.tlstrace`);
    assert.equal(status, 0, err);
    assert.match(err, /events of 2 streams/);
    assert.equal(replayed(`${name}.tlstrace`), replayed(`${name}.pcap`));
    assert.doesNotMatch(text(`${name}.tlstrace`), /key=|salt=|iv=/);
    for (const [secret] of text(`${name}.keys`).matchAll(/[0-9a-f]{96}/g))
      assert.ok(!text(`${name}.tlstrace`).includes(secret));
  }
});

test("so does one stream, under another profile, also of a file", () => {
  const args = ["--stream", "B>A", "--profile", "./my-nic.nic.json"];
  assert.equal(tlstrace("export", "lossy.pcap", ...args, "--to", "deep/one.tlstrace").status, 0);
  assert.match(text("deep/one.tlstrace"), /profile=\.\.\/my-nic\.nic\.json/);
  const declared = (said: string) => said.replace(/^device .*\n/, "");
  assert.equal(declared(replayed("deep/one.tlstrace")), declared(replayed("lossy.pcap", ...args)));
});

test("streams keep their addresses, also as names", () => {
  tlstrace("export", "lossy.pcap", "--to", "full.tlstrace", "--names", "full");
  assert.match(text("full.tlstrace"), /connection 10\.77\.0\.2:46348>10\.77\.0\.1:20019 device=/);
  const rows = tlstrace("replay", "lossy.tlstrace", "--json", "--stream", "10.77.0.1:*").out.split("\n");
  assert.equal(JSON.parse(rows[0]!).stream, "10.77.0.1:20019>10.77.0.2:46348");
});

test("hosts' own names are the trace's, which reads them again; a host that no stream is of is told", () => {
  const names = ["--names", "my-client=10.77.0.2,web_x=10.77.0.1,other=10.77.0.9"];
  const { status, err } = tlstrace("export", "lossy.pcap", "--to", "named.tlstrace", ...names);
  assert.equal(status, 0, err);
  assert.match(err, /no stream is of 10\.77\.0\.9, which was to be called other/);
  assert.match(
    text("named.tlstrace"),
    /^connection web_x>my-client flow=10\.77\.0\.1:20019>10\.77\.0\.2:46348 /m,
  );
  assert.equal(replayed("named.tlstrace"), replayed("lossy.pcap", ...names));
  for (const wrong of ["web", "web1=10.77.0.1", "a=1.2.3.4,a=1.2.3.5"]) {
    const refused = tlstrace("export", "lossy.pcap", "--to", "no.tlstrace", "--names", wrong);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /client=10\.0\.0\.1,server=10\.0\.0\.2/);
  }
});

test("a file that exists is left alone without --force, the capture itself always", () => {
  writeFileSync(path.join(folder, "mine.tlstrace"), "mine\n");
  const refused = tlstrace("export", "lossy.pcap", "--to", "mine.tlstrace");
  assert.equal(refused.status, 2);
  assert.match(refused.err, /mine\.tlstrace exists: choose another name, or say --force/);
  assert.equal(text("mine.tlstrace"), "mine\n");
  assert.equal(tlstrace("export", "lossy.pcap", "--to", "mine.tlstrace", "--force").status, 0);
  assert.equal(text("mine.tlstrace"), text("lossy.tlstrace"));
  const before = readFileSync(path.join(folder, "lossy.pcap"));
  const itself = tlstrace("export", "lossy.pcap", "--to", "./lossy.pcap", "--force");
  assert.match(itself.err, /is read for it/);
  assert.deepEqual(readFileSync(path.join(folder, "lossy.pcap")), before);
});

test("a script becomes a trace, a trace one without the keys that it states", () => {
  copyFileSync(path.join(samples, "fast-retransmit.pkt"), path.join(folder, "script.pkt"));
  assert.equal(tlstrace("export", "script.pkt", "--to", "script.tlstrace").status, 0);
  assert.equal(replayed("script.tlstrace"), replayed("script.pkt"));
  const key = "00112233445566778899aabbccddeeff";
  const stated = `device eth0\nconnection web device=eth0 key=${key}\n+0 web send 9  # kept\n+0 web > 0:38(38)\n`;
  writeFileSync(path.join(folder, "stated.tlstrace"), stated);
  const { out } = tlstrace("export", "stated.tlstrace", "--to", "-");
  assert.doesNotMatch(out, /key=/);
  assert.match(out, /send 9 +# kept/);
});
