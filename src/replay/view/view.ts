// replay/view: a state in words: the table of paths, and why a byte is what it is.

import { headerSize, layoutOf, tagSize } from "../../core/base/record.ts";
import { advance, type Seq, seq } from "../../core/base/seq.ts";
import type { Connection } from "../../core/machine/connection.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { RecordKind, type RecordLog } from "../../core/machine/record-log.ts";
import type { Socket } from "../../core/machine/socket.ts";
import type { ConnectionState } from "../../core/machine/state.ts";
import type { PostedDescriptor } from "../../core/words/descriptor.ts";
import { type Findings, type Judged, noFindings } from "../findings.ts";
import type { EffectRecord, Recording } from "../recording.ts";
import type { Position, Timeline } from "../timeline.ts";
import { digits, type NumberStyle, plainNumbers, type Raw, SeqValue } from "./value.ts";

/**
 * A state in words: the only place that decides how state reads. Everything that shows state (Variables, hovers,
 * conditions, golden text, the terminal) goes through the paths of a view.
 */
export interface View {
  timeline: Timeline;
  /** What judging the replay found. */
  findings: Findings;
  machine: Machine;
  position: Position;
  /** What the event found of the state of its own connection. */
  before: Before;
  /** What the event has posted so far for the connection that it is at. */
  posted: Posted;
  index: number;
  connection: Connection;
  log: RecordLog;
  state: ConnectionState;
  /** The connection as it is there. */
  socket: Socket;
  /** How its numbers are written. */
  numbers: NumberStyle;
  /** The sign that is spoken of, where one is. */
  sign?: EffectRecord | null;
  /** The change of a followed value that is spoken of, where one is. */
  change?: { from: Raw; to: Raw } | null;
}

/** What is told of the state that an event found. */
export type Before = Pick<ConnectionState, "contexts" | "expectedSeq">;

/** A transmit queue as it stands in the middle of an event. */
export interface Posted {
  readonly count: number;
  /** How many of them the NIC has taken, from the first on. */
  readonly taken: number;
  at(i: number): PostedDescriptor;
}

/** A view of what was recorded, with all its stages. */
export interface RecordedView extends View {
  recording: Recording;
}

/** The view of one connection from where the debugger stands, by the replay alone. */
export function viewAt(timeline: Timeline, position: Position, connection?: number): RecordedView {
  const index = connection ?? timeline.connectionAt(position);
  const socket = timeline.machine.sockets[index]!.at(timeline.stateOf(index, position), position.event);
  return viewOf(timeline, position, timeline.record(position.event), socket);
}

/** The view of a stage of a recording, which may be that of one connection alone: the position's stage counts there. */
export function viewIn(timeline: Timeline, recording: Recording, stage: number): RecordedView {
  const { event } = recording;
  const { connection, state } = recording.stages[stage]!;
  const socket = timeline.machine.sockets[connection]!.at(state, event);
  return viewOf(timeline, { event, stage }, recording, socket);
}

/** What was posted by then: of a stage before the first one nothing. */
export function postedBy({ stages }: Recording, stage: number): Posted {
  const { posted = 0, taken = 0, descriptors = [] } = stages[stage] ?? {};
  return { count: Math.min(posted, descriptors.length), taken, at: (i) => descriptors[i]! };
}

const viewOf = (
  timeline: Timeline,
  position: Position,
  recording: Recording,
  socket: Socket,
): RecordedView => ({
  timeline,
  findings: noFindings,
  numbers: plainNumbers,
  machine: timeline.machine,
  position,
  recording,
  before: recording.before,
  posted: postedBy(recording, position.stage),
  index: socket.index,
  connection: socket.connection,
  log: socket.records,
  state: socket.state,
  socket,
});

/** The same with what judging the replay found. */
export const judgedView = (
  { timeline, findings }: Judged,
  position: Position,
  connection?: number,
): RecordedView => ({
  ...viewAt(timeline, position, connection),
  findings,
});

/** A sequence number as the view shows it. */
export const seqOf = (view: View, s: number): SeqValue => new SeqValue(view.connection, seq(s));

/** Stream bytes as a trace writes them: `1448:2896(1448)`. */
export function rangeIn(view: View, from: Seq, length: number): string {
  const { numbers } = view;
  const [first, end] = [seqOf(view, from), seqOf(view, advance(from, length))];
  const ends = numbers.absolute ? [first.absolute, end.absolute] : [first.relative, end.relative];
  const [a, b] = ends.map((n) => digits(n, numbers));
  return `${a}:${b}(${digits(length, numbers)})`;
}

/** Which part of its record a byte lies in: header, nonce, payload, type byte or tag. */
export function partOf(view: View, row: number, offset: number): string {
  const { version, cipher } = view.connection;
  const layout = layoutOf(version, cipher ?? "aes-128-gcm");
  const length = view.log.length.at(row);
  if (offset < headerSize) return "header";
  if (offset < layout.prepend) return "nonce";
  if (offset >= length - tagSize) return "tag";
  return offset >= length - tagSize - layout.tail ? "type byte" : "payload";
}

/** How a record is called everywhere: by its number, which stays when the map moves. */
export function recordName(log: RecordLog, row: number): string {
  if (log.kind.at(row) === RecordKind.startMarker) return "start marker";
  if (log.kind.at(row) === RecordKind.gap) return `unknown range ${row}`;
  return `record ${log.knownSn(row) ?? `#${row}`}`;
}
