import { float64, int32, Table, uint8 } from "../../core/base/columns.ts";
import type { Diagnostic } from "../trace.ts";
import { Scattered } from "./scattered.ts";

/** One end of a TCP connection as text: IPv4 dotted, IPv6 as in RFC 5952 in brackets, then `:port`. */
export type Endpoint = string;

/** A TCP connection of a capture; a new SYN with another initial number on a used 4-tuple begins another one. */
export interface Flow {
  /** Sender of the first frame seen, unless that was the SYN-ACK: then its peer (the client). Index 0 = client. */
  ends: readonly [Endpoint, Endpoint];
  /** 1 for the first connection of this 4-tuple, 2 … for later ones. */
  repetition: number;
  /** MSS option of each end's SYN, 0 if not seen. */
  mss: [number, number];
  /** Initial sequence number of each end's SYN, −1 if not seen (u32). */
  isn: [number, number];
  /** First frame of each direction, from 1; 0 = none. */
  firstFrame: [number, number];
  /** Packets of each direction were captured before and behind a NIC that encrypts. */
  bothSides: [boolean, boolean];
}

export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** The TCP segments of a capture as columns, in capture order. Payload stays in the file. */
export class SegmentLog extends Table {
  /** Nanoseconds since the first packet of the capture. */
  readonly timeNs = this.column(float64());
  readonly flow = this.column(int32());
  /** 0: sent by ends[0] (the client), 1: by ends[1]. */
  readonly direction = this.column(uint8());
  readonly seq = this.column(int32());
  readonly ack = this.column(int32());
  readonly flags = this.column(uint8());
  /** TCP payload bytes by the IP header's length. */
  readonly length = this.column(int32());
  /** Payload bytes that the capture holds (less than length when packets were cut). */
  readonly captured = this.column(int32());
  /** File offset of the payload, or its place among what is scattered. */
  readonly offset = this.column(float64());
  /** Frame number from 1. */
  readonly frame = this.column(int32());
  /** SACK blocks by row: [start, end …] as u32. */
  readonly sacks = new Map<number, readonly number[]>();
  /** Where the payloads lie whose places are none of the file: they came in fragments. */
  readonly scattered = new Scattered();
}

/** What a pcap or pcapng file holds, as far as TCP goes. */
export interface Segments {
  log: SegmentLog;
  flows: Flow[];
  /** Key log text of Decryption Secrets Blocks, in file order. */
  secrets: string[];
  /** Packets in the file, TCP or not. */
  frames: number;
  diagnostics: Diagnostic[];
}
