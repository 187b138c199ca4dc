import assert from "node:assert/strict";
import { test } from "node:test";
import { connectx } from "../../core/profiles/connectx.ts";
import { hangMs } from "../../test/simulator/mutate.ts";
import { isPacketdrill, parsePacketdrill } from "./script.ts";

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
