import type { ReferenceRecord } from "./map.ts";
import { count, drop, fallback, map, post, type Sending } from "./post.ts";
import type { Reference } from "./reference.ts";

const tagSize = 16;

/** Chelsio's transmit function, step by step as in kernel.md section 5.3. */
export function sendPieces(reference: Reference, packet: Sending): boolean {
  const { counters } = reference;
  const jumped = packet.at !== reference.expected;
  if (jumped) reference.say("out-of-order", reference.expected, packet.at);
  let at = packet.at;
  let left = packet.length;
  while (left > 0) {
    const record = reference.map.getRecord(at);
    const isStale = record !== null && record.kind !== "marker" && at < record.start;
    if (record === null) reference.say("lookup-failed", at);
    if (isStale) reference.say("stale-record", at, record.start);
    if (record === null || isStale) return drop(reference, packet, "no-sync-data");
    if (at === packet.at) moveTcb(reference, record, at, jumped);
    const toEnd = record.end - at;
    if (record.kind === "marker") {
      const length = Math.min(toEnd, left);
      if (!postPiece(reference, packet, at, length, "plain", 0)) return false;
      counters.skipNoSyncData++;
      at += length;
      left -= length;
      continue;
    }
    const rest = toEnd - left;
    if (rest > 0 && rest < tagSize && toEnd <= tagSize)
      return fallback(reference, packet, "tag", "no-sync-data");
    const sent =
      rest <= 0 ? wholeEnd(reference, packet, record, at) : part(reference, packet, record, at, left);
    if (sent < 0) return false;
    at += sent;
    left -= sent;
    reference.expected = at;
    if (rest > 0 && left > 0) {
      reference.say("trimmed", at, left);
      counters.piecesTrimmed++;
      break;
    }
  }
  if (packet.fin) post(reference, { kind: "options", at: 0 });
  count(reference, packet);
  return true;
}

/** Step 4: where the TCP engine stands. */
function moveTcb(reference: Reference, record: ReferenceRecord, at: number, jumped: boolean): void {
  if (jumped) reference.counters.outOfOrder++;
  if (jumped || reference.counters.encryptedPackets === 0) post(reference, { kind: "tcb", at: 0 });
  if (jumped || at !== record.start) post(reference, { kind: "tcb", at: 0 });
}

/** Step 6: the record ends in the packet; what of it lies before is read again. Gives the bytes sent, −1 on an error. */
function wholeEnd(reference: Reference, packet: Sending, record: ReferenceRecord, at: number): number {
  const length = record.end - at;
  const prior = at - record.start;
  if (!postPiece(reference, packet, at, length, prior === 0 ? "complete" : "end", prior)) return -1;
  if (prior === 0) reference.counters.piecesComplete++;
  else reference.counters.piecesEnd++;
  return length;
}

/** Step 7: the record goes on behind the packet. */
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
  if (offset + length <= prepend) return postPiece(reference, packet, at, length, "header", 0) ? length : -1;
  const intoBlock = offset < prepend ? offset : (offset - prepend) % 16;
  const form = offset === 0 ? "start" : "middle";
  if (!postPiece(reference, packet, at, length, form, intoBlock)) return -1;
  if (offset === 0) counters.piecesStart++;
  else counters.piecesMiddle++;
  return length;
}

function postPiece(
  reference: Reference,
  packet: Sending,
  at: number,
  length: number,
  form: string,
  prior: number,
): boolean {
  if (!map(reference, packet)) return drop(reference, packet, "dma-error");
  if (prior > 0) post(reference, { kind: "prior", at: at - prior, length: prior });
  const made = form === "plain" || form === "header" ? "none" : "piece";
  post(reference, { kind: "packet", at, length, made });
  reference.say("piece", form, length);
  return true;
}
