import type { Machine } from "../../core/machine/machine.ts";
import { RecordKind } from "../../core/machine/record-log.ts";
import type { Reference } from "../reference/reference.ts";

const kinds = { marker: RecordKind.startMarker, record: RecordKind.record, software: RecordKind.software };

/**
 * The invariants of kernel.md section 1.4 that a connection's state breaks, as [name, what is wrong]. I8 (explicit
 * nonces) is in the bytes, which are compared elsewhere; I9 (marks) in what becomes of orphaned segments.
 * `headBefore` is the head of the record map before the event.
 */
export function* invariantBreaks(
  machine: Machine,
  connection: number,
  reference: Reference,
  headBefore: number,
): Generator<[string, string]> {
  const { startSeq } = machine.sockets[connection]!.connection;
  const state = machine.sockets[connection]!.state;
  const log = machine.sockets[connection]!.records;
  const { head, tail, hint } = state;
  const place = (s: number) => s - startSeq;
  const { list, hint: referenceHint } = reference.map;

  for (let row = head; row < tail; row++) {
    const record = list[row - head];
    if (record === undefined) break;
    if (place(log.start(row)) !== record.start || place(log.end(row)) !== record.end)
      yield ["I1", `record ${row} is ${place(log.start(row))}:${place(log.end(row))}`];
    if (log.sn(row) !== record.sn) yield ["I3", `record ${row} has number ${log.sn(row)}, not ${record.sn}`];
    if (log.kind.at(row) !== (record.isGap ? RecordKind.gap : kinds[record.kind]))
      yield ["I4", `record ${row} is of kind ${log.kind.at(row)}, not a ${record.kind}`];
  }
  if (tail > 0 && place(log.end(tail - 1)) !== reference.pushed)
    yield ["I2", `the map ends before or behind ${reference.pushed}`];
  if (head < headBefore) yield ["I4", "what was released came back"];

  const expectedHint = referenceHint ? tail - list.length + list.indexOf(referenceHint) : -1;
  if (hint !== -1 && (hint < head || hint >= tail))
    yield ["I5", `the hint ${hint} is not in the map ${head}…${tail}`];
  if (hint !== expectedHint) yield ["I5", `the hint is ${hint}, not ${expectedHint}`];

  const sndUna = state.acked === 1 ? place(state.sndUna) : null;
  if (sndUna !== reference.sndUna) yield ["I6", `snd_una is ${sndUna}, not ${reference.sndUna}`];
  if (tail - head !== list.length) yield ["I6", `${tail - head} records in the map, not ${list.length}`];
  if (head < tail && log.end(tail - 1) - log.start(head) >= 2 ** 31)
    yield ["I7", "the map covers half the ring"];
}
