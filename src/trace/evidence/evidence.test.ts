import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceKind, readEvidence } from "./evidence.ts";

const hit = (time: string) =>
  `  nginx-1  [000] .....   ${time}: tls_device_tx_resync_req: sk=1 tcp_seq=2 exp_tcp_seq=1\n`;

test("what a file is, is told by its content", () => {
  for (const [text, kind] of [
    [`# tracer: nop\n#\n${hit("1.000000")}`, "ftrace"],
    ["cpus=4\n", "ftrace"],
    ["version = 6\ncpus=4\n", "ftrace"],
    ["CPU:2 [LOST 123 EVENTS]\n", "ftrace"],
    ["\n\n  swapper 0 [014] 12814.337522: net:napi_poll: x\n", "ftrace"],
    ["NIC statistics:\n     rx_packets: 1\n", "counters"],
    ["== before\nTlsCurrTxSw                     \t0\n", "counters"],
    ["     tx_tls_ooo: 0\n", "counters"],
    ["dev.mce.0.tls.tx_packets_ooo: 5\n", "counters"],
    ["", null],
    ["hello: world\nanswer: 42\n", null],
    ["tls: failed\n", null],
    ["\u00d4\u00c3\u00b2\u00a1\u0002\u0000", null],
    ["+0 web > 0:1448(1448)\n", null],
  ] as const)
    assert.equal(evidenceKind(text), kind, JSON.stringify(text));
});

test("files of every kind, in any order; rows are in the order of time", () => {
  const { tracepoints, counters, diagnostics } = readEvidence([
    { name: "two.txt", text: hit("2.000000") + hit("4.000000") },
    { name: "before.txt", text: "NIC statistics:\n     tx_tls_ooo: 1\n" },
    { name: "one.txt", text: hit("1.000000") + hit("3.000000") },
    { name: "tls_stat", text: "TlsTxSw \t1\nTlsTxSw \t5\n" },
    { name: "after.txt", text: "NIC statistics:\n     tx_tls_ooo: 4\n" },
  ]);
  assert.deepEqual(
    tracepoints.map(({ file, line, timeNs }) => `${file}:${line} ${timeNs / 1e9}`),
    ["one.txt:1 1", "two.txt:1 2", "one.txt:2 3", "two.txt:2 4"],
  );
  assert.deepEqual(
    counters.map(({ source, name, delta, file, line }) => [source, name, delta, `${file}:${line}`]),
    [
      ["ethtool", "tx_tls_ooo", 3n, "after.txt:2"],
      ["tls_stat", "TlsTxSw", 4n, "tls_stat:2"],
    ],
  );
  assert.deepEqual(diagnostics, []);
});

test("diagnostics name their file, an unknown one is one of them", () => {
  const { diagnostics } = readEvidence([
    { name: "dmesg", text: "[    0.000000] Linux version 6.18.0\n" },
    { name: "trace", text: `${hit("1.000000")}  nginx-1 [000] 1.0: tls_device_offload_set: sk=1\n` },
    { name: "tls_stat", text: "TlsTxSw \t1\n" },
  ]);
  assert.deepEqual(
    diagnostics.map(
      ({ severity, file, line, message }) => `${severity} ${file}:${line} ${message.slice(0, 30)}`,
    ),
    [
      "error dmesg:1 neither a kernel trace with ev",
      "warning trace:2 tls_device_offload_set has no ",
      "note tls_stat:1 the tls_stat counters were tak",
    ],
  );
  assert.deepEqual(readEvidence([]), { tracepoints: [], traces: [], counters: [], diagnostics: [] });
});
