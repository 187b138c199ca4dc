import assert from "node:assert/strict";
import { test } from "node:test";
import { checkServer as check, eventsOf, parseScript, saidOf, server } from "../../test/scripts.ts";

/** The events of a whole script, without their times. */
const eventsIn = (script: string): string[] =>
  eventsOf(parseScript(script)).map((event) => event.replace(/ \+[\d.]+ /, " "));

test("a digit among the flags is Accurate ECN's counter, before the dot, behind it or behind a letter", () => {
  for (const flags of ["5.", ".5", "P5.", "P.5", "EAP."])
    check(`+0 write(4, ..., 10) = 10\n+0 > [ect0] ${flags} 1:11(10) ack 1`, [
      "1 +0 conn0 send 10",
      "2 +0 conn0 > 0:10(10)",
    ]);
  check("+0 < [ce] F5. 1:1(0) ack 1 win 9", ["1 +0 conn0 < ack 0"]);
  check("+0 <[noecn] . 1:1(0) ack 1 win 9", ["1 +0 conn0 < ack 0"]);
});

test("a packet goes on over lines: headers before its numbers, fields behind them", () => {
  check(
    "+0 < ipv4 9.9.9.9 > 1.1.1.1: gre:\n   mpls (label 1, tc 1, [S], ttl 2): . 1:5(4) ack 1 win 3",
    ["1 +0 conn0 < ack 0"],
    ["1:0-33 note encapsulation is left out"],
  );
  check("+0 < . 1:1(0)\n  ack 1\n  win 9\n  <nop>", ["1 +0 conn0 < ack 0"]);
  // A packet that never comes to its numbers does not take the lines below along.
  check(
    "+0 < gre:\n`x`\n+0 < . 1:1(0) ack 1",
    ["3 +0 conn0 < ack 0"],
    ["1:3-9 error no TCP packet", "2:0-1 note shell commands"],
  );
});

test("a SYN sent again is the same connection's, whatever came in before the handshake", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460>
+0 < . 777:777(0) ack 1 win 9
+0 > R 888:888(0) win 0
+1 > S 0:0(0) <mss 1460>
+0 < S. 0:0(0) ack 1 win 9
+0 > . 1:1(0) ack 1
+0 write(3, ..., 5) = 5
+0 > P. 1:6(5) ack 1
`;
  const notes = saidOf(parseScript(script)).map((text) => text.split(" ").slice(0, 6).join(" "));
  assert.deepEqual(notes, ["4:0-29 note acknowledgements that come in", "5:0-23 note resets are left out:"]);
  assert.deepEqual(eventsIn(script), ["7 conn0 < ack 0", "9 conn0 send 5", "10 conn0 > 0:5(5)"]);
});

test("a Fast Open write that takes nothing connects its descriptor", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 sendto(3, ..., 500, MSG_FASTOPEN, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460,FO>
+0 < S. 0:0(0) ack 1 win 9
+0 > . 1:1(0) ack 1
+0 close(3) = 0
+0 > F. 1:1(0) ack 1
`;
  assert.deepEqual(eventsIn(script), ["4 conn0 < ack 0", "6 conn0 close", "7 conn0 > 0:0(0) fin"]);
});

test("a connect() that leaves its SYN to the first write, or fails before one, does not take another's SYN", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_TCP, TCP_FASTOPEN_CONNECT, [1], 4) = 0
+0 connect(3, ..., ...) = 0
+0 connect(3, ..., ...) = -1 EISCONN (Transport endpoint is already connected)
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
+0 connect(4, ..., ...) = -1 EADDRNOTAVAIL (Cannot assign requested address)
+0 sendto(4, ..., 40, MSG_FASTOPEN, ..., ...) = 40
+0 > S 0:40(40) <FO abcd>
+1 > S 0:0(0)
+0 < S. 0:0(0) ack 1 win 9
+0 > . 1:41(40) ack 1
+0 sendto(3, ..., 0, 0, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <FO abcd>
+0 < S. 0:0(0) ack 1 win 9
+0 > . 1:1(0) ack 1
+0 write(3, ..., 30) = 30
`;
  assert.deepEqual(eventsIn(script), [
    "7 conn0 send 40",
    "8 conn0 > 0:40(40)",
    "10 conn0 < ack 0",
    "11 conn0 > 0:40(40)",
    "14 conn1 < ack 0",
    "16 conn1 send 30",
  ]);
});

test("a Fast Open server accepts and writes before it answers the SYN", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 < SP 0:100(100) win 9 <mss 1000,FO abcd>
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 20) = 20
+0 > S. 0:20(20) ack 101
+0 < . 101:101(0) ack 21 win 9
`;
  assert.deepEqual(eventsIn(script), ["4 conn0 send 20", "5 conn0 > 0:20(20)", "6 conn0 < ack 20"]);
});

test("connect(AF_UNSPEC) frees the descriptor for another connection", () => {
  check(
    `+0 connect(4, AF_UNSPEC, ...) = 0
+0 connect(4, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460>
+0 < S. 0:0(0) ack 1 win 9
+0 > . 1:1(0) ack 1
+0 write(4, ..., 7) = 7`,
    ["4 +0 conn1 < ack 0", "6 +0 conn1 send 7"],
  );
});

test("sock(N) behind a packet names its connection, by the socket that listens, accepted or connected", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0 < S 0:0(0) win 9 <mss 1000> sock(3)
+0 > S. 0:0(0) ack 1 <...> sock(3)
+0 < S 0:0(0) win 9 <mss 900> sock(5)
+0 > S. 0:0(0) ack 1 <...> sock(5)
+0 < . 1:1(0) ack 1 win 9 sock(3)
+0 accept(3, ..., ...) = 4
+0 accept(5, ..., ...) = 6
+0 write(4, ..., 10) = 10
+0 write(6, ..., 20) = 20
+0 > P. 1:11(10) ack 1 sock(4)
+0 > P. 1:21(20) ack 1 sock(6)
+0 < . 1:1(0) ack 11 win 9 <nop> sock(4)
+0 < S 0:0(0) win 9 sock(3)
+0 > S. 0:0(0) ack 1 sock(3)
+0 mp_join_accept(3) = 8
+0 write(8, ..., 30) = 30
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 7
+0 connect(7, ..., ...) = 0
+0 > S 0:0(0) sock(7)
+0 < S. 0:0(0) ack 1 win 9 sock(7)
+0 < . 1:1(0) ack 11 win 9 sock(4)
`;
  const trace = parseScript(script);
  assert.deepEqual(saidOf(trace), []);
  assert.deepEqual(eventsIn(script), [
    "7 conn0 < ack 0",
    "10 conn0 send 10",
    "11 conn1 send 20",
    "12 conn0 > 0:10(10)",
    "13 conn1 > 0:20(20)",
    "14 conn0 < ack 10",
    "18 conn2 send 30",
    "22 conn3 < ack 0",
    "23 conn0 < ack 10",
  ]);
});

test("addresses tell connections apart; an answer without any is for the SYN just come in", () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 < addr[c0] > addr[s0] S 0:0(0) win 9 <mss 1000>
+0 > S. 0:0(0) ack 1
+0 < . 1:1(0) ack 1 win 9
+0 accept(3, ..., ...) = 4
+0 < addr[c1] > addr[s0] S 0:0(0) win 9 <mss 1000>
+0 > S. 0:0(0) ack 1
+0 < . 1:1(0) ack 1 win 9
+0 write(4, ..., 5) = 5
+0 > addr[s0] > addr[c0] P. 1:6(5) ack 1
+0 < . 1:1(0) ack 6 win 9
+0 < addr[c1] > addr[s0] . 1:1(0) ack 1 win 9
`;
  assert.deepEqual(saidOf(parseScript(script)), []);
  assert.deepEqual(eventsIn(script), [
    "4 conn0 < ack 0",
    "8 conn1 < ack 0",
    "9 conn0 send 5",
    "10 conn0 > 0:5(5)",
    "11 conn0 < ack 5",
    "12 conn1 < ack 0",
  ]);
});

test("numbers left open or absolute place nothing: that is told, and what needs no place is read", () => {
  check(
    "+0 < . 1:1(0) ack ... win ...\n+0 < . 1:1(0)! ack 5! win 9\n+0 < . ...(0) ack 1",
    ["3 +0 conn0 < ack 0"],
    ["1:0-29 note acknowledgements whose number is left open"],
  );
  check("+0 > . ...(0) ack 1", []);
  check("+0 write(4, ..., 9) = 9\n+0 > .  1:10 (9) ack 1", ["1 +0 conn0 send 9", "2 +0 conn0 > 0:9(9)"]);
  check("+0 > P. ...(9) ack 1", [], ["1:0-20 error the segment's place is left open"]);
  check("+0 > P. 1:10(9)! ack 1", [], ["1:0-22 error the segment's place is left open"]);
  check("+0 > R. 0:0(0)! ack 3 win 0", [], ["1:0-27 note resets are left out"]);
});

test("an acknowledgement of what was written and never shown as sent is left out, and says what to add", () => {
  check(
    "+0 write(4, ..., 900) = 900\n+0 < . 1:1(0) ack 501 win 9\n+0 > . 1:501(500) ack 1\n+0 < . 1:1(0) ack 501 win 9",
    ["1 +0 conn0 send 900", "3 +0 conn0 > 0:500(500)", "4 +0 conn0 < ack 500"],
    ["2:0-27 warning no segment carries the bytes from 1 on that this acknowledges"],
  );
});

test("lengths of an iovec are read with their names too", () => {
  check("+0 writev(4, [{iov_base=..., iov_len=500}, {iov_base=..., iov_len = 7}], 2) = ...", [
    "1 +0 conn0 send 507",
  ]);
});

test("what has no model is told: data in a SYN, refused flags, encapsulation, subflows, resets, ACKs without flag", () => {
  const trace = parseScript(`0 socket(..., SOCK_STREAM, IPPROTO_MPTCP) = 3
+0 sendto(3, ..., 30, MSG_FASTOPEN|MSG_ZEROCOPY, ..., ...) = 30
+0 > S 0:30(30) <FO abcd,mpcapable v1 flags[flag_h] nokey>
+0 < S. 0:0(0) ack 31 win 9
+0 > encap psp spi 7 . 31:31(0) ack 1
+0 < F 1:1(0) ack 31 win 9
+0 send(3, ..., 5, MSG_OOB) = 5
+0 < R. 1:1(0) ack 31 win 9
`);
  assert.deepEqual(
    saidOf(trace).map((text) => text.split(" ").slice(0, 6).join(" ")),
    [
      "2:0-63 note flags that kTLS refuses",
      "3:0-58 note Multipath TCP is left",
      "3:0-58 note data in a SYN",
      "5:0-37 note encapsulation is left out:",
      "6:0-26 note an acknowledgement number without",
      "8:0-27 note resets are left out:",
    ],
  );
  assert.match(saidOf(trace)[0]!, /2 times/);
  // Each of them is played as far as it has a model.
  assert.deepEqual(
    eventsOf(trace).map((event) => event.replace(/ \+0 /, " ")),
    ["2 conn0 send 30", "3 conn0 > 0:30(30)", "4 conn0 < ack 30", "7 conn0 send 5"],
  );
});

test("flags that kTLS takes are not told of", () => {
  check("+0 send(4, ..., 5, MSG_DONTWAIT|MSG_NOSIGNAL|MSG_MORE) = 5", ["1 +0 conn0 send 5 more"]);
  assert.deepEqual(saidOf(parseScript(server)), []);
});
