import { i32be, u16be } from "../bytes.ts";
import { type Layer, Protocol, Type } from "./layer.ts";
import { enterNflog } from "./link.ts";

/**
 * Steps over one header: sets what follows it and where. False if nothing known does; a header that runs past the
 * captured bytes leads beyond their end.
 */
type Step = (layer: Layer, bytes: Uint8Array) => boolean;

/** The layer becomes `type`, `size` bytes on. */
function enter(layer: Layer, type: number, size: number): boolean {
  layer.type = type;
  layer.at += size;
  return true;
}

/** IEEE 802.3: up to this a type field is the length of an LLC frame. */
const llcSizeMax = 1500;

/** An EtherType as it stands in a frame, `size` bytes before what it names. */
function enterEtherType(layer: Layer, bytes: Uint8Array, size: number): boolean {
  const type = u16be(bytes, layer.at + size - 2);
  return enter(layer, type <= llcSizeMax ? Type.llc : type, size);
}

const enterEthernet: Step = (layer, bytes) => enterEtherType(layer, bytes, 14);
const enterVlan: Step = (layer, bytes) => enterEtherType(layer, bytes, 4);

/** IEEE 802.1ah: a tag of four bytes (and its EtherType before), then the customer's frame. */
const enterBackbone: Step = (layer) => enter(layer, Type.ethernet, 4);

/** Where LLC comes from and goes to, and that it is an unnumbered frame. */
const headAt = (bytes: Uint8Array, at: number): number => i32be(bytes, at) >>> 8;
const snap = 0xaaaa03;

/** IEEE 802.2 and SNAP (RFC 1042): AA AA 03, an organisation, an EtherType; or IP under a number of its own. */
const enterLlc: Step = (layer, bytes) => {
  const { at } = layer;
  const head = headAt(bytes, at);
  if (head === snap) {
    const organisation = i32be(bytes, at + 2) & 0xffffff;
    const id = u16be(bytes, at + 6);
    if (organisation === 0 || organisation === 0xf8) return enter(layer, id, 8);
    // RFC 2684: bridged Ethernet with (1) and without (7) its check sequence, behind two bytes of padding.
    return organisation === 0x80c2 && (id === 1 || id === 7) && enter(layer, Type.ethernet, 10);
  }
  if (head === 0x060603) return enter(layer, Type.ipv4, 3);
  // RFC 1490: ISO's network layer protocol identifiers.
  if (head === 0xfefe03 && bytes[at + 3] === 0xcc) return enter(layer, Type.ipv4, 4);
  return head === 0xfefe03 && bytes[at + 3] === 0x8e && enter(layer, Type.ipv6, 4);
};

/** RFC 2516: version, code, session, length, then PPP; code 0 is data. */
const enterPppoe: Step = (layer, bytes) => bytes[layer.at + 1] === 0 && enter(layer, Type.ppp, 6);

const pppTypes: ReadonlyMap<number, number> = new Map([
  [0x21, Type.ipv4],
  [0x57, Type.ipv6],
  [0x281, Type.mpls],
  [0x283, Type.mplsUpstream],
]);

/** RFC 1661, 1662: address and control may be left out, and so may a zero first byte of the protocol. */
const enterPpp: Step = (layer, bytes) => {
  if (bytes[layer.at] === 0x0f || bytes[layer.at] === 0x8f) return enter(layer, Type.hdlc, 0);
  if (u16be(bytes, layer.at) === 0xff03) layer.at += 2;
  const isShort = (bytes[layer.at]! & 1) !== 0;
  const type = pppTypes.get(isShort ? bytes[layer.at]! : u16be(bytes, layer.at));
  return type !== undefined && enter(layer, type, isShort ? 1 : 2);
};

const enterHdlc: Step = (layer, bytes) => enterEtherType(layer, bytes, 4);

/** RFC 3032: labels up to the bottom of the stack; what follows has to be told from its first bits (RFC 4928). */
const enterMpls: Step = (layer, bytes) => {
  while (layer.at + 4 <= layer.end && (bytes[layer.at + 2]! & 1) === 0) layer.at += 4;
  layer.at += 4;
  const { at, end } = layer;
  if (at + 20 > end) return enter(layer, Type.ip, 0);
  const version = bytes[at]! >> 4;
  if (version === 4 && (bytes[at]! & 15) >= 5) return enter(layer, Type.ipv4, 0);
  if (version === 6 && !leadsOn(bytes, at)) return enter(layer, Type.ipv6, 0);
  // A pseudowire, with a control word (RFC 4385 §3) or without.
  const hasControl = version === 0 && (leadsOn(bytes, at + 4) || !leadsOn(bytes, at));
  return enter(layer, Type.ethernet, hasControl ? 4 : 0);
};

/** True if the bytes read as an Ethernet frame whose type leads on. */
const leadsOn = (bytes: Uint8Array, at: number): boolean => {
  const type = u16be(bytes, at + 12);
  if (type <= llcSizeMax) return headAt(bytes, at + 14) === snap;
  return type === Type.ipv4 || type === Type.ipv6 || steps.has(type);
};

/** RFC 2784, 2890, and for PPTP RFC 2637 (version 1). */
const enterGre: Step = (layer, bytes) => {
  const flags = u16be(bytes, layer.at);
  const type = u16be(bytes, layer.at + 2);
  const isPptp = (flags & 7) === 1;
  const hasSequence = (flags & 0x1000) !== 0;
  // Checksum and routing offset stand there if either flag is set; source routes are not followed.
  let size = 4 + ((flags & 0xc000) !== 0 ? 4 : 0) + ((flags & 0x2000) !== 0 ? 4 : 0) + (hasSequence ? 4 : 0);
  if (isPptp && (flags & 0x80) !== 0) size += 4;
  // ERSPAN of the first kind has neither sequence number nor header of its own.
  if (type === Type.erspan && !hasSequence) return enter(layer, Type.ethernet, size);
  return enter(layer, type <= llcSizeMax ? Type.none : type, size);
};

/** draft-foschiano-erspan-03: eight bytes, then the mirrored frame. */
const enterErspan: Step = (layer) => enter(layer, Type.ethernet, 8);

/** The third kind: twelve bytes, eight more if the last bit says so; frame types other than Ethernet are IP. */
const enterErspan3: Step = (layer, bytes) => {
  const last = u16be(bytes, layer.at + 10);
  const isIp = ((last >> 10) & 31) === 2;
  return enter(layer, isIp ? Type.ip : Type.ethernet, (last & 1) !== 0 ? 20 : 12);
};

/** RFC 3378: two bytes, then a frame. */
const enterEtherIp: Step = (layer) => enter(layer, Type.ethernet, 2);

/** RFC 7348: flags, network identifier, then a frame. */
const enterVxlan: Step = (layer) => enter(layer, Type.ethernet, 8);

const gpeTypes = [Type.none, Type.ipv4, Type.ipv6, Type.ethernet] as const;

/** draft-ietf-nvo3-vxlan-gpe: the last byte of the first word says what follows. */
const enterVxlanGpe: Step = (layer, bytes) => enter(layer, gpeTypes[bytes[layer.at + 3]!] ?? Type.none, 8);

/** RFC 8926: options in words of four bytes. */
const enterGeneve: Step = (layer, bytes) =>
  enter(layer, u16be(bytes, layer.at + 2), 8 + (bytes[layer.at]! & 0x3f) * 4);

/** By destination port (IANA); 8472 is where Linux sends VXLAN if nobody says otherwise. */
const ports: ReadonlyMap<number, Step> = new Map([
  [4789, enterVxlan],
  [8472, enterVxlan],
  [4790, enterVxlanGpe],
  [6081, enterGeneve],
  [6635, enterMpls],
]);

/** VXLAN on a port of its own choice: nothing but its flag and number set, and a frame that leads on. */
const looksLikeVxlan = (bytes: Uint8Array, at: number): boolean =>
  i32be(bytes, at) === 0x08000000 && bytes[at + 7] === 0 && leadsOn(bytes, at + 8);

const enterUdp: Step = (layer, bytes) => {
  const step = ports.get(u16be(bytes, layer.at + 2));
  layer.at += 8;
  if (layer.at > layer.end) return false;
  if (step) return step(layer, bytes);
  return layer.at + 22 <= layer.end && looksLikeVxlan(bytes, layer.at) && enterVxlan(layer, bytes);
};

/** What leads on from each EtherType that is not IP itself. */
const steps: ReadonlyMap<number, Step> = new Map([
  [Type.ethernet, enterEthernet],
  // 802.1Q, 802.1ad and its predecessors' numbers.
  ...[Type.vlan, 0x88a8, 0x9100, 0x9200].map((type) => [type, enterVlan] as const),
  [0x88e7, enterBackbone],
  [Type.llc, enterLlc],
  [Type.ppp, enterPpp],
  [Type.pppoe, enterPppoe],
  [Type.hdlc, enterHdlc],
  [Type.mpls, enterMpls],
  [Type.mplsUpstream, enterMpls],
  [Type.erspan, enterErspan],
  [Type.erspan3, enterErspan3],
  [Type.nflog, enterNflog],
]);

/** What leads on from each of IP's protocols that carries packets. */
const carriers: ReadonlyMap<number, Step> = new Map([
  [Protocol.ipip, (layer) => enter(layer, Type.ipv4, 0)],
  [Protocol.ipv6, (layer) => enter(layer, Type.ipv6, 0)],
  [Protocol.udp, enterUdp],
  [Protocol.gre, enterGre],
  [Protocol.etherIp, enterEtherIp],
  [Protocol.mpls, enterMpls],
  [Protocol.ethernet, enterEthernet],
] satisfies [number, Step][]);

/** True if packets of TCP may lie within this protocol of IP. */
export const mayCarry = (protocol: number): boolean => protocol === Protocol.tcp || carriers.has(protocol);

/** Steps over a header that an EtherType names; false if that leads nowhere. */
export const enterType: Step = (layer, bytes) => steps.get(layer.type)?.(layer, bytes) ?? false;

/** Steps from the payload of IP to the packet or frame that it carries; false if it carries none that is known. */
export const enterProtocol = (layer: Layer, bytes: Uint8Array, protocol: number): boolean =>
  carriers.get(protocol)?.(layer, bytes) ?? false;
