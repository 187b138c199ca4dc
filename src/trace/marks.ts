const marksMax = 64;

/**
 * Places to come back to, the newest last. There are never many: of the older half every other one goes as more come,
 * so that a way back is the shorter the less there is to go back.
 */
export class Marks<T> {
  private marks: T[] = [];

  add(mark: T): void {
    if (this.marks.length === marksMax)
      this.marks = this.marks.filter((_, i) => i % 2 === 0 || i > marksMax / 2);
    this.marks.push(mark);
  }

  /** The newest one that still holds; those after it are forgotten. Null if none does. */
  back(holds: (mark: T) => boolean): T | null {
    while (this.marks.length > 0 && !holds(this.marks.at(-1)!)) this.marks.pop();
    return this.marks.at(-1) ?? null;
  }
}
