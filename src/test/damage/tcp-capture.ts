import { ethernet, ipv4, joined, pcap, u16be, u32be } from "../capture-builder.ts";

/** A packet of the connection that a capture shows; `at`: position in its sender's stream. */
export interface Packet {
  from: 0 | 1;
  at: number;
  bytes: Uint8Array;
  /** Its number (IPv4's identification) and hop limit; the same for all if absent. */
  id?: number;
  hops?: number;
  /** Its sender ends its stream with it. */
  isFin?: boolean;
}

const ends = [
  { ip: [10, 0, 0, 1], port: 40000, isn: 5000 },
  { ip: [10, 0, 0, 2], port: 443, isn: 900_000 },
] as const;

/** The server's stream, as streams are named. */
export const serverStream = "10.0.0.2:443>10.0.0.1:40000";
/** Frames of the three-way handshake, which come first. */
export const framesBefore = 3;

function frameOf({ from, at, bytes, id = 0, hops = 64 }: Packet, flags: number): Uint8Array {
  const [me, other] = [ends[from], ends[1 - from]!];
  const seq = me.isn + (flags & 2 ? 0 : 1) + at;
  const header = [
    ...u16be(me.port),
    ...u16be(other.port),
    ...u32be(seq),
    ...u32be(other.isn + 1),
    5 << 4,
    flags,
  ];
  const tcp = joined(header, u16be(65535), [0, 0, 0, 0], bytes);
  return ethernet(ipv4(tcp, { source: me.ip, destination: other.ip, id, hops }));
}

const [fin, syn, ack] = [1, 2, 16];
const none = new Uint8Array(0);

/** A capture of a connection that begins, then these packets. */
export function captureOf(packets: readonly Packet[]): Uint8Array {
  const frames = [
    frameOf({ from: 0, at: 0, bytes: none }, syn),
    frameOf({ from: 1, at: 0, bytes: none }, syn | ack),
    frameOf({ from: 0, at: 0, bytes: none }, ack),
    ...packets.map((packet) => frameOf(packet, packet.isFin ? ack | fin : ack)),
  ];
  return pcap(frames.map((bytes, i) => ({ bytes, time: [1, 1000 * i] as const })));
}

/** A stream cut into packets; `size`: most bytes of one. */
export function packetsOf(from: 0 | 1, at: number, stream: Uint8Array, size = 1000): Packet[] {
  const packets: Packet[] = [];
  for (let done = 0; done < stream.length; done += size)
    packets.push({ from, at: at + done, bytes: stream.subarray(done, done + size) });
  return packets;
}
