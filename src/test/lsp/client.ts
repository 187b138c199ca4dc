import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type * as lsp from "vscode-languageserver-types";
import { fileUri } from "../../node/file-uri.ts";

/** What the server says: an answer to a request, a request or a notification of its own. */
interface Message {
  id?: number | string | null;
  method?: string;
  params?: Told;
  result?: unknown;
  error?: { code: number; message: string };
}

/** What a notification says, as far as it is looked at. */
interface Told {
  uri?: string;
  version?: number;
  diagnostics?: lsp.Diagnostic[];
}

/**
 * A client of the Language Server Protocol that shares no code with the server: it frames messages by hand and counts
 * columns as the protocol says, in UTF-16.
 */
export class Client {
  readonly process: ChildProcess;
  /** What the server wrote on stderr. */
  errors = "";
  capabilities: Record<string, unknown> = {};
  /** What the server asked; all of it is answered with null. */
  readonly asked: { method: string; params: unknown }[] = [];
  private buffer = Buffer.alloc(0);
  private id = 0;
  private readonly answers = new Map<number | null, (message: Message) => void>();
  private readonly told: Message[] = [];
  private wake: () => void = () => {};
  private readonly versions = new Map<string, number>();

  constructor() {
    this.process = spawn(process.execPath, [path.resolve("dist/cli.js"), "lsp", "--stdio"]);
    this.process.stdout!.on("data", (chunk: Buffer) => this.hear(chunk));
    this.process.stderr!.on("data", (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
  }

  async initialize(more: object = {}): Promise<this> {
    const params = { processId: process.pid, rootUri: null, capabilities: {}, ...more };
    const { capabilities } = await this.ask<{ capabilities: Record<string, unknown> }>("initialize", params);
    this.capabilities = capabilities;
    this.say("initialized", {});
    return this;
  }

  /** Ends the server as clients do, and gives its exit status. */
  async end(): Promise<number> {
    const gone = once(this.process, "exit");
    await this.ask("shutdown", null);
    this.say("exit", null);
    return (await gone)[0];
  }

  say(method: string, params: unknown): void {
    this.send({ method, params });
  }

  /** The answer to a request. Throws what the server refuses. */
  async ask<Answer>(method: string, params: unknown): Promise<Answer> {
    const { result, error } = await this.answer(method, params);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as Answer;
  }

  answer(method: string, params: unknown): Promise<Message> {
    const id = ++this.id;
    this.send({ id, method, params });
    return new Promise((resolve) => this.answers.set(id, resolve));
  }

  /** Any bytes, as no client sends them. */
  write(bytes: string | Uint8Array): void {
    this.process.stdin!.write(bytes);
  }

  open(text: string, name = "test.tlstrace", languageId = "tlstrace"): Document {
    const uri = fileUri(path.resolve(name));
    // Never the same again, so that what was told of it before is not taken for this.
    const version = (this.versions.get(uri) ?? 0) + 1;
    this.versions.set(uri, version);
    this.say("textDocument/didOpen", { textDocument: { uri, languageId, version, text } });
    return new Document(this, uri);
  }

  /** Changes a document by ranges, or whole where a change has none; gives its new version. */
  change(uri: string, contentChanges: { range?: lsp.Range; text: string }[]): number {
    const version = (this.versions.get(uri) ?? 0) + 1;
    this.versions.set(uri, version);
    this.say("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
    return version;
  }

  /** The diagnostics of a version of a document, once they are told. */
  async diagnostics(uri: string): Promise<lsp.Diagnostic[]> {
    const version = this.versions.get(uri)!;
    const { params } = await this.said(
      ({ method, params }) =>
        method === "textDocument/publishDiagnostics" && params?.uri === uri && params.version === version,
    );
    return params!.diagnostics!;
  }

  /** What the server says of itself that fits, once it has. */
  async said(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.told.findIndex(fits);
      if (at >= 0) return this.told.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private send(message: object): void {
    const json = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.write(`Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
  }

  private hear(chunk: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(
        this.buffer.toString("latin1", 0, 200),
      );
      if (head === null) return;
      const end = head[0].length + Number(head[1]);
      if (this.buffer.length < end) return;
      const message: Message = JSON.parse(this.buffer.toString("utf8", head[0].length, end));
      this.buffer = this.buffer.subarray(end);
      this.take(message);
    }
  }

  private take(message: Message): void {
    const { id, method } = message;
    if (method !== undefined && id !== undefined) {
      this.asked.push({ method, params: message.params });
      return this.send({ id, result: null });
    }
    const answered = typeof id === "number" && method === undefined ? this.answers.get(id) : undefined;
    if (answered !== undefined) {
      this.answers.delete(id as number);
      return answered(message);
    }
    this.told.push(message);
    this.wake();
  }
}

/** A document that the client has open. */
export class Document {
  private readonly client: Client;
  readonly uri: string;

  constructor(client: Client, uri: string) {
    this.client = client;
    this.uri = uri;
  }

  at<Answer>(method: string, line: number, character: number, more: object = {}): Promise<Answer> {
    const params = { textDocument: { uri: this.uri }, position: { line, character }, ...more };
    return this.client.ask(`textDocument/${method}`, params);
  }

  whole<Answer>(method: string, more: object = {}): Promise<Answer> {
    return this.client.ask(`textDocument/${method}`, { textDocument: { uri: this.uri }, ...more });
  }

  diagnostics(): Promise<lsp.Diagnostic[]> {
    return this.client.diagnostics(this.uri);
  }

  change(...changes: { range?: lsp.Range; text: string }[]): number {
    return this.client.change(this.uri, changes);
  }

  close(): void {
    this.client.say("textDocument/didClose", { textDocument: { uri: this.uri } });
  }
}

/** A text with a `|` where something is asked: the text without it, and the place. */
export function marked(text: string): { text: string; line: number; character: number } {
  const at = text.indexOf("|");
  const before = text.slice(0, at).split(/\r\n?|\n/);
  return {
    text: text.slice(0, at) + text.slice(at + 1),
    line: before.length - 1,
    character: before.at(-1)!.length,
  };
}
