import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { pathToFileURL } from "node:url";
import { sample } from "../test/dap-session.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-defect-"));
after(() => rmSync(folder, { recursive: true }));

/**
 * Loaded into every process of the command: a file named `defect…` meets an error that nobody foresaw, one named `death…`
 * ends the process that looks at it.
 */
const preload = path.join(folder, "preload.mjs");
writeFileSync(
  preload,
  `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { openSync, fstatSync } = fs;
const names = new Map();
fs.openSync = (name, ...rest) => {
  const fd = openSync(name, ...rest);
  names.set(fd, String(name));
  return fd;
};
fs.fstatSync = (fd, ...rest) => {
  if (/defect[^/]*$/.test(names.get(fd))) undefined.neverThere();
  if (/death[^/]*$/.test(names.get(fd))) process.kill(process.pid, "SIGKILL");
  return fstatSync(fd, ...rest);
};
syncBuiltinESMExports();
`,
);

function tlstrace(args: string[], input = "") {
  const env = { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(preload)}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve("dist/cli.js"), ...args], {
    cwd: folder,
    env,
    input,
    encoding: "utf8",
  });
  // A stack names our files, an error that node prints itself shows the minified line that it came from.
  assert.ok(!/\n\s+at |cli\S*\.js|\.ts:\d|\{.*=>/.test(stderr), stderr);
  return { status, stdout, stderr };
}

for (const name of ["good", "defect", "death"]) {
  copyFileSync(sample("lossy.pcap"), path.join(folder, `${name}.pcap`));
  copyFileSync(sample("lossy.keys"), path.join(folder, `${name}.keys`));
  copyFileSync(sample("retransmission-in-record.tlstrace"), path.join(folder, `${name}.tlstrace`));
}
const inWords =
  /^tlstrace: internal error \(TypeError: [^\n]*neverThere[^\n]*\): please report it with the file/;

for (const command of [
  ["replay"],
  ["replay", "--json"],
  ["compare", "--profiles", "connectx,innova"],
  ["verify"],
])
  test(`a defect ends \`${command.join(" ")}\` with one line in words and status 70`, () => {
    const { status, stderr } = tlstrace([...command, "defect.tlstrace"]);
    assert.match(stderr, inWords);
    assert.deepEqual([status, stderr.trim().split("\n").length], [70, 1]);
  });

test("a defect over one trace fails its test alone, in words, and is the run's status", () => {
  const args = ["--junit", "r.xml", "--sarif", "r.sarif", "defect.tlstrace", "good.tlstrace"];
  const { status, stdout, stderr } = tlstrace(["test", ...args]);
  assert.equal(status, 70, stderr);
  assert.match(stderr, /^defect\.tlstrace: error: internal error \(TypeError: /m);
  assert.match(stdout, /^not ok 1 .*defect\.tlstrace/m);
  assert.match(stdout, /^ok 2 .*good\.tlstrace/m);
});

test("a worker with a defect, and one that dies, cost the run one file each, whose row says so", () => {
  const files = ["defect.pcap", "death.pcap", "good.pcap"];
  const { status, stdout } = tlstrace(["verify", "--json", "--jobs", "2", ...files]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const of = (file: string) => rows.filter((row) => row.kind === "file" && row.file === file);
  for (const file of ["defect.pcap", "death.pcap"]) {
    assert.equal(of(file).length, 1, file);
    assert.equal(of(file)[0].verdict, "unreadable");
    assert.match(of(file)[0].reason, /^internal error while verifying it, please report it \([^{}\n]*\)$/);
  }
  assert.equal(of("good.pcap")[0].verdict, "right");
  assert.deepEqual([status, rows.at(-1).status], [70, 70]);
});

test("a defect is the run's status, whatever else is found; a run that goes on tries the file again", () => {
  const rows = path.join(folder, "rows.ndjson");
  for (const files of [["defect.pcap", "nowhere.pcap"], ["defect.pcap"]])
    for (const flags of [["--json"], ["--resume", rows], ["--resume", rows, "--json"]]) {
      const { status, stderr } = tlstrace(["verify", ...flags, ...files]);
      assert.equal(status, 70, `${flags} ${files}: ${stderr}`);
    }
  const texts = readFileSync(rows, "utf8").trim().split("\n");
  const ofFile = texts.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "file");
  assert.equal(ofFile.filter(({ file }) => file === "defect.pcap").length, 1);
});

test("a defect of the adapter is an answer in words, and the session goes on", () => {
  const said = (seq: number, command: string, args: object) => {
    const json = JSON.stringify({ seq, type: "request", command, arguments: args });
    return `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
  };
  const input = [
    said(1, "initialize", {}),
    said(2, "launch", { program: path.join(folder, "defect.tlstrace") }),
    said(3, "threads", {}),
  ];
  const { status, stdout, stderr } = tlstrace(["dap"], input.join(""));
  assert.match(stdout, /"request_seq":3[^{}]*"success":true|"success":true[^{}]*"request_seq":3/);
  assert.match(stdout, /"command":"launch".*"success":false|"success":false.*"command":"launch"/);
  assert.match(stdout, /internal error \(TypeError: [^"]*neverThere/);
  assert.deepEqual([status, stderr], [0, ""]);
});
