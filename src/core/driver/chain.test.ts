import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, type Setup, setupOf } from "../../test/scenario.ts";

// Every outcome is derived by hand from mlx5e_sq_tls_xmit(), sbtls_recover_record() and mlx5e_sq_dump_xmit() of FreeBSD
// (kernel.md section 5.7): DUMPs of at most 1024 bytes at MTU 1500, 54 bytes of headers a packet.

const freebsd = setupOf("freebsd-connectx");

const check = (story: string, effects: string, posted: string, setup: Setup = freebsd) =>
  assert.deepEqual(lastOf(setup, story), [effects, posted], story);

/** The counters of a story that are not 0. */
function counted(story: string): Record<string, number> {
  const play = new Play(freebsd, story);
  play.rest();
  return play.counters;
}

const standsAfter = (story: string): Play["expected"] => {
  const play = new Play(freebsd, story);
  play.rest();
  return play.expected;
};

// Rows 1 [0, 129) and 2 [129, 258).
const two = "send 100; send 100";

test("freebsd-connectx (kernel.md section 5.7): the first packet is recovered and counted; a NOP, as there is nothing to dump", () => {
  const effects = "static-params record=1, resync record=1 replayed=0, encrypted seq=0 length=50";
  check(`${two}; > 0:50`, effects, "STATIC|#1 PROGRESS NOP| PKT@0+50+stream");
  assert.deepEqual(counted(`${two}; > 0:50`), { tx_packets: 1, tx_bytes: 104, tx_packets_ooo: 1 });
  check(`${two}; > 0:50; > 50:60`, "encrypted seq=50 length=10", "PKT@50+10+stream");
});

test("freebsd-connectx (section 5.7): a first packet inside a record dumps all before it, whatever the start of the offload", () => {
  const effects = "static-params record=1, resync record=1 replayed=50, encrypted seq=50 length=10";
  check(`${two}; > 0:50 qdisc-drop; > 50:60`, effects, "STATIC|#1 PROGRESS DUMP|@0+50 PKT@50+10+stream");
  assert.equal(counted(`${two}; > 0:50 qdisc-drop; > 50:60`).tx_bytes_ooo, 50);
});

test("freebsd-connectx (section 5.7): static params also for the record named last; into another record's start a NOP", () => {
  check(
    `${two}; > 0:50; > 20:30`,
    "out-of-order expected=50 seq=20, static-params record=1, resync record=1 replayed=20, encrypted seq=20 length=10",
    "STATIC|#1 PROGRESS DUMP|@0+20 PKT@20+10+stream",
  );
  check(
    `${two}; > 0:50; > 129:200`,
    "out-of-order expected=50 seq=129, static-params record=2, resync record=2 replayed=0, encrypted seq=129 length=71",
    "STATIC|#2 PROGRESS NOP| PKT@129+71+stream",
  );
});

test("freebsd-connectx (section 5.7): no lookup fails, each packet carries its record", () => {
  const effects =
    "out-of-order expected=258 seq=20, static-params record=1, resync record=1 replayed=20, encrypted seq=20 length=10";
  check(`${two}; > 0:258; ack 258; > 20:30`, effects, "STATIC|#1 PROGRESS DUMP|@0+20 PKT@20+10+stream");
});

test("freebsd-connectx (section 5.7): a jump forward in the record goes on with the partial dump, without params", () => {
  const forward = "out-of-order expected=50 seq=70, resync record=1 replayed=20, encrypted seq=70 length=9";
  check(`${two}; > 0:50; > 70:79`, forward, "DUMP|@50+20 PKT@70+9+stream");
  assert.deepEqual(counted(`${two}; > 0:50; > 70:79`), {
    tx_packets: 2,
    tx_bytes: 59 + 2 * 54,
    tx_packets_ooo: 2,
    tx_bytes_ooo: 20,
    tx_tls_dump_packets: 1,
    tx_tls_dump_bytes: 20,
  });
  // Expected at the record's very beginning: delta is all of the offset, so it begins anew.
  check(
    `${two}; > 0:129; > 131:140`,
    "out-of-order expected=129 seq=131, static-params record=2, resync record=2 replayed=2, encrypted seq=131 length=9",
    "STATIC|#2 PROGRESS DUMP|@129+2 PKT@131+9+stream",
  );
});

test("freebsd-connectx (section 5.7): DUMPs of at most the highest power of two within the hardware's MTU", () => {
  const dumps = (mtu: number, story = "send 16384; > 0:9; > 3100:3101") =>
    (lastOf({ ...freebsd, mtu }, story)[1].match(/DUMP\|?@\d+\+\d+/g) ?? []).join(" ");
  // From 9 on: 3091 bytes. 1522 → 1024; 9022 → 8192; 1002 + 22 = 1024 itself; 1001 + 22 → 512.
  assert.equal(dumps(1500), "DUMP|@9+1024 DUMP@1033+1024 DUMP@2057+1024 DUMP@3081+19");
  assert.equal(dumps(9000), "DUMP|@9+3091");
  assert.equal(dumps(1002), dumps(1500));
  assert.equal(dumps(1001).split(" ").length, 7);
  // A header and pages of 1500 bytes: each is a segment of its own.
  assert.equal(
    dumps(1500, "send 3000 zerocopy pieces=2; > 0:9; > 0:9; > 2013:2023"),
    "DUMP|@9+4 DUMP@13+1024 DUMP@1037+476 DUMP@1513+500",
  );
});

test("freebsd-connectx (section 5.7): the chain is mapped as a whole; where that fails the driver stands where the dump begins", () => {
  const back = "send 16384; > 0:9000; > 3100:3200 dma=1";
  check(
    back,
    "out-of-order expected=9000 seq=3100, static-params record=1, dma-error mapping=1 posted=2, dropped reason=dma-error length=100",
    "STATIC|#1 PROGRESS",
  );
  assert.deepEqual(standsAfter(back), [0, 0], "driver and NIC agree");
  const { tx_packets, tx_packets_ooo, tx_bytes_ooo, tx_error, tx_tls_dump_packets } = counted(back);
  assert.deepEqual(
    [tx_packets, tx_packets_ooo, tx_bytes_ooo, tx_error, tx_tls_dump_packets],
    [1, 2, 3100, undefined, undefined],
  );
  const onward = `${two}; > 0:50; > 70:79 dma=1`;
  assert.deepEqual(standsAfter(onward), [50, 50]);
  check(`${onward}; > 50:60`, "encrypted seq=50 length=10", "PKT@50+10+stream");
});

test("freebsd-connectx (section 5.7): the packet's own mapping fails behind the count, and the number stays moved on", () => {
  const inOrder = `${two}; > 0:50; > 50:60 dma=1`;
  check(inOrder, "dma-error mapping=1 posted=0, dropped reason=dma-error length=10", "");
  assert.deepEqual(standsAfter(inOrder), [60, 50]);
  assert.equal(counted(inOrder).tx_packets, 2);
  const recovered = `${two}; > 0:50; > 70:79 dma=2`;
  assert.deepEqual(standsAfter(recovered), [79, 70]);
  assert.equal(counted(recovered).tx_packets, 2);
});

test("freebsd-connectx (section 5.7): DUMPs that find no room end as those that cannot be mapped; nothing else is asked for room", () => {
  const back = "send 16384; > 0:9000; > 3100:3200 ring-full";
  // mlx5e_sq_dump_xmit() maps, then mlx5e_sq_has_room_for(); the params were posted before.
  check(
    back,
    "out-of-order expected=9000 seq=3100, static-params record=1, dropped reason=ring-full length=100",
    "STATIC|#1 PROGRESS",
  );
  assert.deepEqual(standsAfter(back), [0, 0], "driver and NIC agree");
  const { tx_packets, tx_packets_ooo, tx_bytes_ooo, tx_error } = counted(back);
  assert.deepEqual([tx_packets, tx_packets_ooo, tx_bytes_ooo, tx_error], [1, 2, 3100, undefined]);
  assert.deepEqual(standsAfter(`${two}; > 0:50; > 70:79 ring-full`), [50, 50]);
  assert.match(lastOf(freebsd, `${two}; > 0:258; > 129:140 ring-full`)[0], /encrypted seq=129 length=11$/);
  assert.equal(lastOf(freebsd, `${two}; > 0:50; > 50:60 ring-full`)[0], "encrypted seq=50 length=10");
});

test("freebsd-connectx (section 5.7): without memory for the chain tx_error; a record's start needs none", () => {
  const inside = `${two}; > 0:258; > 20:30 no-memory`;
  check(inside, "out-of-order expected=258 seq=20, dropped reason=no-sync-data length=10", "");
  assert.deepEqual([counted(inside).tx_error, counted(inside).tx_packets_ooo], [1, 1]);
  assert.deepEqual(standsAfter(inside), [258, 258]);
  assert.match(lastOf(freebsd, `${two}; > 0:258; > 129:140 no-memory`)[0], /encrypted seq=129 length=11$/);
  assert.equal(lastOf(freebsd, `${two}; > 0:50; > 50:60 no-memory`)[0], "encrypted seq=50 length=10");
});

test("freebsd-connectx (section 5.7): ordinary mbufs leave before anything is compared; across the marker tx_error", () => {
  check(`${two}; > -5:0`, "bypass seq=-5 length=5", "PKT@-5+5+clear");
  assert.deepEqual(standsAfter(`${two}; > -5:0`), [0, null], "no params yet");
  check(`${two}; > 0:9; > -5:0`, "bypass seq=-5 length=5", "PKT@-5+5+clear");
  check(`${two}; > 0:9; > -5:5`, "mixed-segment seq=-5 length=10, dropped reason=no-sync-data length=10", "");
  const { tx_error, tx_packets_ooo } = counted(`${two}; > 0:9; > -5:5`);
  assert.deepEqual([tx_error, tx_packets_ooo], [1, 1]);
});

test("freebsd-connectx (section 5.7): nothing in the header or the tag is special, nor 2^32; FIN rides on its data", () => {
  check(
    `${two}; > 0:258; > 120:125`,
    "out-of-order expected=258 seq=120, static-params record=1, resync record=1 replayed=120, encrypted seq=120 length=5",
    "STATIC|#1 PROGRESS DUMP|@0+120 PKT@120+5+stream",
  );
  check(
    `${two}; > 0:258; > 100:140`,
    "out-of-order expected=258 seq=100, static-params record=1, resync record=1 replayed=100, encrypted seq=100 length=40",
    "STATIC|#1 PROGRESS DUMP|@0+100 PKT@100+40+stream",
    { ...freebsd, startSeq: 0xffffff80 },
  );
  check(`${two}; > 0:258 fin; > 258:258 fin`, "", "");
  check(`${two}; > 0:9; > 9:258 fin`, "encrypted seq=9 length=249", "PKT@9+249+stream");
});
