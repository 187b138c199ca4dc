import assert from "node:assert/strict";
import { test } from "node:test";
import { hangMs } from "../../test/simulator/mutate.ts";
import { readEvidence } from "./evidence.ts";

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
