import { advance, after, before, distance, type Seq } from "../../core/base/seq.ts";
import type { Event } from "../../core/words/event.ts";
import { Kind } from "../../core/words/event.ts";

/**
 * The plain way to write the same model: every event gives a new state object, layer by layer, and its effects as
 * objects; records are objects in a list that is searched by halves. It does the work of `step` for what a long
 * trace holds (send, transmit, ack on one offloaded connection), and it keeps no history: it is only the pace to beat.
 */
export interface ReferenceState {
  readonly tcp: { readonly sndUna: Seq; readonly sndNxt: Seq };
  readonly tls: {
    readonly head: number;
    readonly tail: number;
    readonly hint: number;
    readonly written: number;
  };
  readonly driver: { readonly expectedSeq: Seq; readonly postedRow: number };
  readonly nic: { readonly row: number; readonly taken: number; readonly inStep: boolean };
  readonly counters: {
    readonly outOfOrder: number;
    readonly encryptedPackets: number;
    readonly encryptedBytes: number;
    readonly dumpBytes: number;
  };
}

interface ReferenceRecord {
  readonly startSeq: Seq;
  readonly endSeq: Seq;
  readonly sn: bigint;
}

interface ReferenceEffect {
  readonly name: string;
  readonly a: number;
  readonly b: number;
}

interface Next {
  readonly state: ReferenceState;
  readonly effects: readonly ReferenceEffect[];
}

const overhead = 29;

export function initialReference(startSeq: Seq): ReferenceState {
  return {
    tcp: { sndUna: startSeq, sndNxt: startSeq },
    tls: { head: 0, tail: 0, hint: -1, written: 0 },
    driver: { expectedSeq: startSeq, postedRow: 0 },
    nic: { row: 0, taken: 0, inStep: true },
    counters: { outOfOrder: 0, encryptedPackets: 0, encryptedBytes: 0, dumpBytes: 0 },
  };
}

/** Runs all events and gives the last state and how many effects there were. */
export function runReference(
  events: readonly Event[],
  startSeq: Seq,
): { state: ReferenceState; effects: number } {
  const records: ReferenceRecord[] = [];
  let effects = 0;
  let state = initialReference(startSeq);
  for (const event of events) {
    const next = stepReference(state, event, records, startSeq);
    state = next.state;
    effects += next.effects.length;
  }
  return { state, effects };
}

function stepReference(state: ReferenceState, event: Event, records: ReferenceRecord[], startSeq: Seq): Next {
  if (event.kind === Kind.send) return send(state, event, records, startSeq);
  return event.kind === Kind.ack ? acknowledge(state, event, records) : transmit(state, event, records);
}

function send(state: ReferenceState, event: Event, records: ReferenceRecord[], start: Seq): Next {
  const { tls } = state;
  const startSeq = records.at(-1)?.endSeq ?? start;
  const length = event.length + overhead;
  records.push({ startSeq, endSeq: advance(startSeq, length), sn: BigInt(records.length + 1) });
  return {
    state: { ...state, tls: { ...tls, tail: tls.tail + 1, written: tls.written + event.length } },
    effects: [{ name: "record-pushed", a: tls.tail, b: length }],
  };
}

function acknowledge(state: ReferenceState, event: Event, records: readonly ReferenceRecord[]): Next {
  const { tls, tcp } = state;
  if (!after(event.seq, tcp.sndUna)) return { state, effects: [] };
  const effects: ReferenceEffect[] = [];
  let { head, hint } = tls;
  if (hint >= 0 && !before(event.seq, records[hint]!.endSeq)) hint = -1;
  for (; head < tls.tail && !before(event.seq, records[head]!.endSeq); head++) {
    effects.push({ name: "record-released", a: head, b: event.seq });
  }
  effects.push({ name: "acknowledged", a: event.seq, b: head - tls.head });
  return { state: { ...state, tcp: { ...tcp, sndUna: event.seq }, tls: { ...tls, head, hint } }, effects };
}

function transmit(state: ReferenceState, event: Event, records: readonly ReferenceRecord[]): Next {
  const { seq: from, length } = event;
  const end = advance(from, length);
  const sndNxt = after(end, state.tcp.sndNxt) ? end : state.tcp.sndNxt;
  const resynced = from === state.driver.expectedSeq ? { state, effects: [] } : resync(state, from, records);
  const { counters, driver, tcp } = resynced.state;
  return {
    state: {
      ...resynced.state,
      tcp: { ...tcp, sndNxt },
      driver: { ...driver, expectedSeq: end },
      nic: follow(resynced.state.nic, length, records),
      counters: {
        ...counters,
        encryptedPackets: counters.encryptedPackets + 1,
        encryptedBytes: counters.encryptedBytes + length,
      },
    },
    effects: [...resynced.effects, { name: "encrypted", a: from, b: length }],
  };
}

function resync(state: ReferenceState, from: Seq, records: readonly ReferenceRecord[]): Next {
  const { tls, counters, driver } = state;
  const row = recordOf(records, tls.head, from);
  const replayed = distance(records[row]!.startSeq, from);
  return {
    state: {
      ...state,
      tls: { ...tls, hint: Math.max(tls.hint, row) },
      driver: { ...driver, postedRow: row },
      nic: { row, taken: replayed, inStep: true },
      counters: {
        ...counters,
        outOfOrder: counters.outOfOrder + 1,
        dumpBytes: counters.dumpBytes + replayed,
      },
    },
    effects: [
      { name: "out-of-order", a: driver.expectedSeq, b: from },
      { name: "resync", a: row, b: replayed },
    ],
  };
}

/** First record from `head` on that ends behind `s`. */
function recordOf(records: readonly ReferenceRecord[], head: number, s: Seq): number {
  let [low, high] = [head, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(s, records[middle]!.endSeq)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function follow(
  nic: ReferenceState["nic"],
  length: number,
  records: readonly ReferenceRecord[],
): ReferenceState["nic"] {
  let row = nic.row;
  let taken = nic.taken + length;
  for (; row < records.length; row++) {
    const size = distance(records[row]!.startSeq, records[row]!.endSeq);
    if (taken < size) break;
    taken -= size;
  }
  return { ...nic, row, taken };
}
