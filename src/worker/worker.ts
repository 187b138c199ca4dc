// worker: what works in a Web Worker beside an editor in a browser: sessions, verdicts, the language server.

import type { Port, Task } from "../web/messages.ts";

/** Begins what a page has this worker for, of which it hears through the port; what each needs is loaded for it. */
export async function begin(task: Task, port: Port): Promise<void> {
  switch (task.task) {
    case "debug":
      return (await import("./debug.ts")).debug(port);
    case "language":
      return (await import("./language.ts")).serveLanguage(port, task.version);
    case "verify":
      return (await import("./captures.ts")).verify(task, port);
    case "export":
      return (await import("./captures.ts")).exportTrace(task, port);
  }
}
