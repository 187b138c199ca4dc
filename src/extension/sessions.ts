import * as vscode from "vscode";
import { debugType, programOf, uriOfProgram } from "./trace-files.ts";

/** What the adapter takes for a source. */
interface Source {
  name: string;
  path: string;
  sourceReference?: number;
}

/** A document that shows a session's trace: its file, or a listing that the session sent. */
export interface Shown {
  session: vscode.DebugSession;
  source: Source;
}

/** The sessions of this window: which of them a document is of, also when they are over. */
export class Sessions {
  private readonly living = new Map<string, vscode.DebugSession>();
  private readonly configurations = new Map<string, vscode.DebugConfiguration>();

  constructor(subscriptions: vscode.Disposable[]) {
    const { debug } = vscode;
    subscriptions.push(
      debug.onDidStartDebugSession((session) => {
        if (session.type !== debugType) return;
        this.living.set(session.id, session);
        this.configurations.set(session.id, session.configuration);
      }),
      debug.onDidTerminateDebugSession(({ id }) => this.living.delete(id)),
    );
  }

  /** The session that a document shows the trace of, the active one first; null if it shows none. */
  shownIn(uri: vscode.Uri): Shown | null {
    if (uri.scheme === "debug") return this.listingIn(uri);
    const active = vscode.debug.activeDebugSession;
    const all = [...(active ? [active] : []), ...this.living.values()];
    // A fork shows its own text, not the file's.
    const session = all.find(({ id, configuration }) => {
      const isFork = configuration.edits?.length > 0;
      return !isFork && this.living.has(id) && isProgram(configuration.program, uri);
    });
    return session ? { session, source: { name: programOf(uri), path: programOf(uri) } } : null;
  }

  private listingIn(uri: vscode.Uri): Shown | null {
    const { session: id, ref } = queryOf(uri);
    const session = this.living.get(id ?? "");
    const name = uri.path;
    return session ? { session, source: { name, path: name, sourceReference: Number(ref) } } : null;
  }

  /** Debugs again what a listing was of. */
  async again(listing: vscode.Uri): Promise<void> {
    const id = queryOf(listing).session ?? "";
    const session = this.living.get(id);
    const configuration = this.configurations.get(id);
    if (session) await restart(session);
    else if (configuration) await vscode.debug.startDebugging(undefined, configuration);
    else
      void vscode.window.showErrorMessage(
        vscode.l10n.t("The session that this listing is of is gone: debug the capture from the explorer."),
      );
  }
}

/** What a listing's address says of where it comes from: VS Code's `debug:NAME?session=ID&ref=N`. */
const queryOf = ({ query }: vscode.Uri): Partial<Record<string, string>> =>
  Object.fromEntries(query.split("&").map((part) => part.split("=").map(decodeURIComponent)));

/** Restarts a session as its toolbar does, which keeps breakpoints and window; one that is not looked at by the request alone. */
export async function restart(session: vscode.DebugSession): Promise<void> {
  if (session === vscode.debug.activeDebugSession)
    await vscode.commands.executeCommand("workbench.action.debug.restart");
  else await session.customRequest("restart", {});
}

/** True of the address of what a session debugs. */
export const isProgram = (program: unknown, uri: vscode.Uri): boolean =>
  typeof program === "string" && uriOfProgram(program).toString() === uri.toString();
