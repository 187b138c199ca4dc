import { aheadOfDrivers, type Case, dropped, mapped, sent, testCases, two } from "./source-cases.ts";

/** bnxt_ktls_xmit(), bnxt_ktls_tx_ooo(), bnxt_ktls_xmit_commit(): section 5.6. */
const bnxt: Case[] = [
  ...aheadOfDrivers,
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
  {
    // The header alone.
    ...{ story: `${sent}; > 0:13`, posted: "PRESYNC#1@0+13 PKT#1@0+13+piece", expected: 258 },
    effects: `out-of-order expected=258 seq=0, resync record=1 replayed=0, encrypted seq=0 length=13`,
    counters: { tx_tls_ooo: 1, tx_tls_encrypted_packets: 2 },
  },
  {
    // Up to the tag, and no byte of it.
    ...{ story: `${sent}; > 20:113`, posted: "PRESYNC#1@20+93 PKT#1@20+93+piece", expected: 258 },
    effects: `out-of-order expected=258 seq=20, resync record=1 replayed=0, encrypted seq=20 length=93`,
    counters: { tx_tls_ooo: 1 },
  },
  {
    // Two records: the first one's tag is in it.
    ...{ story: `${sent}; > 20:258`, posted: "PKT#1@20+238+software", expected: 258 },
    effects: `out-of-order expected=258 seq=20, software-fallback reason=tag length=238`,
    counters: { tx_tls_ooo: 0, fallback_packets: 1 },
  },
  {
    ...{ story: `${sent}; > 113:129 no-memory`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=113, ${dropped("no-sync-data", 16)}`,
    counters: { tx_tls_ooo: 0, fallback_packets: 0 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:5`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, ${dropped("no-sync-data", 10)}`,
    counters: { tx_tls_ooo: 0 },
  },
  {
    // In order nothing goes ahead of the packet, for which bnxt_start_xmit() has looked for room.
    ...{ story: `${two}; > 0:50; > 50:60 ring-full`, posted: "PKT@50+10+stream", expected: 60 },
    effects: `encrypted seq=50 length=10`,
    counters: { tx_tls_encrypted_packets: 2 },
  },
  {
    // No tag in it: only the presync's BDs have no room (BNXT_KTLS_TX_OOO_FALLBACK_NO_SPACE).
    ...{ story: `${sent}; > 20:29 ring-full`, posted: "PKT#1@20+9+software", expected: 258 },
    effects: `out-of-order expected=258 seq=20, software-fallback reason=ring-full length=9`,
    counters: { tx_tls_ooo: 0, fallback_packets: 1 },
  },
  {
    // The kid lies in the BD: in order nothing is allocated.
    ...{ story: `${two}; > 0:50; > 50:60 no-memory`, posted: "PKT@50+10+stream", expected: 60 },
    effects: `encrypted seq=50 length=10`,
    counters: { tx_tls_encrypted_packets: 2 },
  },
];

testCases("bnxt@next", bnxt);
