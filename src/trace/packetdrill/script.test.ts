import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { Timeline } from "../../replay/timeline.ts";
import { goldenLines } from "../../report/golden.ts";
import { judge } from "../../study/study.ts";
import {
  checkServer as check,
  eventsOf as events,
  parseScript as parse,
  saidOf as said,
  server,
} from "../../test/scripts.ts";
import { failuresOf } from "../../test/simulator/check.ts";
import { parseTrace } from "../language/parse.ts";
import { printTrace } from "../language/print.ts";
import type { Trace } from "../trace.ts";
import { isPacketdrill, parsePacketdrill } from "./script.ts";

test("times are absolute, relative to the event before, ranges (their lower end) or anything", () => {
  const ack = "< . 1:1(0) ack 1";
  for (const [time, expected] of [
    ["0.25", "+.25"],
    ["+.1", "+.1"],
    ["+0.100", "+.1"],
    ["+2", "+2"],
    ["*", "+0"],
    ["0.1~0.2", "+.1"],
    ["+.1~+.2", "+.1"],
    ["+0 ~ +1", "+0"],
    [".5", "+.5"],
    ["+.000000001", "+.000000001"],
  ] as const)
    check(`${time} ${ack}`, [`1 ${expected} conn0 < ack 0`]);
  check(`+.1...0.4 read(4, ..., 9) = 0\n+.1 ${ack}`, ["2 +.2 conn0 < ack 0"]);
});

test("calls that write are sends of what they returned", () => {
  const iovec = "[{..., 500}, {..., 1000}]";
  for (const [call, expected] of [
    ["write(4, ..., 1000) = 1000", "send 1000"],
    ["write(4, ..., 5000) = 3000", "send 3000"],
    ["write(4, ..., 5000) = ...", "send 5000"],
    ["send(4, ..., 300, MSG_MORE) = 300", "send 300 more"],
    ["send(4, ..., 300, MSG_EOR|MSG_DONTWAIT) = 300", "send 300 eor"],
    ["sendto(4, ..., 300, MSG_NOSIGNAL, ..., ...) = 300", "send 300"],
    [`writev(4, ${iovec}, 2) = 1500`, "send 1500"],
    [`writev(4, ${iovec}, 2) = ...`, "send 1500"],
    [
      `sendmsg(4, {msg_name(...)=...,\n  msg_iov(2)=${iovec},\n  msg_flags=0}, MSG_EOR) = 1400`,
      "send 1400 eor",
    ],
    ["sendfile(4, 5, [0], 5) = 5", "send 5"],
    ["splice(6, NULL, 4, NULL, 99, SPLICE_F_MORE) = 99", "send 99 more"],
    ['write(4, "a) = 7 // no comment", 20) = 20', "send 20"],
  ] as const)
    check(`+0 ${call}`, [`1 +0 conn0 ${expected}`]);
  check("+0 write(4, ..., 1000) = -1 EAGAIN (Resource temporarily unavailable)", []);
  check(
    "+0 write(4, ..., 0) = 0\n+0 recv(4, ..., 9, MSG_PEEK) = 9\n+0 fcntl(4, F_GETFL) = 0x02 (flags O_RDWR)",
    [],
  );
});

test("segments become transmits and acknowledgements; SYN, bare ACK and reset become nothing", () => {
  for (const [packet, expected] of [
    ["> P. 1:1001(1000) ack 1", "> 0:1000(1000)"],
    ["> [ect0] . 501:1001(500) ack 1 win 100 urg 5 <nop,nop,TS val 1 ecr 2>", "> 500:1000(500)"],
    ["> (ttl 5) EP. 1:11(10) ack 1 <...>", "> 0:10(10)"],
    ["> encap psp spi 23 FP. 1:11(10) ack 1", "> 0:10(10) fin"],
    ["> ipv4 10.0.0.1 > 10.0.0.2: gre: .5 1:11(10) ack 1/udp(9811 > 1)", "> 0:10(10)"],
    ["> F. 1:1(0) ack 1", "> 0:0(0) fin"],
    ["> . 0:0(0) ack 1", null],
    ["> R. 1:11(10) ack 1", null],
    ["< R. 1:1(0) ack 1", null],
    [
      "< P. 1:501(500) ack 501 win 30 <nop, nop, sack 701:801 901:1001,nop>",
      "< ack 500 sack 700:800,900:1000",
    ],
    ["< . 1:1(0) ack 1 <sack 1:2> [payload](?)", "< ack 0 sack 0:1"],
    ["< W. 1:1(0)\n  ack 1\n", "< ack 0"],
  ] as const) {
    const before = "+0 write(4, ..., 2000) = 2000\n+0 > . 1:1001(1000) ack 1\n";
    const trace = parse(`${server}${before}+0 ${packet}`);
    const found = events(trace).slice(2);
    assert.deepEqual(found, expected === null ? [] : [`8 +0 conn0 ${expected}`], packet);
  }
});

test("closing and shutting down the sending side ends the stream, once", () => {
  check("+0 send(4, ..., 9, MSG_MORE) = 9\n+0 shutdown(4, SHUT_WR) = 0\n+0 close(4) = 0", [
    "1 +0 conn0 send 9 more",
    "2 +0 conn0 close",
  ]);
  check("+0 shutdown(4, SHUT_RD) = 0\n+0 close(3) = 0\n+0 shutdown(4, SHUT_RDWR) = -1 ENOTCONN (x)", []);
});

test("a segment beyond what was written is preceded by a send that covers it", () => {
  const trace = parse(`${server}+0 write(4, ..., 500) = 500\n+0 > P. 1:1001(1000) ack 1`);
  // 500 payload bytes are 529 of stream: 1000 − 529 are missing.
  assert.deepEqual(events(trace), [
    "6 +0 conn0 send 500",
    "7 +0 conn0 send 471",
    "7 +0 conn0 > 0:1000(1000)",
  ]);
  assert.match(said(trace).join("\n"), /^7:0-\d+ note segments go beyond what was written above/);
});

test("every descriptor has its connection: accepted before or after the handshake, connected, fast opened, reset", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 listen(3, 1) = 0
+0...1 accept(3, ..., ...) = 4
+0 < S 7:7(0) win 9 <mss 1200>
+0 < S 7:7(0) win 9 <mss 1200>
+0 > S. 0:0(0) ack 8
+0 write(4, ..., 10) = 10
+0 < S 99:99(0) win 9
+0 > . 11:11(0) ack 1
+0 < . 1:1(0) ack 1
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0 connect(5, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1400>
+0 < R. 0:0(0) ack 1
+0 connect(5, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1400>
+0 < S. 50:50(0) ack 1 win 9 <mss 700>
+0 write(5, ..., 20) = 20
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 6
+0 sendto(6, ..., 30, MSG_FASTOPEN, ..., ...) = 30
+0 > S 0:30(30) <FO abcd>
+0 < S. 50:50(0) ack 31 win 9
+0 write(4, ..., 40) = 40
`;
  const trace = parse(script);
  assert.deepEqual(
    said(trace).filter((text) => !/ note (?:resets|flags that|data in a SYN)/.test(text)),
    [],
  );
  assert.deepEqual(events(trace), [
    "7 +0 conn0 send 10",
    "10 +0 conn0 < ack 0",
    "17 +0 conn2 < ack 0",
    "18 +0 conn2 send 20",
    "20 +0 conn3 send 30",
    "21 +0 conn3 > 0:30(30)",
    "22 +0 conn3 < ack 30",
    "23 +0 conn0 send 40",
  ]);
  assert.deepEqual(
    trace.connections.map(({ mss }) => mss),
    [1200, 1400, 700, 1460],
  );
});

test("ports tell connections apart", () => {
  const [a, b] = ["8080 > 40001", "8080 > 40002"];
  const back = (ports: string) => ports.split(" > ").reverse().join(" > ");
  const trace = parse(`0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 < ${back(a)} S 0:0(0) win 9
+0 > ${a} S. 0:0(0) ack 1
+0 < ${back(b)} S 0:0(0) win 9
+0 > ${b} S. 0:0(0) ack 1
+0 accept(3, ..., ...) = 4
+0 accept(3, ..., ...) = 5
+0 write(5, ..., 100) = 100
+0 write(4, ..., 100) = 100
+0 > ${a} P. 1:101(100) ack 1
+0 > ${b} P. 1:101(100) ack 1
+0 < ${back(a)} . 1:1(0) ack 101
`);
  assert.deepEqual(said(trace), []);
  assert.deepEqual(
    events(trace).map((event) => event.slice(event.indexOf("conn"))),
    ["conn1 send 100", "conn0 send 100", "conn0 > 0:100(100)", "conn1 > 0:100(100)", "conn0 < ack 100"],
  );
});

test("what a trace has no place for is told once, with its line", () => {
  const trace = parse(`--mtu=1500
--ip_version=ipv6 --tolerance_usecs=5
\`sysctl -q a=1 // no comment
 sysctl -q b=2\`
${server}+.1 \`ip route flush
  all\`
+0 %{ assert tcpi_unacked == 3, "# no comment"
assert True }%
+0 < icmp unreachable frag_needed mtu 1300 [1:1001(1000)]
+0 < [1:1001(1000)] icmp unreachable frag_needed mtu 1300
+0 > udp (1000)
+0 < sctp: INIT[flgs=0, tag=1]
+0 pipe([5, 6]) = 0
+0 write(6, ..., 10) = 10
+0 send(4, ..., 10, MSG_MORE|MSG_EOR) = 10
`);
  assert.deepEqual(
    trace.diagnostics.map(
      ({ line, severity, message }) => `${line} ${severity} ${message.split(" ").slice(0, 2).join(" ")}`,
    ),
    [
      "1 note options (`--name=value`)",
      "3 note shell commands",
      "12 note Python blocks",
      "14 note ICMP packets",
      "16 warning UDP packets",
      "17 warning SCTP packets",
      "19 note writes to",
      "20 note MSG_MORE beside",
    ],
  );
  assert.match(said(trace)[3]!, /2 times/);
  assert.deepEqual(events(trace), ["20 +.1 conn0 send 10 eor"]);
});

test("comments are kept by line", () => {
  const trace = parse(`// one
/* two
three */ # four
${server}+0 write(4, ..., 1) = 1 // behind
//
`);
  assert.deepEqual(
    [...trace.comments],
    [
      [1, "# one"],
      [2, "# two"],
      [3, "# three four"],
      [9, "# behind"],
      [10, "#"],
    ],
  );
});

test("a line with an error is left out, and says where and what to do", () => {
  for (const [line, place, message] of [
    ["+0 frobnicate", "3-13", /packet .* or a system call/],
    ["hello", "0-5", /begins with its time/],
    ["+0 > P. 1:1001(999) ack 1", "3-25", /1:1001 is 1000 bytes long, not 999/],
    ["+0 > Q 1:2(1)", "3-13", /no TCP packet; write one as/],
    ["+0 > . 1:2(1) ack 1 wim 3", "20-25", /`ack N`, `win N`/],
    ["+0 < . 1:1(0) ack 1 <sack 5>", "3-28", /START:END/],
    ["+0 < . 1:1(0) ack 1 <sack 5:4>", "3-30", /ends before it starts/],
    ["+0 < . 1:1(0) ack 1 <sack 1:2 3:4 5:6 7:8 9:10>", "3-47", /at most 4 SACK/],
    ["+0 < . 1:1(0) ack 4294967296", "3-28", /at most 4294967295/],
    ["+0 > . 1:2000001(2000000) ack 1", "0-31", /at most 1048576 bytes/],
    ["+0 write(4, ..., 10", "3-19", /bracket is not closed/],
    ["+0 write(4, ..., 10)", "3-20", /what it returns/],
    ["+0 write(4, ..., 10) = 2000000000", "0-33", /has at most 1073741824 bytes/],
    ["+99999999 close(9) = 0", "0-9", /longer than 52 days/],
    [`+0 write(4, ${"x".repeat(10_000)}) = 1`, "0-10001", /longer than 10000 characters/],
  ] as const) {
    const trace = parse(`${server}${line}\n+0 < . 1:1(0) ack 1`);
    const [first] = trace.diagnostics;
    assert.equal(trace.diagnostics.filter(({ severity }) => severity === "error").length, 1, line);
    assert.deepEqual([first!.line, `${first!.start}-${first!.end}`], [6, place], line);
    assert.match(first!.message, message);
    assert.deepEqual(events(trace), ["7 +0 conn0 < ack 0"], line);
  }
});

test("acknowledgements of bytes never sent, packets before a handshake and times that go back are warned of", () => {
  const warned = (text: string) =>
    parse(text).diagnostics.map(({ severity, message }) => `${severity} ${message}`);
  assert.match(warned(`${server}+0 < . 1:1(0) ack 2`).join(), /^warning only the bytes before 1 were sent/);
  assert.match(warned(`+0 > P. 1:2(1) ack 1\n${server}`).join(), /^warning TCP packets that come before/);
  assert.match(warned(`${server}2 close(9) = 0\n1 close(9) = 0`).join(), /^warning time goes backwards/);
  assert.match(
    warned("+0 > udp (9)").join(),
    /error the script has no TCP connection: begin with a handshake/,
  );
});

test("a script is known by its name or by its first line that is no comment", () => {
  const yes = [
    "`x`",
    "--mtu=1500",
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3",
    "+0 < S 0:0(0) win 1",
    "+0 %{ x }%",
  ];
  const no = ["", "device eth0", "+0 web > 0:1(1)", "hello", "+0 a send 1", "+.1", "+0 < than"];
  for (const line of yes) assert.ok(isPacketdrill("x", `\n# c\n/* d\n e */ // f\n${line}\n`), line);
  for (const line of no) assert.ok(!isPacketdrill("x.txt", `# c\n${line}\n`), line);
  assert.ok(isPacketdrill("/a/B.PKT", ""));
});

const sample = readFileSync("media/samples/fast-retransmit.pkt", "utf8");

test("the sample replays with right bytes; the retransmission rebuilds record 0, the way on record 1", () => {
  for (const profile of profiles) {
    const trace = parsePacketdrill("fast-retransmit.pkt", sample, profile);
    assert.deepEqual(failuresOf(trace), [], profile.id);
  }
  const timeline = new Timeline(parse(sample));
  while (timeline.run(1000) < timeline.eventCount);
  const lines = [...goldenLines(judge(timeline), new Set([0]))].map((line) => line.trim());
  // By hand: 6000 payload bytes make a record of 13 + 6000 + 16 = 6029; 8001 lies 8000 − 6029 = 1971 bytes into record 1.
  assert.deepEqual(
    lines.filter((line) => /^(out-of-order|resync|record-released)/.test(line)),
    [
      "out-of-order expected=8000 seq=0",
      "resync record=0 replayed=0",
      "out-of-order expected=1000 seq=8000",
      "resync record=1 replayed=1971",
      "record-released record=0 ack=8000",
    ],
  );
});

test("a script printed as a trace file reads without an error, its comments among its events", () => {
  const trace = parse(sample);
  const printed = printTrace(trace);
  const again = parseTrace("again", printed, profileById);
  assert.deepEqual(again.diagnostics, []);
  const withoutLines = (of: Trace) => events(of).map((event) => event.replace(/^\d+ /, ""));
  assert.deepEqual(withoutLines(again), withoutLines(trace));
  assert.deepEqual([...again.comments.values()], [...trace.comments.values()]);
});
