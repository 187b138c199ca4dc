import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

/** The built command, as a user runs it. */
function compare(...args: string[]): { status: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, ["dist/cli.js", "compare", ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-compare-"));
after(() => rmSync(folder, { recursive: true }));
const sample = "media/samples/retransmission-in-record.tlstrace";

test("a table, then each differing event as its line with a line a profile, then the outcome", () => {
  const { status, out, err } = compare(sample, "--profiles", "connectx,netronome");
  assert.equal(err, "");
  assert.equal(status, 0);
  // The sample's numbers: kernel.md 5.0 and the walk in ARCHITECTURE.md.
  assert.match(out, /^ +connectx +netronome\ntransmits +5 +5\n {2}encrypted by the NIC +5 +2\n/);
  assert.match(out, /\nbytes replayed +5792 +0\n/);
  assert.match(
    out,
    /\nline 8: \+0 +web > 4344:40087\(35743\)\n {2}connectx .*resync record=1 replayed=4344; .*\[PROGRESS NOP DUMP×3 PKT\]\n {2}netronome .*software-fallback reason=out-of-order .*\[PKT\]\n/,
  );
  assert.doesNotMatch(out, /1448:2896\(1448\) {2}lost/);
  assert.match(out, /\nEvery byte that leaves is the same and right\.\n$/);
});

test("other bytes on the wire end with status 1 and say which", () => {
  const { status, out } = compare(sample, "--profiles", "connectx,connectx/placeholder-leak");
  assert.equal(status, 1);
  // Record 1 is 0:16413 (16384 + 29), its tag the last 16 bytes; the one packet with tags holds three of them.
  assert.match(
    out,
    /\n +connectx\/placeholder-leak sends 48 wrong bytes, the first at 16397: record 1, byte 16397 \(tag\)\n/,
  );
  assert.match(out, /\nBytes differ on the wire\.\n$/);
});

test("a packet that only some send is told, and is an error only if that is asked for", () => {
  const trace = path.join(folder, "released.tlstrace");
  const lines = [
    "device eth0 profile=connectx",
    "connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=1",
    "+0 web send 2000",
    "+0 web > 0:2029(2029)",
    "+0 web < ack 2029",
    "+0 web > 0:1448(1448)",
  ];
  writeFileSync(trace, `${lines.join("\n")}\n`);
  const profiles = ["--profiles", "connectx,freebsd-connectx"];
  const { status, out } = compare(trace, ...profiles);
  assert.equal(status, 0);
  assert.match(out, /\n {9}freebsd-connectx sends 1448 bytes, connectx sends nothing\n/);
  assert.match(out, /In 1 event not all send the same packets: dropping is legal\.\n$/);
  assert.equal(compare(trace, ...profiles, "--strict").status, 1);
});

test("long lists are cut with a count, unless all is asked for", () => {
  const capture = ["media/samples/lossy.pcap", "--keys", "media/samples/lossy.keys"];
  const args = [...capture, "--profiles", "connectx,chelsio-t6"];
  const cut = compare(...args).out;
  const differing = Number(/\n(\d+) events differ:/.exec(cut)![1]);
  const listed = (out: string) => out.match(/^frame \d+: /gm)!.length;
  assert.equal(listed(cut), 40);
  assert.match(cut, new RegExp(`\n… and ${differing - 40} more \\(--all lists them\\)\n`));
  assert.equal(listed(compare(...args, "--all").out), differing);
});

test("--json gives an object a line: profiles, events, findings, the summary", () => {
  const { status, out } = compare(sample, "--profiles", "connectx,innova,v6.18", "--json", "--bytes");
  assert.equal(status, 0);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const of = (kind: string) => lines.filter((line) => line.kind === kind);
  assert.deepEqual(
    of("profile").map(({ profile, replayedBytes, descriptors }) => [profile, replayedBytes, descriptors]),
    [
      ["connectx", 5792, { STATIC: 1, PROGRESS: 3, NOP: 3, DUMP: 4, PKT: 5 }],
      ["innova", 5792, { SYNC: 2, PKT: 5 }],
      ["v6.18", 5792, { STATIC: 1, PROGRESS: 3, NOP: 3, DUMP: 4, PKT: 5 }],
    ],
  );
  assert.deepEqual(
    of("event").map(({ line }) => line),
    [5, 8, 12],
  );
  assert.deepEqual(of("event")[1].profiles[1], {
    id: "innova",
    effects: [],
    queue: "SYNC PKT",
    replayed: 4344,
    fallback: 0,
  });
  assert.deepEqual(of("summary"), [{ kind: "summary", differing: 3, findings: 0, sameBytes: true }]);
});

test("packetdrill scripts and streams of captures are compared, too", () => {
  const script = compare("media/samples/fast-retransmit.pkt", "--profiles", "connectx,netronome");
  assert.equal(script.status, 0);
  assert.match(script.out, /\nline \d+: /);
  const none = compare("media/samples/lossy.pcap", "--profiles", "connectx,innova", "--stream", "nobody*");
  assert.equal(none.status, 2);
});

test("what cannot be compared ends with status 2 and says why", () => {
  for (const [args, message] of [
    [[sample], /required option '--profiles <ids>'/],
    [[sample, "--profiles", "connectx"], /give at least two/],
    [[sample, "--profiles", "connectx,e1000"], /no profile "e1000"/],
    [["none.pcap", "--profiles", "connectx,innova"], /does not exist/],
  ] as [string[], RegExp][]) {
    const { status, out, err } = compare(...args);
    assert.match(err, message);
    assert.equal(status, 2);
    assert.equal(out, "");
  }
});
