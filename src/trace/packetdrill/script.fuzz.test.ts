import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { profiles } from "../../core/profiles/all.ts";
import { connectx } from "../../core/profiles/connectx.ts";
import { failuresOf } from "../../test/simulator/check.ts";
import { hangMs, mutate, seeded } from "../../test/simulator/mutate.ts";
import { isPacketdrill, parsePacketdrill } from "./script.ts";

/** Above this a replay by the slow reference would take long; the reader itself has been through by then. */
const replayedMax = 200_000;

const everyForm = `--mtu=1500
\`sysctl -q a=1\`
/* a
b */ 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.2 accept(3, ..., ...) = 4
+.1~+.2 < S 9:9(0) win 9 <mss 1000,sackOK>
* > [ect0] S. 0:0(0) ack 10 <mss 1460>
+0 sendmsg(4, {msg_name(...)=...,
  msg_iov(2)=[{..., 500}, {..., 600}],
  msg_flags=0}, MSG_MORE) = ...
+0 > 80 > 81 P. 1:1101(1100) ack 1 <nop,
  nop>
+0 %{ x }%
+0 < . 1:1(0) ack 1 <nop, sack 501:601 701:801>
+0 < icmp unreachable [1:2(1)]
+0 splice(6, NULL, 4, NULL, 99, SPLICE_F_MORE) = 99 // end
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0 connect(5, ..., ...) = 0
+0 > S 0:10(10)
+0 shutdown(4, SHUT_WR) = 0
+0 > FP. 1101:1200(99) ack 1
+0 connect(5, AF_UNSPEC, ...) = 0
+0 setsockopt(5, SOL_TCP, TCP_FASTOPEN_CONNECT, [1], 4) = 0
+0 sendto(5, ..., 9, MSG_FASTOPEN, ..., ...) = -1 EINPROGRESS (x)
+0 > addr[a] > addr[b] S 0:0(0) sock(5)
+0 < ipv4 1.1.1.1 > 2.2.2.2: gre:
  mpls (label 1): 5. 1:1 (0)
  ack 1! win ...
+0 > P5. ...(9) ack ... <dss>/udp(1 > 2)
`;

test("damaged scripts never throw or hang, and what is read of them replays with right bytes", (t) => {
  const runs = Number(process.env.FUZZ ?? 500);
  const seed = Number(process.env.SEED ?? 20_240_613);
  t.diagnostic(`SEED=${seed} FUZZ=${runs}`);
  const random = seeded(seed);
  const originals = [readFileSync("media/samples/fast-retransmit.pkt"), Buffer.from(everyForm)];
  let replayed = 0;
  for (let run = 0; run < runs; run++) {
    const text = new TextDecoder().decode(mutate(originals[run % originals.length]!, random));
    const start = performance.now();
    isPacketdrill("x", text);
    const trace = parsePacketdrill("x", text, profiles[run % profiles.length]!);
    assert.ok(performance.now() - start < hangMs, `run ${run} takes too long`);
    assert.ok(trace.connections.length > 0 || trace.diagnostics.some(({ severity }) => severity === "error"));
    const sent = trace.events.length.values.subarray(0, trace.events.count).reduce((sum, n) => sum + n, 0);
    if (sent > replayedMax) continue;
    assert.deepEqual(failuresOf(trace), [], `run ${run}:\n${text}`);
    replayed++;
  }
  assert.ok(replayed > runs / 2, `${replayed} of ${runs} were replayed`);
});

test("text that repeats one thing is read in time that grows with its length", () => {
  for (const piece of [
    ...'([{<>`"=*#/\n+',
    "/*",
    "%{",
    "<\n",
    "=\n",
    "+0 > S <a\nb\n",
    "+0 > . 1:1(0) <",
    "sack 1:2 ",
    "+0 < S 1:1(0)\n+0 > S. 0:0(0) ack 1\n",
    "+0 socket(SOCK_STREAM) = 3\n+0 connect(3) = 0\n",
    "+0 write(4, {..., 1}\n",
    "1 > 2 ",
    "+0 < gre:\n",
    "+0 < gre:\nx\n\n",
    "+0 > . ...(1) ack ...\n",
    "+0 < S 0:0(0) sock(3)\n+0 > S. 0:0(0) sock(3)\n+0 accept(3) = 4\n",
    "+0 socket(SOCK_STREAM) = 3\n+0 sendto(3, 1, 1, MSG_FASTOPEN) = -1\n",
  ]) {
    const text = piece.repeat(Math.ceil(300_000 / piece.length));
    const start = performance.now();
    parsePacketdrill("x", text, connectx);
    isPacketdrill("x", text);
    const took = performance.now() - start;
    assert.ok(took < hangMs, `${JSON.stringify(piece)} takes ${took} ms`);
  }
});

test("a script of 100,000 lines is read whole", (t) => {
  const lines = Array.from({ length: 50_000 }, (_, i) => {
    const from = 1 + 1000 * i;
    return `+.001 write(4, ..., 1000) = 1000 // ${i}\n+0 > . ${from}:${from + 1000}(1000) ack 1\n`;
  });
  const head = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n+0 connect(4, ..., ...) = 0\n+0 > S 0:0(0)\n";
  const start = performance.now();
  const trace = parsePacketdrill("x", head + lines.join(""), connectx);
  const took = performance.now() - start;
  assert.deepEqual(trace.diagnostics, []);
  assert.equal(trace.events.count, 100_000);
  t.diagnostic(`${Math.round(took)} ms`);
});
