import { RecordKind } from "../../../core/machine/record-log.ts";
import { detailText } from "../../../trace/language/print.ts";
import { eventPlace, placeWord } from "../../../trace/trace.ts";
import { counted, noun } from "../../../trace/visible.ts";
import type { Timeline } from "../../timeline.ts";
import { recordName } from "../view.ts";
import type { Copy } from "./copy.ts";
import type { Built } from "./moments.ts";
import { byteText, numberOf, rangeText } from "./numbers.ts";
import type { Story } from "./story.ts";

/** A line of a byte's story, and the event that it tells of; null for what has none. */
export interface StoryRow {
  name: string;
  text: string;
  event: number | null;
}

/** `web, byte 4344 (4294964344): record 1, byte 4344 of 16413 (payload)`. */
export const storyHead = (timeline: Timeline, story: Story): string => {
  const { name } = timeline.trace.connections[story.connection]!;
  const byte = byteText(timeline, story.connection, story.seq);
  return `${name}, byte ${byte}: ${placeText(timeline, story)}`;
};

/** `record 1, byte 4344 of 16413 (payload)`. */
function placeText(timeline: Timeline, { connection, seq, record }: Story): string {
  const { startSeq } = timeline.trace.connections[connection]!;
  const { records } = timeline.machine.sockets[connection]!;
  if (record === null) return seq < startSeq ? "before the offload" : "in no record";
  const { row, offset, length, part } = record;
  return `${recordName(records, row)}, byte ${offset} of ${length}${part === null ? "" : ` (${part})`}`;
}

/** Places that one line names at most. */
const placesMax = 8;

/** The story on one line: `record 1, byte 4344 of 16413 (payload); sent 2 times, lines 6, 12; acknowledged at line 16; …`. */
export function storyLine(timeline: Timeline, story: Story): string {
  const { trace } = timeline;
  const { copies, copyCount, acknowledged, released } = story;
  const places = copies.slice(0, placesMax).map(({ event }) => trace.events.line.at(event));
  const more = copyCount > placesMax ? ", …" : "";
  const words = `${noun(copyCount, placeWord(trace))} ${places.join(", ")}${more}`;
  const times = copyCount === 1 ? "sent once" : `sent ${copyCount} times`;
  const at = (event: number | null) =>
    event !== null && event >= 0
      ? ` at ${eventPlace(trace, event)}`
      : event === null
        ? ""
        : " before the first event";
  return [
    placeText(timeline, story),
    copyCount === 0 ? "never sent" : `${times}, ${words}`,
    acknowledged === null ? "never acknowledged" : `acknowledged${at(acknowledged)}`,
    ...(released === null ? [] : [`released${at(released)}`]),
  ].join("; ");
}

/** Its way in rows: written, record, sent, sent again, acknowledged, released. */
export const storyRows = (timeline: Timeline, story: Story): StoryRow[] => [
  ...writtenRow(timeline, story),
  ...recordRow(timeline, story),
  ...sentRows(timeline, story),
  acknowledgedRow(timeline, story),
  ...releasedRow(timeline, story),
];

const at = ({ trace }: Timeline, event: number): string => `${eventPlace(trace, event)}: `;

function writtenRow(timeline: Timeline, { written, record, connection }: Story): StoryRow[] {
  if (written === null || record === null) return [];
  const { trace } = timeline;
  const { event, offset } = written;
  const call = detailText(trace, event, trace.connections[connection]!);
  const what =
    offset === null ? `the TLS layer adds the ${record.part} to what is written` : `byte ${offset} of it`;
  return [{ name: "written", text: `${at(timeline, event)}${call}; ${what}`, event }];
}

function recordRow(timeline: Timeline, { record, connection }: Story): StoryRow[] {
  if (record === null) return [];
  const { records } = timeline.machine.sockets[connection]!;
  const { row, length, pushedBy } = record;
  const range = rangeText(timeline, connection, records.start(row), length);
  const ready = records.isReady(row) ? "; encrypted in software before TCP" : "";
  const place = pushedBy === null ? "" : at(timeline, pushedBy);
  return [{ name: "record", text: `${place}${recordName(records, row)}, ${range}${ready}`, event: pushedBy }];
}

function sentRows(timeline: Timeline, story: Story): StoryRow[] {
  const { copies, copyCount } = story;
  if (copyCount === 0) return [{ name: "sent", text: "never", event: null }];
  const rows = copies.map((copy) => ({
    name: copy.nth === 0 ? "sent" : `sent again ${copy.nth}`,
    text: copyText(timeline, story, copy),
    event: copy.event,
  }));
  const left = copyCount - copies.length;
  return left === 0
    ? rows
    : [...rows, { name: "…", text: `sent again ${counted(left, "time")} more`, event: null }];
}

function copyText(timeline: Timeline, { connection }: Story, copy: Copy): string {
  const { event, seq, length, descriptors, encryptedBy, fate } = copy;
  const words = [
    rangeText(timeline, connection, seq, length),
    descriptors ?? "",
    encryptedBy === null ? "" : `encrypted by ${encryptedBy}`,
    builtText(timeline, connection, copy),
    fate ?? "",
    verdictText(copy),
  ];
  return `${at(timeline, event)}${words.filter((word) => word !== "").join("; ")}`;
}

function builtText(timeline: Timeline, connection: number, { built, event }: Copy): string {
  if (built === null) return "";
  const resync = resyncText(timeline, connection, built);
  if (built.event < 0) return `its state from the ${built.by}, before the first event`;
  const where = built.event === event ? "here" : `at ${eventPlace(timeline.trace, built.event)}`;
  return `its state from the ${built.by} ${where}${resync}`;
}

function resyncText(timeline: Timeline, connection: number, { row, replayed }: Built): string {
  if (row === null) return "";
  const { records } = timeline.machine.sockets[connection]!;
  const name =
    row < records.count ? recordName(records, row) : `record ${records.countedSn(row, records.count)}`;
  return ` (${name}${replayed ? `, ${counted(replayed, "byte")} replayed` : ""})`;
}

function verdictText({ verdict }: Copy): string {
  switch (verdict.is) {
    case "wrong":
      return `this byte left wrong: ${verdict.captured}, must be ${verdict.expected}`;
    case "right":
      return "this byte left right";
    case "nothing":
      return "it did not leave";
    default:
      return "whether this byte left right is not known";
  }
}

function acknowledgedRow(timeline: Timeline, { connection, acknowledged }: Story): StoryRow {
  const name = "acknowledged";
  if (acknowledged === null) return { name, text: "never", event: null };
  if (acknowledged < 0) return { name, text: "before the first event", event: null };
  const { sndUna } = timeline.stateBefore(connection, acknowledged + 1);
  const upTo = numberOf(timeline, connection, sndUna as Story["seq"]);
  return {
    name,
    text: `${at(timeline, acknowledged)}everything before ${upTo}`,
    event: acknowledged,
  };
}

function releasedRow(timeline: Timeline, { connection, record, released }: Story): StoryRow[] {
  const { records } = timeline.machine.sockets[connection]!;
  if (record === null || records.kind.at(record.row) !== RecordKind.record) return [];
  const name = "released";
  if (released === null || released < 0)
    return [{ name, text: "never: the record stays in the map", event: null }];
  return [
    { name, text: `${eventPlace(timeline.trace, released)}: the record left the map`, event: released },
  ];
}
