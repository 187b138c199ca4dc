import { codesOf } from "./codes.ts";
import type { EffectName } from "./effect.ts";

/**
 * Stages: one function's part in one event, in the kernel's order. A stop lies right after a stage; the call stack
 * shows the stages entered so far. `layer` groups them, `functions` are the names a function breakpoint may use.
 */
export interface StageSpec {
  name: string;
  layer: "application" | "tls" | "tcp" | "driver" | "nic" | "wire";
  /** Kernel functions that do this work. */
  functions: readonly string[];
  /** An effect that every event with this stage has; absent if there is none, then any event may have the stage. */
  effect?: EffectName;
}

export const stages = [
  { name: "install", layer: "tls", functions: ["tls_set_device_offload", "tls_dev_add"] },
  {
    name: "tls.sendmsg",
    layer: "application",
    functions: ["tls_device_sendmsg", "tls_push_data", "sendmsg"],
  },
  {
    name: "tls.pushRecord",
    layer: "tls",
    functions: ["tls_push_record", "tls_device_record_close"],
    effect: "record-pushed",
  },
  {
    name: "tls.cleanAcked",
    layer: "tls",
    functions: ["tls_tcp_clean_acked", "tls_icsk_clean_acked", "clean_acked"],
    effect: "acknowledged",
  },
  { name: "tls.close", layer: "application", functions: ["tls_sk_proto_close", "close"] },
  { name: "tcp.ack", layer: "tcp", functions: ["tcp_ack"] },
  { name: "skb", layer: "tcp", functions: ["tcp_transmit_skb", "__tcp_transmit_skb", "validate_xmit_skb"] },
  {
    name: "driver.check",
    layer: "driver",
    functions: [
      "mlx5e_ktls_handle_tx_skb",
      "mlx5e_tls_handle_tx_skb",
      "chcr_ktls_xmit",
      "nfp_net_tls_tx",
      "fun_tls_tx",
      "bnxt_ktls_xmit",
      "mlx5e_sq_tls_xmit",
    ],
  },
  { name: "tls.getRecord", layer: "tls", functions: ["tls_get_record"] },
  {
    name: "driver.resync",
    layer: "driver",
    functions: ["mlx5e_ktls_tx_handle_ooo", "mlx5e_tls_handle_ooo", "resync"],
    effect: "resync",
  },
  {
    name: "driver.presync",
    layer: "driver",
    functions: ["bnxt_ktls_tx_ooo", "presync"],
    effect: "resync",
  },
  {
    name: "driver.piece",
    layer: "driver",
    functions: ["chcr_end_part_handler", "chcr_short_record_handler", "piece"],
    effect: "piece",
  },
  {
    name: "tls.fallback",
    layer: "tls",
    functions: ["tls_sw_fallback", "tls_encrypt_skb", "chcr_ktls_tunnel_pkt", "fallback"],
  },
  {
    name: "tls.resyncRequest",
    layer: "tls",
    functions: ["tls_offload_tx_resync_request"],
    effect: "resync-requested",
  },
  {
    name: "driver.devResync",
    layer: "driver",
    functions: ["tls_device_resync_tx", "tls_dev_resync", "nfp_net_tls_resync", "fun_ktls_resync"],
  },
  {
    name: "driver.emulate",
    layer: "driver",
    functions: ["nsim_do_tls", "nsim_tls_tx", "nsim_tls_tx_zero_tags"],
    effect: "emulated",
  },
  { name: "driver.drop", layer: "driver", functions: ["kfree_skb", "dev_kfree_skb_any"], effect: "dropped" },
  { name: "driver.bypass", layer: "driver", functions: [], effect: "bypass" },
  {
    name: "driver.advance",
    layer: "driver",
    functions: ["mlx5e_sq_xmit", "mlx5e_xmit"],
    effect: "encrypted",
  },
  {
    name: "skb.validate",
    layer: "tcp",
    functions: ["validate_xmit_skb", "tls_validate_xmit_skb", "tls_validate_xmit_skb_sw"],
  },
  {
    name: "tcp.merge",
    layer: "tcp",
    functions: ["tcp_collapse_retrans", "tcp_shift_skb_data", "tcp_mtu_probe"],
  },
  { name: "tcp.fence", layer: "tcp", functions: ["tcp_sendmsg_locked", "fence"], effect: "fenced" },
  { name: "tcp.split", layer: "tcp", functions: ["tcp_fragment", "tso_fragment"], effect: "split" },
  { name: "tcp.route", layer: "tcp", functions: ["sk_dst_set", "sk_dst_get"], effect: "rerouted" },
  { name: "application", layer: "application", functions: ["page-write"], effect: "page-written" },
  {
    name: "tls.device",
    layer: "tls",
    functions: ["tls_dev_event", "tls_device_down"],
  },
  { name: "queue", layer: "driver", functions: ["mlx5e_tx_reporter_err_cqe_recover", "netif_tx_wake_queue"] },
  { name: "tls.rekey", layer: "tls", functions: ["tls_set_device_offload_rekey", "rekey"] },
  { name: "tls.rekeyDone", layer: "tls", functions: ["tls_device_complete_rekey"] },
  {
    name: "tls.destruct",
    layer: "tls",
    functions: ["tls_device_sk_destruct", "tls_device_gc_task", "tls_dev_del", "destruct"],
    effect: "offload-removed",
  },
  { name: "what-if", layer: "driver", functions: [] },
  { name: "nic", layer: "nic", functions: [] },
  { name: "wire", layer: "wire", functions: [] },
] as const satisfies readonly StageSpec[];

export type Layer = StageSpec["layer"];
export type StageName = (typeof stages)[number]["name"];
export const Stage = codesOf<StageName>(stages.map(({ name }) => name));
