import assert from "node:assert/strict";
import { test } from "node:test";
import { Play, setupOf } from "../../test/scenario.ts";

/**
 * A case derived by hand from a driver's source: what its function says of the last packet, what it posts, where driver
 * and NIC stand then, and the counters that its source moves in the story.
 */
interface Case {
  story: string;
  effects: string;
  posted: string;
  expected: number;
  counters: Record<string, number>;
}

// Rows 1 [0, 129), its tag from 113 on, and 2 [129, 258), its tag from 242 on; 16-byte cipher blocks from 13 and 142 on.
const two = "send 100; send 100";
const sent = `${two}; > 0:258`;
const mapped = (mapping: number, posted: number) => `dma-error mapping=${mapping} posted=${posted}`;
const dropped = (reason: string, length: number) => `dropped reason=${reason} length=${length}`;

/** mlx5e_ktls_handle_tx_skb(), mlx5e_ktls_tx_handle_ooo(), mlx5e_sq_xmit(): section 5.2. DUMPs of at most 1522. */
const connectx: Case[] = [
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
];

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
];

/** nfp_net_tls_tx(), nfp_net_tls_tx_undo(): section 5.4. */
const netronome: Case[] = [
  {
    ...{ story: `${two}; > 0:50; > 50:60 dma=1`, posted: "", expected: 50 },
    effects: `${mapped(1, 0)}, ${dropped("dma-error", 10)}`,
    counters: { tx_tls_encrypted_packets: 2, tx_tls_ooo: 0 },
  },
  {
    ...{ story: `${two}; > 0:50; > 60:70 no-memory`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=60, ${dropped("no-sync-data", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:0`, posted: "PKT@-5+5+clear", expected: 50 },
    effects: "out-of-order expected=50 seq=-5, bypass seq=-5 length=5",
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 0 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:5`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, ${dropped("no-sync-data", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
  {
    ...{ story: `${sent}; > 120:125`, posted: "PKT#1@120+5+software", expected: 258 },
    effects: "out-of-order expected=258 seq=120, software-fallback reason=out-of-order length=5",
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
];

/** fun_tls_tx(), write_pkt_desc(): section 5.5. */
const fungible: Case[] = [
  {
    ...{ story: `${two}; > 0:50; > 50:60 dma=1`, posted: "", expected: 50 },
    effects: `${mapped(1, 0)}, ${dropped("dma-error", 10)}`,
    counters: { tx_tls_encrypted_packets: 1, tx_tls_encrypted_bytes: 50 },
  },
  {
    ...{ story: `${two}; > 0:50; > 60:70 no-memory`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=60, resync-requested seq=60 expected=50, ${dropped("no-sync-data", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1, tx_tls_resync: 0 },
  },
  {
    // Counted as a fallback also while one is pending, and in order.
    ...{
      story: `${two}; > 0:50; > 60:70 no-memory; > 50:60`,
      posted: "PKT#1@50+10+software",
      expected: 50,
    },
    effects: "software-fallback reason=resync-pending length=10",
    counters: { tx_tls_ooo: 2, fallback_packets: 1 },
  },
  {
    // Asked again at every record that the device refuses; each is counted.
    ...{
      story: `${two}; > 0:50; > 60:70; refuse; send 1; send 1; accept; send 1`,
      posted: "",
      expected: 318,
    },
    // From 70 on nothing is sent: the write queue has a tail to fence.
    effects: "fenced seq=318, resync-sent seq=318 record=5, record-pushed record=5 length=30",
    counters: { tx_tls_resync: 3, tx_tls_ooo: 1 },
  },
];

/** bnxt_ktls_xmit(), bnxt_ktls_tx_ooo(), bnxt_ktls_xmit_commit(): section 5.6. */
const bnxt: Case[] = [
  {
    ...{ story: `${sent}; > 20:29 dma=1`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=20, resync record=1 replayed=0, ${mapped(1, 1)}, ${dropped("dma-error", 9)}`,
    counters: { tx_tls_ooo: 0, tx_tls_encrypted_packets: 1 },
  },
  {
    ...{ story: `${sent}; > 20:114 ring-full`, posted: "PKT#1@20+94+software", expected: 258 },
    effects: "out-of-order expected=258 seq=20, software-fallback reason=ring-full length=94",
    counters: { tx_tls_ooo: 0, fallback_packets: 1 },
  },
  {
    ...{ story: `${sent}; > 131:133`, posted: "PRESYNC#2@131+2 PKT#2@131+2+piece", expected: 258 },
    effects: "out-of-order expected=258 seq=131, resync record=2 replayed=0, encrypted seq=131 length=2",
    counters: { tx_tls_ooo: 1, tx_tls_encrypted_packets: 2 },
  },
  {
    ...{ story: `${sent}; > 113:114`, posted: "PKT#1@113+1+software", expected: 258 },
    effects: "out-of-order expected=258 seq=113, software-fallback reason=tag length=1",
    counters: { tx_tls_ooo: 0, tx_tls_encrypted_packets: 1 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:0`, posted: "PKT@-5+5+clear", expected: 50 },
    effects: "out-of-order expected=50 seq=-5, bypass seq=-5 length=5",
    counters: { tx_tls_ooo: 0 },
  },
  {
    // Forward, then the packet in between: behind tcp_seq_no, which stays.
    ...{
      story: `${two}; > 0:10; > 20:30; > 10:20`,
      posted: "PRESYNC#1@10+10 PKT#1@10+10+piece",
      expected: 30,
    },
    effects: "out-of-order expected=30 seq=10, resync record=1 replayed=0, encrypted seq=10 length=10",
    counters: { tx_tls_ooo: 2, tx_tls_encrypted_packets: 3 },
  },
];

const families = { connectx, "chelsio-t6": chelsio, netronome, fungible, bnxt };
const starts = { "from 0 on": 0, "across 2^32": 0xffffffc0, "across 2^31": 0x7fffffc0 };

for (const [id, cases] of Object.entries(families))
  for (const { story, effects, posted, expected, counters } of cases)
    test(`${id} (kernel.md section 5): ${story}`, () => {
      for (const [where, startSeq] of Object.entries(starts)) {
        const kernel = id === "bnxt" ? "next" : "v6.18";
        const play = new Play({ ...setupOf(`${id}@${kernel}`), startSeq }, story);
        const last = play.rest().at(-1)!;
        assert.deepEqual([last.effects.join(", "), play.posted().join(" ")], [effects, posted], where);
        assert.equal(play.expected[0], expected, where);
        const moved = Object.keys(counters).map((name) => [name, play.counters[name] ?? 0]);
        assert.deepEqual(Object.fromEntries(moved), counters, where);
      }
    });
