import type { Spread } from "./measure.ts";

/** One line of the table: what was measured against which goal. */
export interface Result {
  id: string;
  what: string;
  /** In the goal's unit. */
  measured: Spread;
  /** Median that must be reached, and the one worth reaching. */
  floor: number;
  aim: number;
  unit: string;
  /** True where less is better. */
  isCeiling?: boolean;
}

/** What part of the benchmark could not run, and why. */
export interface LeftOut {
  id: string;
  why: string;
}

const meets = ({ measured, isCeiling }: Result, goal: number): boolean =>
  isCeiling ? measured.median <= goal : measured.median >= goal;

/** Three significant digits, so that noise does not look like precision. */
const figure = (n: number): string => (n >= 1000 ? String(Math.round(n)) : String(Number(n.toPrecision(3))));

/** The table's rows, each goal with its floor and whether the median reaches it. */
export function tableOf(results: readonly Result[]): string[] {
  const rows = results.map((result) => {
    const { id, what, measured, floor, aim, unit, isCeiling } = result;
    const bound = isCeiling ? "<=" : ">=";
    return [
      id,
      what,
      `${figure(measured.median)} ${unit} [${figure(measured.min)}..${figure(measured.max)}]`,
      `${bound} ${figure(floor)}`,
      `${bound} ${figure(aim)}`,
      meets(result, aim) ? "REACHED (aim)" : meets(result, floor) ? "REACHED" : "MISSED",
    ];
  });
  const all = [["goal", "what", "median [min..max]", "floor", "aim", ""], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
