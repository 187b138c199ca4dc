import { closeSync, openSync, writeSync } from "node:fs";
import { TcpFlag } from "../../trace/pcap/segments.ts";

/** One TCP packet of the connection that a capture shows. */
export interface PacketFields {
  /** 0 = client, 1 = server. */
  from: 0 | 1;
  seq: number;
  ack: number;
  flags: number;
  payload: Uint8Array;
  /** Start and end of a SACK block. */
  sack: readonly [number, number] | null;
}

const bufferSize = 1 << 22;
/** File header, packet header, Ethernet, IPv4 and TCP without options; all sizes in bytes. */
const fileHeaderSize = 24;
const headersSize = 16 + 14 + 20 + 20;
const addresses = [
  [10, 77, 0, 2],
  [10, 77, 0, 1],
] as const;
const ports = [40000, 4433] as const;
const noPayload = new Uint8Array(0);

/** Writes a pcap file of one TCP connection with time stamps on every packet, a buffer at a time. */
export class CaptureWriter {
  frames = 0;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(bufferSize);
  readonly #view = new DataView(this.#buffer.buffer);
  #at = 0;

  constructor(fileName: string) {
    this.#fd = openSync(fileName, "w");
    const header = [0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1];
    for (const [i, word] of header.entries()) this.#view.setUint32(4 * i, word, true);
    this.#at = fileHeaderSize;
  }

  /** SYN, SYN-ACK, ACK with the initial numbers of client and server. */
  handshake(isn: readonly [number, number]): void {
    const [client, server] = isn;
    const { syn, ack } = TcpFlag;
    this.packet({ from: 0, seq: client, ack: 0, flags: syn, payload: noPayload, sack: null });
    this.packet({ from: 1, seq: server, ack: client + 1, flags: syn | ack, payload: noPayload, sack: null });
    this.packet({ from: 0, seq: client + 1, ack: server + 1, flags: ack, payload: noPayload, sack: null });
  }

  packet(fields: PacketFields): void {
    const { payload } = fields;
    const options = optionsOf(fields, this.frames);
    const size = headersSize + options.length + payload.length;
    if (this.#at + size > bufferSize) this.#flush();
    this.#headers(fields, options.length);
    this.#buffer.set(options, this.#at + headersSize);
    this.#buffer.set(payload, this.#at + headersSize + options.length);
    this.#at += size;
    this.frames++;
  }

  #headers({ from, seq, ack, flags, payload }: PacketFields, optionsSize: number): void {
    const view = this.#view;
    const tcpSize = 20 + optionsSize + payload.length;
    const to = from === 0 ? 1 : 0;
    const at = this.#at;
    const timeUs = this.frames * 12;
    view.setUint32(at, 1_700_000_000 + Math.floor(timeUs / 1e6), true);
    view.setUint32(at + 4, timeUs % 1e6, true);
    view.setUint32(at + 8, 34 + tcpSize, true);
    view.setUint32(at + 12, 34 + tcpSize, true);
    this.#buffer.set([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0], at + 16);
    const ip = at + 30;
    this.#buffer.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0], ip);
    view.setUint16(ip + 2, 20 + tcpSize);
    this.#buffer.set(addresses[from], ip + 12);
    this.#buffer.set(addresses[to], ip + 16);
    const tcp = ip + 20;
    view.setUint16(tcp, ports[from]);
    view.setUint16(tcp + 2, ports[to]);
    view.setUint32(tcp + 4, seq);
    view.setUint32(tcp + 8, ack);
    view.setUint32(tcp + 12, (((20 + optionsSize) << 26) | (flags << 16) | 0xffff) >>> 0);
    view.setUint32(tcp + 16, 0);
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    writeSync(this.#fd, this.#buffer, 0, this.#at);
    this.#at = 0;
  }
}

function optionsOf({ flags, sack }: PacketFields, stamp: number): Uint8Array {
  const isSyn = (flags & TcpFlag.syn) !== 0;
  const options = new Uint8Array(isSyn ? 20 : sack ? 24 : 12);
  const view = new DataView(options.buffer);
  // MSS 1460, SACK permitted, time stamps, window scale 7; after the SYN time stamps and SACK alone.
  options.set(isSyn ? [2, 4, 5, 0xb4, 4, 2, 8, 10] : [1, 1, 8, 10]);
  view.setUint32(isSyn ? 8 : 4, stamp);
  if (isSyn) options.set([1, 3, 3, 7], 16);
  if (sack) {
    options.set([1, 1, 5, 10], 12);
    view.setUint32(16, sack[0]);
    view.setUint32(20, sack[1]);
  }
  return options;
}
