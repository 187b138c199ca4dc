/**
 * When a device's transmit queue stood still for all its connections: events at which a descriptor stopped it, and at
 * which a reset let it go on. Logged in the first pass, so that a replay of another connection alone knows.
 */
export class QueueStops {
  /** By event: true where the queue was stopped, false where it was reset. */
  private readonly turns = new Map<number, boolean>();

  /** A descriptor that the NIC cannot take stops the queue, from this event on. */
  stop(event: number): void {
    this.turns.set(event, true);
  }

  /** The queue was reset: it goes on behind this event. */
  restart(event: number): void {
    if (this.turns.size > 0) this.turns.set(event, false);
  }

  /** True if the queue was stopped before `event`, and no reset came since. */
  holdsAt(event: number): boolean {
    if (this.turns.size === 0) return false;
    const last = Math.max(...[...this.turns.keys()].filter((at) => at < event));
    return this.turns.get(last) ?? false;
  }
}
