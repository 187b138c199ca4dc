import type { TraceDocument } from "./document.ts";

/** A place of an event's line, whose connection stands in its second word. */
interface EventPlace {
  document: TraceDocument;
  line: number;
  before: string;
}

const streamAbove = ({ document, line, before }: EventPlace) =>
  document.streamAbove(line, before.trim().split(/[ \t]+/)[1] ?? "");

/** `1448:2896(1448)`: a packet in order behind what was sent; null where that is not known, or all is sent. */
export function nextSegment(place: EventPlace): string | null {
  const above = streamAbove(place);
  if (above === null || above.mss === 0) return null;
  const { sent, has, mss } = above;
  const end = Math.min(sent + mss, has);
  return end > sent ? `${sent}:${end}(${end - sent})` : null;
}

/** Everything that was sent. */
export function sentSoFar(place: EventPlace): string | null {
  const above = streamAbove(place);
  return above && String(above.sent);
}
