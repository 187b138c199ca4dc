import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, setupOf } from "../../test/scenario.ts";

const bnxt = setupOf("bnxt@next");

const check = (story: string, effects: string, posted: string) =>
  assert.deepEqual(lastOf(bnxt, story), [effects, posted], story);

function played(story: string): Play {
  const play = new Play(bnxt, story);
  play.rest();
  return play;
}

// Rows 1 [0, 129) with its tag from 113 on, and 2 [129, 258) with its tag from 242 on.
const two = "send 100; send 100";

test("bnxt (kernel.md section 5.6, step 1): in order → the key's number in the BD, tcp_seq_no moves on", () => {
  check(`${two}; > 0:258`, "encrypted seq=0 length=258", "PKT@0+258+stream");
  assert.deepEqual(played(`${two}; > 0:258`).expected, [258, 258]);
  check(`${two}; > 0:0`, "", "");
});

test("a presync that cannot be sent takes nothing back but itself: the first packet's params stay posted", () => {
  const early = { ...bnxt, profile: { ...bnxt.profile!, paramsWithFirstPacket: true } };
  const effects =
    "out-of-order expected=0 seq=10, resync record=1 replayed=0, dma-error mapping=1 posted=4, dropped reason=dma-error length=10";
  assert.deepEqual(lastOf(early, `${two}; > 10:20 dma=1`), [effects, "STATIC#1 PROGRESS| NOP|"]);
});

test("bnxt (section 5.6, step 1): tcp_seq_no is committed with the BD: a DMA error leaves it", () => {
  const inOrder = `${two}; > 0:10; > 10:20 dma=1`;
  check(inOrder, "dma-error mapping=1 posted=0, dropped reason=dma-error length=10", "");
  assert.equal(played(inOrder).expected[0], 10);
  const ahead = played(`${two}; > 0:10; > 20:30 dma=1`);
  assert.deepEqual(ahead.expected, [10, 10], "a staged presync does not reach the NIC");
});

test("bnxt (section 5.6, step 2): no record, the marker → software, which fails, or passes what lies before", () => {
  const gone =
    "out-of-order expected=258 seq=20, lookup-failed seq=20, lookup-failed seq=20, dropped reason=no-sync-data length=9";
  check(`${two}; > 0:258; ack 129; > 20:29`, gone, "");
  check(`${two}; > -5:0`, "out-of-order expected=0 seq=-5, bypass seq=-5 length=5", "PKT@-5+5+clear");
  check(`${two}; > -5:5`, "out-of-order expected=0 seq=-5, dropped reason=no-sync-data length=10", "");
});

test("bnxt (section 5.6, step 2): what reaches into the first record's tag → software", () => {
  const fallback = (from: number, to: number) =>
    `out-of-order expected=258 seq=${from}, software-fallback reason=tag length=${to - from}`;
  check(`${two}; > 0:258; > 20:114`, fallback(20, 114), "PKT#1@20+94+software");
  check(`${two}; > 0:258; > 113:114`, fallback(113, 114), "PKT#1@113+1+software");
  check(`${two}; > 0:258; > 20:200`, fallback(20, 200), "PKT#1@20+180+software");
  const upTo = "out-of-order expected=258 seq=20, resync record=1 replayed=0, encrypted seq=20 length=93";
  check(`${two}; > 0:258; > 20:113`, upTo, "PRESYNC#1@20+93 PKT#1@20+93+piece");
});

test("bnxt (section 5.6, step 2): no room on the ring → software", () => {
  const effects = "out-of-order expected=258 seq=20, software-fallback reason=ring-full length=9";
  check(`${two}; > 0:258; > 20:29 ring-full`, effects, "PKT#1@20+9+software");
  // bnxt_ktls_tx_ooo() asks for room before it looks at the tag.
  const both = "out-of-order expected=258 seq=20, software-fallback reason=ring-full length=94";
  check(`${two}; > 0:258; > 20:114 ring-full`, both, "PKT#1@20+94+software");
});

test("bnxt (section 5.6, steps 3 and 4): a retransmission's presync leaves the state for packets in order", () => {
  const back = `${two}; > 0:140; > 20:29`;
  const effects = "out-of-order expected=140 seq=20, resync record=1 replayed=0, encrypted seq=20 length=9";
  check(back, effects, "PRESYNC#1@20+9 PKT#1@20+9+piece");
  assert.deepEqual(played(back).expected, [140, 140]);
  check(`${back}; > 140:150`, "encrypted seq=140 length=10", "PKT@140+10+stream");
});

test("bnxt (section 5.6, step 4): a jump forward moves driver and device to the packet's end", () => {
  const ahead = `${two}; > 0:10; > 20:29`;
  const effects = "out-of-order expected=10 seq=20, resync record=1 replayed=0, encrypted seq=20 length=9";
  check(ahead, effects, "PRESYNC|#1@20+9 PKT#1@20+9+piece");
  assert.deepEqual(played(ahead).expected, [29, 29]);
  check(`${ahead}; > 29:258`, "encrypted seq=29 length=229", "PKT@29+229+stream");
});

test("bnxt (section 5.6, step 4): one that begins before and ends behind tcp_seq_no goes forward", () => {
  assert.deepEqual(played(`${two}; > 0:30; > 20:40`).expected, [40, 40]);
  assert.deepEqual(played(`${two}; > 0:30; > 20:30`).expected, [30, 30]);
});

test("bnxt (section 5.0, spans many records): one presync, for the first byte's record", () => {
  // Out of order from a record's start on, but over its tag: that is for software.
  const effects = "out-of-order expected=258 seq=0, software-fallback reason=tag length=258";
  check(`${two}; > 0:258; > 0:258`, effects, "PKT#1@0+258+software");
});

test("bnxt (section 6.1): the standard counters; what goes to the fallback counts as no packet out of order", () => {
  const { counters } = played(`${two}; > 0:258; > 20:29; > 113:120; ack 258; > 30:31`);
  assert.deepEqual(counters, {
    tx_tls_ctx: 1,
    tx_tls_encrypted_packets: 2,
    tx_tls_encrypted_bytes: 267,
    tx_tls_ooo: 1,
    tx_tls_drop_no_sync_data: 1,
    fallback_packets: 1,
    fallback_bytes: 7,
  });
});

test("bnxt (section 1.7): takes TLS 1.3; its records' tags begin 16 bytes before their end there too", () => {
  // 100 bytes of payload: 5 + 100 + 1 + 16 = 122, the tag from 106 on.
  const setup = { ...bnxt, version: 0x0304 as const };
  const story = (to: number) => `${two}; > 0:244; > 20:${to}`;
  assert.match(lastOf(setup, story(106))[1], /^PRESYNC#1@20\+86 /);
  assert.match(lastOf(setup, story(107))[0], /software-fallback reason=tag/);
});
