import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { gzipSync } from "node:zlib";

/** The built command, as a user runs it. */
function tlstrace(...args: string[]): { status: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, ["dist/cli.js", ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
};
const pcapHeader = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
const capture = "media/samples/lossy.pcap";
const keys = "media/samples/lossy.keys";

const sparse = file("sparse.pcap", pcapHeader);
truncateSync(sparse, 64 << 20);
mkdirSync(path.join(folder, "folder.pcap"));
symlinkSync("circle", path.join(folder, "circle"));

const unusable: [what: string, args: string[], message: RegExp][] = [
  ["an empty file", ["verify", file("empty.pcap", "")], /is empty/],
  [
    "text that is no trace",
    ["replay", file("letter.tlstrace", "Dear maintainers,\n")],
    /not a trace file: line 1/,
  ],
  [
    "bytes that are nothing",
    ["verify", file("noise.bin", Buffer.from([1, 0, 2, 0, 3]))],
    /neither a capture .* nor a trace/,
  ],
  ["a directory", ["verify", path.join(folder, "folder.pcap")], /is a directory/],
  ["a file that is not there", ["verify", path.join(folder, "none.pcap")], /does not exist/],
  [
    "an unknown profile",
    ["replay", capture, "--profile", "e1000"],
    /no profile "e1000"; there are connectx, innova/,
  ],
  ["an unknown tap", ["replay", capture, "--tap", "moon"], /no tap "moon"/],
  [
    "an unknown way with copies",
    ["verify", capture, "--copies", "moon"],
    /no way with copies "moon"; there are drop, keep/,
  ],
  [
    "evidence that is none",
    ["replay", capture, "--evidence", file("dmesg.txt", "[    0.0] Linux\n")],
    /dmesg\.txt is no evidence: neither a kernel trace/,
  ],
  ...[
    ["replay", ""],
    ["verify", ""],
    ["verify", capture, "--keys", ""],
  ].map((args): [string, string[], RegExp] => ["an empty path", args, /"" does not exist: check the path/]),
  ...[
    ["replay", "x".repeat(5000)],
    ["verify", "x".repeat(5000)],
    ["verify", capture, "--keys-dir", "x".repeat(5000)],
    ["verify", capture, "--expect", "plaintext", "--against", "x".repeat(5000)],
    ["verify", path.join(folder, "circle")],
  ].map((args): [string, string[], RegExp] => [
    "a path that cannot be asked",
    args,
    /cannot be read|is no folder/,
  ]),
  ["a missing argument", ["replay"], /missing required argument/],
  ["nothing to verify", ["verify"], /name captures, folders/],
  ["an unknown command", ["decrypt"], /unknown command/],
  [
    "gzip that is damaged",
    ["verify", file("cut.pcap.gz", gzipSync(pcapHeader).subarray(0, 20))],
    /gzip|inflat/i,
  ],
  [
    "an absurd length at its very beginning",
    ["verify", file("absurd.pcap", Buffer.concat([pcapHeader, Buffer.alloc(16, 255)]))],
    /damaged at byte 24/,
  ],
];
for (const [what, args, message] of unusable) {
  test(`${what} ends with status 2, a message and nothing on stdout`, () => {
    const { status, out, err } = tlstrace(...args);
    assert.match(err, message);
    assert.equal(status, 2);
    assert.equal(out, "");
  });
}

test("a path that a test cannot read fails as a test of its own, with a message and status 2", () => {
  for (const name of ["", "x".repeat(5000), path.join(folder, "circle")]) {
    const { status, out, err } = tlstrace("test", name);
    assert.match(err, /does not exist: check the path|cannot be read/);
    assert.equal(status, 2);
    assert.equal(out.split("\n").filter((line) => line === `not ok 1 - ${name}`).length, 1);
  }
});

const readable: [what: string, args: string[], message: RegExp, status: number][] = [
  ["a capture without TCP", ["verify", file("bare.pcap", pcapHeader)], /holds no TCP packets/, 3],
  ["a sparse file behind a pcap header", ["verify", sparse], /sparse or damaged/, 3],
  [
    "a cut capture",
    ["verify", file("cut.pcap", readFileSync(capture).subarray(0, 100_001)), "--keys", keys],
    /cut short/,
    0,
  ],
  [
    "a key log of rubbish",
    ["verify", capture, "--keys", file("rubbish.keys", "one two\nthree\n")],
    /key log/,
    3,
  ],
];
for (const [what, args, message, expected] of readable) {
  test(`${what} is read as far as it goes, with a diagnostic, and is nobody's wrong byte`, () => {
    const { status, err } = tlstrace(...args);
    assert.match(err, message);
    assert.equal(status, expected);
  });
}

test("without the right keys the record map and the resyncs are there, and a note says what is missing", () => {
  const { status, out } = tlstrace("replay", capture, "--json", "--no-keys");
  assert.equal(status, 0);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const summary = lines.filter(({ kind }) => kind === "summary").at(-1)!;
  // 36 out-of-order transmits and 12 encrypted records behind Finished, one of them alert: the corpus's facts of this capture.
  assert.equal(summary.outOfOrder, 36);
  assert.equal(summary.records, 11);
  assert.equal(summary.authenticated, 0);
  assert.match(String(lines.find(({ kind }) => kind === "stream")!.note), /key/);
});

test("one changed byte in the only copy of a record makes verify say where and end with status 1", () => {
  const bytes = readFileSync(capture);
  const record = JSON.parse(
    tlstrace("replay", capture, "--keys", keys, "--json")
      .out.split("\n")
      .find((line) => line.includes('"kind":"transmit"') && line.includes('"length":1448'))!,
  ) as { frame: number };
  const at = payloadOf(bytes, record.frame) + 700;
  bytes[at]! ^= 1;
  const { status, out } = tlstrace("verify", file("changed.pcap", bytes), "--keys", keys);
  assert.equal(status, 1);
  assert.match(out, /WRONG frame \d+: /);
});

test("evidence: verify ends with status 1 where it differs, replay shows it and does not", () => {
  const sample = (name: string) => `media/samples/evidence/${name}`;
  const trace = sample("netronome.tlstrace");
  const agrees = ["agrees.trace", "agrees-before.txt", "agrees-after.txt"].map(sample);
  const differs = ["differs.trace", "agrees-before.txt", "differs-after.txt"].map(sample);
  for (const evidence of [agrees, [sample("agrees.report")]]) {
    const { status, out } = tlstrace("verify", trace, "--evidence", ...evidence);
    assert.equal(status, 0);
    assert.match(out, /^evidence: offload of \S+: installed/m);
    assert.match(out, /^evidence: nothing disagrees with the model$/m);
  }
  const findings = [
    `${sample("differs.trace")}:15: the kernel reported tls_device_tx_resync_send with rec_no 3; the model says rec_no 2`,
    `${sample("differs-after.txt")}:6: the kernel reported tx_tls_ooo +5; the model says +2`,
  ];
  const verified = tlstrace("verify", trace, "--evidence", ...differs);
  assert.equal(verified.status, 1);
  for (const finding of findings) assert.ok(verified.out.includes(`\n${finding}`), verified.out);
  const replayed = tlstrace("replay", trace, "--evidence", ...differs);
  assert.equal(replayed.status, 0);
  for (const finding of findings)
    assert.ok(replayed.out.includes(`         evidence-differs finding=${finding}`), replayed.out);
  const json = tlstrace("replay", trace, "--json", "--evidence", ...differs);
  const lines = json.out.trimEnd().split("\n");
  const [, last] = lines.slice(-2).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(last!.kind, "finding");
  assert.ok(`${last!.evidence}: ${last!.text}`.startsWith(findings[1]!));
});

/** File offset of a frame's TCP payload in a little-endian Ethernet capture without VLANs, walked by hand. */
function payloadOf(bytes: Buffer, frame: number): number {
  let at = 24;
  for (let i = 1; i < frame; i++) at += 16 + bytes.readUInt32LE(at + 8);
  const ip = at + 16 + 14;
  const tcp = ip + (bytes[ip]! & 15) * 4;
  return tcp + (bytes[tcp + 12]! >> 4) * 4;
}

test("a declaration with an error: what can be read is shown, and the status says that it is not what was meant", () => {
  const trace = file(
    "declared.tlstrace",
    "device eth0\nconnection a device=eth0 foo=1\n+0 a send 100\n+0 a > 0:129(129)\n",
  );
  for (const args of [["replay"], ["verify"], ["compare", "--profiles", "connectx,innova"]]) {
    const { status, err } = tlstrace(args[0]!, trace, ...args.slice(1));
    assert.equal(status, 2, args[0]);
    assert.match(err, /declared\.tlstrace:2: error: /);
  }
});

test("--help works everywhere and ends with status 0", () => {
  for (const args of [
    ["--help"],
    ...["replay", "verify", "query", "test", "dap"].map((name) => [name, "--help"]),
  ]) {
    const { status, out } = tlstrace(...args);
    assert.equal(status, 0);
    assert.match(out, /Usage: tlstrace/);
  }
});

test("keys never appear in what is printed", () => {
  const secret = /CLIENT_RANDOM \S+ (\S+)/.exec(readFileSync(keys, "utf8"))![1]!;
  for (const args of [
    ["replay", capture, "--keys", keys],
    ["replay", capture, "--keys", keys, "--json"],
  ]) {
    const { out, err } = tlstrace(...args);
    assert.ok(!out.includes(secret) && !err.includes(secret));
  }
});

test("the list of commands fits into 80 columns, each by a sentence of its own, and the version is told", () => {
  const { out, status } = tlstrace("--help");
  assert.equal(status, 0);
  assert.deepEqual(
    out.split("\n").filter((line) => line.length > 80),
    [],
  );
  // What a command says first is whole where the list breaks it off.
  const listed = out.slice(out.indexOf("Commands:")).replace(/\s+/g, " ");
  assert.match(listed, / debug \[options\] <file> The debugger in a terminal\. test /);
  assert.match(listed, / why \[options\] <file> <stream> <seq> Says where .* and where it went\. export /);
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.deepEqual(tlstrace("--version"), { status: 0, out: `tlstrace ${version}\n`, err: "" });
});

test("complaints that nobody reads are no defect: the status is as ever", async () => {
  const failing = "device d\nconnection c device=d\n+0 c send 100\n+0 c > 0:129(129)\n expect resync\n";
  for (const [args, status] of [
    [["replay", capture, "--keys", keys], 0],
    [["test", file("unheard.tlstrace", failing)], 1],
    [["test", "gone.tlstrace"], 2],
  ] as const) {
    const child = spawn(process.execPath, ["dist/cli.js", ...args], { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr.destroy();
    const [ended] = await once(child, "exit");
    assert.equal(ended, status, args.join(" "));
  }
});
