import { aheadOfDrivers, type Case, dropped, mapped, sent, testCases, two } from "./source-cases.ts";

/** mlx5e_ktls_handle_tx_skb(), mlx5e_ktls_tx_handle_ooo(), mlx5e_sq_xmit(): section 5.2. DUMPs of at most 1522. */
const connectx: Case[] = [
  ...aheadOfDrivers,
  {
    // tx_post_resync_dump() of the 1st, 2nd, 3rd DUMP: FAIL, expected_seq as before; the packet itself: already moved on.
    ...{ story: "send 16384; > 0:9000; > 3100:3200 dma=1", posted: "PROGRESS| NOP|", expected: 9000 },
    effects: `out-of-order expected=9000 seq=3100, ${mapped(1, 2)}, ${dropped("no-sync-data", 100)}`,
    // 9000 bytes are 7 packets of 1448.
    counters: { tx_tls_encrypted_packets: 7, tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
  {
    ...{ story: "send 16384; > 0:9000; > 3100:3200 dma=3", expected: 9000 },
    posted: "PROGRESS| NOP| DUMP@0+1522 DUMP@1522+1522",
    effects: `out-of-order expected=9000 seq=3100, ${mapped(3, 4)}, ${dropped("no-sync-data", 100)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1, tx_tls_dump_packets: 2, tx_tls_dump_bytes: 3044 },
  },
  {
    ...{ story: "send 16384; > 0:9000; > 3100:3200 dma=4", expected: 3200 },
    posted: "PROGRESS| NOP| DUMP@0+1522 DUMP@1522+1522 DUMP@3044+56",
    effects: `out-of-order expected=9000 seq=3100, resync record=1 replayed=3100, ${mapped(4, 5)}, ${dropped("dma-error", 100)}`,
    counters: { tx_tls_encrypted_packets: 8, tx_tls_encrypted_bytes: 9100, tx_tls_drop_no_sync_data: 0 },
  },
  {
    // Behind a record's start no fragment is taken: params alone.
    ...{ story: `${sent}; > 129:258`, posted: "STATIC|#2 PROGRESS NOP| PKT@129+129+stream", expected: 258 },
    effects:
      "out-of-order expected=258 seq=129, static-params record=2, resync record=2 replayed=0, encrypted seq=129 length=129",
    counters: { tx_tls_ooo: 1, tx_tls_dump_packets: 0 },
  },
  {
    ...{
      story: `${sent}; > 131:133`,
      posted: "STATIC|#2 PROGRESS NOP| DUMP@129+2 PKT@131+2+stream",
      expected: 133,
    },
    effects:
      "out-of-order expected=258 seq=131, static-params record=2, resync record=2 replayed=2, encrypted seq=131 length=2",
    counters: { tx_tls_ooo: 1, tx_tls_dump_bytes: 2 },
  },
  {
    ...{
      story: `${sent}; > 120:125`,
      posted: "PROGRESS| NOP| DUMP@0+120 PKT@120+5+stream",
      expected: 125,
    },
    effects: "out-of-order expected=258 seq=120, resync record=1 replayed=120, encrypted seq=120 length=5",
    counters: { tx_tls_ooo: 1, tx_tls_dump_bytes: 120 },
  },
  {
    // One byte is left of the acknowledged record: its last byte is gone with it.
    ...{ story: `${sent}; ack 129; > 128:140`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=128, lookup-failed seq=128, ${dropped("no-sync-data", 12)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
  {
    // The queue is stopped before it is full: a full ring is nothing that the function meets.
    ...{
      story: `${sent}; > 20:30 ring-full`,
      posted: "PROGRESS| NOP| DUMP@0+20 PKT@20+10+stream",
      expected: 30,
    },
    effects: "out-of-order expected=258 seq=20, resync record=1 replayed=20, encrypted seq=20 length=10",
    counters: { tx_tls_ooo: 1 },
  },
  {
    // seq + datalen − 1 lies before the marker: MLX5E_KTLS_SYNC_SKIP_NO_DATA.
    ...{ story: `${two}; > 0:50; > -5:0`, posted: "PKT@-5+5+clear", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, bypass seq=-5 length=5`,
    counters: { tx_tls_ooo: 1, tx_tls_skip_no_sync_data: 1, tx_tls_encrypted_packets: 1 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:5`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, mixed-segment seq=-5 length=10, ${dropped("no-sync-data", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_skip_no_sync_data: 0, tx_tls_drop_no_sync_data: 1 },
  },
  {
    // The header alone, of the record whose number is in crypto_info.
    ...{ story: `${sent}; > 0:13`, posted: "PROGRESS| NOP| PKT@0+13+stream", expected: 13 },
    effects: `out-of-order expected=258 seq=0, resync record=1 replayed=0, encrypted seq=0 length=13`,
    counters: { tx_tls_ooo: 1, tx_tls_encrypted_bytes: 271 },
  },
  {
    // The tag alone.
    ...{ story: `${sent}; > 113:129`, posted: "PROGRESS| NOP| DUMP@0+113 PKT@113+16+stream", expected: 129 },
    effects: `out-of-order expected=258 seq=113, resync record=1 replayed=113, encrypted seq=113 length=16`,
    counters: { tx_tls_dump_packets: 1, tx_tls_dump_bytes: 113 },
  },
  {
    // Two records in one packet: the first one's prefix alone.
    ...{ story: `${sent}; > 20:258`, posted: "PROGRESS| NOP| DUMP@0+20 PKT@20+238+stream", expected: 258 },
    effects: `out-of-order expected=258 seq=20, resync record=1 replayed=20, encrypted seq=20 length=238`,
    counters: { tx_tls_ooo: 1, tx_tls_dump_bytes: 20 },
  },
  {
    // Back to new data: the NIC went on from the retransmission.
    ...{
      story: `${sent}; > 0:129; send 100; > 258:387`,
      posted: "STATIC|#3 PROGRESS NOP| PKT@258+129+stream",
      expected: 387,
    },
    effects: `out-of-order expected=129 seq=258, static-params record=3, resync record=3 replayed=0, encrypted seq=258 length=129`,
    counters: { tx_tls_ooo: 2, tx_tls_encrypted_packets: 3 },
  },
  {
    // A fragment each: header, three pieces of the user's pages, and the tag, which tls_device_record_close() has on another page.
    ...{
      story: `send 100 zerocopy pieces=3; > 0:129; > 128:129`,
      posted: "PROGRESS| NOP| DUMP@0+13 DUMP@13+34 DUMP@47+34 DUMP@81+32 DUMP@113+15 PKT@128+1+stream",
      expected: 129,
    },
    effects: `out-of-order expected=129 seq=128, resync record=1 replayed=128, encrypted seq=128 length=1`,
    counters: { tx_tls_dump_packets: 5, tx_tls_dump_bytes: 128 },
  },
  {
    // Up to the tag nothing of its fragment is taken.
    ...{
      story: `send 100 zerocopy pieces=1; > 0:129; > 113:129`,
      posted: "PROGRESS| NOP| DUMP@0+13 DUMP@13+100 PKT@113+16+stream",
      expected: 129,
    },
    effects: `out-of-order expected=129 seq=113, resync record=1 replayed=113, encrypted seq=113 length=16`,
    counters: { tx_tls_dump_packets: 2 },
  },
];

testCases("connectx@v6.18", connectx);

// TLS 1.3, rows of 5 + 100 + 17: tls_device_record_close() appends type byte and tag in one piece (net-next 2026).
const tls13: Case[] = [
  {
    // Copied bytes, type and tag follow each other on the socket's page: one fragment.
    ...{
      story: "send 100; > 0:122; > 121:122",
      posted: "PROGRESS| NOP| DUMP@0+121 PKT@121+1+stream",
      expected: 122,
    },
    effects: "out-of-order expected=122 seq=121, resync record=1 replayed=121, encrypted seq=121 length=1",
    counters: { tx_tls_ooo: 1, tx_tls_dump_packets: 1, tx_tls_dump_bytes: 121 },
  },
  {
    // Behind the user's pages they are a fragment of their own.
    ...{
      story: "send 100 zerocopy pieces=2; > 0:122; > 121:122",
      posted: "PROGRESS| NOP| DUMP@0+5 DUMP@5+50 DUMP@55+50 DUMP@105+16 PKT@121+1+stream",
      expected: 122,
    },
    effects: "out-of-order expected=122 seq=121, resync record=1 replayed=121, encrypted seq=121 length=1",
    counters: { tx_tls_dump_packets: 4, tx_tls_dump_bytes: 121 },
  },
  {
    // Pieces smaller than a tag do not cut it.
    ...{
      story: "send 20 zerocopy pieces=4; > 0:42; > 41:42",
      posted: "PROGRESS| NOP| DUMP@0+5 DUMP@5+5 DUMP@10+5 DUMP@15+5 DUMP@20+5 DUMP@25+16 PKT@41+1+stream",
      expected: 42,
    },
    effects: "out-of-order expected=42 seq=41, resync record=1 replayed=41, encrypted seq=41 length=1",
    counters: { tx_tls_dump_packets: 6 },
  },
  {
    // The second DUMP of three.
    ...{
      story: `send 16384; > 0:9000; > 3100:3200 dma=2`,
      posted: "PROGRESS| NOP| DUMP@0+1522",
      expected: 9000,
    },
    effects: `out-of-order expected=9000 seq=3100, ${mapped(2, 3)}, ${dropped("no-sync-data", 100)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1, tx_tls_dump_packets: 1 },
  },
  {
    // The first packet of all: params and NOP are in the queue, the packet is counted and its number passed.
    ...{ story: `${two}; > 0:129 dma=1`, posted: "STATIC#1 PROGRESS| NOP|", expected: 129 },
    effects: `${mapped(1, 3)}, ${dropped("dma-error", 129)}`,
    counters: { tx_tls_encrypted_packets: 1, tx_tls_ooo: 0 },
  },
];
testCases("connectx@next", tls13, { version: 0x0304 });
