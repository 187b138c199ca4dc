import { secondsText } from "../../replay/view/value.ts";
import { byteLabel } from "../scene.ts";
import { laneTable, rails, type SequenceTimeView } from "./view.ts";

/** A mark of a picture as a row of a table. */
export interface Row {
  time: string;
  what: string;
  bytes: string;
  /** `frame 25`, `line 8`. */
  place: string;
  event: number;
}

/** Rows that anybody reads. */
const rowsMax = 500;

/** What is rare in a picture as rows, in the order of time: the picture's alternative as text. */
export function rowsOf({ lanes, placeWord }: SequenceTimeView): Row[] {
  const rows = lanes.flatMap(({ name, marks, places, names }) =>
    rails.includes(name)
      ? marks.time.map((time, i) => ({
          ...{
            at: time,
            time: secondsText(time),
            event: marks.event[i]!,
            place: `${placeWord} ${places?.[i]}`,
          },
          what: [
            laneTable[name].says,
            ...(names?.[i] ? [names[i]] : []),
            ...(marks.count[i] === 1 ? [] : [`${marks.count[i]} times`]),
          ].join(", "),
          bytes: `${byteLabel(marks.low[i]!)} to ${byteLabel(marks.high[i]!)}`,
        }))
      : [],
  );
  return rows
    .sort((a, b) => a.at - b.at)
    .slice(0, rowsMax)
    .map(({ at, ...row }) => row);
}
