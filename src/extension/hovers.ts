import * as vscode from "vscode";
import { inlinePaths } from "../replay/view/path.ts";
import { subjectOf, tokenAt } from "../trace/language/token-at.ts";

/** Hovers evaluate a whole token: a range of sequence space, a number or a name. */
export const expressionProvider: vscode.EvaluatableExpressionProvider = {
  provideEvaluatableExpression(document, position) {
    const { line, character } = position;
    const token = tokenAt(document.lineAt(line).text, character, {
      isScript: /\.pkt$/i.test(document.fileName) || document.languageId === "packetdrill",
      above: () => subjectAbove(document, line),
    });
    return (
      token &&
      new vscode.EvaluatableExpression(new vscode.Range(line, token.start, line, token.end), token.text)
    );
  },
};

/** The connection of the event that stands nearest above a line; null if none does, or it is a device's. */
function subjectAbove(document: vscode.TextDocument, line: number): string | null {
  for (let above = line - 1; above >= 0; above--) {
    const subject = subjectOf(document.lineAt(above).text);
    if (subject !== null) return subject;
  }
  return null;
}

/** Inline values: both expected sequence numbers, on the stopped line only, since they hold nowhere else. */
export const inlineValuesProvider: vscode.InlineValuesProvider = {
  provideInlineValues(document, _viewPort, context) {
    const { line } = context.stoppedLocation.end;
    const { range } = document.lineAt(line);
    return inlinePaths.map((path) => new vscode.InlineValueEvaluatableExpression(range, path));
  },
};
