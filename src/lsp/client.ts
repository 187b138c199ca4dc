import type { ClientCapabilities, InitializeParams } from "vscode-languageserver";
import type { ClientCommands } from "../language/lenses.ts";

/** What a client says of itself. */
export class ClientFacts {
  /** `{ "commands": ["tlstrace.debugFile", …] }`: what it can do with a file. */
  commands: ClientCommands = new Set();
  readonly folders = new Set<string>();
  private text: NonNullable<ClientCapabilities["textDocument"]> = {};
  private workspace: NonNullable<ClientCapabilities["workspace"]> = {};

  hear({ initializationOptions, workspaceFolders, rootUri, capabilities }: InitializeParams): void {
    const given: unknown = initializationOptions?.commands;
    this.commands = new Set(Array.isArray(given) ? given.filter((one) => typeof one === "string") : []);
    const roots = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri === null ? [] : [rootUri]);
    for (const uri of roots) this.folders.add(uri);
    this.text = capabilities.textDocument ?? {};
    this.workspace = capabilities.workspace ?? {};
  }

  hearFolders(params: unknown): void {
    const { event } = params as { event: Record<"added" | "removed", { uri: string }[]> };
    for (const { uri } of event.removed) this.folders.delete(uri);
    for (const { uri } of event.added) this.folders.add(uri);
  }

  /** It lets the user choose whether the rest of a word goes when something is completed. */
  get canReplace(): boolean {
    return this.text.completion?.completionItem?.insertReplaceSupport === true;
  }

  /** It shows a hover's Markdown; one that does not say what it shows is taken to. */
  get showsMarkdown(): boolean {
    return this.text.hover?.contentFormat?.includes("markdown") ?? true;
  }

  /** It finds a signature's parameter by its place; else by its text. */
  get findsParameters(): boolean {
    return this.text.signatureHelp?.signatureInformation?.parameterInformation?.labelOffsetSupport === true;
  }

  /** It reads an outline by the symbols' ranges; else by their locations. */
  get readsOutlines(): boolean {
    return this.text.documentSymbol?.hierarchicalDocumentSymbolSupport === true;
  }

  get preparesRenames(): boolean {
    return this.text.rename?.prepareSupport === true;
  }

  get readsActions(): boolean {
    return this.text.codeAction?.codeActionLiteralSupport !== undefined;
  }

  /** It tells of files that change once it is asked to. */
  get canWatch(): boolean {
    return this.workspace.didChangeWatchedFiles?.dynamicRegistration === true;
  }

  /** It tells of documents that it is asked for besides those that it was set up with. */
  get canSync(): boolean {
    return this.text.synchronization?.dynamicRegistration === true;
  }

  /** It asks for lenses and for hints again once it is told to. */
  get asksAgain(): { lenses: boolean; hints: boolean } {
    const { codeLens, inlayHint } = this.workspace;
    return { lenses: codeLens?.refreshSupport === true, hints: inlayHint?.refreshSupport === true };
  }
}
