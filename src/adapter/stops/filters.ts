import type { DebugProtocol } from "@vscode/debugprotocol";
import { glob } from "../../trace/glob.ts";
import { signs } from "../../trace/signs.ts";

/** Signs that one stops at together, by a name. */
interface Filter {
  id: string;
  label: string;
  description: string;
  /** How it stands in the Breakpoints view at first; what is not there is a name for function breakpoints. */
  shown?: "on" | "off";
}

const filters: readonly Filter[] = [
  {
    id: "wrong-bytes",
    label: "Wrong bytes",
    description:
      "A captured byte is not the one that whole-record encryption gives, a record does not authenticate, or the model lets wrong bytes leave.",
    shown: "on",
  },
  {
    id: "leak",
    label: "Leak",
    description: "A captured record is plaintext, or the model lets plaintext or a placeholder leave.",
    shown: "on",
  },
  {
    id: "expectation-failed",
    label: "Expectation failed",
    description: "An expect line of the trace does not hold.",
    shown: "on",
  },
  {
    id: "dropped",
    label: "Packet dropped",
    description:
      "The kernel, the driver or the NIC drops a packet, or a descriptor that the NIC cannot take stops the queue.",
    shown: "on",
  },
  {
    id: "lookup-failed",
    label: "Record lookup failed",
    description: "tls_get_record() finds no record for a packet's first byte, or one that does not hold it.",
    shown: "on",
  },
  {
    id: "out-of-order",
    label: "Out-of-order transmit",
    description: "A packet does not start at the sequence number that the driver expects.",
    shown: "off",
  },
  {
    id: "resync",
    label: "Resync posted",
    description: "The driver posts work that rebuilds the NIC's TLS state ahead of a packet.",
    shown: "off",
  },
  {
    id: "software-fallback",
    label: "Software fallback",
    description: "A packet is encrypted in software: no kernel counter tells.",
    shown: "off",
  },
  {
    id: "next-record-resync",
    label: "Resync at the next record",
    description: "The driver asks the TLS layer for a resync, gets one, or cannot take it.",
  },
  {
    id: "piece",
    label: "Piece of a record",
    description: "A driver that works record by record posts one piece of a packet.",
  },
  {
    id: "offload",
    label: "Offload installed, refused or removed",
    description: "The driver gets a context for the connection, does not take it, or deletes it.",
  },
  {
    id: "device",
    label: "Device, route or queue changed",
    description:
      "A device goes down or up, its queue is reset, held or goes on, the route or queue is another.",
  },
  {
    id: "device-error",
    label: "Device error",
    description: "A buffer cannot be mapped for the NIC.",
  },
  {
    id: "waiting",
    label: "Packet waits in the queue",
    description: "Descriptors are posted, and the NIC does not take them yet.",
  },
  {
    id: "segment",
    label: "Segment changed on its way",
    description: "TCP merges, splits or fences segments, or one loses its socket.",
  },
  {
    id: "rekey",
    label: "Rekey",
    description: "New keys are asked for, ready, handed to the device, refused or given up.",
  },
  {
    id: "page-changed",
    label: "Zero-copy page changed",
    description: "Pages that were sent without a copy change, leave changed, or reuse a nonce.",
  },
  {
    id: "record-built-wrong",
    label: "Record built wrongly",
    description:
      "Bytes are lost or stay behind, a record is empty, says a wrong length, or has too many fragments.",
  },
  {
    id: "lost",
    label: "Packet lost",
    description: "A packet is lost in the qdisc or on the wire.",
  },
  {
    id: "bypass",
    label: "Packet before the start marker",
    description: "A packet from before the offload start is sent as it is.",
  },
  {
    id: "out-of-step",
    label: "NIC out of step",
    description: "The NIC is fed a byte other than the one its record state stands at.",
  },
  {
    id: "record-released",
    label: "Record released",
    description: "A record's last byte is acknowledged: it leaves the record map.",
  },
  {
    id: "profile-differs",
    label: "Profiles differ",
    description:
      "Under a profile of `compare` other bytes leave, or a packet is dropped that another profile sends.",
  },
  {
    id: "evidence-differs",
    label: "Kernel reports otherwise",
    description: "A tracepoint or counter of the kernel's evidence is not what the model says.",
  },
];

const conditionDescription =
  "An expression, such as packet.length > 1000; `hit 3`, `hit >=3` or `hit %10` at its end counts occurrences, `log: {packet.seq}` logs instead of stopping.";

/** The filters as the initialize response announces them. */
export const exceptionFilters: DebugProtocol.ExceptionBreakpointsFilter[] = filters.flatMap(
  ({ id, label, description, shown }) =>
    shown === undefined
      ? []
      : {
          filter: id,
          label,
          description,
          default: shown === "on",
          supportsCondition: true,
          conditionDescription,
        },
);

/** The filters that are on until the client says otherwise. */
export const defaultFilters: readonly string[] = filters.flatMap((each) =>
  each.shown === "on" ? each.id : [],
);

const kindsOf = (id: string): number[] => signs.flatMap((sign, kind) => (sign.filter === id ? [kind] : []));

/** What a stop at a sign of this kind is called. */
export const labelOf = (kind: number): string =>
  filters.find(({ id }) => id === signs[kind]!.filter)?.label ?? signs[kind]!.name;

/** What a function breakpoint may be called besides functions: every filter, every sign, with what it stops at. */
export const stopNames: readonly { name: string; says: string }[] = [
  ...filters.map(({ id, description }) => ({ name: id, says: description })),
  ...signs
    .filter(({ name }) => !filters.some(({ id }) => id === name))
    .map(({ name, says }) => ({ name, says })),
];

/** The kinds of signs that a name, which may be a glob, means: those of filters and signs of that name. */
export function signsMeant(names: string): number[] {
  const isMeant = glob(names);
  return signs.flatMap(({ name, filter }, kind) =>
    isMeant(name) || (filter !== undefined && isMeant(filter)) ? [kind] : [],
  );
}

/** Label of a filter and the kinds of signs that it stops on; null if there is none of that id. */
export function filterById(id: string): { label: string; kinds: readonly number[] } | null {
  const filter = filters.find((each) => each.id === id);
  if (!filter) return null;
  return { label: filter.label, kinds: kindsOf(id) };
}
