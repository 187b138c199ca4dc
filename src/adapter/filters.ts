import type { DebugProtocol } from "@vscode/debugprotocol";
import { signs } from "../trace/signs.ts";

/** One rule of the Breakpoints view's switchboard: stop at each of the signs that name it as theirs. */
interface Filter {
  id: string;
  label: string;
  description: string;
  default?: true;
}

const filters: readonly Filter[] = [
  {
    id: "out-of-order",
    label: "Out-of-order transmit",
    description: "A packet does not start at the sequence number that the driver expects.",
    default: true,
  },
  {
    id: "resync",
    label: "Resync posted",
    description: "The driver posts work that rebuilds the NIC's TLS state ahead of a packet.",
  },
  {
    id: "lookup-failed",
    label: "Record lookup failed",
    description: "tls_get_record() finds no record for a packet's first byte, or one that does not hold it.",
  },
  {
    id: "dropped",
    label: "Packet dropped",
    description: "The kernel, the driver or the NIC drops a packet; TCP has to send it again.",
  },
  {
    id: "software-fallback",
    label: "Software fallback",
    description: "A packet is encrypted in software: no kernel counter tells.",
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
    description: "A buffer cannot be mapped for the NIC, or the NIC cannot take a descriptor.",
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
    id: "plaintext",
    label: "Plaintext on the wire",
    description: "Plaintext, or a placeholder where a tag belongs, leaves the NIC.",
  },
  {
    id: "wrong-bytes",
    label: "Tag or ciphertext wrong",
    description:
      "A wrong tag or wrong ciphertext leaves the NIC, or a captured record does not authenticate.",
  },
  {
    id: "wire-differs",
    label: "Wire differs from the capture",
    description: "A captured byte is not the one that whole-record encryption gives.",
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
    id: "expectation-failed",
    label: "Expectation failed",
    description: "An expect line of the trace does not hold.",
  },
  {
    id: "evidence-differs",
    label: "Kernel reports otherwise",
    description: "A tracepoint or counter of the kernel's evidence is not what the model says.",
  },
];

const conditionDescription =
  "An expression, such as packet.length > 1000; `hit 3`, `hit >=3` or `hit %10` at its end counts occurrences.";

/** The filters as the initialize response announces them. */
export const exceptionFilters: DebugProtocol.ExceptionBreakpointsFilter[] = filters.map((filter) => ({
  filter: filter.id,
  label: filter.label,
  description: filter.description,
  default: filter.default ?? false,
  supportsCondition: true,
  conditionDescription,
}));

/** The filters that are on until the client says otherwise. */
export const defaultFilters: readonly string[] = filters.flatMap((each) => (each.default ? each.id : []));

/** Label of a filter and the kinds of signs that it stops on; null if there is none of that id. */
export function filterById(id: string): { label: string; kinds: readonly number[] } | null {
  const filter = filters.find((each) => each.id === id);
  if (!filter) return null;
  return { label: filter.label, kinds: signs.flatMap((sign, kind) => (sign.filter === id ? [kind] : [])) };
}
