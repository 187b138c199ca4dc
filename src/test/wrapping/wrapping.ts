/** Captures made of captures: every frame in a tunnel, in fragments, or twice. */
import { type Frame, joined, pcap, u16be, u32be } from "../capture-builder.ts";

type Bytes = Uint8Array | readonly number[];

/** The frames of a pcap file as tcpdump writes it: little endian, microseconds, Ethernet. */
export function framesOf(file: Uint8Array): Frame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0xa1b2c3d4 || view.getUint32(20, true) !== 1)
    throw new Error("not a pcap file of Ethernet in little endian with microseconds");
  const frames: Frame[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const captured = view.getUint32(at + 8, true);
    frames.push({
      time: [view.getUint32(at, true), view.getUint32(at + 4, true)],
      bytes: file.subarray(at + 16, at + 16 + captured),
      size: view.getUint32(at + 12, true),
    });
    at += 16 + captured;
  }
  return frames;
}

/** The same capture with each frame made into others, which are of a link type. */
export const rewritten = (file: Uint8Array, rewrite: (frame: Frame) => Frame[], linkType = 1): Uint8Array =>
  pcap(framesOf(file).flatMap(rewrite), { linkType });

type Wrap = (frame: Frame) => Frame[];

/** The frame with other bytes; as many as before are missing at its end. */
const remade = (frame: Frame, bytes: Uint8Array): Frame[] => {
  const lacking = frame.size! - frame.bytes.length;
  return [{ ...frame, bytes, size: bytes.length + lacking }];
};

/** What carries a whole Ethernet frame. */
const frameIn =
  (around: (frame: Uint8Array) => Uint8Array): Wrap =>
  (frame) =>
    remade(frame, around(frame.bytes));

/** What carries the packet of IP; a frame that holds none but behind VLAN tags stays as it is. */
const packetIn =
  (around: (packet: Uint8Array, etherType: number) => Uint8Array): Wrap =>
  (frame) => {
    const { bytes } = frame;
    const typeAt = (at: number) => (bytes[at]! << 8) | bytes[at + 1]!;
    let at = 12;
    while (typeAt(at) === 0x8100 || typeAt(at) === 0x88a8) at += 4;
    if (typeAt(at) !== 0x0800 && typeAt(at) !== 0x86dd) return [frame];
    return remade(frame, around(bytes.subarray(at + 2), typeAt(at)));
  };

/** A length field; 0 where it does not fit, as segmentation offload leaves it. */
const length16 = (n: number) => u16be(n > 65535 ? 0 : n);
const macs = [2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 2];
const ether = (type: number, body: Bytes) => joined(macs, u16be(type), body);
const ipv4 = (protocol: number, body: Uint8Array) => {
  const head = [0x45, 0, ...length16(20 + body.length), 0x12, 0x34, 0, 0, 64, protocol, 0, 0];
  const header = [...head, 192, 0, 2, 1, 192, 0, 2, 2];
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (header[i]! << 8) | header[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.splice(10, 2, ...u16be(~sum & 0xffff));
  return joined(header, body);
};
const documentation = (last: number) => [0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), last];
const ipv6 = (next: number, body: Uint8Array) =>
  joined([0x60, 0, 0, 0, ...length16(body.length), next, 64], documentation(1), documentation(2), body);
const udp = (port: number, ...parts: Bytes[]) => {
  const body = joined(...parts);
  return joined(u16be(51000), u16be(port), length16(8 + body.length), [0, 0], body);
};
const in4 = (protocol: number, ...parts: Bytes[]) => ether(0x0800, ipv4(protocol, joined(...parts)));
const in6 = (protocol: number, ...parts: Bytes[]) => ether(0x86dd, ipv6(protocol, joined(...parts)));
const gre = (flags: number, type: number) => [...u16be(flags), ...u16be(type)];
const pppType = (type: number) => u16be(type === 0x0800 ? 0x21 : 0x57);
const isV4 = (type: number) => type === 0x0800;
const label = (n: number, isLast: boolean) => u32be((n << 12) | (isLast ? 0x100 : 0) | 64);

/** Tunnels whose outside is Ethernet again: each makes a frame of a frame. */
export const tunnels: Readonly<Record<string, Wrap>> = {
  vlan: packetIn((p, type) => ether(0x8100, joined([0, 7], u16be(type), p))),
  qinq: packetIn((p, type) => ether(0x88a8, joined([0, 7, 0x81, 0, 0, 8], u16be(type), p))),
  "mac in mac": frameIn((f) => ether(0x88e7, joined([0, 0, 1, 1], f))),
  vxlan: frameIn((f) => in4(17, udp(4789, [8, 0, 0, 0, 0, 0, 42, 0], f))),
  "vxlan on Linux's port": frameIn((f) => in4(17, udp(8472, [8, 0, 0, 0, 0, 0, 42, 0], f))),
  "vxlan on another port": frameIn((f) => in4(17, udp(14789, [8, 0, 0, 0, 0, 0, 42, 0], f))),
  "vxlan over IPv6": frameIn((f) => in6(17, udp(4789, [8, 0, 0, 0, 0, 0, 42, 0], f))),
  "vxlan-gpe": packetIn((p, type) => in4(17, udp(4790, [12, 0, 0, isV4(type) ? 1 : 2, 0, 0, 42, 0], p))),
  geneve: frameIn((f) => in4(17, udp(6081, [0, 0, 0x65, 0x58, 0, 0, 42, 0], f))),
  "geneve with options": frameIn((f) =>
    in4(17, udp(6081, [2, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 1, 9, 9, 9, 9], f)),
  ),
  "geneve with IP": packetIn((p, type) => in4(17, udp(6081, [0, 0, ...u16be(type), 0, 0, 42, 0], p))),
  gre: packetIn((p, type) => in4(47, gre(0, type), p)),
  "gre with key": packetIn((p, type) => in4(47, gre(0x2000, type), [0, 0, 0, 7], p)),
  "gre with checksum, key and sequence": packetIn((p, type) =>
    in4(47, gre(0xb000, type), [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9], p),
  ),
  "gre over IPv6": packetIn((p, type) => in6(47, gre(0, type), p)),
  gretap: frameIn((f) => in4(47, gre(0, 0x6558), f)),
  "erspan I": frameIn((f) => in4(47, gre(0, 0x88be), f)),
  "erspan II": frameIn((f) => in4(47, gre(0x1000, 0x88be), u32be(5), [0x10, 7, 0, 5, 0, 0, 0, 3], f)),
  "erspan III": frameIn((f) =>
    in4(47, gre(0x1000, 0x22eb), u32be(5), [0x20, 7, 0, 5, 0, 0, 0, 3, 0, 0, 0, 0], f),
  ),
  "erspan III with subheader": frameIn((f) =>
    in4(47, gre(0x1000, 0x22eb), u32be(5), [0x20, 7, 0, 5, 0, 0, 0, 3, 0, 0, 0, 1], new Uint8Array(8), f),
  ),
  pptp: packetIn((p, type) =>
    in4(47, gre(0x3081, 0x880b), [0, 99, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], pppType(type), p),
  ),
  "in IPv4": packetIn((p, type) => in4(isV4(type) ? 4 : 41, p)),
  "in IPv6": packetIn((p, type) => in6(isV4(type) ? 4 : 41, p)),
  etherip: frameIn((f) => in4(97, [0x30, 0], f)),
  mpls: packetIn((p) => ether(0x8847, joined(label(16, false), label(17, true), p))),
  "mpls in IP": packetIn((p) => in4(137, label(17, true), p)),
  "mpls in UDP": packetIn((p) => in4(17, udp(6635, label(17, true), p))),
  pseudowire: frameIn((f) => ether(0x8847, joined(label(16, true), [0, 0, 0, 0], f))),
  "pseudowire without control word": frameIn((f) => ether(0x8847, joined(label(16, true), f))),
  pppoe: packetIn((p, type) =>
    ether(0x8864, joined([0x11, 0, 0, 1], length16(2 + p.length), pppType(type), p)),
  ),
  // The length field ends at 1500: what is longer goes as Ethernet II, as it would.
  snap: packetIn((p, type) =>
    p.length > 1492
      ? ether(type, p)
      : joined(macs, u16be(8 + p.length), [0xaa, 0xaa, 3, 0, 0, 0], u16be(type), p),
  ),
};

const attribute = (type: number, value: Bytes) => {
  const length = 4 + value.length;
  return joined([length & 255, length >>> 8, type, 0], value, new Uint8Array(-length & 3));
};

/** Link types other than Ethernet, with their numbers. */
export const links: Readonly<Record<string, readonly [linkType: number, wrap: Wrap]>> = {
  loopback: [0, packetIn((p, type) => joined([isV4(type) ? 2 : 30, 0, 0, 0], p))],
  "OpenBSD loopback": [108, packetIn((p, type) => joined([0, 0, 0, isV4(type) ? 2 : 24], p))],
  raw: [101, packetIn((p) => joined(p))],
  "cooked v1": [113, packetIn((p, type) => joined([0, 4, 0, 1, 0, 6], macs.slice(0, 8), u16be(type), p))],
  "cooked v2": [
    276,
    packetIn((p, type) => joined(u16be(type), [0, 0, 0, 0, 0, 3, 0, 1, 4, 6], macs.slice(0, 8), p)),
  ],
  ppp: [9, packetIn((p, type) => joined([0xff, 3], pppType(type), p))],
  "ppp with short fields": [9, packetIn((p, type) => joined([isV4(type) ? 0x21 : 0x57], p))],
  "ppp in HDLC framing": [50, packetIn((p, type) => joined([0xff, 3], pppType(type), p))],
  "pppoe alone": [
    51,
    packetIn((p, type) => joined([0x11, 0, 0, 1], length16(2 + p.length), pppType(type), p)),
  ],
  "Cisco HDLC": [104, packetIn((p, type) => joined([0x0f, 0], u16be(type), p))],
  "mpls alone": [219, packetIn((p) => joined(label(17, true), p))],
  nflog: [
    239,
    packetIn((p, type) =>
      joined(
        [isV4(type) ? 2 : 10, 0, 0, 0],
        attribute(1, [8, 0, 1, 0]),
        attribute(10, [110, 0]),
        attribute(9, p),
      ),
    ),
  ],
  pflog: [117, packetIn((p, type) => joined([61, isV4(type) ? 2 : 24], new Uint8Array(62), p))],
};

/** The frame's IP packet in fragments of at most `size` bytes of payload each; one that fits stays whole. */
export function inFragments(frame: Frame, size: number, id: number): Frame[] {
  const { bytes, time } = frame;
  const isV6 = bytes[12] === 0x86;
  const headerSize = isV6 ? 40 : (bytes[14]! & 15) * 4;
  const head = bytes.subarray(14, 14 + headerSize);
  const body = bytes.subarray(
    14 + headerSize,
    isV6 ? 54 + ((head[4]! << 8) | head[5]!) : 14 + ((head[2]! << 8) | head[3]!),
  );
  if (body.length <= size) return [frame];
  const step = size & ~7;
  return Array.from({ length: Math.ceil(body.length / step) }, (_, i) => {
    const part = body.subarray(i * step, (i + 1) * step);
    const field = i * step + ((i + 1) * step < body.length ? (isV6 ? 1 : 0x1_0000) : 0);
    const whole = isV6 ? fragment6(head, part, field, id) : fragment4(head, part, field >>> 3, id);
    const fragment = joined(bytes.subarray(0, 14), whole);
    return { time: time!, bytes: fragment, size: fragment.length };
  });
}

function fragment4(head: Uint8Array, part: Uint8Array, field: number, id: number): Uint8Array {
  const header = head.slice();
  header.set(u16be(head.length + part.length), 2);
  header.set([...u16be(id & 0xffff), ...u16be(field)], 4);
  return joined(header, part);
}

function fragment6(head: Uint8Array, part: Uint8Array, field: number, id: number): Uint8Array {
  const header = head.slice();
  header.set([...u16be(8 + part.length), 44], 4);
  return joined(header, [head[6]!, 0, ...u16be(field)], u32be(id), part);
}
