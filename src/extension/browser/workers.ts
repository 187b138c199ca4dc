import type * as vscode from "vscode";
import type { Port, Task } from "../../web/messages.ts";
import type { Files } from "../../web/read-ahead.ts";

/** As browsers have them; the types of Node.js have others. */
interface BrowserWorker {
  onmessage: (event: { data: { failed: string } }) => void;
  onerror: (event: { message: string }) => void;
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  terminate(): void;
}
const { Worker } = globalThis as unknown as { Worker: new (address: string) => BrowserWorker };

/** A worker and its end of the channel. */
export interface Working {
  port: Port;
  /** Ends it at once, whatever it does. */
  end(): void;
}

/** Web Workers that run what a desktop runs as processes: what they do takes no time from the editor's extensions. */
export class Workers {
  private readonly address: string;

  /** `script`: where it is fetched from. */
  constructor(script: vscode.Uri) {
    // A worker may only be made of what comes from where the editor comes from; it may import from elsewhere.
    const text = `onmessage = ({ data: [task, port] }) => import(${JSON.stringify(script.toString(true))})
      .then(({ begin }) => begin(task, port))
      .catch((error) => postMessage({ failed: String(error) }));`;
    this.address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  }

  /** Begins a task. `fell` is told of a defect, or that its script cannot be had. */
  begin(task: Task, fell: (how: string) => void): Working {
    const worker = new Worker(this.address);
    const { port1, port2 } = new MessageChannel();
    worker.onmessage = ({ data }) => fell(data.failed);
    worker.onerror = ({ message }) => fell(message);
    worker.postMessage([task, port2], [port2, ...("files" in task ? buffersOf(task.files) : [])]);
    return { port: port1 as unknown as Port, end: () => worker.terminate() };
  }
}

/** What moves to a worker with files, so that nothing is there twice. */
export const buffersOf = (files: Files): ArrayBufferLike[] =>
  [...files.values()].flatMap((bytes) => (typeof bytes === "string" ? [] : bytes.buffer));

/** Files whose bytes are nobody else's, and so can move. */
export const owned = (files: Files): Files =>
  new Map([...files].map(([path, bytes]) => [path, typeof bytes === "string" ? bytes : bytes.slice()]));
