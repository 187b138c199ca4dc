import assert from "node:assert/strict";
import { test } from "node:test";
import { findingText } from "../../replay/findings.ts";
import { lay, line, lines, replay, timelineOf } from "../../test/evidence-sample.ts";

const [install, request] = lines as [string, string];

test("is it on at all? the first line says", () => {
  const first = (...files: [string, string][]) => lay(replay(), ...files).summary[0]!;
  assert.match(first(["k", install]), /^offload of 10\.0\.0\.1:443>10\.0\.0\.2:41000: installed \(k:1\)$/);
  assert.match(
    first(["k", line(1, "ret=0", "ret=-28")]),
    /NOT INSTALLED.*ret=-28 \(ENOSPC, the device has no context left; k:1\)/,
  );
  assert.match(first(["k", request]), /no evidence says/);
  const stat = (device: number, software: number) => `TlsTxDevice \t${device}\nTlsTxSw \t${software}\n`;
  assert.match(
    first(["b", stat(1, 1)], ["a", stat(2, 1)]),
    /^offload: installed, TlsTxDevice rose by 1 \(a:1\)$/,
  );
  assert.match(
    first(["b", stat(1, 1)], ["a", stat(1, 2)]),
    /^offload: NOT INSTALLED.*TlsTxSw rose by 1 \(.*could be offloaded, so look at the device/,
  );
});

/** Device counter still, software counter rises: why, by version and cipher (kernel.md sections 1.7, 2.1 and version vocabulary). */
test("a refused offload says why the kernel may have refused it", () => {
  const because = (device: string, connection: string) => {
    const timeline = timelineOf(
      `device eth0 ${device}\nconnection web device=eth0 seq=1 ${connection}\n+0 web send 9\n`,
    );
    const stat = (software: number) => `TlsTxDevice \t4\nTlsTxSw \t${software}\n`;
    return lay(timeline, ["b", stat(1)], ["a", stat(2)]);
  };
  assert.match(
    because("profile=connectx", "version=1.3").summary[0]!,
    /TLS 1\.3, which is offloaded from “net-next of autumn 2026/,
  );
  assert.match(
    because("profile=netronome", "version=1.3").summary[0]!,
    /TLS 1\.3, which Netronome Agilio \(nfp\) does not take \(version\)/,
  );
  assert.match(
    because("profile=connectx", "cipher=aes-256-gcm").summary[0]!,
    /cipher aes-256-gcm is offloaded from “v6\.1\.y/,
  );
  // What the model refuses by itself is no disagreement.
  const refused = because("profile=connectx kernel=v6.18", "version=1.3");
  assert.equal(refused.isInstalled, false);
  assert.match(refused.summary[0]!, /the model says so, too: version/);
  assert.deepEqual(refused.findings, []);
});

/** Packets of the sample by hand: two in order, two in software; one socket installed and closed. */
test("counters: names, both values, and why they may differ", () => {
  const counters: [name: string, rise: number, finding: RegExp | null][] = [
    ["tx_tls_encrypted_packets", 2, null],
    [
      "tx_tls_encrypted_packets",
      1,
      /^a:2: the kernel reported tx_tls_encrypted_packets \+1; the model says \+2 \(packets went through the software fallback/,
    ],
    ["tx_tls_ooo", 2, null],
    [
      "tx_tls_ooo",
      3,
      /the kernel reported tx_tls_ooo \+3; the model says \+2 \(other connections of the device share/,
    ],
    ["tx0_tls_ooo", 3, /the kernel reported tx_tls_ooo \+3; the model says \+2/],
    ["tx_tls_drop_no_sync_data", 1, /the kernel reported tx_tls_drop_no_sync_data \+1; the model says \+0/],
    // The model has no receive side, and nothing to say of what it does not know.
    ["rx_tls_decrypted_packets", 7, null],
    ["tx_tls_whatever", 7, null],
  ];
  for (const [name, rise, finding] of counters) {
    const text = (value: number) => `NIC statistics:\n     ${name}: ${value}\n`;
    const findings = lay(replay(), ["b", text(10)], ["a", text(10 + rise)]).findings.map(findingText);
    assert.equal(findings.length, finding === null ? 0 : 1, name);
    if (finding) assert.match(findings[0]!, finding);
  }
  const stats: [name: string, rise: number, finding: RegExp | null][] = [
    ["TlsTxDevice", 1, null],
    ["TlsTxDevice", 0, /TlsTxDevice \+0; the model says \+1 \(offload was refused: .* could be offloaded/],
    ["TlsTxSw", 1, /TlsTxSw \+1; the model says \+0/],
    ["TlsCurrTxDevice", 0, null],
    ["TlsCurrTxDevice", 1, /TlsCurrTxDevice \+1; the model says \+0/],
    ["TlsTxRekeyOk", 1, /TlsTxRekeyOk \+1; the model says \+0/],
    ["TlsRxDevice", 5, null],
  ];
  for (const [name, rise, finding] of stats) {
    const findings = lay(replay(), ["b", `${name} \t10\n`], ["a", `${name} \t${10 + rise}\n`]).findings.map(
      findingText,
    );
    assert.equal(findings.length, finding === null ? 0 : 1, name);
    if (finding) assert.match(findings[0]!, finding);
  }
});

test("rekeys are counted by how they end, and a failed one is reported", () => {
  const text = (refuse: string) => `device eth0 profile=connectx
connection web device=eth0 version=1.3 seq=1000
+0 web send 10
+1 web > 0:32(32)
+1 web rekey
+1 web < ack 32
${refuse}+1 web send 10
+1 web close
`;
  const stat = (ok: number, fallback: number) => `TlsTxRekeyOk \t${ok}\nTlsTxRekeyFallback \t${fallback}\n`;
  const set = (time: number, seq: number, ret: number) =>
    `  a-1 [000] .....   ${time}.0: tls_device_offload_set: sk=1 direction=1 tcp_seq=${seq} rec_no=0 ret=${ret}\n`;
  const install = set(1, 1000, 0);
  const fail = "  a-1 [000] .....   6.0: tls_device_complete_rekey_fail: sk=1 rc=-95\n";
  const overlay = (refuse: string, ok: number, fallback: number, trace: string) =>
    lay(timelineOf(text(refuse)), ["b", stat(0, 0)], ["a", stat(ok, fallback)], ["k", trace]).findings.map(
      findingText,
    );
  assert.deepEqual(overlay("", 1, 0, install + set(5, 1032, 0)), []);
  assert.deepEqual(overlay("+1 eth0 refuse\n", 0, 1, install + set(6, 1032, -95) + fail), []);
  const elsewhere = overlay("", 1, 0, install + set(5, 1054, 0));
  assert.equal(elsewhere.length, 1);
  assert.match(
    elsewhere[0]!,
    /no tls_device_offload_set of web; the model says rekey-done: .* tcp_seq 32 .*rec_no 0/,
  );
  assert.deepEqual(overlay("", 1, 0, install + set(5, 1032, 0) + fail), [
    "k:3: the kernel reported tls_device_complete_rekey_fail rc -95; the model says that no rekey failed",
  ]);
});

/** A story of `web` between two samples of tls_stat, and what the counters did meanwhile: each as it must be, and one off. */
const rekeyCounts: [story: string, moved: Record<string, number>][] = [
  // Deferred and not done.
  ["rekey", { TlsTxRekeyOk: 0, TlsCurrTxRekey: 1, TlsCurrTxDevice: 1, TlsCurrTxSw: 0 }],
  ["< ack 32; rekey", { TlsTxRekeyOk: 1, TlsCurrTxRekey: 0, TlsCurrTxDevice: 1 }],
  // The one that was overtaken is done as well.
  ["rekey; rekey", { TlsTxRekeyOk: 1, TlsCurrTxRekey: 1 }],
  ["rekey; rekey; < ack 32; send 0", { TlsTxRekeyOk: 2, TlsCurrTxRekey: 0 }],
  [
    "rekey; < ack 32; eth0 refuse; send 10",
    { TlsTxRekeyFallback: 1, TlsTxRekeyOk: 0, TlsCurrTxRekey: 0, TlsCurrTxDevice: 0, TlsCurrTxSw: 1 },
  ],
  // After a failure: among the device's again as soon as the next one begins.
  [
    "rekey; < ack 32; eth0 refuse; send 10; > 32:64(32); eth0 accept; rekey",
    { TlsTxRekeyFallback: 1, TlsCurrTxRekey: 1, TlsCurrTxDevice: 1, TlsCurrTxSw: 0 },
  ],
  [
    "rekey; < ack 32; eth0 refuse; send 10; > 32:64(32); eth0 accept; rekey; < ack 64; send 0",
    { TlsTxRekeyFallback: 1, TlsTxRekeyOk: 1, TlsCurrTxRekey: 0, TlsCurrTxDevice: 1 },
  ],
  ["rekey; close", { TlsTxRekeyAborted: 1, TlsTxRekeyOk: 0, TlsCurrTxRekey: 0, TlsCurrTxDevice: 0 }],
];

test("tls_stat tells how far a rekey has got, and where its socket is", () => {
  const declared = "device eth0 profile=connectx\nconnection web device=eth0 version=1.3\n";
  for (const [story, moved] of rekeyCounts) {
    const steps = ["send 10", "> 0:32(32)", ...story.split("; ")];
    const lines = steps.map((step) => `+0 ${step.startsWith("eth0") ? "" : "web "}${step}\n`);
    const timeline = timelineOf(declared + lines.join(""));
    const stat = (values: Record<string, number>) =>
      Object.entries(values)
        .map(([name, value]) => `${name} \t${10 + value}\n`)
        .join("");
    const none = Object.fromEntries(Object.keys(moved).map((name) => [name, 0]));
    const findings = (after: Record<string, number>) =>
      lay(timeline, ["b", stat(none)], ["a", stat(after)]).findings.map(findingText);
    assert.deepEqual(findings(moved), [], story);
    for (const [name, value] of Object.entries(moved))
      assert.equal(findings({ ...moved, [name]: value + 1 }).length, 1, `${story}: ${name}`);
  }
});
