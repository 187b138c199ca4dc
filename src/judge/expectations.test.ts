import assert from "node:assert/strict";
import { test } from "node:test";
import type { Profile } from "../core/machine/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { Findings, type Judged, noFindings } from "../replay/findings.ts";
import { Timeline } from "../replay/timeline.ts";
import { broken } from "../test/scenario.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { finished } from "../trace/platform.ts";
import { Sign } from "../trace/signs.ts";
import type { Trace } from "../trace/trace.ts";
import { failedExpectations, outcomesOf } from "./expectations.ts";

/** A retransmission in the middle of record 0, which is 1029 bytes; the kernel's layout of a TLS 1.2 GCM record. */
const story = (expects: string) => `device eth0 profile=connectx
device eth1 profile=innova
connection web device=eth0
connection mail device=eth1
+0 web send 1000
+0 web > 0:1029(1029)
+0 web > 500:1029(529)
${expects}
`;

const replayed = (trace: Trace) => ({ timeline: new Timeline(trace).runAll(), findings: noFindings });

function failuresOf(text: string, profiles: (id: string) => Profile | null = profileById): string[] {
  const trace = parseTrace("test", text, profiles);
  assert.deepEqual(
    trace.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  return outcomesOf(replayed(trace)).flatMap(({ expected, actual }) =>
    actual === null ? [] : [`${expected} | ${actual}`],
  );
}
const brokenConnectx = (bug: string) => (id: string) =>
  id === "connectx" ? broken(connectx, bug) : profileById(id);

const lines: [expect: string, failures: string[]][] = [
  [" expect wire=match", []],
  [" expect no wire=plaintext", []],
  [" expect wire=nothing", ["wire=nothing | wire=match"]],
  ["expect wire=match", []],
  ["expect no wire=nothing", []],
  ["expect wire=wrong-tag", ["wire=wrong-tag | wire=match"]],
  // Bytes replayed to the device: 500 of the record, in one DUMP.
  [" expect counter tx_tls_dump_packets=1", []],
  [" expect counter web tx_tls_dump_bytes=500", []],
  ["expect counter tx_tls_dump_bytes=0", ["counter tx_tls_dump_bytes=0 | tx_tls_dump_bytes=500"]],
  [" expect resync record=0 replayed=500 under connectx", []],
  [
    " expect resync record=7 under innova,connectx",
    ["resync record=7 under innova,connectx | resync record=0 replayed=500"],
  ],
  // The event is of a connection on eth0, so no line under innova speaks of it.
  [" expect resync record=7 under innova", []],
  [" expect no resync under innova", []],
  // Of the whole file they speak of the connections on eth1 alone, where nothing happens.
  ["expect no out-of-order under innova", []],
  ["expect out-of-order under innova", ["out-of-order under innova | no out-of-order"]],
  ["expect counter tx_tls_ooo=0 under innova", []],
  ["expect counter tx_tls_ooo=1", []],
  ["expect wire=match under innova", ["wire=match under innova | wire=nothing"]],
  // eth0 is no innova: the line speaks of nothing.
  ["expect counter eth0 tx_tls_ooo=9 under innova", []],
  [
    " expect counter mail tx_tls_ooo=9 under innova",
    ["counter mail tx_tls_ooo=9 under innova | tx_tls_ooo=0"],
  ],
];
for (const [expect, failures] of lines) {
  test(`"${expect}" ${failures.length === 0 ? "holds or does not speak" : "fails"}`, () => {
    assert.deepEqual(failuresOf(story(expect)), failures);
  });
}

test("lines under other profiles are no outcomes", () => {
  const trace = parseTrace("test", story(" expect no resync under innova\n expect resync"), profileById);
  const outcomes = outcomesOf(replayed(trace));
  assert.deepEqual(
    outcomes.map(({ expectation, actual }) => [expectation.line, actual]),
    [[9, null]],
  );
});

const faulty: [bug: string, verdict: string][] = [
  ["packet-not-marked", "plaintext"],
  ["packet-not-marked", "placeholder"],
  ["placeholder-leak", "placeholder"],
  ["prefix-short-by-3", "wrong-ciphertext"],
  // The nonce of TLS 1.2 stands in the record, so a wrong record number spoils the tag alone (RFC 5288 §3).
  ["record-number-high", "wrong-tag"],
];
for (const [bug, verdict] of faulty) {
  test(`a device with ${bug} puts ${verdict} on the wire, and wire=match fails`, () => {
    const fails = (expects: string) => failuresOf(story(expects), brokenConnectx(bug)).length;
    assert.equal(fails(` expect wire=${verdict}\nexpect wire=${verdict}`), 0);
    assert.equal(fails(` expect no wire=${verdict}`), 1);
    assert.equal(fails(" expect wire=match"), 1);
    assert.equal(fails("expect wire=match"), 1);
  });
}

test("a packet's verdict is one on what left: nothing, what is not known, what was before the offload", () => {
  const file = (events: string) => `device eth0\nconnection web device=eth0\n${events}\n`;
  assert.deepEqual(failuresOf(file("+0 web > -51:0(51)\n expect wire=match")), []);
  assert.deepEqual(failuresOf(file("+0 web send 9\n expect wire=nothing")), []);
  assert.deepEqual(failuresOf(file("+0 web send 9\n+0 web > 0:38(38) lost\n expect wire=match")), []);
  assert.deepEqual(failuresOf(file("+0 web send 9\n+0 web > 0:38(38) qdisc-drop\n expect wire=nothing")), []);
  assert.deepEqual(failuresOf(file("+0 web send 9\n+0 web > -5:38(43)\n expect wire=nothing")), []);
  assert.deepEqual(failuresOf(file("+0 web send 9\n+0 web > -5:38(43) captured\n expect wire=unknown")), []);
  assert.deepEqual(
    failuresOf(file("+0 web gap 90\n+0 web > 0:90(90)\n expect wire=unknown\nexpect wire=match")),
    ["wire=match | wire=unknown at line 4"],
  );
});

test("a sequence number beyond 2^31 is expected as it is written", () => {
  let text = "device eth0\nconnection web device=eth0\n";
  for (const end of [1, 2])
    text += `+0 web gap 1000000000\n+0 web > ${end}000000000:${end}000000000(0)\n+0 web < ack ${end}000000000\n`;
  text += "+0 web gap 500000000\n+0 web > 2400000000:2400000100(100)\n expect out-of-order seq=2400000000\n";
  assert.deepEqual(failuresOf(text), []);
});

const failedIn = (judged: Judged) => finished(failedExpectations(judged.timeline, outcomesOf(judged)));

test("a line that does not hold is a finding of its event, one for the whole file of the last; nobody writes it anywhere", () => {
  const trace = parseTrace("test", story(" expect no resync\nexpect no out-of-order"), profileById);
  const judged = replayed(trace);
  const failed = failedIn(judged);
  assert.deepEqual(
    failed.map(({ event, text }) => [event, text]),
    [
      [2, "line 8: expected no resync, got resync record=0 replayed=500"],
      [2, "line 9: expected no out-of-order, got out-of-order expected=1029 seq=500"],
    ],
  );
  assert.deepEqual(failedIn(judged), failed);
});

test("a line may speak of what was found before", () => {
  const trace = parseTrace("test", story(" expect profile-differs"), profileById);
  const judged = replayed(trace);
  assert.equal(failedIn(judged).length, 1);
  const kind = Sign["profile-differs"];
  const found = { kind, a: 0, b: 0, event: 2, stage: -1, place: "", text: "innova sends nothing" };
  assert.deepEqual(failedIn({ ...judged, findings: new Findings({ findings: [found] }) }), []);
});
