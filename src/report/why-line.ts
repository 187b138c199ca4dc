import { toU32 } from "../core/base/seq.ts";
import type { Timeline } from "../replay/timeline.ts";
import type { Copy } from "../replay/view/why/copy.ts";
import type { Built } from "../replay/view/why/moments.ts";
import { numberOf } from "../replay/view/why/numbers.ts";
import type { Story } from "../replay/view/why/story.ts";
import { placeWord } from "../trace/trace.ts";
import { type Line, snOf } from "./lines.ts";

/** A byte's story as one JSON object; the field names and their meaning are a contract with scripts. Null: not known, or it never came. */
export function whyLine(timeline: Timeline, story: Story): Line {
  const { connection, seq, copies, copyCount, record, written } = story;
  const { trace, machine } = timeline;
  const { records } = machine.sockets[connection]!;
  const stream = trace.streams.find((each) => each.connection === connection);
  return {
    kind: "why",
    stream: stream?.name ?? trace.connections[connection]!.name,
    seq: numberOf(timeline, connection, seq),
    absolute: toU32(seq),
    record: record && {
      recordSn: snOf(records.knownSn(record.row)),
      seq: numberOf(timeline, connection, records.start(record.row)),
      length: record.length,
      offset: record.offset,
      part: record.part,
      epoch: records.epoch.at(record.row),
      pushed: placeOf(timeline, record.pushedBy),
    },
    written: written && { ...placeOf(timeline, written.event), offset: written.offset },
    sent: copies.map((copy) => copyLine(timeline, connection, copy)),
    sentTimes: copyCount,
    acknowledged: placeOf(timeline, story.acknowledged),
    released: placeOf(timeline, story.released),
  };
}

/** `{event: 12, frame: 9}`, events counted from 1; null where there is none, or it was so from the beginning. */
function placeOf({ trace }: Timeline, event: number | null): Line | null {
  if (event === null || event < 0) return null;
  return { event: event + 1, [placeWord(trace)]: trace.events.line.at(event) };
}

function copyLine(timeline: Timeline, connection: number, copy: Copy): Line {
  const { event, nth, seq, length, fate, descriptors, encryptedBy, built, verdict } = copy;
  return {
    ...placeOf(timeline, event),
    copy: nth,
    seq: numberOf(timeline, connection, seq),
    length,
    fate,
    descriptors,
    encryptedBy,
    builtBy: built && builtLine(timeline, connection, built),
    byte: verdict.is,
    ...(verdict.is === "wrong" && { captured: verdict.captured, expected: verdict.expected }),
  };
}

function builtLine(timeline: Timeline, connection: number, { event, by, row, replayed }: Built): Line {
  const { records } = timeline.machine.sockets[connection]!;
  const sn = row === null || row >= records.count ? null : records.knownSn(row);
  return { by, ...placeOf(timeline, event), recordSn: snOf(sn), replayed };
}
