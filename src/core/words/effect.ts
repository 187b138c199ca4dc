import { dropReasons, fallbackReasons, pieceForms, refusals } from "./effect-words.ts";

/**
 * Effects: everything the model can say about an event. One effect kind is one breakpoint, one line form of golden
 * text and, where the kernel counts it, one counter. At most 64, the bits of an EffectSet; those that a capture under a
 * rebuilding NIC can have come first, because the second half of a set costs memory only where it is needed.
 */
export interface EffectSpec {
  /** Name in the trace language, golden text and breakpoints. */
  name: string;
  /** What it means, in one sentence, for whoever stops on it. */
  says: string;
  /** Names of the two arguments in `expect` lines and golden text; empty = unused. */
  fields: readonly [string, string];
  /** How the arguments read. */
  as: readonly [ArgumentForm, ArgumentForm];
}

/** A sequence number (relative in text), a record row, a device, a count, or one of these words by its place. */
export type ArgumentForm =
  | "seq"
  | "row"
  | "device"
  | "count"
  | "expectation"
  | "finding"
  | "none"
  | readonly string[];

const spec = <Name extends string>(
  name: Name,
  says: string,
  fields: EffectSpec["fields"] = ["", ""],
  as: EffectSpec["as"] = ["none", "none"],
): EffectSpec & { name: Name } => ({ name, says, fields, as });

export const effects = [
  spec(
    "record-pushed",
    "The TLS layer closed a record and handed it to TCP.",
    ["record", "length"],
    ["row", "count"],
  ),
  spec(
    "record-released",
    "The record's last byte is acknowledged: it left the record map.",
    ["record", "ack"],
    ["row", "seq"],
  ),
  spec(
    "out-of-order",
    "The packet does not start at the sequence number that the driver expects.",
    ["expected", "seq"],
    ["seq", "seq"],
  ),
  spec(
    "lookup-failed",
    "tls_get_record found no record for the packet's first byte.",
    ["seq", ""],
    ["seq", "none"],
  ),
  spec(
    "resync",
    "The driver posted work that rebuilds the NIC's TLS state ahead of the packet.",
    ["record", "replayed"],
    ["row", "count"],
  ),
  spec(
    "static-params",
    "Static params with a new record number were posted.",
    ["record", ""],
    ["row", "none"],
  ),
  spec(
    "bypass",
    "The packet lies before the start marker and is sent as it is.",
    ["seq", "length"],
    ["seq", "count"],
  ),
  spec("dropped", "The packet was dropped.", ["reason", "length"], [dropReasons, "count"]),
  spec("encrypted", "The packet was handed to the NIC for encryption.", ["seq", "length"], ["seq", "count"]),
  spec(
    "out-of-step",
    "The NIC was fed a byte other than the one its record state stands at.",
    ["expected", "seq"],
    ["seq", "seq"],
  ),
  spec("plaintext", "Plaintext left on the wire.", ["seq", "bytes"], ["seq", "count"]),
  spec(
    "placeholder",
    "Placeholder bytes left on the wire where a tag belongs.",
    ["seq", "bytes"],
    ["seq", "count"],
  ),
  spec("wrong-tag", "A wrong authentication tag left on the wire.", ["seq", "bytes"], ["seq", "count"]),
  spec("wrong-ciphertext", "Wrong ciphertext left on the wire.", ["seq", "bytes"], ["seq", "count"]),
  spec(
    "wire-differs",
    "A captured byte differs from whole-record encryption.",
    ["seq", "bytes"],
    ["seq", "count"],
  ),
  spec(
    "authentication-failed",
    "A captured record's tag does not fit its bytes.",
    ["record", "length"],
    ["row", "count"],
  ),
  spec("lost", "The packet was lost on the wire.", ["seq", "length"], ["seq", "count"]),
  spec(
    "qdisc-drop",
    "The packet was lost in the qdisc and never reached the driver.",
    ["seq", "length"],
    ["seq", "count"],
  ),
  spec("acknowledged", "The peer acknowledged more of the stream.", ["ack", "released"], ["seq", "count"]),
  spec(
    "expectation-failed",
    "An expect line of the trace does not hold.",
    ["expectation", ""],
    ["expectation", "none"],
  ),
  spec(
    "software-fallback",
    "The packet was encrypted in software: the kernel counts this nowhere.",
    ["reason", "length"],
    [fallbackReasons, "count"],
  ),
  spec(
    "resync-requested",
    "The driver saw a forward jump and asked the TLS layer to resynchronise it at the next record.",
    ["seq", "expected"],
    ["seq", "seq"],
  ),
  spec(
    "resync-sent",
    "The TLS layer told the driver where the next record starts and its number.",
    ["seq", "record"],
    ["seq", "row"],
  ),
  spec(
    "resync-failed",
    "The driver could not take the TLS layer's resync.",
    ["seq", "record"],
    ["seq", "row"],
  ),
  spec(
    "piece",
    "The driver posted the part of the packet that lies in one record.",
    ["form", "length"],
    [pieceForms, "count"],
  ),
  spec(
    "trimmed",
    "The driver left out the packet's end; TCP has to send it again.",
    ["seq", "bytes"],
    ["seq", "count"],
  ),
  spec(
    "nic-dropped",
    "The NIC dropped a packet that does not start at the sequence number it expects.",
    ["expected", "seq"],
    ["seq", "seq"],
  ),
  spec(
    "stale-record",
    "tls_get_record gave a record that does not hold the byte asked for.",
    ["seq", "record"],
    ["seq", "row"],
  ),
  spec(
    "fenced",
    "The tail of the write queue is fenced: no later byte joins its segment.",
    ["seq", ""],
    ["seq", "none"],
  ),
  spec(
    "offload-installed",
    "The driver has a context for the connection.",
    ["seq", "record"],
    ["seq", "row"],
  ),
  spec(
    "offload-refused",
    "The connection is not offloaded: the kernel encrypts its records before TCP sees them.",
    ["reason", ""],
    [refusals, "none"],
  ),
  spec(
    "mixed-segment",
    "One segment holds bytes that are to be encrypted and bytes that are not.",
    ["seq", "length"],
    ["seq", "count"],
  ),
  // From here on in the second half of a set.
  spec(
    "waiting",
    "The packet's descriptors wait in the transmit queue.",
    ["descriptors", "length"],
    ["count", "count"],
  ),
  spec(
    "page-changed",
    "The packet carries zero-copy pages that changed after their record was pushed.",
    ["seq", "bytes"],
    ["seq", "count"],
  ),
  spec(
    "nonce-reused",
    "Bytes sent before left once more with another content under the same nonce.",
    ["seq", "bytes"],
    ["seq", "count"],
  ),
  spec(
    "page-written",
    "The application changed pages that it had sent without a copy.",
    ["seq", "bytes"],
    ["seq", "count"],
  ),
  spec("orphaned", "The packet lost its socket on the way.", ["seq", "length"], ["seq", "count"]),
  spec(
    "orphan-refused",
    "skb_orphan_partial left the packet alone, because it is marked for offload.",
    ["seq", "length"],
    ["seq", "count"],
  ),
  spec("merged", "TCP merged the segments of a range into one.", ["seq", "length"], ["seq", "count"]),
  spec(
    "merge-refused",
    "A fence lies inside the range: TCP keeps its segments apart.",
    ["fence", "length"],
    ["seq", "count"],
  ),
  spec("split", "TCP split a segment in two.", ["seq", ""], ["seq", "none"]),
  spec(
    "queue-changed",
    "The connection moved to another transmit queue.",
    ["from", "to"],
    ["count", "count"],
  ),
  spec("rerouted", "The route leads through this device now.", ["device", ""], ["device", "none"]),
  spec(
    "device-down",
    "The device went down: the connection's packets are encrypted in software from now on.",
    ["device", ""],
    ["device", "none"],
  ),
  spec(
    "device-up",
    "The device is up again; its old sockets stay in software.",
    ["device", ""],
    ["device", "none"],
  ),
  spec(
    "queue-reset",
    "The transmit queue was reset: what waited in it is gone, the driver's state is as it was.",
    ["device", "descriptors"],
    ["device", "count"],
  ),
  spec("queue-held", "The NIC stopped taking descriptors.", ["device", ""], ["device", "none"]),
  spec(
    "queue-resumed",
    "The NIC takes what waited in the transmit queue.",
    ["device", "descriptors"],
    ["device", "count"],
  ),
  spec("dma-error", "Mapping a buffer for the NIC failed.", ["mapping", "posted"], ["count", "count"]),
  spec(
    "queue-error",
    "The NIC cannot take this descriptor: the transmit queue stops.",
    ["length", "limit"],
    ["count", "count"],
  ),
  spec(
    "offload-removed",
    "The driver's context of the connection is deleted.",
    ["contexts", ""],
    ["count", "none"],
  ),
  spec(
    "rekey-started",
    "New keys: records are encrypted in software until everything under the old key is acknowledged.",
    ["seq", "epoch"],
    ["seq", "count"],
  ),
  spec(
    "rekey-ready",
    "Everything under the old key is acknowledged: the next sendmsg hands over to the device.",
    ["seq", "epoch"],
    ["seq", "count"],
  ),
  spec("rekey-done", "The device has the new key, from this record on.", ["seq", "epoch"], ["seq", "count"]),
  spec(
    "rekey-failed",
    "The device did not take the new key: the connection stays with software.",
    ["reason", "epoch"],
    [refusals, "count"],
  ),
  spec("rekey-aborted", "The socket was closed before the rekey was done.", ["epoch", ""], ["count", "none"]),
  spec(
    "bytes-lost",
    "Bytes that sendmsg took are in no record: the peer's application never gets them.",
    ["record", "bytes"],
    ["row", "count"],
  ),
  spec("empty-record", "A record without payload was pushed.", ["record", ""], ["row", "none"]),
  spec(
    "wrong-length",
    "The record's header says another length than the record has.",
    ["record", "told"],
    ["row", "count"],
  ),
  spec(
    "stalled",
    "The application is done, and bytes stay in an open record: they are sent with the next write.",
    ["bytes", ""],
    ["count", "none"],
  ),
  spec(
    "fragment-overflow",
    "The record has more fragments than its table holds.",
    ["fragments", "limit"],
    ["count", "count"],
  ),
  spec(
    "use-after-release",
    "The driver reads a record that an acknowledgement has just released: its pages may be anyone's.",
    ["seq", "record"],
    ["seq", "row"],
  ),
  spec(
    "evidence-differs",
    "What the kernel reported is not what the model says.",
    ["finding", ""],
    ["finding", "none"],
  ),
  spec(
    "profile-differs",
    "Another profile does something else with this event.",
    ["finding", ""],
    ["finding", "none"],
  ),
] as const satisfies readonly EffectSpec[];

export type EffectName = (typeof effects)[number]["name"];

/** Numbers of the effects, as `sink.effect` takes them. */
export const Effect = Object.fromEntries(effects.map((effect, number) => [effect.name, number])) as {
  readonly [name in EffectName]: number;
};
