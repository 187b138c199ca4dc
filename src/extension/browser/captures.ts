import * as vscode from "vscode";
import { bringsSecrets, readsAsKeyLog } from "../../trace/keys/beside.ts";
import { inflatedHead } from "../../web/gunzip.ts";
import type { CaptureTask, Told } from "../../web/messages.ts";
import { keysBeside, plainPath, readAhead, whyUnread } from "../../web/read-ahead.ts";
import { files, uriOf } from "../files.ts";
import type { CapturePlace, Run } from "../place.ts";
import { programOf } from "../trace-files.ts";
import { owned, type Workers, type Working } from "./workers.ts";

/** How much of a file is looked at for keys. */
const headSize = 1 << 20;

/** Captures that the editor can read, each worked on in a worker of its own. */
export const captureWorkers = (workers: Workers): CapturePlace => ({
  whyUnreadable: (capture) => whyUnread(files, plainPath(capture)),
  keysBeside: async (capture) => {
    const found = await keysBeside(files, capture);
    const holding = await Promise.all(found.map(holdsKeys));
    return found.filter((_, i) => holding[i]).map((path) => programOf(uriOf(path)));
  },
  holdsSecrets: async (capture) => bringsSecrets(await inflatedHead(await headOf(plainPath(capture)))),
  mayHoldKeys: async (capture, file) => {
    const path = plainPath(file);
    return (await keysBeside(files, capture)).includes(path) && holdsKeys(path);
  },
  // Folders are not looked through: each file would be fetched.
  offer: () => ({ found: Promise.resolve([]), cancel: () => {} }),
  verify: (capture, keys, take) => {
    const hear = (told: Told) => "row" in told && take(told.row);
    const { ended, cancel } = new WorkerRun(workers, { task: "verify", capture, keys }, hear);
    return { ended, cancel, isLookedUp: false };
  },
  export: (capture, keys, to) =>
    new WorkerRun(workers, { task: "export", capture, keys }, async (told) => {
      if ("text" in told) await vscode.workspace.fs.writeFile(to, new TextEncoder().encode(told.text));
    }),
});

const holdsKeys = async (path: string): Promise<boolean> =>
  path.endsWith(".json") || readsAsKeyLog(new TextDecoder("latin1").decode(await headOf(path)));

/** A file's beginning; nothing of one that cannot be read, of which its own reader tells later. */
const headOf = async (path: string): Promise<Uint8Array> => {
  if ((await whyUnread(files, path)) !== null) return new Uint8Array(0);
  return (await files.read(path)).subarray(0, headSize);
};

type CaptureWork = Omit<CaptureTask, "files"> & { task: "verify" | "export" };

/** A capture that a worker has; it begins once the files are read. */
class WorkerRun implements Run {
  readonly ended: Promise<{ status: number | null; complaint: string }>;
  private resolve!: (how: { status: number | null; complaint: string }) => void;
  private worker: Working | null = null;
  private isOver = false;

  /** `hear` gets what the worker tells, one after the other. */
  constructor(workers: Workers, work: CaptureWork, hear: (told: Told) => unknown) {
    this.ended = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.begin(workers, work, hear).catch(this.fell);
  }

  readonly cancel = (): void => this.end(null, "");

  private readonly fell = (how: unknown): void => this.end(70, String(how));

  private async begin(workers: Workers, work: CaptureWork, hear: (told: Told) => unknown): Promise<void> {
    const keys = work.keys?.filter((key) => typeof key === "string");
    const read = owned(await readAhead(files, work.capture, keys));
    if (this.isOver) return;
    this.worker = workers.begin({ ...work, files: read }, this.fell);
    let heard = Promise.resolve();
    this.worker.port.onmessage = ({ data }) => {
      const told = data as Told;
      heard = heard.then(async () => {
        if (this.isOver) return;
        await hear(told);
        if ("status" in told) this.end(told.status, told.complaint);
      });
      heard.catch(this.fell);
    };
  }

  private end(status: number | null, complaint: string): void {
    this.isOver = true;
    this.worker?.end();
    this.resolve({ status, complaint });
  }
}
