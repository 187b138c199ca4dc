import { u16, u16be } from "../bytes.ts";
import { type Layer, Type } from "./layer.ts";

/** Link types (LINKTYPE_ values of pcap and pcapng) whose frames can be followed to IP. */
const LinkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  /** Frames that begin with the IP header, under the numbers of different systems. */
  raw12: 12,
  raw14: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  ciscoHdlc: 104,
  loop: 108,
  openBsdEnc: 109,
  linuxSll: 113,
  pflog: 117,
  pppDirection: 204,
  hdlcDirection: 205,
  mpls: 219,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  linuxSll2: 276,
} as const;

/** What a link type's header of fixed size leads to; size in bytes. */
const fixed: ReadonlyMap<number, { type: number; size: number }> = new Map([
  // Loopback's four bytes of address family differ by system; the IP version tells the same.
  [LinkType.null, { type: Type.ip, size: 4 }],
  [LinkType.loop, { type: Type.ip, size: 4 }],
  [LinkType.openBsdEnc, { type: Type.ip, size: 12 }],
  [LinkType.ethernet, { type: Type.ethernet, size: 0 }],
  [LinkType.ppp, { type: Type.ppp, size: 0 }],
  [LinkType.pppHdlc, { type: Type.ppp, size: 0 }],
  [LinkType.pppDirection, { type: Type.ppp, size: 1 }],
  [LinkType.pppoe, { type: Type.pppoe, size: 0 }],
  [LinkType.ciscoHdlc, { type: Type.hdlc, size: 0 }],
  [LinkType.hdlcDirection, { type: Type.hdlc, size: 1 }],
  [LinkType.mpls, { type: Type.mpls, size: 0 }],
  [LinkType.nflog, { type: Type.nflog, size: 0 }],
  ...[LinkType.raw, LinkType.raw12, LinkType.raw14, LinkType.ipv4, LinkType.ipv6].map(
    (raw) => [raw, { type: Type.ip, size: 0 }] as const,
  ),
]);

export const isLinkTypeKnown = (linkType: number): boolean =>
  fixed.has(linkType) || [LinkType.linuxSll, LinkType.linuxSll2, LinkType.pflog].includes(linkType as never);

/** Sets the layer to what the link header at its place leads to; `none` for a link type that is not known. */
export function enterFrame(layer: Layer, bytes: Uint8Array, linkType: number): void {
  const { at } = layer;
  const known = fixed.get(linkType);
  layer.type = known?.type ?? Type.none;
  if (known) layer.at += known.size;
  else if (linkType === LinkType.linuxSll) cooked(layer, u16be(bytes, at + 14), 16);
  else if (linkType === LinkType.linuxSll2) cooked(layer, u16be(bytes, at), 20);
  else if (linkType === LinkType.pflog) {
    // Its first byte counts the header without the padding to four bytes.
    layer.type = Type.ip;
    layer.at += (bytes[at]! + 3) & ~3;
  }
}

/** Linux's cooked headers name IEEE 802.2 frames by the kernel's ETH_P_802_2. */
function cooked(layer: Layer, protocol: number, size: number): void {
  layer.type = protocol === 4 ? Type.llc : protocol;
  layer.at += size;
}

const payloadAttribute = 9;

/**
 * NFLOG: four bytes, then attributes of length, type (in the byte order of who captured) and value; one is the packet.
 * False if there is none.
 */
export function enterNflog(layer: Layer, bytes: Uint8Array): boolean {
  let at = layer.at + 4;
  while (at + 4 <= layer.end) {
    // Types are small numbers: the order in which this one is small is the right one.
    const little = u16(bytes, at + 2, true) < 0x100;
    const length = u16(bytes, at, little);
    if (u16(bytes, at + 2, little) === payloadAttribute) {
      layer.at = at + 4;
      layer.type = Type.ip;
      return true;
    }
    if (length < 4) return false;
    at += (length + 3) & ~3;
  }
  layer.at = Math.max(at, layer.end) + 1;
  return false;
}
