import { kinds } from "../../pictures/kinds.ts";
import type { Model, Pictured } from "../../pictures/model.ts";
import { models } from "../../pictures/models.ts";
import { SequenceTime } from "../../pictures/sequence-time/sequence-time.ts";
import { noFindings } from "../../replay/findings.ts";
import { Timeline } from "../../replay/timeline.ts";
import type { Result } from "./goals.ts";
import { longTrace } from "./long-trace.ts";
import { spreadOf, timed } from "./measure.ts";

const million = 1_000_000;
/** A window of usual size, and frames of a pan and a zoom through all of it. */
const size = { width: 1200, height: 700 };
const frames = 60;

/** Works it off and gives its longest piece in milliseconds. */
function longestOf(work: Generator<number> | undefined): number {
  let longest = 0;
  for (let isDone = work === undefined; !isDone; ) {
    const started = performance.now();
    isDone = work!.next().done === true;
    longest = Math.max(longest, performance.now() - started);
  }
  return longest;
}

const ceiling = (
  id: string,
  what: string,
  values: readonly number[],
  [floor, aim]: [number, number],
): Result => ({
  ...{ id, what, measured: spreadOf(values), floor, aim },
  ...{ unit: "ms", isCeiling: true },
});

const asked = (position: { event: number; stage: number }) => ({
  ...{ area: null, columns: size.width, lines: 40, position },
});

/** Goals about the pictures of a million transmits: when the first is there, what a frame takes, how long others wait. */
export async function measurePictures(rounds: number): Promise<Result[]> {
  const timeline = new Timeline(longTrace(million, 0.01, 1)).runAll();
  const pictured: Pictured = { timeline, findings: noFindings, comparison: null };
  const position = { event: timeline.eventCount >> 1, stage: 0 };
  const [first, pieces]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    let model!: Model;
    const own: number[] = [];
    first.push(
      await timed(() => {
        const made = performance.now();
        model = new SequenceTime(pictured, 0);
        own.push(performance.now() - made, longestOf(model.begin?.()));
        own.push(took(() => model.view(asked(position))));
      }),
    );
    pieces.push(Math.max(...own, longestOf(model.complete?.())));
  }
  return [
    ceiling("P30", "first picture of a million transmits", first, [300, 100]),
    ceiling("P31", "the longest task for it", pieces, [50, 16]),
    ...walked(pictured, position),
    ...others(pictured, position, rounds),
  ];
}

/** Milliseconds of something that does not wait. */
function took(job: () => unknown): number {
  const started = performance.now();
  job();
  return performance.now() - started;
}

/** A pan and a zoom: what the adapter computes and what the window draws of it, without the canvas's own work. */
function walked(pictured: Pictured, position: { event: number; stage: number }): Result[] {
  const picture = new SequenceTime(pictured, 0);
  longestOf(picture.begin());
  longestOf(picture.complete());
  const { whole } = picture.view(asked(position));
  const [views, scenes]: [number[], number[]] = [[], []];
  for (let frame = 0; frame < frames; frame++) {
    const part = (whole.to - whole.from) / (1 + frame);
    const from = whole.from + ((whole.to - whole.from - part) * frame) / frames;
    const area = { ...whole, from, to: from + part };
    views.push(took(() => picture.view({ ...asked(position), area })));
    const view = picture.view({ ...asked(position), area });
    scenes.push(took(() => kinds["sequence-time"].scene(view, { ...size, area, hidden: new Set() })));
  }
  return [
    ceiling("P32", "a frame of pan and zoom: the view", views, [8, 4]),
    ceiling("P32", "a frame of pan and zoom: the scene", scenes, [8, 4]),
  ];
}

/** The other pictures: their longest pieces, and a view. */
const others = (pictured: Pictured, position: { event: number; stage: number }, rounds: number): Result[] =>
  (["record-map", "queue", "packet", "cost"] as const).map((kind) => {
    const longest = Array.from({ length: rounds }, () => {
      const model = models[kind](pictured, 0);
      const pieces = [longestOf(model.begin?.()), longestOf(model.complete?.())];
      return Math.max(
        ...pieces,
        took(() => model.view(asked(position))),
      );
    });
    return ceiling("P33", `${kind} of a million transmits: the longest task`, longest, [50, 16]);
  });
