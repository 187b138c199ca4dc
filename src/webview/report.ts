import type { Ask } from "../pictures/messages.ts";
import type { LaneView, SequenceTimeView } from "../pictures/sequence-time-view.ts";
import type { KeptPicture } from "../report/html.ts";
import { element } from "./elements.ts";
import { SequenceTimePicture } from "./sequence-time.ts";

/** The pictures of a report: there is no session, and what is shown is a part of what the report holds. */
const pictures = JSON.parse(document.getElementById("pictures")!.textContent!) as KeptPicture[];
for (const place of document.querySelectorAll<HTMLElement>("[data-picture]"))
  show(place, pictures[Number(place.dataset.picture)]!);

function show(place: HTMLElement, { stream, area, view }: KeptPicture): void {
  const picture = new SequenceTimePicture(place, (ask) => queueMicrotask(() => answer(ask)));
  const answer = (ask: Ask): void => {
    if (ask.ask === "save") return keep(ask);
    if (ask.ask !== "part") return;
    const part = ask.area ?? area;
    picture.hear({ tell: "part", id: ask.id, area: part, view: partOf(view, part), now: null });
  };
  picture.hear({ tell: "streams", streams: [{ threadId: 1, name: stream }], threadId: 1 });
}

/** The marks and records that lie in a part of what there is. */
function partOf(
  view: SequenceTimeView,
  { from, to, low, high }: { from: number; to: number; low: number; high: number },
) {
  const records = view.records.filter((band) => band.to > low && band.from < high);
  return { ...view, records, lanes: view.lanes.map((lane) => within(lane, from, to)) };
}

function within({ name, marks, places }: LaneView, from: number, to: number): LaneView {
  // A line also comes in from where it stood before.
  const first = Math.max(0, marks.time.findIndex((time) => time >= from) - 1);
  const behind = marks.time.findIndex((time) => time > to);
  const end = behind < 0 ? marks.time.length : behind;
  const cut = (column: number[]) => column.slice(first, end);
  const { time, low, high, count, event } = marks;
  const part = { time: cut(time), low: cut(low), high: cut(high), count: cut(count), event: cut(event) };
  return { name, marks: part, ...(places && { places: cut(places) }) };
}

function keep({ kind, content }: Extract<Ask, { ask: "save" }>): void {
  const href = kind === "png" ? content : `data:image/svg+xml,${encodeURIComponent(content)}`;
  element("a", { href, download: `picture.${kind}` }).click();
}
