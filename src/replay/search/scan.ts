import { firstAtLeast } from "../../core/base/columns.ts";
import type { Judged } from "../findings.ts";
import type { LiveView } from "../view/live.ts";
import { type Asker, LiveRun } from "./live-run.ts";
import type { Watch } from "./watch.ts";

/** What a scan looks for, event by event. */
export interface Quarry {
  /** The connections whose events are looked at; null = all. */
  readonly connections: readonly number[] | null;
  /** True if of any event a run has to tell. */
  readonly always: boolean;
  /** The next event in the direction, from `from` on (inclusive), that may be one as far as lists tell; −1 if none. */
  candidate(from: number, direction: 1 | -1): number;
  /** Whether an event is one by what the trace alone says; null = only a run can tell. */
  sees(event: number, connection: number): boolean | null;
  /** Whether lists and columns tell that an event is one, where else a run has to: asked of all events of a run. */
  tells(event: number, connection: number): boolean;
  /** Made once a connection: what a run through its events asks. */
  hunter(view: LiveView): Hunter;
}

/** Looks for the quarry in a run of one connection. */
export interface Hunter {
  /** A run begins: the view stands behind the connection's event before it, or ahead of its first one. */
  start(): void;
  /** True if the quarry may be at this stage (one of Stage), as far as the view tells; asked at each, one after the other. */
  catches(stage: number): boolean;
  /** What has to stir before the quarry can be anywhere, once it was not at a stage; null = it is asked at the next one. */
  readonly sleep: Watch | null;
}

/** A connection on the way of a scan. */
interface Cursor {
  readonly run: LiveRun;
  readonly own: Int32Array;
  readonly hunter: Hunter;
  readonly tracker: Tracker;
  /** Ordinal of the own event that is looked at next. */
  next: number;
  /** Events found and not given yet, the last one comes first. */
  found: number[];
  /** No event of the connection before this one (in the direction) is still to be given. */
  at: number;
}

/** Notes the events of a run in which the quarry is. */
class Tracker implements Asker {
  found: number[] = [];
  private readonly quarry: Quarry;
  private readonly hunter: Hunter;
  private readonly run: LiveRun;
  private readonly view: LiveView;
  private onlyFirst = false;
  private isOpen = false;

  constructor(quarry: Quarry, hunter: Hunter, run: LiveRun) {
    this.quarry = quarry;
    this.hunter = hunter;
    this.run = run;
    this.view = run.view;
  }

  start(onlyFirst: boolean): void {
    this.run.sleep = null;
    this.found = [];
    this.onlyFirst = onlyFirst;
  }

  begin(event: number): boolean {
    const { quarry, found } = this;
    if (this.onlyFirst && found.length > 0) return false;
    if (quarry.always) {
      this.isOpen = true;
      if (quarry.tells(event, this.view.index)) found.push(event);
    } else {
      const seen = quarry.candidate(event, 1) === event ? quarry.sees(event, this.view.index) : false;
      if (seen === true) found.push(event);
      this.isOpen = seen === null;
    }
    return true;
  }

  ask(stage: number): void {
    if (!this.isOpen) return;
    const { hunter, run } = this;
    if (!hunter.catches(stage)) {
      run.sleep = hunter.sleep;
      return;
    }
    const { event } = this.view.position;
    if (this.found.at(-1) !== event) this.found.push(event);
  }
}

/**
 * Goes through a trace's events in one direction and gives those that are what somebody looks for, nearest first. Each
 * connection's own events are run again in blocks from one snapshot to the next, each once, whichever way the scan goes:
 * backwards a block is run forwards, and what was found in it is given from its end. Blocks in which nothing can be are
 * not run. Between two blocks whoever scans may pause, or end.
 */
export class Scan {
  private readonly judged: Judged;
  private readonly quarry: Quarry;
  private readonly direction: 1 | -1;
  private readonly isForMany: boolean;
  /** A heap: the cursor whose `at` is nearest stands first. */
  private readonly cursors: Cursor[] = [];
  private given = -1;

  /**
   * Begins with the event next to `from` in the direction. `isForMany`: more than the first one is wanted, so that blocks
   * are run whole forwards, too.
   */
  constructor(judged: Judged, quarry: Quarry, from: number, direction: 1 | -1, isForMany = false) {
    this.judged = judged;
    this.isForMany = isForMany;
    this.quarry = quarry;
    this.direction = direction;
    const { connections } = judged.timeline.trace;
    for (const connection of quarry.connections ?? connections.keys()) this.join(connection, from);
  }

  private join(connection: number, from: number): void {
    const { judged, direction } = this;
    const own = judged.timeline.eventsOf(connection);
    const next = direction === 1 ? firstAtLeast(own, from + 1) : firstAtLeast(own, from) - 1;
    if (next < 0 || next >= own.length) return;
    const run = new LiveRun(judged, connection);
    const hunter = this.quarry.hunter(run.view);
    const tracker = new Tracker(this.quarry, hunter, run);
    run.asker = tracker;
    this.put({ run, own, hunter, tracker, next, found: [], at: own[next]! });
  }

  /** How far it has come: no event between its start and here is still to be given. The trace's end when all are done. */
  get at(): number {
    const { eventCount } = this.judged.timeline;
    return this.cursors[0]?.at ?? (this.direction === 1 ? eventCount - 1 : 0);
  }

  /** One block further: the event that was found, −1 = none yet, null = there are no more. */
  advance(): number | null {
    const cursor = this.cursors[0];
    if (!cursor) return null;
    const { direction } = this;
    let event = -1;
    if (cursor.found.at(-1) === cursor.at) event = cursor.found.pop()!;
    else if (direction === 1) this.runForwards(cursor);
    else this.runBackwards(cursor);
    const at = cursor.found.at(-1) ?? cursor.own[cursor.next];
    if (at === undefined) this.drop();
    else {
      cursor.at = at;
      this.settle(0);
    }
    // An event of a device is one of several connections.
    if (event === this.given) return -1;
    if (event >= 0) this.given = event;
    return event;
  }

  private runForwards(cursor: Cursor): void {
    const { own, run } = cursor;
    const { end } = this.judged.timeline.blockAt(run.view.index, cursor.next);
    const first = this.candidateIn(cursor, cursor.next, end, 1);
    if (first < 0) {
      cursor.next = end;
      return;
    }
    if (this.quarry.sees(own[first]!, run.view.index) === true) {
      cursor.found = [own[first]!];
      cursor.next = first + 1;
      return;
    }
    if (this.isForMany) {
      cursor.found = this.run(cursor, first, end, false).reverse();
      cursor.next = end;
      return;
    }
    const found = this.run(cursor, first, end, true);
    cursor.found = found.slice(0, 1);
    cursor.next = found.length > 0 ? firstAtLeast(own, found[0]!) + 1 : end;
  }

  private runBackwards(cursor: Cursor): void {
    const end = cursor.next + 1;
    const { begin } = this.judged.timeline.blockAt(cursor.run.view.index, cursor.next);
    cursor.next = begin - 1;
    const last = this.candidateIn(cursor, end - 1, begin - 1, -1);
    if (last < 0) return;
    if (this.quarry.sees(cursor.own[last]!, cursor.run.view.index) === true) {
      cursor.found = [cursor.own[last]!];
      cursor.next = last - 1;
    } else cursor.found = this.run(cursor, begin, last + 1, false);
  }

  /** Ordinal of the first candidate from `from` on, before `end` in the direction; −1 if there is none. */
  private candidateIn({ own, run }: Cursor, from: number, end: number, direction: 1 | -1): number {
    const { quarry } = this;
    if (quarry.always) return from;
    for (let ordinal = from; ordinal !== end; ordinal += direction) {
      const event = quarry.candidate(own[ordinal]!, direction);
      if (event < 0) return -1;
      if (event !== own[ordinal]) {
        const other = firstAtLeast(own, direction === 1 ? event : event + 1) - (direction === 1 ? 0 : 1);
        if (direction === 1 ? other >= end : other <= end) return -1;
        ordinal = other;
        if (own[other] !== event) {
          ordinal -= direction;
          continue;
        }
      }
      if (quarry.sees(event, run.view.index) !== false) return ordinal;
    }
    return -1;
  }

  /** The events with ordinals [begin, end) in which the hunter catches something; with `onlyFirst` the run ends there. */
  private run(
    { run, own, hunter, tracker }: Cursor,
    begin: number,
    end: number,
    onlyFirst: boolean,
  ): number[] {
    const { view } = run;
    const { timeline } = this.judged;
    timeline.rerun(view.index, begin, begin, run);
    run.enter(own[Math.max(0, begin - 1)]!);
    if (begin > 0) view.position.stage = Number.MAX_SAFE_INTEGER;
    hunter.start();
    tracker.start(onlyFirst);
    timeline.rerun(view.index, begin, end, run);
    return tracker.found;
  }

  private isNearer(a: Cursor, b: Cursor): boolean {
    return this.direction === 1 ? a.at < b.at : a.at > b.at;
  }

  private put(cursor: Cursor): void {
    const { cursors } = this;
    let place = cursors.push(cursor) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.isNearer(cursors[place]!, cursors[above]!)) return;
      [cursors[place], cursors[above]] = [cursors[above]!, cursors[place]!];
      place = above;
    }
  }

  /** The first cursor has no more. */
  private drop(): void {
    const last = this.cursors.pop()!;
    if (this.cursors.length === 0) return;
    this.cursors[0] = last;
    this.settle(0);
  }

  private settle(from: number): void {
    const { cursors } = this;
    for (let place = from; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let nearest = place;
      if (left < cursors.length && this.isNearer(cursors[left]!, cursors[nearest]!)) nearest = left;
      if (right < cursors.length && this.isNearer(cursors[right]!, cursors[nearest]!)) nearest = right;
      if (nearest === place) return;
      [cursors[place], cursors[nearest]] = [cursors[nearest]!, cursors[place]!];
      place = nearest;
    }
  }
}
