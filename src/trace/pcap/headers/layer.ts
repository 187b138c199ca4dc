/** What stands where in a frame: an EtherType, and where what it names begins. Places are indices into the frame's bytes. */
export interface Layer {
  /** An EtherType of IEEE's list, or one of `Type` that stands for what has none. */
  type: number;
  /** Where it begins, perhaps beyond what was captured. */
  at: number;
  /** Behind the last captured byte. */
  end: number;
}

/** EtherTypes that lead to IP, and numbers beyond 16 bits for headers that have no EtherType. */
export const Type = {
  ipv4: 0x0800,
  /** Transparent Ethernet bridging: a frame with its addresses. */
  ethernet: 0x6558,
  vlan: 0x8100,
  ppp: 0x880b,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsUpstream: 0x8848,
  pppoe: 0x8864,
  erspan: 0x88be,
  erspan3: 0x22eb,
  /** IP of the version that its first bits say. */
  ip: 0x1_0000,
  /** IEEE 802.2 LLC. */
  llc: 0x1_0001,
  /** What Linux writes of a packet that iptables logs (NFLOG). */
  nflog: 0x1_0002,
  /** Cisco's HDLC: address, control, EtherType. */
  hdlc: 0x1_0003,
  /** Nothing that leads on. */
  none: 0x1_ffff,
} as const;

/** Numbers of IP's protocol field (IANA) that lead to TCP. */
export const Protocol = {
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  etherIp: 97,
  mpls: 137,
  ethernet: 143,
} as const;
