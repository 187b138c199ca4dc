import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Connection,
  createConnection,
  ErrorCodes,
  type Message,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { type ServerEnvironment, serve } from "../lsp/server.ts";
import { Turns } from "../lsp/turns.ts";
import { fileUri } from "../node/file-uri.ts";
import { openNamed } from "../node/named-file.ts";
import { refuseBeside } from "../node/trace-alone.ts";
import { UserError } from "../trace/platform.ts";
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
  const reader = new StreamMessageReader(process.stdin);
  const writer = new StreamMessageWriter(process.stdout);
  const turns = new Turns();
  reader.onError((error) => {
    // Nothing behind a head that is none can be trusted; a body that is none is one message less.
    if (!(error instanceof SyntaxError)) giveUp(error.message);
    const told = { code: ErrorCodes.ParseError, message: `a message is not JSON: ${error.message}` };
    void writer.write({ jsonrpc: "2.0", id: null, error: told } as Message);
  });
  process.stdin.on("end", () => process.exit(turns.areOver ? 0 : 1));
  return createConnection(reader, writer, { messageStrategy: turns.messageStrategy });
}

function giveUp(problem: string): never {
  console.error(`tlstrace lsp: what comes in is not the Language Server Protocol: ${problem}`);
  process.exit(1);
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
