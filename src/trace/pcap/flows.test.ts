import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet, ipv4, ipv6, pcap, type Tcp, tcp } from "../../test/capture-builder.ts";
import { noProgress } from "../platform.ts";
import { memoryFile, readSegments } from "./capture-file.ts";
import { flowsMax } from "./flows.ts";

const client = { source: [10, 0, 0, 1], destination: [10, 0, 0, 2] };
const server = { source: [10, 0, 0, 2], destination: [10, 0, 0, 1] };

/** One packet a line: `>` from 10.0.0.1:40000 to 10.0.0.2:443, `<` back; flags, seq, ack, payload bytes. */
async function flowsOf(conversation: string) {
  const frames = conversation
    .trim()
    .split("\n")
    .map((line) => {
      const [way, flags, seq, ack, payload] = line.trim().split(/\s+/);
      const fields: Tcp = {
        flags: flags!,
        seq: Number(seq),
        ack: Number(ack ?? 0),
        payload: Number(payload ?? 0),
      };
      if (way === ">") return { bytes: ethernet(ipv4(tcp(fields), client)) };
      return { bytes: ethernet(ipv4(tcp({ ...fields, from: 443, to: 40000 }), server)) };
    });
  // All of them come at once, so that a retransmission looks like a copy.
  const { flows, log } = await readSegments(memoryFile("made.pcap", pcap(frames)), noProgress, "keep");
  const rows = Array.from(
    { length: log.count },
    (_, row) => `${log.flow.at(row)}${"><"[log.direction.at(row)]}`,
  );
  return { flows, rows: rows.join(" ") };
}

const c = "10.0.0.1:40000";
const s = "10.0.0.2:443";

test("the sender of the SYN is the client, and both directions are one flow", async () => {
  const { flows, rows } = await flowsOf(`
    > S  100
    < SA 900 101
    > A  101 901
    > PA 101 901 10
    < A  901 111`);
  assert.deepEqual(flows, [
    {
      ends: [c, s],
      repetition: 1,
      mss: [0, 0],
      isn: [100, 900],
      firstFrame: [1, 2],
      bothSides: [false, false],
    },
  ]);
  assert.equal(rows, "0> 0< 0> 0> 0<");
});

test("a capture that begins with the SYN-ACK still has the client first", async () => {
  const { flows, rows } = await flowsOf(`
    < SA 900 101
    > A  101 901`);
  assert.deepEqual(flows[0], {
    ends: [c, s],
    repetition: 1,
    mss: [0, 0],
    isn: [-1, 900],
    firstFrame: [2, 1],
    bothSides: [false, false],
  });
  assert.equal(rows, "0< 0>");
});

test("a capture that begins in the middle has the first sender first", async () => {
  const { flows, rows } = await flowsOf(`
    < A 900 101 20
    > A 101 920`);
  assert.deepEqual(flows[0]!.ends, [s, c]);
  assert.equal(rows, "0> 0<");
});

/** Rows by flow and direction; which SYN begins another connection follows from RFC 9293 §3.10.7. */
const conversations: readonly [what: string, conversation: string, rows: string][] = [
  [
    "a retransmitted SYN or SYN-ACK begins nothing",
    "> S 100\n> S 100\n< SA 900 101\n< SA 900 101",
    "0> 0> 0< 0<",
  ],
  [
    "a SYN with another number begins the next connection when it is answered",
    "> S 100\n< SA 900 101\n> A 101 901\n> S 5000000\n< SA 7 5000001\n> A 5000001 8",
    "0> 0< 0> 1< 1>",
  ],
  [
    "or when its sender goes on from it, where the other direction was not captured",
    "> S 100\n> A 101 901\n> S 500000000\n> A 500000001 8 10",
    "0> 0> 1>",
  ],
  [
    "a SYN with another number that nobody answers ends nothing",
    "> S 100\n< SA 900 101\n> A 101 901\n> S 500000000\n< A 901 101\n> A 101 901 10",
    "0> 0< 0> 0< 0>",
  ],
  [
    "nor does one within the window, though its number comes to be sent, nor a SYN-ACK out of nowhere",
    "> S 100\n< SA 900 101\n> A 101 901\n> S 110\n< SA 77 3\n> A 111 901 10\n< A 901 111",
    "0> 0< 0> 0> 0<",
  ],
  [
    "nor a reset with any number",
    "> S 100\n< SA 900 101\n> A 101 901\n> R 77\n> A 101 901 10",
    "0> 0< 0> 0> 0>",
  ],
  [
    "a SYN with another number begins the next connection at once if nobody went on from the one before",
    "> S 100\n< SA 900 101\n> S 5000\n< SA 7 5001\n> A 5001 8",
    "0> 0< 1> 1< 1>",
  ],
  [
    "a SYN after a connection without one begins the next",
    "> A 50 60 5\n< A 60 55\n> S 100\n< SA 7 101\n> A 101 8",
    "0> 0< 1< 1>",
  ],
  ["a SYN after the server's packets alone begins the next", "< A 60 55 5\n> S 100\n< SA 7 101", "0> 1<"],
  ["a SYN captured behind what follows it belongs there", "> A 101 901 5\n> S 100", "0> 0>"],
  ["a SYN captured behind its SYN-ACK belongs there", "< SA 900 101\n> S 100", "0< 0>"],
  [
    "a SYN-ACK with another number for the same SYN belongs there",
    "> S 100\n< SA 900 101\n< SA 950 101",
    "0> 0< 0<",
  ],
  [
    "a SYN-ACK for an unseen SYN begins the next",
    "> S 100\n< SA 900 101\n< SA 7 5001\n> A 5001 8",
    "0> 0< 1< 1>",
  ],
  ["both ends may send a SYN at once", "> S 100\n< S 900\n> SA 100 901\n< SA 900 101", "0> 0< 0> 0<"],
  [
    "the number of a SYN may be the last one",
    "> S 4294967295\n< SA 4294967295 0\n> S 4294967295",
    "0> 0< 0>",
  ],
];

test("which SYN begins another connection", async () => {
  for (const [what, conversation, rows] of conversations) {
    assert.equal((await flowsOf(conversation)).rows, rows, what);
  }
});

test("later connections on a used 4-tuple are counted, with the roles they have then", async () => {
  const { flows } = await flowsOf("> S 100\n> S 200\n< S 300 0\n< SA 777 0\n< S 5 0");
  assert.deepEqual(
    flows.map((flow) => [flow.repetition, flow.ends[0]]),
    [
      [1, c],
      [2, c],
      [3, c],
      [4, s],
    ],
  );
});

test("the connection goes on from the answer that its client took", async () => {
  const isns = async (lines: string) => (await flowsOf(lines)).flows.map(({ isn }) => isn);
  assert.deepEqual(await isns("> S 100\n< SA 900 101\n< SA 950 101\n> A 101 901"), [[100, 900]]);
  assert.deepEqual(await isns("> S 100\n< SA 900 101\n< SA 950 101\n> A 101 951"), [[100, 950]]);
  assert.deepEqual(await isns("> S 100\n< SA 900 101\n> A 101 901\n< SA 950 101\n> A 101 901"), [[100, 900]]);
});

test("a connection that a SYN began late has that SYN's number, MSS and frame", async () => {
  const { flows } = await flowsOf("> A 50 60 5\n< A 60 55\n< S 700\n> SA 100 701\n< A 701 101");
  assert.deepEqual(flows[1], {
    ends: [s, c],
    repetition: 2,
    mss: [0, 0],
    isn: [700, 100],
    firstFrame: [3, 4],
    bothSides: [false, false],
  });
});

test("the MSS option of each end's SYN is kept", async () => {
  const frames = [
    { bytes: ethernet(ipv6(tcp({ flags: "S", options: [2, 4, 5, 160] })), 0x86dd) },
    { bytes: ethernet(ipv6(tcp({ flags: "A", options: [2, 4, 1, 1] })), 0x86dd) },
  ];
  const { flows } = await readSegments(memoryFile("made.pcap", pcap(frames)), noProgress);
  assert.deepEqual(flows[0]!.mss, [1440, 0]);
  assert.deepEqual(flows[0]!.ends, ["[2001:db8::1]:40000", "[2001:db8::2]:443"]);
});

test("many connections at once keep apart", async () => {
  const count = 3000;
  const frames = Array.from({ length: 2 * count }, (_, i) => {
    const from = 1024 + (i % count);
    return { bytes: ethernet(ipv4(tcp({ from, seq: i, payload: 1 }), client)) };
  });
  const { flows, log } = await readSegments(memoryFile("made.pcap", pcap(frames)), noProgress);
  assert.equal(flows.length, count);
  for (let row = 0; row < log.count; row++) assert.equal(log.flow.at(row), row % count);
});

test("connections beyond the limit are left out, with one diagnostic", async () => {
  const one = pcap([{ bytes: ethernet(ipv4(tcp({ flags: "S" }), client)) }]);
  const record = one.subarray(24);
  const count = flowsMax + 10;
  const file = new Uint8Array(24 + count * record.length);
  file.set(one.subarray(0, 24));
  for (let i = 0; i < count; i++) {
    const at = 24 + i * record.length;
    file.set(record, at);
    // Record and Ethernet header, then 12 bytes to the source address.
    new DataView(file.buffer).setUint32(at + 16 + 14 + 12, i);
  }
  const { flows, log, frames, diagnostics } = await readSegments(memoryFile("flood.pcap", file), noProgress);
  assert.deepEqual([flows.length, log.count, frames], [flowsMax, flowsMax, count]);
  assert.equal(diagnostics.length, 1);
  assert.match(diagnostics[0]!.message, /left out: filter the capture \(10 times from frame 262145 on\)/);
});
