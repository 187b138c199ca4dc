import { firstAtLeast } from "../core/base/columns.ts";
import { Kind } from "../core/words/event.ts";
import type { TraceDocument } from "./document.ts";

/** A place of an event's line, whose connection stands in its second word. */
interface EventPlace {
  document: TraceDocument;
  line: number;
  before: string;
}

/** Where the connection's own sending has got to above the line, in bytes from its start, and its packets' size. */
function sentAbove({ document, line, before }: EventPlace): { sent: number; mss: number } | null {
  const { connections, events } = document.trace;
  const name = before.trim().split(/[ \t]+/)[1];
  const index = connections.findIndex((one) => one.name === name);
  const connection = connections[index];
  if (connection === undefined) return null;
  let sent = 0;
  const end = firstAtLeast(events.line.values, line + 1, events.count);
  for (let event = 0; event < end; event++)
    if (events.connection.at(event) === index && events.kind.at(event) === Kind.transmit)
      sent = Math.max(sent, events.seq.at(event) - connection.startSeq + events.length.at(event));
  return { sent, mss: connection.mss };
}

/** `1448:2896(1448)`: a packet in order behind what was sent; null where that is not known. */
export function nextSegment(place: EventPlace): string | null {
  const above = sentAbove(place);
  if (above === null || above.mss === 0) return null;
  const { sent, mss } = above;
  return `${sent}:${sent + mss}(${mss})`;
}

/** Everything that was sent. */
export function sentSoFar(place: EventPlace): string | null {
  const above = sentAbove(place);
  return above && String(above.sent);
}
