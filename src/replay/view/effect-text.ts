import { seq } from "../../core/base/seq.ts";
import type { RecordLog } from "../../core/machine/record-log.ts";
import { type ArgumentForm, type EffectSpec, effects } from "../../core/words/effect.ts";
import { relative } from "../../trace/language/print.ts";
import { findingText } from "../findings.ts";
import type { EffectRecord } from "../recording.ts";
import type { View } from "./view.ts";

/** An effect's arguments by their field names, as text: relative sequence numbers, absolute record numbers. */
export function effectFields(view: View, effect: EffectRecord): [name: string, value: string][] {
  const { fields, as }: EffectSpec = effects[effect.kind]!;
  const args = [effect.a, effect.b];
  return fields.flatMap((name, i): [string, string][] =>
    name === "" ? [] : [[name, argument(view, as[i]!, args[i]!)]],
  );
}

function argument(view: View, as: ArgumentForm, value: number): string {
  if (typeof as !== "string") return as[value] ?? String(value);
  switch (as) {
    case "seq":
      return String(relative(view.connection.startSeq, seq(value)));
    case "row":
      return recordNumber(view.log, value, view.state.tail);
    case "device":
      return view.machine.devices[value]?.name ?? String(value);
    case "finding": {
      const finding = view.timeline.found.findings[value];
      return finding === undefined ? String(value) : findingText(finding);
    }
    case "expectation":
    case "count":
    case "none":
      return String(value);
  }
}

/** A record's number as text; the model's own running number is not told where the true one is unknown. */
const recordNumber = (log: RecordLog, row: number, tail: number): string =>
  row < log.count ? String(log.knownSn(row) ?? "unknown") : String(log.countedSn(row, tail));

/** One effect as a line of golden text: `out-of-order expected=2896 seq=4344`. */
export function wordEffect(view: View, effect: EffectRecord): string {
  const fields = effectFields(view, effect).map(([name, value]) => `${name}=${value}`);
  return [effects[effect.kind]!.name, ...fields].join(" ");
}
