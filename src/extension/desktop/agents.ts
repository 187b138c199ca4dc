import path from "node:path";
import * as vscode from "vscode";

/** The part of the editor that agents come with, from VS Code 1.101 on: older ones have none. */
interface LanguageModels {
  registerMcpServerDefinitionProvider?(id: string, provider: Provider): vscode.Disposable;
}

/** What the editor asks: the servers there are, again whenever they may have changed. */
interface Provider {
  onDidChangeMcpServerDefinitions: vscode.Event<void>;
  provideMcpServerDefinitions(): object[];
}

type Definition = new (label: string, command: string, args: string[], env: object) => object;

const setting = "tlstrace.agents.enabled";

/** Agents may name any file: where the workspace is not trusted they have no tools. */
const isOffered = (): boolean =>
  vscode.workspace.isTrusted && vscode.workspace.getConfiguration().get<boolean>(setting) === true;

/** Offers `tlstrace mcp` to the editor's agents, where it has some and the user wants it. */
export function offerAgents({ extensionPath, subscriptions }: vscode.ExtensionContext): void {
  const { lm, McpStdioServerDefinition } = vscode as unknown as {
    lm?: LanguageModels;
    McpStdioServerDefinition?: Definition;
  };
  if (!lm?.registerMcpServerDefinitionProvider || !McpStdioServerDefinition) return;
  const changed = new vscode.EventEmitter<void>();
  const command = path.join(extensionPath, "dist", "cli.js");
  const server = () =>
    new McpStdioServerDefinition("tlstrace", process.execPath, [command, "mcp"], {
      ELECTRON_RUN_AS_NODE: "1",
    });
  subscriptions.push(
    changed,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(setting)) changed.fire();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()),
    lm.registerMcpServerDefinitionProvider("tlstrace", {
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions: () => (isOffered() ? [server()] : []),
    }),
  );
}
