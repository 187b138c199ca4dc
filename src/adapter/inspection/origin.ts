import { followed, lastChange, nextChange } from "../../replay/changes.ts";
import type { Judged } from "../../replay/findings.ts";
import { parseExpression } from "../../replay/language/parse.ts";
import { UserError } from "../../trace/platform.ts";
import type { Origin } from "./inspection.ts";

/**
 * The event that a value comes from, or that makes another one of it; a long search pauses as changes' do. Throws UserError
 * if nothing does.
 */
export function* eventOf(
  judged: Judged,
  { frame, path, event, direction }: Origin,
): Generator<number, number> {
  if (event !== null) return event;
  const value = followed(parseExpression(path), frame.connection, judged.timeline);
  const find = direction === 1 ? nextChange : lastChange;
  const change = yield* find(judged, value, frame.position);
  if (change) return change.position.event;
  throw new UserError(`${path} ${direction === 1 ? "stays as it is" : "is as it was at the start"}`);
}
