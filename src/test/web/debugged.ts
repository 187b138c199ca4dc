import { DapClient } from "../../adapter/dap-client.ts";
import { TraceDebugSession } from "../../adapter/session.ts";
import { browserEnvironment } from "../../web/environment.ts";
import { type Reader, readAhead } from "../../web/read-ahead.ts";

/** What an editor heard of a capture up to its first out-of-order transmit. */
export interface Heard {
  /** The opening words: what was verified. */
  output: string;
  /** The stop, the stack's frames and the driver's expected sequence number there. */
  text: string;
  frames: string[];
  expectedSeq: string;
}

/** Files of a page, under URIs as editors on the web have them. */
const readerOf = (files: Readonly<Record<string, Uint8Array>>): Reader => ({
  size: async (path) => files[path]!.length,
  read: async (path) => files[path]!,
  list: async (folder) =>
    Object.keys(files)
      .filter((path) => path.startsWith(folder))
      .map((path) => path.slice(folder.length)),
});

/** Debugs one of the files where only a browser is, up to its first out-of-order transmit; what refuses it rejects. */
export async function debugged(files: Readonly<Record<string, Uint8Array>>, program: string): Promise<Heard> {
  const environment = browserEnvironment(await readAhead(readerOf(files), program));
  const client = new DapClient(new TraceDebugSession(environment), { patience: null });
  const { text = "", threadId } = await client.start({ program });
  const output = client.told("output").map((body) => body.output);
  const frames = (await client.stack(threadId)).map(({ name, line }) => `${name} ${line}`);
  return { output: output.join(""), text, frames, expectedSeq: await client.value("driver.expectedSeq") };
}
