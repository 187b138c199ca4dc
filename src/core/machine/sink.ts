/** Receives what `step` says. Numbers only, so that a run which only wants kinds pays for nothing else. */
export interface SinkOf<Socket> {
  /** The connection that is being worked on: a device's event goes through all of its own. */
  socket: Socket | null;
  /** Nobody hears the effects: what only leads to one, as a look at a packet's bytes, is not done. */
  readonly isDeaf?: boolean;
  /** An effect of the stage that is being worked on. */
  effect(kind: number, a: number, b: number): void;
  /** The stage is done; `detail` is the record row or the descriptor's place in the queue, where there is one. */
  stage(stage: number, detail?: number): void;
}
