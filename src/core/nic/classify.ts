import { tagSize } from "../base/record.ts";
import { advance } from "../base/seq.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import type { Departure } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { hostView, placeholderRecord, streamBytes } from "./bytes.ts";

/** A packet's bytes as they leave, and as they must leave. */
export interface Sent {
  actual: Uint8Array;
  right: Uint8Array;
}

/** Beside them, what lies in host memory: now, and when the records were pushed. */
interface Beside extends Sent {
  host: Uint8Array;
  pushed: Uint8Array;
}

/** What a byte of a record is: header and explicit nonce, payload (with the inner type of TLS 1.3), or tag. */
type Part = "prepend" | "payload" | "tag";

/** So many wrong bytes in a row are what lies in host memory by chance once in 2^32; fewer prove nothing by themselves. */
const runMin = 4;

/** Wrong bytes by what they are instead: of each kind the first one's place in the packet, and how many. */
class Found {
  readonly kinds = new Map<number, { first: number; bytes: number }>();

  say(kind: number, at: number): void {
    const entry = this.kinds.get(kind);
    if (entry) entry.bytes++;
    else this.kinds.set(kind, { first: at, bytes: 1 });
  }
}

/** Sorts wrong bytes by what they are instead; one effect a kind, with the first such byte and how many there are. */
export function classify(socket: Socket, departure: Departure, sent: Sent, sink: Sink): void {
  const { seq: from, length } = departure;
  const { records, layout, state } = socket;
  const host = streamBytes(socket, from, length, hostView(state.changes))!;
  const pushed = streamBytes(socket, from, length, placeholderRecord)!;
  const bytes = { ...sent, host, pushed };
  const found = new Found();
  let done = 0;
  for (const row of records.rowsIn(from, advance(from, length))) {
    const payloadAt = records.start(row) - from + layout.prepend;
    const end = records.end(row) - from;
    const parts = [
      ["prepend", payloadAt],
      ["payload", end - tagSize],
      ["tag", end],
    ] as const;
    for (const [part, partEnd] of parts) {
      const to = Math.min(partEnd, length);
      sortPart(bytes, { part, from: done, to }, found);
      done = Math.max(done, to);
    }
  }
  for (const [kind, { first, bytes: count }] of found.kinds) sink.effect(kind, advance(from, first), count);
  if (found.kinds.has(Effect["page-changed"])) sayNonceReuse(socket, departure, sent, sink);
}

/** Sorts the bytes [from, to) of the packet, which all belong to one part of a record. */
function sortPart(
  { actual, right, host, pushed }: Beside,
  { part, from, to }: { part: Part; from: number; to: number },
  found: Found,
): void {
  for (let at = from; at < to; ) {
    let end = at;
    while (end < to && actual[end] === host[end]) end++;
    const asInHostMemory = end - at >= Math.min(runMin, to - from);
    for (end = Math.max(end, at + 1); at < end; at++)
      if (actual[at] !== right[at]) found.say(kindOf(part, asInHostMemory, host[at] !== pushed[at]), at);
  }
}

/** Header and nonce are in clear everywhere: wrong ones leak nothing. */
function kindOf(part: Part, asInHostMemory: boolean, changed: boolean): number {
  if (part === "tag") return asInHostMemory ? Effect.placeholder : Effect["wrong-tag"];
  if (asInHostMemory && part === "payload") return Effect.plaintext;
  return changed ? Effect["page-changed"] : Effect["wrong-ciphertext"];
}

/** Of the changed bytes those that had been sent before they changed: two contents under one nonce are on the wire. */
function sayNonceReuse(
  { changes, state }: Socket,
  { seq: from, length }: Departure,
  { actual, right }: Sent,
  sink: Sink,
): void {
  const again = new Int32Array(length + 1);
  changes.writesIn(from, length, state.changes, ({ at, to, sentEnd }) => {
    if (sentEnd <= at) return;
    again[at]!++;
    again[Math.min(to, sentEnd)]!--;
  });
  let [first, count] = [-1, 0];
  for (let i = 0, writes = 0; i < length; i++) {
    writes += again[i]!;
    if (writes === 0 || actual[i] === right[i]) continue;
    if (first < 0) first = i;
    count++;
  }
  if (count > 0) sink.effect(Effect["nonce-reused"], advance(from, first), count);
}
