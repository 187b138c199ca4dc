import type { Reference } from "./reference.ts";

/** New keys: tls_set_device_offload_rekey() a second time, straight from kernel.md section 8. */
export function rekey(reference: Reference): void {
  const { connection, installed, kernel, map, profile } = reference;
  const taken = connection.version === 0x0304 && kernel.rekey !== "nobody";
  const inSoftware = reference.software && reference.rekeying === "none";
  const refused = !inSoftware && kernel.rekey === "software";
  if (!installed || !taken || refused || profile.recovery === "chain") {
    reference.say("rekey-failed", "busy", map.epoch + 1);
    return;
  }
  if (inSoftware) {
    // tls_set_sw_offload() leaves the open record to whoever closes it, under the new key.
    takeKey(reference);
    reference.say("rekey-done", reference.pushed, map.epoch);
    return;
  }
  reference.closeOpen();
  start(reference);
}

/** TLS_TX_REKEY_PENDING: READY comes beside it. */
const isPending = ({ rekeying }: Reference): boolean => rekeying === "pending" || rekeying === "ready";

function takeKey({ map }: Reference): void {
  map.epoch++;
  map.nextSn = 0n;
}

/** tls_device_start_rekey(): the first, one while another is pending, one after a failure. */
function start(reference: Reference): void {
  const before = reference.rekeying;
  if (isPending(reference)) reference.say("rekey-superseded", reference.map.epoch);
  takeKey(reference);
  if (before === "none") {
    if (reference.isQueuedUpTo(reference.pushed)) reference.fence(reference.pushed);
    reference.boundary = reference.pushed;
    reference.software = true;
    reference.hook = "rekey";
  }
  if (before === "failed") reference.boundary = reference.sndUna ?? 0;
  if (!isPending(reference)) reference.rekeying = "pending";
  reference.say("rekey-started", reference.boundary, reference.map.epoch);
  const waits = before !== "none" || reference.map.list.some(({ kind }) => kind !== "marker");
  if (!waits) completeRekey(reference);
}

/** tls_device_complete_rekey(): the software context is drained, the old context goes, the device gets the new key. */
export function completeRekey(reference: Reference): void {
  const { map, netdev, refusing } = reference;
  reference.closeOpen();
  reference.deleteContext();
  const refusal = netdev < 0 ? "device-down" : refusing.has(netdev) ? "driver" : null;
  if (refusal !== null) {
    reference.rekeying = "failed";
    reference.say("rekey-failed", refusal, map.epoch);
    return;
  }
  map.putMarker();
  reference.software = false;
  reference.rekeying = "none";
  reference.floor = true;
  reference.addContext();
  reference.say("rekey-done", reference.pushed, map.epoch);
}

/** tls_device_free_resources_tx(): the socket is closed before the device has the key. */
export function abortRekey(reference: Reference): void {
  if (!isPending(reference)) return;
  reference.rekeying = "failed";
  reference.say("rekey-aborted", reference.map.epoch);
}

/** TLS_TX_REKEY_FLOOR: the hook of the device drops what is acknowledged to its last byte. */
export const isFloored = ({ floor, hook, sndUna }: Reference, end: number): boolean =>
  floor && hook === "device" && sndUna !== null && end <= sndUna;
