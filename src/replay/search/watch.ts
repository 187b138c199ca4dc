import { type FieldWatch, fieldWatches } from "../field-watches.ts";
import type { Source } from "../view/path.ts";
import type { View } from "../view/view.ts";

/**
 * Tells whether what a value is made of may have changed since one last looked: most stages change nothing that one
 * asks for, and a look at a few fields costs next to nothing.
 */
export class Watch {
  private readonly fields: readonly FieldWatch[];
  private readonly first: FieldWatch | null;
  private readonly second: FieldWatch | null;
  private readonly third: FieldWatch | null;
  private readonly seen: Float64Array;
  private readonly inEvent: boolean;
  private readonly everyStage: boolean;
  private isFirst = true;
  private isWoken = false;
  private event = -1;
  private posted = 0;
  private taken = 0;

  constructor(reads: ReadonlySet<Source>) {
    this.fields = [...reads].flatMap((source) =>
      source === "event" || source === "before" || source === "stage" ? [] : [fieldWatches[source]],
    );
    this.first = this.fields[0] ?? null;
    this.second = this.fields[1] ?? null;
    this.third = this.fields[2] ?? null;
    this.seen = new Float64Array(this.fields.length).fill(Number.NaN);
    this.everyStage = reads.has("stage");
    this.inEvent = this.everyStage || reads.has("event") || reads.has("before");
  }

  /** True the first time, and whenever something may be another than it was when this was asked last. */
  stirs(view: View): boolean {
    if (this.isWoken) {
      this.isWoken = false;
      return true;
    }
    const { fields, seen } = this;
    const { state } = view;
    let stirred = this.inEvent ? this.stirsInEvent(view) : false;
    if (this.first?.(state, seen, 0)) stirred = true;
    if (this.second?.(state, seen, 1)) stirred = true;
    if (this.third?.(state, seen, 2)) stirred = true;
    for (let i = 3; i < fields.length; i++) if (fields[i]!(state, seen, i)) stirred = true;
    if (!this.isFirst) return stirred;
    this.isFirst = false;
    return true;
  }

  /** The same for who sleeps until then: whoever asks next is told once more. */
  wakes(view: View): boolean {
    if (!this.stirs(view)) return false;
    this.isWoken = true;
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
