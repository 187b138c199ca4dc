import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { recordType, type TlsVersion } from "../../core/base/record.ts";
import { TcpFlag } from "../../trace/pcap/segments.ts";
import { seeded } from "../simulator/mutate.ts";
import { CaptureWriter } from "./capture-writer.ts";

import { session } from "./tls-session.ts";

/** A capture on disk with the key log that decrypts it. */
export interface CaptureFile {
  name: string;
  file: string;
  keys: string;
}

/** What a server's side of a connection looks like; the same shapes as captures of a real server at its device. */
export interface Shape {
  name: string;
  version: TlsVersion;
  /** Application bytes sent. */
  bytes: number;
  /** Payload bytes of a full segment and of a full record. */
  segmentSize: number;
  recordSize: number;
  /** Shares of segments that vanish between TCP and the device, and behind the device. */
  dropped: number;
  lost: number;
  /** Segments that the client acknowledges at once. */
  ackEvery: number;
}

const mtu1500 = { bytes: 96e6, segmentSize: 1448, recordSize: 16384 };
export const shapes = {
  clean: { name: "tls13-1500", version: 0x0304, ...mtu1500, dropped: 0, lost: 0.0005, ackEvery: 9 },
  large: {
    name: "tls13-1500-1g",
    version: 0x0304,
    ...mtu1500,
    bytes: 960e6,
    dropped: 0,
    lost: 0.0005,
    ackEvery: 9,
  },
  lossy: { name: "tls12-1500-loss", version: 0x0303, ...mtu1500, dropped: 0.001, lost: 0.003, ackEvery: 3 },
} as const satisfies Record<string, Shape>;

/** A capture of `packets` packets that are small, so that a million of them fit on any disk. */
export const smallPackets = (packets: number): Shape => ({
  ...shapes.lossy,
  name: `packets-${packets}`,
  segmentSize: 128,
  recordSize: 1448,
  bytes: Math.floor((packets / (1 + 1 / shapes.lossy.ackEvery)) * 128 * (1448 / 1477)),
});

/** NAME.pcap and NAME.keys of a folder, as recorded from a real server; null if they are not there. */
export function recorded(folder: string, name: string): CaptureFile | null {
  const [file, keys] = [path.join(folder, `${name}.pcap`), path.join(folder, `${name}.keys`)];
  return existsSync(file) && existsSync(keys) ? { name, file, keys } : null;
}

/** Segments between a loss and its retransmission: a round trip's worth. */
const repairAfter = 40;
const noPayload = new Uint8Array(0);
const isn = [0x10000000, 0xff000000] as const;

/** Writes a capture and its key log into a folder; the same seed gives the same bytes. */
export function writeCapture(folder: string, shape: Shape, seed: number): CaptureFile {
  const { name } = shape;
  const [file, keys] = [path.join(folder, `${name}.pcap`), path.join(folder, `${name}.keys`)];
  const random = seeded(seed);
  const { flights, server, keyLog } = session(shape.version, random);
  const sender = new Sender(new CaptureWriter(file), shape, random);
  for (const { from, bytes } of flights) sender.flight(from, bytes);
  const pattern = createHash("shake256", { outputLength: 1 << 20 })
    .update(`pattern ${seed}`)
    .digest();
  for (let sent = 0; sent < shape.bytes; sent += shape.recordSize) {
    const at = sent % (1 << 19);
    const content = pattern.subarray(at, at + Math.min(shape.recordSize, shape.bytes - sent));
    sender.push(server.seal(recordType.applicationData, content));
  }
  sender.finish();
  writeFileSync(keys, keyLog);
  return { name, file, keys };
}

/** A segment that did not arrive and the count of segments at which it is sent again. */
interface Pending {
  seq: number;
  payload: Uint8Array;
  due: number;
}

/** The server's TCP: cuts the stream into segments, loses some, sends them again, and has the client acknowledge. */
class Sender {
  readonly #writer: CaptureWriter;
  readonly #shape: Shape;
  readonly #random: () => number;
  readonly #next: [number, number] = [isn[0] + 1, isn[1] + 1];
  readonly #segment: Uint8Array;
  readonly #pending: Pending[] = [];
  #filled = 0;
  #count = 0;

  constructor(writer: CaptureWriter, shape: Shape, random: () => number) {
    this.#writer = writer;
    this.#shape = shape;
    this.#random = random;
    this.#segment = new Uint8Array(shape.segmentSize);
    writer.handshake(isn);
  }

  /** A flight of the handshake; nothing of it is lost. */
  flight(from: 0 | 1, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.#shape.segmentSize) {
      const payload = bytes.subarray(at, at + this.#shape.segmentSize);
      this.#capture(from, this.#next[from], payload);
      this.#next[from] += payload.length;
    }
    this.#acknowledge(from === 0 ? 1 : 0);
  }

  /** More of the server's stream. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = Math.min(bytes.length - at, this.#segment.length - this.#filled);
      this.#segment.set(bytes.subarray(at, at + part), this.#filled);
      this.#filled += part;
      at += part;
      if (this.#filled === this.#segment.length) this.#transmit();
    }
  }

  finish(): void {
    if (this.#filled > 0) this.#transmit();
    for (const { seq, payload } of this.#pending.splice(0)) this.#capture(1, seq, payload);
    this.#acknowledge(0);
    this.#writer.close();
  }

  #transmit(): void {
    const { dropped, lost, ackEvery } = this.#shape;
    const payload = this.#segment.subarray(0, this.#filled);
    const chance = this.#random();
    const seq = this.#next[1];
    if (chance >= dropped) this.#capture(1, seq, payload);
    this.#next[1] += payload.length;
    this.#filled = 0;
    this.#count++;
    if (chance < dropped + lost)
      this.#pending.push({ seq, payload: payload.slice(), due: this.#count + repairAfter });
    while (this.#pending.length > 0 && this.#pending[0]!.due <= this.#count) {
      const { seq, payload } = this.#pending.shift()!;
      this.#capture(1, seq, payload);
    }
    if (this.#count % ackEvery === 0) this.#acknowledge(0);
  }

  #capture(from: 0 | 1, seq: number, payload: Uint8Array): void {
    const ack = this.#next[from === 0 ? 1 : 0];
    this.#writer.packet({ from, seq, ack, flags: TcpFlag.ack, payload, sack: null });
  }

  /** An acknowledgement up to the first hole, with what lies behind it as a SACK block. */
  #acknowledge(from: 0 | 1): void {
    const hole = from === 0 ? this.#pending[0] : undefined;
    const end = this.#next[from === 0 ? 1 : 0];
    const isEdge = !hole || hole.seq + hole.payload.length === end;
    this.#writer.packet({
      from,
      seq: this.#next[from],
      ack: hole?.seq ?? end,
      flags: TcpFlag.ack,
      payload: noPayload,
      sack: isEdge ? null : [hole.seq + hole.payload.length, end],
    });
  }
}
