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

/** nfp_net_tls_tx(), nfp_net_tls_tx_undo(): section 5.4. */
const netronome: Case[] = [
  ...atNextRecord,
  ...aheadOfDrivers,
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
    ...{ story: `${sent}; > 120:125`, posted: "PKT#1@120+5+software", expected: 258 },
    effects: "out-of-order expected=258 seq=120, software-fallback reason=out-of-order length=5",
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    // Forward, within 2^30: a packet was lost on the way here.
    ...{ story: `${two}; > 0:50; > 60:70`, posted: "PKT#1@60+10+software", expected: 50 },
    effects: `out-of-order expected=50 seq=60, software-fallback reason=out-of-order length=10, resync-requested seq=60 expected=50`,
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    // nfp_nfd3_prep_tx_meta() finds no memory for the handle: nfp_net_tls_tx_undo() takes next_seq back, hw_tls_tx stays.
    ...{ story: `${two}; > 0:50; > 50:60 no-memory`, posted: "", expected: 50 },
    effects: `${dropped("no-metadata", 10)}`,
    counters: { tx_tls_encrypted_packets: 2, tx_tls_ooo: 0 },
  },
  {
    // nfp_net_tx_full() is asked first, for the packet alone; then nothing goes ahead of it.
    ...{ story: `${two}; > 0:50; > 50:60 ring-full`, posted: "PKT@50+10+stream", expected: 60 },
    effects: `encrypted seq=50 length=10`,
    counters: { tx_tls_encrypted_packets: 2 },
  },
  {
    // The fallback's packet is linear and takes no more room: it is not asked again.
    ...{ story: `${sent}; > 20:30 ring-full`, posted: "PKT#1@20+10+software", expected: 258 },
    effects: `out-of-order expected=258 seq=20, software-fallback reason=out-of-order length=10`,
    counters: { tx_tls_ooo: 1 },
  },
];

testCases("netronome@v6.18", netronome);
