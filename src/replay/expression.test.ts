import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { Kind } from "../core/words/event.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { UserError } from "../trace/platform.ts";
import { completions, evaluate } from "./expression.ts";
import { parseExpression } from "./language/parse.ts";
import { Timeline } from "./timeline.ts";
import { show, type ViewNode } from "./view/value.ts";
import { viewAt } from "./view/view.ts";

const timeline = new Timeline(
  parseTrace("sample", readFileSync("media/samples/retransmission-in-record.tlstrace", "utf8"), profileById),
).runAll();
/** At the sample's first out-of-order transmit, right after driver.check. */
const view = viewAt(timeline, { event: 4, stage: 1 });

function valueAt(text: string): string {
  const value = evaluate(view, parseExpression(text));
  return typeof value === "object" && value !== null && "path" in value
    ? (value as ViewNode).value
    : show(value);
}

const cases: [expression: string, value: string][] = [
  ["1 + 2 * 3", "7"],
  ["(1 + 2) * 3", "9"],
  ["10 - 4 - 3", "3"],
  ["7 % 4", "3"],
  ["-3 + 5", "2"],
  ["0x10 == 16", "true"],
  ["1 / 0", "unknown"],
  ["9007199254740993 == 9007199254740992", "false"],
  ["!true || 2 > 1 && 1 >= 2", "false"],
  // One kind of number: what a record number (64 bits) meets makes no difference. records[1].sn is 1.
  ["packet.length / 1448 < records[1].sn", "false"],
  ["packet.length / 1448 > records[1].sn", "true"],
  ["records[1].sn / 2", "0.5"],
  ["records[1].sn / 2 == 1 / 2", "true"],
  ["records[1].sn + 0.25", "1.25"],
  ["records[1].sn == 1.0", "true"],
  ["1/2 == 18446744073709551615", "false"],
  ["1/2 < 18446744073709551615", "true"],
  ["18446744073709551615 + 1", "18446744073709551616"],
  ["18446744073709551616 / 2", "9223372036854775808"],
  ["18446744073709551615 - 18446744073709551614", "1"],
  ["18446744073709551615 % 10", "5"],
  ["9007199254740991 + 2", "9007199254740993"],
  ["9007199254740992 * 3 - 1", "27021597764222975"],
  ["18446744073709551615 * 0.5 > 9223372036854775806", "true"],
  ["7.5 % 2", "1.5"],
  ["-7 / 2", "-3.5"],
  ["1.5 / 0", "unknown"],
  ["18446744073709551615 % 0", "unknown"],
  ["1/0 + 1", "unknown"],
  ["-(1/0)", "unknown"],
  ["before(packet.ack, 1) || after(packet.ack, 1)", "false"],
  // A sequence number is the number of its place in the stream.
  ["driver.expectedSeq < 2896.5 && driver.expectedSeq > 2895.5", "true"],
  ["driver.expectedSeq == 2896.5", "false"],
  ["driver.expectedSeq == 4294970192", "false"],
  ["driver.expectedSeq + 4294967296 == 4294970192", "true"],
  ["!(driver.expectedSeq - 2896)", "true"],
  ["'tag' == \"tag\"", "true"],
  // The design's numbers for this stop; the offload starts at 4294960000, so 4294962896 is 2896 bytes on.
  ["driver.expectedSeq", "2896 (4294962896)"],
  ["nic.expectedSeq", "2896 (4294962896)"],
  ["driver.expectedSeq == 2896", "true"],
  ["driver.expectedSeq == nic.expectedSeq", "true"],
  ["packet.seq - driver.expectedSeq", "1448"],
  ["packet.seq > driver.expectedSeq", "true"],
  ["before(driver.expectedSeq, packet.seq)", "true"],
  ["after(driver.expectedSeq, packet.seq)", "false"],
  ["packet.endSeq", "40087 (32791)"],
  // 40087 bytes on, the number has wrapped, yet it is behind 2896 on the ring.
  ["packet.endSeq > driver.expectedSeq", "true"],
  ["packet.outOfOrder", "true"],
  ["packet.recordSn", "1"],
  ["packet.recordOffset", "4344"],
  ["packet.part", "payload"],
  ["records.count", "4"],
  ["records[1].sn", "1"],
  ["records[3].endSeq", "40087 (32791)"],
  ["driver.counters.tx_tls_ooo", "1"],
  ["driver.vendor.tx_tls_ooo + 0", "1"],
  ["memory", "40087 bytes"],
  ["memory.wire > 40000", "true"],
  // Short names are the packet's; words are the same as signs.
  ["length", "35743"],
  ["outOfOrder and not (length < 1448) or false", "true"],
  ["not outOfOrder == true", "false"],
  // A range ends before its second number, as those of the trace language.
  ["packet.seq in 4344:4345", "true"],
  ["packet.seq in 0:4344", "false"],
  ["packet.seq + 1 in 4344 : 4344 + 2", "true"],
  ["packet.ack in 0:100000", "false"],
  ['packet.part matches "PAY*d"', "true"],
  ['packet.part matches "pay"', "false"],
  ["length matches '357?3'", "true"],
  ["packet.ack matches '*'", "false"],
  // The stream begins at 4294960000: 4344 bytes on is 4294964344; its end has wrapped.
  ["abs(packet.seq)", "4294964344"],
  ["abs(0 - 7)", "7"],
  ["wire(4294964344) == packet.seq", "true"],
  ["packet.endSeq in wire(32791):wire(32792)", "true"],
  ["records.last.sn", "3"],
  ["records.last.endSeq == records[3].endSeq", "true"],
  ["record(2).sn", "2"],
  ["record(3).endSeq", "40087 (32791)"],
  ["record(3).released", "false"],
  ["record(9).sn", "unknown"],
  ["descriptors.last.length == null", "true"],
  ['connection("web").driver.expectedSeq', "2896 (4294962896)"],
  ["connection(1).records.last.sn + 1", "4"],
  // What has happened so far, this event included: four transmits of 1448, 1448, 1448 and 35743 bytes.
  ["count(transmits)", "4"],
  ["count(transmits where length > 1448)", "1"],
  ["sum(transmits.length)", "40087"],
  ["max(transmits.length) - min(transmits.length)", "34295"],
  ["first(transmits)", "2"],
  ["last(transmits.seq where not outOfOrder)", "2896 (4294962896)"],
  ["count(out-of-order)", "1"],
  ["last(out-of-order.expected)", "2896 (4294962896)"],
  ["count(resync where replayed > 4343)", "1"],
  ["count(resync where replayed > 4344)", "0"],
  ["sum(resync.replayed where record == 1)", "4344"],
  ["count(acks)", "0"],
  ["max(acks.ack)", "unknown"],
  ["sum(acks.ack)", "0"],
  ["count(events where count(transmits) >= 2)", "3"],
  ['count(transmits where connection("web").tcp.name == "web")', "4"],
  // What only some events, states or traces have, and what is beyond the last of a family.
  ["packet.ack", "unknown"],
  ["packet.kernel.report1 == null", "true"],
  ["records[4].sn", "unknown"],
  ["tcp.changes[0]", "unknown"],
  ["keys.epoch1", "unknown"],
];
for (const [text, value] of cases) test(`${text} is ${value}`, () => assert.equal(valueAt(text), value));

const faults: [expression: string, message: RegExp][] = [
  ["", /empty/],
  ["1 +", /expected a value at the end/],
  ["(1", /expected "\)"/],
  ["1 2", /expected an operator at column 3, found "2"/],
  ["driver.nothing", /no value "driver.nothing"; paths begin with driver, nic, packet/],
  ["driver.expectedSec", /no value "driver.expectedSec"; did you mean "driver.expectedSeq"\?/],
  ["pakcet.length > 3", /no value "pakcet.length"; did you mean "packet.length"\?/],
  ["records[3].edSeq", /no value "records\[3\].edSeq"; did you mean "records\[i\].endSeq"\?/],
  ["driver.vendor.nothing", /no value "driver.vendor.nothing"/],
  ["memory.host == 1", /no value "memory.host"/],
  ["frob(1)", /no function "frob"; there are before, after/],
  ["before(1)", /takes 2 arguments/],
  ["constructor(1)", /no function "constructor"; there are before, after/],
  ["__proto__(1)", /no function "__proto__"/],
  ["toString(1)", /no function "toString"/],
  ["driver.constructor", /no value "driver.constructor"/],
  ["driver.counters.constructor", /no value "driver.counters.constructor"/],
  ["__proto__", /no value "__proto__"/],
  ["1 constructor 2", /expected an operator at column 3/],
  ["count(tramsits)", /nothing in a trace is called "tramsits"; did you mean "transmits"\?/],
  ["count(resync where replaced > 1)", /no value "replaced"/],
  ["count(1)", /expected a set of events, as transmits or resync, at column 7/],
  ["sum(resync)", /sum needs to know of what: sum\(resync.length\)/],
  ["cuont(resync)", /no function "cuont"; did you mean "count"\?/],
  ['connection("wbe").tcp.name', /no connection "wbe"; did you mean "web"\?/],
  ["connection(2).tcp.name", /no connection "2"/],
  ["connection(1)", /expected a path, as .driver.expectedSeq, at the end/],
  ["record(x)", /expected a record number at column 8/],
  ["1 in 2", /expected ":" at the end/],
  [".length", /expected a value at column 1/],
  ["'a' * 2", /not a number/],
  ["1 @ 2", /cannot read/],
  [`${"(".repeat(500)}1`, /expected a value/],
];
for (const [text, message] of faults) {
  test(`"${text.slice(0, 20)}" is refused with its place`, () => {
    assert.throws(
      () => valueAt(text),
      (error: unknown) => error instanceof UserError && message.test(error.message),
    );
  });
}

test("what is wrong is told with its range of the text", () => {
  const ranges: [text: string, range: [at: number, end: number]][] = [
    ["driver.expectedSeq == packet.lenght", [22, 35]],
    ["1 + ", [4, 4]],
    ["count(resnc) > 1", [6, 11]],
    ["1 + frob(2)", [4, 8]],
    ["3 @ 4", [2, 5]],
  ];
  for (const [text, [at, end]] of ranges) assert.throws(() => parseExpression(text), { at, end }, text);
});

test("what happened so far is counted up to where one stands", () => {
  const counts = (text: string) => {
    const expression = parseExpression(text);
    return Array.from({ length: timeline.eventCount }, (_, event) =>
      [-1, 0].map((stage) => evaluate(viewAt(timeline, { event, stage }), expression)),
    );
  };
  // Events: 0 send, 1 to 4 transmits, 5 ack, 6 and 7 transmits, 8 ack; in front of its first stage an event has not happened.
  assert.deepEqual(counts("count(transmits)"), [
    [0, 0],
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 4],
    [4, 5],
    [5, 6],
    [6, 6],
  ]);
  assert.deepEqual(
    counts("count(acks)").map(([, behind]) => behind),
    [0, 0, 0, 0, 0, 1, 1, 1, 2],
  );
});

test("completion offers the roots, then what is inside a node", () => {
  assert.ok(completions(view, "dri").includes("driver"));
  assert.deepEqual(completions(view, "x == driver.exp"), ["driver.expectedSeq"]);
  assert.deepEqual(completions(view, "memory.w"), ["memory.wire"]);
  assert.deepEqual(completions(view, "records[1].re"), ["records[1].released"]);
  assert.deepEqual(completions(view, "packet.ac"), [], "not of a transmit");
  assert.deepEqual(completions(view, "2 < leng"), ["length"], "the packet's without its name");
  assert.deepEqual(completions(view, "rec"), ["records", "recordSn", "recordOffset", "record"]);
  assert.deepEqual(completions(view, "1 + cou"), ["count"]);
  assert.deepEqual(completions(view, "1 + count(out-of"), ["out-of-order", "out-of-step"]);
  assert.deepEqual(completions(view, "count(transmits where outOf"), ["outOfOrder"]);
});

test("an acknowledgement that waits for the record map's lock is shown until it has done its work", () => {
  const name = "media/samples/chelsio-unlocked-records.tlstrace";
  const race = new Timeline(parseTrace("sample", readFileSync(name, "utf8"), profileById)).runAll();
  const shown = (event: number) => {
    const value = evaluate(viewAt(race, { event, stage: 0 }), parseExpression("records.waitingAck"));
    return typeof value === "object" && value !== null && "path" in value ? (value as ViewNode).value : null;
  };
  // Event 3 is the acknowledgement of 2896, the stream starts at 1000000; 4 is the packet that it races.
  assert.equal(shown(3), "2896 (1002896)");
  assert.equal(shown(4), "2896 (1002896)");
});

test("nic.queueStopped tells of the device's queue, whichever connection stopped it, until the reset", () => {
  const text = readFileSync("media/samples/connectx-long-dump.tlstrace", "utf8");
  const trace = parseTrace("long-dump", text, () => profileById("connectx/long-dump"));
  const timeline = new Timeline(trace).runAll();
  const stopped = (event: number): boolean =>
    evaluate(viewAt(timeline, { event, stage: 0 }), parseExpression("nic.queueStopped == true")) === true;
  const app = trace.connections.findIndex(({ name }) => name === "app");
  const transmits = [...timeline.eventsOf(app)].filter(
    (event) => trace.events.kind.at(event) === Kind.transmit,
  );
  // Before the reset, behind the DUMP of the other connection, and behind the reset.
  assert.deepEqual(transmits.map(stopped), [true, false]);
  for (let event = trace.events.count - 1; event >= 0; event--) timeline.record(event);
  assert.deepEqual(transmits.map(stopped), [true, false], "also once everything was looked at backwards");
});

test("an operator binds thousands of operands, and what is deep is refused, not overflown", () => {
  assert.equal(valueAt(`${"1+".repeat(5000)}1`), "5001");
  assert.equal(valueAt(`${"1||".repeat(5000)}1`), "true");
  assert.equal(valueAt(`${"0||".repeat(5000)}1 == 1`), "true");
  assert.equal(valueAt(`5000${" - 1".repeat(5000)}`), "0");
  for (const deep of ["!", "-", "(", "before(", "1+("])
    assert.throws(() => parseExpression(`${deep.repeat(5000)}1`), UserError);
});

test("a fraction and an integer of any size are ordered as on paper", () => {
  const ascending = [
    "-18446744073709551616",
    "-9007199254740993",
    "-0.5",
    "0",
    "0.25",
    "1",
    "9007199254740992",
  ];
  ascending.push("9007199254740993", "18446744073709551615", "18446744073709551616");
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries()) {
      assert.equal(valueAt(`${a} < ${b}`), String(i < j), `${a} < ${b}`);
      assert.equal(valueAt(`${a} == ${b}`), String(i === j), `${a} == ${b}`);
    }
});
