import { firstAtLeast, int32 } from "../base/columns.ts";

/**
 * When a device's transmit queue stood still for all its connections: events at which a descriptor stopped it, and at
 * which a reset let it go on. Logged in the first pass, so that a replay of another connection alone knows.
 */
export class QueueStops {
  /** Events at which the queue was stopped, reset, stopped …: it stands behind an odd number of them. */
  private readonly turns = int32();

  /** Behind this event the queue stands, as a descriptor that the NIC cannot take stops it, or goes on, as it was reset. */
  turn(event: number, stands: boolean): void {
    if (this.holdsAt(event + 1) !== stands) this.turns.push(event);
  }

  /** True if the queue was stopped before `event`, and no reset came since. Asked for every descriptor: most queues never stop. */
  holdsAt(event: number): boolean {
    const { values, length } = this.turns;
    return length > 0 && firstAtLeast(values, event, length) % 2 === 1;
  }
}
