// extension: the VS Code extension.

import * as vscode from "vscode";
import { aloneUntilTrusted } from "./captures/alone.ts";
import { Captures } from "./captures/captures.ts";
import { configurationProvider, dynamicProvider } from "./configurations.ts";
import { debugViewTrackers } from "./debug-view.ts";
import { Findings } from "./findings.ts";
import { forkCommands } from "./forks.ts";
import { expressionProvider, inlineValuesProvider } from "./hovers.ts";
import { CaptureKeys } from "./keys.ts";
import { launchErrorTrackers } from "./launch-errors.ts";
import { Lines } from "./lines.ts";
import { debuggingAs, type Given, uriOf } from "./picks/debug-as.ts";
import { minimise } from "./picks/minimise.ts";
import { sampleCommands } from "./picks/samples.ts";
import { choosePresets, stopAt } from "./picks/stop-at.ts";
import { Pictures } from "./pictures.ts";
import type { LanguagePlace, Place } from "./place.ts";
import { RowDocuments } from "./rows.ts";
import { Sessions } from "./sessions.ts";
import { StaleFiles } from "./stale.ts";
import { StatusTrackers } from "./status.ts";
import { timeTravel } from "./time-travel.ts";
import {
  activeTrace,
  configurationOf,
  debugType,
  followTraces,
  pickTrace,
  programOf,
  uriOfProgram,
} from "./trace-files.ts";

/** What the extension is everywhere: says to the editor who answers for debug type and language `tlstrace`. */
export function begin(context: vscode.ExtensionContext, place: Place): void {
  const { debug, commands, languages } = vscode;
  const memory = context.workspaceState;
  const sessions = new Sessions(context.subscriptions);
  const stale = new StaleFiles(context.subscriptions);
  new RowDocuments(context.subscriptions);
  new Pictures(context);
  const captures = aloneUntilTrusted(place.captures);
  const keys = new CaptureKeys(memory, captures);
  new Captures(context, captures, keys);
  followTraces(context.subscriptions);
  context.subscriptions.push(
    debug.registerDebugAdapterDescriptorFactory(debugType, place.adapter),
    debug.registerDebugConfigurationProvider(debugType, configurationProvider(memory, place, keys)),
    debug.registerDebugConfigurationProvider(
      debugType,
      dynamicProvider,
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    debug.registerDebugAdapterTrackerFactory(debugType, new StatusTrackers(context.subscriptions)),
    debug.registerDebugAdapterTrackerFactory(debugType, debugViewTrackers),
    debug.registerDebugAdapterTrackerFactory(debugType, launchErrorTrackers),
    debug.registerDebugAdapterTrackerFactory(debugType, stale),
    debug.registerDebugAdapterTrackerFactory(debugType, new Findings(context.subscriptions)),
    commands.registerCommand("tlstrace.stopAt", stopAt),
    commands.registerCommand("tlstrace.presets", choosePresets),
    commands.registerCommand("tlstrace.debugFile", (uri?: Given) => debugFile(sessions, uriOf(uri))),
    ...debuggingAs(),
    ...sampleCommands(),
    commands.registerCommand("tlstrace.minimise", minimise),
    commands.registerCommand("tlstrace.restart", () => stale.restart()),
    commands.registerCommand("tlstrace.stepBackInto", stepBackInto),
    ...timeTravel(memory),
    ...forkCommands(),
    languages.registerEvaluatableExpressionProvider(documents, expressionProvider),
    languages.registerInlayHintsProvider(
      documents,
      new Lines(sessions, (id) => stale.isStale(id), context.subscriptions),
    ),
    languages.registerInlineValuesProvider(documents, inlineValuesProvider),
  );
  void language(context, place.language);
}

/** Starts the language server for the first document that it answers for: who looks at captures alone pays nothing for it. */
async function language({ subscriptions }: vscode.ExtensionContext, place: LanguagePlace): Promise<void> {
  const written = place.schemes().flatMap((scheme) => documents.map((each) => ({ scheme, ...each })));
  await opened(written, subscriptions);
  const { startLanguageClient } = await import("./language-client.ts");
  let client = await startLanguageClient(place, written);
  subscriptions.push(
    { dispose: () => client.dispose() },
    // Only then it may read what documents name.
    vscode.workspace.onDidGrantWorkspaceTrust(async () => {
      await client.dispose();
      client = await startLanguageClient(place, written);
    }),
  );
}

/** Waits until a document is open that fits. */
function opened(selector: vscode.DocumentSelector, subscriptions: vscode.Disposable[]): Promise<void> {
  const { languages, workspace } = vscode;
  const fits = (document: vscode.TextDocument) => languages.match(selector, document) > 0;
  if (workspace.textDocuments.some(fits)) return Promise.resolve();
  return new Promise((resolve) => {
    const opening = workspace.onDidOpenTextDocument((document) => {
      if (!fits(document)) return;
      opening.dispose();
      resolve();
    });
    subscriptions.push(opening);
  });
}

/** The languages that are debugged as text; a capture's listing is in the first. */
const documents = [{ language: debugType }, { language: "packetdrill" }];

/** Debugs the file that the command was called on, else the active one, else one to pick. */
async function debugFile(sessions: Sessions, uri?: vscode.Uri): Promise<void> {
  // A listing is no file: what it is of is debugged again.
  const listing = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (listing?.scheme === "debug") return sessions.again(listing);
  const program = uri ? programOf(uri) : (activeTrace() ?? (await pickTrace()));
  if (program === undefined) return;
  const folder = vscode.workspace.getWorkspaceFolder(uriOfProgram(program));
  await vscode.debug.startDebugging(folder, configurationOf(program));
}

/** One stage back. The editor's own Step Back goes by events, and sends a finer grain only from its disassembly view. */
async function stepBackInto(): Promise<void> {
  const item = vscode.debug.activeStackItem;
  if (item)
    await item.session.customRequest("stepBack", { threadId: item.threadId, granularity: "instruction" });
}
