import * as vscode from "vscode";

/** How long the first capture waits for the editor at most, and how often it asks. */
const waitMs = 20_000;
const askMs = 200;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

let waited: Promise<void> | null = null;

/**
 * Waits until the editor can show a capture's listing. What an adapter sends as a document has the scheme `debug`, and a
 * window learns to open that only some seconds after it is there; a stop before would leave an editor that says that
 * it could not be opened, for the rest of the session. An editor that never says so is waited for once.
 */
export function listingsCanShow(): Promise<void> {
  waited ??= askUntil(Date.now() + waitMs);
  return waited;
}

async function askUntil(end: number): Promise<void> {
  while (!(await knowsScheme()) && Date.now() < end) await sleep(askMs);
}

/** A scheme that no editor and no extension knows. */
const nobodys = "tlstrace-nobodys-scheme";

/**
 * A document of no session cannot be opened either way. What the editor says of it, in whatever language, is what it
 * says of a scheme that nobody knows, until it knows this one.
 */
async function knowsScheme(): Promise<boolean> {
  const [ours, unknown] = await Promise.all([refusalOf("debug"), refusalOf(nobodys)]);
  return ours !== unknown;
}

/** What the editor says of a document that is not there, without the scheme; null if it opens one. */
async function refusalOf(scheme: string): Promise<string | null> {
  try {
    await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme, path: "listing" }));
    return null;
  } catch (error) {
    return String(error).replaceAll(scheme, "");
  }
}
