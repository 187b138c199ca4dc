import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ethernet,
  type Frame,
  ipv4,
  ipv6,
  joined,
  pcap,
  pcapngBlocks,
  type Tcp,
  tcp,
  u32be,
} from "../../test/capture-builder.ts";
import { noProgress } from "../platform.ts";
import { memoryFile, readSegments } from "./capture-file.ts";

interface Packet extends Tcp {
  /** Microseconds. */
  us?: number;
  /** Identification of IPv4; 6 = IPv6, which has none. */
  id?: number;
  isV6?: boolean;
  hops?: number;
  /** Value of the TCP timestamp; absent: no option. */
  stamp?: number;
  /** Number of the byte of the payload that is another. */
  wrong?: number;
  /** From the server. */
  back?: boolean;
}

const [client, server] = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
];

function frameOf({ us = 0, id = 0, isV6, hops, stamp, wrong, back, ...fields }: Packet): Frame {
  const options = stamp === undefined ? [] : [1, 1, 8, 10, ...u32be(stamp), ...u32be(9)];
  const ports = back ? { from: 443, to: 40000 } : {};
  const segment = tcp({ options, ...ports, ...fields });
  if (wrong !== undefined) segment[20 + options.length + wrong]! ^= 255;
  const ends = back ? { source: server, destination: client } : { source: client, destination: server };
  const bytes = isV6
    ? ethernet(ipv6(segment), 0x86dd)
    : ethernet(ipv4(segment, { id, ...(hops && { hops }), ...ends }));
  return { bytes, time: [1, us] };
}

/** Frames that count as sent, and what was told, of packets that lie in a capture in this order. */
async function sent(...packets: Packet[]): Promise<{ frames: number[]; told: string[] }> {
  return sentOf(pcap(packets.map(frameOf)));
}

async function sentOf(file: Uint8Array) {
  const { log, diagnostics } = await readSegments(memoryFile("made.pcap", file), noProgress);
  const frames = Array.from({ length: log.count }, (_, row) => log.frame.at(row));
  return {
    frames,
    told: diagnostics.map(
      ({ message }) =>
        /a copy of one|may be a copy|other payload|lies before|stands behind/.exec(message)?.[0] ?? message,
    ),
  };
}

const p = { payload: 100, flags: "PA" };
const copy = ["a copy of one"];
const doubt = ["may be a copy"];

/** The first two packets, and whether the second counts. */
const pairs: readonly [what: string, first: Packet, second: Packet, frames: number[], told: string[]][] = [
  ["the same number, header and bytes", { ...p, id: 7 }, { ...p, id: 7, us: 900_000 }, [1], copy],
  ["a retransmission has a new number", { ...p, id: 7 }, { ...p, id: 8, us: 3 }, [1, 2], []],
  [
    "a number that comes again late is another's",
    { ...p, id: 7 },
    { ...p, id: 7, us: 1_000_001 },
    [1, 2],
    [],
  ],
  ["another timestamp is another packet", { ...p, id: 7, stamp: 1 }, { ...p, id: 7, stamp: 2 }, [1, 2], []],
  ["another window or flag, too", { ...p, id: 7 }, { ...p, id: 7, flags: "A" }, [1, 2], []],
  ["other bytes are told", { ...p, id: 7 }, { ...p, id: 7, us: 3, wrong: 50 }, [1, 2], ["other payload"]],
  ["behind a router", { ...p, id: 7 }, { ...p, id: 7, us: 3, hops: 63 }, [1], copy],
  ["no number, at once, nobody answered", p, { ...p, us: 999 }, [1], copy],
  ["no number, later than a timer may be", p, { ...p, us: 1001 }, [1, 2], doubt],
  [
    "no number, a timestamp and another place",
    { ...p, stamp: 5 },
    { ...p, stamp: 5, us: 50_000, hops: 60 },
    [1],
    copy,
  ],
  [
    "no number, a timestamp, the same place",
    { ...p, stamp: 5 },
    { ...p, stamp: 5, us: 50_000 },
    [1, 2],
    doubt,
  ],
  ["no number, another timestamp", { ...p, stamp: 5 }, { ...p, stamp: 6, us: 3, hops: 60 }, [1, 2], []],
  ["no number, other bytes", p, { ...p, us: 3, wrong: 0 }, [1, 2], ["other payload"]],
  ["IPv6 has no number", { ...p, isV6: true }, { ...p, isV6: true, us: 3 }, [1], copy],
  ["IPv6, sent again", { ...p, isV6: true, stamp: 1 }, { ...p, isV6: true, us: 3, stamp: 2 }, [1, 2], []],
  ["a SYN", { flags: "S", id: 1 }, { flags: "S", id: 1, us: 3 }, [1], copy],
  ["a SYN sent again", { flags: "S", id: 1 }, { flags: "S", id: 2, us: 3 }, [1, 2], []],
  ["an acknowledgement with a number", { id: 1 }, { id: 1, us: 3 }, [1], copy],
  ["duplicate acknowledgements without one are none", {}, { us: 3 }, [1, 2], []],
];

test("copies are told from what was sent again", async () => {
  for (const [what, first, second, frames, told] of pairs)
    assert.deepEqual(await sent(first, second), { frames, told }, what);
});

test("without a number, a word from the peer may have made the sender send again", async () => {
  const answer = { back: true, ack: 1000, us: 2 };
  assert.deepEqual(await sent(p, answer, { ...p, us: 3 }), { frames: [1, 2, 3], told: doubt });
  const again = await sent({ ...p, id: 4 }, answer, { ...p, id: 4, us: 3 });
  assert.deepEqual(again, { frames: [1, 2], told: copy });
});

test("a number that never changes is none", async () => {
  const next = { ...p, seq: 1100, id: 7, us: 1 };
  const { frames, told } = await sent({ ...p, id: 7 }, next, { ...p, id: 7, us: 5000 });
  assert.deepEqual([frames, told], [[1, 2, 3], doubt]);
});

test("a retransmission and its copy count once, a second retransmission again", async () => {
  const { frames } = await sent(
    { ...p, id: 1 },
    { ...p, id: 1, us: 2 },
    { ...p, id: 5, us: 300 },
    { ...p, id: 5, us: 302 },
    { ...p, id: 9, us: 600 },
  );
  assert.deepEqual(frames, [1, 3, 5]);
});

/** Parts of one large segment of 3000 bytes; `payload` counts up, so that parts have to be cut from it. */
const part = (from: number, to: number, id: number, us: number, hops = 64): Frame => {
  const whole = tcp({ payload: 3000, options: [1, 1, 8, 10, 0, 0, 0, 3, 0, 0, 0, 9] });
  const head = tcp({ seq: 1000 + from, options: [1, 1, 8, 10, 0, 0, 0, 3, 0, 0, 0, 9] });
  const body = whole.subarray(32 + from, 32 + to);
  return { bytes: ethernet(ipv4(joined(head, body), { id, hops })), time: [1, us] };
};

test("a large segment and its parts are copies of each other, whichever comes first", async () => {
  const whole = part(0, 3000, 7, 0);
  const parts = [part(0, 1000, 7, 5, 63), part(1000, 2000, 8, 6, 63), part(2000, 3000, 9, 7, 63)];
  assert.deepEqual(await sentOf(pcap([whole, ...parts])), { frames: [1], told: copy });
  assert.deepEqual(await sentOf(pcap([...parts, whole])), { frames: [1, 2, 3], told: copy });
  const halves = [part(0, 1500, 7, 0), part(1500, 3000, 8, 1)];
  const others = [part(0, 2000, 7, 5, 63), part(2000, 3000, 9, 6, 63)];
  assert.deepEqual(await sentOf(pcap([...halves, ...others])), { frames: [1, 2], told: copy });
  // A part that was sent again has a number behind those of all parts.
  const again = await sentOf(pcap([whole, part(1000, 2000, 30, 5)]));
  assert.deepEqual(again, { frames: [1, 2], told: [] });
});

test("two interfaces: what one saw and then the other is one packet, each of them seen twice are two", async () => {
  const b = pcapngBlocks();
  const packet = (us: number) => frameOf({ ...p, stamp: 4, us }).bytes;
  const file = (...frames: [id: number, us: number][]) =>
    joined(
      b.section(),
      b.interface(1),
      b.interface(1),
      ...frames.map(([id, us]) => b.enhanced(id, BigInt(us), packet(us))),
    );
  assert.deepEqual(await sentOf(file([0, 0], [1, 60_000])), { frames: [1], told: copy });
  assert.deepEqual(await sentOf(file([0, 0], [1, 10], [0, 60_000], [1, 60_010])), {
    frames: [1, 3],
    told: ["a copy of one", "may be a copy"],
  });
});

test("copies that come late, behind a retransmission of the same bytes, are still copies", async () => {
  const { frames } = await sent(
    { ...p, id: 1 },
    { ...p, id: 5, us: 300 },
    { ...p, id: 1, us: 50_000 },
    { ...p, id: 5, us: 50_300 },
  );
  assert.deepEqual(frames, [1, 2]);
});

test("with copies kept each frame counts", async () => {
  const file = pcap([frameOf({ ...p, id: 7 }), frameOf({ ...p, id: 7, us: 3 })]);
  const { log, diagnostics } = await readSegments(memoryFile("made.pcap", file), noProgress, "keep");
  assert.deepEqual([log.count, diagnostics], [2, []]);
});

/** Lengths that count, of one packet a line. */
async function lengths(...packets: Packet[]): Promise<number[]> {
  const { log } = await readSegments(memoryFile("made.pcap", pcap(packets.map(frameOf))), noProgress);
  return Array.from({ length: log.count }, (_, row) => log.length.at(row));
}

test("a keep-alive probe's byte is no byte of the stream", async () => {
  const data = { ...p, id: 1 };
  const all = { back: true, ack: 1100, us: 1 };
  const most = { back: true, ack: 1099, us: 1 };
  const probe = { seq: 1099, payload: 1, id: 2, us: 2 };
  assert.deepEqual(
    await lengths(data, all, probe, { ...probe, id: 3, us: 3 }),
    [100, 0, 0, 0],
    "all acknowledged",
  );
  assert.deepEqual(await lengths(data, most, probe), [100, 0, 0], "a byte that is another");
  // The builder's last byte is 100.
  const right = { ...probe, wrong: 0 };
  const last = tcp({ seq: 1099, payload: 1 });
  last[20] = 100;
  const frame = { bytes: ethernet(ipv4(last, { id: 2 })), time: [1, 2] as const };
  const file = pcap([frameOf(data), frameOf(most), frame]);
  const { log } = await readSegments(memoryFile("made.pcap", file), noProgress);
  assert.equal(log.length.at(2), 1, "the right byte, which may be on its way: sent again");
  assert.deepEqual(
    await lengths(data, { seq: 1100, payload: 1, id: 2 }, { seq: 1100, payload: 1, id: 3, us: 9 }),
    [100, 1, 1],
    "a segment of one byte, sent again",
  );
  assert.deepEqual(await lengths(data, all, { ...right, flags: "FA" }), [100, 0, 1], "with FIN it is data");
  assert.deepEqual(await lengths(data, all, { ...probe, seq: 1098 }), [100, 0, 1], "two bytes below");
});

test("times that go back and bytes behind their acknowledgement are told", async () => {
  const back = { ...p, id: 2, seq: 1100 };
  assert.deepEqual((await sent({ ...p, id: 1, us: 5000 }, { ...back, us: 3999 })).told, ["lies before"]);
  assert.deepEqual((await sent({ ...p, id: 1, us: 5000 }, { ...back, us: 4001 })).told, []);
  const early = { back: true, ack: 1200 };
  assert.deepEqual((await sent({ ...p, id: 1 }, early, back)).told, ["stands behind"]);
  assert.deepEqual((await sent({ ...p, id: 1 }, { ...early, ack: 1100 }, back)).told, []);
});
