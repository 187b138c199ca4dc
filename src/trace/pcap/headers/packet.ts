// trace/pcap/headers: the way from a frame to TCP: link types, tunnels, IP.

import { i32be, u16be } from "../bytes.ts";
import type { Frame } from "./frame.ts";
import { type Layer, Protocol, Type } from "./layer.ts";
import { enterFrame } from "./link.ts";
import { enterProtocol, enterType, mayCarry } from "./tunnels.ts";

/** What a frame turned out to be; only `tcp` fills the packet. */
export const Parsed = {
  /** Not TCP over IP: `left` of the packet says what. */
  other: 0,
  tcp: 1,
  /** A fragment of an IP packet: `fragment` of the packet says which. */
  fragment: 2,
  /** The capture holds too little of the frame to see its headers. */
  cut: 3,
  /** Lengths in the headers contradict each other. */
  damaged: 4,
  /** Not TCP, but a packet within: of the functions here alone. */
  inside: 5,
} as const;
export type Parsed = (typeof Parsed)[keyof typeof Parsed];

/** Bytes of a frame that its headers may take; a longer chain of headers counts as cut. */
export const headersSizeMax = 4096;

/** Most headers before TCP's, so that tunnels are nested no deeper than somebody would. */
const layersMax = 32;

/** What a frame without TCP holds instead: where the way to TCP ended. */
export interface Left {
  what: "type" | "protocol" | "port" | "depth";
  /** Of a `port`: destination and source of UDP. */
  number: number;
  from: number;
  /** Of a `port`: what its first bytes say that it speaks. */
  speaks: "DTLS" | "QUIC" | null;
}

/** Where a fragment's bytes belong; places are indices into the frame's bytes. */
export interface FragmentHeader {
  /** The IP header, and behind its fragment's fields the payload. */
  ip: number;
  payload: number;
  /** Bytes of payload, by the IP header. */
  length: number;
  /** Place of the payload in the packet that was cut. */
  offset: number;
  isLast: boolean;
  id: number;
  protocol: number;
}

/**
 * The TCP header of the frame last parsed. One instance serves a whole file: fields are overwritten. Places are
 * indices into the bytes given to parseFrame.
 */
export class Packet implements Layer {
  type: number = Type.none;
  at = 0;
  end = 0;
  /** Behind the last byte that the frame had before it was cut, or that the last IP header counts. */
  frameEnd = 0;
  /** Index of the IP header before TCP's. */
  ip = 0;
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
  readonly left: Left = { what: "type", number: 0, from: 0, speaks: null };
  readonly fragment: FragmentHeader = {
    ip: 0,
    payload: 0,
    length: 0,
    offset: 0,
    isLast: false,
    id: 0,
    protocol: 0,
  };
}

/**
 * Follows a frame from its link header to TCP, through tunnels. The frame's size stands in where the IP header cannot
 * say (offloaded segments too long for the length field).
 */
export function parseFrame(packet: Packet, frame: Frame): Parsed {
  const { bytes, start, captured, size, linkType } = frame;
  packet.at = start;
  packet.end = Math.min(start + captured, bytes.length);
  packet.frameEnd = start + Math.max(size, captured);
  // Nearly all frames are Ethernet with IP.
  if (linkType === 1 && captured >= 14) {
    packet.type = u16be(bytes, start + 12);
    if (packet.type === Type.ipv4 || packet.type === Type.ipv6) packet.at = start + 14;
    else packet.type = Type.ethernet;
  } else enterFrame(packet, bytes, linkType);
  return follow(packet, bytes);
}

/** Follows what stands at the packet's place to TCP. */
function follow(packet: Packet, bytes: Uint8Array): Parsed {
  for (let layers = 0; layers < layersMax; layers++) {
    if (packet.at > packet.end) return Parsed.cut;
    if (packet.type === Type.ip) packet.type = versionAt(packet, bytes);
    const { type } = packet;
    let parsed: Parsed = Parsed.inside;
    if (type === Type.ipv4) parsed = parseIpv4(packet, bytes);
    else if (type === Type.ipv6) parsed = parseIpv6(packet, bytes);
    else if (!enterType(packet, bytes)) parsed = packet.at > packet.end ? Parsed.cut : leave(packet, type);
    if (parsed !== Parsed.inside) return parsed;
  }
  packet.left.what = "depth";
  return Parsed.other;
}

function leave(packet: Packet, type: number): Parsed {
  packet.left.what = "type";
  packet.left.number = type;
  return Parsed.other;
}

function versionAt({ at, end }: Packet, bytes: Uint8Array): number {
  const version = at < end ? bytes[at]! >> 4 : 0;
  return version === 4 ? Type.ipv4 : version === 6 ? Type.ipv6 : Type.none;
}

function parseIpv4(packet: Packet, bytes: Uint8Array): Parsed {
  const { at, end } = packet;
  if (at + 20 > end) return Parsed.cut;
  const headerSize = (bytes[at]! & 15) * 4;
  const totalLength = u16be(bytes, at + 2);
  if (bytes[at]! >> 4 !== 4 || headerSize < 20) return Parsed.damaged;
  // Segmentation offload leaves 0 where the length does not fit or the NIC will fill it in.
  if (totalLength !== 0) packet.frameEnd = at + totalLength;
  const protocol = bytes[at + 9]!;
  packet.ip = at;
  packet.addressSize = 4;
  packet.source = at + 12;
  packet.destination = at + 16;
  packet.at = at + headerSize;
  // More fragments, or an offset.
  const fragment = u16be(bytes, at + 6) & 0x3fff;
  if (fragment !== 0) return fragmentOf(packet, { protocol, field: fragment << 3, id: u16be(bytes, at + 4) });
  return protocol === Protocol.tcp ? parseTcp(packet, bytes) : parseOther(packet, bytes, protocol);
}

function parseIpv6(packet: Packet, bytes: Uint8Array): Parsed {
  const { at, end } = packet;
  if (at + 40 > end) return Parsed.cut;
  if (bytes[at]! >> 4 !== 6) return Parsed.damaged;
  const payloadLength = u16be(bytes, at + 4);
  // Jumbograms (RFC 2675 §3) and BIG TCP have payload length 0.
  if (payloadLength !== 0) packet.frameEnd = at + 40 + payloadLength;
  packet.ip = at;
  packet.addressSize = 16;
  packet.source = at + 8;
  packet.destination = at + 24;
  packet.at = at + 40;
  const next = bytes[at + 6]!;
  return next === Protocol.tcp ? parseTcp(packet, bytes) : parseOther(packet, bytes, next);
}

/** What lies behind an IP header but not TCP right away: extension headers, or a packet within. */
function parseOther(packet: Packet, bytes: Uint8Array, protocol: number): Parsed {
  let next = protocol;
  while (isExtensionHeader(next, packet.addressSize)) {
    const { at } = packet;
    if (at + 8 > packet.end) return Parsed.cut;
    const header = next;
    const size = extensionHeaderSize(header, bytes[at + 1]!);
    next = bytes[at]!;
    packet.at = at + size;
    if (header !== 44) continue;
    const field = u16be(bytes, at + 2);
    const id = i32be(bytes, at + 4);
    // RFC 6946: a fragment that is all of its packet.
    if ((field & 0xfff9) !== 0)
      return fragmentOf(packet, { protocol: next, field: (field & 0xfff8) | ((field & 1) << 16), id });
  }
  if (next === Protocol.tcp) return parseTcp(packet, bytes);
  const { at } = packet;
  if (enterProtocol(packet, bytes, next)) return Parsed.inside;
  if (packet.at > packet.end) return Parsed.cut;
  if (next === Protocol.udp) packet.left.speaks = speechOf(bytes, at + 8, packet.end);
  return leaveProtocol(packet.left, next, bytes, at);
}

function leaveProtocol(left: Left, protocol: number, bytes: Uint8Array, at: number): Parsed {
  left.what = protocol === Protocol.udp ? "port" : "protocol";
  left.number = protocol === Protocol.udp ? u16be(bytes, at + 2) : protocol;
  left.from = u16be(bytes, at);
  return Parsed.other;
}

/** What a datagram speaks, by its first bytes: DTLS (RFC 6347 §4.1), or QUIC's long header (RFC 9000 §17.2, RFC 9369 §3.1). */
function speechOf(bytes: Uint8Array, at: number, end: number): Left["speaks"] {
  if (at + 13 > end) return null;
  const [first, version] = [bytes[at]!, i32be(bytes, at + 1) >>> 0];
  const minor = version >>> 16;
  if (first >= 20 && first <= 25 && (minor === 0xfeff || minor === 0xfefd)) return "DTLS";
  const isQuic = version === 1 || version === 0x6b3343cf || version >>> 8 === 0xff0000;
  return first >> 6 === 3 && isQuic ? "QUIC" : null;
}

/** `field`: the offset in bytes, and bit 16 if more fragments follow. */
function fragmentOf(
  packet: Packet,
  { protocol, field, id }: { protocol: number; field: number; id: number },
) {
  const { fragment, ip, at } = packet;
  if (!mayCarry(protocol)) {
    packet.left.what = "protocol";
    packet.left.number = protocol;
    return Parsed.other;
  }
  fragment.ip = ip;
  fragment.payload = at;
  fragment.length = packet.frameEnd - at;
  fragment.offset = field & 0xffff;
  fragment.isLast = field >> 16 === 0;
  fragment.id = id;
  fragment.protocol = protocol;
  return fragment.length < 0 ? Parsed.damaged : Parsed.fragment;
}

/** Hop-by-hop, routing, fragment, destination options (RFC 8200 §4) of IPv6; authentication of both (RFC 4302). */
const isExtensionHeader = (next: number, addressSize: number): boolean =>
  next === 51 || (addressSize === 16 && (next === 0 || next === 43 || next === 44 || next === 60));

function extensionHeaderSize(type: number, length: number): number {
  if (type === 44) return 8;
  return type === 51 ? (length + 2) * 4 : (length + 1) * 8;
}

/** No segment is larger, also none that a NIC is to cut (GSO_MAX_SIZE is 8 times 64 KiB). */
const payloadMax = 2 ** 24;

function parseTcp(packet: Packet, bytes: Uint8Array): Parsed {
  const { at, end, frameEnd } = packet;
  if (at + 20 > end) return Parsed.cut;
  const headerSize = (bytes[at + 12]! >> 4) * 4;
  if (headerSize < 20 || at + headerSize > frameEnd) return Parsed.damaged;
  packet.tcp = at;
  packet.seq = i32be(bytes, at + 4);
  packet.ack = i32be(bytes, at + 8);
  packet.flags = bytes[at + 13]!;
  packet.payload = at + headerSize;
  packet.length = frameEnd - packet.payload;
  // Where the IP header has no length the file's own word stands in, which may be any.
  if (packet.length > payloadMax) return Parsed.damaged;
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
