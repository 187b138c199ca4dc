import { secondsText } from "../../replay/view/value.ts";
import type { TextTable } from "../kind.ts";
import { byteLabel } from "../scene.ts";
import { type LaneName, type LaneView, laneTable, rails, type SequenceTimeView } from "./view.ts";

type Row = TextTable["rows"][number];

/** Rows that anybody reads. */
const rowsMax = 500;

/** Lanes of what is ordinary, those with least of it first. */
const ordinary: readonly LaneName[] = ["again", "sacked", "nic", "driver", "acknowledged", "sent"];

/**
 * What is drawn as rows: the picture's alternative as text. What is rare comes first, then what is ordinary, each in the
 * order of time. Of more marks than anybody reads those of the rarest lanes stand there, and how many others there are.
 */
export function rowsOf(view: SequenceTimeView, hidden: ReadonlySet<string> = new Set()): Row[] {
  const count = ({ marks }: LaneView) => marks.time.length;
  const named = (names: readonly LaneName[]) =>
    names.flatMap((name) => view.lanes.find((lane) => lane.name === name && !hidden.has(name)) ?? []);
  const lanes = [...named(rails).sort((a, b) => count(a) - count(b)), ...named(ordinary)];
  let room = rowsMax;
  const marks = lanes.flatMap((lane) => {
    const taken = Math.min(room, count(lane));
    room -= taken;
    return Array.from({ length: taken }, (_, i) => ({ time: lane.marks.time[i]!, lane, i }));
  });
  const isOrdinary = ({ lane }: { lane: LaneView }) => Number(!rails.includes(lane.name));
  marks.sort((a, b) => isOrdinary(a) - isOrdinary(b) || a.time - b.time);
  const rows = marks.map(({ lane, i }) => rowOf(view, lane, i));
  const bands = view.records.slice(0, room).map(({ name, from, to }) => line(name, bytesText(from, to)));
  const all = lanes.reduce((sum, lane) => sum + count(lane), 0) + view.recordCount;
  const left = all - rows.length - bands.length;
  return [...rows, ...bands, ...(left > 0 ? [line(`${left} more, which a smaller part shows`, "")] : [])];
}

/** A row of what has no moment. */
const line = (what: string, bytes: string): Row => ({ cells: ["", what, bytes, ""], event: null });

const bytesText = (low: number, high: number): string =>
  low === high ? byteLabel(low) : `${byteLabel(low)} to ${byteLabel(high)}`;

function rowOf({ placeWord }: SequenceTimeView, { name, marks, places, names }: LaneView, i: number): Row {
  const [low, high, event, count] = [marks.low[i]!, marks.high[i]!, marks.event[i]!, marks.count[i]!];
  const own = names?.[i] ? [names[i]] : [];
  const many = count === 1 ? [] : [`${count} times`];
  const what = [laneTable[name].says, ...own, ...many].join(", ");
  return {
    cells: [secondsText(marks.time[i]!), what, bytesText(low, high), `${placeWord} ${places[i]}`],
    event,
  };
}
