import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  AbstractMessageReader,
  type Connection,
  createConnection,
  type DataCallback,
  type Disposable,
  ErrorCodes,
  type Message,
  ResponseError,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { type ServerEnvironment, serve } from "../lsp/server.ts";
import { wrongIn } from "../lsp/shapes.ts";
import { Turns } from "../lsp/turns.ts";
import { fileUri } from "../node/file-uri.ts";
import { openNamed } from "../node/named-file.ts";
import { refuseBeside } from "../node/trace-alone.ts";
import { UserError } from "../trace/platform.ts";
import { MessageReader } from "./message-reader.ts";
import { complainLine, exitStatus } from "./output.ts";
import { version } from "./version.ts";

/** `tlstrace lsp`: the Language Server Protocol on stdin and stdout; `onlyDocuments`: no file that one names is read. */
export function serveLanguage(onlyDocuments: boolean): void {
  // What a library logs must not get among the messages.
  console.log = console.info = console.error;
  const alone: ServerEnvironment = { ...environment, openBeside: (_uri, named) => refuseBeside(named) };
  serve(connected(), onlyDocuments ? alone : environment);
}

/** The connection on stdin and stdout. */
function connected(): Connection {
  const writer = new StreamMessageWriter(process.stdout);
  const reader = new StdinReader((error, id) => {
    void writer.write({ jsonrpc: "2.0", id, error: error.toJson() } as Message);
  });
  const turns = new Turns();
  reader.onError((error) => giveUp(error.message));
  return createConnection(reader, writer, { messageStrategy: turns.messageStrategy });
}

function giveUp(problem: string): never {
  complainLine("tlstrace lsp", `what comes in is not the Language Server Protocol: ${problem}`);
  process.exit(exitStatus.unusable);
}

/** Bytes of a message: a document may be as long as a trace file. */
const messageSizeMax = 1 << 28;

/** Whoever asked, null where that cannot be told. */
type Id = string | number | null;

/** A body that is no message is refused and is one message less; what is not the protocol is an error. */
class StdinReader extends AbstractMessageReader {
  private readonly bytes = new MessageReader(messageSizeMax);
  private readonly refuse: (error: ResponseError<void>, id: Id) => void;

  constructor(refuse: (error: ResponseError<void>, id: Id) => void) {
    super();
    this.refuse = refuse;
  }

  listen(callback: DataCallback): Disposable {
    const { stdin } = process;
    stdin.on("data", (chunk) => this.tried(() => this.take(chunk, callback)));
    stdin.on("end", () => {
      this.tried(() => this.bytes.end());
      // In their turn: what came before is answered, and the last answer is written in the turn of the first.
      for (const method of ["$/end", "exit"]) callback({ jsonrpc: "2.0", method } as Message);
    });
    stdin.on("error", (error) => this.fireError(error));
    return { dispose: () => stdin.pause() };
  }

  private tried(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.fireError(error);
    }
  }

  private take(chunk: Buffer, callback: DataCallback): void {
    this.bytes.push(chunk);
    for (let text = this.bytes.next(); text !== null; text = this.bytes.next()) {
      const message = this.messageIn(text);
      // Whoever takes messages looks into this one before it has its turn.
      const { method, params } = (message ?? {}) as { method?: string; params?: unknown };
      const isUnfit = method === "$/cancelRequest" && wrongIn(method, params) !== null;
      if (message !== null && !isUnfit) callback(message);
    }
  }

  /** Null for text that is no message, which is answered (JSON-RPC 2.0, section 5.1). */
  private messageIn(text: string): Message | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const says = `a message is not JSON: ${(error as Error).message}`;
      this.refuse(new ResponseError(ErrorCodes.ParseError, says), null);
      return null;
    }
    if (isMessage(value)) return value;
    const id = (value as { id?: Id } | null)?.id ?? null;
    const says = "this is no message of JSON-RPC 2.0: neither a request nor a notification nor an answer";
    this.refuse(new ResponseError(ErrorCodes.InvalidRequest, says), isId(id) ? id : null);
    return null;
  }
}

const isId = (id: unknown): id is string | number => typeof id === "string" || typeof id === "number";

/** Requests, notifications and answers. */
function isMessage(value: unknown): value is Message {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { id, method } = value as { id?: unknown; method?: unknown };
  if (method !== undefined) return typeof method === "string" && (id === undefined || isId(id));
  return (isId(id) || id === null) && ("result" in value || "error" in value);
}

const environment: ServerEnvironment = {
  version,
  openBeside(uri, named, folders) {
    const trace = pathOf(uri);
    if (trace === null) throw new UserError(`${named} is beside a file that is not saved here: save it`);
    return openNamed(
      trace,
      named,
      folders.flatMap((folder) => pathOf(folder) ?? []),
    );
  },
  page: (page, text) => {
    const file = path.join(pages, page);
    return existsSync(file) ? `[${text}](${fileUri(file)})` : null;
  },
};

/** The path of a file of this machine; null for all other URIs. */
function pathOf(uri: string): string | null {
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

/** Where the documents lie beside the command. */
const pages = fileURLToPath(new URL("../media/docs", import.meta.url));
