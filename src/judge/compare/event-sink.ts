import { int32 } from "../../core/base/columns.ts";
import { isRightByConstruction, isUsual } from "../../core/nic/wire.ts";
import { Effect } from "../../core/words/effect.ts";
import { Stage } from "../../core/words/stage.ts";
import { SignIndex } from "../../replay/sign-index.ts";

/** Numbers that an effect takes: kind, two arguments, connection. */
export const effectWidth = 4;

/**
 * The sink for runs that are compared: an event's effects one by one, what left in it, and whether the bytes that left
 * are right by construction or have to be looked at. It keeps no state, so it costs little more than the index alone.
 */
export class EventSink extends SignIndex {
  /** The event's effects, `effectWidth` cells each. */
  readonly effects = int32();
  /** Cells from which on effects are of the queue and the NIC, no longer the driver's. */
  driverEnd = 0;
  /** Bytes that left the model in this event. */
  left = 0;
  /** True if bytes left that are not right by construction. */
  isSuspect = false;
  private taken = -1;
  private isBehindDriver = false;
  private isDropped = false;

  /** Before the next event. */
  clear(): void {
    this.effects.length = 0;
    this.driverEnd = 0;
    this.left = 0;
    this.isSuspect = false;
    this.taken = -1;
    this.isBehindDriver = false;
    this.isDropped = false;
  }

  override effect(kind: number, a: number, b: number): void {
    super.effect(kind, a, b);
    if (kind === Effect.dropped) this.isDropped = true;
    const { effects } = this;
    const at = effects.length;
    if (at + effectWidth > effects.values.length) effects.reserve(at + effectWidth);
    const { values } = effects;
    values[at] = kind;
    values[at + 1] = a;
    values[at + 2] = b;
    values[at + 3] = this.socket!.index;
    effects.length = at + effectWidth;
    if (!this.isBehindDriver) this.driverEnd = effects.length;
  }

  override stage(stage: number, detail: number): void {
    const { taken } = this;
    this.taken = stage === Stage.nic ? detail : -1;
    if (stage === Stage.nic || stage === Stage.queue) this.isBehindDriver = true;
    else if (stage === Stage.wire) this.leave(taken);
  }

  /** A packet is on the wire: entry `taken` of the queue, or, −1, one that never was in it. */
  private leave(taken: number): void {
    const socket = this.socket!;
    if (taken < 0) {
      // A captured packet that the model drops leaves all the same, but not the model.
      if (!this.isDropped) this.left += socket.packet.length;
      return;
    }
    const { queue } = socket;
    this.left += queue.size(taken);
    this.isSuspect ||= !isUsual(socket, taken) && !isRightByConstruction(socket, queue.at(taken));
  }
}
