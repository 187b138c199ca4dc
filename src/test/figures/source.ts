import path from "node:path";
import {
  type Expression,
  type FunctionLikeDeclaration,
  isBlock,
  isFunctionLikeDeclaration,
  isIdentifier,
  isStringLiteral,
  type Node,
  type SourceFile,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

/** A function with a body in braces, wherever it stands; an arrow with a mere expression is none. */
export interface MeasuredFunction {
  /** Where its signature begins. */
  line: number;
  /** From there to the closing brace. */
  lines: number;
  parameters: number;
}

/** A source file as it is counted. */
export interface Source {
  /** Path from src on, with slashes. */
  file: string;
  lines: number;
  functions: readonly MeasuredFunction[];
  /** Files of the tree that it imports, type imports included. */
  imports: readonly string[];
}

/** Every source of the project in a folder, read by the compiler itself, whose only API in version 7 is called unstable. */
export function readSources(folder: string): Source[] {
  const src = path.resolve(folder, "src");
  const api = new API({ cwd: path.resolve(folder) });
  try {
    const config = path.resolve(folder, "tsconfig.json");
    const { program, rootFiles } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
    return rootFiles
      .map((file) =>
        measure(path.relative(src, file).split(path.sep).join("/"), program.getSourceFile(file)!),
      )
      .sort((a, b) => (a.file < b.file ? -1 : 1));
  } finally {
    api.close();
  }
}

/** What is shipped: no tests. */
export const isProduct = ({ file }: Source): boolean =>
  !file.startsWith("test/") && !file.startsWith("../") && !file.endsWith(".test.ts");

function measure(file: string, source: SourceFile): Source {
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const functions = functionsBelow(source).map((node) => {
    const line = lineOf(node.getStart(source));
    return { line, lines: lineOf(node.end) - line + 1, parameters: parametersOf(node) };
  });
  const names = source.imports.filter(isStringLiteral).map(({ text }) => text);
  const imports = names
    .filter((name) => name.startsWith("."))
    .map((name) => path.posix.join(path.posix.dirname(file), name));
  return { file, lines: source.text.split("\n").length - 1, functions, imports };
}

function functionsBelow(node: Node): FunctionLikeDeclaration[] {
  const found: FunctionLikeDeclaration[] = [];
  node.forEachChild((child) => {
    if (isFunctionLikeDeclaration(child) && hasBraces(child)) found.push(child);
    found.push(...functionsBelow(child));
  });
  return found;
}

function hasBraces(node: FunctionLikeDeclaration): boolean {
  const body: Expression | Node | undefined = node.body;
  return body !== undefined && isBlock(body);
}

/** `this` is a type, not a parameter. */
const parametersOf = ({ parameters }: FunctionLikeDeclaration): number =>
  parameters.filter(({ name }) => !(isIdentifier(name) && name.text === "this")).length;
