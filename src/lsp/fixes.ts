import type { CodeAction, Range } from "vscode-languageserver";
import { actionsIn } from "../language/actions.ts";
import type { TraceDocument } from "../language/document.ts";

/** Milliseconds of work before messages are looked at again: what is typed meanwhile is read first. */
const sliceMs = 15;
/** Milliseconds that an answer may take: more than a whole file of mistakes needs, unless it is a very long one. */
const longestMs = 10_000;

const messagesHandled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * The fixes of every mistake in a range, the first ones where there are too many to try; null once nobody wants them, for the
 * document was changed or the client has cancelled.
 */
export async function fixesIn(
  document: TraceDocument,
  range: Range,
  isWanted: () => boolean,
): Promise<CodeAction[] | null> {
  const actions: CodeAction[] = [];
  const end = Date.now() + longestMs;
  let sliceEnd = Date.now() + sliceMs;
  for (const action of actionsIn(document, range)) {
    if (action !== null) actions.push(action);
    if (Date.now() < sliceEnd) continue;
    await messagesHandled();
    if (!isWanted()) return null;
    if (Date.now() > end) break;
    sliceEnd = Date.now() + sliceMs;
  }
  return actions;
}
