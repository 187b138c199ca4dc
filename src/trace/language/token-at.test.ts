import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenAt } from "./token-at.ts";

/** `line` holds `|` where the mouse is; an event of web stands above it. */
function check(line: string, expected: string | null, isScript = false): void {
  const column = line.indexOf("|");
  const text = line.replace("|", "");
  const token = tokenAt(text, column, { isScript, above: () => "web" });
  assert.equal(token?.text ?? null, expected, line);
  if (token) assert.ok(token.text.endsWith(text.slice(token.start, token.end)), line);
}

test("a range is one token wherever the mouse is in it, of the stream of its line", () => {
  check("+.001  web > 1|448:2896(1448)  lost", "web 1448:2896(1448)");
  check("+.001  web > 1448|:2896(1448)  lost", "web 1448:2896(1448)");
  check("+.001  web > 1448:2896(14|48)  lost", "web 1448:2896(1448)");
  check("+.030  web < ack 1448 sack 4344:4|0087", "web 4344:40087");
  check("+.030  web < ack 1448 sack 4344:40087,5|0000:50010 racing", "web 50000:50010");
  check("+0  A>B2 > -5|1:0(51)", "A>B2 -51:0(51)");
  check("+0  web merge 0:2|896", "web 0:2896");
  check("+0  web page-write 1|3:1448", "web 13:1448");
});

test("a number is a place of the stream where the grammar has one, and nowhere else", () => {
  check("+.030  web < ack 1|448 sack 4344:40087", "web 1448");
  check("+0  web split 1|448", "web 1448");
  check("       expect out-of-order expected=28|96", "web 2896");
  check("       expect out-of-order expected=2896 seq=43|44", "web 4344");
  check("       expect no plaintext seq=1|3 under v4.19", "web 13");
  const none = [
    "       expect resync record=|1 replayed=4344",
    "       expect resync record=1 replayed=43|44",
    "       expect plaintext seq=13 bytes=5|0",
    "expect counter tx_tls_ooo=|2",
    "+0     web send 400|00",
    "+0     web send 40000 pieces=1|0",
    "+0     web record 164|13",
    "+0     web record 16413 sn=1|7 epoch=1",
    "+0     web gap 28|96",
    "+0     web > 0:10(10) dma-error=|3",
    "+0     web > 0:10(10) queue=|3",
    "device eth0 profile=connectx mtu=15|00",
    "connection web device=eth0 seq=429496|0000 rec_seq=1",
    "connection web device=eth0 seq=4294960000 rec_seq=|1",
  ];
  for (const line of none) check(line, null);
});

test("names are tokens", () => {
  check("       expect out-of-o|rder expected=2896", "out-of-order");
  check("+0     w|eb send 40000", "web");
  check("+.001  A|>B2 > 0:1448(1448)", "A>B2");
  check("+.001  10.0.0.1:4|43>[::1]:5#2 < ack 9", "10.0.0.1:443>[::1]:5#2");
  check("+.001  A>B2 |> 0:1448(1448)", null);
  check("driver.expec|tedSeq", "driver.expectedSeq");
});

test("times, comments and white space are not", () => {
  check("+.0|01  web > 0:1448(1448)", null);
  check("+|0  web send 40000", null);
  check("+0  web send 40000   # 3 rec|ords of 1448:2896(1448)", null);
  check("+0 | web send 40000", null);
  check("|", null);
});

test("of a script: what is sent, what is acknowledged of it; not the peer's numbers, windows, options, sizes", () => {
  const places: [string, string][] = [
    ["   +0 > . 1|:6001(6000) ack 1", "1:6001(6000)"],
    ["   +0 > P. 8001:10001(20|00) ack 1 <nop,nop>", "8001:10001(2000)"],
    [" +.02 < . 1:1(0) ack 80|01 win 400", "8001"],
    [" +.02 < . 1:1(0) ack 1 win 400 <sack 1001:3|001,nop,nop>", "1001:3001"],
    [" +.02 < . 1:1(0) ack 1 win 400 <sack 1001:3001 4|001:5001,nop,nop>", "4001:5001"],
  ];
  for (const [line, text] of places) check(line, text, true);
  const none = [
    "   +0 > . 1:6001(6000) ack |1",
    " +.02 < . |1:1(0) ack 1 win 400",
    " +.02 < . 1:1(0) ack 1 win 4|00",
    "  +.1 write(4, ..., 60|00) = 6000",
    "  +.1 write(4, ..., 6000) = 60|00",
    "   +0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [|1], 4) = 0",
    "  +.1 < S 0:0(0) win 40000 <mss 10|00,sackOK>",
    "   +0 > . 1:1001(1000) ack 1 // sent again: |1:1001(1000)",
    "0.2|50 > . 1:2(1) ack 1",
  ];
  for (const line of none) check(line, null, true);
});
