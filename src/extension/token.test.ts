import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenAt } from "./token.ts";

/** `line` holds `|` where the mouse is. */
function check(line: string, expected: string | null): void {
  const column = line.indexOf("|");
  const text = line.replace("|", "");
  const token = tokenAt(text, column);
  assert.equal(token?.text ?? null, expected, line);
  if (token) assert.equal(text.slice(token.start, token.end), token.text);
}

test("a range is one token wherever the mouse is in it", () => {
  check("+.001  web > 1|448:2896(1448)  lost", "1448:2896(1448)");
  check("+.001  web > 1448|:2896(1448)  lost", "1448:2896(1448)");
  check("+.001  web > 1448:2896(14|48)  lost", "1448:2896(1448)");
  check("+.030  web < ack 1448 sack 4344:4|0087", "4344:40087");
  check("+0  web > -5|1:0(51)", "-51:0(51)");
});

test("numbers and names are tokens", () => {
  check("+.030  web < ack 1|448 sack 4344:40087", "1448");
  check("       expect resync record=|1 replayed=4344", "1");
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
