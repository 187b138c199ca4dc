import { type FieldWatch, fieldWatches } from "../field-watches.ts";
import type { Source } from "../view/path.ts";
import type { View } from "../view/view.ts";

/**
 * Tells whether what a value is made of may have changed since one last looked: most stages change nothing that one
 * asks for, and a look at a few fields costs next to nothing.
 */
export class Watch {
  private readonly fields: readonly FieldWatch[];
  private readonly seen: Float64Array;
  private readonly inEvent: boolean;
  private readonly everyStage: boolean;
  private isFirst = true;
  private event = -1;
  private posted = 0;
  private taken = 0;

  constructor(reads: ReadonlySet<Source>) {
    this.fields = [...reads].flatMap((source) =>
      source === "event" || source === "before" || source === "stage" ? [] : [fieldWatches[source]],
    );
    this.seen = new Float64Array(this.fields.length).fill(Number.NaN);
    this.everyStage = reads.has("stage");
    this.inEvent = this.everyStage || reads.has("event") || reads.has("before");
  }

  /** True the first time, and whenever something may be another than it was when this was asked last. */
  stirs(view: View): boolean {
    const { fields, seen } = this;
    const { state } = view;
    let stirred = this.inEvent ? this.stirsInEvent(view) : false;
    for (let i = 0; i < fields.length; i++) if (fields[i]!(state, seen, i)) stirred = true;
    if (!this.isFirst) return stirred;
    this.isFirst = false;
    return true;
  }

  /** Another event, or of a value that changes on the way through one, another queue: that is all a stage shows beside the state. */
  private stirsInEvent({ position, posted }: View): boolean {
    const { event } = position;
    if (event !== this.event) this.event = event;
    else if (!this.everyStage || (posted.count === this.posted && posted.taken === this.taken)) return false;
    this.posted = posted.count;
    this.taken = posted.taken;
    return true;
  }
}
