import { wrongInModel } from "../judge/places.ts";
import { type FileVerdict, fileVerdict } from "../judge/verdict.ts";
import { checkedText, verdictText } from "../judge/verdict-words.ts";
import type { Trace } from "../trace/trace.ts";
import { askedOf } from "./asked.ts";
import type { Study } from "./study.ts";
import type { KeysGiven } from "./subject.ts";

/** The verdict on a study, by the same judge that `tlstrace verify` asks. */
export function verdictOf(
  { trace, timeline, overlay, outcomes }: Study,
  keys: readonly KeysGiven[],
): FileVerdict {
  const failing = outcomes.filter(({ actual }) => actual !== null).length;
  return fileVerdict(trace, trace.streams, {
    ...askedOf({ keys, overlay }),
    wrongByModel: wrongInModel.reduce((sum, kind) => sum + timeline.effects.count(kind), 0),
    expected: { holding: outcomes.length - failing, failing },
  });
}

/** How much was checked: `0 of 125 records checked`, of a trace file its expect lines; empty where nothing can be. */
export const checkedIn = ({ verdicts }: Trace, { share, reason, verdict }: FileVerdict): string =>
  verdicts ? checkedText(share) : verdict === "unchecked" ? "" : (reason ?? "");

/** The first line: what is right or wrong, and of how much that is true. */
export function firstLine(trace: Trace, verdict: FileVerdict): string {
  const checked = verdict.verdict === "unchecked" ? checkedIn(trace, verdict) : "";
  return checked === "" ? verdictText(verdict) : `${checked}. ${verdictText(verdict)}`;
}
