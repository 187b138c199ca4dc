import { descriptorKinds, isReplay } from "../../core/words/descriptor.ts";
import { Effect } from "../../core/words/effect.ts";
import { Stage, stages as stageTable } from "../../core/words/stage.ts";
import type { StageRecord } from "../../replay/recording.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { wordEffect } from "../../replay/view/effect-text.ts";
import { viewAt } from "../../replay/view/view.ts";

/** A descriptor that an event posted itself, in words. */
export interface Post {
  name: string;
  bytes: string;
  length: number;
  isReplay: boolean;
  isPacket: boolean;
  fence: boolean;
  record: string;
  by: string;
  why: string;
}

export const waitingIn = ({ waitHead, waitTail }: { waitHead: number; waitTail: number }): number =>
  waitTail - waitHead;

/** How many of the descriptors in an event's queue it has posted itself: what waited before stands ahead where it is taken now. */
export const ownOf = (total: number, { before, behind }: { before: number; behind: number }): number =>
  Math.max(0, total - Math.max(0, before - behind));

export const ownStages = (stages: readonly StageRecord[], connection: number): StageRecord[] =>
  stages.filter((stage) => stage.connection === connection);

/** Which descriptors of an event's queue it has posted itself. */
export function ownPosts(
  timeline: Timeline,
  event: number,
  connection: number,
): { first: number; count: number } {
  const stages = ownStages(timeline.record(event).stages, connection);
  const last = stages.at(-1);
  if (!last) return { first: 0, count: 0 };
  const before = waitingIn(timeline.stateBefore(connection, event));
  const total = last.descriptors.length;
  const count = ownOf(total, { before, behind: waitingIn(last.state) });
  return { first: total - count, count };
}

export function postsOf(timeline: Timeline, event: number, connection: number): Post[] {
  const { stages: all } = timeline.record(event);
  const stages = ownStages(all, connection);
  const { first, count } = ownPosts(timeline, event, connection);
  const { descriptorNames } = timeline.machine.sockets[connection]!.profile;
  const { records } = timeline.machine.sockets[connection]!;
  const { startSeq } = timeline.trace.connections[connection]!;
  return Array.from({ length: count }, (_, i) => {
    const { kind, row, seq, length, fence } = stages[0]!.descriptors[first + i]!;
    const poster = stages.find(({ posted }) => posted > i)!;
    const from = seq - startSeq;
    const sn = row > 0 ? records.countedSn(row, records.count) : null;
    return {
      name: descriptorNames[kind],
      bytes: length > 0 ? `${from}:${from + length}(${length})` : "",
      length,
      isReplay: isReplay(descriptorKinds.indexOf(kind)),
      isPacket: kind === "packet",
      fence,
      record: sn === null ? "" : `${sn}`,
      by: posterOf(poster),
      why: whyOf(timeline, event, all, poster),
    };
  });
}

/** The stage that posted it: what is in the queue when the NIC begins to take it the driver has posted behind its own. */
const posterOf = ({ stage }: StageRecord): string =>
  stage === Stage.nic || stage === Stage.queue ? "driver" : stageTable[stage]!.name;

/** What the stage says, and that the packet was out of order. */
function whyOf(timeline: Timeline, event: number, all: readonly StageRecord[], poster: StageRecord): string {
  const until = all.indexOf(poster);
  return all
    .slice(0, until + 1)
    .flatMap((each, stage) =>
      each.connection === poster.connection
        ? each.effects
            .filter(({ kind }) => each === poster || kind === Effect["out-of-order"])
            .map((effect) => wordEffect(viewAt(timeline, { event, stage }), effect))
        : [],
    )
    .join("; ");
}

/** Of an event that posts nothing. */
export const nothing = "nothing posted";

export function sentence(post: Post | undefined): string {
  if (!post) return nothing;
  const { name, bytes, record, fence, by, why } = post;
  const words = [
    bytes === "" ? name : `${name} ${bytes}`,
    record === "" ? "" : `record ${record}`,
    fence ? "waits for everything before it" : "",
    `posted by ${by}`,
    why,
  ];
  return words.filter((word) => word !== "").join(", ");
}
