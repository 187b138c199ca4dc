import type { RecordLog } from "../../core/machine/record-log.ts";
import { type SignSpec, signs } from "../../trace/signs.ts";
import { type Finding, findingText } from "../findings.ts";
import type { EffectRecord } from "../recording.ts";
import { type Raw, show } from "./value.ts";
import { seqOf, type View } from "./view.ts";

/** A sign's arguments by their names, as text: relative sequence numbers, absolute record numbers, a finding's sentence. */
export function effectFields(view: View, sign: EffectRecord | Finding): [name: string, value: string][] {
  const said = [sign.a, sign.b];
  return signs[sign.kind]!.args.map(([name, form], i) => [
    name,
    form === "text" ? findingText(sign as Finding) : argument(view, form, said[i]!),
  ]);
}

type ArgumentForm = Exclude<SignSpec["args"][number][1], "text">;

function argument(view: View, form: ArgumentForm, value: number): string {
  switch (form) {
    case "seq":
      return String(value - view.connection.startSeq);
    case "row":
      return recordNumber(view.log, value, view.state.tail);
    case "device":
      return view.machine.devices[value]?.name ?? String(value);
    case "count":
      return String(value);
    default:
      return form[value] ?? String(value);
  }
}

/** A sign's argument as a value, where a view is told which sign is spoken of; unknown where it is not. */
export function argumentOf(view: View, index: number): Raw {
  const { sign } = view;
  if (!sign) return null;
  const [, form] = signs[sign.kind]!.args[index]!;
  const value = index === 0 ? sign.a : sign.b;
  if (form === "seq") return seqOf(view, value);
  if (form === "row") return numberOf(view.log, value, view.state.tail);
  if (form === "text") return findingText(sign as Finding);
  return form === "count" ? value : argument(view, form, value);
}

/** A record's number as text; the model's own running number is not told where the true one is unknown. */
const recordNumber = (log: RecordLog, row: number, tail: number): string => show(numberOf(log, row, tail));

const numberOf = (log: RecordLog, row: number, tail: number): bigint | null =>
  row < log.count ? log.knownSn(row) : log.countedSn(row, tail);

/** One sign as a line of golden text: `out-of-order expected=2896 seq=4344`. */
export function wordEffect(view: View, sign: EffectRecord): string {
  const fields = effectFields(view, sign).map(([name, value]) => `${name}=${value}`);
  return [signs[sign.kind]!.name, ...fields].join(" ");
}
