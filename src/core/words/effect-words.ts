import { codesOf } from "./codes.ts";

/** The words that effects' arguments can be: an argument is a word's place in its list. */

/** Why a packet is dropped, and by whom; the first two are what drivers count (tls-offload.rst). */
export const dropReasons = [
  /** Driver: no record holds the packet's first byte, or it cannot be resynchronised. */
  "no-sync-data",
  /** Driver: the packet holds bytes before and behind the start marker. */
  "bypass-required",
  /** validate_xmit_skb(): marked for offload, but its socket is gone. */
  "no-socket",
  /** The software fallback gave nothing back. */
  "fallback-failed",
  /** Driver: the packet of a socket whose context is on another device. */
  "wrong-device",
  /** Bond: the slave that owns the context is not active. */
  "inactive-slave",
  /** Driver: marked for offload, but before the start marker. */
  "marked",
  "no-memory",
  "dma-error",
  /** The transmit queue is in error state: the NIC takes nothing more. */
  "queue-error",
  /** The NIC has no context for the connection. */
  "no-context",
  /** Chelsio: a piece that the NIC's TCP engine cannot send. */
  "unsendable",
  /** Innova, Netronome: no memory for the metadata that marks the packet. */
  "no-metadata",
  /** The hook, once a rekey was done: all of it is acknowledged, its record may be gone (TLS_TX_REKEY_FLOOR). */
  "acknowledged",
  /** Chelsio, FreeBSD: no room on the ring behind what went ahead of the packet. */
  "ring-full",
] as const;

/** Why a packet is encrypted in software (tls_sw_fallback). */
export const fallbackReasons = [
  /** The device went down: its sockets stay with the fallback. */
  "device-down",
  /** The route leads through another device than the context's. */
  "other-device",
  /** Driver: out of order, and the family does not rebuild. */
  "out-of-order",
  /** Driver: it has asked for a resync that has not come yet. */
  "resync-pending",
  /** Driver: the packet touches a tag that the NIC cannot make. */
  "tag",
  /** Driver: no record holds the first byte, or it lies before the start marker. */
  "no-record",
  /** Driver: no room on the ring for the work that would rebuild the NIC's state. */
  "ring-full",
] as const;

/** What a driver that works record by record makes of the part of a packet that lies in one (chcr_ktls). */
export const pieceForms = [
  /** The whole record, from the packet itself. */
  "complete",
  /** The record's end: the record is read again from its start. */
  "end",
  /** From the record's start or payload on, no tag. */
  "start",
  "middle",
  /** Within header and nonce, which leave in clear. */
  "header",
  /** Before the start marker. */
  "plain",
] as const;

/** Why an offload is not installed, or a rekey not taken by the device. */
export const refusals = ["version", "cipher", "device-down", "driver", "busy"] as const;

/** The words of effects' arguments as `sink.effect` takes them: their places in the lists. */
export const DropCode = codesOf(dropReasons);
export const FallbackCode = codesOf(fallbackReasons);
export const PieceCode = codesOf(pieceForms);
export const RefusalCode = codesOf(refusals);
