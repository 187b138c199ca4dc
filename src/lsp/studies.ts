import type { TraceDocument } from "../language/document.ts";
import { studied } from "../language/studied.ts";
import type { Study } from "../study/study.ts";
import { Cancelled, type Progress } from "../trace/platform.ts";

/** A document is replayed once nothing has been written for so long, in milliseconds. */
const restMs = 200;
/** Milliseconds that a replay may take. */
const longestMs = 5000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What replays say of documents: each is replayed once, and only while it is the one that the client has open. */
export class Studies {
  private readonly known = new WeakMap<TraceDocument, Promise<Study | null>>();
  private readonly isOpen: (document: TraceDocument) => boolean;

  constructor(isOpen: (document: TraceDocument) => boolean) {
    this.isOpen = isOpen;
  }

  of(document: TraceDocument): Promise<Study | null> {
    const known = this.known.get(document) ?? this.begin(document);
    this.known.set(document, known);
    return known;
  }

  private async begin(document: TraceDocument): Promise<Study | null> {
    await pause(restMs);
    return this.isOpen(document) ? studied(document, this.progressOf(document)) : null;
  }

  /** Messages are looked at in between; a document that was changed meanwhile is not replayed to its end. */
  private progressOf(document: TraceDocument): Progress {
    const end = Date.now() + longestMs;
    return {
      tick: async () => {
        await pause(0);
        if (!this.isOpen(document) || Date.now() > end) throw new Cancelled();
      },
    };
  }
}
