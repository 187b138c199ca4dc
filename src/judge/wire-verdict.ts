import { advance, after, before, seq } from "../core/base/seq.ts";
import { isKnown } from "../core/nic/bytes.ts";
import { Effect } from "../core/words/effect.ts";
import { Kind } from "../core/words/event.ts";
import { Stage } from "../core/words/stage.ts";
import type { Timeline } from "../replay/timeline.ts";
import type { WireVerdict } from "../trace/trace.ts";

const wrong = ["plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"] as const satisfies WireVerdict[];

/**
 * What the wire oracle says of an event's packet, in the words of `expect wire=…`; several where several kinds of
 * wrong bytes left. The oracle looked at the bytes when the packet left and said an effect for each kind of wrong ones.
 */
export function wireVerdictsOf(timeline: Timeline, event: number): WireVerdict[] {
  const found = wrong.filter((name) => timeline.has(event, Effect[name]));
  if (found.length > 0) return found;
  if (!timeline.record(event).stages.some(({ stage }) => stage === Stage.wire)) return ["nothing"];
  // A captured packet that the model would have dropped did leave, with bytes that the model did not make.
  const isForeign = timeline.has(event, Effect.dropped);
  return [!isForeign && knows(timeline, event) ? "match" : "unknown"];
}

/** True for a transmit. */
export const isTransmit = (timeline: Timeline, event: number): boolean =>
  timeline.trace.events.kind.at(event) === Kind.transmit;

/** True if all bytes of the packet are of known records, or before the offload, where they leave as they were. */
function knows({ machine, trace }: Timeline, event: number): boolean {
  const connection = trace.events.connection.at(event);
  const socket = machine.sockets[connection]!;
  const log = socket.records;
  const { startSeq } = socket.connection;
  const from = seq(trace.events.seq.at(event));
  const end = advance(from, trace.events.length.at(event));
  if (!after(end, startSeq)) return true;
  const first = before(from, startSeq) ? startSeq : from;
  for (let row = log.rowOf(first, log.count); before(log.start(row), end); row++) {
    if (!isKnown(socket, row)) return false;
    if (row + 1 === log.count) break;
  }
  return true;
}
