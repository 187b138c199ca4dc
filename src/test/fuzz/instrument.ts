import path from "node:path";
import type { Plugin } from "esbuild";
import {
  isArrowFunction,
  isBinaryExpression,
  isBlock,
  isCaseClause,
  isConditionalExpression,
  isDefaultClause,
  isDoStatement,
  isForInStatement,
  isForOfStatement,
  isForStatement,
  isIfStatement,
  isStatement,
  isWhileStatement,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

interface Insertion {
  at: number;
  text: string;
}

/** Builds the project's own sources, tests left out, so that each branch that is taken counts in `globalThis.__hits`. */
export class Instrument {
  /** Branches so far: `__hits` needs as many bytes. */
  points = 0;

  readonly plugin: Plugin = {
    name: "instrument",
    setup: (build) => {
      const own = `${path.resolve("src")}${path.sep}`;
      const api = new API({ cwd: path.resolve() });
      const config = path.resolve("tsconfig.json");
      const { program } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
      build.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
        if (!file.startsWith(own) || file.startsWith(path.join(own, "test"))) return undefined;
        return { contents: this.instrumented(program.getSourceFile(file)!), loader: "ts" };
      });
      build.onEnd(() => api.close());
    },
  };

  /** Its text with counters put in, its lines where they were. */
  private instrumented(source: SourceFile): string {
    const pieces: Insertion[] = [];
    const visit = (node: Node): void => {
      const closings = this.open(node, source, pieces);
      node.forEachChild(visit);
      pieces.push(...closings);
    };
    visit(source);
    let text = "";
    let from = 0;
    for (const piece of pieces.sort((a, b) => a.at - b.at)) {
      text += source.text.slice(from, piece.at) + piece.text;
      from = piece.at;
    }
    return text + source.text.slice(from);
  }

  /** Puts in what a node needs at its front; gives what it needs behind. */
  private open(node: Node, source: SourceFile, pieces: Insertion[]): Insertion[] {
    const isCase = isCaseClause(node) || isDefaultClause(node);
    const at = isBlock(node) ? node.getStart(source) + 1 : isCase && node.statements[0]?.getStart(source);
    if (at) pieces.push({ at, text: `${this.next()};` });
    if (!isBranch(node)) return [];
    const [open, close] = isStatement(node) ? [`{${this.next()};`, "}"] : [`(${this.next()},`, ")"];
    pieces.push({ at: node.getStart(source), text: open });
    return [{ at: node.end, text: close }];
  }

  private readonly next = (): string => `globalThis.__hits[${this.points++}]++`;
}

const lazy = new Set<SyntaxKind>([
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.QuestionQuestionToken,
]);
const loops = [isForStatement, isForInStatement, isForOfStatement, isWhileStatement, isDoStatement];

/** True for a part, without braces of its own, that may run or not. */
function isBranch(node: Node): boolean {
  const { parent } = node;
  if (parent === undefined || isBlock(node)) return false;
  if (isIfStatement(parent)) return node !== parent.expression;
  if (isConditionalExpression(parent)) return node === parent.whenTrue || node === parent.whenFalse;
  if (isBinaryExpression(parent)) return node === parent.right && lazy.has(parent.operatorToken.kind);
  if (isArrowFunction(parent)) return node === parent.body;
  return loops.some((is) => is(parent) && node === parent.statement);
}
