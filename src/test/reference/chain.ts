import type { ReferenceRecord } from "./map.ts";
import { asItIs, drop, dumpsOf, map, post, type Sending, toStream } from "./post.ts";
import type { Reference } from "./reference.ts";

/** FreeBSD's transmit function, mlx5e_sq_tls_xmit() and sbtls_recover_record(), step by step as in kernel.md section 5.7. */
export function sendChain(reference: Reference, packet: Sending): boolean {
  const { at, length } = packet;
  const record = reference.map.recordAt(at);
  if (record === null) {
    // No unmapped mbuf is first in it: as it is, or, where one lies behind, the record cannot be recovered.
    if (at + length > reference.map.marker) {
      reference.say("mixed-segment", at, length);
      return drop(reference, packet, "no-sync-data");
    }
    reference.say("bypass", at, length);
    return asItIs(reference, packet);
  }
  if (reference.paramsPosted && at !== reference.expected)
    reference.say("out-of-order", reference.expected, at);
  if (reference.paramsPosted && at === reference.expected) return toStream(reference, packet);
  return recover(reference, packet, record) && toStream(reference, packet);
}

/** What brings the NIC to the packet's first byte; false if memory or a mapping fails. */
function recover(reference: Reference, packet: Sending, record: ReferenceRecord): boolean {
  const { expected, counters, device, paramsPosted } = reference;
  const goesOn = paramsPosted && expected > record.start && expected < packet.at;
  const from = goesOn ? expected : record.start;
  const size = packet.at - from;
  // m_gethdr(), m_get(). Where they fail first of all, the number that is expected stays one that was made up.
  if (packet.at > record.start && packet.noMemory) return drop(reference, packet, "no-sync-data");
  reference.paramsPosted = true;
  counters.outOfOrder++;
  if (!goesOn) {
    post(reference, { kind: "static-params", at: record.start });
    reference.say("static-params", record.start);
    post(reference, { kind: "progress-params", at: 0 });
    if (size === 0) post(reference, { kind: "nop", at: 0 });
  }
  counters.outOfOrderBytes += size;
  // One bus_dmamap_load_mbuf_sg() for the whole chain: where it fails, the NIC stands where the dump begins, and so does the driver.
  if (size > 0 && !map(reference, packet)) {
    reference.expected = from;
    return drop(reference, packet, "dma-error");
  }
  // mlx5e_sq_has_room_for(), after the mapping.
  if (size > 0 && packet.ringFull) {
    reference.expected = from;
    return drop(reference, packet, "ring-full");
  }
  const hwMtu = device.mtu + 22;
  const msb = 2 ** Math.floor(Math.log2(hwMtu));
  for (const [start, end] of dumpsOf(reference, record, from, packet.at, msb))
    post(reference, { kind: "dump", at: start, length: end - start });
  counters.resyncs++;
  reference.say("resync", record.start, record.isGap ? 0 : size);
  return true;
}
