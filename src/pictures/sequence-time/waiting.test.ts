import assert from "node:assert/strict";
import test from "node:test";
import { fileBeside } from "../../test/damage/flipped.ts";
import { studyOf } from "../../test/studies.ts";
import { kinds } from "../kinds.ts";
import type { Rare } from "../rare.ts";
import { SequenceTime } from "./sequence-time.ts";
import type { LaneName } from "./view.ts";

// What is said of a packet when its bytes leave is not always said at its own event: a packet that waits in the transmit
// queue leaves at another packet's doorbell, or when a device's queue goes on, or never.

async function pictureOf(lines: readonly string[], connection = 0): Promise<SequenceTime> {
  const file = fileBeside("waiting.tlstrace", `${lines.join("\n")}\n`);
  const picture = new SequenceTime(await studyOf(file), connection);
  for (const _ of picture.begin());
  for (const _ of picture.complete());
  return picture;
}

const position = { event: 0, stage: 0 };

/** The marks of a lane in the whole picture: moment in milliseconds, and bytes. */
function marksOf(picture: SequenceTime, name: LaneName): string[] {
  const view = picture.view({ area: null, columns: 1 << 20, position });
  const { time, low, high } = view.lanes.find((lane) => lane.name === name)!.marks;
  return time.map((ns, i) => `${ns / 1e6} ${low[i]}:${high[i]}`);
}

const device = (profile: string) => `device eth0 profile=${profile} mtu=1500`;
const connection = (name = "web", seq = 1000) =>
  `connection ${name} device=eth0 version=1.2 cipher=aes-128-gcm seq=${seq} rec_seq=0`;

test("bytes that leave wrong when a held queue goes on are at that moment, in their packets' places", async () => {
  // A reset takes 1000:2000: the NIC never sees them, and what is posted behind leaves as garbage when the queue goes on.
  const picture = await pictureOf([
    device("connectx"),
    connection(),
    "+0 web send 10000",
    "+0 web > 0:1000(1000)",
    "+0 eth0 hold",
    "+.001 web > 1000:2000(1000)",
    "+.001 eth0 reset",
    "+.001 web > 2000:3000(1000)",
    "+.001 web > 3000:4000(1000)",
    "+.001 eth0 resume",
  ]);
  assert.deepEqual(marksOf(picture, "wrong"), ["5 2000:3000", "5 3000:4000"]);
  // What the reset discarded never was on the wire.
  assert.deepEqual(marksOf(picture, "dropped"), ["2 1000:2000"]);
});

test("what leaves at another packet's doorbell has its own place", async () => {
  const picture = await pictureOf([
    device("connectx"),
    connection(),
    "+0 web send 10000",
    "+.001 web > 0:1000(1000) lost xmit-more",
    "+.001 web > 1000:2000(1000)",
    "+.001 web > 2000:3000(1000) lost",
  ]);
  assert.deepEqual(marksOf(picture, "lost"), ["2 0:1000", "3 2000:3000"]);
});

test("of two connections that a device's event is about each has its own", async () => {
  const lines = [
    device("connectx"),
    ...[connection("a", 1000), connection("b", 5000)],
    ...["+0 a send 3000", "+0 b send 3000", "+.001 a > 0:100(100)", "+0 eth0 hold"],
    ...["+0 a > 100:200(100)", "+0 b > 0:300(300)", "+.001 eth0 reset", "+.001 eth0 resume"],
  ];
  assert.deepEqual(marksOf(await pictureOf(lines, 0), "dropped"), ["2 100:200"]);
  assert.deepEqual(marksOf(await pictureOf(lines, 1), "dropped"), ["2 0:300"]);
});

test("a resync at the next record is in its lane, where that record begins", async () => {
  // netronome.c: the driver asks, the TLS layer answers when it pushes the next record (kernel.md section 2.4).
  const picture = await pictureOf([
    device("netronome"),
    connection(),
    "+0 web send 3000",
    "+.001 web > 0:1000(1000)",
    "+.001 web > 1000:2000(1000) qdisc-drop",
    "+.001 web > 2000:3029(1029)",
    "+.001 web send 100",
  ]);
  assert.deepEqual(marksOf(picture, "resync"), ["4 3029:3029"]);
});

test("what the driver leaves out of a packet is dropped, and nothing else of it", async () => {
  // 3029 − 8: a cut inside the tag of the record, before which Chelsio's driver ends the packet (chcr_end_part_handler()).
  const picture = await pictureOf([
    device("chelsio-t6"),
    connection(),
    "+0 web send 3000",
    "+.001 web > 0:3021(3021)",
  ]);
  assert.deepEqual(marksOf(picture, "dropped"), ["1 3013:3021"]);
});

test("what the qdisc lost TCP has sent: the next copy is sent again", async () => {
  const lines = [device("connectx"), connection(), "+0 web send 4000", "+.001 web > 0:1000(1000)"];
  const lost = "+.001 web > 1000:2000(1000) qdisc-drop";
  const copy = "+.001 web > 1000:2000(1000)";
  // At once, and behind newer bytes.
  for (const behind of [[], ["+0 web > 2000:3000(1000)"]]) {
    const picture = await pictureOf([...lines, lost, ...behind, copy]);
    assert.deepEqual(marksOf(picture, "again"), ["3 1000:2000"]);
    assert.deepEqual(marksOf(picture, "dropped"), ["2 1000:2000"]);
    assert.equal(marksOf(picture, "sent").length, 1 + behind.length);
  }
});

test("packets that never were on the wire have their place in the picture", async () => {
  const picture = await pictureOf([
    device("connectx"),
    connection(),
    "+0 web send 3000",
    "+.001 web > 0:1000(1000)",
    "+.001 web > 1000:3029(2029) qdisc-drop",
  ]);
  assert.equal(picture.whole.high, 3029);
});

test("a stop at what is about no byte stands where TCP had sent to, and at its moment", async () => {
  const picture = await pictureOf([
    device("connectx"),
    connection("web", 1_000_000),
    ...[
      "+0 web send 3000",
      "+.001 web > 0:1000(1000)",
      "+.001 eth0 hold",
      "+.001 web send 100",
      "+.001 eth0 resume",
    ],
    ...["+.001 web > 1000:1500(500)", "+.001 web < ack 1000", "+.001 web close"],
  ]);
  const events = [0, 1, 2, 3, 4, 5, 6, 7];
  const stands = events.map((event) => ({ kind: "stop" as const, event, name: "" }));
  const { lanes } = picture.view({ area: null, columns: 100, position, stands });
  const { time, low } = lanes.find(({ name }) => name === "stop")!.marks;
  assert.deepEqual(
    time.map((ns, i) => `${ns / 1e6} ${low[i]}`),
    ["0 0", "1 0", "2 1000", "3 1000", "4 1000", "5 1000", "6 1000", "7 1500"],
  );
});

test("keys reach every mark of an event that has several of a kind", async () => {
  const picture = await pictureOf([
    device("connectx"),
    connection(),
    ...["+0 web send 10000", "+0 eth0 hold", "+.001 web > 0:1000(1000) lost", "+.001 web > 1000:2000(1000)"],
    ...["+.001 web > 2000:3000(1000) lost", "+.001 web > 3000:4000(1000) lost", "+.001 eth0 resume"],
  ]);
  const { whole } = picture;
  const walk = (step: 1 | -1, times: number) => {
    const met: string[] = [];
    let from: Rare | null = null;
    for (let i = 0; i < times; i++) {
      from = picture.rare({ step, from, area: whole, hidden: new Set<string>() }, {});
      met.push(`${from?.number?.is} of ${from?.number?.of}: ${from?.place.low}`);
    }
    return met;
  };
  assert.deepEqual(walk(1, 4), ["1 of 3: 0", "2 of 3: 2000", "3 of 3: 3000", "1 of 3: 0"]);
  assert.deepEqual(walk(-1, 4), ["3 of 3: 3000", "2 of 3: 2000", "1 of 3: 0", "3 of 3: 3000"]);
});

test("the table of a picture has what is drawn of it, and says what it leaves out", async () => {
  const packets = (count: number) =>
    Array.from({ length: count }, (_, i) => `+.001 web > ${i * 10}:${i * 10 + 10}(10)`);
  const few = await pictureOf([
    ...[device("connectx"), connection(), "+0 web send 10000"],
    ...[...packets(2), "+.001 web > 0:10(10)", "+.001 web < ack 20"],
  ]);
  const tableOf = (picture: SequenceTime) =>
    kinds["sequence-time"]
      .table(picture.view({ area: null, columns: 2000, position }))
      .rows.map(({ cells }) => cells.slice(1, 3).join(" | "));
  const rows = tableOf(few);
  for (const row of ["sent | 0 to 10", "sent | 10 to 20", "sent again | 0 to 10", "acknowledged | 20"])
    assert.ok(rows.includes(row), `${row} in\n${rows.join("\n")}`);
  assert.deepEqual(rows.slice(0, 2), [
    "out of order at the driver | 0 to 10",
    "resync: what the device was fed again | 0",
  ]);
  // Of 900 packets in order, and one sent again in their middle, the one that is rare is never left out.
  const many = await pictureOf([
    ...[device("connectx"), connection(), "+0 web send 10000"],
    ...[...packets(450), "+.001 web > 0:10(10)", ...packets(900).slice(450)],
  ]);
  const long = tableOf(many);
  assert.ok(long.length < 520);
  assert.ok(long.includes("out of order at the driver | 0 to 10") && long.includes("sent again | 0 to 10"));
  assert.match(long.at(-1)!, /^\d+ more, which a smaller part shows/);
});
