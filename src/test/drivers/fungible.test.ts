import {
  aheadOfDrivers,
  atNextRecord,
  type Case,
  dropped,
  mapped,
  sent,
  testCases,
  two,
} from "./source-cases.ts";

/** fun_tls_tx(), write_pkt_desc(): section 5.5. */
const fungible: Case[] = [
  ...atNextRecord,
  ...aheadOfDrivers,
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
  {
    // Forward, within 2^30: a packet was lost on the way here.
    ...{ story: `${two}; > 0:50; > 60:70`, posted: "PKT#1@60+10+software", expected: 50 },
    effects: `out-of-order expected=50 seq=60, resync-requested seq=60 expected=50, software-fallback reason=out-of-order length=10`,
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    // fun_tx_check_stop() stops the queue behind a packet, as long as there is room for any other one.
    ...{ story: `${sent}; > 20:30 ring-full`, posted: "PKT#1@20+10+software", expected: 258 },
    effects: `out-of-order expected=258 seq=20, software-fallback reason=out-of-order length=10`,
    counters: { tx_tls_ooo: 1 },
  },
  {
    // The tlsid lies in the descriptor: in order nothing is allocated.
    ...{ story: `${two}; > 0:50; > 50:60 no-memory`, posted: "PKT@50+10+stream", expected: 60 },
    effects: `encrypted seq=50 length=10`,
    counters: { tx_tls_encrypted_packets: 2 },
  },
];

testCases("fungible@v6.18", fungible);
