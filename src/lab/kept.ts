import { effects } from "../core/words/effect.ts";
import { placesOf } from "../judge/places.ts";
import { gatheringOf } from "../replay/expression-compile.ts";
import { type Judged, nextSign } from "../replay/findings.ts";
import { parseQuery } from "../replay/language/parse.ts";
import { gather } from "../replay/search/aggregate.ts";
import { finished, UserError } from "../trace/platform.ts";
import { Sign, signs } from "../trace/signs.ts";
import { type Reason, reasonOfPlace, reasonOfQuery } from "./reason.ts";

/** Names of what is found wrong, each for the signs of a filter. */
const named: ReadonlyMap<string, string> = new Map([
  ["wrong byte", "wrong-bytes"],
  ["leak", "leak"],
  ["failed expectation", "expectation-failed"],
]);

/** What `--keep` and the console's `minimise` take, in words. */
const keptForms =
  "an effect or a set of events, with `where` and a condition; finding, wrong byte, leak, failed expectation [LINE]";

/**
 * What somebody wants to keep of a trace, in his words; no words: what was found first. Throws UserError where the trace has
 * nothing of it, and ExpressionError for a query that cannot be read.
 */
export function keptOf(judged: Judged, words: string): Reason {
  const text = words.trim().replace(/\s+/g, " ");
  if (text === "" || text === "finding") return firstFinding(judged);
  const [, name = "", line] = /^(.*?)(?: (\d+))?$/.exec(text)!;
  const filter = named.get(name.replace(/s$/, ""));
  if (filter === "expectation-failed" && line !== undefined)
    return keptOf(judged, `expectation-failed where line == ${line}`);
  if (filter !== undefined && line === undefined) {
    const kinds = signs.flatMap((sign) => (sign.filter === filter ? [Sign[sign.name]] : []));
    const event = nextSign(judged, 0, 1, kinds);
    if (event < 0) throw new UserError(`there is no ${name} to keep`);
    const place = [...placesOf(judged)].find((each) => each.event === event && kinds.includes(each.kind));
    return reasonOfPlace(judged, place ?? { event, kind: kindAt(judged, event, kinds) });
  }
  return queried(judged, text);
}

const kindAt = ({ timeline, findings }: Judged, event: number, kinds: readonly number[]): number =>
  kinds.find((kind) => timeline.effects.has(event, kind) || findings.kinds.has(event, kind))!;

function firstFinding(judged: Judged): Reason {
  const first = placesOf(judged).next();
  if (first.done) throw new UserError(`nothing is found wrong in it: say what to keep, ${keptForms}`);
  return reasonOfPlace(judged, first.value);
}

/** Of what judging found the first is kept: the same query on another trace would find something else. */
function queried(judged: Judged, text: string): Reason {
  const query = parseQuery(text);
  const asked = gatheringOf(query);
  const { set } = query;
  const [first] = finished(gather(judged, asked));
  if (!first) throw new UserError(`there is no ${text} to keep`);
  const isFound = set.of === "signs" && set.kind >= effects.length;
  return isFound ? reasonOfPlace(judged, { event: first.event, kind: set.kind }) : reasonOfQuery(text, asked);
}
