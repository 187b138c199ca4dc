import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Layer } from "../../core/words/stage.ts";
import { UserError } from "../../trace/platform.ts";

/** At which layer a breakpoint stops: a mode of the protocol, and the layers of the stages that it means. */
const modes: readonly { mode: string; label: string; says: string; layers: readonly Layer[] }[] = [
  {
    mode: "stack",
    label: "Stack",
    says: "Stops in the application, net/tls or TCP.",
    layers: ["application", "tls", "tcp"],
  },
  { mode: "driver", label: "Driver", says: "Stops in the driver.", layers: ["driver"] },
  { mode: "nic", label: "NIC", says: "Stops where the NIC takes a descriptor.", layers: ["nic"] },
  { mode: "wire", label: "Wire", says: "Stops where a packet is on the wire.", layers: ["wire"] },
];

export const breakpointModes: DebugProtocol.BreakpointMode[] = modes.map(({ mode, label, says }) => ({
  mode,
  label,
  description: says,
  appliesTo: ["source", "exception", "instruction"],
}));

/** The layers of a mode; null where none is asked for. Throws UserError for one that there is not. */
export function layersOf(mode: string | undefined): ReadonlySet<Layer> | null {
  if (mode === undefined) return null;
  const known = modes.find((each) => each.mode === mode);
  if (!known)
    throw new UserError(`a breakpoint's mode is ${modes.map((each) => each.mode).join(", ")}, not ${mode}`);
  return new Set(known.layers);
}
