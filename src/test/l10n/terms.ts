import {
  isObjectLiteralExpression,
  isPropertyAssignment,
  isStringLiteral,
  type Node,
  type ObjectLiteralExpression,
  type SourceFile,
} from "typescript/unstable/ast";
import type { Kind, PictureView } from "../../pictures/kind.ts";
import { kindNames, kindOf } from "../../pictures/kinds.ts";

/** What a kind of picture calls itself, its colours and the columns of its table. */
function termsOf({ title, says, legend, table }: Kind): string[] {
  const nothing = { head: [], rows: [], lanes: [], records: [], ranges: [], cursors: [], packet: null };
  return [title, says, ...legend.map((each) => each.says), ...table(nothing as unknown as PictureView).head];
}

/** What the kinds of pictures call things, which windows translate as they show it. */
export const terms: readonly string[] = kindNames.flatMap((name) => termsOf(kindOf(name)));

/** A column of a list, and the letters that it has room for. */
export interface Column {
  text: string;
  width: number;
}

/** The columns of lists that a source writes down: `{ text: "why", width: 60 }`. */
export function columnsIn(source: SourceFile): Column[] {
  const found: Column[] = [];
  const visit = (node: Node): void => {
    const column = isObjectLiteralExpression(node) ? columnOf(node, source) : null;
    if (column) found.push(column);
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function columnOf({ properties }: ObjectLiteralExpression, source: SourceFile): Column | null {
  const given = new Map(
    properties.filter(isPropertyAssignment).map((each) => [each.name.getText(source), each.initializer]),
  );
  const [text, width] = [given.get("text"), given.get("width")];
  if (!text || !width || !isStringLiteral(text)) return null;
  const letters = Number(width.getText(source));
  return { text: text.text, width: Number.isNaN(letters) ? 8 : letters };
}
