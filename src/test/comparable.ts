import type { Trace } from "../trace/trace.ts";

/**
 * All that a trace file says, as a value to compare: without the room left in columns and the diagnostics, whose
 * columns depend on how the text was spaced.
 */
export function comparable(trace: Trace): unknown {
  const { events, diagnostics: _, name: __, ...rest } = trace;
  return {
    ...rest,
    events: Array.from({ length: events.count }, (_event, index) => events.at(index)),
  };
}
