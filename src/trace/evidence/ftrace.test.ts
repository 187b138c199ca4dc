import assert from "node:assert/strict";
import { test } from "node:test";

import { readFtrace } from "./ftrace.ts";
import type { Tracepoint } from "./tracepoints.ts";

/**
 * A `trace` file as a driver of the next-record-sync family leaves it: a segment was dropped in the host, the driver
 * asks for a resync, TLS answers at the next record. Header and line shape: Documentation/trace/ftrace.rst and
 * trace_print_context(); fields: net/tls/trace.h, include/trace/events/{tcp,net,skb}.h.
 */
const traceFile = `# tracer: nop
#
# entries-in-buffer/entries-written: 9/9   #P:4
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
   nginx: worker-1234    [002] .....   100.000250: tls_device_offload_set: sk=00000000a1b2c3d4 direction=1 tcp_seq=4294966296 rec_no=1 ret=0
          <idle>-0       [000] ..s2.   100.000800: net_dev_start_xmit: dev=eth0 queue_mapping=2 skbaddr=00000000f8c47ebd vlan_tagged=0 vlan_proto=0x0000 vlan_tci=0x0000 protocol=0x0800 ip_summed=3 len=1514 data_len=1448 network_offset=14 transport_offset_valid=1 transport_offset=34 tx_flags=0 gso_size=1448 gso_segs=1 gso_type=0x1
          <idle>-0       [000] ..s2.   100.000801: net_dev_xmit: dev=eth0 skbaddr=00000000f8c47ebd len=1514 rc=0
     ksoftirqd/0-12      [000] d.s1.   100.000900: kfree_skb: skbaddr=000000004d037db6 rx_sk=0000000000000000 protocol=2048 location=pfifo_enqueue+0x53/0x70 [sch_fifo] reason: QDISC_DROP
 kworker/u8:3-a1-77      [001] .....   100.000950: sched_wakeup: comm=nginx pid=1234 prio=120 target_cpu=002
CPU:1 [LOST 123 EVENTS]
          <idle>-0       [000] ..s1.   100.001000: tls_device_tx_resync_req: sk=00000000a1b2c3d4 tcp_seq=448 exp_tcp_seq=4294966296
 => nfp_net_tls_tx
   nginx: worker-1234    [002] .....   100.002000: tls_device_tx_resync_send: sk=00000000a1b2c3d4 tcp_seq=20000 rec_no=18446744073709551615
          <idle>-0       [000] ..s1. 20660829.667623: tcp_retransmit_skb: skbaddr=00000000f8c47ebd skaddr=00000000a1b2c3d4 family=AF_INET sport=443 dport=41000 saddr=10.0.0.1 daddr=10.0.0.2 saddrv6=::ffff:10.0.0.1 daddrv6=::ffff:10.0.0.2 state=TCP_ESTABLISHED err=-12
`;

/**
 * `trace-cmd report`: no flags column, padded fields, raw pointers. Shape: libtraceevent's tep_print_event() with
 * `%16s-%-5d [%03d] %6.1000d`, its own way to say that events were lost.
 */
const report = `version = 6
cpus=4
CPU:2 [EVENTS DROPPED]
           nginx-1234  [002]   100.000250: tls_device_offload_set:   sk=0xffff888103a5c000 direction=1 tcp_seq=1000 rec_no=0 ret=-95
          <idle>-0     [000]   100.001000123: tls_device_rx_resync_send: sk=0xffff888103A5C000 tcp_seq=5 rec_no=7 sync_type=1
`;

const valueText = (value: unknown): string => (value === null ? "-" : String(value));

/** A row in one line: where, when, who, what. */
function rowText({ line, timeNs, cpu, task, pid, event, sk, fields }: Tracepoint): string {
  const told = Object.entries(fields as Record<string, unknown>).filter(([name]) => name !== "sk");
  const texts = told.map(([name, value]) => `${name}=${valueText(value)}`);
  return [`${line}:`, timeNs, `cpu${cpu}`, `${task}/${pid}`, event, valueText(sk), ...texts].join(" ");
}

const read = (text: string) => readFtrace("trace.txt", text);
const rows = (text: string) => read(text).tracepoints.map(rowText);
const messages = (text: string) => read(text).diagnostics.map(({ line, message }) => `${line}: ${message}`);
const lostOn = (cpu: number) =>
  `events of CPU ${cpu} were lost before this line; trace fewer events or with a larger buffer (\`trace-cmd record -b\`, buffer_size_kb)`;
/** A line of the `trace` file with this text behind its time. */
const hit = (text: string) => `  nginx-1  [000] .....   1.000001: ${text}\n`;

test("the trace file: every tracepoint of use, with its numbers", () => {
  // Neither the wakeup nor the line of a stack trace is one.
  assert.deepEqual(rows(traceFile), [
    "13: 100000250000 cpu2 nginx: worker/1234 tls_device_offload_set a1b2c3d4 direction=1 tcp_seq=4294966296 rec_no=1 ret=0",
    "14: 100000800000 cpu0 <idle>/0 net_dev_start_xmit - dev=eth0 queue_mapping=2 skbaddr=f8c47ebd len=1514 data_len=1448 transport_offset=34 gso_size=1448 gso_segs=1",
    "15: 100000801000 cpu0 <idle>/0 net_dev_xmit - dev=eth0 skbaddr=f8c47ebd len=1514 rc=0",
    "16: 100000900000 cpu0 ksoftirqd/0/12 kfree_skb - skbaddr=4d037db6 rx_sk=- protocol=2048 location=pfifo_enqueue+0x53/0x70 reason=QDISC_DROP",
    "19: 100001000000 cpu0 <idle>/0 tls_device_tx_resync_req a1b2c3d4 tcp_seq=448 exp_tcp_seq=4294966296",
    "21: 100002000000 cpu2 nginx: worker/1234 tls_device_tx_resync_send a1b2c3d4 tcp_seq=20000 rec_no=18446744073709551615",
    "22: 20660829667623000 cpu0 <idle>/0 tcp_retransmit_skb a1b2c3d4 skbaddr=f8c47ebd skaddr=a1b2c3d4 family=AF_INET sport=443 dport=41000 saddr=10.0.0.1 daddr=10.0.0.2 saddrv6=::ffff:10.0.0.1 daddrv6=::ffff:10.0.0.2 state=TCP_ESTABLISHED err=-12",
  ]);
  assert.deepEqual(messages(traceFile), [`18: 123 ${lostOn(1)}`]);
});

test("trace-cmd report: no flags, raw pointers, nanoseconds, dropped events without a number", () => {
  assert.deepEqual(rows(report), [
    "4: 100000250000 cpu2 nginx/1234 tls_device_offload_set ffff888103a5c000 direction=1 tcp_seq=1000 rec_no=0 ret=-95",
    "5: 100001000123 cpu0 <idle>/0 tls_device_rx_resync_send ffff888103a5c000 tcp_seq=5 rec_no=7 sync_type=1",
  ]);
  assert.deepEqual(messages(report), [`3: some ${lostOn(2)}`]);
});

test("fields are typed by the event's name", () => {
  const [first] = read(traceFile).tracepoints;
  assert.ok(first?.event === "tls_device_offload_set");
  assert.equal(first.fields.tcp_seq, 4294966296);
  assert.equal(first.fields.rec_no + 1n, 2n);
});

test("every TLS tracepoint, as the kernel prints it (kernel.md section 6.3)", () => {
  const cases: [line: string, fields: string][] = [
    [
      "tls_device_decrypted: sk=00000000a1b2c3d4 tcp_seq=1 rec_no=2 len=16384 encrypted=0 decrypted=1",
      "tcp_seq=1 rec_no=2 len=16384 encrypted=0 decrypted=1",
    ],
    ["tls_device_rx_resync_nh_schedule: sk=00000000a1b2c3d4", ""],
    [
      "tls_device_rx_resync_nh_delay: sk=00000000a1b2c3d4 sock_data=99 rec_len=100",
      "sock_data=99 rec_len=100",
    ],
    // The names of these fields come from a tree not merged yet, so a line may lack them.
    [
      "tls_device_rekey_start: sk=00000000a1b2c3d4 copied_seq=5 nic_boundary=6 inflight=1",
      "copied_seq=5 nic_boundary=6 inflight=1",
    ],
    ["tls_device_rekey_start: sk=00000000a1b2c3d4", "copied_seq=- nic_boundary=- inflight=-"],
    ["tls_device_rekey_reencrypt: sk=00000000a1b2c3d4 tcp_seq=5 nic_boundary=6", "tcp_seq=5 nic_boundary=6"],
    ["tls_device_rekey_done: sk=00000000a1b2c3d4 tcp_seq=5 nic_boundary=6", "tcp_seq=5 nic_boundary=6"],
    ["tls_device_complete_rekey_fail: sk=00000000a1b2c3d4 rc=-5", "rc=-5"],
    ["tls_device_complete_rekey_retry: sk=00000000a1b2c3d4", ""],
  ];
  for (const [line, fields] of cases) {
    const name = line.slice(0, line.indexOf(":"));
    const expected = `1: 1000001000 cpu0 nginx/1 ${name} a1b2c3d4 ${fields}`.trimEnd();
    assert.deepEqual(rows(hit(line)), [expected]);
    assert.deepEqual(rows(hit(`tls:${line}`)), [expected]);
    assert.deepEqual(messages(hit(line)), []);
  }
});

test("tcp_retransmit_skb of older kernels has fewer fields", () => {
  const addresses = "saddr=10.0.0.1 daddr=10.0.0.2 saddrv6=::ffff:10.0.0.1 daddrv6=::ffff:10.0.0.2";
  const ports = "sport=443 dport=5000";
  for (const fields of [
    `${ports} ${addresses}`,
    `${ports} ${addresses} state=TCP_ESTABLISHED`,
    `family=AF_INET ${ports} ${addresses} state=TCP_ESTABLISHED`,
  ]) {
    const [row] = read(hit(`tcp_retransmit_skb: ${fields}`)).tracepoints;
    assert.ok(row?.event === "tcp_retransmit_skb");
    assert.deepEqual([row.sk, row.fields.skaddr, row.fields.err], [null, null, null]);
    assert.deepEqual([row.fields.sport, row.fields.daddr], [443, "10.0.0.2"]);
  }
});

test("what a later kernel prints besides is kept as text", () => {
  const [row] = read(hit("tls_device_tx_resync_req: sk=1 tcp_seq=2 exp_tcp_seq=3 queue=4 why")).tracepoints;
  assert.deepEqual([...row!.others], [["queue", "4"]]);
  const [free] = read(hit("kfree_skb: skbaddr=0xeb248d80 protocol=0 location=0xc15a5308")).tracepoints;
  assert.ok(free?.event === "kfree_skb" && free.fields.reason === null);
});

test("the ways to write a line's head", () => {
  const tail = "tls_device_rx_resync_nh_schedule: sk=1\n";
  const heads: [head: string, who: string][] = [
    // kernel/trace/trace_output.c: with irq-info off; with record-tgid, known and unknown; as 5.x prints flags.
    ["           nginx-1234    [002]   100.000250: ", "100000250000 cpu2 nginx/1234"],
    ["           nginx-1234    (   1234) [002] ..... 100.000250: ", "100000250000 cpu2 nginx/1234"],
    ["           nginx-1234    (-------) [002] ..... 100.000250: ", "100000250000 cpu2 nginx/1234"],
    ["           nginx-1234    [002] d.s1   100.000250: ", "100000250000 cpu2 nginx/1234"],
    ["           <...>-1234567 [1023] d..2. 0.000001: ", "1000 cpu1023 <...>/1234567"],
    ["  a-1 [000] b-2 -7 [003] .....   1.5: ", "1500000000 cpu3 a-1 [000] b-2/7"],
    ["-7 [003] .....   1.000000001: ", "1000000001 cpu3 /7"],
    // `perf script`, as quoted on netdev: the pid stands apart, the event is padded and has its system.
    ["    proc-19927 19927 [014] 580644.245750:       tls:", "580644245750000 cpu14 proc-19927/19927"],
    ["  swapper     0 [014] 12814.337522: tls:", "12814337522000 cpu14 swapper/0"],
  ];
  for (const [head, who] of heads)
    assert.deepEqual(rows(head + tail), [`1: ${who} tls_device_rx_resync_nh_schedule 1`]);
});

test("the ways to write a pointer", () => {
  for (const [text, sk] of [
    ["00000000a1b2c3d4", "a1b2c3d4"],
    ["ffff888103a5c000", "ffff888103a5c000"],
    ["0xFFFF888103a5c000", "ffff888103a5c000"],
    ["eb248d80", "eb248d80"],
    ["(____ptrval____)", null],
    ["(ptrval)", null],
    ["(null)", null],
    ["(nil)", null],
    ["0000000000000000", null],
    ["0x0", null],
  ] as const) {
    const { tracepoints, diagnostics } = read(hit(`tls_device_rx_resync_nh_schedule: sk=${text}`));
    assert.deepEqual([tracepoints[0]?.sk, diagnostics], [sk, []], text);
  }
});

test("a tracepoint that cannot be read is told with its line, and the rest is read", () => {
  const good = hit("tls_device_rx_resync_nh_schedule: sk=1");
  const cases: [line: string, message: RegExp][] = [
    [hit("tls_device_tx_resync_req: sk=1 tcp_seq=2"), /^2: tls_device_tx_resync_req has no exp_tcp_seq= /],
    [
      hit("tls_device_tx_resync_req: sk=1 tcp_seq=4294967296 exp_tcp_seq=3"),
      /no tcp_seq= that is a sequence n/,
    ],
    [
      hit("tls_device_tx_resync_req: sk=xyz tcp_seq=2 exp_tcp_seq=3"),
      /no sk= that is a pointer in hex; save/,
    ],
    [hit("tls_device_tx_resync_send: sk=1 tcp_seq=2 rec_no=18446744073709551616"), /rec_no= .* below 2\^64/],
    [hit("tls_device_complete_rekey_fail: sk=1 rc=many"), /no rc= that is a whole number of 32 bits/],
    [hit("tls_device_offload_set:"), /no sk=/],
    [
      hit(
        "tcp_retransmit_skb: [FAILED TO PARSE] skbaddr=0x1 skaddr=0x2 state=1 sport=443 dport=5000 family=2 saddr=ARRAY[0a, 00, 00, 01] daddr=ARRAY[0a, 00, 00, 02]",
      ),
      /tcp_retransmit_skb has no saddr= that is an IP address; save the kernel's trace file/,
    ],
    [hit("net_dev_xmit: dev= skbaddr=1 len=2 rc=0"), /no dev= that is there/],
    // Kernel option latency-format, and a trace_clock that counts instead of telling time.
    [
      "nginx-1234    2.....  5us : tls_device_rx_resync_nh_schedule: sk=1\n",
      /does not stand behind .*latency/,
    ],
    [
      "nginx-1234 [002] ..... 987654321: tls_device_rx_resync_nh_schedule: sk=1\n",
      /does not stand .*trace_clock/,
    ],
    [`${"x".repeat(10_001)}\n`, /longer than 10000 characters/],
  ];
  for (const [line, message] of cases) {
    const text = `${good}${line}${good}`;
    assert.deepEqual(read(text).tracepoints.length, 2, line.slice(0, 200));
    assert.match(messages(text).join("\n"), message);
    assert.equal(messages(text).length, 1);
  }
});

test("other events are passed over in silence, whatever they are named", () => {
  const good = hit("tls_device_rx_resync_nh_schedule: sk=1");
  const others = [
    hit("tcp_retransmit_synack: family=AF_INET sport=443"),
    hit("probe:tcp_retransmit_skb: (ffffffff9b69e570) skb=0xffff900b72c334f0"),
    hit("constructor: x=1"),
    hit("tcp_sendmsg <-inet_sendmsg"),
    " => tcp_write_xmit\n",
    "something else\n",
    "\u0000\u0001\n",
  ];
  const text = `\ufeff${good}${others.join("")}${good}`.replaceAll("\n", "\r\n");
  const { tracepoints, diagnostics } = read(text);
  assert.deepEqual(
    tracepoints.map(({ line, event }) => `${line}: ${event}`),
    [1, others.length + 2].map((line) => `${line}: tls_device_rx_resync_nh_schedule`),
  );
  assert.deepEqual(diagnostics, []);
});

test("what is missing of a trace is said", () => {
  const good = hit("tls_device_rx_resync_nh_schedule: sk=1");
  const header = "# entries-in-buffer/entries-written: 140080/250280   #P:4\n";
  assert.match(messages(header + good).join(), /^1: the first 110200 of 250280 events were overwritten; /);
  assert.match(messages(`CPU:0 [LOST EVENTS]\n${good}`).join(), /^1: some events of CPU 0 were lost/);
  assert.match(messages(`CPU:7 [204600 EVENTS DROPPED]\n${good}`).join(), /^1: 204600 events of CPU 7/);
  assert.match(messages("# tracer: nop\n#\n").join(), /^1: no tracepoint of TLS offload is in it; /);
  assert.deepEqual(messages(good), []);
});

test("a file that is something else gives as many diagnostics as somebody would look at", () => {
  const { diagnostics } = read(hit("tls_device_tx_resync_req: sk=").repeat(5000));
  assert.equal(diagnostics.length, 1001);
  assert.match(diagnostics.at(-1)!.message, /^4001 more/);
});
