import { profileWords } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import type { Session } from "../damage/sealed-session.ts";

/** Inputs that no sample has: made up, each with every form that its reader knows. */

const escaped = (hex: string) => hex.replace(/../g, "\\x$&");
const recordNumber = ({ first }: Session) => first.toString(16).padStart(16, "0");

/** The crypto_info of a session of AES-GCM, as a file and as what strace prints of its setsockopt(). */
export function cryptoInfoOf({ of, keys: { key, iv }, first }: Session): string {
  const ends = { src: "10.0.0.2", sport: 443, dst: "10.0.0.1", dport: 40000 };
  const known = { version: of.version, cipher: of.cipher, rec_seq: String(first) };
  const explicit = "1122334455667700";
  const hex = { key: key.toString("hex"), salt: iv.toString("hex").slice(0, 8) };
  return JSON.stringify({
    dirs: [{ ...ends, ...known, ...hex, iv: iv.toString("hex").slice(8) || explicit }],
  });
}

export function straceOf(session: Session): string {
  const { key, iv } = session.keys;
  const explicit = "1122334455667700";
  // struct tls12_crypto_info_aes_gcm_128: version, cipher, iv, key, salt, rec_seq.
  const salt = iv.subarray(0, 4).toString("hex");
  const info = escaped(`03033300${explicit}${key.toString("hex")}${salt}${recordNumber(session)}`);
  const socket = "4<TCP:[10.0.0.2:443->10.0.0.1:40000]>";
  return `101 setsockopt(${socket}, SOL_TCP, TCP_ULP, "\\x74\\x6c\\x73", 3) = 0
101 setsockopt(${socket}, SOL_TLS, TLS_TX, "${info}", 40 <unfinished ...>
[pid 102] setsockopt(${socket}, SOL_TLS, TLS_RX, "${info}", 40) = -1 EBUSY (busy)
101 <... setsockopt resumed>)           = 0
`;
}

export const traceLines = `# tracer: nop
   nginx: worker-1234    [002] .....   100.000250: tls_device_offload_set: sk=00000000a1b2c3d4 direction=1 tcp_seq=1000 rec_no=1 ret=0
          <idle>-0       [000] ..s2.   100.000801: net:net_dev_xmit: dev=eth0 skbaddr=00000000f8c47ebd len=1514 rc=0
     ksoftirqd/0-12      (-------) [000] d.s1.   100.000900: kfree_skb: skbaddr=(____ptrval____) rx_sk=0 protocol=2048 location=a+0x1/0x2 reason: QDISC_DROP
CPU:1 [LOST 123 EVENTS]
          <idle>-0       [000]   100.001000123: tls_device_tx_resync_req: sk=0xffff888103a5c000 tcp_seq=448 exp_tcp_seq=3000
 => nfp_net_tls_tx
          <idle>-0       [000] ..s1.   101.000000: tcp_retransmit_skb: skbaddr=00000000f8c47ebd skaddr=00000000a1b2c3d4 family=AF_INET sport=443 dport=41000 saddr=10.0.0.1 daddr=10.0.0.2 saddrv6=::ffff:10.0.0.1 daddrv6=::ffff:10.0.0.2 state=TCP_ESTABLISHED err=0
`;

export const words = {
  counters: `== before
NIC statistics:
     tx_tls_ooo: 1
     tx_tls_encrypted_bytes: 18446744073709551615
     tx0_tls_ooo: 1
     [1]: tx_tls_ooo: 0
TlsCurrTxDevice                 \t5
TlsTxDevice                     \t9
== after
NIC statistics:
     tx_tls_ooo: 7
     tx0_tls_ooo: 3
TlsTxDevice                     \t11
`,
  expressions: [
    "packet.seq",
    "driver.expectedSeq == 20058",
    "records[0].start < records[1].end",
    "tls.openRecord.length > 0 && packet.length >= 1448",
    "-packet.length + 2 * (3 - 1) % 5",
    "!(nic.expectedSeq != 4)",
    "driver.expectedSeq - 1.5 > packet.seq",
    "packet.length/1448 < records[0].sn && !(1 % 2 == 0)",
    "\"a\" != 'b' || records[packet.length * 2].start >= 18446744073709551615",
    "(nic.expectedSeq + 0x10) <= -1",
  ],
};

const framed = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
export const messages = [
  framed('{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}') +
    framed('{"seq":2,"type":"request","command":"threads"}'),
  framed("[1,null]"),
];

/** The event forms that the samples leave out. */
export const everyForm = `device eth0
connection web device=eth0
connection b device=eth0 version=1.3 cipher=chacha20-poly1305 seq=4294967290 mss=0
+1.5 web > -9:0(9) captured fin
+0 web install
+0 web record 100 type=handshake sn=? epoch=1
+0 web record 100 sn=18446744073709551615
+0 web gap 7
+0 b send 5 more
+0 b send 70000 type=alert
+0 web > 0:200(200) captured straddle
 expect no wrong-tag seq=0
+0 b close
expect counter b tx_tls_ctx=1
`;

/** Each construct of packetdrill. */
export const everyScript = `--mtu=1500
\`sysctl -q a=1\`
/* a
b */ 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.2 accept(3, ..., ...) = 4
+.1~+.2 < S 9:9(0) win 9 <mss 1000,sackOK>
* > [ect0] S. 0:0(0) ack 10 <mss 1460>
+0 sendmsg(4, {msg_name(...)=...,
  msg_iov(2)=[{..., 500}, {..., 600}],
  msg_flags=0}, MSG_MORE) = ...
+0 > 80 > 81 P. 1:1101(1100) ack 1 <nop,
  nop>
+0 %{ x }%
+0 < . 1:1(0) ack 1 <nop, sack 501:601 701:801>
+0 < icmp unreachable [1:2(1)]
+0 splice(6, NULL, 4, NULL, 99, SPLICE_F_MORE) = 99 // end
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0 connect(5, ..., ...) = 0
+0 > S 0:10(10)
+0 shutdown(4, SHUT_WR) = 0
+0 > FP. 1101:1200(99) ack 1
+0 connect(5, AF_UNSPEC, ...) = 0
+0 setsockopt(5, SOL_TCP, TCP_FASTOPEN_CONNECT, [1], 4) = 0
+0 sendto(5, ..., 9, MSG_FASTOPEN, ..., ...) = -1 EINPROGRESS (x)
+0 > addr[a] > addr[b] S 0:0(0) sock(5)
+0 < ipv4 1.1.1.1 > 2.2.2.2: gre:
  mpls (label 1): 5. 1:1 (0)
  ack 1! win ...
+0 > P5. ...(9) ack ... <dss>/udp(1 > 2)
`;

const keyWords = Object.entries(profileWords).flatMap(([key, words]) =>
  words.map((word: string) => ({ [key]: word })),
);
const otherKeys = {
  versions: ["1.2", "1.3"],
  ciphers: ["aes-128-gcm", "chacha20-poly1305"],
  faults: ["long-dump"],
  kernel: "v4.19",
  headerSize: 62,
};

/** For each family a file that says nothing of its own, and for each word of a key one with that alone; one says all. */
export const profileFiles: readonly string[] = [
  ...profiles.map(({ id }) => ({ base: id })),
  ...keyWords.map((key) => ({ base: "connectx", ...key })),
  { base: "fungible", requestsBeforeFallback: true, ...otherKeys, ...Object.assign({}, ...keyWords) },
].map((file) => JSON.stringify(file, null, 1));
