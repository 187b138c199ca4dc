import {
  type Expression,
  isArrayLiteralExpression,
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isIdentifier,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isShorthandPropertyAssignment,
  isSpreadElement,
  isStringLiteral,
  isTemplateExpression,
  isVariableDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";

/** What a source says to people. */
export interface Said {
  /** English sentences that it has translated: what is given to a function `t`. */
  sentences: string[];
  /** Words that it shows as they are, and calls of `t` without a literal, each with its line. */
  untranslated: string[];
}

/** Properties whose text is shown to people, by what VS Code's API and the DOM call them. */
const shownProperties: ReadonlySet<string> = new Set([
  ...["title", "prompt", "placeHolder", "placeholder", "tooltip", "label", "detail", "description"],
  ...["openLabel", "saveLabel", "message", "text", "name", "hoverMessage", "failed"],
  ...["textContent", "ariaLabel", "ariaDescription", "innerText", "alt"],
]);

/** Calls that show text, by the last part of their names, and which of their arguments do. */
const shownArguments: Readonly<Record<string, readonly number[]>> = {
  showInformationMessage: [0, 1, 2, 3, 4],
  showWarningMessage: [0, 1, 2, 3, 4],
  showErrorMessage: [0, 1, 2, 3, 4],
  showQuickPick: [0],
  setStatusBarMessage: [0],
  createRunProfile: [0],
  createTestController: [1],
  createTestItem: [1],
  createWebviewPanel: [1],
  createOutputChannel: [0],
  MarkdownString: [0],
  TestMessage: [0],
  TreeItem: [0],
  button: [0, 1],
  tell: [0],
  append: [0, 1, 2, 3],
};
/** What is told of a command that runs in place of a title of its own. */
const diffTitle = 3;

/** Reads a source: what it translates, and what it shows without. */
export function saidIn(source: SourceFile): Said {
  const sentences: string[] = [];
  const found = new Map<Node, string>();
  const constants = constantsOf(source);
  const visit = (node: Node): void => {
    const name = isCallExpression(node) ? nameOf(node.expression) : "";
    if (isCallExpression(node) && name === "t") {
      const [first, ...rest] = node.arguments;
      if (first && isText(first)) sentences.push(first.text);
      else found.set(node, "t() of no literal");
      return rest.forEach(visit);
    }
    // What is written to the log is for whoever mends it.
    if (isCallExpression(node) && /^console\./.test(node.expression.getText(source))) return;
    for (const shown of shownBy(node))
      for (const [each, words] of wordsIn(shown, constants)) found.set(each, words);
    const text = fixedText(node);
    const shownWords = isPage(text) ? wordsOfPage(text).join(", ") : isProse(text) ? text : "";
    if (shownWords !== "") found.set(node, shownWords);
    node.forEachChild(visit);
  };
  visit(source);
  const lineOf = (node: Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  return { sentences, untranslated: [...found].map(([node, words]) => `${lineOf(node)}: ${words}`) };
}

/** The last part of what is called: `b` of `a.b`. */
function nameOf(node: Node): string {
  if (isPropertyAccessExpression(node)) return node.name.text;
  return isIdentifier(node) ? node.text : "";
}

/** The expressions of a node that people see the value of. */
function shownBy(node: Node): Expression[] {
  if (isCallExpression(node) || isNewExpression(node)) {
    const name = nameOf(node.expression);
    const given = node.arguments ?? [];
    const isDiff =
      name === "executeCommand" &&
      given[0] !== undefined &&
      isText(given[0]) &&
      given[0].text === "vscode.diff";
    const places = isDiff ? [diffTitle] : Object.hasOwn(shownArguments, name) ? shownArguments[name]! : [];
    return places.flatMap((at) => given[at] ?? []);
  }
  if (isPropertyAssignment(node) && shownProperties.has(nameOf(node.name))) return [node.initializer];
  if (isShorthandPropertyAssignment(node) && isIdentifier(node.name) && shownProperties.has(node.name.text))
    return [node.name];
  const isSet = isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.EqualsToken;
  return isSet && isPropertyAccessExpression(node.left) && shownProperties.has(node.left.name.text)
    ? [node.right]
    : [];
}

const isText = (node: Node) => isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node);

/** What each variable of a source is made of. */
function constantsOf(source: SourceFile): ReadonlyMap<string, Expression> {
  const all = new Map<string, Expression>();
  const visit = (node: Node): void => {
    if (isVariableDeclaration(node) && isIdentifier(node.name) && node.initializer)
      all.set(node.name.text, node.initializer);
    node.forEachChild(visit);
  };
  visit(source);
  return all;
}

/** The words that an expression has in itself, by their nodes: of every way that it can come out. */
function wordsIn(node: Expression, constants: ReadonlyMap<string, Expression>): [Node, string][] {
  const within = (each: Expression) => wordsIn(each, constants);
  if (isText(node) || isTemplateExpression(node)) {
    const text = fixedText(node);
    return isWord(text) ? [[node, text]] : [];
  }
  if (isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(within);
  if (isBinaryExpression(node)) return [node.left, node.right].flatMap(within);
  if (isParenthesizedExpression(node) || isSpreadElement(node)) return within(node.expression);
  if (isArrayLiteralExpression(node)) return node.elements.flatMap(within);
  const made = isIdentifier(node) ? constants.get(node.text) : undefined;
  // Once: a variable of itself, or of another of its name, is not followed.
  return made ? wordsIn(made, new Map()) : [];
}

/** A literal's or a template's text, what it fills in left out. */
function fixedText(node: Node): string {
  if (isText(node)) return node.text;
  if (!isTemplateExpression(node)) return "";
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("\0");
}

/** True if there is something to translate: letters that are no icon, no identifier and no name in capitals. */
function isWord(text: string): boolean {
  const words = text.replace(/\$\([\w~-]+\)/g, "");
  return /\p{L}\p{Ll}/u.test(words) && !/^[\w.-]*[a-z][\w-]*[.-][\w.-]*$/.test(words);
}

/** True for a sentence or several words, wherever they stand: nothing else in a source has blanks between words. */
const isProse = (text: string): boolean => /\p{L}\p{Ll}+ \p{L}/u.test(text) && !isStyle(text);
const isStyle = (text: string): boolean => /^\s*[\w.#, ]+\{[^}]*:/.test(text);

const isPage = (text: string): boolean => /^\s*<[a-z!]/i.test(text);

/** The words of a piece of HTML: between its tags, and in attributes that are read out. */
function wordsOfPage(html: string): string[] {
  const page = html.replace(/<style[\s\S]*?<\/style>/g, "");
  const found = page.matchAll(/>([^<>]*)(?=<|$)|(?:aria-label|title|alt)="([^"]*)"/g);
  return [...found].map(([, between, attribute]) => (between ?? attribute ?? "").trim()).filter(isWord);
}
