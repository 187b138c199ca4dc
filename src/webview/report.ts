import type { Area, PictureView } from "../pictures/kind.ts";
import { type ListView, nextRow } from "../pictures/list.ts";
import type { Ask } from "../pictures/messages.ts";
import type { Rare, RareAsked } from "../pictures/rare.ts";
import { nextPlace } from "../pictures/record-map/places.ts";
import type { RecordMapView } from "../pictures/record-map/view.ts";
import { Lane } from "../pictures/sequence-time/lane.ts";
import { Rares } from "../pictures/sequence-time/rares.ts";
import type { LaneName, SequenceTimeView } from "../pictures/sequence-time/view.ts";
import { laneWithin } from "../pictures/sequence-time/within.ts";
import type { KeptPicture } from "../report/html.ts";
import { element } from "./elements.ts";
import { PictureWindow } from "./picture-window.ts";

/** The pictures of a report: there is no session, and what is shown is a part of what the report holds. */
const pictures = JSON.parse(document.getElementById("pictures")!.textContent!) as KeptPicture[];
for (const place of document.querySelectorAll<HTMLElement>("[data-picture]"))
  show(place, pictures[Number(place.dataset.picture)]!);

function show(place: HTMLElement, kept: KeptPicture): void {
  const picture = new PictureWindow(place, [kept.kind], (ask) => queueMicrotask(() => answer(ask)), false);
  const answer = (ask: Ask): void => {
    if (ask.ask === "save") return keep(ask);
    if (ask.ask === "rare") {
      const { id, hidden, ...asked } = ask;
      const rare = nextIn(kept, { ...asked, hidden: new Set(hidden) });
      return picture.hear({ tell: "rare", id, rare });
    }
    if (ask.ask === "part")
      picture.hear({ tell: "part", id: ask.id, view: partOf(kept, ask.area ?? kept.view.area) });
  };
  picture.hear({ tell: "streams", streams: [{ threadId: 1, name: kept.stream }], threadId: 1 });
}

/** The next rare thing of what the report holds. */
function nextIn({ kind, view }: KeptPicture, asked: RareAsked): Rare | null {
  if (kind === "sequence-time") return new Rares(laneIn(view as SequenceTimeView), asked.hidden).next(asked);
  if (kind === "record-map") return nextPlace(view as RecordMapView, asked);
  const room = { area: null, columns: 1, lines: 1, position: { event: 0, stage: 0 } };
  return nextRow(() => view as ListView, room, asked);
}

/** The marks of a lane, as many as the report holds. */
const laneIn =
  ({ lanes }: SequenceTimeView) =>
  (name: LaneName): Lane => {
    const lane = new Lane();
    const marks = lanes.find((each) => each.name === name)?.marks;
    for (const [i, time] of marks?.time.entries() ?? [])
      lane.add(time, marks!.low[i]!, marks!.high[i]!, marks!.event[i]!);
    return lane;
  };

/** The part of what there is. */
function partOf({ kind, view }: KeptPicture, area: Area): PictureView {
  if (kind !== "sequence-time") return { ...view, area };
  const whole = view as SequenceTimeView;
  const records = whole.records.filter((band) => band.to > area.low && band.from < area.high);
  const part: SequenceTimeView = {
    ...{ ...whole, area, records },
    lanes: whole.lanes.map((lane) => laneWithin(lane, area)),
  };
  return part;
}

function keep({ kind, content }: Extract<Ask, { ask: "save" }>): void {
  const href = kind === "png" ? content : `data:image/svg+xml,${encodeURIComponent(content)}`;
  element("a", { href, download: `picture.${kind}` }).click();
}
