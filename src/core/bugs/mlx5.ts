import { advance, distance, toU32 } from "../base/seq.ts";
import type { DescriptorQueue } from "../machine/descriptors.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { takeInOrder, takeOne } from "../nic/transmit-queue.ts";
import { Descriptor } from "../words/descriptor.ts";
import type { Bug } from "./bug.ts";
import { dumps, rebuilds } from "./families.ts";

/** Bugs of the drivers that rebuild the NIC's state: mlx5 in its three makes. */
export const mlx5Bugs: readonly Bug[] = [
  {
    name: "ends-before-off-by-one",
    says: "A retransmission that ends right at the start marker is taken for one across it.",
    mended: "56917766def7 mlx5e kTLS: off-by-one in ends_before",
    isIn: rebuilds,
    shows: "mixed-segment",
    rules: () => ({ endsBefore: (from, length, start) => length < distance(from, start) }),
  },
  // Behind the one above: a plain comparison is what decides where both are there.
  {
    name: "unwrapped-compare",
    says: "Ends are compared as plain numbers: a packet across 2^32 is taken for one before its record or the start marker.",
    mended: "ffbd9ca94e2e net/mlx5e: kTLS, Fix corner-case checks in TX resync flow",
    isIn: rebuilds,
    rules: () => ({
      endsBefore: (from, length, start) => toU32(advance(from, length)) <= toU32(start),
    }),
  },
  {
    name: "resync-before-marker",
    says: "A retransmitted handshake packet is encrypted as record −1.",
    mended: "46a3ea98074e mlx5e kTLS: tx_tls_skip_no_sync_data, no resync for what lies before the marker",
    isIn: rebuilds,
    shows: "wrong-ciphertext",
    rules: (before) => ({ sendBeforeMarker: before.resyncAndSend }),
  },
  {
    name: "marked-skip",
    says: "A marked packet before the start marker is sent as it is.",
    mended: "342508c1c754 mlx5e kTLS: warn and drop in the skip path",
    isIn: ({ checksSkippedMark }) => checksSkippedMark,
    rules: () => ({ dropsMarked: () => false }),
  },
  {
    name: "long-dump",
    says: "A DUMP is longer than the device's MTU: the queue stops.",
    mended: "84d1bb2b139e mlx5e kTLS: DUMP WQE size at most the MTU",
    isIn: dumps,
    shows: "queue-error",
    rules: () => ({ dumpSize: (left) => left }),
  },
  {
    name: "unfenced-params",
    says: "The NIC takes a packet before the params of the resync ahead of it.",
    mended: "mlx5e kTLS: later versions always post a fenced NOP behind the params",
    isIn: dumps,
    rules: () => ({ fencesParams: false, takeAll: takeUnfenced }),
  },
  {
    name: "redundant-static",
    says: "Every resync posts static params, also within one record.",
    mended: "1e9289979135 mlx5e kTLS: no redundant static params on a resync in the same record",
    isIn: dumps,
    shows: "static-params",
    rules: () => ({ postsStatic: () => true }),
  },
  {
    name: "resync-outside-record",
    says: "The resync of a retransmission that runs into a further record is built for that record.",
    mended: "libxlio issue 51: TX resync for a sequence number outside the record",
    isIn: rebuilds,
    shows: "wrong-ciphertext",
    rules: () => ({
      rebuiltRow: ({ records, state, packet }) =>
        records.rowOf(advance(packet.seq, packet.length - 1), state.tail),
    }),
  },
];

/** Where no NOP holds the data back until the params are in, they are taken behind it. */
function takeUnfenced(socket: Socket, sink: Sink): void {
  const { queue } = socket;
  const { flags } = socket.packet;
  if (!dumps(socket.profile) || hasFence(queue)) return takeInOrder(socket, sink);
  const { taken, count } = queue;
  for (let i = taken; i < count; i++) if (!isParams(queue.kind(i))) takeOne(socket, i, flags, sink);
  for (let i = taken; i < count; i++) if (isParams(queue.kind(i))) takeOne(socket, i, flags, sink);
  queue.taken = count;
}

function hasFence(queue: DescriptorQueue): boolean {
  for (let i = 0; i < queue.count; i++) if (queue.kind(i) === Descriptor.nop) return true;
  return false;
}

const isParams = (kind: number): boolean =>
  kind === Descriptor["static-params"] || kind === Descriptor["progress-params"];
