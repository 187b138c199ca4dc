// replay/view: a state in words: the table of paths, and why a byte is what it is.

import { headerSize, layoutOf, tagSize } from "../../core/base/record.ts";
import { seq } from "../../core/base/seq.ts";
import type { Connection } from "../../core/machine/connection.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { RecordKind, type RecordLog } from "../../core/machine/record-log.ts";
import type { Socket } from "../../core/machine/socket.ts";
import type { ConnectionState } from "../../core/machine/state.ts";
import { type Findings, type Judged, noFindings } from "../findings.ts";
import type { Recording } from "../recording.ts";
import type { Position, Timeline } from "../timeline.ts";
import { SeqValue } from "./value.ts";

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
  recording: Recording;
  index: number;
  connection: Connection;
  log: RecordLog;
  state: ConnectionState;
  /** The connection as it is there. */
  socket: Socket;
}

/** The view of one connection from where the debugger stands, by the replay alone. */
export function viewAt(timeline: Timeline, position: Position, connection?: number): View {
  const index = connection ?? timeline.connectionAt(position);
  const socket = timeline.machine.sockets[index]!.at(timeline.stateOf(index, position), position.event);
  return viewOf(timeline, position, timeline.record(position.event), socket);
}

/** The view of a stage of a recording, which may be that of one connection alone: the position's stage counts there. */
export function viewIn(timeline: Timeline, recording: Recording, stage: number): View {
  const { event } = recording;
  const { connection, state } = recording.stages[stage]!;
  const socket = timeline.machine.sockets[connection]!.at(state, event);
  return viewOf(timeline, { event, stage }, recording, socket);
}

const viewOf = (timeline: Timeline, position: Position, recording: Recording, socket: Socket): View => ({
  timeline,
  findings: noFindings,
  machine: timeline.machine,
  position,
  recording,
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
): View => ({
  ...viewAt(timeline, position, connection),
  findings,
});

/** A sequence number as the view shows it. */
export const seqOf = (view: View, s: number): SeqValue => new SeqValue(view.connection, seq(s));

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
