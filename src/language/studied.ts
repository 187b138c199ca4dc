import { type Study, study } from "../study/study.ts";
import { Cancelled, type Progress } from "../trace/platform.ts";
import type { TraceDocument } from "./document.ts";

/** Events of a document that is still replayed while it is written: a tenth of a second. */
const eventsMax = 100_000;

/**
 * What a replay says of a document; null where it is too long for that, or `progress` says that nobody wants to know any
 * more.
 */
export async function studied({ trace }: TraceDocument, progress: Progress): Promise<Study | null> {
  const { events, connections } = trace;
  if (connections.length === 0 || events.count > eventsMax) return null;
  try {
    return await study({ trace, contest: null, evidence: null }, progress);
  } catch (error) {
    if (error instanceof Cancelled) return null;
    throw error;
  }
}
