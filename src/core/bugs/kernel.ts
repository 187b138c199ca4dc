import { headerSize, tagSize } from "../base/record.ts";
import { Way } from "../kernel/skb.ts";
import { Hook } from "../machine/state.ts";
import { Engine } from "../words/descriptor.ts";
import { DropCode } from "../words/effect-words.ts";
import type { Bug } from "./bug.ts";
import { anyone, asksForNextRecord, hasRecordMap, spoiling } from "./families.ts";

/** Bugs of net/tls and net/core, whatever the NIC. */
export const kernelBugs: readonly Bug[] = [
  {
    name: "stale-lookup",
    says: "A lookup of an acknowledged byte gives the head record, and the driver rebuilds from it.",
    mended: "06f5201c6392 net/tls: Fix to avoid gettig invalid tls record (v5.6)",
    isIn: hasRecordMap,
    shows: "stale-record",
    rules: () => ({ boundsLookup: () => false, refusesStale: false }),
  },
  {
    name: "close-eats-payload",
    says: "Closing a record on a short page takes 16 payload bytes for the tag.",
    mended: "6b47808f223c net/tls: avoid potential data loss on record close (v5.4)",
    isIn: anyone,
    shows: "bytes-lost",
    rules: () => ({
      eatenByTag: ({ pageRoom }, payload) => (pageRoom < tagSize ? Math.min(payload, tagSize) : 0),
    }),
  },
  {
    name: "headers-unsized",
    says: "A record's header says its payload's length alone, without nonce and tag.",
    mended: "net/tls: add missing prot info init, where only transmission is offloaded",
    isIn: anyone,
    shows: "wrong-length",
    // What tls_fill_prepend() writes where the sizes of nonce and tag are still 0.
    rules: (before) => ({
      lengthTold: (length, layout) => length + headerSize - layout.overhead,
      spoils: spoiling(before, Engine.stream, Engine.piece, Engine.software),
    }),
  },
  {
    name: "empty-record",
    says: "A stale pending flag sends an empty record ahead of a control record.",
    mended: "ea1dd3e9d080 net/tls: sendfile fails with ktls offload",
    isIn: anyone,
    rules: (before) => ({
      pendingOpen: (pending, more, open) => (more ? before.pendingOpen(pending, more, open) : pending),
      pushesEmpty: (pending) => pending === 1,
    }),
  },
  {
    name: "open-record-at-eof",
    says: "The end of a sendfile with MSG_MORE leaves the record open.",
    mended: "6.18.42: tls: splice_eof pushes the open record",
    isIn: anyone,
    shows: "stalled",
    rules: () => ({ pushesAtEof: false }),
  },
  {
    name: "fragment-overflow",
    says: "MSG_MORE with a full fragment table: the tag is appended beyond it.",
    mended: "net-next 2026: close the record when the table is full",
    isIn: anyone,
    shows: "fragment-overflow",
    rules: () => ({ overfillsFragments: () => true }),
  },
  {
    name: "unhooked-on-down",
    says: "The validation hook is gone when the device goes down.",
    mended: "c55dcdd435aa net/tls: fix tls_device_down use-after-free",
    isIn: anyone,
    shows: "dropped no-socket",
    rules: () => ({ hookWhenDown: Hook.none }),
  },
  {
    name: "lost-resync",
    says: "TX_SYNC_SCHED is cleared though the driver's resync failed.",
    mended: "net/tls: don't clear the TX resync flag on error (v5.2)",
    isIn: asksForNextRecord,
    rules: () => ({ resyncStaysPending: false }),
  },
  {
    name: "delete-backlog",
    says: "Contexts of closed connections are deleted one after the other, slower than new ones come.",
    mended: "7adc91e0c939 net/tls: multi-threaded calls to TX tls_dev_del",
    isIn: anyone,
    // It waits for the one work item that deletes them all.
    rules: () => ({ deletesContext: () => {} }),
  },
  {
    name: "wrong-slave",
    says: "On a bond, the context is on another slave than the one that sends.",
    mended: "4e5a73329051 net/tls, bond: get the lowest device of this socket",
    isIn: anyone,
    shows: "dropped wrong-device",
    rules: (before) => ({
      slaveOf: (index) => before.slaveOf(index) + 1,
      wayOnBond: ({ kernel }) => (kernel.dropsForeignContexts ? DropCode["wrong-device"] : Way.plain),
    }),
  },
  {
    name: "unfenced-start",
    says: "The write queue's tail is not fenced when the offload starts.",
    mended: "e8f69799810c net/tls: Add generic NIC offload infrastructure, which sets eor",
    isIn: anyone,
    rules: () => ({ fencesStart: false }),
  },
  {
    name: "fallback-wrong-tag",
    says: "The cipher driver behind the software fallback makes wrong tags.",
    mended: "openssl issue 18276: the cause was the CAAM crypto driver",
    isIn: anyone,
    shows: "wrong-tag",
    rules: (before) => ({ fallbackTag: "wrong", spoils: spoiling(before, Engine.software) }),
  },
];
