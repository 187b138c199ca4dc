/** Ways a device or its kernel can be broken: each is one historic or imagined bug, as data on the one model. */
export interface Faults {
  // What a rebuilding driver posts.
  /** The prefix never reaches the NIC. */
  noPrefix?: boolean;
  /** Added to the record number that a resync posts. */
  recordSnOff?: number;
  /** Bytes by which the posted prefix is too short. */
  prefixShortBy?: number;
  /** The resync lands behind its packet, as from another queue. */
  resyncBehindPacket?: boolean;
  /** The expected number is not moved on after a resync. */
  expectedStuckAfterResync?: boolean;
  /** The packet is posted without the offload mark. */
  packetNotMarked?: boolean;
  /** Nothing keeps the NIC from taking a packet before the params posted ahead of it. */
  noFence?: boolean;
  /** A resync posts static params also for the record that they named last. */
  alwaysStatic?: boolean;
  /** The prefix is one DUMP, however long it is. */
  dumpWhole?: boolean;

  // What a driver makes of a packet around the start marker, or of a lookup.
  /** A packet that ends right at the start marker is taken for one across it. */
  endsBeforeOffByOne?: boolean;
  /** Sequence numbers are compared as plain numbers, not on the ring. */
  comparesUnwrapped?: boolean;
  /** Of a retransmission that runs into a further record, the last record is taken for the one to resynchronise. */
  resyncsLastRecord?: boolean;
  /** A packet before the start marker is resynchronised as if the marker were a record. */
  resyncsBeforeMarker?: boolean;
  /** A marked packet before the start marker is sent as it is. */
  skipsMarked?: boolean;
  /** get_record does not look whether the record reaches down to the byte, and the driver trusts it. */
  trustsStaleRecord?: boolean;

  // Order and errors.
  /** The expected number stays where it was moved to when the packet could not be posted. */
  noUndo?: boolean;
  /** The expected number moves on before the packet is on the ring. */
  commitsEarly?: boolean;
  /** TX_SYNC_SCHED is cleared also when the driver could not take the resync. */
  clearsFailedResync?: boolean;
  /** Wire packets of a segment are counted as one. */
  countsSegmentsOnce?: boolean;
  /** The NIC's context is found by addresses and ports: a new connection with those of an old one gets its keys. */
  contextByTuple?: boolean;
  /** Reports success though the NIC refused the context. */
  installsRefused?: boolean;

  // Pieces (Chelsio).
  /** A packet without the mark goes out as it is, whatever bytes it holds. */
  trustsMark?: boolean;
  /** A packet that holds nothing but a part of a tag cannot be sent. */
  tagOnlyStuck?: boolean;
  /** A packet that holds nothing but a part of a header cannot be sent. */
  headerOnlyStuck?: boolean;
  /** The record map's lock is not held while the driver reads the record that it looked up. */
  unlockedRecords?: boolean;
  /** A piece from the middle of a record starts at its cipher block's beginning, whatever byte it begins with. */
  blockUnaligned?: boolean;
  /** TX_MAX is a signed number: nothing beyond 2^31 is sent. */
  signedTxMax?: boolean;
  /** SND_UNA is moved in the middle of a record: the NIC takes the record's rest for acknowledged. */
  movesSndUna?: boolean;
  /** A retransmitted record's end is encrypted with the number of the record before. */
  endWithOldNumber?: boolean;

  // The NIC.
  /** The NIC leaves the placeholder where the tag belongs. */
  placeholderLeft?: boolean;

  // The kernel.
  /** clean_acked releases a record when all but this many bytes are acknowledged. */
  releasedEarlyBy?: number;
  /** A record closed on a page without room for the tag loses its last 16 payload bytes. */
  closeEatsPayload?: boolean;
  /** A record's header counts neither its explicit nonce nor its tag: the connection's sizes were not set. */
  headersUnsized?: boolean;
  /** An empty record goes out before a control record, because a flag of an earlier MSG_MORE is stale. */
  stalePending?: boolean;
  /** The end of a sendfile leaves the open record open. */
  eofLeavesOpen?: boolean;
  /** MSG_MORE leaves a record open whose fragment table is full. */
  overfillsFragments?: boolean;
  /** The validation hook is taken away when the device goes down. */
  unhooksOnDown?: boolean;
  /** A closed connection's context stays in the driver: it waits for the one work item that deletes them all. */
  deletesInTurn?: boolean;
  /** The context is installed on another slave of the bond than the one that sends. */
  wrongSlave?: boolean;
  /** The software fallback's cipher makes wrong tags. */
  fallbackWrongTag?: boolean;
  /** No fence is set where the offload starts. */
  noFenceAtStart?: boolean;
}

/** A device and a kernel that are as they should be; compared by identity where every packet passes. */
export const noFaults: Faults = {};

/** A bug with a name: `profile=connectx/unfenced-params` is a ConnectX that has it. */
export interface FaultVariant {
  name: string;
  says: string;
  /** Upstream commit or the change that mended it, as far as it is known. */
  mended: string;
  faults: Faults;
}

const variant = (name: string, says: string, mended: string, faults: Faults): FaultVariant => ({
  name,
  says,
  mended,
  faults,
});

export const faultVariants: readonly FaultVariant[] = [
  variant(
    "stale-lookup",
    "A lookup of an acknowledged byte gives the head record, and the driver rebuilds from it.",
    "06f5201c6392 net/tls: Fix to avoid gettig invalid tls record (v5.6)",
    { trustsStaleRecord: true },
  ),
  variant(
    "close-eats-payload",
    "Closing a record on a short page takes 16 payload bytes for the tag.",
    "6b47808f223c net/tls: avoid potential data loss on record close (v5.4)",
    { closeEatsPayload: true },
  ),
  variant(
    "placeholder-leak",
    "The device leaves the placeholder bytes in the tag's place.",
    "a device or firmware error; next zeroes the placeholder",
    { placeholderLeft: true },
  ),
  variant(
    "headers-unsized",
    "A record's header says its payload's length alone, without nonce and tag.",
    "net/tls: add missing prot info init, where only transmission is offloaded",
    { headersUnsized: true },
  ),
  variant(
    "empty-record",
    "A stale pending flag sends an empty record ahead of a control record.",
    "ea1dd3e9d080 net/tls: sendfile fails with ktls offload",
    { stalePending: true },
  ),
  variant(
    "open-record-at-eof",
    "The end of a sendfile with MSG_MORE leaves the record open.",
    "6.18.42: tls: splice_eof pushes the open record",
    { eofLeavesOpen: true },
  ),
  variant(
    "fragment-overflow",
    "MSG_MORE with a full fragment table: the tag is appended beyond it.",
    "net-next 2026: close the record when the table is full",
    { overfillsFragments: true },
  ),
  variant(
    "unhooked-on-down",
    "The validation hook is gone when the device goes down.",
    "c55dcdd435aa net/tls: fix tls_device_down use-after-free",
    { unhooksOnDown: true },
  ),
  variant(
    "lost-resync",
    "TX_SYNC_SCHED is cleared though the driver's resync failed.",
    "net/tls: don't clear the TX resync flag on error (v5.2)",
    { clearsFailedResync: true },
  ),
  variant(
    "delete-backlog",
    "Contexts of closed connections are deleted one after the other, slower than new ones come.",
    "7adc91e0c939 net/tls: multi-threaded calls to TX tls_dev_del",
    { deletesInTurn: true },
  ),
  variant(
    "wrong-slave",
    "On a bond, the context is on another slave than the one that sends.",
    "4e5a73329051 net/tls, bond: get the lowest device of this socket",
    { wrongSlave: true },
  ),
  variant(
    "unfenced-start",
    "The write queue's tail is not fenced when the offload starts.",
    "e8f69799810c net/tls: Add generic NIC offload infrastructure, which sets eor",
    { noFenceAtStart: true },
  ),
  variant(
    "trusts-mark",
    "A merged segment has the mark of its first byte: without one, what is to be encrypted leaves in clear.",
    "9d2e5e9 ch_ktls: decrypted bit is not enough",
    { trustsMark: true },
  ),
  variant(
    "unwrapped-compare",
    "Ends are compared as plain numbers: a packet across 2^32 is taken for one before its record or the start marker.",
    "ffbd9ca94e2e net/mlx5e: kTLS, Fix corner-case checks in TX resync flow",
    { comparesUnwrapped: true },
  ),
  variant(
    "ends-before-off-by-one",
    "A retransmission that ends right at the start marker is taken for one across it.",
    "56917766def7 mlx5e kTLS: off-by-one in ends_before",
    { endsBeforeOffByOne: true },
  ),
  variant(
    "resync-before-marker",
    "A retransmitted handshake packet is encrypted as record −1.",
    "46a3ea98074e mlx5e kTLS: tx_tls_skip_no_sync_data, no resync for what lies before the marker",
    { resyncsBeforeMarker: true },
  ),
  variant(
    "marked-skip",
    "A marked packet before the start marker is sent as it is.",
    "342508c1c754 mlx5e kTLS: warn and drop in the skip path",
    { skipsMarked: true },
  ),
  variant(
    "long-dump",
    "A DUMP is longer than the device's MTU: the queue stops.",
    "84d1bb2b139e mlx5e kTLS: DUMP WQE size at most the MTU",
    { dumpWhole: true },
  ),
  variant(
    "unfenced-params",
    "The NIC takes a packet before the params of the resync ahead of it.",
    "mlx5e kTLS: later versions always post a fenced NOP behind the params",
    { noFence: true },
  ),
  variant(
    "redundant-static",
    "Every resync posts static params, also within one record.",
    "1e9289979135 mlx5e kTLS: no redundant static params on a resync in the same record",
    { alwaysStatic: true },
  ),
  variant(
    "resync-outside-record",
    "The resync of a retransmission that runs into a further record is built for that record.",
    "libxlio issue 51: TX resync for a sequence number outside the record",
    { resyncsLastRecord: true },
  ),
  variant(
    "no-undo",
    "The expected number stays moved on when the packet could not be mapped.",
    "nfp: undo sequence tracking on TX drop",
    { noUndo: true },
  ),
  variant(
    "segments-counted-once",
    "Encrypted packets are counted as skbs, not as what they become on the wire.",
    "nfp: count TSO segments",
    { countsSegmentsOnce: true },
  ),
  variant(
    "context-by-tuple",
    "A connection with the addresses and ports of one just closed gets its context.",
    "nfp: unique connection ids rather than the 4-tuple",
    { contextByTuple: true },
  ),
  variant(
    "early-commit",
    "The expected number is moved on before the packet is on the ring.",
    "bnxt stages the number and commits it when the BD is on the ring",
    { commitsEarly: true },
  ),
  variant(
    "tag-only-stuck",
    "A packet that holds only a part of a tag can never be sent.",
    "659bf0383d15, 555a2f0 ch_ktls: partial TAG-only packet stuck",
    { tagOnlyStuck: true },
  ),
  variant(
    "header-only-stuck",
    "A packet that holds nothing but a part of a header can never be sent.",
    "63ee4591fa97 ch_ktls: header-only packet",
    { headerOnlyStuck: true },
  ),
  variant(
    "unaligned-counter",
    "A piece that does not begin on a cipher block is encrypted from the wrong keystream byte.",
    "ch_ktls: middle-of-record correction",
    { blockUnaligned: true },
  ),
  variant(
    "signed-tx-max",
    "TX_MAX beyond 2^31 is negative: what needs it moved there is never sent.",
    "9f22ddf ch_ktls: tx_max kept as signed int",
    { signedTxMax: true },
  ),
  variant(
    "unlocked-records",
    "An acknowledgement releases the record that the driver has looked up and still reads.",
    "1a73e427b824 ch_ktls: kernel panic, page refs dropped by ACK while the driver reads the record",
    { unlockedRecords: true },
  ),
  variant(
    "snd-una-mid-record",
    "SND_UNA moves in the middle of a record: the NIC takes the rest for acknowledged.",
    "e8a4155567b3 ch_ktls: snd_una updated in mid stream gives wrong unacked seq",
    { movesSndUna: true },
  ),
  variant(
    "old-record-number",
    "A retransmitted record's end is encrypted under the number before.",
    "bc16efd24306, 21d8c25e3f4b ch_ktls: wrong record_no on retransmit",
    { endWithOldNumber: true },
  ),
  variant(
    "refused-install",
    "The driver reports success though the hardware refused the context.",
    "435c58a ch_ktls: returned success though the hardware refused the install",
    { installsRefused: true },
  ),
  variant(
    "fallback-wrong-tag",
    "The cipher driver behind the software fallback makes wrong tags.",
    "openssl issue 18276: the cause was the CAAM crypto driver",
    { fallbackWrongTag: true },
  ),
];

export const faultVariantNamed = (name: string): FaultVariant | null =>
  faultVariants.find((one) => one.name === name) ?? null;
