import type {
  DocumentSymbol,
  Hover,
  MarkupContent,
  SignatureHelp,
  SymbolInformation,
} from "vscode-languageserver";

// Answers for clients that cannot read the usual ones.

/** A hover for a client that shows no Markdown. */
export function plainHover({ contents, range }: Hover): Hover {
  const { value } = contents as MarkupContent;
  return { contents: { kind: "plaintext", value: plainText(value) }, range: range! };
}

/** What the Markdown of a hover says: its fences, marks and links are those that hovers are made of. */
const plainText = (markdown: string): string =>
  markdown
    .replace(/^```.*\n?/gm, "")
    .replace(/\*\*([^*\n]+)\*\*/g, "$1")
    .replace(/\n*\[([^\]\n]+)\]\(([^)\n]+)\)/g, "\n\n$1: $2")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

/** Parameters by their text: the first that reads so in the label is taken. */
export const namedParameters = (help: SignatureHelp): SignatureHelp => ({
  ...help,
  signatures: help.signatures.map((signature) => ({
    ...signature,
    parameters: signature.parameters!.map((parameter) => {
      const [from, to] = parameter.label as [number, number];
      return { ...parameter, label: signature.label.slice(from, to) };
    }),
  })),
});

/** An outline of places; what a client that reads ranges needs stays. */
export const located = (symbols: readonly DocumentSymbol[], uri: string): SymbolInformation[] =>
  symbols.map((symbol) => ({ ...symbol, location: { uri, range: symbol.range } }));
