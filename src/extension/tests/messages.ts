import * as vscode from "vscode";
import type { Place } from "../../study/test-places.ts";
import { type Checked, lineRange } from "./tree.ts";

/** A frame below a message, which editors have since 1.93. */
type FrameClass = new (label: string, uri?: vscode.Uri, position?: vscode.Position) => object;
const { TestMessageStackFrame: Frame } = vscode as unknown as { TestMessageStackFrame?: FrameClass };

/** What is wrong, at its line: what was expected and what happened, and below it where that comes from. */
export function messageOf({ item: { uri }, variant, of }: Checked, failure: string): vscode.TestMessage {
  const { differs, line, places, rule } = of;
  const text = variant === null ? failure : vscode.l10n.t("{0} (under {1})", failure, variant);
  const message = differs
    ? vscode.TestMessage.diff(text, differs.expected, differs.actual)
    : new vscode.TestMessage(text);
  message.contextValue = rule;
  if (uri && line !== null) message.location = new vscode.Location(uri, lineRange(line));
  if (Frame && uri && differs && places.length > 0)
    Object.assign(message, {
      stackTrace: framesOf(Frame, uri, [{ name: `expect ${differs.expected}`, line: line ?? 1 }, ...places]),
    });
  return message;
}

/**
 * The places as the editor shows them: a frame with a position is its lines, without its label, so that what happened
 * there stands above as frames without one. Places on one line, one after the other, have its lines once.
 */
const framesOf = (Frame: FrameClass, uri: vscode.Uri, places: readonly Place[]): object[] =>
  places.flatMap(({ name, line }, i) => {
    const isLast = places[i + 1]?.line !== line;
    const code = isLast ? [new Frame(name, uri, new vscode.Position(line - 1, 0))] : [];
    return i === 0 ? code : [new Frame(name), ...code];
  });
