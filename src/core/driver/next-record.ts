import { distance, type Seq, toU32 } from "../base/seq.ts";
import { Fallback, softwareFallback } from "../kernel/fallback.ts";
import { type Machine, profileOf, type Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import type { ConnectionState } from "../machine/state.ts";
import { drop, pass, postPacket } from "../nic/post.ts";
import { Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, FallbackCode } from "../words/effect-words.ts";
import { Stage } from "../words/stage.ts";

/** A jump of less than this many bytes forward is a local drop; more is a packet from before (nfp_net_tls_tx). */
const forwardMax = 2 ** 30;

/**
 * A packet out of order, or one while a resync is pending, on a family that encrypts it in software and is
 * resynchronised by the TLS layer at the next record: nfp_net_tls_tx(), fun_tls_tx() (kernel.md 5.4, 5.5).
 */
export function sendNextRecord(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  sink: Sink,
): boolean {
  const expected = state.expectedSeq as Seq;
  const pending = state.resyncPending === 1;
  if (profileOf(machine, packet.connection).countsAsOutOfOrder === "fallbacks") state.outOfOrder++;
  const reason = pending ? FallbackCode["resync-pending"] : FallbackCode["out-of-order"];
  const row = softwareFallback(machine, state, packet, reason, sink);
  sink.stage(Stage["tls.fallback"], row);
  if (row === Fallback.dropped) return drop(machine, state, DropCode["no-sync-data"], packet, sink);
  if (row === Fallback.bypassed) return pass(machine, state, packet, sink);
  if (!pending && toU32(distance(expected, packet.seq) as Seq) < forwardMax) {
    state.resyncPending = 1;
    sink.effect(Effect["resync-requested"], packet.seq, expected);
    sink.stage(Stage["tls.resyncRequest"], -1);
  }
  if (postPacket(machine, packet, Engine.software, row, sink)) return true;
  return drop(machine, state, DropCode["dma-error"], packet, sink);
}
