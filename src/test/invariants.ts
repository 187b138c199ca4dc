import type { Machine } from "../core/machine.ts";
import { RecordKind } from "../core/records.ts";
import { distance, seq } from "../core/seq.ts";
import type { Reference } from "./reference.ts";

const numberMask = 2n ** 64n - 1n;

/**
 * The invariants of domain.md section 1.4 that a connection's state breaks, as [name, what is wrong]. I8 (explicit
 * nonces) is in the bytes, which are compared elsewhere; I9 concerns skbs, which the model does not merge.
 * `headBefore` is the head of the record map before the event.
 */
export function* invariantBreaks(
  machine: Machine,
  connection: number,
  reference: Reference,
  headBefore: number,
): Generator<[string, string]> {
  const { startSeq, recSeq0 } = machine.connections[connection]!;
  const state = machine.states[connection]!;
  const log = machine.records[connection]!;
  const { head, tail, hint } = state;
  const place = (s: number) => distance(startSeq, seq(s));
  const { list } = reference;

  for (let row = head; row < tail; row++) {
    const previousEnd = row === 0 ? startSeq : log.end(row - 1);
    if (log.start(row) !== previousEnd)
      yield ["I1", `record ${row} does not begin where the one before ends`];
    if (log.sn(row) !== ((recSeq0 + BigInt(row) - 1n) & numberMask))
      yield ["I3", `record ${row} has number ${log.sn(row)}`];
    const isMarker = log.kind.at(row) === RecordKind.startMarker;
    if (isMarker !== (row === 0)) yield ["I4", `the start marker is row ${row}`];
  }
  if (tail > 0 && place(log.end(tail - 1)) !== reference.pushed)
    yield ["I2", `the map ends before or behind ${reference.pushed}`];
  if (head < headBefore) yield ["I4", "what was released came back"];

  const expectedHint = reference.hint ? tail - list.length + list.indexOf(reference.hint) : -1;
  if (hint !== -1 && (hint < head || hint >= tail))
    yield ["I5", `the hint ${hint} is not in the map ${head}…${tail}`];
  if (hint !== expectedHint) yield ["I5", `the hint is ${hint}, not ${expectedHint}`];

  const sndUna = state.acked === 1 ? place(state.sndUna) : null;
  if (sndUna !== reference.sndUna) yield ["I6", `snd_una is ${sndUna}, not ${reference.sndUna}`];
  if (tail - head !== list.length) yield ["I6", `${tail - head} records in the map, not ${list.length}`];
  if (head < tail && reference.sndUna !== null && place(log.end(head)) <= reference.sndUna)
    yield ["I6", "the first record is acknowledged"];
  if (head > 0 && place(log.end(head - 1)) > (reference.sndUna ?? -1))
    yield ["I6", "a record was released that is not acknowledged"];
  if (head < tail && distance(log.start(head), log.end(tail - 1)) < 0)
    yield ["I7", "the map covers half the ring"];
}
