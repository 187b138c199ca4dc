/**
 * Effects: everything the model can say about an event. One effect kind is one breakpoint, one line form of golden
 * text and, where the kernel counts it, one counter. The kinds are bits of the effect-mask column, so at most 31.
 */
export interface EffectSpec {
  /** Name in the trace language, golden text and breakpoints. */
  name: string;
  /** What it means, in one sentence, for whoever stops on it. */
  says: string;
  /** Names of the two arguments in `expect` lines and golden text; empty = unused. */
  fields: readonly [string, string];
  /** How the arguments read: a sequence number (relative in text), a record row, a drop reason, a count. */
  as: readonly [
    "seq" | "row" | "reason" | "count" | "expectation" | "none",
    "seq" | "row" | "count" | "none",
  ];
}

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
  spec("dropped", "The driver dropped the packet.", ["reason", "length"], ["reason", "count"]),
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
] as const satisfies readonly EffectSpec[];

export type EffectName = (typeof effects)[number]["name"];

/** Numbers of the effects, as `sink.effect` takes them. */
export const Effect = Object.fromEntries(effects.map((effect, number) => [effect.name, number])) as {
  readonly [name in EffectName]: number;
};

export const maskOf = (...names: EffectName[]): number =>
  names.reduce((mask, name) => mask | (1 << Effect[name]), 0);

/** Why a driver drops a packet, by the counter it moves (tls-offload.rst). */
export const dropReasons = ["no-sync-data", "bypass-required"] as const;
export const DropReason = { noSyncData: 0, bypassRequired: 1 } as const;
