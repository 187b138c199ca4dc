import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById, profiles } from "../../core/profiles/all.ts";
import type { Expectation } from "../trace.ts";
import { parseTrace } from "./parse.ts";
import { printTrace } from "./print.ts";

const head = "device eth0\nconnection web device=eth0\nconnection under device=eth0\n+0 web send 5\n";
const parse = (line: string) => parseTrace("test", `${head}${line}\n`, profileById);

const read: [line: string, expected: Pick<Expectation, "no" | "under" | "what">][] = [
  ["wire=match", { no: false, under: [], what: { wire: "match" } }],
  ["no wire=plaintext under innova", { no: true, under: ["innova"], what: { wire: "plaintext" } }],
  ["wire=nothing", { no: false, under: [], what: { wire: "nothing" } }],
  [
    "resync record=1 under connectx,innova",
    { no: false, under: ["connectx", "innova"], what: { effect: "resync", fields: { record: "1" } } },
  ],
  ["no resync under connectx", { no: true, under: ["connectx"], what: { effect: "resync", fields: {} } }],
  [
    "counter tx_tls_dump_packets=3",
    { no: false, under: [], what: { counter: "tx_tls_dump_packets", value: 3, of: null } },
  ],
  [
    "counter eth0 tx_tls_dump_bytes=5792 under connectx",
    { no: false, under: ["connectx"], what: { counter: "tx_tls_dump_bytes", value: 5792, of: "eth0" } },
  ],
  // A connection may be called so; a counter's value follows then, which no list of profiles holds.
  [
    "counter under tx_tls_ooo=0",
    { no: false, under: [], what: { counter: "tx_tls_ooo", value: 0, of: "under" } },
  ],
  [
    "counter under tx_tls_ooo=0 under innova",
    { no: false, under: ["innova"], what: { counter: "tx_tls_ooo", value: 0, of: "under" } },
  ],
];
for (const [line, expected] of read) {
  test(`"expect ${line}" is read and printed`, () => {
    const indented = parse(`       expect ${line}  # why`);
    assert.deepEqual(indented.diagnostics, []);
    assert.deepEqual(indented.expectations, [{ line: 5, event: 0, ...expected }]);
    assert.match(printTrace(indented), new RegExp(`^ {7}expect ${line} +# why$`, "m"));
    const whole = parse(`expect ${line}`);
    assert.deepEqual(whole.expectations, [{ line: 5, event: -1, ...expected }]);
    assert.ok(printTrace(whole).endsWith(`\nexpect ${line}\n`));
  });
}

const wrong: [line: string, marks: string, message: RegExp][] = [
  ["expect resync under", "              ^^^^^", /behind under stand the profiles/],
  ["expect resync under conectx", "                    ^^^^^^^", /no profile or kernel .*connectx, innova/],
  ["expect resync under connectx,inova", "                             ^^^^^", /there are connectx, innova/],
  ["expect resync under connectx,connectx", "                             ^^^^^^^^", /given twice/],
  ["expect resync under connectx,", "                    ^^^^^^^^^", /no profile or kernel of this name/],
  ["expect resync under connectx, innova", "                              ^^^^^^", /without spaces/],
  ["expect resync under connectx record=1", "                             ^^^^^^^^", /fields before under/],
  ["expect no under connectx", "^^^^^^", /behind expect stands/],
  ["expect wire=", "^", /not a verdict/],
  ["expect wire=right", "            ^^^^^", /there are match, plaintext, .* and nothing/],
  [
    "expect no wire=match",
    "               ^^^^^",
    /say what stands there instead: wire= and one of plaintext/,
  ],
  ["expect wire=match seq=0", "                  ^^^^^", /under PROFILE/],
  ["expect counter tx_tls_dumps=1", "               ^^^^^^^^^^^^^^", /tx_tls_dump_bytes/],
];
for (const [line, marks, message] of wrong) {
  test(`"${line}" is marked where it is wrong`, () => {
    const { diagnostics, expectations } = parse(line);
    assert.equal(expectations.length, 0);
    assert.equal(diagnostics.length, 1);
    const [found] = diagnostics;
    assert.match(found!.message, message);
    assert.deepEqual([found!.severity, found!.line], ["error", 5]);
    if (marks !== "^") assert.deepEqual([found!.start, found!.end], [marks.indexOf("^"), marks.length]);
  });
}

test("a profile that a device line names is known behind under, also where another profile was asked for", () => {
  const text = "device eth0 profile=my-nic\nconnection web device=eth0\nexpect no resync under my-nic\n";
  const { diagnostics, expectations } = parseTrace("test", text, () => profiles[0]!);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(expectations[0]!.under, ["my-nic"]);
});
