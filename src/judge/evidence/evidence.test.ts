import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { Findings, findingText, signsAt } from "../../replay/findings.ts";
import { Timeline } from "../../replay/timeline.ts";
import { wordEffect } from "../../replay/view/effect-text.ts";
import { explain } from "../../replay/view/explain.ts";
import { scopeAt } from "../../replay/view/scopes.ts";
import { judgedView } from "../../replay/view/view.ts";
import { lay, line, lines, read, replay, timelineOf } from "../../test/evidence-sample.ts";
import { mutate, seeded } from "../../test/simulator/mutate.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { Sign } from "../../trace/signs.ts";

/** Findings of a kernel trace laid over the sample. */
const found = (...trace: string[]): string[] =>
  lay(replay(), ["k", trace.join("\n")]).findings.map(findingText);

const [install, request, resync, retransmit] = lines as [string, string, string, string];
const other = (text: string) => text.replace("a1b2c3d4", "0000dddd");

/**
 * Sequence numbers by hand: the offload starts at 4294966296 = −1000, so byte 2896 is 1896, 1448 is 448, 4029 is 3029.
 * Fields by net/tls/trace.h; what is reported when, by kernel.md sections 2.4, 5.4 and 6.3.
 */
const cases: [what: string, trace: string[], findings: string[]][] = [
  ["the sample agrees", lines, []],
  [
    "another record number",
    [install, request, line(3, "rec_no=2", "rec_no=3"), retransmit],
    ["k:3: the kernel reported tls_device_tx_resync_send with rec_no 3; the model says rec_no 2"],
  ],
  [
    "another place of a resync",
    [install, request, line(3, "tcp_seq=3029", "tcp_seq=3030"), retransmit],
    [
      "k:3: the kernel reported tls_device_tx_resync_send with tcp_seq 4030 (3030); the model says tcp_seq 4029 (3029)",
    ],
  ],
  [
    "another expected number",
    [install, line(2, "exp_tcp_seq=448", "exp_tcp_seq=0"), resync, retransmit],
    [
      "k:2: the kernel reported tls_device_tx_resync_req with exp_tcp_seq 1000 (0); the model says exp_tcp_seq 1448 (448)",
    ],
  ],
  [
    "the driver refused",
    [line(1, "ret=0", "ret=-95"), request, resync, retransmit],
    ["k:1: the kernel reported tls_device_offload_set with ret -95; the model says ret 0"],
  ],
  [
    "a resync that was not sent",
    [install, request, retransmit],
    [
      "the kernel reported no tls_device_tx_resync_send of 10.0.0.1:443>10.0.0.2:41000; the model says resync-sent: tls_device_tx_resync_send tcp_seq 4029 (3029), rec_no 2",
    ],
  ],
  ["... but events were lost", [install, request, "CPU:1 [LOST 9 EVENTS]", retransmit], []],
  [
    "an offload that only the receive side got",
    [line(1, "direction=1", "direction=0"), request, resync, retransmit],
    [
      "the kernel reported no tls_device_offload_set of 10.0.0.1:443>10.0.0.2:41000; the model says offload-installed: tls_device_offload_set tcp_seq 0 (4294966296), rec_no 1, ret 0",
    ],
  ],
  ["a recording that began later", [request, resync, retransmit], []],
  ["a recording that ended earlier", [install, request], []],
  [
    "a request too many",
    [install, request, line(2, "100.001012", "100.002000"), resync, retransmit],
    [
      "k:3: the kernel reported tls_device_tx_resync_req tcp_seq 2896 (1896), exp_tcp_seq 1448 (448); the model says that no resync was asked for",
    ],
  ],
  [
    "the answer before the request",
    [install, line(3, "100.003011", "100.001000"), request, retransmit],
    [
      "k:3: the kernel reported tls_device_tx_resync_req after the tls_device_tx_resync_send of line 2; the model says before it",
    ],
  ],
  [
    "a request of another socket",
    [install, other(request), resync, retransmit],
    [
      "k:2: the kernel reported tls_device_tx_resync_req of the socket dddd; the model says that it is of 10.0.0.1:443>10.0.0.2:41000, which is the socket a1b2c3d4",
    ],
  ],
  [
    "a retransmission too many",
    [...lines, line(4, "100.035020", "100.090000")],
    [
      "k:5: the kernel reported tcp_retransmit_skb err 0; the model says that no byte was sent again then (it may have been lost before the trace saw it)",
    ],
  ],
  [
    "a retransmission from another port",
    [install, request, resync, line(4, "sport=443", "sport=444")],
    [
      "k:4: the kernel reported tcp_retransmit_skb of 10.0.0.1:444>10.0.0.2:41000; the model says that the socket is 10.0.0.1:443>10.0.0.2:41000",
    ],
  ],
  [
    "sockets that nobody knows, and the receive side",
    [
      ...lines,
      "  a-1 [000] .....   100.05: tls_device_offload_set: sk=00000000e direction=1 tcp_seq=7 rec_no=9 ret=-22",
      "  a-1 [000] .....   100.06: tls_device_decrypted: sk=00000000a1b2c3d4 tcp_seq=1 rec_no=1 len=9 encrypted=0 decrypted=1",
    ],
    [],
  ],
  [
    "a socket of which nothing fits, for there is no other",
    [line(1, "tcp_seq=4294966296", "tcp_seq=5")],
    [
      "k:1: the kernel reported tls_device_offload_set with tcp_seq 1005 (5); the model says tcp_seq 0 (4294966296)",
    ],
  ],
];

for (const [what, trace, expected] of cases) test(what, () => assert.deepEqual(found(...trace), expected));

test("an older kernel prints no pointer for a retransmission: the only connection's, or by its addresses", () => {
  const old = retransmit.replace(/skaddr=\w+ /, "");
  for (const name of ["10.0.0.1:443>10.0.0.2:41000", "web"]) {
    const text = read("netronome.tlstrace").replaceAll("10.0.0.1:443>10.0.0.2:41000", name);
    const overlay = lay(timelineOf(text), ["k", [install, request, resync, old].join("\n")]);
    assert.deepEqual([overlay.matched, overlay.tracepoints, overlay.findings], [4, 4, []], name);
  }
});

test("pointers that could not be hashed yet: each tracepoint finds its place by its numbers", () => {
  const bare = lines.map((text) => text.replace(/(sk(?:addr)?=)\w*a1b2c3d4/, "$1(____ptrval____)"));
  assert.deepEqual(found(...bare), []);
  const two = twins.replace("connection b device=eth0 seq=1000", "connection b device=eth0 seq=5000");
  const hit = (seq: number) =>
    `  a-1 [000] .....   1.0: tls_device_offload_set: sk=(____ptrval____) direction=1 tcp_seq=${seq} rec_no=0 ret=0\n`;
  assert.equal(lay(timelineOf(two), ["k", hit(1000) + hit(5000)]).matched, 2);
});

test("a retransmission that the kernel did not report, where it reported others", () => {
  const again = "+.020  10.0.0.1:443>10.0.0.2:41000 > 0:1448(1448)\n";
  const text = read("netronome.tlstrace")
    .replace(/^\+\.020/m, `${again}+.020`)
    .replace("tx_tls_ooo=2", "tx_tls_ooo=3");
  const trace = [
    ...lines,
    "  a-1 [000] .....   100.1: tls_device_rx_resync_nh_schedule: sk=00000000a1b2c3d4",
  ];
  assert.deepEqual(lay(timelineOf(text), ["k", trace.join("\n")]).findings.map(findingText), [
    "the kernel reported no tcp_retransmit_skb of 10.0.0.1:443>10.0.0.2:41000; the model says that 0:1448 was sent again",
  ]);
});

test("a disagreement is found at its event and stage; what agrees is seen as well", () => {
  const timeline = replay();
  const hits = [install, request, line(3, "rec_no=2", "rec_no=3"), retransmit];
  const judged = { timeline, findings: new Findings(lay(timeline, ["k", hits.join("\n")])) };
  assert.equal(judged.findings.all.length, 1);
  const { event, stage } = judged.findings.all[0]!;
  assert.equal(timeline.trace.events.line.at(event), 15);
  const shown = signsAt(judged, { event, stage });
  assert.deepEqual(shown.map(({ kind }) => kind).slice(-2), [Sign["resync-sent"], Sign["evidence-differs"]]);
  const view = judgedView(judged, { event, stage });
  const sentence =
    "k:3: the kernel reported tls_device_tx_resync_send with rec_no 3; the model says rec_no 2";
  const sign = shown.at(-1)!;
  assert.equal(wordEffect(view, sign), `evidence-differs finding=${sentence}`);
  const { headline, details } = explain(view, sign);
  assert.ok(headline.includes(sentence));
  const told = "tls_device_tx_resync_send tcp_seq 4029 (3029), rec_no 3";
  assert.ok(
    details.some(({ name, value }) => name === "reported by the kernel" && value === `${told} (k:3)`),
  );
  const kernel = scopeAt(view, "packet")!
    .children()
    .find(({ name }) => name === "kernel")!;
  assert.equal(kernel.value, told);
  assert.deepEqual(
    kernel.children().map(({ value }) => value),
    [`k:3: ${told}`],
  );
});

test("a kernel before the tracepoints reports nothing, and that is no disagreement", () => {
  const text =
    "device eth0 profile=connectx kernel=v4.19\nconnection web device=eth0 seq=1\n+0 web send 9\n+1 web > 0:38(38)\n+1 web > 0:38(38)\n+1 web > 0:38(38)\n";
  const again = (time: number) => retransmit.replace("100.035020", `${time}.0`);
  assert.deepEqual(lay(timelineOf(text), ["k", `${again(5)}\n${again(6)}\n`]).findings, []);
});

/** Connections a and b cannot be told apart. */
const twins = `device eth0 profile=netronome
connection a device=eth0 seq=1000 rec_seq=0
connection b device=eth0 seq=1000 rec_seq=0
connection c device=eth0 seq=1000 rec_seq=1
+0 a send 9
+0 b send 9
+0 c send 9
`;

test("sockets with the same numbers are left out, and it is said", () => {
  const hit = (sk: number, number: number) =>
    `  a-1 [000] .....   1.${sk}: tls_device_offload_set: sk=${sk} direction=1 tcp_seq=1000 rec_no=${number} ret=0\n`;
  const { summary, findings, matched } = lay(timelineOf(twins), ["k", hit(1, 0) + hit(2, 0) + hit(3, 1)]);
  assert.deepEqual(
    summary.filter((text) => /may be/.test(text)),
    [
      "socket 1 of k may be a or b: its 1 tracepoint is left out",
      "socket 2 of k may be a or b: its 1 tracepoint is left out",
    ],
  );
  assert.equal(matched, 1);
  assert.deepEqual(findings, []);
});

test("a pointer that is used again is another connection", () => {
  const text =
    "device eth0 profile=netronome\nconnection a device=eth0 seq=1000\nconnection b device=eth0 seq=9000\n+0 a send 9\n+1 b send 9\n";
  const hit = (time: number, seq: number) =>
    `  a-1 [000] .....   ${time}.0: tls_device_offload_set: sk=1 direction=1 tcp_seq=${seq} rec_no=0 ret=0\n`;
  const { summary, findings } = lay(timelineOf(text), ["k", hit(1, 1000) + hit(2, 9000)]);
  assert.deepEqual(summary.slice(0, 2), ["offload of a: installed (k:1)", "offload of b: installed (k:2)"]);
  assert.deepEqual(findings, []);
});

test("damaged evidence is laid over the replay as far as it can be read", () => {
  const random = seeded(Number(process.env.SEED ?? 1));
  const encoder = new TextEncoder();
  const files = ["agrees.trace", "agrees-before.txt", "agrees-after.txt"];
  for (let run = 0; run < 300; run++) {
    const damaged = files.map((name): [string, string] => {
      return [name, new TextDecoder("latin1").decode(mutate(encoder.encode(read(name)), random))];
    });
    const { findings, summary } = lay(replay(), ...damaged);
    for (const text of [...findings.map(findingText), ...summary])
      assert.doesNotMatch(text, /undefined|NaN|Infinity|\[object/);
  }
});

test("what a family or a kernel never reports is said so", () => {
  const { findings } = lay(timelineOf(read("netronome.tlstrace").replace("netronome", "connectx")), [
    "k",
    lines.join("\n"),
  ]);
  assert.match(
    findings[0]!.text,
    /the model says that no resync was asked for, which NVIDIA ConnectX-6 Dx .* never asks for$/,
  );
  const tls13 = timelineOf(
    "device eth0 profile=connectx kernel=v6.18\nconnection web device=eth0 version=1.3 seq=1000\n+0 web send 9\n",
  );
  const hit =
    "  a-1 [000] .....   1.0: tls_device_offload_set: sk=1 direction=1 tcp_seq=1000 rec_no=0 ret=0\n";
  assert.deepEqual(lay(tls13, ["k", hit]).findings.map(findingText), [
    "k:1: the kernel reported tls_device_offload_set direction 1, tcp_seq 0 (1000), rec_no 0, ret 0; the model says that the kernel refuses it by version and asks no driver",
  ]);
});

test("a capture shows records when they are first sent: a resync at a later one is explained", () => {
  const trace = { ...parseTrace("t", read("netronome.tlstrace"), profileById), kind: "capture" as const };
  const later = [install, request, line(3, "rec_no=2", "rec_no=3"), retransmit].join("\n");
  const [finding] = lay(new Timeline(trace).runAll(), ["k", later]).findings;
  assert.match(
    finding!.text,
    /rec_no 2 \(a capture does not show what the application had written already\)$/,
  );
});
