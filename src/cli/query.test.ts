import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** The built command, as a user runs it. */
function query(...args: string[]): { status: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, ["dist/cli.js", "query", ...args], { encoding: "utf8" });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

const sample = "media/samples/retransmission-in-record.tlstrace";

// The sample's own numbers: its lines, its expect lines, and 40087 − 4344 = 35743.
test("rows are a table in the order of events, with what the query tells of each", () => {
  const { status, out, err } = query(
    sample,
    "resync.replayed where replayed > 2000",
    "--columns",
    "packet.seq",
  );
  assert.deepEqual([status, err], [0, ""]);
  assert.deepEqual(
    out
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(/ {2,}/)),
    [
      ["event", "line", "time", "stream", "replayed", "packet.seq"],
      ["5", "8", "0.001000000", "web", "4344", "4344 (4294964344)", "resync record=1 replayed=4344"],
    ],
  );
});

test("events as JSON lines and as CSV", () => {
  const condition = "transmits where outOfOrder and length < 2000";
  const json = query(sample, condition, "--json")
    .out.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(json, [
    { event: 7, line: 12, time: 0.032, stream: "web", what: "+.001  web > 1448:2896(1448)" },
  ]);
  const signs = query(sample, "out-of-order.seq", "--json")
    .out.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    signs.map(({ event, expected, seq }) => [event, expected, seq]),
    [
      [5, 2896, 4344],
      [7, 40087, 1448],
    ],
  );
  assert.equal(
    query(sample, "acks.packet.ack", "--csv", "--columns", "'say \"x\", y'").out,
    'event,line,time,stream,what,packet.ack,"\'say ""x"", y\'"\n' +
      '6,11,0.031,web,+.03   web < ack 1448 sack 4344:40087,1448,"say ""x"", y"\n' +
      '9,16,0.052,web,+.02   web < ack 40087,40087,"say ""x"", y"\n',
  );
});

test("what happened is counted and summed to the trace's end", () => {
  const value = (text: string) => query(sample, text).out.trim();
  assert.equal(value("count(transmits where not outOfOrder)"), "4");
  // 4344 bytes before the first packet out of order, 1448 before the second: the walk in ARCHITECTURE.md.
  assert.equal(value("sum(resync.replayed)"), "5792");
  assert.equal(value("max(transmits.length) == 35743 and count(acks) == 2"), "true");
});

test("frames of a capture; streams by name", () => {
  const [head, first] = query("media/samples/lossy.pcap", "transmits where outOfOrder", "--csv").out.split(
    "\n",
  );
  assert.equal(head, "event,frame,time,stream,what");
  assert.match(first!, /^\d+,\d+,\d+\.\d+,/);
  assert.equal(query("media/samples/lossy.pcap", "transmits", "--csv", "--stream", "none").out, `${head}\n`);
});

test("what cannot be asked ends with status 2 and shows where", () => {
  const complaints: [text: string, message: RegExp][] = [
    [
      "transmits where lenght < 3",
      /no value "lenght"; did you mean "length"\?\n {2}transmits where lenght < 3\n {18}\^{6}\n$/,
    ],
    ["tramsits", /nothing in a trace is called "tramsits"; did you mean "transmits"\?/],
    ["transmits were outOfOrder", /expected "where" at column 11, found "were"/],
    ["count(resync", /expected "\)" at the end/],
    ["", /the expression is empty/],
  ];
  for (const [text, message] of complaints) {
    const { status, out, err } = query(sample, text);
    assert.deepEqual([status, out], [2, ""], text);
    assert.match(err, message);
  }
  assert.match(query(sample, "count(acks)", "--csv").err, /one value has no rows/);
  assert.match(query(sample).err, /missing required argument 'query'/);
});
