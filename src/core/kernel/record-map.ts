import { firstThat } from "../base/columns.ts";
import { after, before, between, type Seq, seq } from "../base/seq.ts";
import { Change } from "../machine/change-log.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { Rekey } from "../machine/state.ts";
import { Effect } from "../words/effect.ts";
import { Stage } from "../words/stage.ts";

/** tls_tcp_clean_acked() (tls_icsk_clean_acked() before v6.15): releases every record whose last byte is acknowledged; a part frees nothing. */
export function cleanAcked(socket: Socket, ack: Seq, sink: Sink): void {
  const { state, records } = socket;
  state.ackWaits = 0;
  const reach = socket.rules.releasedBy(ack);
  if (state.hint >= 0 && !before(reach, records.end(state.hint))) state.hint = -1;
  let released = 0;
  for (; state.head < state.tail && !before(reach, records.end(state.head)); state.head++) {
    if (isStartMarker(socket, state.head) || records.isReady(state.head)) continue;
    sink.effect(Effect["record-released"], state.head, ack);
    released++;
  }
  if (state.rekey === Rekey.pending && !before(ack, seq(state.boundary))) {
    state.rekey = Rekey.ready;
    sink.effect(Effect["rekey-ready"], state.boundary, state.epoch);
  }
  sink.effect(Effect.acknowledged, ack, released);
  sink.stage(Stage["tls.cleanAcked"], state.head);
}

/**
 * tls_get_record() on records_list: the row of the record map that holds byte `s`, −1 if none. The kernel walks the list from the
 * hint; rows are contiguous, so the same record is found by halves, and the hint moves as it would have. Before v5.6
 * nothing looked whether the list reaches down to `s`: the head was the answer for what is acknowledged.
 */
export function getRecord(socket: Socket, s: Seq): number {
  if (isBelowFloor(socket, s)) return -1;
  const { state, records } = socket;
  let from = state.hint;
  if (from < 0 || before(s, records.start(from))) {
    if (state.head === state.tail) return -1;
    from = state.head;
    const unbounded = isStartMarker(socket, from) || !socket.rules.boundsLookup(socket);
    if (!unbounded && !between(s, records.start(from), records.end(state.tail - 1))) return -1;
  }
  const row = firstThat(from, state.tail, (row) => before(s, records.end(row)));
  if (row === state.tail || records.isReady(row)) return -1;
  if (state.hint < 0 || after(records.end(row), records.end(state.hint))) state.hint = row;
  return row;
}

/** tls_record_is_start_marker(): the entry without bytes that heads the list from install on. */
export const isStartMarker = ({ records }: Socket, row: number): boolean =>
  records.kind.at(row) === RecordKind.startMarker;

/**
 * True for a byte whose record a rekey has dropped from the map: all of it is acknowledged, nothing can encrypt it any
 * more, and it must not pass as bytes from before the offload do (the floor flag of kernel.md section 8). What software
 * encrypted while the rekey waited may pass.
 */
function isBelowFloor({ records, state: { markerRow } }: Socket, s: Seq): boolean {
  if (markerRow === 0 || s >= records.start(markerRow)) return false;
  const row = records.rowOf(s, markerRow);
  return row > 0 && !records.isReady(row);
}

/** tcp_sendmsg_locked() for MSG_EOR: TCP_SKB_CB(skb)->eor of what was just written: nothing is appended to its segment. */
export function fenceHere({ changes, state, writeSeq }: Socket, sink: Sink): void {
  changes.put(state.changes++, { kind: Change.fence, from: writeSeq, length: 0, value: 0 });
  sink.effect(Effect.fenced, writeSeq, 0);
}

/**
 * tcp_write_collapse_fence(): the same to the write queue's tail, in later stable kernels else to the retransmit queue's;
 * where neither has one, nothing is fenced (kernel.md section 2.7).
 */
export function collapseFence(socket: Socket, sink: Sink): void {
  const { kernel, state, connection, writeSeq } = socket;
  const sent = state.sent === 1 ? seq(state.sndNxt) : connection.startSeq;
  const acked = state.acked === 1 ? seq(state.sndUna) : null;
  const from = kernel.fencesRetransmitQueue ? acked : sent;
  if (from === null || from < writeSeq) fenceHere(socket, sink);
}
