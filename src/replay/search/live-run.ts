// replay/search: runs through events that are looked at in passing: nothing is recorded, no view is built for
// a miss.

import type { Socket } from "../../core/machine/socket.ts";
import { Stage } from "../../core/words/stage.ts";
import type { Judged } from "../findings.ts";
import type { RerunSink } from "../timeline.ts";
import { type LiveView, liveView } from "../view/live.ts";
import type { Watch } from "./watch.ts";

/** What is heard and asked during a run through a connection's events. Stages are counted among the connection's own. */
export interface Asker {
  /** The run is about to enter an event; false ends it there. */
  begin(event: number): boolean;
  /** An effect of the stage that is being worked on, for who listens. */
  hear?(kind: number, a: number, b: number): void;
  /** Right behind a stage (one of Stage), where the view stands. */
  ask(stage: number): void;
}

/**
 * The sink of a run that looks at every place of a connection's events and keeps none of them: its view is the working
 * state with the position that it is at, true only while it is asked.
 */
export class LiveRun implements RerunSink {
  socket: Socket | null = null;
  /** Where nobody hears effects, what only leads to one, as a look at a packet's bytes, is not done. */
  readonly isDeaf: boolean;
  readonly view: LiveView;
  asker: Asker | null = null;
  /** Until this stirs the asker has nothing to ask. */
  sleep: Watch | null = null;
  private readonly position: LiveView["position"];
  private readonly posted: LiveView["posted"];
  private readonly queue: { readonly count: number };

  constructor(judged: Judged, connection: number, isDeaf = true) {
    this.view = liveView(judged, connection);
    this.position = this.view.position;
    this.posted = this.view.posted;
    this.queue = this.view.machine.queue;
    this.isDeaf = isDeaf;
  }

  /** The view in front of an event's first stage. */
  enter(event: number): LiveView {
    const { view } = this;
    const { state } = view.socket;
    view.socket.event = event;
    view.state = state;
    view.position.event = event;
    view.position.stage = -1;
    view.before.contexts = state.contexts;
    view.before.expectedSeq = state.expectedSeq;
    view.posted.count = 0;
    view.posted.taken = 0;
    return view;
  }

  begin(event: number): boolean {
    this.enter(event);
    return this.asker!.begin(event);
  }

  effect(kind: number, a: number, b: number): void {
    if (!this.isDeaf) this.asker!.hear!(kind, a, b);
  }

  stage(stage: number, detail = -1): void {
    const { posted } = this;
    if (stage === Stage.nic) posted.taken = detail + 1;
    posted.count = this.queue.count;
    this.position.stage++;
    if (this.sleep !== null) {
      if (!this.sleep.wakes(this.view)) return;
      this.sleep = null;
    }
    this.asker!.ask(stage);
  }
}
