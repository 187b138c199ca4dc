import { firstThat } from "../../../core/base/columns.ts";
import type { ConnectionState } from "../../../core/machine/state.ts";
import { Effect } from "../../../core/words/effect.ts";
import type { Recording } from "../../recording.ts";
import type { Timeline } from "../../timeline.ts";

/**
 * The event of the connection that brought something about which stays so from then on: −1 if it was so from the
 * beginning, null if it never comes. The states are searched by halves: each is reached from a snapshot.
 */
export function eventThatBrought(
  timeline: Timeline,
  connection: number,
  holds: (state: ConnectionState) => boolean,
): number | null {
  const own = timeline.eventsOf(connection);
  if (own.length === 0 || holds(timeline.stateBefore(connection, own[0]!))) return -1;
  const at = firstThat(0, own.length, (i) => holds(timeline.stateBefore(connection, own[i]! + 1)));
  return own[at] ?? null;
}

/** What the NIC's state for records comes from: the event, −1 = from before the first one. */
export interface Built {
  event: number;
  by: "resync" | "next-record resync" | "offload start" | "rekey";
  /** The row of the record that it starts from, and bytes replayed; null where nothing says so. */
  row: number | null;
  replayed: number | null;
}

/** Resyncs that failed or were for one packet alone, which are passed over at most. */
const passedOverMax = 64;

/** What had last told the NIC where it stands when an event of the connection was done; null if nothing had. */
export function builtBefore(timeline: Timeline, connection: number, event: number): Built | null {
  const { resyncs, contexts } = timeline.stateBefore(connection, event + 1);
  const start = contexts === 0 ? null : startedBy(timeline, connection, contexts);
  for (let count = resyncs, left = passedOverMax; count > 0 && left > 0; count--, left--) {
    const at = eventThatBrought(timeline, connection, (state) => state.resyncs >= count)!;
    if (start !== null && at < start.event) break;
    const resync = resyncIn(timeline.record(at), at === event);
    if (resync !== null) return { event: at, ...resync };
  }
  return start;
}

/** The driver's context of the connection, and its first params with it. */
function startedBy(timeline: Timeline, connection: number, contexts: number): Built {
  const event = eventThatBrought(timeline, connection, (state) => state.contexts >= contexts)!;
  const isRekey =
    event >= 0 && effectsOf(timeline.record(event)).some(({ kind }) => kind === Effect["rekey-done"]);
  return { event, by: isRekey ? "rekey" : "offload start", row: null, replayed: null };
}

const effectsOf = ({ stages }: Recording) => stages.flatMap(({ effects }) => effects);

/** The resync in an event that later packets go by, too; where it is `own`, also one for its packet alone (a presync without the fence bit). */
function resyncIn(recording: Recording, own: boolean): Omit<Built, "event"> | null {
  const posted = recording.stages.at(-1)?.descriptors ?? [];
  const stays = own || !posted.some(({ kind, fence }) => kind === "presync" && !fence);
  for (const { kind, a, b } of effectsOf(recording).reverse()) {
    if (kind === Effect.resync && stays) return { by: "resync", row: a, replayed: b };
    if (kind === Effect["resync-sent"]) return { by: "next-record resync", row: b, replayed: 0 };
  }
  return null;
}
