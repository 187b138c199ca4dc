import { placeholderRecord, streamBytes, wireRecord } from "./bytes.ts";
import { Effect } from "./effect.ts";
import type { Machine, Sink } from "./machine.ts";
import { NicStream } from "./nic-stream.ts";
import type { Packet } from "./packet.ts";
import { layoutOf, tagSize } from "./record.ts";
import { advance, distance, type Seq } from "./seq.ts";
import type { ConnectionState } from "./state.ts";

/**
 * The wire oracle for one packet that leaves: says what is wrong with its bytes. A NIC in step makes the right bytes
 * by construction (tests compare them all), so bytes are only computed where something is off.
 */
export function examine(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): void {
  const { faults } = machine.devices[machine.connections[packet.connection]!.device]!.profile;
  const marked = !faults.packetNotMarked;
  if (marked && state.nicInStep === 1 && !faults.placeholderLeft) return;
  const actual = wireBytes(machine, state, packet);
  const right = streamBytes(machine, packet.connection, packet.seq, packet.length, wireRecord);
  if (actual && right) classify(machine, packet, actual, right, sink);
}

/**
 * The bytes that leave the NIC for a packet it has just taken, computed as hardware does: from the record's start,
 * or, out of step, from everything it was fed since it lost step. Null where the stream's bytes are not known.
 */
export function wireBytes(machine: Machine, state: ConnectionState, packet: Packet): Uint8Array | null {
  const { faults } = machine.devices[machine.connections[packet.connection]!.device]!.profile;
  const host = streamBytes(machine, packet.connection, packet.seq, packet.length, placeholderRecord);
  if (!host || faults.packetNotMarked || state.nicReady === 0) return host;
  return state.nicInStep === 1 ? inStep(machine, packet, host) : outOfStep(machine, packet.connection, state);
}

/** In step the NIC stands in the very record that the byte belongs to, with its number and keys. */
function inStep(machine: Machine, packet: Packet, host: Uint8Array): Uint8Array | null {
  const { connection, length } = packet;
  const log = machine.records[connection]!;
  const out = new Uint8Array(length);
  let from = 0;
  for (let row = log.rowOf(packet.seq, log.count); from < length; row++) {
    const stream = nicStream(machine, connection, row, log.count);
    const record = placeholderRecord(machine, connection, row);
    if (!stream || !record) return null;
    const to = Math.min(length, distance(packet.seq, log.end(row)));
    stream.feed(record.subarray(0, distance(log.start(row), advance(packet.seq, from))));
    out.set(stream.feed(host.subarray(from, to)), from);
    from = to;
  }
  return out;
}

function outOfStep(machine: Machine, connection: number, state: ConnectionState): Uint8Array | null {
  const log = machine.records[connection]!;
  const stream = nicStream(machine, connection, state.nicRow, state.tail);
  if (!stream) return null;
  const ranges: { from: Seq; length: number }[] = [];
  if (state.nicTaken > 0) ranges.push({ from: log.start(state.nicRow), length: state.nicTaken });
  for (let i = state.fedHead; i < state.fedTail; i++) ranges.push(machine.fed[connection]!.at(i));
  let out: Uint8Array | null = null;
  for (const { from, length } of ranges) {
    const bytes = streamBytes(machine, connection, from, length, placeholderRecord);
    if (!bytes) return null;
    out = stream.feed(bytes);
  }
  return out;
}

function nicStream(machine: Machine, connection: number, row: number, tail: number): NicStream | null {
  const fixed = machine.connections[connection]!;
  const log = machine.records[connection]!;
  const keys = fixed.epochs[log.epoch.at(Math.min(Math.max(row, 0), log.count - 1))];
  if (!keys || !fixed.cipher) return null;
  const { placeholderLeft } = machine.devices[fixed.device]!.profile.faults;
  return new NicStream(fixed, keys, log.countedSn(row, tail), placeholderLeft === true);
}

/** A packet's bytes as they leave, as they must leave, and as they lie in host memory. */
interface Comparison {
  actual: Uint8Array;
  right: Uint8Array;
  host: Uint8Array;
}

/** So many wrong bytes in a row are what lies in host memory by chance once in 2^32; fewer prove nothing by themselves. */
const runMin = 4;

/** Sorts wrong bytes by what they are instead; one effect a kind, with the first such byte and how many there are. */
function classify(machine: Machine, packet: Packet, actual: Uint8Array, right: Uint8Array, sink: Sink): void {
  const { version, cipher } = machine.connections[packet.connection]!;
  const { prepend } = layoutOf(version, cipher!);
  const log = machine.records[packet.connection]!;
  const host = streamBytes(machine, packet.connection, packet.seq, packet.length, placeholderRecord)!;
  const found = new Map<number, { first: number; bytes: number }>();
  const say = (kind: number, at: number): void => {
    const entry = found.get(kind);
    if (entry) entry.bytes++;
    else found.set(kind, { first: at, bytes: 1 });
  };
  let from = 0;
  for (let row = log.rowOf(packet.seq, log.count); from < packet.length; row++) {
    const payloadAt = distance(packet.seq, log.start(row)) + prepend;
    const end = distance(packet.seq, log.end(row));
    for (const partEnd of [payloadAt, end - tagSize, end]) {
      const to = Math.min(partEnd, packet.length);
      sortPart({ actual, right, host }, from, to, partEnd === end, say);
      from = Math.max(from, to);
    }
  }
  for (const [kind, { first, bytes }] of found) sink.effect(kind, advance(packet.seq, first), bytes);
}

/** Sorts the bytes [from, to) of the packet, which all belong to one part of a record. */
function sortPart(
  { actual, right, host }: Comparison,
  from: number,
  to: number,
  inTag: boolean,
  say: (kind: number, at: number) => void,
): void {
  for (let at = from; at < to; ) {
    let end = at;
    while (end < to && actual[end] === host[end]) end++;
    const asInHostMemory = end - at >= Math.min(runMin, to - from);
    for (end = Math.max(end, at + 1); at < end; at++)
      if (actual[at] !== right[at]) say(kindOf(inTag, asInHostMemory), at);
  }
}

function kindOf(inTag: boolean, asInHostMemory: boolean): number {
  if (inTag) return asInHostMemory ? Effect.placeholder : Effect["wrong-tag"];
  return asInHostMemory ? Effect.plaintext : Effect["wrong-ciphertext"];
}
