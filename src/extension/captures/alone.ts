import * as vscode from "vscode";
import type { CapturePlace } from "../place.ts";

/** Work on captures that reads the capture alone for as long as the workspace is not trusted: no keys, wherever they lie. */
export function aloneUntilTrusted(place: CapturePlace): CapturePlace {
  const isTrusted = () => vscode.workspace.isTrusted;
  const keysFor = (keys: string[] | null) => (isTrusted() ? keys : []);
  return {
    ...place,
    keysBeside: async (capture) => (isTrusted() ? place.keysBeside(capture) : []),
    mayHoldKeys: async (capture, file) => isTrusted() && place.mayHoldKeys(capture, file),
    offer: (capture) =>
      isTrusted() ? place.offer(capture) : { found: Promise.resolve([]), cancel: () => {} },
    verify: (capture, keys, take) => place.verify(capture, keysFor(keys), take),
    export: (capture, keys, to) => place.export(capture, keysFor(keys), to),
  };
}
