import type { ReferenceRecord } from "./map.ts";
import { count, drop, encryptInSoftware, fallback, map, post, type Sending } from "./post.ts";
import type { Reference } from "./reference.ts";

const tagSize = 16;

/** Chelsio's transmit function, chcr_ktls_xmit(), step by step as in kernel.md section 5.3. */
export function sendPieces(reference: Reference, packet: Sending): boolean {
  const { counters } = reference;
  let at = packet.at;
  let left = packet.length;
  while (left > 0) {
    const record = reference.map.getRecord(at);
    const isStale = record !== null && record.kind !== "marker" && at < record.start;
    if (record === null) reference.say("lookup-failed", at);
    if (isStale) reference.say("stale-record", at, record.start);
    if (record === null || isStale) return drop(reference, packet, "no-sync-data");
    if (at === packet.at) moveTcb(reference, record, at);
    const toEnd = record.end - at;
    if (record.kind === "marker") {
      const length = Math.min(toEnd, left);
      counters.skipNoSyncData++;
      if (!postPiece(reference, packet, at, length, "plain", 0)) return false;
      at += length;
      left -= length;
      continue;
    }
    const rest = toEnd - left;
    if (rest > 0 && rest < tagSize && toEnd <= tagSize) return tunnel(reference, packet);
    const sent =
      rest <= 0 ? wholeEnd(reference, packet, record, at) : part(reference, packet, record, at, left);
    if (sent < 0) return false;
    at += sent;
    reference.expected = at;
    // chcr_short_record_handler() ends the loop whatever it cut off.
    left = rest > 0 ? 0 : left - sent;
  }
  if (packet.fin) post(reference, { kind: "options", at: 0 });
  count(reference, packet);
  return true;
}

/** Step 4, chcr_ktls_xmit_tcb_cpls(): prev_seq is compared with what TX_MAX becomes. */
function moveTcb(reference: Reference, record: ReferenceRecord, at: number): void {
  const isInTag = record.kind !== "marker" && record.end - at < tagSize;
  const txMax = isInTag ? record.end - tagSize : at;
  const jumped = txMax !== reference.expected;
  if (jumped) {
    reference.say("out-of-order", reference.expected, txMax);
    reference.counters.outOfOrder++;
  }
  // first_wr: no acknowledgement and no window was written to the control block yet.
  if (jumped || !reference.tcbWritten) post(reference, { kind: "tcb", at: 0 });
  if (jumped || at !== record.start) post(reference, { kind: "tcb", at: 0 });
  reference.tcbWritten = true;
}

/** chcr_ktls_sw_fallback(): a fallback that gives nothing counts nowhere; what leaves moves prev_seq and is counted. */
function tunnel(reference: Reference, packet: Sending): boolean {
  if (packet.ringFull && isTcbPosted(reference)) {
    const result = encryptInSoftware(reference, packet, "tag");
    return drop(reference, packet, result === "dropped" ? "fallback-failed" : "ring-full");
  }
  if (!fallback(reference, packet, "tag", "fallback-failed")) return false;
  reference.expected = packet.at + packet.length;
  reference.counters.fallbacksSent++;
  return true;
}

/** Step 6: the record ends in the packet; what of it lies before is read again. Gives the bytes sent, −1 on an error. */
function wholeEnd(reference: Reference, packet: Sending, record: ReferenceRecord, at: number): number {
  const length = record.end - at;
  const prior = at - record.start;
  // alloc_skb() for the record that is sent again, ahead of the counter.
  if (prior > 0 && packet.noMemory) {
    drop(reference, packet, "no-memory");
    return -1;
  }
  if (prior === 0) reference.counters.piecesComplete++;
  else reference.counters.piecesEnd++;
  return postPiece(reference, packet, at, length, prior === 0 ? "complete" : "end", prior) ? length : -1;
}

/** Step 7, chcr_short_record_handler(): the record goes on behind the packet. Counters move before anything is mapped. */
function part(
  reference: Reference,
  packet: Sending,
  record: ReferenceRecord,
  at: number,
  left: number,
): number {
  const { counters, prepend } = reference;
  const offset = at - record.start;
  const length = Math.min(left, record.end - tagSize - at);
  if (length < left) {
    reference.say("trimmed", at + length, left - length);
    counters.piecesTrimmed++;
  }
  if (offset + length <= prepend) return postPiece(reference, packet, at, length, "header", 0) ? length : -1;
  const intoBlock = offset < prepend ? offset : (offset - prepend) % 16;
  if (offset === 0) counters.piecesStart++;
  else counters.piecesMiddle++;
  const form = offset === 0 ? "start" : "middle";
  return postPiece(reference, packet, at, length, form, intoBlock) ? length : -1;
}

/** The ring has room for the packet alone, and SET_TCB has taken it. */
const isTcbPosted = ({ queue }: Reference): boolean => queue.some(({ kind }) => kind === "tcb");

function postPiece(
  reference: Reference,
  packet: Sending,
  at: number,
  length: number,
  form: string,
  prior: number,
): boolean {
  reference.say("piece", form, length);
  if (packet.ringFull && isTcbPosted(reference)) return drop(reference, packet, "ring-full");
  if (!map(reference, packet)) return drop(reference, packet, "dma-error");
  if (prior > 0) post(reference, { kind: "prior", at: at - prior, length: prior });
  const made = form === "plain" || form === "header" ? "none" : "piece";
  post(reference, { kind: "packet", at, length, made });
  return true;
}
