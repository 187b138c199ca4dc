import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import type { Trace } from "../trace.ts";
import { parseTrace } from "./parse.ts";
import { printTrace } from "./print.ts";

/** A trace in which much hangs on each declaration. */
const right = [
  "device eth0 profile=connectx kernel=next mtu=1500",
  "device eth1 profile=innova",
  "device bond0 slaves=eth0,eth1",
  "connection web device=eth0 version=1.3 cipher=aes-256-gcm seq=7 rec_seq=1 payload_max=512",
  "connection db device=bond0 reuses=web",
  "+0 web send 1000",
  "+0 web > 0:1044(1044)  lost",
  "       expect counter eth0 tx_tls_ctx=1",
  "+0 web < ack 1044",
  "+0 eth0 down",
  "+0 db send 100 more",
  "+0 db send 0",
  "+0 db > 0:129(129)",
  "expect counter web tx_tls_ctx=1",
];
const parse = (lines: readonly string[]): Trace => parseTrace("test", lines.join("\n"), profileById);

test("the trace without a mistake has no diagnostic", () => {
  const { diagnostics, events, expectations } = parse(right);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual([events.count, expectations.length], [7, 2]);
});

/** A line of the trace, what it reads instead, where that is marked, and how many events are read all the same. */
type Mistake = [line: string, instead: string, marked: string, events?: number];

const declarations: Mistake[] = [
  ["device eth0 profile=connectx", "device eth0 profile=conectx", "conectx"],
  ["kernel=next", "kernel=nxet", "nxet"],
  ["kernel=next", "kernel= next", ""],
  ["kernel=next", "kernle=next", "kernle=next"],
  ["kernel=next", "next", "next"],
  ["mtu=1500", "mtu=10", "10"],
  ["mtu=1500", "mtu = 1500", "mtu"],
  ["mtu=1500", "mtu=1500 mtu=9000", "mtu=9000"],
  ["device eth0", "devcie eth0", "devcie eth0 profile=connectx kernel=next mtu=1500", 6],
  ["device eth0", "device", "device", 6],
  ["device eth1 profile=innova", "device eth0", "eth0"],
  ["device eth1 profile=innova", "device eth\u0001", "eth\u0001"],
  ["slaves=eth0,eth1", "slaves=eth0,eth2", "eth2"],
  ["slaves=eth0,eth1", "slave=eth0,eth1", "slave=eth0,eth1"],
  ["connection web device=eth0", "connection web device=eth7", "eth7"],
  ["connection web device=eth0", "connection web", "web"],
  ["connection web device=eth0", "connection web devise=eth0", "devise=eth0"],
  ["connection web", "connection", "connection", 4],
  ["connection web", "connection wbe", "web", 4],
  [
    "connection web",
    "conection web",
    "conection web device=eth0 version=1.3 cipher=aes-256-gcm seq=7 rec_seq=1 payload_max=512",
    4,
  ],
  ["connection web", "connection eth0", "eth0", 4],
  ["connection db device=bond0", "connection web device=bond0", "web", 4],
  ["connection db device=bond0", "connection db device=bnd0", "bnd0"],
  ["version=1.3", "version=1.4", "1.4"],
  ["version=1.3", "vers=1.3", "vers=1.3"],
  ["cipher=aes-256-gcm", "cipher=aes-265-gcm", "aes-265-gcm"],
  ["cipher=aes-256-gcm", `cipher=aes-265-gcm key=${"00".repeat(32)}`, "aes-265-gcm"],
  ["cipher=aes-256-gcm", "cipher=aes-256-gcm key=00", "00"],
  ["seq=7", "seq=-7", "-7"],
  ["rec_seq=1", "rec_seq=one", "one"],
  ["payload_max=512", "payload_max=5", "5", 6],
  ["payload_max=512", "payload_max=512 mss=x", "x"],
  ["reuses=web", "reuses=wbe", "wbe"],
];

const events: Mistake[] = [
  ["+0 web send 1000", "+0 web send 1000 eorr", "eorr"],
  ["+0 web send 1000", "+0 web send 1000 eor=1", "eor=1"],
  ["+0 web send 1000", "+0 web send 1000 type=red", "red"],
  ["+0 web send 1000", "+0 web send 1000 pieces=2", "send 1000 pieces=2"],
  ["+0 web send 1000", "+0 web send 1000 zerocopy pieces=0", "0"],
  ["+0 web send 1000", "+0 web send 1000 more eor", "send 1000 more eor"],
  ["+0 web send 1000", "+0,5 web send 1000", "+0,5"],
  ["+0 web send 1000", "+0 web send 1,000", "1,000", 5],
  ["+0 web send 1000", "+0 web snd 1000", "snd", 5],
  ["+0 web send 1000", "+0 wbe send 1000", "wbe", 5],
  ["+0 web send 1000", "0 web send 1000", "0 web send 1000", 5],
  ["+0 web send 1000", "+0 web record 1044 type=red", "red"],
  ["+0 web send 1000", "+0 web record", "record", 5],
  ["+0 web > 0:1044(1044)  lost", "+0 web > 0:1044(1040)  lost", "1040", 6],
  ["+0 web > 0:1044(1044)  lost", "+0 web > 0:1044(1044)  lsot", "lsot"],
  ["+0 web > 0:1044(1044)  lost", "+0 web > 0:1044(1044)  lost queue=x", "x"],
  ["+0 web > 0:1044(1044)  lost", "+0 web > 0:1044(1044)  lost qdisc-drop", "lost qdisc-drop"],
  ["+0 web > 0:1044(1044)  lost", "+0 web > 0:1044 (1044)  lost", "0:1044", 6],
  ["+0 web > 0:1044(1044)  lost", "+0 web > 1044:0(1044)  lost", "1044:0", 6],
  ["+0 web < ack 1044", "+0 web < 1044", "1044", 6],
  ["+0 web < ack 1044", "+0 web < ack sack 5:6", "ack", 6],
  ["+0 web < ack 1044", "+0 web < ack 1044 sack", "sack"],
  ["+0 eth0 down", "+0 eth0 dwon", "dwon", 6],
  ["+0 eth0 down", "+0 eth0 down now", "now"],
  ["+0 db send 0", "+0 db send 0 mroe", "mroe"],
  ["+0 db send 0", "+0 db send o", "o", 5],
];

for (const [line, instead, marked, read = 7] of [...declarations, ...events]) {
  test(`one diagnostic for ${JSON.stringify(instead)} instead of ${JSON.stringify(line)}`, () => {
    const at = right.findIndex((text) => text.includes(line));
    const lines = right.with(at, right[at]!.replace(line, instead));
    const trace = parse(lines);
    assert.equal(trace.diagnostics.length, 1, JSON.stringify(trace.diagnostics));
    const [{ severity, line: where, start, end }] = trace.diagnostics as [Trace["diagnostics"][number]];
    assert.equal(severity, "error");
    assert.equal(lines[where! - 1]!.slice(start, end), marked);
    assert.equal(trace.events.count, read);
    const again = parseTrace("test", printTrace(trace), profileById);
    assert.deepEqual(
      again.diagnostics.filter((found) => found.severity === "error"),
      [],
    );
  });
}

test("a declaration with a mistake declares the rest of what it says", () => {
  const { devices, connections } = parse([
    "device eth0 profile=innova kernel=v5.9 mtu=9000",
    "connection web device=eth0 version=1.4 cipher=aes-256-gcm seq=5 rec_seq=x mss=100",
  ]);
  const [{ name, profile, mtu }] = devices as [Trace["devices"][number]];
  assert.deepEqual([name, profile.id, mtu], ["eth0", "innova", 9000]);
  const [{ version, cipher, startSeq, recSeq0, mss }] = connections as [Trace["connections"][number]];
  assert.deepEqual([version, cipher, startSeq, recSeq0, mss], [0x0303, "aes-256-gcm", 5, 0n, 100]);
});

test("two mistakes are two diagnostics", () => {
  const places = (...lines: string[]) =>
    parse(lines).diagnostics.map(({ line, start, end }) => lines[line! - 1]!.slice(start, end));
  assert.deepEqual(places("device eth0 profile=x mtu=5 speed=9", "connection web device=eth0"), [
    "x",
    "5",
    "speed=9",
  ]);
  assert.deepEqual(
    places("device eth0", "connection web device=eth0", "+0 web send 5 x type=y z", "+0 web > 0:99(99)"),
    ["y", "x", "z", "0:99(99)"],
  );
});

test("what is expected of a line with a mistake is left out, and of the others is not", () => {
  const trace = parse([
    "device eth0",
    "connection web device=eth0",
    "+0 web send 5 moer",
    " expect no resync",
    "expect no resync",
    "+0 web send 5",
    " expect no resync",
  ]);
  assert.equal(trace.diagnostics.length, 1);
  assert.deepEqual(
    trace.expectations.map(({ line, event }) => [line, event]),
    [[7, 1]],
  );
});

test("what hangs on a profile's file that cannot be read is left out in silence", () => {
  const lines = [
    "device eth0 profile=./none.json",
    "connection web device=eth0",
    "+0 web send 5",
    " expect no resync under none",
    "expect counter nones_own=1",
  ];
  assert.deepEqual(
    parse(lines).diagnostics.map(({ line }) => line),
    [1],
  );
});

test("what is expected of a connection that is declared otherwise than meant is not judged on top of that", () => {
  const lines = [
    "device eth0 profile=connectx kernel=v5.8",
    "connection web device=eth0 payload_max=1000",
    "connection db device=eth0",
    "+0 web send 2000",
    " expect record-pushed record=0 length=1029",
    "+0 db send 10",
    " expect record-pushed record=0 length=39",
  ];
  const { diagnostics, expectations } = parse(lines);
  assert.deepEqual([diagnostics.map(({ line }) => line), expectations.map(({ line }) => line)], [[2], [7]]);
});
