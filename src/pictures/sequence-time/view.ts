import type { PictureView } from "../kind.ts";
import type { Marks } from "./lane.ts";

interface LaneRow {
  says: string;
  /** Its marks are values that stay until the next one. */
  isLine?: true;
  /** Its marks are places where a session has stood: without one there are none. */
  ofSession?: true;
}

/** What is drawn of a stream, from the back to the front: how it is told, and whether it is a line through its marks. */
const table = {
  acknowledged: { says: "acknowledged", isLine: true },
  sacked: { says: "acknowledged selectively" },
  driver: { says: "the driver expects", isLine: true },
  nic: { says: "the NIC expects", isLine: true },
  sent: { says: "sent" },
  again: { says: "sent again" },
  "out-of-order": { says: "out of order at the driver" },
  resync: { says: "resync: what the device was fed again" },
  fallback: { says: "encrypted in software" },
  lost: { says: "lost on the wire" },
  dropped: { says: "dropped before the wire" },
  leak: { says: "plaintext left" },
  wrong: { says: "wrong bytes" },
  stop: { says: "the session stopped", ofSession: true },
  checkpoint: { says: "checkpoint", ofSession: true },
} as const satisfies Record<string, LaneRow>;
export type LaneName = keyof typeof table;
export const laneTable: Readonly<Record<LaneName, LaneRow>> = table;
export const laneNames = Object.keys(table) as readonly LaneName[];

/** A record as a band across the picture: bytes from the offload start on. */
export interface Band {
  name: string;
  from: number;
  to: number;
}

/** A lane's marks, and the frame or line of each. */
export interface LaneView {
  name: LaneName;
  marks: Marks;
  places: number[];
  /** Of what has a name of its own, that. */
  names?: string[];
}

/** What is rare has a row of its own above the plot, where it shows whatever part of sequence space is looked at. */
export const rails: readonly LaneName[] = [
  "out-of-order",
  "resync",
  "fallback",
  "lost",
  "dropped",
  "leak",
  "wrong",
  "stop",
  "checkpoint",
];

/** What a picture of a part of it shows: along x lies time, in nanoseconds, along y bytes from the offload start on. */
export interface SequenceTimeView extends PictureView {
  /** The records of the part, none where they are too many to be told apart; and how many they are. */
  records: Band[];
  recordCount: number;
  lanes: LaneView[];
  /** What `places` count: frames of a capture, lines of a file. */
  placeWord: "frame" | "line";
  /** Where the debugger stands, in nanoseconds; null = there is none. */
  now: number | null;
}
