import { Type } from "./headers/layer.ts";
import type { Left } from "./headers/packet.ts";

const types: Readonly<Record<number, string>> = {
  2054: "ARP",
  32821: "RARP",
  33011: "AppleTalk ARP",
  33079: "IPX",
  34824: "Ethernet flow control",
  34825: "LACP",
  34915: "PPPoE discovery",
  34924: "Broadcom's link control",
  34958: "802.1X",
  34962: "PROFINET",
  35020: "LLDP",
  35045: "MACsec",
  35063: "PTP",
  35074: "connectivity fault management",
  35078: "FCoE",
  35093: "RoCE",
  35151: "NSH",
  [Type.llc]: "802.2 LLC (spanning tree and the like)",
  [Type.ppp]: "PPP control",
  [Type.pppoe]: "PPPoE control",
  [Type.nflog]: "NFLOG without a packet",
  [Type.none]: "neither IPv4 nor IPv6",
};

const protocols: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  50: "ESP: IPsec, encrypted",
  51: "AH",
  58: "ICMPv6",
  59: "no next header",
  88: "EIGRP",
  89: "OSPF",
  103: "PIM",
  112: "VRRP",
  115: "L2TPv3",
  132: "SCTP",
  136: "UDP-Lite",
};

const ports: Readonly<Record<number, string>> = {
  53: "DNS",
  67: "DHCP",
  68: "DHCP",
  123: "NTP",
  137: "NetBIOS",
  138: "NetBIOS",
  161: "SNMP",
  443: "QUIC",
  500: "IKE",
  514: "syslog",
  546: "DHCPv6",
  547: "DHCPv6",
  1194: "OpenVPN, encrypted",
  1701: "L2TP",
  1900: "SSDP",
  2055: "NetFlow",
  2152: "GTP-U",
  3478: "STUN",
  3544: "Teredo",
  3784: "BFD",
  4500: "IPsec through NAT, encrypted",
  4739: "IPFIX",
  4791: "RoCE",
  5353: "mDNS",
  5355: "LLMNR",
  6343: "sFlow",
  37008: "TZSP",
  51820: "WireGuard, encrypted",
};

/** Kinds that are told by name; what comes beyond them is counted together. */
const kindsMax = 64;
/** Kinds that a sentence names. */
const namedMax = 6;

/** What the frames hold that are not TCP, counted by kind. */
export class LeftOut {
  private readonly counts = new Map<string, number>();

  add(left: Left): void {
    const kind = kindOf(left);
    const known = this.counts.get(kind);
    if (known !== undefined) this.counts.set(kind, known + 1);
    else if (this.counts.size < kindsMax) this.counts.set(kind, 1);
    else this.counts.set(others, (this.counts.get(others) ?? 0) + 1);
  }

  /** `12 × UDP port 443 (QUIC), 3 × ARP`, the most first; null if nothing was left out. */
  get text(): string | null {
    const kinds = [...this.counts].sort(([a, times], [b, more]) => more - times || (a < b ? -1 : 1));
    if (kinds.length === 0) return null;
    const named = kinds.slice(0, namedMax).map(([kind, times]) => `${times} × ${kind}`);
    const rest = kinds.slice(namedMax).reduce((sum, [, times]) => sum + times, 0);
    return [...named, ...(rest > 0 ? [`${rest} × ${others}`] : [])].join(", ");
  }
}

const others = "something else";

function kindOf({ what, number, from }: Left): string {
  if (what === "depth") return "headers nested too deep";
  if (what === "port") return portText(number, from);
  const name = (what === "type" ? types : protocols)[number];
  if (what === "protocol") return `IP protocol ${number}${name ? ` (${name})` : ""}`;
  if (number > 0xffff) return name ?? "headers that lead nowhere";
  return `EtherType 0x${number.toString(16).padStart(4, "0")}${name ? ` (${name})` : ""}`;
}

/** By the port that has a name, else by the lower one, which is the server's mostly. */
function portText(to: number, from: number): string {
  const port = [to, from].find((port) => ports[port]) ?? Math.min(to, from);
  return `UDP port ${port}${ports[port] ? ` (${ports[port]})` : ""}`;
}
