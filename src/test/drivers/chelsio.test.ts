import { type Case, dropped, mapped, sent, testCases, two } from "./source-cases.ts";

/** chcr_ktls_xmit() and what it calls: section 5.3. */
const chelsio: Case[] = [
  {
    // tcp_seq 120: TX_MAX 113, moved by the fallback's 120 before: written again, and counted.
    ...{ story: `${two}; > 0:113; > 113:120; > 120:129`, expected: 129 },
    posted: "SET_TCB@TX_MAX=113 SET_TCB@SND_UNA PRIOR#1@0+120 PKT#1@120+9+piece",
    effects: "out-of-order expected=120 seq=113, piece form=end length=9, encrypted seq=120 length=9",
    counters: { tx_tls_ooo: 1, ktls_tx_fallback: 1, tx_tls_encrypted_packets: 2 },
  },
  {
    // The fallback's end may lie in the tag of one record and be met by the next one's start.
    ...{ story: `${two}; > 0:113; > 113:120; > 129:258`, expected: 258 },
    posted: "SET_TCB@TX_MAX=129 SET_TCB@SND_UNA PKT#2@129+129+piece",
    effects:
      "out-of-order expected=120 seq=129, piece form=complete length=129, encrypted seq=129 length=129",
    counters: { tx_tls_ooo: 1, ktls_tx_complete_pkts: 1 },
  },
  {
    // tls_encrypt_skb() gives nothing: chcr_ktls_sw_fallback() returns before it counts anything.
    ...{ story: `${two}; > 0:113; > 113:120 no-memory`, posted: "SET_TCB@SND_UNA", expected: 113 },
    effects: dropped("fallback-failed", 7),
    counters: { ktls_tx_fallback: 0, tx_tls_drop_no_sync_data: 0, tx_tls_ooo: 0 },
  },
  {
    // chcr_ktls_tunnel_pkt() cannot map it: prev_seq and counter stay.
    ...{ story: `${two}; > 0:113; > 113:120 dma=1`, posted: "SET_TCB@SND_UNA", expected: 113 },
    effects: `software-fallback reason=tag length=7, ${mapped(1, 1)}, ${dropped("dma-error", 7)}`,
    counters: { ktls_tx_fallback: 0, fallback_packets: 1 },
  },
  {
    // Trimmed and start count ahead of chcr_ktls_xmit_wr_short(); TX_MAX was written all the same.
    ...{ story: `${two}; > 0:120 dma=1`, posted: "SET_TCB@TX_MAX=0", expected: 0 },
    effects: `trimmed seq=113 bytes=7, piece form=start length=113, ${mapped(1, 1)}, ${dropped("dma-error", 120)}`,
    counters: { ktls_tx_trimmed_pkts: 1, ktls_tx_start_pkts: 1, tx_tls_encrypted_packets: 0 },
  },
  {
    // Acknowledgement and window are in the control block since the packet before: no first work request any more.
    ...{ story: `${two}; > 0:120 dma=1; > 0:129`, posted: "PKT#1@0+129+piece", expected: 129 },
    effects: "piece form=complete length=129, encrypted seq=0 length=129",
    counters: { tx_tls_ooo: 0, ktls_tx_complete_pkts: 1 },
  },
  {
    // The second record of two cannot be mapped: prev_seq is the first one's end, both are counted as complete.
    ...{ story: `${two}; > 0:258 dma=2`, posted: "SET_TCB@TX_MAX=0 PKT#1@0+129+piece", expected: 129 },
    effects: `piece form=complete length=129, piece form=complete length=129, ${mapped(2, 2)}, ${dropped("dma-error", 258)}`,
    counters: { ktls_tx_complete_pkts: 2, tx_tls_encrypted_packets: 0 },
  },
  {
    // Cut one byte into the tag; more than a tag is left of the record from 130 on.
    ...{ story: `${two}; > 0:130; > 130:243`, expected: 242 },
    posted: "SET_TCB@SND_UNA PRIOR#2@129+1 PKT#2@130+112+piece",
    effects: "trimmed seq=242 bytes=1, piece form=middle length=112, encrypted seq=130 length=113",
    counters: { ktls_tx_trimmed_pkts: 1, ktls_tx_middle_pkts: 1, tx_tls_encrypted_bytes: 243 },
  },
  {
    // The marker: counted as skipped ahead of its mapping, prev_seq as it was.
    ...{ story: `${two}; > 0:9; > -9:0 dma=1`, posted: "SET_TCB@TX_MAX=-9 SET_TCB@SND_UNA", expected: 9 },
    effects: `out-of-order expected=9 seq=-9, piece form=plain length=9, ${mapped(1, 2)}, ${dropped("dma-error", 9)}`,
    counters: { tx_tls_skip_no_sync_data: 1, tx_tls_ooo: 1, tx_tls_encrypted_packets: 1 },
  },
  {
    // FIN behind a trimmed end: the data first, then the packet of headers.
    ...{ story: `${two}; > 0:129; > 129:250 fin`, posted: "PKT#2@129+113+piece TX_OPT", expected: 242 },
    effects: "trimmed seq=242 bytes=8, piece form=start length=113, encrypted seq=129 length=121",
    counters: { ktls_tx_trimmed_pkts: 1 },
  },
  {
    // cxgb4_eth_xmit() hands down what has payload only.
    ...{ story: `${sent}; > 258:258 fin`, posted: "", effects: "", expected: 258 },
    counters: { tx_tls_encrypted_packets: 1, tx_tls_drop_no_sync_data: 0 },
  },
  {
    // In order from a record's start: nothing of the control block is written ahead of the piece.
    ...{ story: `${two}; > 0:129; > 129:258 ring-full`, posted: "PKT#2@129+129+piece", expected: 258 },
    effects: `piece form=complete length=129, encrypted seq=129 length=129`,
    counters: { ktls_tx_complete_pkts: 2, tx_tls_encrypted_packets: 2 },
  },
  {
    // chcr_ktls_xmit_wr_complete() finds no credits behind SET_TCB: NETDEV_TX_BUSY, which chcr_ktls_xmit() makes a drop; the
    // piece is counted, prev_seq stays.
    ...{
      story: `${two}; > 0:129; > 0:129 ring-full`,
      posted: "SET_TCB@TX_MAX=0 SET_TCB@SND_UNA",
      expected: 129,
    },
    effects: `out-of-order expected=129 seq=0, piece form=complete length=129, ${dropped("ring-full", 129)}`,
    counters: { tx_tls_ooo: 1, ktls_tx_complete_pkts: 2, tx_tls_encrypted_packets: 1 },
  },
  {
    // In order, but SND_UNA is written wherever no record starts.
    ...{ story: `${two}; > 0:50; > 50:60 ring-full`, posted: "SET_TCB@SND_UNA", expected: 50 },
    effects: `piece form=middle length=10, ${dropped("ring-full", 10)}`,
    counters: { ktls_tx_middle_pkts: 1, tx_tls_ooo: 0 },
  },
  {
    // chcr_ktls_tunnel_pkt() looks once the fallback has encrypted.
    ...{ story: `${two}; > 0:113; > 113:120 ring-full`, posted: "SET_TCB@SND_UNA", expected: 113 },
    effects: `software-fallback reason=tag length=7, ${dropped("ring-full", 7)}`,
    counters: { ktls_tx_fallback: 0, fallback_packets: 1 },
  },
  {
    // chcr_end_part_handler(): alloc_skb() for the record that is sent again, ahead of the counter.
    ...{ story: `${two}; > 0:50; > 50:129 no-memory`, posted: "SET_TCB@SND_UNA", expected: 50 },
    effects: `${dropped("no-memory", 79)}`,
    counters: { ktls_tx_end_pkts: 0, tx_tls_encrypted_packets: 1 },
  },
  {
    // A piece from the middle copies its block's beginning onto the stack (prior_data).
    ...{
      story: `${two}; > 0:50; > 50:60 no-memory`,
      posted: "SET_TCB@SND_UNA PRIOR#1@45+5 PKT#1@50+10+piece",
      expected: 60,
    },
    effects: `piece form=middle length=10, encrypted seq=50 length=10`,
    counters: { ktls_tx_middle_pkts: 1 },
  },
];

testCases("chelsio-t6@v6.18", chelsio);
