/** Inputs that no sample has: made up, each with every form that its reader knows. */

const hex = (byte: number, times: number) => byte.toString(16).padStart(2, "0").repeat(times);
const printed = (text: string) => text.replace(/../g, "\\x$&");

const socket = "4<TCP:[10.0.0.2:443->10.0.0.1:40000]>";
const info = printed(`03033300${hex(1, 8)}${hex(2, 16)}${hex(3, 4)}0000000000000001`);
export const strace = `101 setsockopt(${socket}, SOL_TCP, TCP_ULP, "\\x74\\x6c\\x73", 3) = 0
101 setsockopt(${socket}, SOL_TLS, TLS_TX, "${info}", 40 <unfinished ...>
[pid 102] setsockopt(${socket}, SOL_TLS, TLS_RX, "${info}", 40) = -1 EBUSY (busy)
101 <... setsockopt resumed>)           = 0
`;

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
  cryptoInfo: JSON.stringify({
    dirs: [
      {
        src: "10.0.0.2",
        sport: 443,
        dst: "10.0.0.1",
        dport: 40000,
        version: "1.2",
        cipher: "aes-128-gcm",
        key: hex(2, 16),
        salt: hex(3, 4),
        iv: hex(1, 8),
        rec_seq: 1,
        tcp_seq: "1000",
      },
    ],
  }),
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
