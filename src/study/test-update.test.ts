import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById, profiles } from "../core/profiles/all.ts";
import { Timeline } from "../replay/timeline.ts";
import { comparable } from "../test/comparable.ts";
import { edited } from "../trace/edited.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { judge } from "./study.ts";
import { missingExpectations, type Tried, withMissing } from "./test-update.ts";

/** Two segments retransmitted, the second in record 1: static params under connectx, none under innova. */
const story = `# the story
device  eth0   profile=connectx mtu=1500
connection web device=eth0 rec_seq=0

+0  web   send 20000 # odd spacing stays
+0 web > 0:20058(20058)
+.2 web > 1000:2000(1000)   # first
# between
+.2 web > 17000:18000(1000) # second
+0  web < ack 20058
expect counter tx_tls_ooo=2`;

const timelinesOf = (text: string, ids: readonly (string | null)[]) =>
  ids.map((asked) => {
    const trace = parseTrace("test", text, (id) => profileById(asked ?? id));
    assert.deepEqual(trace.diagnostics, []);
    return new Timeline(trace).runAll();
  });
const triedUnder = (text: string, ids: readonly (string | null)[]): Tried[] =>
  timelinesOf(text, ids).map((timeline, i) => ({ under: ids[i]!, timeline }));
const update = (text: string, ids: readonly (string | null)[], others: readonly (string | null)[] = []) =>
  withMissing(text, triedUnder(text, ids), triedUnder(text, others));
/** Lines that are new in `after`; asserts that all others are as they were. */
function newLines(before: string, after: string): string[] {
  const old = before.split("\n");
  const fresh = after.split("\n").filter((line) => {
    if (line !== old[0]) return true;
    old.shift();
    return false;
  });
  assert.deepEqual(old, []);
  return fresh;
}
const rebuilding = profiles.filter(({ recovery }) => recovery === "rebuild").map(({ id }) => id);

// 17000 − 16413 (a full record: 16384 + 29 bytes) = 587 bytes of record 1 go to the device first.
const expected: [ids: readonly (string | null)[], lines: string[]][] = [
  [
    [null],
    [
      "       expect out-of-order expected=20058 seq=1000",
      "       expect resync record=0 replayed=1000",
      "       expect out-of-order expected=2000 seq=17000",
      "       expect static-params record=1",
      "       expect resync record=1 replayed=587",
    ],
  ],
  [
    ["innova"],
    [
      "       expect out-of-order expected=20058 seq=1000 under innova",
      "       expect resync record=0 replayed=1000 under innova",
      "       expect out-of-order expected=2000 seq=17000 under innova",
      "       expect resync record=1 replayed=587 under innova",
    ],
  ],
  [
    rebuilding,
    [
      "       expect out-of-order expected=20058 seq=1000 under connectx,innova",
      "       expect resync record=0 replayed=1000 under connectx,innova",
      "       expect out-of-order expected=2000 seq=17000 under connectx,innova",
      "       expect static-params record=1 under connectx",
      "       expect resync record=1 replayed=587 under connectx,innova",
    ],
  ],
];
for (const [ids, lines] of expected) {
  test(`an update ${ids[0] === null ? "under the trace's own profiles" : `under ${ids}`} adds what is missing, once`, () => {
    const { text, added } = update(story, ids);
    assert.deepEqual(newLines(story, text), lines);
    assert.equal(added, lines.length);
    assert.deepEqual(update(text, ids), { text, added: 0 });
    for (const timeline of timelinesOf(text, ids)) assert.deepEqual(judge(timeline).findings.all, []);
  });
}

test("the text updated reads as the trace edited", () => {
  for (const ids of [[null], ["innova"], rebuilding]) {
    const tried = triedUnder(story, ids);
    const { trace } = tried[0]!.timeline;
    const find = (id: string) => profileById(ids[0] ?? id);
    const { text } = withMissing(story, tried);
    const edits = missingExpectations(tried);
    assert.ok(edits.length > 0);
    assert.deepEqual(comparable(parseTrace("test", text, find)), comparable(edited(trace, edits)));
  }
});

test("a line that is not true of all that the trace is tested under says of which it is", () => {
  // innova posts no static params and netronome does not rebuild; both are out of order as connectx is.
  const always = "       expect out-of-order expected=20058 seq=1000";
  const wanted = (others: string[]) => newLines(story, update(story, [null], others).text);
  assert.deepEqual(wanted(["innova"]), [
    always,
    "       expect resync record=0 replayed=1000",
    "       expect out-of-order expected=2000 seq=17000",
    "       expect static-params record=1 under connectx",
    "       expect resync record=1 replayed=587",
  ]);
  for (const line of wanted(["netronome", "innova"]).slice(1)) assert.match(line, / under connectx$/, line);
});

test("lines stand right below their event and the expect lines that it has", () => {
  const text = update(story, [null]).text.split("\n");
  const at = text.findIndex((line) => line.startsWith("+.2 web > 1000"));
  assert.match(text[at + 1]!, /expect out-of-order/);
  assert.equal(text[at + 3], "# between");
  const under = update(story, ["innova"]).text;
  // What connectx does comes behind what is said of innova, and says of whom it speaks.
  assert.deepEqual(newLines(under, update(under, [null]).text), [
    "       expect out-of-order expected=20058 seq=1000 under connectx",
    "       expect resync record=0 replayed=1000 under connectx",
    "       expect out-of-order expected=2000 seq=17000 under connectx",
    "       expect static-params record=1 under connectx",
    "       expect resync record=1 replayed=587 under connectx",
  ]);
});

test("an event that has an expect line is left alone, also if the line is wrong", () => {
  const stated = story
    .replace("# first", "# first\n  expect no resync")
    .replace("# second", "# second\n\texpect encrypted");
  assert.deepEqual(update(stated, [null]), { text: stated, added: 0 });
});

test("the file's own line ends, indentation, byte order mark and last line stay", () => {
  const lines = [
    "\ufeffdevice d",
    "connection c device=d",
    "+0 c send 100",
    "+0 c > 0:129(129)",
    "  expect encrypted",
    "+0 c > 0:129(129)",
  ];
  const wanted = [
    ...lines,
    "  expect out-of-order expected=129 seq=0",
    "  expect resync record=0 replayed=0",
  ];
  for (const end of ["\n", "\r\n", "\r"]) {
    assert.equal(update(lines.join(end), [null]).text, wanted.join(end));
    assert.equal(update(`${lines.join(end)}${end}`, [null]).text, `${wanted.join(end)}${end}`);
  }
});

test("what is wrong on the wire is stated, and a record number that is not known is left out", () => {
  const text =
    "device d\nconnection c device=d\n+0 c send 100\n+0 c record 100 sn=?\n+0 c > 0:229(229)\n+0 c > 150:229(79)\n";
  const added = newLines(text, update(text, [null]).text);
  assert.deepEqual(added, [
    "       expect out-of-order expected=229 seq=150",
    "       expect static-params",
    "       expect resync replayed=21",
  ]);
});
