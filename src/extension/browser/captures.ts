import * as vscode from "vscode";
import { bringsSecrets, readsAsKeyLog } from "../../trace/keys/beside.ts";
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
  holdsSecrets: async (capture) => bringsSecrets(await headOf(plainPath(capture))),
  mayHoldKeys: async (capture, file) => {
    const path = plainPath(file);
    return (await keysBeside(files, capture)).includes(path) && holdsKeys(path);
  },
  // Folders are not looked through: each file would be fetched.
  offer: () => ({ found: Promise.resolve([]), cancel: () => {} }),
  verify: (capture, keys, take) => {
    const hear = (told: Told) => "row" in told && take(told.row);
    return { ...run(workers, { task: "verify", capture, keys }, hear), isLookedUp: false };
  },
  export: (capture, keys, to) =>
    run(workers, { task: "export", capture, keys }, async (told) => {
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

type Hearing = (told: Told) => unknown;

function run(
  workers: Workers,
  task: Omit<CaptureTask, "files"> & { task: "verify" | "export" },
  hear: Hearing,
): Run {
  let worker: Working | null = null;
  let cancel = () => {};
  const ended = new Promise<{ status: number | null; complaint: string }>((resolve) => {
    cancel = () => {
      worker?.end();
      resolve({ status: null, complaint: "" });
    };
    const fell = (how: unknown) => resolve({ status: 70, complaint: String(how) });
    const listen = (read: CaptureTask["files"]) => {
      worker = workers.begin({ ...task, files: read }, fell);
      let heard = Promise.resolve();
      worker.port.onmessage = ({ data }) => {
        const told = data as Told;
        heard = heard.then(async () => {
          await hear(told);
          if (!("status" in told)) return;
          worker?.end();
          resolve(told);
        }, fell);
      };
    };
    readAhead(
      files,
      task.capture,
      task.keys?.filter((key) => typeof key === "string"),
    ).then((read) => listen(owned(read)), fell);
  });
  return { ended, cancel: () => cancel() };
}
