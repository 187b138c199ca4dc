import assert from "node:assert/strict";
import { test } from "node:test";
import { Reference } from "../../test/reference/reference.ts";
import { lastOf, Play, type Setup, setupOf } from "../../test/scenario.ts";
import { countersOf } from "../machine/count.ts";
import type { CounterName } from "../machine/counters.ts";
import { wireBytes } from "../nic/wire-bytes.ts";

// The device went down: tls_validate_xmit_skb_sw sends every packet to tls_sw_fallback.
const setup = setupOf("connectx@v6.18");
const down = "send 40; send 0; send 20; down";

const check = (story: string, effects: string, posted: string, on: Setup = setup) =>
  assert.deepEqual(lastOf(on, story), [effects, posted], story);

test("tls_sw_fallback (kernel.md section 2.8, step 1): no payload → the segment as it is", () => {
  check(`${down}; > 0:0`, "", "");
});

test("tls_sw_fallback (section 2.8, step 2): no record → dropped", () => {
  const effects = "lookup-failed seq=0, dropped reason=fallback-failed length=10";
  check(`${down}; ack 69; > 0:10`, effects, "");
});

test("tls_sw_fallback (section 2.8, step 3): up to the marker untouched, across it dropped", () => {
  check(`${down}; > -9:0`, "bypass seq=-9 length=9", "PKT@-9+9+clear");
  check(`${down}; > -9:-5`, "bypass seq=-9 length=4", "PKT@-9+4+clear");
  check(`${down}; > -9:1`, "dropped reason=fallback-failed length=10", "");
});

test("tls_sw_fallback (section 2.8, step 3): a stale record (v5.5 and before) → dropped", () => {
  const effects = "stale-record seq=0 record=2, dropped reason=fallback-failed length=10";
  check(`${down}; ack 69; > 0:10`, effects, "", setupOf("innova@v4.19"));
});

test("tls_sw_fallback (section 2.8, step 3): plaintext that lies before a later marker is dropped, not passed (floor)", () => {
  const bnxt = { ...setupOf("bnxt@next"), version: 0x0304 as const };
  // 40 bytes of payload are 62 of stream; the rekey is done at once, its marker stands at 62. No hook drops for the
  // fallback what is acknowledged: that is the device's (section 8).
  const story = "send 40; > 0:62; ack 62; rekey; down";
  check(`${story}; > 20:30`, "lookup-failed seq=20, dropped reason=fallback-failed length=10", "", bnxt);
  check(`${story}; > -9:0`, "bypass seq=-9 length=9", "PKT@-9+9+clear", bnxt);
});

test("tls_sw_fallback (section 2.8, steps 4 and 5): the prefix comes from the first byte's record, whatever the cut", () => {
  check(`${down}; > 60:100`, "software-fallback reason=device-down length=40", "PKT#1@60+40+software");
  check(`${down}; > 69:100`, "software-fallback reason=device-down length=31", "PKT#2@69+31+software");
});

// Records [0, 69), [69, 98) and [98, 147): header and nonce 13, payload 40, 0 and 20, tag 16.
const cases: [string, [number, number][]][] = [
  [
    "6a: a packet that ends inside the header carries clear header bytes",
    [
      [0, 1],
      [0, 12],
      [0, 13],
      [3, 9],
      [69, 75],
      [53, 80],
    ],
  ],
  [
    "6b: the number of each record counts on from the first one's",
    [
      [0, 147],
      [60, 147],
      [69, 147],
    ],
  ],
  [
    "6c, m ≤ 0: the whole record is there",
    [
      [0, 69],
      [20, 69],
      [0, 98],
      [69, 98],
    ],
  ],
  [
    "6c, 0 < m ≤ 16: it ends inside or right before the tag",
    [
      [0, 53],
      [0, 54],
      [0, 68],
      [20, 60],
      [98, 131],
      [98, 140],
    ],
  ],
  [
    "6c, m > 16: it ends inside the payload",
    [
      [0, 14],
      [0, 52],
      [20, 30],
      [98, 120],
      [60, 115],
    ],
  ],
  [
    "6c: it begins inside a tag",
    [
      [53, 54],
      [55, 69],
      [60, 98],
      [68, 69],
      [85, 147],
      [140, 146],
    ],
  ],
];

for (const [title, ranges] of cases)
  test(`tls_sw_fallback (section 2.8, step ${title})`, () => {
    for (const [from, to] of ranges) checkBytes(setup, 147, from, to);
  });

test("tls_sw_fallback (section 2.8): a cut at every byte of three records, in TLS 1.2 and 1.3", () => {
  const next = { ...setupOf("connectx@next"), version: 0x0304 as const };
  for (const [on, length] of [
    [setup, 147],
    [next, 126],
  ] as const)
    for (let at = 0; at < length; at++) {
      checkBytes(on, length, at, length);
      checkBytes(on, length, 0, at + 1);
    }
});

/** The fallback's bytes for a range, against whole-record encryption by OpenSSL. */
function checkBytes(on: Setup, length: number, from: number, to: number): void {
  const play = new Play(on, `${down}; > ${from}:${to}`);
  play.rest();
  const reference = new Reference(play.machine.devices, play.machine.sockets[0]!.connection, 0);
  for (const size of [40, 0, 20]) reference.send(size, { more: false, pieceSize: 0 }, false, 23, false);
  assert.equal(reference.map.wire.length, length);
  const { kind, seq, length: size, engine, row } = play.machine.queue.at(0);
  assert.equal(kind, "packet");
  const bytes = wireBytes(play.socket, { seq, length: size, engine, row });
  assert.equal(Buffer.compare(bytes!, reference.map.wire.subarray(from, to)), 0, `${from}:${to}`);
}

test("tls_sw_fallback (section 2.8, step 7): the new segment is linear and its segments are cut behind it: one packet", () => {
  check(
    "send 16384; down; > 0:16413",
    "software-fallback reason=device-down length=16413",
    "PKT#1@0+16413+software",
  );
});

test("tls_sw_fallback (section 2.8, step 8): no memory → dropped", () => {
  check(`${down}; > 0:10 no-memory`, "dropped reason=fallback-failed length=10", "");
});

test("tls_sw_fallback (section 2.8): an acknowledged record with an unacknowledged one in a packet → dropped, TCP sends another split", () => {
  const effects = "lookup-failed seq=60, dropped reason=fallback-failed length=20";
  check(`${down}; ack 69; > 60:80`, effects, "");
  check(`${down}; ack 69; > 69:80`, "software-fallback reason=device-down length=11", "PKT#2@69+11+software");
});

test("tls_sw_fallback moves no counter of the kernel (kernel.md section 6.2): the model counts it itself", () => {
  const play = new Play(setup, `${down}; > 0:69; > 69:147`);
  play.rest();
  const moved = Object.entries(countersOf(play.state)).filter(([, value]) => value > 0);
  assert.deepEqual(
    moved.map(([name]) => name as CounterName),
    ["tx_tls_ctx"],
  );
  assert.deepEqual(play.counters, { tx_tls_ctx: 1, tx_tls_del: 1, fallback_packets: 2, fallback_bytes: 147 });
});
