import { type FieldReader, fieldReaders } from "../field-readers.ts";
import type { Source } from "../view/path.ts";
import type { View } from "../view/view.ts";

/**
 * Tells whether what a value is made of may have changed since one last looked: most stages change nothing that one
 * asks for, and a look at a few fields costs next to nothing.
 */
export class Watch {
  private readonly readers: readonly FieldReader[];
  private readonly seen: Float64Array;
  private readonly now: Float64Array;
  private readonly everyEvent: boolean;
  private readonly everyStage: boolean;
  private event = -1;

  constructor(reads: ReadonlySet<Source>) {
    this.readers = [...reads].flatMap((source) =>
      source === "event" || source === "before" || source === "stage" ? [] : [fieldReaders[source]],
    );
    this.seen = new Float64Array(this.readers.length).fill(Number.NaN);
    this.now = new Float64Array(this.readers.length);
    this.everyEvent = reads.has("event") || reads.has("before");
    this.everyStage = reads.has("stage");
  }

  /** True the first time, and whenever something may be another than it was when this was asked last. */
  stirs({ state, position }: View): boolean {
    let stirred = this.event < 0 || this.everyStage || (this.everyEvent && this.event !== position.event);
    this.event = position.event;
    const { readers, seen, now } = this;
    for (let i = 0; i < readers.length; i++) {
      readers[i]!(state, now, i);
      if (now[i] === seen[i]) continue;
      seen[i] = now[i]!;
      stirred = true;
    }
    return stirred;
  }
}
