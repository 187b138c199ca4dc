import * as vscode from "vscode";
import type { Place } from "../place.ts";
import { adapterWorkers } from "./adapter.ts";
import { captureWorkers } from "./captures.ts";
import { languageWorker } from "./language.ts";
import { Workers } from "./workers.ts";

/** What a browser gives the extension: all work in workers. */
export function browserPlace({ extension, extensionUri }: vscode.ExtensionContext): Place {
  const workers = new Workers(vscode.Uri.joinPath(extensionUri, "dist", "web-worker.js"));
  return {
    adapter: adapterWorkers(workers),
    captures: captureWorkers(workers),
    language: languageWorker(workers, extension.packageJSON.version),
  };
}
