import { i32be, u16be } from "./bytes.ts";

/** Link types (LINKTYPE_ values of pcap and pcapng) whose frames can be followed to IP. */
const LinkType = {
  null: 0,
  ethernet: 1,
  /** Frames that begin with the IP header, under the numbers of different systems. */
  raw12: 12,
  raw14: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

export const isLinkTypeKnown = (linkType: number): boolean => linkHeaderSize(linkType) >= 0;

const EtherType = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const tcpProtocol = 6;

/** What a frame turned out to be; only `tcp` fills the packet. */
export const Parsed = {
  /** Not TCP over IP. */
  other: 0,
  tcp: 1,
  /** An IP fragment that does not hold the TCP header. */
  laterFragment: 2,
  /** The capture holds too little of the frame to see its headers. */
  cut: 3,
  /** Lengths in the headers contradict each other. */
  damaged: 4,
} as const;
export type Parsed = (typeof Parsed)[keyof typeof Parsed];

/** Bytes of a frame that its headers may take; a longer chain of headers counts as cut. */
export const headersSizeMax = 4096;

/**
 * The TCP header of the frame last parsed. One instance serves a whole file: fields are overwritten. Places are
 * indices into the bytes given to parseFrame.
 */
export class Packet {
  /** 4 or 16. */
  addressSize = 0;
  source = 0;
  destination = 0;
  /** Index of the TCP header, which begins with the two ports. */
  tcp = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  /** Index of the payload, perhaps beyond what was captured. */
  payload = 0;
  /** Payload bytes by the IP header. */
  length = 0;
  /** MSS option, 0 = none. */
  mss = 0;
  /** Index of the first SACK block (two sequence numbers, 8 bytes each block) and their count. */
  sack = 0;
  sackBlocks = 0;
}

/**
 * Follows a frame at [start, end) from its link header to TCP. `size` is the frame's size before it was cut:
 * it stands in where the IP header cannot say (offloaded segments too long for the length field).
 */
export function parseFrame(
  packet: Packet,
  bytes: Uint8Array,
  start: number,
  end: number,
  size: number,
  linkType: number,
): Parsed {
  const headerSize = linkHeaderSize(linkType);
  if (headerSize < 0) return Parsed.other;
  let at = start + headerSize;
  let type = 0;
  if (linkType === LinkType.ethernet || linkType === LinkType.linuxSll) type = u16be(bytes, at - 2);
  else if (linkType === LinkType.linuxSll2) type = u16be(bytes, start);
  // Loopback's four bytes of address family differ by system; the IP version tells the same.
  else if (at < end) type = etherTypeOf(bytes[at]! >> 4);
  while (isVlanTag(type) && at + 4 <= end) {
    type = u16be(bytes, at + 2);
    at += 4;
  }
  if (at > end) return Parsed.cut;
  if (type === EtherType.ipv4) return parseIpv4(packet, bytes, at, end, start + size);
  if (type === EtherType.ipv6) return parseIpv6(packet, bytes, at, end, start + size);
  return Parsed.other;
}

/** Bytes before the IP header or the VLAN tags; −1 for a link type that is not known. */
function linkHeaderSize(linkType: number): number {
  switch (linkType) {
    case LinkType.ethernet:
      return 14;
    case LinkType.linuxSll:
      return 16;
    case LinkType.linuxSll2:
      return 20;
    case LinkType.null:
    case LinkType.loop:
      return 4;
    case LinkType.raw:
    case LinkType.raw12:
    case LinkType.raw14:
    case LinkType.ipv4:
    case LinkType.ipv6:
      return 0;
    default:
      return -1;
  }
}

const etherTypeOf = (ipVersion: number): number =>
  ipVersion === 4 ? EtherType.ipv4 : ipVersion === 6 ? EtherType.ipv6 : 0;

/** 802.1Q, 802.1ad and its predecessors' numbers. */
const isVlanTag = (type: number): boolean =>
  type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200;

function parseIpv4(packet: Packet, bytes: Uint8Array, at: number, end: number, frameEnd: number): Parsed {
  if (at + 20 > end) return Parsed.cut;
  const headerSize = (bytes[at]! & 15) * 4;
  const totalLength = u16be(bytes, at + 2);
  if (bytes[at]! >> 4 !== 4 || headerSize < 20) return Parsed.damaged;
  if (bytes[at + 9] !== tcpProtocol) return Parsed.other;
  if ((u16be(bytes, at + 6) & 0x1fff) !== 0) return Parsed.laterFragment;
  packet.addressSize = 4;
  packet.source = at + 12;
  packet.destination = at + 16;
  // Segmentation offload leaves 0 where the length does not fit or the NIC will fill it in.
  return parseTcp(packet, bytes, at + headerSize, end, totalLength === 0 ? frameEnd : at + totalLength);
}

function parseIpv6(packet: Packet, bytes: Uint8Array, at: number, end: number, frameEnd: number): Parsed {
  if (at + 40 > end) return Parsed.cut;
  if (bytes[at]! >> 4 !== 6) return Parsed.damaged;
  const payloadLength = u16be(bytes, at + 4);
  packet.addressSize = 16;
  packet.source = at + 8;
  packet.destination = at + 24;
  let next = bytes[at + 6]!;
  let header = at + 40;
  while (next !== tcpProtocol) {
    if (!isExtensionHeader(next)) return Parsed.other;
    if (header + 8 > end) return Parsed.cut;
    const isLaterFragment = next === 44 && (u16be(bytes, header + 2) & 0xfff8) !== 0;
    const size = extensionHeaderSize(next, bytes[header + 1]!);
    next = bytes[header]!;
    header += size;
    if (isLaterFragment) return next === tcpProtocol ? Parsed.laterFragment : Parsed.other;
  }
  // Jumbograms (RFC 2675 §3) and BIG TCP have payload length 0.
  return parseTcp(packet, bytes, header, end, payloadLength === 0 ? frameEnd : at + 40 + payloadLength);
}

/** Hop-by-hop, routing, fragment, authentication, destination options (RFC 8200 §4, RFC 4302). */
const isExtensionHeader = (next: number): boolean =>
  next === 0 || next === 43 || next === 44 || next === 51 || next === 60;

function extensionHeaderSize(type: number, length: number): number {
  if (type === 44) return 8;
  return type === 51 ? (length + 2) * 4 : (length + 1) * 8;
}

function parseTcp(packet: Packet, bytes: Uint8Array, at: number, end: number, segmentEnd: number): Parsed {
  if (at + 20 > end) return Parsed.cut;
  const headerSize = (bytes[at + 12]! >> 4) * 4;
  if (headerSize < 20 || at + headerSize > segmentEnd) return Parsed.damaged;
  packet.tcp = at;
  packet.seq = i32be(bytes, at + 4);
  packet.ack = i32be(bytes, at + 8);
  packet.flags = bytes[at + 13]!;
  packet.payload = at + headerSize;
  packet.length = segmentEnd - packet.payload;
  packet.mss = 0;
  packet.sackBlocks = 0;
  // Most segments carry two NOPs and a timestamp: nothing to look for.
  const onlyTimestamp = headerSize === 32 && i32be(bytes, at + 20) === 0x0101080a;
  if (headerSize > 20 && !onlyTimestamp) parseOptions(packet, bytes, at + 20, Math.min(packet.payload, end));
  return Parsed.tcp;
}

/** TCP options (RFC 9293 §3.2, RFC 2018 §3); stops at the first one that does not fit. */
function parseOptions(packet: Packet, bytes: Uint8Array, at: number, end: number): void {
  while (at < end && bytes[at] !== 0) {
    if (bytes[at] === 1) {
      at++;
      continue;
    }
    const size = at + 1 < end ? bytes[at + 1]! : 0;
    if (size < 2 || at + size > end) return;
    if (bytes[at] === 2 && size === 4) packet.mss = u16be(bytes, at + 2);
    if (bytes[at] === 5) {
      packet.sack = at + 2;
      packet.sackBlocks = (size - 2) >> 3;
    }
    at += size;
  }
}
