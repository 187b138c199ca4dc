/**
 * When a device's transmit queue stood still for all its connections: the events at which one connection's descriptor
 * stopped it, and at which a reset let it go on. Logged in the first pass, so that a replay of another connection alone
 * knows.
 */
export class QueueStops {
  private readonly stopped: number[] = [];
  private readonly reset: number[] = [];

  /** A descriptor that the NIC cannot take stops the queue, from this event on. */
  stop(event: number): void {
    if (!this.stopped.includes(event)) this.stopped.push(event);
  }

  /** The queue was reset: it goes on behind this event. */
  restart(event: number): void {
    if (this.stopped.length > 0 && !this.reset.includes(event)) this.reset.push(event);
  }

  /** True if the queue was stopped before `event`, and no reset came since. */
  holdsAt(event: number): boolean {
    if (this.stopped.length === 0) return false;
    const last = this.stopped.findLast((at) => at < event) ?? -1;
    return last >= 0 && !this.reset.some((at) => at > last && at < event);
  }
}
