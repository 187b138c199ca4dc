import type { ConnectionState } from "../core/machine/state.ts";
import type { Departure } from "../core/words/descriptor.ts";
import { Stage } from "../core/words/stage.ts";
import type { Recording } from "../replay/recording.ts";

/** A packet that left in an event, with its connection's state when the NIC had taken it. */
export interface Departed extends Departure {
  connection: number;
  state: ConnectionState;
}

/** What left in the event, in order: of a segment in pieces each piece, of a queue that goes on each waiting packet. */
export function departuresOf({ stages }: Recording): Departed[] {
  return stages.flatMap(({ stage, detail, connection, state, descriptors }, i) => {
    const descriptor = descriptors[detail];
    const leaves = stage === Stage.nic && stages[i + 1]?.stage === Stage.wire;
    if (!leaves || descriptor?.kind !== "packet") return [];
    const { seq, length, engine, row } = descriptor;
    return [{ connection, seq, length, engine, row, state }];
  });
}
