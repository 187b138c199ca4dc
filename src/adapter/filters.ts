import type { DebugProtocol } from "@vscode/debugprotocol";
import type { EffectName } from "../core/effect.ts";
import { type EffectSet, effectSet } from "../core/effect-set.ts";

/** One rule of the Breakpoints view's switchboard: stop where one of these effects happens. */
interface Filter {
  id: string;
  label: string;
  description: string;
  effects: readonly EffectName[];
  default?: true;
}

const filters: readonly Filter[] = [
  {
    id: "out-of-order",
    label: "Out-of-order transmit",
    description: "A packet does not start at the sequence number that the driver expects.",
    effects: ["out-of-order"],
    default: true,
  },
  {
    id: "resync",
    label: "Resync posted",
    description: "The driver posts work that rebuilds the NIC's TLS state ahead of a packet.",
    effects: ["resync"],
  },
  {
    id: "lookup-failed",
    label: "Record lookup failed",
    description: "tls_get_record() finds no record for a packet's first byte.",
    effects: ["lookup-failed"],
  },
  {
    id: "dropped",
    label: "Packet dropped",
    description: "The driver drops a packet that it can neither encrypt nor send as it is.",
    effects: ["dropped"],
  },
  {
    id: "bypass",
    label: "Packet before the start marker",
    description: "A packet from before the offload start is sent as it is.",
    effects: ["bypass"],
  },
  {
    id: "plaintext",
    label: "Plaintext on the wire",
    description: "Plaintext, or a placeholder where a tag belongs, leaves the NIC.",
    effects: ["plaintext", "placeholder"],
  },
  {
    id: "wrong-bytes",
    label: "Tag or ciphertext wrong",
    description:
      "A wrong tag or wrong ciphertext leaves the NIC, or a captured record does not authenticate.",
    effects: ["wrong-tag", "wrong-ciphertext", "authentication-failed"],
  },
  {
    id: "wire-differs",
    label: "Wire differs from the capture",
    description: "A captured byte is not the one that whole-record encryption gives.",
    effects: ["wire-differs"],
  },
  {
    id: "out-of-step",
    label: "NIC out of step",
    description: "The NIC is fed a byte other than the one its record state stands at.",
    effects: ["out-of-step"],
  },
  {
    id: "record-released",
    label: "Record released",
    description: "A record's last byte is acknowledged: it leaves the record map.",
    effects: ["record-released"],
  },
  {
    id: "expectation-failed",
    label: "Expectation failed",
    description: "An expect line of the trace does not hold.",
    effects: ["expectation-failed"],
  },
  {
    id: "evidence-differs",
    label: "Kernel reports otherwise",
    description: "A tracepoint or counter of the kernel's evidence is not what the model says.",
    effects: ["evidence-differs"],
  },
];

export const conditionDescription =
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

/** Label and effects of a filter; null if there is none of that id. */
export function filterById(id: string): { label: string; effects: EffectSet } | null {
  const filter = filters.find((each) => each.id === id);
  return filter ? { label: filter.label, effects: effectSet(...filter.effects) } : null;
}
