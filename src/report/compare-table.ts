import type { ComparedRun, Comparison } from "../judge/compare/compare.ts";
import { descriptorsOf, dropsOf, measures, wrongEventsOf } from "../judge/compare/measures.ts";

type Row = [label: string, ...cells: string[]];

/** What nobody counts under this name. */
const absent = "-";

/** The table: profiles as columns, measures as rows; below the fixed ones those that this trace has. */
export function tableOf(comparison: Comparison): string[] {
  const { runs } = comparison;
  const rows: Row[] = [["", ...runs.map(({ id }) => id)]];
  for (const { label, of } of measures) {
    rows.push([label, ...runs.map(({ tally }) => String(of(tally)))]);
    if (label.trim() === "dropped") rows.push(...named(runs, "    ", dropsOf, "0"));
    if (label === "descriptors") rows.push(...named(runs, "  ", descriptorsOf, absent));
  }
  rows.push(["events with wrong bytes", ...runs.map((_, run) => String(wrongEventsOf(comparison, run)))]);
  if (runs.some(({ unknownBytes }) => unknownBytes > 0))
    rows.push(["packets of unknown bytes", ...runs.map(({ unknownBytes }) => String(unknownBytes))]);
  rows.push(...named(runs, "", ({ counters }) => counters, absent));
  return aligned(rows);
}

/** A row for each name that any run has. */
function named(
  runs: readonly ComparedRun[],
  indent: string,
  countsOf: (run: ComparedRun) => ReadonlyMap<string, number>,
  none: string,
): Row[] {
  const counts = runs.map(countsOf);
  const names = [...new Set(counts.flatMap((each) => [...each.keys()]))];
  const moved = names.filter((name) => counts.some((each) => (each.get(name) ?? 0) > 0));
  return moved.map((name) => [`${indent}${name}`, ...counts.map((each) => String(each.get(name) ?? none))]);
}

function aligned(rows: readonly Row[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([label, ...cells]) => {
    const padded = cells.map((cell, column) => cell.padStart(widths[column + 1]!));
    return [label.padEnd(widths[0]!), ...padded].join("  ");
  });
}
