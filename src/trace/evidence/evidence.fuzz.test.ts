import assert from "node:assert/strict";
import { test } from "node:test";
import { hangMs, mutate, seeded } from "../../test/simulator/mutate.ts";
import { type Evidence, readEvidence } from "./evidence.ts";

const trace = `# tracer: nop
#
# entries-in-buffer/entries-written: 6/9   #P:4
   nginx: worker-1234    [002] .....   100.000250: tls_device_offload_set: sk=00000000a1b2c3d4 direction=1 tcp_seq=1000 rec_no=1 ret=0
          <idle>-0       [000] ..s2.   100.000801: net:net_dev_xmit: dev=eth0 skbaddr=00000000f8c47ebd len=1514 rc=0
     ksoftirqd/0-12      (-------) [000] d.s1.   100.000900: kfree_skb: skbaddr=(____ptrval____) rx_sk=0 protocol=2048 location=a+0x1/0x2 reason: QDISC_DROP
CPU:1 [LOST 123 EVENTS]
          <idle>-0       [000]   100.001000123: tls_device_tx_resync_req: sk=0xffff888103a5c000 tcp_seq=448 exp_tcp_seq=3000
 => nfp_net_tls_tx
          <idle>-0       [000] ..s1.   101.000000: tcp_retransmit_skb: skbaddr=00000000f8c47ebd skaddr=00000000a1b2c3d4 family=AF_INET sport=443 dport=41000 saddr=10.0.0.1 daddr=10.0.0.2 saddrv6=::ffff:10.0.0.1 daddrv6=::ffff:10.0.0.2 state=TCP_ESTABLISHED err=0
`;

const counters = `== before
NIC statistics:
     tx_tls_ooo: 1
     tx_tls_encrypted_bytes: 18446744073709551615
     tx0_tls_ooo: 1
     [1]: tx_tls_ooo: 0
TlsCurrTxDevice                 	5
TlsTxDevice                     	9
== after
NIC statistics:
     tx_tls_ooo: 7
     tx_tls_encrypted_bytes: 12
     tx0_tls_ooo: 3
TlsCurrTxDevice                 	2
TlsTxDevice                     	11
`;

/** What must hold of anything that was read. */
function assertSound({ tracepoints, counters, diagnostics }: Evidence, texts: readonly string[]): void {
  const lines = Math.max(...texts.map((text) => text.split("\n").length));
  for (const [i, row] of tracepoints.entries()) {
    assert.ok(row.line >= 1 && row.line <= lines);
    assert.ok(row.timeNs >= (tracepoints[i - 1]?.timeNs ?? 0) && Number.isInteger(row.timeNs));
    assert.ok(Number.isInteger(row.cpu) && Number.isInteger(row.pid));
    assert.ok(row.sk === null || /^[1-9a-f][0-9a-f]{0,15}$/.test(row.sk));
  }
  for (const { before, after, delta, line } of counters) {
    assert.ok(line >= 1 && line <= lines);
    assert.ok(before !== null || after !== null);
    if (delta === null) assert.ok(before === null || after === null);
    else assert.equal(BigInt.asUintN(64, before! + delta), after);
  }
  for (const { line, message, file } of diagnostics)
    assert.ok(line! >= 1 && line! <= lines && message !== "" && file !== "");
}

test("damaged traces and counters never throw or hang", (t) => {
  const runs = Number(process.env.FUZZ ?? 500);
  const seed = Number(process.env.SEED ?? 20_251_101);
  t.diagnostic(`SEED=${seed} FUZZ=${runs}`);
  const random = seeded(seed);
  const damaged = (text: string) => new TextDecoder().decode(mutate(Buffer.from(text), random));
  let read = 0;
  for (let run = 0; run < runs; run++) {
    const texts = [damaged(trace), damaged(counters), damaged(trace + counters)];
    const start = performance.now();
    const evidence = readEvidence(texts.map((text, i) => ({ name: `${i}`, text })));
    assert.ok(performance.now() - start < hangMs, `run ${run} takes too long`);
    assertSound(evidence, texts);
    if (evidence.tracepoints.length > 0 && evidence.counters.length > 0) read++;
  }
  assert.ok(read > runs / 2, `${read} of ${runs} were read`);
});

test("text that repeats one thing is read in time that grows with its length", () => {
  const head = "a-1 [000] 1.0: ";
  for (const piece of [
    ..."a 1-[(:.=\n\t#",
    "a-1 ",
    "a-1 [0] ",
    "- 1",
    head,
    `${head}tls_device_tx_resync_req: sk=`,
    `\n${head}tls_device_tx_resync_req: sk=1 tcp_seq=2 exp_tcp_seq=3 a=`,
    "tls_device_tx_resync_req: ",
    "tls",
    "tls:",
    "tls: 1\n",
    "Tls",
    "TlsA 1\n",
    "tx_",
    "== before\n",
    "NIC statistics:\n",
  ]) {
    const repeated = piece.repeat(Math.ceil(300_000 / piece.length));
    // Behind a first line of each kind, so that each reader gets it; cut, so that the cap on lines does not spare them.
    const cut = repeated.replace(/.{9999}(?!\n)/g, "$&\n");
    const start = performance.now();
    for (const text of [repeated, cut])
      for (const opening of ["", "cpus=1\n", "NIC statistics:\n"])
        readEvidence([{ name: "x", text: opening + text }]);
    const took = performance.now() - start;
    assert.ok(took < hangMs, `${JSON.stringify(piece)} takes ${took} ms`);
  }
});

test("a trace of 200,000 events is read whole", (t) => {
  const lines = Array.from(
    { length: 200_000 },
    (_, i) =>
      `  nginx-${i}  [00${i % 8}] ..s1.  ${i}.000001: ${i % 2 ? "sched_waking: comm=x" : `tls_device_tx_resync_req: sk=1 tcp_seq=${i} exp_tcp_seq=1`}\n`,
  );
  const start = performance.now();
  const { tracepoints, diagnostics } = readEvidence([{ name: "x", text: lines.join("") }]);
  const took = performance.now() - start;
  assert.deepEqual([tracepoints.length, diagnostics], [100_000, []]);
  t.diagnostic(`${Math.round(took)} ms`);
});
