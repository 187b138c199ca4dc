import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet, ipv4, ipv6, joined, tcp, u16be } from "../../../test/capture-builder.ts";
import { Frame } from "./frame.ts";
import { isLinkTypeKnown } from "./link.ts";
import { Packet, Parsed, parseFrame } from "./packet.ts";

/** Parses a frame behind some other bytes, so that indices from the wrong start show. */
function parse(frame: Uint8Array, linkType = 1, captured = frame.length) {
  const packet = new Packet();
  const bytes = joined([0xee, 0xee, 0xee], frame);
  const parsed = parseFrame(
    packet,
    Object.assign(new Frame(), { bytes, start: 3, captured, size: frame.length, linkType }),
  );
  return { parsed, packet, payload: bytes.subarray(packet.payload, packet.payload + packet.length) };
}

/** The frame must hold the segment with these payload bytes, which the builder counts up from 1. */
function check(frame: Uint8Array, length: number, linkType = 1, addressSize = 4): void {
  const { parsed, packet, payload } = parse(frame, linkType);
  assert.equal(parsed, Parsed.tcp);
  assert.equal(packet.addressSize, addressSize);
  assert.equal(packet.length, length);
  assert.deepEqual(
    [...payload],
    Array.from({ length }, (_, i) => i + 1),
  );
}

const segment = tcp({ payload: 5 });

test("every link header leads to IP", () => {
  const ip = ipv4(segment);
  check(ethernet(ip), 5);
  check(joined([0, 0, 0, 1, 0, 6], new Uint8Array(8), u16be(0x0800), ip), 5, 113);
  check(joined(u16be(0x0800), new Uint8Array(18), ip), 5, 276);
  for (const family of [
    [2, 0, 0, 0],
    [0, 0, 0, 2],
  ])
    check(joined(family, ip), 5, 0);
  check(joined([0, 0, 0, 2], ip), 5, 108);
  for (const raw of [12, 14, 101, 228]) check(ip, 5, raw);
  for (const raw of [12, 14, 101, 229]) check(ipv6(segment), 5, raw, 16);
  check(joined([30, 0, 0, 0], ipv6(segment)), 5, 0, 16);
});

test("VLAN tags are stepped over, however many", () => {
  check(ethernet(ipv4(segment), 0x0800, [0x8100]), 5);
  check(ethernet(ipv4(segment), 0x0800, [0x88a8, 0x8100]), 5);
  check(ethernet(ipv6(segment), 0x86dd, [0x9100, 0x9100, 0x8100]), 5, 1, 16);
  check(
    joined([0, 0, 0, 1, 0, 6], new Uint8Array(8), u16be(0x8100), [0, 7], u16be(0x0800), ipv4(segment)),
    5,
    113,
  );
});

test("the IP header's length decides, not the frame's", () => {
  check(joined(ethernet(ipv4(segment)), [0, 0, 0, 0, 0, 0]), 5);
  check(ethernet(ipv4(segment, { options: [1, 1, 1, 0] })), 5);
  check(joined(ethernet(ipv6(segment), 0x86dd), [0, 0]), 5, 1, 16);
});

test("a length of 0 is an offloaded segment that reaches to the frame's end", () => {
  check(ethernet(ipv4(segment, { totalLength: 0 })), 5);
  check(ethernet(ipv6(segment, 6, [], 0), 0x86dd), 5, 1, 16);
  const jumbo = [6, 0, 0xc2, 4, 0, 1, 0, 0];
  check(ethernet(ipv6(segment, 0, jumbo, 0), 0x86dd), 5, 1, 16);
});

test("IPv6 extension headers are stepped over by their own units of length", () => {
  const hopByHop = [43, 0, 1, 4, 0, 0, 0, 0];
  const routing = [60, 2, ...new Uint8Array(22)];
  const destination = [51, 0, 1, 4, 0, 0, 0, 0];
  const authentication = [44, 4, ...new Uint8Array(22)];
  const atomicFragment = [6, 0, 0, 0, 0, 0, 0, 9];
  const extensions = [...hopByHop, ...routing, ...destination, ...authentication, ...atomicFragment];
  check(ethernet(ipv6(segment, 0, extensions), 0x86dd), 5, 1, 16);
});

/** Place, whether it is the last, number and protocol of a fragment. */
function fragmentOf(frame: Uint8Array): unknown[] {
  const { parsed, packet } = parse(frame);
  assert.equal(parsed, Parsed.fragment);
  const { offset, isLast, id, protocol, length } = packet.fragment;
  return [offset, isLast, id, protocol, length];
}

test("fragments are known as such, with their places in the packet", () => {
  const { length } = segment;
  assert.deepEqual(fragmentOf(ethernet(ipv4(segment, { fragment: 0x2000 }))), [0, false, 0, 6, length]);
  assert.deepEqual(fragmentOf(ethernet(ipv4(segment, { fragment: 0x2001 }))), [8, false, 0, 6, length]);
  assert.deepEqual(fragmentOf(ethernet(ipv4(segment, { fragment: 0x00b9 }))), [1480, true, 0, 6, length]);
  // Those of UDP may hold a tunnel; ICMP leads nowhere.
  const udp = ethernet(ipv4(segment, { fragment: 0x1fff, protocol: 17 }));
  assert.deepEqual(fragmentOf(udp), [65528, true, 0, 17, length]);
  assert.equal(parse(ethernet(ipv4(segment, { fragment: 0x00b9, protocol: 1 }))).parsed, Parsed.other);
  const later = [6, 0, 0, 8, 0, 0, 0, 9];
  assert.deepEqual(fragmentOf(ethernet(ipv6(segment, 44, later), 0x86dd)), [8, true, 9, 6, length]);
  const first = [6, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
  assert.deepEqual(fragmentOf(ethernet(ipv6(segment, 44, first), 0x86dd)), [0, false, -1, 6, length]);
  // RFC 6946: a fragment header on a whole packet.
  check(ethernet(ipv6(segment, 44, [6, 0, 0, 0, 0, 0, 0, 9]), 0x86dd), 5, 1, 16);
});

test("what is not TCP over IP is other, what contradicts itself is damaged", () => {
  assert.equal(parse(ethernet(new Uint8Array(28), 0x0806)).parsed, Parsed.other);
  assert.equal(parse(ethernet(ipv4(segment, { protocol: 17 }))).parsed, Parsed.other);
  assert.equal(parse(ethernet(ipv6(segment, 17), 0x86dd)).parsed, Parsed.other);
  assert.equal(parse(ethernet(ipv4(segment)), 127).parsed, Parsed.other);
  assert.equal(parse(ethernet(ipv4(segment, { totalLength: 39 }))).parsed, Parsed.damaged);
  assert.equal(parse(ethernet(ipv4(segment), 0x86dd)).parsed, Parsed.damaged);
  const headerTooShort = ethernet(ipv4(segment));
  headerTooShort[46] = 0x40;
  assert.equal(parse(headerTooShort).parsed, Parsed.damaged);
});

test("every cut within the headers is noticed, every cut behind them keeps the length", () => {
  const frame = ethernet(
    ipv6(tcp({ payload: 5, options: [1, 1, 8, 10, ...new Uint8Array(8)] }), 0, [6, 0, 1, 4, 0, 0, 0, 0]),
    0x86dd,
  );
  const fixedHeaders = 14 + 40 + 8 + 20;
  for (let captured = 14; captured <= frame.length; captured++) {
    const { parsed, packet } = parse(frame, 1, captured);
    assert.equal(parsed, captured < fixedHeaders ? Parsed.cut : Parsed.tcp, `${captured} bytes`);
    if (parsed === Parsed.tcp) assert.equal(packet.length, 5);
  }
});

test("numbers, flags and options are taken from the TCP header", () => {
  const sack = [1, 1, 5, 18, 0, 0, 0, 10, 0, 0, 0, 20, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 5];
  const { packet } = parse(
    ethernet(ipv4(tcp({ seq: 0xfffffff0, ack: 7, flags: "SA", options: [2, 4, 5, 180, ...sack] }))),
  );
  assert.deepEqual([packet.seq, packet.ack, packet.flags], [-16, 7, 18]);
  assert.deepEqual([packet.mss, packet.sackBlocks], [1460, 2]);
  const timestamps = [1, 1, 8, 10, ...new Uint8Array(8)];
  assert.equal(parse(ethernet(ipv4(tcp({ options: timestamps })))).packet.sackBlocks, 0);
});

test("options that run over their end or have no length are left alone", () => {
  for (const options of [
    [2, 0, 5, 180],
    [2, 1, 5, 180],
    [5, 40, 0, 0],
    [0, 2, 4, 1],
    [1, 1, 1, 2],
  ]) {
    const { parsed, packet } = parse(ethernet(ipv4(tcp({ options, payload: 1 }))));
    assert.deepEqual([parsed, packet.mss, packet.sackBlocks, packet.length], [Parsed.tcp, 0, 0, 1]);
  }
});

test("link types that can be read", () => {
  const known = Array.from({ length: 300 }, (_, i) => i).filter(isLinkTypeKnown);
  assert.deepEqual(
    known,
    [0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 109, 113, 117, 204, 205, 219, 228, 229, 239, 276],
  );
});

test("a length that only the file says is believed as far as a segment can be", () => {
  const frames = [ethernet(ipv4(segment, { totalLength: 0 })), ethernet(ipv6(segment, 6, [], 0), 0x86dd)];
  for (const [size, wanted] of [
    [2 ** 24, Parsed.tcp],
    [2 ** 24 + 100, Parsed.damaged],
    [2 ** 31, Parsed.damaged],
    [2 ** 32 - 1, Parsed.damaged],
  ] as const)
    for (const bytes of frames) {
      const frame = Object.assign(new Frame(), {
        bytes,
        start: 0,
        captured: bytes.length,
        size,
        linkType: 1,
      });
      assert.equal(parseFrame(new Packet(), frame), wanted, `${size}`);
    }
});
