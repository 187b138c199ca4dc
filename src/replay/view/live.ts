import type { Judged } from "../findings.ts";
import { plainNumbers } from "./value.ts";
import type { View } from "./view.ts";

/** A view of a connection's working state, which moves on with it: good only until it does. */
export interface LiveView extends View {
  position: { event: number; stage: number };
  before: { contexts: number; expectedSeq: number };
  posted: { count: number; taken: number; at: View["posted"]["at"] };
}

/** The view of a connection as its working state stands; the position, what was found and what is posted are the caller's to say. */
export function liveView({ timeline, findings }: Judged, connection: number): LiveView {
  const { machine } = timeline;
  const socket = machine.sockets[connection]!;
  return {
    timeline,
    findings,
    numbers: plainNumbers,
    machine,
    position: { event: 0, stage: -1 },
    before: { contexts: 0, expectedSeq: 0 },
    posted: { count: 0, taken: 0, at: (i) => machine.queue.at(i) },
    index: connection,
    connection: socket.connection,
    log: socket.records,
    state: socket.state,
    socket,
  };
}
