import { effects } from "../core/words/effect.ts";
import { minimising } from "../lab/minimise.ts";
import { saveFile } from "../node/save.ts";
import { asFile } from "../node/trace-file.ts";
import { gatheringOf } from "../replay/expression-compile.ts";
import { parseQuery } from "../replay/language/parse.ts";
import { gather } from "../replay/search/aggregate.ts";
import type { Occurrence } from "../replay/search/occurrences.ts";
import { Timeline } from "../replay/timeline.ts";
import { judge } from "../study/study.ts";
import { edited } from "../trace/edited.ts";
import { printTrace } from "../trace/language/print.ts";
import { finished, paced, UserError } from "../trace/platform.ts";
import { signs } from "../trace/signs.ts";
import type { Trace } from "../trace/trace.ts";
import { visiblePath } from "../trace/visible.ts";
import { refuseToReplace } from "./export.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open } from "./opened.ts";
import { complainLine, print } from "./output.ts";
import { pointed } from "./query.ts";

export interface MinimiseFlags extends ReadFlags {
  /** A query: what the trace must still have. */
  keep: string;
  /** The trace file to write; `-` = standard output. */
  out: string;
  force?: true;
  seconds: string;
}

/** `tlstrace minimise FILE --keep QUERY`: the smallest trace that still has something, with an expect line for it. */
export async function minimise(file: string, flags: MinimiseFlags): Promise<void> {
  const { keep, out, force } = flags;
  const seconds = Number(flags.seconds);
  if (!(seconds > 0)) throw new UserError(`--seconds takes a number above 0, not "${flags.seconds}"`);
  const { set, ...rest } = pointed(keep, () => parseQuery(keep));
  // Which line fails, or which byte is wrong, would be another one in a smaller trace: that is not the same reason.
  if (set.of === "signs" && set.kind >= effects.length)
    throw new UserError(`--keep takes effects and events; ${set.name} is what was found by judging the file`);
  const asked = gatheringOf({ set, ...rest });
  if (out !== "-") refuseToReplace(file, out, force === true);
  const { subject, progress } = await open(requestOf(file, flags));
  const occurrencesIn = (trace: Trace): Occurrence[] =>
    finished(gather(judge(new Timeline(trace).runAll()), asked));
  const deadline = Date.now() + 1000 * seconds;
  const goal = {
    shows: (trace: Trace) => occurrencesIn(trace).length > 0,
    isOver: () => Date.now() > deadline,
  };
  const small = await paced(progress, "minimising", minimising(asFile(subject.trace, out), goal));
  progress.end();
  if (small === null)
    throw new UserError(`${visiblePath(file)}, as a trace without its bytes, has no ${keep}`);
  const { trace, runs, isMinimal } = small;
  const text = printTrace(set.of === "signs" ? expecting(trace, occurrencesIn(trace)[0]!) : trace);
  if (out === "-") await print([text.slice(0, -1)]);
  else saveFile(out, text);
  const end = isMinimal
    ? "nothing more can be taken out"
    : "the time is over, more could perhaps be taken out";
  const counts = `${trace.events.count} of ${subject.trace.events.count} events, ${runs} runs`;
  complainLine(out, `note: ${counts}: ${end}`);
}

/** The trace with a line below an event that expects its sign. */
function expecting(trace: Trace, { event, sign }: Occurrence): Trace {
  const what = { effect: signs[sign!.kind]!.name, fields: {} };
  return edited(trace, [{ edit: "expect", event, expected: { no: false, under: [], what } }]);
}
