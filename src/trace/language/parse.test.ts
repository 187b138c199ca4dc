import assert from "node:assert/strict";
import { test } from "node:test";
import { seq, toU32 } from "../../core/base/seq.ts";
import { profileById } from "../../core/profiles/all.ts";
import { Flag, Kind, unpackRecord } from "../../core/words/event.ts";
import type { Trace } from "../trace.ts";
import { payloadOf } from "./keystream.ts";
import { parseTrace } from "./parse.ts";

const head = "device eth0\nconnection web device=eth0\n";
const parse = (text: string): Trace => parseTrace("test", text, profileById);
const errors = (trace: Trace) => trace.diagnostics.filter(({ severity }) => severity === "error");

/** Parses `lines` below the declarations; `^` under the last one marks the range of its only diagnostic. */
function complains(lines: string, marks: string, message: RegExp, severity = "error"): void {
  const { diagnostics } = parse(head + lines);
  assert.equal(diagnostics.length, 1, `${lines}: ${JSON.stringify(diagnostics)}`);
  const [found] = diagnostics;
  assert.match(found!.message, message, lines);
  const range = { start: marks.indexOf("^"), end: marks.lastIndexOf("^") + 1 };
  const line = 2 + lines.split("\n").length;
  const { instead: _, ...told } = found!;
  assert.deepEqual({ ...told, message: "" }, { severity, message: "", line, ...range }, lines);
}

/** The row of the last event of `lines`, read without a diagnostic. */
function lastEvent(lines: string) {
  const trace = parse(head + lines);
  assert.deepEqual(trace.diagnostics, [], lines);
  const index = trace.events.count - 1;
  return { trace, index, event: trace.events.at(index) };
}

test("every event form is read into its row", () => {
  const row = (lines: string) => {
    const { kind, flags, seq, length, extra } = lastEvent(lines).event;
    return [kind, flags, seq, length, extra];
  };
  assert.deepEqual(row("+0 web install"), [Kind.install, 0, 0, 0, 0]);
  assert.deepEqual(row("+0 web send 40000"), [Kind.send, 0, 0, 40000, 23]);
  assert.deepEqual(row("+0 web send 5 more"), [Kind.send, Flag.more, 0, 5, 23]);
  assert.deepEqual(row("+0 web send 5 eor"), [Kind.send, Flag.eor, 0, 5, 23]);
  assert.deepEqual(row("+0 web send 2 type=alert"), [Kind.send, Flag.typed, 0, 2, 21]);
  assert.deepEqual(row("+0 web send 2 type=24"), [Kind.send, Flag.typed, 0, 2, 24]);
  assert.deepEqual(row("+0 web gap 100"), [Kind.gap, 0, 0, 100, 0]);
  assert.deepEqual(row("+0 web close"), [Kind.close, 0, 0, 0, 0]);
  assert.deepEqual(row("+0 web send 9\n+0 web > 3:10(7)"), [Kind.transmit, 0, 3, 7, 0]);
  assert.deepEqual(row("+0 web > -51:0(51)  lost"), [Kind.transmit, Flag.lost, -51, 51, 0]);
  assert.deepEqual(row("+0 web send 9\n+0 web > -5:38(43) fin qdisc-drop"), [
    Kind.transmit,
    Flag.fin | Flag.qdiscDrop,
    -5,
    43,
    0,
  ]);
  assert.deepEqual(row("+0 web > 0:0(0) captured straddle"), [
    Kind.transmit,
    Flag.captured | Flag.straddle,
    0,
    0,
    0,
  ]);
  assert.deepEqual(row("+0 web < ack -3"), [Kind.ack, 0, -3, 0, 0]);
});

test("records carry type, number and epoch", () => {
  const record = (lines: string) => unpackRecord(lastEvent(lines).event.extra);
  const plain = { type: 23, epoch: 0, startsEpoch: false, snUnknown: false, snGiven: false, unopened: false };
  assert.deepEqual(record("+0 web record 100"), plain);
  assert.deepEqual(record("+0 web record 100 type=handshake sn=?"), { ...plain, type: 22, snUnknown: true });
  assert.deepEqual(record("+0 web record 100 epoch=2\n+0 web record 100"), { ...plain, epoch: 2 });
  assert.deepEqual(record("+0 web record 100 epoch=1"), { ...plain, epoch: 1, startsEpoch: true });
  const { trace, index } = lastEvent("+0 web record 100 sn=18446744073709551615");
  assert.equal(trace.recordSns.get(index), 2n ** 64n - 1n);
});

test("numbers are relative to the offload start, and count on where TCP's wrap", () => {
  const text =
    "device d\nconnection c device=d seq=4294960000\n+0 c send 40000\n+0 c > 0:40087(40087)\n+0 c < ack 10000 sack 20000:30000,39000:40087";
  const trace = parse(text);
  assert.deepEqual(trace.diagnostics, []);
  assert.equal(trace.events.seq.at(2), 4294960000 + 10000);
  assert.deepEqual(
    trace.sacks.get(2),
    [20000, 30000, 39000, 40087].map((place) => 4294960000 + place),
  );
  assert.equal(trace.events.seq.at(1), 4294960000);
  // 4294960000 + 10000 − 2^32 = 2704 is what a packet carries.
  assert.equal(toU32(seq(trace.events.seq.at(2))), 2704);
});

test("times are relative to the event line before, to the nanosecond", () => {
  const trace = parse(`${head}+1 web send 1\n+.000000001 web send 1\n+0.5 web send 1\n+2. web send 1\n`);
  assert.deepEqual([...trace.events.timeNs.values.subarray(0, 3)], [1e9, 1000000001, 1500000001]);
  assert.equal(errors(trace).length, 1);
});

test("declarations have defaults, and take every option", () => {
  const { devices, connections, streams } = parse("device d\nconnection c device=d");
  assert.deepEqual([devices[0]!.profile.id, devices[0]!.mtu], ["connectx", 1500]);
  const { epochs, source, ...fixed } = connections[0]!;
  assert.deepEqual(fixed, {
    name: "c",
    flow: "c",
    device: 0,
    version: 0x0303,
    cipher: "aes-128-gcm",
    startSeq: 0,
    recSeq0: 0n,
    mss: 1448,
    payloadMax: 16384,
    reuses: -1,
    captured: false,
    installed: true,
  });
  assert.deepEqual([epochs.length, source], [1, payloadOf("c")]);
  assert.deepEqual(streams, [
    {
      name: "c",
      short: "c",
      connection: 0,
      version: 0x0303,
      cipherName: "aes-128-gcm",
      cipher: "aes-128-gcm",
      tap: "wire",
      note: null,
    },
  ]);
  const key = "000102030405060708090a0b0c0d0e0f";
  const given = parse(
    `device d profile=innova mtu=9000\nconnection c device=d cipher=aes-128-gcm version=1.2 seq=4294967295 rec_seq=18446744073709551615 mss=100 key=${key} salt=a0A1a2a3 iv=00000000000000ff`,
  );
  assert.deepEqual(given.diagnostics, []);
  const c = given.connections[0]!;
  assert.deepEqual(
    [given.devices[0]!.profile.id, c.startSeq, c.recSeq0, c.mss],
    ["innova", 4294967295, 2n ** 64n - 1n, 100],
  );
  assert.deepEqual(c.epochs[0], {
    key: Uint8Array.from({ length: 16 }, (_, i) => i),
    salt: Uint8Array.of(0xa0, 0xa1, 0xa2, 0xa3),
    iv: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255),
  });
});

test("payload_max is TLS_TX_MAX_PAYLOAD_LEN: from 64, in TLS 1.3 from 63, in kernels that have it (kernel.md section 1.3)", () => {
  const problems = (kernel: string, version: string, size: number) =>
    parse(
      `device d kernel=${kernel}\nconnection c device=d version=${version} payload_max=${size}`,
    ).diagnostics.map(({ message }) => message);
  assert.deepEqual(problems("next", "1.2", 64), []);
  assert.deepEqual(problems("next", "1.3", 63), []);
  assert.match(problems("next", "1.2", 63).join(), /payload in a record/);
  assert.match(problems("next", "1.3", 62).join(), /payload in a record/);
  assert.match(problems("next", "1.2", 16385).join(), /payload in a record/);
  assert.match(problems("v6.18", "1.2", 64).join(), /TLS_TX_MAX_PAYLOAD_LEN/);
});

test("a connection is installed from the beginning unless a line says when", () => {
  assert.equal(lastEvent("+0 web > -5:0(5)").trace.connections[0]!.installed, true);
  assert.equal(lastEvent("+0 web > -5:0(5)\n+0 web install").trace.connections[0]!.installed, false);
});

test("names as captures have them are one word, comments begin a word", () => {
  const name = "[::1]:443>[::1]:5000#2";
  const trace = parse(`device d\nconnection ${name} device=d # of a=b\n+0 ${name} > -1:0(1) #x\n  # alone`);
  assert.deepEqual(trace.diagnostics, []);
  assert.equal(trace.connections[0]!.name, name);
  assert.deepEqual(
    [...trace.comments],
    [
      [2, "# of a=b"],
      [3, "#x"],
      [4, "# alone"],
    ],
  );
});

test("what is wrong with a transmit, an acknowledgement or a send is marked", () => {
  complains("+0 web > 0:1448(1449)", "                ^^^^", /1448 bytes long; write \(1448\)/);
  complains("+0 web > 0:1448(1448)", "         ^^^^^^^^^^^^", /TCP has bytes up to 0 only/);
  complains(
    "+0 web send 10 more\n+0 web > 0:39(39)",
    "         ^^^^^^^^",
    /10 payload bytes wait in an open record/,
  );
  complains("+0 web > 5:0(5)", "         ^^^", /ends before it starts/);
  complains("+0 web > 0:x(5)", "         ^^^^^^", /START:END\(LENGTH\)/);
  complains("+0 web >", "       ^", /START:END\(LENGTH\)/);
  complains(
    "+0 web > -9000000000000000:0(2000000000)",
    "         ^^^^^^^^^^^^^^^^^",
    /a range's start is a whole number from -4503599627370496/,
  );
  complains("+0 web > -2000000:0(2000000)", "         ^^^^^^^^^^^^^^^^^^^", /at most 1048576 bytes/);
  complains(
    "+0 web > -5:0(5) lots",
    "                 ^^^^",
    /not a flag.*fin, lost, qdisc-drop, captured, straddle, orphan/,
  );
  complains("+0 web > -5:0(5) lost lost", "                      ^^^^", /given twice/);
  complains("+0 web > -5:0(5) lost qdisc-drop", "                 ^^^^^^^^^^^^^^^", /leave one out/);
  complains("+0 web < ack 10", "             ^^", /not sent: only those before 0/, "warning");
  complains("+0 web < ack 0 fast", "               ^^^^", /only `sack START:END,…` and `racing` can stand/);
  complains("+0 web < ack 0 sack", "               ^^^^", /behind sack stand blocks/);
  complains(
    "+0 web < ack 0 sack 1:2,3:4,5:6,7:8,9:10",
    "                    ^^^^^^^^^^^^^^^^^^^^",
    /at most 4/,
  );
  complains("+0 web < ack 0 sack -9:-8,x:2", "                          ^", /a range's start/);
  complains("+0 web < 5", "         ^", /`ack N`/);
  complains("+0 web send 5 more eor", "       ^^^^^^^^^^^^^^^", /MSG_MORE with MSG_EOR \(EINVAL\)/);
  complains(
    "+0 web send 5 more type=alert",
    "       ^^^^^^^^^^^^^^^^^^^^^^",
    /MSG_MORE with a record type \(EINVAL\)/,
  );
  complains("+0 web send -5", "            ^^", /whole number from 0/);
  complains("+0 web send 5 copyless", "              ^^^^^^^^", /not a flag/);
  complains("+0 web send 5 colour=red", "              ^^^^^^^^^^", /not an option/);
  complains("+0 web send 5 type=red", "                   ^^^", /no record type/);
  complains("+0 web send 1073741825", "            ^^^^^^^^^^", /whole number/);
  complains("+0 web send", "       ^^^^", /a number of bytes is missing/);
  complains("+0 web close\n+0 web send 5", "       ^^^^^^", /closed above/);
  complains("+0 web send 5\n+0 web install", "       ^^^^^^^", /move `install` above/);
  complains("+0 web install\n+0 web install", "       ^^^^^^^", /once only/);
  complains("+0 web record 28", "              ^^", /from 29 to 65540/);
  complains("+0 web send 5 more\n+0 web gap 5", "       ^^^", /a record is open/);
  complains("+0 web gap 0", "           ^", /from 1/);
});

test("what is wrong with other lines is marked", () => {
  complains("web send 5", "^^^^^^^^^^", /not a line of a trace; the lines are `device NAME/);
  complains("+0 web2 send 5", "   ^^^^", /there is web$/);
  complains("+0 web melt", "       ^^^^", /no event of this kind.*`send LENGTH/);
  complains("+0 web constructor", "       ^^^^^^^^^^^", /no event of this kind/);
  complains("+0 web", "   ^^^", /no event of this kind/);
  complains("+0", "^^", /missing behind the time/);
  complains("+0,5 web send 5", "^^^^", /\+SECONDS/);
  complains("+.0000000001 web send 5", "^^^^^^^^^^^^", /9 decimals/);
  complains("+99999999 web send 5", "^^^^^^^^^", /52 days/);
  complains("-1 web send 5", "^^", /time goes backwards/, "warning");
  complains("device eth0", "       ^^^^", /already declared/);
  complains("device web", "       ^^^", /already declared/);
  complains("device", "^^^^^^", /a name is missing/);
  complains("device e\u0007", "       ^^", /control characters/);
  complains("device e1 profile=conectx", "                  ^^^^^^^", /connectx is used instead/);
  complains("device e1 mtu=10", "              ^^", /from 68 to 65535/);
  complains("device e1 mtu=68 mtu=68", "                 ^^^^^^", /twice/);
  complains("device e1 speed=10", "          ^^^^^^^^", /there are profile=, kernel=, mtu= and slaves=/);
  complains("connection x", "           ^", /write device=NAME/);
  complains("connection x device=e9", "                    ^^", /there is eth0/);
  complains(
    "connection x device=eth0 cipher=aes-128-cbc",
    "                                ^^^^^^^^^^^",
    /aes-128-gcm, aes-256-gcm, chacha20-poly1305, aes-128-ccm, aes-256-ccm and unknown/,
  );
  complains(
    "connection x device=eth0 key=00",
    "                             ^^",
    /16 bytes: write 32 hex digits/,
  );
  complains(
    "connection x device=eth0 seq=4294967296",
    "                             ^^^^^^^^^^",
    /0 to 4294967295/,
  );
  complains(
    "connection x device=eth0 rec_seq=18446744073709551616",
    "                                 ^^^^^^^^^^^^^^^^^^^^",
    /2\^64/,
  );
  complains(
    "connection żółwżółwżółwżółwżółw device=eth0",
    "           ^^^^^^^^^^^^^^^^^^^^",
    /longer than 32 bytes/,
  );
  complains("connection x device=eth0 version=1.3", "                                 ^^^", /v6\.18/, "note");
  complains(
    "connection x device=eth0 cipher=chacha20-poly1305",
    "                                ^^^^^^^^^^^^^^^^^",
    /AES-GCM only/,
    "note",
  );
  complains(
    "connection x device=eth0 cipher=aes-128-ccm",
    "                                ^^^^^^^^^^^",
    /AES-GCM only/,
    "note",
  );
  complains("x".repeat(10_001), "^".repeat(10_000), /longer than 10000/);
});

test("what is wrong with an expectation is marked", () => {
  const event = "+0 web send 5\n";
  complains(" expect resync", " ^^^^^^", /no event stands above/);
  complains(`${event} expect`, " ^^^^^^", /behind expect/);
  complains(`${event} expect resinc`, "        ^^^^^^", /no effect of this name; there are .*resync/);
  complains(`${event} expect resync page=1`, "               ^^^^^^", /it has record= and replayed=/);
  complains(
    `${event} expect resync record=1 recordSn=1`,
    "                        ^^^^^^^^^^",
    /record= is given twice/,
  );
  complains(`${event} expect resync record=x`, "                      ^", /a record number/);
  complains(
    `${event} expect dropped reason=rain`,
    "                       ^^^^",
    /no-sync-data, bypass-required, no-socket/,
  );
  complains(
    `${event} expect counter tx_tls_oo=1`,
    "                ^^^^^^^^^^^",
    /no counter of this name.*tx_tls_ooo/,
  );
  complains(`${event} expect counter eth1 tx_tls_ooo=1`, "                ^^^^", /there is eth0 and web/);
  complains(`${event} expect counter tx_tls_ooo`, "        ^^^^^^^", /tx_tls_ooo=2/);
  complains(`${event} expect no counter tx_tls_ooo=1`, "           ^^^^^^^", /tx_tls_ooo=2/);
  const early = parse(`${head}expect resync\n+0 web send 5\n`);
  assert.deepEqual(
    early.diagnostics.map(({ line, start, end }) => [line, start, end]),
    [[3, 0, 6]],
  );
});

test("expectations speak of the event above, or unindented below the last event of the whole file", () => {
  const trace = parse(
    `${head}+0 web send 5\n expect no resync recordSn=007 replayedBytes=3\nexpect out-of-order expectedSeq=-5\n+0 web send 6\n expect dropped reason=no-sync-data\nexpect counter web tx_tls_ooo=2\nexpect counter tx_tls_ooo=2`,
  );
  assert.deepEqual(trace.diagnostics, []);
  assert.deepEqual(trace.expectations, [
    {
      line: 4,
      event: 0,
      no: true,
      under: [],
      what: { effect: "resync", fields: { record: "7", replayed: "3" } },
    },
    { line: 5, event: 0, no: false, under: [], what: { effect: "out-of-order", fields: { expected: "-5" } } },
    {
      line: 7,
      event: 1,
      no: false,
      under: [],
      what: { effect: "dropped", fields: { reason: "no-sync-data" } },
    },
    { line: 8, event: -1, no: false, under: [], what: { counter: "tx_tls_ooo", value: 2, of: "web" } },
    { line: 9, event: -1, no: false, under: [], what: { counter: "tx_tls_ooo", value: 2, of: null } },
  ]);
});

test("a line with an error is left out, with its expectations, and its time counts", () => {
  const trace = parse(`${head}+1 web send x\n expect resync\n+1 web send 5\n expect no resync`);
  assert.equal(trace.diagnostics.length, 1);
  assert.deepEqual([trace.events.count, trace.events.timeNs.at(0), trace.events.line.at(0)], [1, 2e9, 5]);
  assert.deepEqual(
    trace.expectations.map(({ line, event }) => [line, event]),
    [[6, 0]],
  );
});

test("a file that is not a trace says so, in at most a thousand diagnostics", () => {
  for (const text of ["", "\n\n", "# nothing"]) {
    assert.match(
      parse(text).diagnostics[0]!.message,
      /no connection is declared.*begin with/,
      JSON.stringify(text),
    );
  }
  const { diagnostics } = parse("lorem ipsum\n".repeat(5000));
  assert.equal(diagnostics.length, 1001);
  // 5000 lines and the missing connection, less the 1000 shown.
  assert.match(diagnostics.at(-1)!.message, /^4001 more problems/);
});

test("streams are bounded: 2^30 bytes unacknowledged, 2^36 in all", () => {
  complains(
    `+0 web send 1000000000\n+0 web send 100000000`,
    "       ^^^^^^^^^^^^^^",
    /more than 2\^30 bytes/,
  );
  let text = head;
  // 69 × 10^9 is more than 2^36 = 68,719,476,736.
  for (let i = 1; i <= 69; i++)
    text += `+0 web gap 1000000000\n+0 web > ${i}000000000:${i}000000000(0)\n+0 web < ack ${i}000000000\n`;
  const [first, ...rest] = errors(parse(text));
  assert.match(first!.message, /2\^36/);
  assert.equal(first!.line, text.split("\n").findIndex((line) => line.includes("> 68000000000:")) + 3);
  assert.deepEqual(
    rest.filter(({ message }) => /2\^36/.test(message)),
    [],
  );
});
