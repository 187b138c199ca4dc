import assert from "node:assert/strict";
import test from "node:test";
import { Kind } from "../../core/words/event.ts";
import { fileBeside } from "../../test/damage/flipped.ts";
import { sentBy } from "../../test/damage/reading.ts";
import { sealed, sessionOf, suites } from "../../test/damage/sealed-session.ts";
import { captureOf, serverStream } from "../../test/damage/tcp-capture.ts";
import { sample } from "../../test/dap-session.ts";
import { studyOf } from "../../test/studies.ts";
import { kinds } from "../kinds.ts";
import { RecordMap } from "./record-map.ts";
import type { RecordMapView } from "./view.ts";

const study = await studyOf(sample("retransmission-in-record.tlstrace"));
const { events } = study.trace;
const picture = new RecordMap(study, 0);

/** The position behind the last stage of the n-th event of a kind, or behind an earlier one. */
function placeOf(kind: number, n: number, stage?: number) {
  const event = Array.from({ length: events.count }, (_, i) => i).filter((i) => events.kind.at(i) === kind)[
    n
  ]!;
  return { event, stage: stage ?? study.timeline.record(event).stages.length - 1 };
}

/** The whole map there. */
function mapAt(kind: number, n: number, stage?: number): RecordMapView {
  const position = placeOf(kind, n, stage);
  return picture.view({ area: picture.view({ area: null, position }).whole, position });
}

const ranges = ({ ranges }: RecordMapView) => ranges.map(({ role, from, to }) => `${role} ${from}:${to}`);
const cursors = ({ cursors }: RecordMapView) => cursors.map(({ role, at }) => `${role} ${at}`);

test("records lie where the record layer puts them, each with its parts", () => {
  const view = mapAt(Kind.send, 0);
  const records = view.records.filter(({ from, to }) => to > from);
  // RFC 5288: a header of 5, an explicit nonce of 8, a tag of 16; 40000 bytes are two full records and 7232 bytes.
  assert.deepEqual(
    records.map(({ parts }) => parts.map(({ from, to }) => to - from)),
    [
      [5, 8, 16384, 16],
      [5, 8, 16384, 16],
      [5, 8, 7232, 16],
    ],
  );
  assert.deepEqual(
    records[0]!.parts.map(({ role }) => role),
    ["byte-header", "byte-nonce", "map-payload", "byte-tag"],
  );
  for (const [i, record] of records.entries()) assert.equal(record.from, records[i - 1]?.to ?? 0);
  assert.deepEqual(ranges(view), ["unsent 0:40087"]);
});

test("what TCP says of the bytes, as the trace's lines have it", () => {
  // 0:1448 sent, 1448:2896 sent and lost, 2896:4344 lost in the qdisc, 4344:40087 sent; then `ack 1448 sack 4344:40087`.
  assert.deepEqual(ranges(mapAt(Kind.transmit, 1)), ["in-flight 0:2896", "unsent 2896:40087"]);
  const acknowledged = ["acknowledged 0:1448", "in-flight 1448:40087", "sacked 4344:40087"];
  assert.deepEqual(ranges(mapAt(Kind.ack, 0)), acknowledged);
  // The retransmission changes nothing of that.
  assert.deepEqual(ranges(mapAt(Kind.transmit, 4)), acknowledged);
  assert.deepEqual(ranges(mapAt(Kind.ack, 1)), ["acknowledged 0:40087"]);
});

/** Frame 27 of lossy.pcap follows frame 26, whose acknowledgement says nothing new but its blocks (tshark): 5534:8430, 1190:4086. */
test("what was acknowledged selectively is what the last acknowledgement says, also a duplicate one", async () => {
  const captured = await studyOf(sample("lossy.pcap"));
  const { line, count } = captured.trace.events;
  const event = Array.from(line.values.subarray(0, count)).indexOf(27);
  const view = new RecordMap(captured, 1).view({ area: null, position: { event, stage: 0 } });
  assert.deepEqual(
    ranges(view).filter((range) => range.startsWith("sacked")),
    ["sacked 5534:8430", "sacked 1190:4086"],
  );
});

test("both expected numbers stand where the expect lines have them", () => {
  const before = mapAt(Kind.transmit, 3, 0);
  assert.deepEqual([before.packet?.from, before.packet?.to], [4344, 40087]);
  // `expect out-of-order expected=2896`, and the NIC has taken as much.
  assert.deepEqual(
    cursors(before).filter((each) => /driver|nic/.test(each)),
    ["driver 2896", "nic 2896"],
  );
  assert.ok(cursors(mapAt(Kind.transmit, 3)).includes("nic 40087"));
});

test("a pointed byte has the answer of tls_get_record() there, and pointing changes nothing", () => {
  const middle = placeOf(Kind.ack, 0);
  const before = mapAt(Kind.ack, 0);
  assert.equal(picture.byte(0, middle), "tls_get_record(0): record 1");
  assert.equal(picture.byte(16413, middle), "tls_get_record(16413): record 2");
  assert.equal(picture.byte(40086, middle), "tls_get_record(40086): record 3");
  assert.equal(picture.byte(40087, middle), "tls_get_record(40087): NULL, no record");
  assert.deepEqual(mapAt(Kind.ack, 0), before);
  // Every record is released: kernel.md section 2.5.
  assert.match(picture.byte(0, placeOf(Kind.ack, 1)), /NULL/);
});

test("by itself it shows what the event is about; the table says all that the picture has", () => {
  const position = placeOf(Kind.transmit, 1, 0);
  const view = picture.view({ area: null, position });
  assert.ok(view.area.from <= 1448 && view.area.to >= 2896 && view.area.to < 8000);
  const whole = mapAt(Kind.ack, 0);
  const { rows } = kinds["record-map"].table(whole);
  const text = rows.map(({ cells }) => cells.join(" | ")).join("\n");
  for (const { says } of whole.records) assert.ok(text.includes(says), says);
  assert.match(text, /acknowledged selectively \| 4.344 to 40.087/);
});

test("records stand together only where all of them have the same fate", async () => {
  // 122 bytes a record (RFC 8446 §5.2): 0:12200 is acknowledged, 12200:61050 in flight and ends within record 500.
  const lines = [
    ...["device eth0 profile=connectx", "connection web device=eth0 version=1.3 cipher=aes-128-gcm"],
    ...Array.from({ length: 2000 }, () => "+0 web send 100"),
    ...["+0 web > 0:12200(12200)", "+0 web > 12200:61050(48850)", "+0 web < ack 12200"],
  ];
  const study = await studyOf(fileBeside("fates.tlstrace", `${lines.join("\n")}\n`));
  const position = { event: study.trace.events.count - 1, stage: 1 };
  const map = new RecordMap(study, 0);
  const view = map.view({ area: map.view({ area: null, position }).whole, position });
  assert.ok(view.records.length <= 400);
  const fates = new Map<string, number[]>();
  for (const { says, from, to } of view.records) {
    const fate = says.split(", ").slice(1).join(", ");
    const [low = from, high = to] = fates.get(fate) ?? [];
    fates.set(fate, [Math.min(low, from), Math.max(high, to)]);
  }
  assert.deepEqual(Object.fromEntries(fates), {
    "released from the map": [0, 12200],
    "in flight": [12200, 61000],
    "partly in flight": [61000, 61122],
    "not sent yet": [61122, 244000],
  });
});

test("what is not known is told apart also among a thousand records", async () => {
  const made = sessionOf(suites[3]!);
  const records = Array.from({ length: 1000 }, (_, i) =>
    sealed(
      made.of,
      { type: 23, sn: BigInt(i), bytes: Buffer.alloc(78, i) },
      { keys: made.keys, sn: BigInt(i) },
    ),
  );
  // RFC 8446 §5.2: 5 + 78 + 1 + 16 = 100 bytes a record; the capture lacks the packet with records 500 to 509.
  const { packets, from } = sentBy(made, Buffer.concat(records));
  const kept = packets.filter((_, i) => i !== from + 50);
  const program = fileBeside("hole.pcap", captureOf(kept));
  const study = await studyOf(program, { keys: [fileBeside("hole.keys", made.keyLog)] });
  const { connection } = study.trace.streams.find(({ name }) => name === serverStream)!;
  assert.ok(connection >= 0, JSON.stringify(study.trace.streams));
  const position = { event: study.trace.events.count - 1, stage: 0 };
  const map = new RecordMap(study, connection);
  const view = map.view({ area: map.view({ area: null, position }).whole, position });
  const gaps = view.records.flatMap(({ parts }) => parts.filter(({ role }) => role === "gap"));
  assert.deepEqual(
    gaps.map(({ from, to }) => [from, to]),
    [[50_000, 51_000]],
  );
  assert.ok(
    view.records.length < 400 && view.recordCount > 900,
    `${view.records.length} of ${view.recordCount}`,
  );
});

test("of two thousand records there are a few hundred bars, none is left out, and the cursors stay", async () => {
  const lines = [
    "device eth0 profile=connectx",
    "connection web device=eth0 version=1.3 cipher=aes-128-gcm",
    ...Array.from({ length: 2000 }, () => "+0 web send 100"),
    "+0 web > 0:1220(1220)",
  ];
  const many = await studyOf(fileBeside("many.tlstrace", `${lines.join("\n")}\n`));
  const position = { event: many.trace.events.count - 1, stage: 0 };
  const { whole } = new RecordMap(many, 0).view({ area: null, position });
  const view = new RecordMap(many, 0).view({ area: whole, position });
  // RFC 8446 §5.2: 100 bytes are 5 + 100 + 1 + 16.
  assert.deepEqual([view.recordCount, whole.to], [2000, 2000 * 122]);
  assert.ok(view.records.length <= 400);
  for (const [i, { from }] of view.records.entries()) assert.equal(from, view.records[i - 1]?.to ?? 0);
  assert.equal(view.records.at(-1)!.to, whole.to);
  const frame = { width: 900, height: 400, area: whole, hidden: new Set<string>() };
  const drawn = kinds["record-map"].scene(view, frame).shapes.map(({ role }) => role);
  for (const role of ["driver", "marker", "unsent", "packet"]) assert.ok(drawn.includes(role), role);
});
