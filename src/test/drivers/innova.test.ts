import { type Case, dropped, mapped, sent, testCases, two } from "./source-cases.ts";

/** mlx5e_tls_handle_tx_skb(), mlx5e_tls_handle_ooo() of v4.19: section 5.1. */
const innova: Case[] = [
  {
    ...{ story: `${two}; > 0:129`, posted: "PKT@0+129+stream", expected: 129 },
    effects: `encrypted seq=0 length=129`,
    counters: { tx_tls_ooo: 0, tx_tls_resync_bytes: 0 },
  },
  {
    // 62 bytes of headers and metadata, 8 of the record's number, the prefix.
    ...{ story: `${sent}; > 131:133`, posted: "SYNC#2@129+2 PKT@131+2+stream", expected: 133 },
    effects: `out-of-order expected=258 seq=131, resync record=2 replayed=2, encrypted seq=131 length=2`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 72 },
  },
  {
    // Where a record starts the SYNC packet has its number alone.
    ...{ story: `${sent}; > 129:258`, posted: "SYNC#2 PKT@129+129+stream", expected: 258 },
    effects: `out-of-order expected=258 seq=129, resync record=2 replayed=0, encrypted seq=129 length=129`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 70 },
  },
  {
    ...{ story: `${sent}; > 120:125`, posted: "SYNC#1@0+120 PKT@120+5+stream", expected: 125 },
    effects: `out-of-order expected=258 seq=120, resync record=1 replayed=120, encrypted seq=120 length=5`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 190 },
  },
  {
    ...{ story: `${sent}; > 20:258`, posted: "SYNC#1@0+20 PKT@20+238+stream", expected: 258 },
    effects: `out-of-order expected=258 seq=20, resync record=1 replayed=20, encrypted seq=20 length=238`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 90 },
  },
  {
    ...{ story: `${sent}; > 0:129; send 100; > 258:387`, posted: "SYNC#3 PKT@258+129+stream", expected: 387 },
    effects: `out-of-order expected=129 seq=258, resync record=3 replayed=0, encrypted seq=258 length=129`,
    counters: { tx_tls_ooo: 2, tx_tls_resync_bytes: 140 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:0`, posted: "PKT@-5+5+clear", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, bypass seq=-5 length=5`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_bypass_required: 0 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:5`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, mixed-segment seq=-5 length=10, ${dropped("bypass-required", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_bypass_required: 1 },
  },
  {
    // tls_get_record() of v4.19 gives the list's head, behind the packet's first byte: sync_len is negative.
    ...{ story: `${sent}; ack 129; > 128:140`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=128, stale-record seq=128 record=2, ${dropped("no-sync-data", 12)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
  {
    ...{ story: `${two}; > 0:129 no-memory`, posted: "", expected: 0 },
    effects: `${dropped("no-metadata", 129)}`,
    counters: { tx_tls_ooo: 0, tx_tls_drop_metadata: 1 },
  },
  {
    // Nothing to encrypt: the function gives it back before it looks at anything.
    ...{ story: `${sent}; > 258:258 fin`, posted: "", expected: 258 },
    effects: ``,
    counters: { tx_tls_ooo: 0, tx_tls_drop_metadata: 0 },
  },
  {
    // The hook encrypts what is for no device any more: the driver is not asked.
    ...{ story: `${sent}; down; > 0:129`, posted: "PKT#1@0+129+software", expected: 258 },
    effects: `software-fallback reason=device-down length=129`,
    counters: { tx_tls_ooo: 0, fallback_packets: 1 },
  },
  {
    // mlx5e_sq_xmit() of the SYNC packet returns NETDEV_TX_OK where it maps nothing: it is freed, counted all the same, and the
    // packet goes to an FPGA that stands behind 258 and takes its 10 bytes for the next header's, which stay clear.
    ...{ story: `${sent}; > 20:30 dma=1`, posted: "PKT@20+10+stream", expected: 30 },
    effects: `out-of-order expected=258 seq=20, ${mapped(1, 0)}, encrypted seq=20 length=10, out-of-step expected=258 seq=20, plaintext seq=20 bytes=10`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 90 },
  },
  {
    // The packet's own mapping: the SYNC packet is in the queue and expected_seq has moved on.
    ...{ story: `${sent}; > 20:30 dma=2`, posted: "SYNC#1@0+20", expected: 30 },
    effects: `out-of-order expected=258 seq=20, resync record=1 replayed=20, ${mapped(2, 1)}, ${dropped("dma-error", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 90 },
  },
  {
    // Where a record starts the SYNC packet has its linear part alone, which is mapped, too. Without it the record is numbered 3: its tag alone is wrong.
    ...{ story: `${sent}; > 129:258 dma=1`, posted: "PKT@129+129+stream", expected: 258 },
    effects: `out-of-order expected=258 seq=129, ${mapped(1, 0)}, encrypted seq=129 length=129, out-of-step expected=258 seq=129, wrong-tag seq=242 bytes=16`,
    counters: { tx_tls_ooo: 1, tx_tls_resync_bytes: 70 },
  },
  {
    // alloc_skb() of the SYNC packet, ahead of expected_seq; the metadata had its headroom.
    ...{ story: `${sent}; > 20:30 no-memory`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=20, ${dropped("no-memory", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_resync_alloc: 1, tx_tls_drop_metadata: 0, tx_tls_resync_bytes: 0 },
  },
  {
    // The queue stops while there is room for a SYNC packet as well (MLX5E_SQ_TLS_ROOM).
    ...{ story: `${sent}; > 20:30 ring-full`, posted: "SYNC#1@0+20 PKT@20+10+stream", expected: 30 },
    effects: `out-of-order expected=258 seq=20, resync record=1 replayed=20, encrypted seq=20 length=10`,
    counters: { tx_tls_ooo: 1 },
  },
];

testCases("innova@v4.19", innova);
