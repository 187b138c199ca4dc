import { CostPicture } from "./cost.ts";
import type { KindName } from "./kinds.ts";
import type { Model, Pictured } from "./model.ts";
import { PacketPicture } from "./packet.ts";
import { QueuePicture } from "./queue/queue.ts";
import { RecordMap } from "./record-map/record-map.ts";
import { SequenceTime } from "./sequence-time/sequence-time.ts";

/** What each kind of picture is computed by. */
export const models: Readonly<Record<KindName, (of: Pictured, connection: number) => Model>> = {
  "sequence-time": (of, connection) => new SequenceTime(of, connection),
  "record-map": (of, connection) => new RecordMap(of, connection),
  queue: (of, connection) => new QueuePicture(of, connection),
  cost: (of) => new CostPicture(of),
  packet: (of, connection) => new PacketPicture(of, connection),
};

/** Kinds that show the whole trace, whatever stream is asked for. */
export const ofAllStreams: ReadonlySet<KindName> = new Set<KindName>(["cost"]);
