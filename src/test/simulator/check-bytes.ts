import type { RecordKeys } from "../../core/base/record.ts";
import { advance, type Seq } from "../../core/base/seq.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { hostView, streamBytes, wireRecord } from "../../core/nic/bytes.ts";
import { wireBytes } from "../../core/nic/wire-bytes.ts";
import { Engine } from "../../core/words/descriptor.ts";
import { numberMask, sizesOf } from "../reference/crypto.ts";
import type { Reference } from "../reference/reference.ts";
import { ByteNic, type TagBreak } from "./byte-nic.ts";

/** A packet that the NIC has taken: what an independent NIC makes of it, what the model says of it, what is right. */
export interface TakenPacket {
  connection: number;
  at: number;
  length: number;
  engine: number;
  /** Bytes before the offload, which have no right value here. */
  ahead: number;
  left: Buffer | null;
  computed: Uint8Array | null;
  right: Buffer | null;
}

/**
 * Byte-level NICs beside the model's, fed by its descriptors alone. An unbroken stream is the reference's; a broken
 * kernel's stream is taken from the model, as the reference has no faults.
 */
export class CheckedNics {
  private readonly machine: Machine;
  private readonly references: readonly Reference[];
  private readonly nics: ByteNic[];
  private readonly statics: number[];

  constructor(machine: Machine, references: readonly Reference[]) {
    this.machine = machine;
    this.references = references;
    this.nics = machine.sockets.map(
      (_, c) => new ByteNic(machine.sockets[this.ownerOf(c)]!.connection, this.tagBreakOf(c)),
    );
    this.statics = machine.sockets.map(() => 1);
    for (let c = 0; c < this.nics.length; c++) if (machine.sockets[c]!.state.installed === 1) this.added(c);
  }

  private has(c: number, bug: string): boolean {
    return this.references[c]!.profile.faults.includes(bug);
  }

  private tagBreakOf(c: number): TagBreak {
    return this.has(c, "placeholder-leak") ? "left" : "none";
  }

  /** A context was added: its NIC is set up now, or by params to come. */
  added(c: number): void {
    const { tail } = this.machine.sockets[c]!.state;
    this.statics[c] = tail;
    if (this.references[c]!.profile.paramsWithFirstPacket) this.nics[c]!.forget();
    else this.restart(c, tail);
  }

  /** The NIC is told a record: by params, a sync packet, a command. */
  restart(c: number, row: number): void {
    this.nics[c]!.restart(this.keysOf(c, row), this.snOf(c, row));
  }

  private keysOf(c: number, row: number): RecordKeys {
    const { records } = this.machine.sockets[c]!;
    const epoch = records.epoch.at(Math.min(Math.max(row, 0), records.count - 1));
    const { epochs } = this.machine.sockets[this.ownerOf(c)]!.connection;
    return epochs[epoch] ?? epochs[0]!;
  }

  /**
   * The NIC frames records in another way, by a context that it finds or by what headers say: where it then sees them
   * end is the model's own choice.
   */
  framesOtherwise(c: number): boolean {
    if (this.has(c, "headers-unsized")) return true;
    const [own, other] = [c, this.ownerOf(c)].map((one) => sizesOf(this.machine.sockets[one]!.connection));
    return own!.prepend !== other!.prepend || own!.tail !== other!.tail;
  }

  /** The connection whose context the NIC finds for this one. */
  private ownerOf(c: number): number {
    const { reuses } = this.machine.sockets[c]!.connection;
    return this.has(c, "context-by-tuple") && reuses >= 0 ? reuses : c;
  }

  private snOf(c: number, row: number): bigint {
    const log = this.machine.sockets[c]!.records;
    const last = log.count - 1;
    return row <= last ? log.sn(row) : (log.sn(last) + BigInt(row - last)) & numberMask;
  }

  /** The independent NIC takes descriptor `i` as soon as the model's has; gives a packet with its bytes. */
  take(c: number, i: number): TakenPacket | null {
    const { machine } = this;
    const { kind, row, seq: from, length, fence } = machine.queue.at(i);
    if (kind !== "packet" && machine.sockets[c]!.state.nicDead !== 0) return null;
    if (kind === "static-params") this.statics[c] = row;
    if (kind === "progress-params") this.restart(c, this.statics[c]!);
    if (kind === "sync-packet") this.restart(c, row);
    if (kind === "sync-packet" || kind === "dump") this.feed(c, from, length);
    if (kind === "presync" && fence) this.place(c, row, from, length);
    return kind === "packet" ? this.packet(c, i) : null;
  }

  private feed(c: number, from: Seq, length: number): Buffer | null {
    const bytes = this.bytes(c, "host", from, length);
    return bytes && this.nics[c]!.feed(bytes);
  }

  /** Puts the NIC behind a packet that was presynced: its record up to there is taken for seen. */
  private place(c: number, row: number, from: Seq, length: number): void {
    const start = this.machine.sockets[c]!.records.start(row);
    this.restart(c, row);
    this.feed(c, start, from - start + length);
  }

  /** A captured packet left in spite of the model: the NIC stands behind it, at `place`. */
  placeAt(c: number, place: number): void {
    const { connection, records } = this.machine.sockets[c]!;
    const at = advance(connection.startSeq, place);
    const row = records.rowOf(at, records.count);
    if (row < 0) return this.restart(c, records.count);
    const start = records.start(row);
    this.restart(c, row);
    this.feed(c, start, at - start);
  }

  private packet(c: number, i: number): TakenPacket {
    const { machine } = this;
    const { seq: from, length, engine, row } = machine.queue.at(i);
    const place = from - machine.sockets[c]!.connection.startSeq;
    const ahead = Math.min(length, Math.max(0, -place));
    const rest = { seq: advance(from, ahead), length: length - ahead, engine, row };
    const empty = rest.length === 0;
    // What lies before the offload is not known: a NIC that is made to encrypt it is fed zeros.
    if (engine === Engine.stream && ahead > 0) this.nics[c]!.feed(Buffer.alloc(ahead));
    return {
      ...{ connection: c, at: place, length, engine, ahead },
      left: empty ? null : this.made(c, engine, row, rest.seq, rest.length),
      computed: empty ? null : wireBytes(machine.sockets[c]!, rest),
      right: empty ? null : this.rightOf(c, engine, rest.seq, rest.length),
    };
  }

  /** An emulation encrypts nothing: what is right of it are clear records with zeros where their tags belong. */
  private rightOf(c: number, engine: number, from: Seq, length: number): Buffer | null {
    if (engine !== Engine.emulated) return this.bytes(c, "wire", from, length);
    const bytes = this.bytes(c, "host", from, length);
    const at = from - this.machine.sockets[c]!.connection.startSeq;
    const zeroed = bytes && Buffer.from(bytes);
    for (const end of this.recordEnds(c))
      if (end > at && end - 16 < at + length)
        zeroed?.fill(0, Math.max(0, end - 16 - at), Math.min(length, end - at));
    return zeroed;
  }

  /** Where the records in clear end; a broken kernel makes other records than the reference. */
  private recordEnds(c: number): number[] {
    const { map, profile } = this.references[c]!;
    if (profile.faults.length === 0)
      return map.all.filter(({ kind }) => kind === "record").map(({ end }) => end);
    const { connection, records } = this.machine.sockets[c]!;
    const rows = Array.from({ length: records.count }, (_, row) => row);
    const clear = rows.filter((row) => row > 0 && !records.isReady(row) && records.length.at(row) > 0);
    return clear.map((row) => records.end(row) - connection.startSeq);
  }

  /**
   * What leaves for a packet: of the stream's cipher, of one that starts at the packet's record for it alone, under the
   * number of the record that the driver named, of none.
   */
  private made(c: number, engine: number, named: number, from: Seq, length: number): Buffer | null {
    if (engine === Engine.none) return this.bytes(c, "host", from, length);
    if (engine === Engine.emulated) return this.rightOf(c, engine, from, length);
    if (engine === Engine.stream) return this.feed(c, from, length);
    const log = this.machine.sockets[c]!.records;
    const isSoftware = engine === Engine.software;
    const row = log.rowOf(from, log.count);
    const offset = from - log.start(row);
    const breaks = isSoftware ? (this.has(c, "fallback-wrong-tag") ? "wrong" : "none") : this.tagBreakOf(c);
    const connection = this.machine.sockets[c]!.connection;
    const nic = new ByteNic(
      isSoftware ? connection : this.machine.sockets[this.ownerOf(c)]!.connection,
      breaks,
    );
    const keys = isSoftware ? connection.epochs[log.epoch.at(row)]! : this.keysOf(c, row);
    nic.restart(keys, this.snOf(c, named));
    const prefix = this.bytes(c, "host", log.start(row), offset);
    const bytes = this.bytes(c, "host", from, length);
    if (!prefix || !bytes) return null;
    nic.feed(prefix);
    return nic.feed(bytes);
  }

  /** Bytes of the stream, in clear with placeholders or as they must be; null where they are not known. */
  private bytes(c: number, view: "host" | "wire", from: Seq, length: number): Buffer | null {
    const { machine } = this;
    if (length === 0) return Buffer.alloc(0);
    if (this.references[c]!.profile.faults.length > 0) {
      const socket = machine.sockets[c]!;
      const host = hostView(socket.state.changes);
      const known = streamBytes(socket, from, length, view === "host" ? host : wireRecord);
      return known && Buffer.from(known);
    }
    const at = from - machine.sockets[c]!.connection.startSeq;
    const bytes = this.references[c]!.map[view].subarray(at, at + length);
    return at >= 0 && bytes.length === length ? bytes : null;
  }
}
