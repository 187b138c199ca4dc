import type { DebugProtocol } from "@vscode/debugprotocol";
import { Cancelled, type Progress } from "../trace/platform.ts";

/** Work goes on for so long before messages are looked at again, so that pause and cancel get through. */
const sliceMs = 15;
/** Shorter work shows no progress; longer work shows some this often. */
const progressMs = 300;

const messagesHandled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Work was stopped where it is: what it has come to holds. */
export class Paused extends Cancelled {}

/** Does work of which nobody waits for the end, in slices between which messages are looked at. */
export async function unhurried(work: Generator<number>): Promise<void> {
  for (let isDone = false; !isDone; ) {
    await messagesHandled();
    const end = Date.now() + sliceMs;
    while (!isDone && Date.now() < end) isDone = work.next().done === true;
  }
}

type SendProgress = (event: "progressStart" | "progressUpdate" | "progressEnd", body: object) => void;

/** A long piece of work (loading, a continue): yields to incoming messages, shows progress, can be cancelled. */
export class Job implements Progress {
  readonly id: string;
  readonly requestId: number | undefined;
  private readonly title: string;
  /** Null if the editor shows no progress. */
  private readonly send: SendProgress | null;
  /** Resolves when the work is done, whatever came of it. */
  readonly ended: Promise<void>;
  private resolveEnded!: () => void;
  private cut: Cancelled | null = null;
  private shown = false;
  private yieldedAt = Date.now();
  private toldAt = this.yieldedAt;

  constructor(id: string, title: string, requestId: number | undefined, send: SendProgress | null) {
    this.id = id;
    this.title = title;
    this.requestId = requestId;
    this.send = send;
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  /** Stops the work as if it had not begun. */
  cancel(): void {
    this.cut ??= new Cancelled();
  }

  /** Stops the work where it is. */
  pause(): void {
    this.cut ??= new Paused();
  }

  async tick(done: number, total: number, what: string): Promise<void> {
    const now = Date.now();
    if (now - this.yieldedAt >= sliceMs) {
      if (now - this.toldAt >= progressMs) this.tell(done, total, what, now);
      await messagesHandled();
      this.yieldedAt = Date.now();
    }
    if (this.cut) throw this.cut;
  }

  private tell(done: number, total: number, message: string, now: number): void {
    this.toldAt = now;
    const percentage = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
    const body = { progressId: this.id, message, percentage };
    if (this.shown) this.send?.("progressUpdate", body);
    else {
      const start: DebugProtocol.ProgressStartEvent["body"] = {
        ...body,
        title: this.title,
        cancellable: true,
      };
      if (this.requestId !== undefined) start.requestId = this.requestId;
      this.send?.("progressStart", start);
    }
    this.shown = true;
  }

  /** The work is done, whatever came of it. */
  end(): void {
    if (this.shown) this.send?.("progressEnd", { progressId: this.id });
    this.shown = false;
    this.resolveEnded();
  }
}
