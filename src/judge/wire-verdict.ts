import { advance, type Seq, seq } from "../core/base/seq.ts";
import type { RecordLog } from "../core/machine/record-log.ts";
import type { Socket } from "../core/machine/socket.ts";
import { isKnown } from "../core/nic/bytes.ts";
import { Effect } from "../core/words/effect.ts";
import { Kind } from "../core/words/event.ts";
import { Stage } from "../core/words/stage.ts";
import type { Finding } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { wordDamage } from "../replay/view/wrong/damage-text.ts";
import { type FindingName, Sign } from "../trace/signs.ts";
import { Authenticated, Wire, type WireVerdict } from "../trace/trace.ts";
import { departuresOf } from "./departures.ts";

const wrong = ["plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"] as const satisfies WireVerdict[];

/**
 * What the wire oracle says of an event's packet, in the words of `expect wire=…`; several where several kinds of
 * wrong bytes left. The oracle looked at the bytes when the packet left and said an effect for each kind of wrong ones.
 */
export function wireVerdictsOf(timeline: Timeline, event: number): WireVerdict[] {
  const found = wrong.filter((name) => timeline.effects.has(event, Effect[name]));
  if (found.length > 0) return found;
  if (!timeline.record(event).stages.some(({ stage }) => stage === Stage.wire)) return ["nothing"];
  // A captured packet that the model would have dropped did leave, with bytes that the model did not make.
  const isForeign = timeline.effects.has(event, Effect.dropped);
  return [!isForeign && knows(timeline, event) ? "match" : "unknown"];
}

/** True for a transmit. */
export const isTransmit = (timeline: Timeline, event: number): boolean =>
  timeline.trace.events.kind.at(event) === Kind.transmit;

/** True if all bytes that leave in the event are known: of a segment the segment's, of a queue that goes on each packet's. */
function knows(timeline: Timeline, event: number): boolean {
  const { connection, seq: at, length } = timeline.trace.events.at(event);
  if (connection >= 0) return knowsRange(timeline.machine.sockets[connection]!, at, length);
  return departuresOf(timeline.record(event)).every((left) =>
    knowsRange(timeline.machine.sockets[left.connection]!, left.seq, left.length),
  );
}

/** True if all bytes of the range are of known records, or before the offload, where they leave as they were. */
function knowsRange(socket: Socket, from: Seq, length: number): boolean {
  const log = socket.records;
  const { startSeq } = socket.connection;
  const end = advance(from, length);
  if (end <= startSeq) return true;
  const first = seq(Math.max(from, startSeq));
  const rows = log.rowsIn(first, end);
  return rows.length > 0 && rows.every((row) => isKnown(socket, row));
}

/** What comparing a capture with whole-record encryption found, as findings of its events; a trace file has none. */
export function wireFindings({ trace, machine }: Timeline): Finding[] {
  const { verdicts, events } = trace;
  const findings: Finding[] = [];
  const rows = machine.sockets.map(({ records }) => rowsByEvent(records));
  for (let event = 0; verdicts && event < events.count; event++) {
    const damage = verdicts.damage.get(event);
    const add = (name: FindingName, a: number, b: number) =>
      findings.push({
        kind: Sign[name],
        a,
        b,
        event,
        stage: -1,
        place: "",
        text: damage ? wordDamage(damage) : "",
      });
    if (verdicts.wire[event] === Wire.differs) {
      const { first, bytes } = verdicts.differences.get(event) ?? { first: 0, bytes: 0 };
      add("wire-differs", first, bytes);
    }
    const isFailed = verdicts.authenticated[event] === Authenticated.no;
    if (!isFailed && damage === undefined) continue;
    const [connection, length] = [events.connection.at(event), events.length.at(event)];
    const row = rows[connection]!().get(event) ?? -1;
    const isOfPlaintext = damage?.part === "clear" || damage?.part === "sealed";
    if (isFailed) add(isOfPlaintext ? "not-as-plaintext" : "authentication-failed", row, length);
    if (damage?.part === "plaintext") add("record-leaked", row, length);
    if (damage?.part === "foreign") add("foreign-bytes", events.seq.at(event), length);
    if (damage?.part !== "nonce-reuse") continue;
    add("explicit-nonce-reused", row, advance(trace.connections[connection]!.startSeq, damage.firstAt));
  }
  return findings;
}

/** Rows of a record log by the events that pushed them, gathered when somebody asks. */
function rowsByEvent({ pushedBy, count }: RecordLog): () => ReadonlyMap<number, number> {
  let rows: Map<number, number> | null = null;
  return () => {
    rows ??= new Map(Array.from({ length: count }, (_, row) => [pushedBy.at(row), row]));
    return rows;
  };
}
