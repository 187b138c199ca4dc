import type { Position } from "../../replay/timeline.ts";

/** A step forwards of one connection. */
interface Step {
  from: Position;
  to: Position;
  connection: number;
}

/** Steps that can be undone; those before them are forgotten. */
const stepsMax = 10_000;

/** The steps forwards that were made and not undone, so that Step Back comes out exactly where each began. */
export class Trail {
  private steps: Step[] = [];

  push(step: Step): void {
    if (this.steps.length >= stepsMax) this.steps = this.steps.slice(stepsMax / 2);
    this.steps.push(step);
  }

  /** The last step, taken away, if it is one of this connection that led to `to`; else null, and all stay. */
  takeTo(to: Position, connection: number): Step | null {
    const last = this.steps.at(-1);
    if (!last || last.connection !== connection || !isSame(last.to, to)) return null;
    this.steps.pop();
    return last;
  }
}

const isSame = (a: Position, b: Position): boolean => a.event === b.event && a.stage === b.stage;
