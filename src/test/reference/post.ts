import { sizesOf } from "./crypto.ts";
import type { ReferenceRecord } from "./map.ts";
import type { Maker, Work } from "./nic.ts";
import type { Reference } from "./reference.ts";

/** A segment on its way down; places are bytes from the offload start. */
export interface ReferencePacket {
  at: number;
  length: number;
  lost: boolean;
  captured: boolean;
  fin: boolean;
  orphan: boolean;
  orphanPartial: boolean;
  marked: boolean;
  noMemory: boolean;
  ringFull: boolean;
  /** xmit_more: the doorbell is not rung. */
  undoorbelled: boolean;
  /** The mapping, from 1, that fails; 0 = none. */
  dmaErrorAt: number;
  /** The transmit queue, −1 = the one it is on. */
  queue: number;
}

/** The segment in the hands of hook and driver. */
export interface Sending extends ReferencePacket {
  /** Mappings done so far. */
  mappings: number;
}

/** Packets for the NIC are counted as they are on the wire, or as TCP made them; FreeBSD's bytes with their headers. */
export function tally(reference: Reference, { length }: Sending): void {
  const { counters, profile, connection } = reference;
  const { mss } = connection;
  const bySegment = profile.countsPackets === "segments" && mss > 0;
  counters.encryptedPackets += bySegment ? Math.ceil(length / mss) : 1;
  counters.encryptedBytes += length + (profile.recovery === "chain" ? 14 + 20 + 20 : 0);
}

/** The packet is counted once it is on its way. */
export function count(reference: Reference, packet: Sending): void {
  tally(reference, packet);
  reference.say("encrypted", packet.at, packet.length);
}

/**
 * The packet goes to the cipher that stands in the stream. All but Fungible and bnxt move the number on and count before
 * they map it (kernel.md section 5.0, commit point): mlx5e_ktls_handle_tx_skb(), mlx5e_sq_tls_xmit(), nfp_net_tls_tx(),
 * whose nfp_net_tls_tx_undo() takes back the number alone.
 */
export function toStream(reference: Reference, packet: Sending): boolean {
  const { commit } = reference.profile;
  if (commit !== "late") tally(reference, packet);
  if (!map(reference, packet)) {
    if (commit === "early") reference.expected = packet.at + packet.length;
    reference.mayDisagree ||= commit === "early" || reference.queue.length > 0;
    return drop(reference, packet, "dma-error");
  }
  postPacket(reference, packet, "stream");
  reference.expected = packet.at + packet.length;
  if (commit === "late") tally(reference, packet);
  reference.say("encrypted", packet.at, packet.length);
  return true;
}

/** Ranges of the DUMPs of a record's bytes: by fragment (header, pieces, what is behind the payload), none longer than `longest`. */
export function dumpsOf(
  { prepend, connection }: Reference,
  record: ReferenceRecord,
  from: number,
  to: number,
  longest: number,
): [number, number][] {
  const cuts: number[] = [];
  if (record.pieceSize > 0) {
    const trailer = record.end - 16 - sizesOf(connection).tail;
    for (let cut = record.start + prepend; cut < trailer; cut += record.pieceSize) cuts.push(cut);
    cuts.push(trailer);
  }
  const dumps: [number, number][] = [];
  let start = from;
  for (const end of [...cuts.filter((cut) => cut > from && cut < to), to])
    for (; start < end; start = Math.min(start + longest, end))
      dumps.push([start, Math.min(start + longest, end)]);
  return dumps;
}

/** tls_sw_fallback(): kernel.md section 2.8. */
export function encryptInSoftware(
  reference: Reference,
  packet: Sending,
  reason: string,
): "new" | "same" | "dropped" {
  const { counters } = reference;
  const record = reference.map.getRecord(packet.at);
  if (record === null) {
    reference.say("lookup-failed", packet.at);
    return "dropped";
  }
  if (packet.at < record.start) {
    const endsBefore = packet.at + packet.length <= record.start;
    if (record.kind === "marker") return endsBefore ? "same" : "dropped";
    reference.say("stale-record", packet.at, record.start);
    return "dropped";
  }
  if (packet.noMemory) return "dropped";
  counters.fallbackPackets++;
  counters.fallbackBytes += packet.length;
  reference.say("software-fallback", reason, packet.length);
  return "new";
}

/** The fallback's packet goes out as an ordinary one. */
export function fallback(reference: Reference, packet: Sending, reason: string, dropReason: string): boolean {
  const result = encryptInSoftware(reference, packet, reason);
  if (result === "dropped") return drop(reference, packet, dropReason);
  if (result === "same") {
    reference.say("bypass", packet.at, packet.length);
    return asItIs(reference, packet);
  }
  if (!map(reference, packet)) return drop(reference, packet, "dma-error");
  postPacket(reference, packet, "software");
  return true;
}

/** Nobody encrypts it. */
export function asItIs(reference: Reference, packet: Sending): boolean {
  if (!map(reference, packet)) return drop(reference, packet, "dma-error");
  postPacket(reference, packet, "none");
  return true;
}

/** dma_map_single() of the next buffer. */
export function map(reference: Reference, packet: Sending): boolean {
  packet.mappings++;
  if (packet.mappings !== packet.dmaErrorAt) return true;
  reference.say("dma-error", packet.mappings, reference.queue.length);
  return false;
}

export function drop(reference: Reference, { length }: Sending, reason: string): boolean {
  const { counters } = reference;
  if (reason === "no-sync-data") counters.dropNoSyncData++;
  if (reason === "bypass-required") counters.dropBypassRequired++;
  if (reason === "no-metadata") counters.dropNoMetadata++;
  if (reason === "no-memory") counters.dropNoMemory++;
  reference.say("dropped", reason, length);
  return false;
}

export function post(reference: Reference, work: Pick<Work, "kind" | "at"> & Partial<Work>): void {
  reference.queue.push({
    length: 0,
    made: "none",
    forward: false,
    ofContext: true,
    lost: false,
    device: -1,
    queue: 0,
    ...work,
  });
}

export function postPacket(reference: Reference, { at, length }: Sending, made: Maker): void {
  const ofContext = made === "stream" || made === "piece";
  post(reference, { kind: "packet", at, length, made, ofContext });
}
