import { EventLog } from "../core/words/event.ts";
import type { CaptureReader, Trace } from "./trace.ts";

/** A Trace as it may be sent to another thread, which has to open the capture's file itself: all of it is data. */
export const sendable = (trace: Trace): Trace => ({ ...trace, reader: null });

/** A Trace that was sent, with the methods that its log lost on the way and a reader of its own. */
export function received(trace: Trace, reader: CaptureReader | null): Trace {
  const events = new EventLog();
  events.adopt(trace.events);
  return { ...trace, events, reader };
}
