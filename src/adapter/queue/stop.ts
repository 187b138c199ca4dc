import type { Timeline } from "../../replay/timeline.ts";
import { TransmitQueue } from "../../replay/view/queue.ts";
import { plainNumbers } from "../../replay/view/value.ts";
import { UserError } from "../../trace/platform.ts";
import type { Meant } from "../stops/names.ts";
import { parseAddress, rowAt } from "./address.ts";

/** What an instruction breakpoint means: where the descriptor at an address is posted, and where the NIC takes it. */
export function descriptorStop(reference: string, offset: number, timeline: Timeline | null): Meant {
  if (!timeline) throw new UserError("no trace is open yet");
  const queue = new TransmitQueue(timeline);
  const row = rowAt(queue, parseAddress(reference) + BigInt(offset));
  if (!row) throw new UserError(`there is no descriptor at ${reference} in the transmit queue`);
  const { postedAt, takenAt, event, place } = row;
  const [name] = queue.text(row, plainNumbers).instruction.split(" ");
  const taken = takenAt < 0 ? [] : [{ stage: takenAt, says: "taken" }];
  return {
    label: `${name}, descriptor ${place} of event ${event + 1},`,
    kind: "line",
    events: Int32Array.of(event),
    at: [{ stage: postedAt, says: "posted" }, ...taken],
  };
}
