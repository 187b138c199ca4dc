import assert from "node:assert/strict";
import { test } from "node:test";
import { compareSamples, readCounters } from "./counters.ts";

/**
 * `ethtool -S` of a ConnectX, shortened: names of mlx5 (en_accel/ktls_stats.c, en_stats.c) and of the kernel's
 * Documentation/networking/tls-offload.rst, in the order in which ethtool prints them.
 */
const ethtool = (ooo: number, drops: number) => `NIC statistics:
     rx_packets: 81234
     tx_packets: 90000
     tx_tls_encrypted_packets: ${1000 + ooo}
     tx_tls_encrypted_bytes: 1448000
     tx_tls_ooo: ${ooo}
     tx_tls_drop_no_sync_data: ${drops}
     tx_tls_ctx: 3
     tx0_packets: 5
     tx0_tls_ooo: ${ooo}
     tx11_tls_ooo: 0
`;

/** /proc/net/tls_stat: names in 32 columns, a tab, the number (net/tls/tls_proc.c). */
const tlsStat = (values: Record<string, number | bigint>) =>
  Object.entries(values)
    .map(([name, value]) => `${name.padEnd(32)}\t${value}\n`)
    .join("");

function compare(...files: [name: string, text: string][]) {
  const read = files.map(([name, text]) => readCounters(name, text));
  const { counters, diagnostics } = compareSamples(read.flatMap(({ samples }) => samples));
  const messages = [...read.flatMap((file) => file.diagnostics), ...diagnostics].map(
    ({ severity, line, message }) => `${severity} ${line}: ${message}`,
  );
  return { counters, messages };
}

/** Changes in one line each: `name before→after delta`. */
function changes(...files: [name: string, text: string][]): string[] {
  const text = (value: bigint | null) => value ?? "-";
  return compare(...files).counters.map(
    ({ name, before, after, delta }) => `${name} ${text(before)}→${text(after)} ${text(delta)}`,
  );
}

const ethtoolChanges = [
  "tx_tls_encrypted_packets 1004→1009 5",
  "tx_tls_encrypted_bytes 1448000→1448000 0",
  "tx_tls_ooo 4→9 5",
  "tx_tls_drop_no_sync_data 0→2 2",
  "tx_tls_ctx 3→3 0",
  "tx0_tls_ooo 4→9 5",
  "tx11_tls_ooo 0→0 0",
];

test("two files: what changed of every counter with tls in its name", () => {
  const files: [string, string][] = [
    ["a", ethtool(4, 0)],
    ["b", ethtool(9, 2)],
  ];
  assert.deepEqual(changes(...files), ethtoolChanges);
  assert.deepEqual(compare(...files).messages, []);
  const [, , ooo] = compare(...files).counters;
  assert.deepEqual([ooo!.source, ooo!.file, ooo!.line], ["ethtool", "b", 6]);
});

test("the samples may stand in one file, and say which is which", () => {
  const [before, after] = [ethtool(4, 0), ethtool(9, 2)];
  const headless = (text: string) => text.replace("NIC statistics:\n", "");
  const lines = (text: string) => text.replaceAll("\n", "\r\n");
  const cases: [string, string][][] = [
    [["x", before + after]],
    [["x", headless(before) + headless(after)]],
    [["x", `== before\n${headless(before)}== after\n${lines(after)}`]],
    [["x", `== after\n${after}\n== before\n${before}`]],
    [
      ["dir/after/ethtool-before.txt", before],
      ["dir/after/ethtool-after.txt", after],
    ],
    [
      ["ethtool.after", after],
      ["ethtool.before", before],
    ],
  ];
  for (const files of cases) {
    assert.deepEqual(changes(...files), ethtoolChanges, files[0]![1]);
    assert.deepEqual(compare(...files).messages, []);
  }
});

test("tls_stat beside ethtool, in one file (kernel.md section 6.2)", () => {
  const first = tlsStat({ TlsCurrTxDevice: 5, TlsTxDevice: 9, TlsTxRekeyOk: 0 });
  const second = tlsStat({ TlsCurrTxDevice: 2, TlsTxDevice: 11, TlsTxRekeyOk: 1 });
  const expected = ["TlsCurrTxDevice 5→2 -3", "TlsTxDevice 9→11 2", "TlsTxRekeyOk 0→1 1"];
  assert.deepEqual(changes(["x", first + second]), expected);
  const whole = `== before\n${ethtool(4, 0)}${first}== after\n${ethtool(9, 2)}${second}`;
  assert.deepEqual(changes(["x", whole]), [...ethtoolChanges, ...expected]);
  // A gauge may fall.
  assert.deepEqual(compare(["x", whole]).messages, []);
});

test("counters wrap at 2^64; one that fell is reported", () => {
  const wraps = ["tx_tls_encrypted_bytes: 18446744073709551610\n", "tx_tls_encrypted_bytes: 10\n"].join("");
  assert.deepEqual(changes(["x", wraps]), ["tx_tls_encrypted_bytes 18446744073709551610→10 16"]);
  assert.deepEqual(compare(["x", wraps]).messages, []);
  const reset = "tx_tls_ooo: 7\ntx_tls_ooo: 2\n";
  assert.deepEqual(changes(["x", reset]), ["tx_tls_ooo 7→2 -5"]);
  assert.match(compare(["x", reset]).messages.join(), /^warning 2: less after than before: tx_tls_ooo; /);
});

test("a counter of one queue says which", () => {
  const queues = {
    tx_tls_ooo: null,
    tx0_tls_ooo: 0,
    tx11_tls_ooo: 11,
    ptp_tx3_tls_ooo: 3,
    tx_queue_4_tls_ooo: 4,
    queue_5_tls_ooo: 5,
    "[6]: tx_tls_ooo": 6,
    hw_tls_tx: null,
    tx_tls_drop_q2_x: null,
    tx_tls_pool_alloc: null,
  };
  const text = Object.keys(queues).map((name) => `  ${name}: 1\n`);
  const { counters } = compare(["x", text.join("")]);
  assert.deepEqual(Object.fromEntries(counters.map(({ name, queue }) => [name, queue])), queues);
});

test("every vendor's names are kept; what has nothing to do with TLS is not", () => {
  const text = `
     tls_tx_fallback: 1
     ktls_tx_ooo: 2
     rx_packets: 3
     tx_bytes: 4
dev.mce.0.tls.tx_packets: 5
dev.mce.0.rstats: 6
tx_packets_ooo: 7
tls-hw-tx-offload: on
tls-hw-rx-offload: off [fixed]
dev.mce.0.tls:
`;
  assert.deepEqual(changes(["x", text]), [
    "tls_tx_fallback -→1 -",
    "ktls_tx_ooo -→2 -",
    "dev.mce.0.tls.tx_packets -→5 -",
    "tx_packets_ooo -→7 -",
  ]);
});

test("what Chelsio's debugfs says in phrases goes by the driver's names", () => {
  // chcr_stats_show() of cxgb4_debugfs.c prints these, values to the right; other lines are no TLS counters of the adapter.
  const text = `Chelsio KTLS Crypto Accelerator Stats
Tx TLS offload refcount:                             2
Tx records send:                                     9
Tx partial start of records:                         1
Tx partial middle of records:                        2
Tx partial end of record:                            3
Tx complete records:                                 4
TX trim pkts :                                       5
Port 0
Tx connection closed:                                6
`;
  assert.deepEqual(changes(["x", text]), [
    "Tx TLS offload refcount -→2 -",
    "ktls_tx_start_pkts -→1 -",
    "ktls_tx_middle_pkts -→2 -",
    "ktls_tx_end_pkts -→3 -",
    "ktls_tx_complete_pkts -→4 -",
    "ktls_tx_trimmed_pkts -→5 -",
  ]);
});

test("what keeps the changes from being trusted is said", () => {
  const cases: [text: string, message: RegExp][] = [
    ["tx_tls_ooo: 1\n", /^note 1: the ethtool counters were taken only once/],
    ["tx_tls_ooo: 1\n".repeat(3), /^note 3: there are 3 samples of ethtool counters/],
    ["tx_tls_ooo: 1\ntx_tls_b: 1\n== after\ntx_tls_ooo: 1\n", /^note 2: only before: tx_tls_b; /],
    ["tx_tls_ooo: 1\n== after\ntx_tls_ooo: 1\ntx_tls_c: 1\n", /^note 4: only after: tx_tls_c; /],
    ["tx_tls_ooo: 1\ntx_tls_ooo: 18446744073709551616\ntx_tls_ooo: 2\n", /^warning 2: tx_tls_ooo is not a/],
    ["tx_tls_ooo: 1\nTlsTxSw x\ntx_tls_ooo: 2\n", /^warning 2: TlsTxSw is not a whole number/],
    ["NIC statistics:\n     rx_packets: 1\n", /^note 1: no counter has `tls` in its name; /],
    ["tx_tls_ooo: 1\n".repeat(5000), /^warning 4097: only the first 4096 samples/],
  ];
  for (const [text, message] of cases) assert.match(compare(["x", text]).messages[0] ?? "", message);
});

test("names that objects have are names like any other", () => {
  assert.deepEqual(changes(["x", "__proto__tls: 1\n__proto__tls: 3\n"]), ["__proto__tls 1→3 2"]);
});
