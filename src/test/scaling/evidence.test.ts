import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { layEvidence, type Overlay } from "../../judge/evidence/evidence.ts";
import { Timeline } from "../../replay/timeline.ts";
import { readEvidence } from "../../trace/evidence/evidence.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { growthOf } from "./growth.ts";

const times = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join("");

function laid(device: string, lines: string, told: string): Overlay {
  const trace = parseTrace("a.tlstrace", `device eth0 ${device}\n${lines}`, profileById);
  const errors = trace.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
  return layEvidence(new Timeline(trace).runAll(), readEvidence([{ name: "told", text: told }]));
}

/** A line of a kernel trace, a microsecond behind the other. */
const hit = (i: number, text: string): string =>
  `  nginx-1  [000] ..... 1.${String(i).padStart(6, "0")}: ${text}\n`;

const connections = (count: number, each: (i: number) => string = () => "") =>
  times(count, (i) => `connection w${i} device=eth0 ${each(i)}\n`);

const installed = (i: number, seq: number, ret = 0): string =>
  hit(i, `tls_device_offload_set: sk=${(i + 1).toString(16)} direction=1 tcp_seq=${seq} rec_no=0 ret=${ret}`);
const requested = (i: number, sk: number, seq: number): string =>
  hit(i, `tls_device_tx_resync_req: sk=${sk.toString(16)} tcp_seq=${seq} exp_tcp_seq=1`);
const again = (i: number): string =>
  hit(
    i,
    "tcp_retransmit_skb: skbaddr=1 skaddr=1 family=AF_INET sport=1 dport=2 saddr=1.0.0.1 daddr=1.0.0.2 saddrv6=::ffff:1.0.0.1 daddrv6=::ffff:1.0.0.2 state=TCP_ESTABLISHED",
  );

const shapes: readonly (readonly [says: string, size: number, run: (count: number) => unknown])[] = [
  [
    "connections that begin at one number, and as many sockets",
    700,
    (count) =>
      laid(
        "profile=connectx",
        `${connections(count, () => "seq=1000")}+0 w0 send 5\n`,
        times(count, (i) => installed(i, 1000)),
      ),
  ],
  [
    "connections whose offload the kernel refused",
    1500,
    (count) =>
      laid(
        "profile=connectx",
        `${connections(count, (i) => `seq=${1000 * i}`)}+0 w0 send 5\n`,
        times(count, (i) => installed(i, 1000 * i, -28)),
      ),
  ],
  [
    "sockets that tell nothing but a number within many streams",
    700,
    (count) =>
      laid(
        "profile=connectx",
        `${connections(count, () => "seq=1000")}${times(count, (i) => `+0 w${i} send 500\n`)}`,
        times(count, (i) => requested(i, i + 1, 1200)),
      ),
  ],
  [
    "a socket that reports what the model has no reason for",
    2000,
    (count) =>
      laid(
        "profile=connectx",
        `${connections(1, () => "seq=1000")}+0 w0 send 500\n`,
        installed(0, 1000) + times(count, (i) => requested(i + 1, 1, 5000 + i)),
      ),
  ],
  [
    "retransmissions at one time, and other reports than there are",
    1000,
    (count) =>
      laid(
        "profile=connectx",
        `connection w0 device=eth0 seq=1000\n+0 w0 send 16000\n+0 w0 > 0:1000(1000)\n${"+0 w0 > 0:100(100)\n".repeat(count)}`,
        installed(0, 1000) + times(count - 1, () => again(0)),
      ),
  ],
  [
    "counters of queues, and of a device",
    2000,
    (count) => {
      const sample = (value: number) =>
        `NIC statistics:\n${times(count, (i) => `tx${i}_tls_a${i}: ${value}\nrx_tls_b${i}: ${value}\n`)}`;
      return laid("profile=connectx", "connection w0 device=eth0\n+0 w0 send 5\n", sample(1) + sample(2));
    },
  ],
  [
    "counters of many connections",
    2000,
    (count) => {
      const sample = (value: number) => `TlsTxDevice \t${value}\nNIC statistics:\ntx_tls_ooo: ${value}\n`;
      return laid("profile=connectx", `${connections(count)}+0 w0 send 5\n`, sample(1) + sample(2));
    },
  ],
];

for (const [says, size, run] of shapes)
  test(`four times the evidence takes about four times as long, not sixteen: ${says}`, () => {
    const growth = growthOf(run, size);
    assert.ok(growth < 9, `four times the input took ${growth.toFixed(1)} times as long`);
  });

test("reports of retransmissions at one time fill the bursts one after the other, and those left are told", () => {
  const { matched, findings } = laid(
    "profile=connectx",
    `connection w0 device=eth0 seq=1000\n+0 w0 send 16000\n+0 w0 > 0:1000(1000)\n${"+0 w0 > 0:100(100)\n".repeat(9)}`,
    installed(0, 1000) + times(7, () => again(0)),
  );
  assert.equal(matched, 1 + 7);
  assert.deepEqual(
    findings.map(({ event, text }) => `${event} ${text.slice(0, 44)}`),
    // The packets sent again are events 2 to 10.
    [9, 10].map((event) => `${event} the kernel reported no tcp_retransmit_skb of`),
  );
});
