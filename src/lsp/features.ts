import {
  CodeActionKind,
  type Connection,
  LSPErrorCodes,
  ResponseError,
  type SemanticTokens,
  SemanticTokensBuilder,
  type ServerCapabilities,
  TextDocumentSyncKind,
} from "vscode-languageserver";
import { completionsAt, completionTriggers } from "../language/completion.ts";
import type { TraceDocument } from "../language/document.ts";
import { formatted } from "../language/format.ts";
import { hintsIn } from "../language/hints.ts";
import { hoverAt, type PageLink } from "../language/hover.ts";
import { type ClientCommands, lensesOf } from "../language/lenses.ts";
import {
  definitionAt,
  highlightsAt,
  linksOf,
  referencesAt,
  renameAt,
  renamedAt,
} from "../language/navigation.ts";
import { foldsOf, outlineOf } from "../language/outline.ts";
import { semanticTokens, tokenModifiers, tokenTypes } from "../language/semantic-tokens.ts";
import { signatureAt } from "../language/signature.ts";
import { UserError } from "../trace/platform.ts";
import type { ClientFacts } from "./client.ts";
import type { OpenDocuments } from "./documents.ts";
import { fixesIn } from "./fixes.ts";
import { located, namedParameters, plainHover } from "./plain.ts";
import { Studies } from "./studies.ts";

/** What the server answers a client. */
export const capabilitiesFor = ({ preparesRenames, readsActions }: ClientFacts): ServerCapabilities => ({
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
  completionProvider: { triggerCharacters: completionTriggers },
  hoverProvider: true,
  signatureHelpProvider: { triggerCharacters: [" "] },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: preparesRenames ? { prepareProvider: true } : true,
  codeLensProvider: {},
  inlayHintProvider: true,
  workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  documentLinkProvider: {},
  codeActionProvider: readsActions ? { codeActionKinds: ["quickfix"] } : true,
  documentFormattingProvider: true,
  documentRangeFormattingProvider: true,
  semanticTokensProvider: {
    legend: { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] },
    full: { delta: true },
    range: true,
  },
});

/** Who is answered, and by which pages. */
interface Answered {
  client: ClientFacts;
  page: PageLink;
}

/** Answers requests about the documents that are open: a function of `language` each. */
export function answer(connection: Connection, open: OpenDocuments, { client, page }: Answered): void {
  connection.onCompletion(({ textDocument, position }) =>
    open.ask(textDocument, (document) => completionsAt(document, position, client.canReplace)),
  );
  connection.onHover(({ textDocument, position }) => {
    const hover = open.ask(textDocument, (document) => hoverAt(document, position, page));
    return hover === null || client.showsMarkdown ? hover : plainHover(hover);
  });
  connection.onSignatureHelp(({ textDocument, position }) => {
    const help = open.ask(textDocument, (document) => signatureAt(document, position));
    return help === null || client.findsParameters ? help : namedParameters(help);
  });
  connection.onCodeAction(({ textDocument, range, context: { only } }, token) =>
    open.ask(textDocument, (document) => {
      const isWanted = () => !token.isCancellationRequested && open.of(document.uri) === document;
      return wantsFixes(only) ? fixesIn(document, range, isWanted) : [];
    }),
  );
  connection.onDocumentSymbol(({ textDocument }) => {
    const symbols = open.ask(textDocument, outlineOf);
    return symbols === null || client.readsOutlines ? symbols : located(symbols, textDocument.uri);
  });
  connection.onFoldingRanges(({ textDocument }) => open.ask(textDocument, foldsOf));
  connection.onDocumentLinks(({ textDocument }) => open.ask(textDocument, linksOf));
  connection.onDocumentFormatting(({ textDocument }) =>
    open.ask(textDocument, (document) => formatted(document)),
  );
  connection.onDocumentRangeFormatting(({ textDocument, range }) =>
    open.ask(textDocument, (document) => formatted(document, range)),
  );
  answerNames(connection, open);
  answerTokens(connection, open);
}

/** By the kinds of actions that a client asks for: a kind stands for those below it, the empty one for all. */
const wantsFixes = (only: readonly string[] | undefined): boolean =>
  only === undefined || only.some((kind) => kind === "" || kind === CodeActionKind.QuickFix);

/** What a replay says, once nothing is written for a moment. `commands`: those that the client has. */
export function answerReplayed(
  connection: Connection,
  open: OpenDocuments,
  commands: () => ClientCommands,
): void {
  const studies = new Studies((document) => open.of(document.uri) === document);
  connection.onCodeLens(async ({ textDocument: { uri } }) => {
    const document = open.of(uri);
    return document && lensesOf(document, await studies.of(document), commands());
  });
  connection.languages.inlayHint.on(async ({ textDocument: { uri }, range }) => {
    const document = open.of(uri);
    const study = document && (await studies.of(document));
    return study && hintsIn(document!, range, study.timeline);
  });
}

function answerNames(connection: Connection, open: OpenDocuments): void {
  connection.onDefinition(({ textDocument, position }) =>
    open.ask(textDocument, (document) => definitionAt(document, position)),
  );
  connection.onReferences(({ textDocument, position, context }) =>
    open.ask(textDocument, (document) => referencesAt(document, position, context.includeDeclaration)),
  );
  connection.onDocumentHighlight(({ textDocument, position }) =>
    open.ask(textDocument, (document) => highlightsAt(document, position)),
  );
  connection.onPrepareRename(({ textDocument, position }) =>
    open.ask(textDocument, (document) => renamedAt(document, position)),
  );
  connection.onRenameRequest(({ textDocument, position, newName }) => {
    try {
      return open.ask(textDocument, (document) => ({
        changes: { [document.uri]: renameAt(document, position, newName) },
      }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return new ResponseError(LSPErrorCodes.RequestFailed, error.message);
    }
  });
}

/** Words for a theme: whole, in sight, or what changed since the client asked last. */
function answerTokens(connection: Connection, open: OpenDocuments): void {
  const builders = new Map<string, SemanticTokensBuilder>();
  const none: SemanticTokens = { data: [] };
  const builderOf = (uri: string) => {
    const known = builders.get(uri) ?? new SemanticTokensBuilder();
    builders.set(uri, known);
    return known;
  };
  const fill = (builder: SemanticTokensBuilder, document: TraceDocument) => {
    for (const token of semanticTokens(document)) builder.push(...token);
    return builder;
  };
  open.onClose = (uri) => builders.delete(uri);
  const { semanticTokens: requests } = connection.languages;
  requests.on(({ textDocument: { uri } }) => {
    const builder = builderOf(uri);
    builder.previousResult("");
    return open.ask({ uri }, (document) => fill(builder, document).build()) ?? none;
  });
  requests.onDelta(({ textDocument: { uri }, previousResultId }) => {
    const builder = builderOf(uri);
    builder.previousResult(previousResultId);
    return open.ask({ uri }, (document) => fill(builder, document).buildEdits()) ?? none;
  });
  requests.onRange(({ textDocument, range }) => {
    const builder = new SemanticTokensBuilder();
    const built = open.ask(textDocument, (document) => {
      for (const token of semanticTokens(document, range)) builder.push(...token);
      return builder.build();
    });
    return built ?? none;
  });
}
