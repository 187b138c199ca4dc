import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet, ipv4, joined, pcap, tcp, u16be, u32be } from "../../test/capture-builder.ts";
import { noProgress } from "../platform.ts";
import { memoryFile, readSegments } from "./capture-file.ts";

const packet = (seq: number, payload = 100) => ethernet(ipv4(tcp({ seq, payload })));
const read = (bytes: Uint8Array) => readSegments(memoryFile("made.pcap", bytes), noProgress);
const frameSize = 154;

test("both byte orders and all time units give the same segments", async () => {
  for (const little of [true, false]) {
    for (const [magic, unitNs] of [
      ["us", 1000],
      ["ns", 1],
      ["extended", 1000],
    ] as const) {
      const frames = [
        { bytes: packet(5), time: [1700000000, 999_999] as const },
        { bytes: packet(0xffffffff), time: [1700000002, 1] as const },
      ];
      const file = pcap(frames, { little, magic });
      const { log, frames: count, diagnostics } = await read(file);
      assert.equal(count, 2);
      assert.deepEqual(diagnostics, []);
      assert.deepEqual([log.timeNs.at(0), log.timeNs.at(1)], [0, 2e9 - 999_998 * unitNs]);
      assert.deepEqual([log.seq.at(0), log.seq.at(1)], [5, -1]);
      assert.deepEqual([log.frame.at(0), log.frame.at(1)], [1, 2]);
      for (const row of [0, 1]) {
        const offset = log.offset.at(row);
        // The builder's payload counts up from 1.
        assert.deepEqual([...file.subarray(offset, offset + 3), file[offset + 99]], [1, 2, 3, 100]);
      }
    }
  }
});

test("every packet counts as a frame, only TCP makes rows", async () => {
  const udp = ethernet(ipv4(new Uint8Array(8), { protocol: 17 }));
  const { log, frames } = await read(pcap([{ bytes: udp }, { bytes: packet(1) }, { bytes: udp }]));
  assert.deepEqual([frames, log.count, log.frame.at(0)], [3, 1, 2]);
});

test("a packet cut by the snapshot length keeps its length by the IP header", async () => {
  const { log } = await read(pcap([{ bytes: packet(1).subarray(0, 96), size: frameSize }]));
  assert.deepEqual([log.length.at(0), log.captured.at(0)], [100, 96 - 54]);
  const headersOnly = await read(pcap([{ bytes: packet(1).subarray(0, 54), size: frameSize }]));
  assert.deepEqual([headersOnly.log.length.at(0), headersOnly.log.captured.at(0)], [100, 0]);
});

test("an offloaded segment without an IP length reaches to the end of the frame before it was cut", async () => {
  const bytes = ethernet(ipv4(tcp({ payload: 100 }), { totalLength: 0 })).subarray(0, 64);
  const { log } = await read(pcap([{ bytes, size: 90_000 }]));
  assert.deepEqual([log.length.at(0), log.captured.at(0)], [90_000 - 54, 10]);
});

test("frames larger than the read-ahead of headers are skipped over exactly", async () => {
  const frames = Array.from({ length: 40 }, (_, i) => ({ bytes: packet(i, 60_000) }));
  const file = pcap(frames);
  assert.ok(file.length > 2 << 20);
  const { log, diagnostics } = await read(file);
  assert.deepEqual(diagnostics, []);
  assert.equal(log.count, 40);
  for (let row = 0; row < 40; row++) {
    assert.deepEqual([log.seq.at(row), log.captured.at(row), file[log.offset.at(row)]], [row, 60_000, 1]);
  }
});

test("a file cut at any byte gives the whole frames before the cut, and says so", async () => {
  const whole = pcap([{ bytes: packet(1) }, { bytes: packet(2) }]);
  const record = 16 + frameSize;
  for (let size = 4; size < whole.length; size++) {
    const { log, frames, diagnostics } = await read(whole.slice(0, size));
    const expected = size < 24 ? 0 : Math.floor((size - 24) / record);
    assert.deepEqual([frames, log.count], [expected, expected], `${size} bytes`);
    const isClean = size >= 24 && (size - 24) % record === 0;
    const start = size < 24 ? 0 : 24 + expected * record;
    const found = diagnostics.filter((d) => d.message.includes(`the record at byte ${start},`));
    assert.equal(found.length, isClean ? 0 : 1, `${size} bytes`);
  }
});

test("an absurd record length ends the reading with its place", async () => {
  const garbage = joined(u32be(1), u32be(2), new Uint8Array(400).fill(0xee));
  const { frames, diagnostics } = await read(joined(pcap([{ bytes: packet(1) }]), garbage));
  assert.equal(frames, 1);
  assert.match(
    diagnostics[0]!.message,
    new RegExp(`damaged at byte ${24 + 16 + frameSize}, behind frame 1: .*4008636142`),
  );
});

test("records without bytes make no rows and one diagnostic", async () => {
  const { log, frames, diagnostics } = await read(joined(pcap([]), new Uint8Array(16 * 100_000)));
  assert.deepEqual([frames, log.count], [100_000, 0]);
  assert.match(diagnostics.map((d) => d.message).join("\n"), /no bytes.*100000 times from frame 1/);
  assert.match(diagnostics.map((d) => d.message).join("\n"), /made\.pcap holds no TCP packets/);
});

test("a link type that cannot be read is named once", async () => {
  const { frames, diagnostics } = await read(
    pcap([{ bytes: packet(1) }, { bytes: packet(2) }], { linkType: 127 }),
  );
  assert.equal(frames, 2);
  assert.match(diagnostics[0]!.message, /link type 127 .*2 times from frame 1/);
});

test("the bits of the link type that tell of check sequences do no harm", async () => {
  const { log } = await read(pcap([{ bytes: joined(packet(1), [9, 9, 9, 9]) }], { linkType: 0x44000001 }));
  assert.deepEqual([log.count, log.length.at(0)], [1, 100]);
});

test("what is left out is reported once, with its first frame", async () => {
  const fragment = { bytes: ethernet(ipv4(tcp({}), { fragment: 185 })) };
  const cut = { bytes: packet(3).subarray(0, 50), size: frameSize };
  const damaged = { bytes: ethernet(ipv4(tcp({}), { totalLength: 21 })) };
  const { log, frames, diagnostics } = await read(
    pcap([{ bytes: packet(1) }, fragment, cut, fragment, damaged]),
  );
  assert.deepEqual([log.count, frames], [1, 5]);
  const found = diagnostics.map(({ frame, message }) => `${frame}: ${message}`);
  assert.match(found[0]!, /^2: an IP packet lacks fragments and is left out.*\(frame 2\)/);
  assert.match(found[1]!, /^3: a frame is cut within its headers.*\(frame 3\)/);
  assert.match(found[2]!, /^5: a frame's IP or TCP header contradicts itself.*\(frame 5\)/);
  assert.equal(found.length, 3);
});

test("what the snapshot length cut off is told in bytes", async () => {
  const cut = (n: number, captured: number) => ({ bytes: packet(n).subarray(0, captured), size: frameSize });
  const { log, diagnostics } = await read(
    pcap([{ bytes: packet(1) }, cut(2, frameSize - 40), cut(3, frameSize - 7)]),
  );
  assert.equal(log.count, 3);
  assert.match(
    diagnostics[0]!.message,
    /47 payload bytes are missing of 2 packets, up to 40 of one.*\(2 times from frame 2 on\)/,
  );
});

test("a file that shrinks while it is read ends as a cut one", async () => {
  const whole = pcap([{ bytes: packet(1) }, { bytes: packet(2) }]);
  for (let left = 24; left < whole.length; left++) {
    const file = { ...memoryFile("made.pcap", whole.subarray(0, left)), size: whole.length };
    const { diagnostics } = await readSegments(file, noProgress);
    assert.match(diagnostics[0]!.message, /cut short/, `${left} bytes left`);
  }
});

/** First bytes of datagrams, as RFC 6347 §4.1, RFC 9000 §17.2 and RFC 9369 §3.1 lay them out, and what they speak. */
const datagrams: readonly [hex: string, speaks: RegExp | null][] = [
  ["16fefd00000000000000000030", /holds DTLS/],
  ["14feff00010000000000050001", /holds DTLS/],
  ["c30000000108aabbccddeeff00", /holds QUIC/],
  ["d36b3343cf08aabbccddeeff00", /holds QUIC/],
  ["430000000108aabbccddeeff00", null],
  ["c30000000908aabbccddeeff00", null],
  ["1603030030", null],
  ["", null],
];

test("what datagrams hold of TLS is said: no kernel sends it", async () => {
  for (const [hex, speaks] of datagrams) {
    const payload = Buffer.from(hex, "hex");
    const udp = joined(u16be(5000), u16be(4433), u16be(8 + payload.length), [0, 0], payload);
    const frame = { bytes: ethernet(ipv4(udp, { protocol: 17 })) };
    const { diagnostics } = await read(pcap([frame, frame]));
    const told = diagnostics.filter(({ message }) => /holds (DTLS|QUIC)/.test(message));
    assert.equal(told.length, speaks ? 1 : 0, hex);
    if (speaks) assert.match(told[0]!.message, speaks);
  }
});
