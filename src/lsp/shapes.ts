/** What a parameter is: a word for a plain value, else what its parts are; a part with `?` may be left out. */
type Shape =
  | "text"
  | "whole number"
  | "yes or no"
  | "id"
  | "any"
  | { readonly [part: string]: Shape }
  | readonly [Shape];

const plain: Readonly<Record<string, [is: (value: unknown) => boolean, says: string]>> = {
  text: [(value) => typeof value === "string", "a string"],
  "whole number": [(value) => Number.isInteger(value) && Number(value) >= 0, "a whole number from 0"],
  "yes or no": [(value) => typeof value === "boolean", "true or false"],
  id: [(value) => typeof value === "string" || typeof value === "number", "a string or a number"],
  any: [() => true, ""],
};

const position = { line: "whole number", character: "whole number" } as const;
const range = { start: position, end: position } as const;
const document = { textDocument: { uri: "text" } } as const;
const place = { ...document, position } as const;
const part = { ...document, range } as const;

/** Parameters of the methods that are answered and heard here (LSP 3.17), as far as they are read. */
const shapes: Readonly<Record<string, Shape>> = {
  initialize: { capabilities: {} },
  "textDocument/didOpen": {
    textDocument: { uri: "text", languageId: "text", version: "any", text: "text" },
  },
  "textDocument/didChange": {
    textDocument: { uri: "text", version: "any" },
    contentChanges: [{ text: "text", "range?": range }],
  },
  "textDocument/didClose": document,
  "textDocument/didSave": document,
  "textDocument/completion": place,
  "textDocument/hover": place,
  "textDocument/signatureHelp": place,
  "textDocument/definition": place,
  "textDocument/references": { ...place, context: { includeDeclaration: "yes or no" } },
  "textDocument/documentHighlight": place,
  "textDocument/prepareRename": place,
  "textDocument/rename": { ...place, newName: "text" },
  "textDocument/documentSymbol": document,
  "textDocument/foldingRange": document,
  "textDocument/documentLink": document,
  "textDocument/codeAction": { ...part, context: { "only?": ["text"] } },
  "textDocument/codeLens": document,
  "textDocument/inlayHint": part,
  "textDocument/formatting": document,
  "textDocument/rangeFormatting": part,
  "textDocument/semanticTokens/full": document,
  "textDocument/semanticTokens/full/delta": { ...document, previousResultId: "text" },
  "textDocument/semanticTokens/range": part,
  "$/cancelRequest": { id: "id" },
};

/** What is wrong with the parameters of a message, and where; null if nothing is, or nobody here reads them. */
export function wrongIn(method: string, params: unknown): string | null {
  const shape = Object.hasOwn(shapes, method) ? shapes[method] : undefined;
  return shape === undefined ? null : wrongAt("params", params, shape);
}

function wrongAt(at: string, value: unknown, shape: Shape): string | null {
  if (typeof shape === "string") {
    const [is, says] = plain[shape]!;
    return is(value) ? null : `${at} is ${says}, not ${worded(value)}`;
  }
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${at} is a list, not ${worded(value)}`;
    return firstOf(value.entries(), ([i, each]) => wrongAt(`${at}[${i}]`, each, shape[0]));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return `${at} is an object, not ${worded(value)}`;
  return firstOf(Object.entries(shape), ([name, each]) => {
    const key = name.replace("?", "");
    const own = (value as Record<string, unknown>)[key];
    return own === undefined && key !== name ? null : wrongAt(`${at}.${key}`, own, each);
  });
}

function firstOf<Each>(all: Iterable<Each>, wrong: (each: Each) => string | null): string | null {
  for (const each of all) {
    const found = wrong(each);
    if (found !== null) return found;
  }
  return null;
}

/** A value in a word: what it holds is nobody's to repeat. */
const worded = (value: unknown): string =>
  value === undefined
    ? "left out"
    : value === null
      ? "null"
      : Array.isArray(value)
        ? "a list"
        : `a ${typeof value}`;
