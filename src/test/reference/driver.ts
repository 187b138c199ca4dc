import { sendChain } from "./chain.ts";
import type { ReferenceRecord } from "./map.ts";
import type { Work } from "./nic.ts";
import { sendPieces } from "./pieces.ts";
import {
  asItIs,
  count,
  drop,
  dumpsOf,
  encryptInSoftware,
  fallback,
  map,
  post,
  postPacket,
  type ReferencePacket,
  type Sending,
  tally,
  toStream,
} from "./post.ts";
import type { Reference } from "./reference.ts";
import { isFloored } from "./rekey.ts";

/** A segment on its way to the device. A captured one that lies across the record of a resync was two. */
export function transmit(reference: Reference, packet: ReferencePacket): void {
  const { expected, fences, installed, profile } = reference;
  const inside = expected > packet.at && expected < packet.at + packet.length;
  const fenced = profile.recovery === "next-record" && fences.includes(expected);
  if (!(installed && packet.captured && inside && fenced)) {
    transmitOne(reference, packet);
    return;
  }
  const mappings = transmitOne(reference, { ...packet, length: expected - packet.at });
  const first = reference.queue;
  const rest = packet.at + packet.length - expected;
  transmitOne(reference, { ...packet, at: expected, length: rest }, mappings);
  reference.queue.unshift(...first);
}

/** A segment that reaches the device: kernel.md sections 2.5, 2.6, 5 and 12. Gives the mappings done for it so far. */
function transmitOne(reference: Reference, packet: ReferencePacket, mappings = 0): number {
  const sending: Sending = { ...packet, mappings };
  if (packet.queue >= 0 && packet.queue !== reference.queueNumber) {
    reference.say("queue-changed", reference.queueNumber, packet.queue);
    reference.queueNumber = packet.queue;
    if (reference.waiting.length > 0) reference.mayDisagree = true;
  }
  reference.queue = [];
  if (!reference.installed || packet.length === 0) {
    if (packet.lost) reference.say("lost", packet.at, packet.length);
    return mappings;
  }
  const dropped = !validate(reference, sending);
  reference.cleanAcked();
  deliver(reference, sending);
  if (dropped && packet.captured) leaveAnyway(reference, packet);
  return sending.mappings;
}

/** What was posted is taken at once, or waits for the queue to go on or the doorbell to ring. */
function deliver(reference: Reference, packet: Sending): void {
  const { queue, lane, queueNumber } = reference;
  if (queue.length === 0) return;
  const posted = queue.map((work) => ({ ...work, device: lane, queue: queueNumber, lost: packet.lost }));
  reference.waiting.push(...posted);
  if (packet.undoorbelled || reference.held.has(lane)) {
    reference.say("waiting", queue.length, packet.length);
    return;
  }
  const isHere = (work: Work) => work.device === lane && work.queue === queueNumber;
  const ready = reference.waiting.filter(isHere);
  reference.waiting = reference.waiting.filter((work) => !isHere(work));
  reference.takeAll(ready);
}

/** A captured packet did leave, whatever became of it here: driver and NIC stand behind it. */
function leaveAnyway(reference: Reference, { at, length, lost }: ReferencePacket): void {
  if (at + length > 0) {
    reference.expected = at + length;
    reference.nic.restart(at + length);
    reference.mayDisagree = true;
  }
  if (lost) reference.say("lost", at, length);
}

/** validate_xmit_skb() and the socket's hook; false if the segment is dropped. */
function validate(reference: Reference, packet: Sending): boolean {
  const { hook, route, netdev, slaves, routeSlaves } = reference;
  const marked = reference.isMarked(packet.at) || (packet.marked && reference.kernel.marksSegments);
  if (packet.orphanPartial) reference.say(marked ? "orphan-refused" : "orphaned", packet.at, packet.length);
  if (packet.orphan) reference.say("orphaned", packet.at, packet.length);
  if (packet.orphan || hook === "none")
    return marked ? drop(reference, packet, "no-socket") : asItIs(reference, packet);
  if (isFloored(reference, packet.at + packet.length)) return drop(reference, packet, "acknowledged");
  // Under the rekey's hook what carries no mark, and all from the boundary on, is as it must be on the wire.
  if (hook === "rekey" && (!marked || packet.at >= reference.boundary)) return asItIs(reference, packet);
  const isClosed = reference.counters.contexts === reference.counters.contextsDeleted && !reference.nic.lost;
  if (hook === "software" || (hook === "rekey" && isClosed))
    return fallback(reference, packet, "device-down", "fallback-failed");
  if (route === netdev) return drive(reference, packet);
  // A bond steers to the slave that owns the context (kernel.md sections 2.6 and 2.9).
  if (routeSlaves.includes(netdev)) return drive(reference, packet);
  if (routeSlaves.length > 0 || slaves.includes(route)) return drop(reference, packet, "inactive-slave");
  return fallback(reference, packet, "other-device", "fallback-failed");
}

/** The driver's transmit function: kernel.md sections 5.1 to 5.7. */
function drive(reference: Reference, packet: Sending): boolean {
  const { recovery } = reference.profile;
  if (recovery === "pieces") return sendPieces(reference, packet);
  if (recovery === "chain") return sendChain(reference, packet);
  if (recovery === "none") return emulate(reference, packet);
  if (!reference.paramsPosted) {
    reference.paramsPosted = true;
    post(reference, { kind: "static-params", at: reference.namedStart });
    post(reference, { kind: "progress-params", at: 0 });
    post(reference, { kind: "nop", at: 0 });
  }
  const inOrder = packet.at === reference.expected;
  if (inOrder && !reference.resyncPending) return inOrderPacket(reference, packet);
  if (!inOrder) reference.say("out-of-order", reference.expected, packet.at);
  if (recovery === "rebuild") return rebuild(reference, packet);
  return recovery === "next-record" ? nextRecord(reference, packet) : presync(reference, packet);
}

/** netdevsim (kernel.md section 8): tags of what it touches are zeroed, up to the start marker; the rest is plaintext. */
function emulate(reference: Reference, packet: Sending): boolean {
  const { counters, map } = reference;
  const end = packet.at + packet.length;
  let reachesMarker = packet.at < 0;
  for (let at = packet.at; at < end; ) {
    const record = map.getRecord(at);
    if (record?.kind === "marker") reachesMarker = true;
    at = record === null || reachesMarker ? end : record.end;
  }
  counters.encryptedPackets++;
  // skb->len, from the Ethernet header on.
  counters.encryptedBytes += packet.length + 14 + 20 + 20;
  reference.say("emulated", packet.at, packet.length);
  postPacket(reference, packet, reachesMarker ? "none" : "emulated");
  return true;
}

function inOrderPacket(reference: Reference, packet: Sending): boolean {
  const { id } = reference.profile;
  // skb_cow_head(): ahead of all else in Innova's driver; in Netronome's the packet is counted by then.
  if (packet.noMemory && id.startsWith("innova")) return drop(reference, packet, "no-metadata");
  if (packet.noMemory && id.startsWith("netronome")) {
    tally(reference, packet);
    return drop(reference, packet, "no-metadata");
  }
  return toStream(reference, packet);
}

/** Params and the record's bytes before the packet, on the packet's own queue (kernel.md sections 5.1, 5.2, 5.7). */
function rebuild(reference: Reference, packet: Sending): boolean {
  const { profile, kernel, counters } = reference;
  const everyMismatch = profile.countsAsOutOfOrder === "mismatches" || kernel.countsFailedLookups;
  if (everyMismatch) counters.outOfOrder++;
  const record = reference.map.getRecord(packet.at);
  if (record === null) {
    reference.say("lookup-failed", packet.at);
    return drop(reference, packet, "no-sync-data");
  }
  if (record.kind === "marker") return beforeMarker(reference, packet);
  if (packet.at < record.start) {
    reference.say("stale-record", packet.at, record.start);
    return drop(reference, packet, "no-sync-data");
  }
  if (profile.prefixVia === "sync-packet" && packet.noMemory) return drop(reference, packet, "no-memory");
  if (!resync(reference, packet, record)) {
    reference.mayDisagree = true;
    return drop(reference, packet, "no-sync-data");
  }
  if (!everyMismatch) counters.outOfOrder++;
  return toStream(reference, packet);
}

function beforeMarker(reference: Reference, packet: Sending): boolean {
  const { profile, kernel, counters } = reference;
  const { marker } = reference.map;
  if (packet.at + packet.length > marker) {
    reference.say("mixed-segment", packet.at, packet.length);
    return drop(reference, packet, profile.straddleDrop);
  }
  if (profile.countsSkips) counters.skipNoSyncData++;
  const marked = packet.marked || reference.isMarked(packet.at);
  if (profile.checksSkippedMark && kernel.checksSkippedMark && marked)
    return drop(reference, packet, "marked");
  reference.say("bypass", packet.at, packet.length);
  return asItIs(reference, packet);
}

/** The work ahead of the packet; false if a buffer of it cannot be mapped: what was posted by then stays. */
function resync(reference: Reference, packet: Sending, record: ReferenceRecord): boolean {
  const { profile } = reference;
  const prefix = packet.at - record.start;
  if (profile.prefixVia === "sync-packet") {
    // A SYNC packet that cannot be mapped is freed, and the segment sent all the same.
    if (!map(reference, packet)) {
      reference.mayDisagree = true;
      return true;
    }
    post(reference, { kind: "sync-packet", at: record.start, length: prefix });
    reference.counters.outOfOrderBytes += prefix;
    reference.counters.resyncs++;
    reference.say("resync", record.start, record.isGap ? 0 : prefix);
    return true;
  }
  if (reference.namedStart !== record.start) {
    reference.namedStart = record.start;
    post(reference, { kind: "static-params", at: record.start });
    reference.say("static-params", record.start);
  }
  post(reference, { kind: "progress-params", at: 0 });
  post(reference, { kind: "nop", at: 0 });
  // hw_mtu: Ethernet header 14, VLAN tag 4, checksum 4.
  for (const [start, end] of dumpsOf(reference, record, record.start, packet.at, reference.device.mtu + 22)) {
    if (!map(reference, packet)) return false;
    post(reference, { kind: "dump", at: start, length: end - start });
  }
  reference.counters.outOfOrderBytes += prefix;
  reference.counters.resyncs++;
  reference.say("resync", record.start, record.isGap ? 0 : prefix);
  return true;
}

/** Software, and a resync at the next record after a jump forward (kernel.md sections 5.4, 5.5). */
function nextRecord(reference: Reference, packet: Sending): boolean {
  const pending = reference.resyncPending;
  const { requestsBeforeFallback } = reference.profile;
  if (requestsBeforeFallback && !pending) request(reference, packet);
  reference.counters.outOfOrder++;
  const reason = pending ? "resync-pending" : "out-of-order";
  const result = encryptInSoftware(reference, packet, reason);
  if (result === "dropped") return drop(reference, packet, "no-sync-data");
  if (result === "same") {
    reference.say("bypass", packet.at, packet.length);
    return asItIs(reference, packet);
  }
  if (!requestsBeforeFallback && !pending) request(reference, packet);
  if (!map(reference, packet)) return drop(reference, packet, "dma-error");
  postPacket(reference, packet, "software");
  return true;
}

/** tls_offload_tx_resync_request() after a jump forward: U32_MAX / 4, cut to a whole number, is no jump any more. */
function request(reference: Reference, { at }: Sending): void {
  const forward = (at - reference.expected) >>> 0;
  if (forward >= Math.floor(0xffffffff / 4)) return;
  reference.resyncPending = true;
  reference.say("resync-requested", at, reference.expected);
}

/** Where in its record the packet starts, without data (kernel.md section 5.6). */
function presync(reference: Reference, packet: Sending): boolean {
  const record = reference.map.getRecord(packet.at);
  if (record === null) reference.say("lookup-failed", packet.at);
  const end = packet.at + packet.length;
  const usable = record !== null && record.kind !== "marker" && packet.at >= record.start;
  if (!usable) return fallback(reference, packet, "no-record", "no-sync-data");
  if (packet.ringFull) return fallback(reference, packet, "ring-full", "no-sync-data");
  if (end > record.end - 16) return fallback(reference, packet, "tag", "no-sync-data");
  const forward = end > reference.expected;
  post(reference, { kind: "presync", at: packet.at, length: packet.length, forward });
  reference.counters.resyncs++;
  reference.say("resync", record.start, 0);
  if (!map(reference, packet)) {
    reference.queue = [];
    return drop(reference, packet, "dma-error");
  }
  postPacket(reference, packet, "piece");
  if (forward) reference.expected = end;
  reference.counters.outOfOrder++;
  count(reference, packet);
  return true;
}
