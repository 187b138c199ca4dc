import { distance, type Seq, toU32 } from "../base/seq.ts";
import { Fallback, softwareFallback } from "../kernel/fallback.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { drop, pass, send } from "../nic/post.ts";
import { Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, FallbackCode } from "../words/effect-words.ts";
import { Stage } from "../words/stage.ts";

/** A jump of less than this many bytes forward is a local drop; more is a packet from before: U32_MAX / 4, cut to a whole number. */
const forwardMax = 2 ** 30 - 1;

/**
 * A packet out of order, or one while a resync is pending, on a family that encrypts it in software and is
 * resynchronised by the TLS layer at the next record: nfp_net_tls_tx(), fun_tls_tx() (kernel.md 5.4, 5.5).
 */
export function sendNextRecord(socket: Socket, sink: Sink): boolean {
  const { state } = socket;
  const pending = state.resyncPending === 1;
  const { requestsBeforeFallback } = socket.profile;
  if (requestsBeforeFallback && !pending) requestResync(socket, sink);
  if (socket.profile.countsAsOutOfOrder === "fallbacks") state.outOfOrder++;
  const reason = pending ? FallbackCode["resync-pending"] : FallbackCode["out-of-order"];
  const row = softwareFallback(socket, reason, sink);
  sink.stage(Stage["tls.fallback"], row);
  if (row === Fallback.dropped) return drop(socket, DropCode["no-sync-data"], sink);
  if (row === Fallback.bypassed) return pass(socket, sink);
  if (!requestsBeforeFallback && !pending) requestResync(socket, sink);
  return send(socket, Engine.software, row, sink);
}

/** tls_offload_tx_resync_request(): TX_SYNC_SCHED, after a jump forward alone. */
function requestResync({ state, packet }: Socket, sink: Sink): void {
  const expected = state.expectedSeq as Seq;
  if (toU32(distance(expected, packet.seq) as Seq) >= forwardMax) return;
  state.resyncPending = 1;
  sink.effect(Effect["resync-requested"], packet.seq, expected);
  sink.stage(Stage["tls.resyncRequest"]);
}
