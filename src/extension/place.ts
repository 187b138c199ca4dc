import type * as vscode from "vscode";
import type { Port } from "../web/messages.ts";
import type { Files } from "../web/read-ahead.ts";

/** What the extension is given where it runs: by Node.js on a desktop or a server, by a browser alone. */
export interface Place {
  adapter: vscode.DebugAdapterDescriptorFactory;
  captures: CapturePlace;
  language: LanguagePlace;
}

/** Work on a capture, beside the editor. Captures and files of keys are named as programs are. */
export interface CapturePlace {
  /** Why it cannot be read, in words for its user; null if it can. */
  whyUnreadable(capture: string): Promise<string | null>;
  /** Files of keys that lie beside it, the best first. */
  keysBeside(capture: string): Promise<string[]>;
  /** True if it brings its own keys. */
  holdsSecrets(capture: string): Promise<boolean>;
  /** True of a file that may open what of it is not open. */
  mayHoldKeys(capture: string, file: string): Promise<boolean>;
  /** Looks through the key logs of the workspace for its sessions, by client random. */
  offer(capture: string): Offered;
  /** `take` gets each row of `tlstrace verify --json`. Keys: null = those that can be found. */
  verify(capture: string, keys: string[] | null, take: (row: string) => void): Verification;
  /** Writes it as a trace, over a file that is there. */
  export(capture: string, keys: string[] | null, to: vscode.Uri): Run;
}

/** Key files of the workspace that hold a capture's sessions, which are being looked for. */
export interface Offered {
  found: Promise<string[]>;
  cancel(): void;
}

/** Work that was begun. */
export interface Run {
  /** Its exit status (null = it was ended), and what it complained of. */
  ended: Promise<{ status: number | null; complaint: string }>;
  cancel(): void;
}

export interface Verification extends Run {
  /** True if keys were looked up in the workspace: nobody chose them. */
  isLookedUp: boolean;
}

export interface LanguagePlace {
  /** Of documents that somebody writes: a capture's listing is read-only and may have millions of lines. */
  schemes(): string[];
  /** Starts a server. */
  begin(): Promise<LanguageServer>;
  /** What a document may name, for a server that cannot read files; null: it can. */
  beside: ((document: string) => Promise<Files>) | null;
}

/** A language server at work: a process by its streams, a worker by its port. */
export type LanguageServer = { end(): void } & (
  | { streams: { output: NodeJS.ReadableStream; input: NodeJS.WritableStream } }
  | { port: Port }
);
