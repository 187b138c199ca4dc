import type { StudyRequest } from "../study/request.ts";
import type { Files } from "./read-ahead.ts";

/** What a page has a worker for, with what it takes to begin; all else goes through a port of their own. */
export type Task =
  | { task: "debug" }
  | { task: "language"; version: string }
  | ({ task: "verify" | "export" } & CaptureTask);

/** Work on one capture. */
export interface CaptureTask {
  files: Files;
  capture: string;
  /** Null: those that lie beside it. */
  keys: StudyRequest["keys"];
}

/** Of a page to a worker that debugs: the files that its next launch may ask for, and messages of the protocol. */
export type DebugAsk = { files: Files } | { message: object };

/** Of a worker that verifies or exports: a row, the trace's text, and how it ended. */
export type Told = { row: string } | { text: string } | { status: number; complaint: string };

/** The notification that gives a language server files, as [path, bytes or why there are none][]. */
export const filesMessage = "tlstrace/files";

/** The end of a channel of messages, as browsers have them. */
export interface Port {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  close(): void;
}
