import assert from "node:assert/strict";
import { test } from "node:test";
import { Play, type Setup, setupOf } from "../scenario.ts";

/**
 * A case derived by hand from a driver's source: what its function says of the last packet, what it posts, where driver
 * and NIC stand then, and the counters that its source moves in the story.
 */
export interface Case {
  story: string;
  effects: string;
  posted: string;
  expected: number;
  counters: Record<string, number>;
}

// Rows 1 [0, 129), its tag from 113 on, and 2 [129, 258), its tag from 242 on; 16-byte cipher blocks from 13 and 142 on.
export const two = "send 100; send 100";
export const sent = `${two}; > 0:258`;
export const mapped = (mapping: number, posted: number) => `dma-error mapping=${mapping} posted=${posted}`;
export const dropped = (reason: string, length: number) => `dropped reason=${reason} length=${length}`;

/** What is done before a driver is asked, or before its function looks at anything: the same for all. */
export const aheadOfDrivers: readonly Case[] = [
  {
    // Nothing to encrypt: the function gives it back before it looks at anything.
    ...{ story: `${sent}; > 258:258 fin`, posted: "", expected: 258 },
    effects: ``,
    counters: { tx_tls_encrypted_packets: 1, tx_tls_ooo: 0 },
  },
  {
    // The hook encrypts what is for no device any more: the driver is not asked.
    ...{ story: `${sent}; down; > 0:129`, posted: "PKT#1@0+129+software", expected: 258 },
    effects: `software-fallback reason=device-down length=129`,
    counters: { tx_tls_ooo: 0, fallback_packets: 1 },
  },
];

/**
 * What the drivers do alike that send what is out of order through software and go on at the next record: fun_tls_tx()
 * and nfp_net_tls_tx() (sections 5.4 and 5.5).
 */
export const atNextRecord: readonly Case[] = [
  {
    // Asked for once.
    ...{ story: `${two}; > 0:50; > 60:70; > 70:80`, posted: "PKT#1@70+10+software", expected: 50 },
    effects: `out-of-order expected=50 seq=70, software-fallback reason=resync-pending length=10`,
    counters: { tx_tls_ooo: 2, fallback_packets: 2 },
  },
  {
    // tls_dev_resync() at the record's push: the packet is in order.
    ...{
      story: `${two}; > 0:50; > 60:258; send 100; > 258:387`,
      posted: "PKT@258+129+stream",
      expected: 387,
    },
    effects: `encrypted seq=258 length=129`,
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    // The header alone, backward: nothing is asked for.
    ...{ story: `${sent}; > 0:13`, posted: "PKT#1@0+13+software", expected: 258 },
    effects: `out-of-order expected=258 seq=0, software-fallback reason=out-of-order length=13`,
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    // What was sent again, two records of it, left the device where it stands.
    ...{ story: `${sent}; > 20:258; send 100; > 258:387`, posted: "PKT@258+129+stream", expected: 387 },
    effects: `encrypted seq=258 length=129`,
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    ...{ story: `${sent}; ack 129; > 128:140`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=128, lookup-failed seq=128, ${dropped("no-sync-data", 12)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
  {
    // The fallback's packet cannot be mapped.
    ...{ story: `${sent}; > 20:30 dma=1`, posted: "", expected: 258 },
    effects: `out-of-order expected=258 seq=20, software-fallback reason=out-of-order length=10, ${mapped(1, 0)}, ${dropped("dma-error", 10)}`,
    counters: { tx_tls_ooo: 1, fallback_packets: 1 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:0`, posted: "PKT@-5+5+clear", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, bypass seq=-5 length=5`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 0 },
  },
  {
    ...{ story: `${two}; > 0:50; > -5:5`, posted: "", expected: 50 },
    effects: `out-of-order expected=50 seq=-5, ${dropped("no-sync-data", 10)}`,
    counters: { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  },
];

const starts = { "from 0 on": 0, "across 2^32": 0xffffffc0, "across 2^31": 0x7fffffc0 };

/** A family's cases (kernel.md section 5), each wherever the numbers may start. */
export function testCases(family: string, cases: readonly Case[], setup: Setup = {}): void {
  for (const { story, effects, posted, expected, counters } of cases)
    test(`${family}: ${story}`, () => {
      for (const [where, startSeq] of Object.entries(starts)) {
        const play = new Play({ ...setupOf(family), ...setup, startSeq }, story);
        const last = play.rest().at(-1)!;
        assert.deepEqual([last.effects.join(", "), play.posted().join(" ")], [effects, posted], where);
        assert.equal(play.expected[0], expected, where);
        const moved = Object.keys(counters).map((name) => [name, play.counters[name] ?? 0]);
        assert.deepEqual(Object.fromEntries(moved), counters, where);
      }
    });
}
