import { Descriptors } from "../../core/machine/descriptors.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { Descriptor, descriptorKinds, isReplay } from "../../core/words/descriptor.ts";
import { Effect } from "../../core/words/effect.ts";
import { dropReasons, PieceCode } from "../../core/words/effect-words.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { discardedBy } from "./discarded.ts";
import { type EventSink, effectWidth } from "./event-sink.ts";

/** Bytes of a descriptor as a device reads it: one send queue entry of 64 bytes, whatever the family. */
const descriptorSize = 64;

/** What one profile did in a trace, in numbers that can be set side by side. */
export class Tally {
  /** Transmits that TCP handed down and the qdisc did not lose; each is in exactly one of the next four. */
  transmits = 0;
  /** Handed to the NIC for encryption. */
  encrypted = 0;
  /** Encrypted by the kernel's software fallback. */
  fallback = 0;
  /** Sent as they were: before the offload or its start marker, or not offloaded. */
  plain = 0;
  /** By the driver or on the way to it. */
  dropped = 0;
  fallbackBytes = 0;
  /** Drops by reason, in the order of dropReasons; those behind the driver, too. */
  readonly drops = new Int32Array(dropReasons.length);
  /** Packets that the driver posted and the NIC or its queue did not send: one it does not expect, no context, a queue in error or reset. */
  lostBehindDriver = 0;
  /** Those of them that waited in a queue when it was reset. */
  discarded = 0;
  /** Their events, of the current event; good until the next. */
  discardedNow: readonly number[] = [];
  outOfOrder = 0;
  /** Work ahead of a packet that makes the device able to encrypt it, and resyncs at the next record. */
  resyncs = 0;
  /** tls_dev_resync commands that the device took. */
  commands = 0;
  /** Posted descriptors by kind, in the order of descriptorKinds. */
  readonly descriptors = new Int32Array(descriptorKinds.length);
  /** Presyncs that move the state for packets in order. */
  movingPresyncs = 0;
  /** Bytes of the packets that were posted. */
  payloadBytes = 0;
  /** Bytes that the device reads once more: DUMPs, prefixes in SYNC packets, what Chelsio's driver posts ahead of a piece. */
  replayedBytes = 0;
  /** What the current event posted: entries [first, end) of the queue or of what waits; good until the next. */
  private posted: Descriptors = new Descriptors();
  private first = 0;
  private end = 0;

  /** Takes in what event `event` did; `tailBefore` is the connection's waitTail before it. */
  take(machine: Machine, event: number, sink: EventSink, tailBefore: number, isWanted: Wanted): void {
    const { events } = machine;
    const connection = events.connection.values[event]!;
    this.first = this.end;
    this.discardedNow = [];
    this.takeEffects(sink, isWanted);
    if (events.kind.values[event] === Kind.reset) this.takeDiscarded(machine, sink, isWanted);
    if (events.kind.values[event] !== Kind.transmit || !isWanted(connection)) return;
    if ((events.flags.values[event]! & Flag.qdiscDrop) !== 0) return;
    this.transmits++;
    this.takeOutcome(sink);
    this.takePosted(machine, connection, event, tailBefore);
  }

  private takeEffects({ effects, driverEnd }: EventSink, isWanted: Wanted): void {
    const { values, length } = effects;
    for (let at = 0; at < length; at += effectWidth) {
      const kind = values[at]!;
      // Most events have this effect alone.
      if (kind === Effect.encrypted || !isWanted(values[at + 3]!)) continue;
      switch (kind) {
        case Effect["out-of-order"]:
          this.outOfOrder++;
          break;
        case Effect.resync:
          this.resyncs++;
          break;
        case Effect["resync-sent"]:
          this.resyncs++;
          this.commands++;
          break;
        case Effect.dropped:
          this.drops[values[at + 1]!]!++;
          if (at >= driverEnd) this.lostBehindDriver++;
          break;
        case Effect["nic-dropped"]:
          this.lostBehindDriver++;
      }
    }
  }

  private takeDiscarded({ sockets }: Machine, { effects }: EventSink, isWanted: Wanted): void {
    const { values, length } = effects;
    for (let at = 0; at < length; at += effectWidth) {
      const connection = values[at + 3]!;
      if (values[at] !== Effect["queue-reset"] || values[at + 2] === 0 || !isWanted(connection)) continue;
      const discarded = discardedBy(sockets[connection]!, values[at + 1]!, values[at + 2]!);
      this.discardedNow = [...this.discardedNow, ...discarded];
    }
    this.discarded += this.discardedNow.length;
    this.lostBehindDriver += this.discardedNow.length;
  }

  /** What became of the packet when the driver was done with it: the last effect that decides. */
  private takeOutcome({ effects, driverEnd }: EventSink): void {
    const { values } = effects;
    let outcome = -1;
    let bytes = 0;
    let pieces = 0;
    let plainPieces = 0;
    for (let at = 0; at < driverEnd; at += effectWidth) {
      const kind = values[at]!;
      if (kind === Effect.piece) {
        pieces++;
        if (values[at + 1] === PieceCode.plain) plainPieces++;
      }
      if (kind !== Effect.encrypted && kind !== Effect["software-fallback"] && kind !== Effect.dropped)
        continue;
      outcome = kind;
      bytes = values[at + 2]!;
    }
    // Chelsio's driver counts every packet as encrypted, also one that lies before the start marker as a whole.
    const isPlain = pieces > 0 && pieces === plainPieces;
    if (outcome === Effect.dropped) this.dropped++;
    else if (outcome === Effect.encrypted && !isPlain) this.encrypted++;
    else if (outcome === Effect["software-fallback"]) {
      this.fallback++;
      this.fallbackBytes += bytes;
    } else this.plain++;
  }

  /** What the event posted is in the queue, or, where it had to wait, in the log of what waits. */
  private takePosted(machine: Machine, connection: number, event: number, tailBefore: number): void {
    const socket = machine.sockets[connection]!;
    this.posted = machine.queue;
    this.first = 0;
    this.end = machine.queue.count;
    if (socket.state.waitTail > tailBefore) {
      const { waiting } = socket;
      this.posted = waiting;
      this.first = tailBefore;
      this.end = tailBefore;
      while (this.end < waiting.count && waiting.event.at(this.end) === event) this.end++;
    }
    for (let i = this.first; i < this.end; i++) this.takeDescriptor(i);
  }

  private takeDescriptor(i: number): void {
    const { posted } = this;
    const kind = posted.kind(i);
    const size = posted.size(i);
    this.descriptors[kind]!++;
    if (kind === Descriptor.packet) this.payloadBytes += size;
    if (isReplay(kind)) this.replayedBytes += size;
    if (kind === Descriptor.presync && posted.fence(i)) this.movingPresyncs++;
  }

  /** True if another run posted the same in the current event: kinds, sizes and fences. */
  postedAs({ posted, first, end }: Tally): boolean {
    if (end - first !== this.end - this.first) return false;
    for (let i = this.first, other = first; other < end; i++, other++) {
      const isSame = this.posted.kind(i) === posted.kind(other) && this.posted.size(i) === posted.size(other);
      if (!isSame || this.posted.fence(i) !== posted.fence(other)) return false;
    }
    return true;
  }

  /** What the current event posted, as numbers: kind, size and fence of each. */
  eachPosted(take: (cell: number) => void): void {
    const { posted, first, end } = this;
    for (let i = first; i < end; i++) {
      take(posted.kind(i));
      take(posted.size(i));
      take(Number(posted.fence(i)));
    }
  }

  /** All descriptors posted. */
  get posts(): number {
    return this.descriptors.reduce((sum, count) => sum + count, 0);
  }

  /**
   * How often the device's TLS state was set: params (static and progress ones together are once), SYNC packets, presyncs
   * that move it, tls_dev_resync. What a context starts from at install is none, the params of a first packet are one.
   */
  get stateChanges(): number {
    const paramsAndSyncs = [Descriptor["progress-params"], Descriptor["sync-packet"]];
    const posted = paramsAndSyncs.reduce((sum, kind) => sum + this.descriptors[kind]!, 0);
    return posted + this.movingPresyncs + this.commands;
  }

  /** Bytes that the device reads over PCIe: packets + what is replayed + 64 bytes a descriptor. */
  get readBytes(): number {
    return this.payloadBytes + this.replayedBytes + descriptorSize * this.posts;
  }
}

/** Which connections are compared. */
export type Wanted = (connection: number) => boolean;
