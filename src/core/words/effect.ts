import { codesOf } from "./codes.ts";
import { type ArgumentForm, type EffectRow, effectTable } from "./effect-table.ts";

/**
 * Effects: what the model says happened in an event that one could want to stop at. All that is known of one is its row
 * of the table; here the table becomes numbers, because that is what `step` says.
 */
export type EffectName = keyof typeof effectTable;

/** An effect's row with its name, and its arguments as a list. */
export interface EffectSpec extends Omit<EffectRow, "args"> {
  name: EffectName;
  args: readonly (readonly [name: string, form: ArgumentForm])[];
}

const rows = Object.entries(effectTable) as [EffectName, EffectRow][];

/** The effects by their numbers. */
export const effects: readonly EffectSpec[] = rows.map(([name, row]) => ({
  ...row,
  name,
  args: Object.entries(row.args ?? {}),
}));

/** Numbers of the effects, as `sink.effect` takes them. */
export const Effect = codesOf(rows.map(([name]) => name));
