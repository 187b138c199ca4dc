import { type Judged, nextSign, signsAt } from "../replay/findings.ts";
import type { EffectRecord } from "../replay/recording.ts";
import type { Position } from "../replay/timeline.ts";
import { wordSign } from "../replay/view/explain.ts";
import { judgedView } from "../replay/view/view.ts";
import { wrongByteAt, wrongByteOf, wrongSigns } from "../replay/view/wrong/byte.ts";
import { Sign, signsNamed } from "../trace/signs.ts";
import { eventPlace } from "../trace/trace.ts";

/** Something wrong, by where it shows. */
export interface Place {
  event: number;
  /** The kind of the sign that says so. */
  kind: number;
}

/** What of the model's own doing is wrong: bytes that no right device lets leave, and a queue that stops for good. */
export const wrongInModel = signsNamed(
  "queue-error",
  "plaintext",
  "placeholder",
  "wrong-tag",
  "wrong-ciphertext",
);
/** A wrong byte, a leak, a failed expectation: what a session begins at. */
const grave: readonly number[] = [...wrongSigns, Sign["expectation-failed"], ...wrongInModel];
/** The same, and where others say otherwise. */
const all: readonly number[] = [...grave, Sign["evidence-differs"], Sign["profile-differs"]];

/** All that was found wrong, in the order of events; one wrong byte is one place, though its record fails, too. */
export const placesOf = (judged: Judged): Generator<Place> => placesOfKinds(judged, all);

/** The first wrong byte, leak or failed expectation; null if there is none. */
export const firstPlace = (judged: Judged): Place | null => placesOfKinds(judged, grave).next().value ?? null;

/** True if there is such a sign at the event. */
export const isPlace = ({ timeline, findings }: Judged, { event, kind }: Place): boolean =>
  timeline.effects.has(event, kind) || findings.kinds.has(event, kind);

function* placesOfKinds(judged: Judged, kinds: readonly number[]): Generator<Place, undefined> {
  for (let event = nextSign(judged, 0, 1, kinds); event >= 0; event = nextSign(judged, event + 1, 1, kinds))
    for (const kind of kinds)
      if (isPlace(judged, { event, kind }) && !showsInPacket(judged, event, kind)) yield { event, kind };
}

/** A record fails whose first wrong byte is also the first one of a packet: the packet tells of it. */
function showsInPacket(judged: Judged, event: number, kind: number): boolean {
  const { verdicts } = judged.timeline.trace;
  if (kind === Sign["wire-differs"] || !wrongSigns.includes(kind)) return false;
  const wrong = wrongByteOf(judgedView(judged, { event, stage: 0 }));
  return wrong?.carriers.some((packet) => verdicts!.differences.get(packet)?.first === wrong.seq) ?? false;
}

/** Where the debugger stands when it stops at a place, and the sign that it stops for. */
export function stopAt(judged: Judged, { event, kind }: Place): { position: Position; sign: EffectRecord } {
  const { stages } = judged.timeline.record(event);
  for (let stage = 0; stage < stages.length; stage++) {
    const sign = signsAt(judged, { event, stage }).find((each) => each.kind === kind);
    if (sign) return { position: { event, stage }, sign };
  }
  throw new Error(`event ${event} has no sign ${kind}`);
}

/** What is wrong at a place, as a sentence that names the place: `frame 58: byte …`, `line 12: …`. */
export function wordPlace(judged: Judged, place: Place): string {
  const { position, sign } = stopAt(judged, place);
  const view = judgedView(judged, position);
  const words = wordSign(view, sign);
  // These name their own place.
  if (wrongByteAt(view, sign) || titles.has(place.kind)) return words;
  return `${eventPlace(judged.timeline.trace, place.event)}: ${words}`;
}

/** What kind of thing is wrong there, in a word or two. */
export function placeTitle({ kind }: Place): string {
  return titles.get(kind) ?? "WRONG";
}

const titles: ReadonlyMap<number, string> = new Map([
  [Sign["expectation-failed"], "expectation failed:"],
  [Sign["evidence-differs"], "evidence differs:"],
  [Sign["profile-differs"], "profiles differ:"],
]);
