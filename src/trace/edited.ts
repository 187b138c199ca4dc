import { advance } from "../core/base/seq.ts";
import { profileAmong, profileById } from "../core/profiles/all.ts";
import { deviceColumn, type Event, EventLog, Kind } from "../core/words/event.ts";
import { type Applied, applied, type Edit } from "./edit.ts";
import { hasOwnLines } from "./edit-lines.ts";
import { becomingInOrder } from "./language/becoming.ts";
import { parseTrace, TraceReader } from "./language/parse.ts";
import { printEvent, printing } from "./language/print.ts";
import { finished, within } from "./platform.ts";
import { fileWordOf } from "./profile-word.ts";
import type { ProfileFinder } from "./profiles/finder.ts";
import { type Diagnostic, noSacksBetween, type Trace } from "./trace.ts";
import { noun, visibleLine } from "./visible.ts";

/**
 * A trace made of a trace: it prints, and replays the same as its printed text read again. What cannot be is left out
 * with an error in its diagnostics, as where a trace file is read: an edit of an event that is not there, an event that
 * no line of a trace says, a segment of bytes that nobody wrote, also one that lost by an edit what wrote them. The
 * trace that it is made of stays as it is.
 */
export const edited = (trace: Trace, edits: readonly Edit[]): Trace => finished(editing(trace, edits));

/** The same with pauses: all of a long trace is read again. */
export function* editing(trace: Trace, edits: readonly Edit[]): Generator<number, Trace> {
  if (trace.kind === "capture") return settledCapture(inOrder(applied(trace, edits)));
  if (hasOwnLines(trace)) return yield* readingAgain(inOrder(applied(trace, edits)));
  // A script becomes a trace file first, so that its comments stay where they are.
  const own = yield* within([0, 0.5], readingPrinted(trace));
  return yield* within([0.5, 1], readingAgain(inOrder(applied(own, edits))));
}

const inOrder = (made: Applied): Applied => ({ ...made, trace: becomingInOrder(made.trace) });

/** What a trace file can say is the reader's to judge, so an edited one goes through its text. */
function* readingAgain({ trace, made, refused }: Applied): Generator<number, Trace> {
  const read = yield* readingPrinted(trace);
  const isRead = !read.diagnostics.some(({ severity }) => severity === "error");
  const changed = isRead ? made.filter((event) => !isSame(trace, event, read, event)) : [];
  const problems = changed.map((event) => unsayable(trace, event));
  return { ...read, diagnostics: [...refused, ...problems, ...read.diagnostics] };
}

/** A capture has what no text says, so only the events that were made go through theirs. */
function settledCapture({ trace, made, refused }: Applied): Trace {
  const { excerpt, indices } = madeAlone(trace, made);
  const read = readPrinted(excerpt);
  const above = trace.devices.length + trace.connections.length;
  const readAt = new Map(Array.from({ length: read.events.count }, (_, i) => [read.events.line.at(i), i]));
  const drops: Edit[] = [];
  const problems: Diagnostic[] = [];
  for (const [i, event] of made.entries()) {
    const line = above + indices[i]! + 1;
    const at = readAt.get(line);
    if (at !== undefined && isSame(excerpt, indices[i]!, read, at)) continue;
    const error = read.diagnostics.find((one) => one.severity === "error" && one.line === line);
    problems.push(error ? placeless(error, event) : unsayable(trace, event));
    drops.unshift({ edit: "drop", event, count: 1 });
  }
  const settled = becomingInOrder(applied(trace, drops).trace);
  return { ...settled, diagnostics: [...refused, ...problems, ...trace.diagnostics] };
}

/** Bytes of a gap line at most. */
const gapMax = 2 ** 30;

/** The events at `made` in a trace of their own, with gaps for the bytes that stand above them; `indices` there. */
function madeAlone(trace: Trace, made: readonly number[]): { excerpt: Trace; indices: number[] } {
  const events = new EventLog();
  const missing = trace.connections.map(() => 0);
  const ends = trace.connections.map(({ startSeq }) => startSeq);
  const indices: number[] = [];
  let next = 0;
  for (let event = 0; next < made.length; event++) {
    const row = trace.events.at(event);
    if (row.kind === Kind.record || row.kind === Kind.gap) missing[row.connection]! += row.length;
    // What a device becomes counts those before it.
    if (row.kind === Kind.become && event !== made[next]) events.push(row);
    if (event !== made[next]) continue;
    next++;
    for (const of = row.connection; of >= 0 && missing[of]! > 0; ) {
      const length = Math.min(missing[of]!, gapMax);
      missing[of]! -= length;
      ends[of] = advance(ends[of]!, length);
      const bare = { ...row, flags: 0, extra: 0 };
      events.push({ ...bare, kind: Kind.gap, length });
      events.push({ ...bare, kind: Kind.ack, seq: ends[of]!, length: 0 });
    }
    indices.push(events.push(row));
  }
  const sacks = new Map(
    made.flatMap((event, i) => {
      const blocks = trace.sacks.get(event);
      return blocks ? [[indices[i]!, blocks] as const] : [];
    }),
  );
  const beside = { expectations: [], comments: new Map(), sacksBetween: noSacksBetween() };
  return { excerpt: { ...trace, events, sacks, ...beside }, indices };
}

/** What the text says that a trace was printed as, on the same devices. */
export const readAs = (trace: Trace, text: string): Trace => parseTrace(trace.name, text, profilesOf(trace));

/** The trace as its printed text says it. */
export const readPrinted = (trace: Trace): Trace => finished(readingPrinted(trace));

/** Lines read between two pauses. */
const pauseEvery = 1024;

function* readingPrinted(trace: Trace): Generator<number, Trace> {
  const text = yield* within([0, 0.5], printing(trace));
  const reader = new TraceReader(trace.name, text, profilesOf(trace), (own) => own);
  for (let done = 0; done < reader.total; done = reader.read(pauseEvery)) yield 0.5 + done / reader.total / 2;
  return reader.trace();
}

/** Finds what a trace's own lines name: the profiles of its devices, of its files, of the model. */
function profilesOf({ devices, profileFiles }: Trace): ProfileFinder {
  const own = new Map(
    devices
      .flatMap(({ profile, later = [] }) => [profile, ...later.map((each) => each.profile)])
      .map((profile) => {
        const kernel = profile.kernel === null ? "" : `@${profile.kernel.id}`;
        return [`${profile.word ?? profile.id}${kernel}`, profile];
      }),
  );
  return (word) => {
    const named = fileWordOf(word);
    const file = named && profileFiles.get(named.path);
    if (own.has(word)) return own.get(word)!;
    if (file) return profileAmong([file], `${file.id}${named.variant}`);
    return profileById(word);
  };
}

const said = ["timeNs", "connection", "kind", "flags", "seq", "length"] as const satisfies (keyof Event)[];

/** True if an event says the same in both traces. */
function isSame(one: Trace, event: number, other: Trace, otherEvent: number): boolean {
  return (
    said.every((field) => one.events[field].at(event) === other.events[field].at(otherEvent)) &&
    moreOf(one, event) === moreOf(other, otherEvent) &&
    String(one.sacks.get(event)) === String(other.sacks.get(otherEvent)) &&
    one.recordSns.get(event) === other.recordSns.get(otherEvent)
  );
}

/** What its `extra` column says: of what a device becomes not the place among others, which an edit leaves as it was. */
function moreOf({ events, devices }: Trace, event: number): string {
  const extra = events.extra.at(event);
  if (events.kind.at(event) !== Kind.become) return String(extra);
  const later = devices[deviceColumn(events.connection.at(event))]?.later?.[extra];
  return later === undefined ? "" : `${later.profile.id} ${later.kernel.id}`;
}

const unsayable = (trace: Trace, event: number): Diagnostic => ({
  severity: "error",
  message: `event ${event} has more than its line can say: \`${printEvent(trace, event)}\``,
});

/** An error of the excerpt's text, which nobody sees. */
const placeless = ({ severity, message }: Diagnostic, event: number): Diagnostic => ({
  severity,
  message: `event ${event}: ${message}`,
});

/** A capture as it stands in a trace file, with a line that says what it is. */
export function ofCapture(trace: Trace): Trace {
  const says = `# ${visibleLine(trace.name)}, as a trace: what its ${trace.frames} ${noun(trace.frames ?? 0, "frame shows", "frames show")}, without keys and payload`;
  return { ...trace, comments: new Map([[1, says]]) };
}
