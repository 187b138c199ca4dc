/**
 * What stands for node's `events` in a browser. The adapter's base class extends it, to hear of a stream that ends or
 * fails: a session that an editor talks to directly has none.
 */
export class EventEmitter {
  on(): this {
    return this;
  }

  emit(): boolean {
    return false;
  }
}
