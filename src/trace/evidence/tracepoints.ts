/** What a field's text is read as: the type that the kernel's print format gives it. */
interface Values {
  int: number;
  u16: number;
  u32: number;
  u64: bigint;
  /** A TCP sequence number, printed with %u. */
  seq: number;
  /** As `pointerOf` gives it. */
  pointer: string | null;
  /** An IP address as the kernel prints it (%pI4, %pI6c). */
  address: string;
  text: string;
}
type Kind = keyof Values;
/** A field that not every kernel version prints, or whose format is not settled yet, has a `?`. */
type FieldKind = Kind | `${Kind}?`;

/**
 * The tracepoints that are read, and their fields by the kernel's names. `tls_*`: net/tls/trace.h; those of a rekey
 * are in no released kernel, so of their numbers none is insisted on. The fields of tcp_retransmit_skb grew: 4.15
 * printed ports and addresses, then came state, family, the two pointers (2024) and err (2025). kfree_skb got its
 * reason in 2022 and rx_sk, the socket that should have received the packet, in 2024.
 */
const shapes = {
  tls_device_offload_set: { sk: "pointer", direction: "int", tcp_seq: "seq", rec_no: "u64", ret: "int" },
  tls_device_decrypted: {
    sk: "pointer",
    tcp_seq: "seq",
    rec_no: "u64",
    len: "u32",
    encrypted: "int",
    decrypted: "int",
  },
  tls_device_rx_resync_send: { sk: "pointer", tcp_seq: "seq", rec_no: "u64", sync_type: "int" },
  tls_device_rx_resync_nh_schedule: { sk: "pointer" },
  tls_device_rx_resync_nh_delay: { sk: "pointer", sock_data: "u32", rec_len: "u32" },
  tls_device_tx_resync_req: { sk: "pointer", tcp_seq: "seq", exp_tcp_seq: "seq" },
  tls_device_tx_resync_send: { sk: "pointer", tcp_seq: "seq", rec_no: "u64" },
  tls_device_rekey_start: { sk: "pointer", copied_seq: "seq?", nic_boundary: "seq?", inflight: "int?" },
  tls_device_rekey_reencrypt: { sk: "pointer", tcp_seq: "seq?", nic_boundary: "seq?" },
  tls_device_rekey_done: { sk: "pointer", tcp_seq: "seq?", nic_boundary: "seq?" },
  tls_device_complete_rekey_fail: { sk: "pointer", rc: "int?" },
  tls_device_complete_rekey_retry: { sk: "pointer" },
  tcp_retransmit_skb: {
    skbaddr: "pointer?",
    skaddr: "pointer?",
    family: "text?",
    sport: "u16",
    dport: "u16",
    saddr: "address",
    daddr: "address",
    saddrv6: "address?",
    daddrv6: "address?",
    state: "text?",
    err: "int?",
  },
  net_dev_start_xmit: {
    dev: "text",
    queue_mapping: "u16?",
    skbaddr: "pointer",
    len: "u32",
    data_len: "u32?",
    transport_offset: "int?",
    gso_size: "int?",
    gso_segs: "int?",
  },
  net_dev_xmit: { dev: "text", skbaddr: "pointer", len: "u32", rc: "int" },
  kfree_skb: {
    skbaddr: "pointer",
    rx_sk: "pointer?",
    protocol: "u16",
    location: "text?",
    reason: "text?",
  },
} as const satisfies Record<string, Record<string, FieldKind>>;

export type TracepointName = keyof typeof shapes;

type ValueOf<K> = K extends Kind
  ? Values[K]
  : K extends `${infer Printed extends Kind}?`
    ? Values[Printed] | null
    : never;

/** Where and when a tracepoint was hit. */
export interface Hit {
  /** Name of the file that it was read from, and the line in it from 1. */
  file: string;
  line: number;
  /** The trace clock, by default the time since boot; as exact as the text up to 2^53 ns (104 days), then to a few ns. */
  timeNs: number;
  cpu: number;
  /** What ran on the CPU then, by name and thread: in a softirq that is anyone, not the socket's owner. */
  task: string;
  pid: number;
}

/** What a tracepoint of this name told. */
export interface Told<N extends TracepointName> {
  event: N;
  /** The socket by which rows belong together (`sk`, `skaddr`), as `pointerOf` gives it; null if the line names none. */
  sk: string | null;
  /** Null where this kernel does not print the field. */
  fields: { readonly [F in keyof (typeof shapes)[N]]: ValueOf<(typeof shapes)[N][F]> };
  /** What the line has besides, as text. */
  others: ReadonlyMap<string, string>;
}

/** One hit of a tracepoint, by `event` of a known shape. */
export type Tracepoint = { [N in TracepointName]: Hit & Told<N> }[TracepointName];

const shapeOf: ReadonlyMap<string, Readonly<Record<string, FieldKind>>> = new Map(Object.entries(shapes));

export const tracepointNames: readonly string[] = [...shapeOf.keys()];

/** True for the events that are read; `system` is what stands before the name (`tls:`), null where nothing does. */
export function isTracepoint(system: string | null, name: string): name is TracepointName {
  return shapeOf.has(name) && (system === null || system === systemOf(name));
}

/** The part of the kernel that defines it. A probe that somebody named like a tracepoint has another (`probe:`). */
function systemOf(name: string): string {
  if (name === "kfree_skb") return "skb";
  return name.slice(0, name.indexOf("_"));
}

/** Reads a tracepoint's text behind its name; a string says which field cannot be read. */
export function tellOf(event: TracepointName, payload: string): Told<TracepointName> | string {
  const texts = fieldTexts(payload);
  const values: Record<string, Values[Kind] | null> = {};
  for (const [name, fieldKind] of Object.entries(shapeOf.get(event)!)) {
    const kind = fieldKind.replace("?", "") as Kind;
    const text = texts.get(name);
    texts.delete(name);
    const value = text === undefined ? undefined : readValue(kind, text);
    if (value !== undefined) values[name] = value;
    else if (text === undefined && kind !== fieldKind) values[name] = null;
    else return `has no ${name}= that is ${wording[kind]}`;
  }
  const sk = (values.sk ?? values.skaddr ?? null) as string | null;
  return { event, sk, fields: values as unknown as Told<TracepointName>["fields"], others: texts };
}

/** `key=value` words, and the `key: value` that kfree_skb prints its reason as. Other words say nothing here. */
function fieldTexts(payload: string): Map<string, string> {
  const texts = new Map<string, string>();
  const words = payload.split(/[ \t]+/);
  words.forEach((word, i) => {
    const at = word.indexOf("=");
    const next = words[i + 1];
    if (at > 0) texts.set(word.slice(0, at), word.slice(at + 1));
    else if (next !== undefined && /^\w+:$/.test(word)) texts.set(word.slice(0, -1), next);
  });
  return texts;
}

const wording: Record<Kind, string> = {
  int: "a whole number of 32 bits",
  u16: "a whole number below 2^16",
  u32: "a whole number below 2^32",
  u64: "a whole number below 2^64",
  seq: "a sequence number below 2^32",
  pointer: "a pointer in hex",
  address: "an IP address",
  text: "there",
};

/** The value of a field's text, undefined if it is none of its kind. */
function readValue(kind: Kind, text: string): Values[Kind] | undefined {
  switch (kind) {
    case "int":
      return integerIn(text, -(2 ** 31), 2 ** 31 - 1);
    case "u16":
      return integerIn(text, 0, 2 ** 16 - 1);
    case "u32":
    case "seq":
      return integerIn(text, 0, 2 ** 32 - 1);
    case "u64":
      return u64Of(text);
    case "pointer":
      return pointerOf(text);
    case "address":
      // A trace-cmd that cannot parse the event prints its bytes, `ARRAY[0a, 00, …`.
      return /^[\da-f]*[.:][\da-f.:]*$/i.test(text) ? text : undefined;
    case "text":
      return text === "" ? undefined : text;
  }
}

function integerIn(text: string, min: number, max: number): number | undefined {
  if (!/^-?\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/** A counter or record number, 0 … 2^64 − 1. */
export function u64Of(text: string): bigint | undefined {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  return value !== undefined && value >> 64n === 0n ? value : undefined;
}

/**
 * One spelling of a pointer, hex without prefix and leading zeros: the `trace` file prints %p hashed, in 16 digits,
 * `trace-cmd` and `perf` the address itself behind 0x. The two are never equal for one socket. Null for a null pointer
 * and for one the kernel could not hash yet, `(____ptrval____)`.
 */
function pointerOf(text: string): string | null | undefined {
  if (/^\(\w{1,20}\)$/.test(text)) return null;
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text)?.[1];
  if (digits === undefined) return undefined;
  return digits.replace(/^0+/, "").toLowerCase() || null;
}
