const marksMax = 128;
/** How much further back a place may be than it would have to, as a share of how far back it is. */
const detour = 1 / 8;

/** Places to come back to, the newest last. There are never many: the older they are the fewer stay. */
export class Marks<T> {
  private marks: { number: number; mark: T }[] = [];
  private added = 0;

  add(mark: T): void {
    if (this.marks.length >= marksMax) this.thin();
    this.marks.push({ number: this.added++, mark });
  }

  /** The newest one that still holds; those after it are forgotten. Null if none does. */
  back(holds: (mark: T) => boolean): T | null {
    while (this.marks.length > 0 && !holds(this.marks.at(-1)!.mark)) this.marks.pop();
    const last = this.marks.at(-1);
    if (last) this.added = last.number + 1;
    return last?.mark ?? null;
  }

  /** Leaves out those whose neighbours are near enough to each other for their age; the first one stays. */
  private thin(): void {
    const { marks, added } = this;
    const kept = marks.slice(0, 1);
    for (let i = 1; i < marks.length; i++) {
      const next = marks[i + 1];
      const isNear = next && next.number - kept.at(-1)!.number <= detour * (added - next.number);
      if (!isNear) kept.push(marks[i]!);
    }
    this.marks = kept;
  }
}
