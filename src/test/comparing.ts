import { profileById } from "../core/profiles/all.ts";
import { type CompareOptions, Comparison } from "../judge/compare/compare.ts";
import { parseTrace } from "../trace/language/parse.ts";
import type { Trace } from "../trace/trace.ts";
import { variantOf, withVariant } from "../trace/variant.ts";

/** The trace under each of the profiles `a,b,c`, run to its end in slices of so many events. */
export function compared(
  trace: Trace,
  ids: string,
  options: CompareOptions = {},
  slice = Number.MAX_SAFE_INTEGER,
): Comparison {
  const contestants = ids
    .split(",")
    .map((id) => ({ id, trace: withVariant(trace, variantOf(id, profileById)!) }));
  const comparison = new Comparison(contestants, options);
  while (comparison.advance(slice) < comparison.total);
  return comparison;
}

/** A trace file's text under each of the profiles; it must read without errors. */
export function comparedText(
  text: string,
  ids: string,
  options: CompareOptions = {},
  slice?: number,
): Comparison {
  const trace = parseTrace("a.tlstrace", text, profileById);
  const errors = trace.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return compared(trace, ids, options, slice);
}
