import { checkNames } from "../../replay/expression-check.ts";
import { parseExpression, parseOfChange } from "../../replay/language/parse.ts";
import { parseHit, type StopRule } from "../../replay/stops.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { checkMessage } from "./log-points.ts";
import { layersOf } from "./modes.ts";

/** What hangs on every kind of breakpoint, as the editor sends it. */
export interface Conditions {
  condition?: string | undefined;
  hitCondition?: string | undefined;
  logMessage?: string | undefined;
  /** At which layer it stops. */
  mode?: string | undefined;
}

/** What the conditions are said of: in a trace that is open, of a change that has an old and a new value. */
export interface Said {
  timeline: Timeline | null;
  ofChange: boolean;
}

const given = (text: string | undefined): text is string => text !== undefined && text.trim() !== "";

/**
 * The protocol has neither hit conditions nor messages for every kind of breakpoint, so they may stand at a condition's
 * end: `packet.length > 1448 hit >=3 log: {packet.seq}`.
 */
export function split({ condition = "", hitCondition, logMessage }: Conditions): Conditions {
  const [before, message] = splitLog(condition);
  const suffix = hitSuffix.exec(before);
  return {
    condition: suffix ? before.slice(0, suffix.index) : before,
    hitCondition: given(hitCondition) ? hitCondition : suffix?.[1],
    logMessage: given(logMessage) ? logMessage : message,
  };
}

const hitSuffix = /\bhit\s*((?:(?:>=|<=|==|=|>|<|%)\s*)?\d+)\s*$/;

/** What stands before `log:` and behind it; in quotes it is a part of a text. */
function splitLog(text: string): [before: string, message: string | undefined] {
  for (const match of text.matchAll(/"[^"]*"|'[^']*'|\blog:\s*/g))
    if (match[0].startsWith("log:"))
      return [text.slice(0, match.index), text.slice(match.index + match[0].length)];
  return [text, undefined];
}

/** The conditions, read and checked. Throws UserError for what cannot be read or names what there is not. */
export function conditionsOf(
  conditions: Conditions,
  { timeline, ofChange }: Said,
): Pick<StopRule, "condition" | "hit" | "log" | "layers"> {
  const { condition, hitCondition, logMessage } = split(conditions);
  const parse = ofChange ? parseOfChange : parseExpression;
  const parsed = given(condition) ? parse(condition) : null;
  const said = given(logMessage) ? checkMessage(logMessage, parse) : [];
  if (timeline)
    for (const expression of [...(parsed ? [parsed] : []), ...said]) checkNames(expression, timeline);
  return {
    condition: parsed,
    hit: given(hitCondition) ? parseHit(hitCondition) : null,
    log: given(logMessage) ? logMessage : null,
    layers: layersOf(conditions.mode),
  };
}
