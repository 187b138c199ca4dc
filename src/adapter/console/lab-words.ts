import { keptOf } from "../../lab/kept.ts";
import { type Reason, reasonAt, reasonOfPlace } from "../../lab/reason.ts";
import { smallest, usualLimits } from "../../lab/smallest.ts";
import { variantWord } from "../../study/request.ts";
import { UserError } from "../../trace/platform.ts";
import { profileForms } from "../../trace/profiles/finder.ts";
import { kernelIds, variantNames } from "../../trace/variant.ts";
import { speaker } from "../launch.ts";
import { foundAt } from "../opening/findings.ts";
import type { Arguments } from "../requests.ts";
import type { Runner } from "../runner.ts";
import type { Answered, Desk } from "./desk.ts";

/** What is kept where a session stands: what somebody names, else what it stopped for, or all that led there. */
const reasonHere = ({ judged, stop }: Runner, words: string): Reason =>
  words === "" ? reasonAt(judged, stop.position, stop.sign) : keptOf(judged, words);

/** `minimise [WHAT] [to FILE]`: says the smallest trace that still shows it, or writes it into a new file. */
export async function minimise({ runner, forks, look }: Desk, rest: string): Promise<Answered> {
  const [, words = "", to] = /^(.*?)(?:\s*\bto\s+(\S.*\.tlstrace))?$/s.exec(rest.trim())!;
  const { trace } = runner.timeline;
  const small = await look(smallest(trace, reasonHere(runner, words), usualLimits));
  if (to === undefined)
    return {
      result: small.note,
      rows: small.text
        .split("\n")
        .slice(0, -1)
        .map((text) => ({ text })),
    };
  const path = forks.keep(small.trace, to, `${trace.name} made small: ${small.note}`);
  return { result: `${path}: ${small.note}` };
}

const noVariant = (given: unknown): string =>
  `"${given}" is no profile, bug or kernel; ${profileForms(String(given))}; kernels: ${kernelIds.join(", ")}`;

/** `debug-as WHAT`: the same trace as another profile, bug or kernel, in a session of its own. */
export function debugAs({ runner, forks }: Desk, rest: string): Answered {
  const { trace } = runner.timeline;
  if (rest === "")
    return {
      result: `debug-as takes a profile, a bug or a kernel; ${trace.name} names ${variantNames(trace).join(", ") || "none"}`,
    };
  const word = variantWord(rest, { ...speaker, noVariant: (given) => `debug-as: ${noVariant(given)}` });
  return {
    result: `as ${word}`,
    opens: async () => {
      if (await forks.debugAs(word)) return;
      throw new UserError(
        `this editor starts no other session by itself: launch ${trace.name} with "profile": "${word}"`,
      );
    },
  };
}

/** The body of the answer to `minimise`, a request of this adapter's own: what the console's word says, as a document. */
export interface MinimisedBody {
  text: string;
  note: string;
}

/** Makes the trace small that still shows what is found at a target, what is named, or what the session stands at. */
export function* minimising(
  runner: Runner,
  { targetId, keep = "" }: Arguments["minimise"],
): Generator<number, MinimisedBody> {
  const { judged } = runner;
  const reason =
    targetId === undefined ? reasonHere(runner, keep) : reasonOfPlace(judged, foundAt(judged, targetId));
  const { text, note } = yield* smallest(judged.timeline.trace, reason, usualLimits);
  return { text, note };
}
