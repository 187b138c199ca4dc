import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import { encrypts } from "../core/bugs/families.ts";
import type { Profile } from "../core/machine/profile.ts";
import { wireBytes } from "../core/nic/wire-bytes.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { Kind } from "../core/words/event.ts";
import { departuresOf } from "../judge/departures.ts";
import { layEvidence } from "../judge/evidence/evidence.ts";
import { wireVerdictsOf } from "../judge/wire-verdict.ts";
import { holds } from "../replay/expression.ts";
import { findingText } from "../replay/findings.ts";
import { parseExpression } from "../replay/language/parse.ts";
import { Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { readStream } from "../replay/view/memory.ts";
import { placeOf, rawAt } from "../replay/view/paths.ts";
import { show } from "../replay/view/value.ts";
import { type View, viewAt } from "../replay/view/view.ts";
import { describeToken } from "../replay/view/why.ts";
import { goldenLines } from "../report/golden.ts";
import { linesOf } from "../report/lines.ts";
import { judge } from "../study/study.ts";
import { readEvidence } from "../trace/evidence/evidence.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printTrace } from "../trace/language/print.ts";
import type { Trace } from "../trace/trace.ts";
import { kernelTrace } from "./kernel-reports.ts";

/** Initial sequence numbers: the ring's beginning, and right before its middle and its end. */
const starts = [0, 0x7fffff00, 0xffffff00];
/** TLS 1.2 AES-GCM: header 5, explicit nonce 8, payload 16384, tag 16 (kernel.md section 1.6). */
const recordSize = 5 + 8 + 16384 + 16;
const firstSn = 1;
const segmentSize = 1_000_000;
/** Records of one write, and how far the stream goes beyond 2^33. */
const recordsAWrite = 2048;
const streamMin = 2 ** 33 + 3 * segmentSize;

/** What a retransmission around `place` sends again: across it, up to it, from it on, and a record before it. */
const againAround = (place: number): [from: number, length: number][] => [
  [place - 1448, 2896],
  [place - 1448, 1448],
  [place, 1448],
  [place - recordSize, 1448],
];

/** Places where some count of 31, 32 or 33 bits ends: of the stream's own bytes, and of TCP's numbers. */
function edgesOf(start: number): number[] {
  const own = [2 ** 31, 2 ** 32, 2 ** 33];
  const ofTcp = [1, 2, 3, 4].map((turn) => turn * 2 ** 31 - start).filter((place) => place > 2 * segmentSize);
  return [...new Set([...own, ...ofTcp])].sort((a, b) => a - b);
}

/** A connection that sends more than 2^33 bytes, and a little around each edge again. */
function longText(start: number): string {
  const lines = [
    "device eth0 profile=connectx mtu=1500",
    `connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=${start} rec_seq=${firstSn}`,
  ];
  const edges = edgesOf(start);
  let pushed = 0;
  for (let sent = 0; sent < streamMin; ) {
    if (sent + segmentSize > pushed) {
      lines.push(`+0 web send ${recordsAWrite * 16384}`);
      pushed += recordsAWrite * recordSize;
    }
    lines.push(`+0 web > ${sent}:${sent + segmentSize}(${segmentSize})`);
    sent += segmentSize;
    const edge = edges[0] ?? Number.POSITIVE_INFINITY;
    if (sent > edge + segmentSize) {
      edges.shift();
      for (const [from, length] of againAround(edge))
        lines.push(`+0 web > ${from}:${from + length}(${length})`);
    }
    lines.push(`+0 web < ack ${Math.max(0, sent - 4 * segmentSize)}`);
  }
  return `${lines.join("\n")}\n`;
}

const valueAt = (view: View, path: string): string => show(rawAt(view, placeOf(path)!));

/** What the text says of its transmits, in order: a record is 16413 bytes, the driver expects the end of what was sent last. */
function* transmitsOf(start: number): Generator<{ from: number; length: number; expected: number }> {
  let expected = 0;
  for (const [, from, to] of longText(start).matchAll(/ > (\d+):(\d+)/g)) {
    yield { from: Number(from), length: Number(to) - Number(from), expected };
    expected = Number(to);
  }
}

function longTrace(start: number): Trace {
  const trace = parseTrace("long", longText(start), profileById);
  assert.deepEqual(trace.diagnostics, []);
  return trace;
}

for (const start of starts)
  test(`8 GiB from number ${start} on: places, records, resyncs, in views and as JSON`, () => {
    const trace = longTrace(start);
    // Without content there are no bytes to make and to digest: 8 GiB of them would take minutes.
    trace.connections[0]!.source = null;
    const timeline = new Timeline(trace).runAll();
    const lines = [...linesOf(timeline, trace.streams[0]!, () => "")];
    const transmits = lines.filter(({ kind }) => kind === "transmit");
    const events = timeline.eventsOf(0).filter((event) => trace.events.kind.at(event) === Kind.transmit);
    let outOfOrder = 0;
    let i = 0;
    for (const { from, length, expected } of transmitsOf(start)) {
      const what = `byte ${from}`;
      const sn = firstSn + Math.floor(from / recordSize);
      const offset = from % recordSize;
      const { kind, stream, line, wire, ...told } = transmits[i]!;
      assert.deepEqual(
        told,
        {
          seq: (start + from) % 2 ** 32,
          length,
          outOfOrder: from !== expected,
          expectedSeq: (start + expected) % 2 ** 32,
          recordSn: sn,
          replayedBytes: from === expected ? 0 : offset,
        },
        what,
      );
      const event = events[i++]!;
      if (from === expected) continue;
      outOfOrder++;
      const view = viewAt(timeline, { event, stage: timeline.record(event).stages.length - 1 });
      const effects = timeline.record(event).stages.flatMap((stage) => stage.effects);
      assert.deepEqual(
        effects.map((effect) => wordEffect(view, effect)).filter((text) => /^(out-of|resync)/.test(text)),
        [`out-of-order expected=${expected} seq=${from}`, `resync record=${sn} replayed=${offset}`],
      );
      assert.equal(valueAt(view, "packet.recordSn"), String(sn), what);
      assert.equal(valueAt(view, "packet.recordOffset"), String(offset), what);
      assert.equal(valueAt(view, "packet.seq"), `${from} (${(start + from) % 2 ** 32})`, what);
      assert.match(
        describeToken(view, `${from}:${from + length}`)!.value,
        new RegExp(`^record ${sn}[ ,]`),
        what,
      );
      const condition = `packet.seq == ${from} && before(packet.seq, ${from + 1}) && driver.expectedSeq == ${from + length}`;
      assert.ok(holds(view, parseExpression(condition)), what);
    }
    assert.equal(i, transmits.length);
    // Of the four around an edge one follows on another, and what comes next is out of order, too.
    assert.equal(outOfOrder, 4 * edgesOf(start).length);
    assert.equal(printTrace(trace), printTrace(parseTrace("again", printTrace(trace), profileById)));
  });

/** Another implementation: the record numbered `sn` as it must leave, of the written bytes from `payloadAt` on. */
function sealedApart(trace: Trace, sn: number, payloadAt: number): Buffer {
  const { epochs, source } = trace.connections[0]!;
  const { key, salt, iv } = epochs[0]!;
  assert.equal(source?.kind, "generated");
  const counter = Buffer.alloc(16);
  counter.writeUInt32LE(Math.floor(payloadAt / 64));
  counter.writeUInt32LE(1, 4);
  const written = createCipheriv("chacha20", source.key, counter).update(Buffer.alloc(16384));
  const explicit = Buffer.alloc(8);
  explicit.writeBigUInt64BE(Buffer.from(iv).readBigUInt64BE() + BigInt(sn - firstSn));
  const aad = Buffer.alloc(13);
  aad.writeBigUInt64BE(BigInt(sn));
  aad.set([23, 3, 3, 16384 >> 8, 16384 & 255], 8);
  const cipher = createCipheriv("aes-128-gcm", key, Buffer.concat([salt, explicit])).setAAD(aad);
  const body = Buffer.concat([cipher.update(written), cipher.final(), cipher.getAuthTag()]);
  const header = Buffer.from([23, 3, 3, (body.length + 8) >> 8, (body.length + 8) & 255]);
  return Buffer.concat([header, explicit, body]);
}

test("8 GiB on: what leaves under each family is what another implementation encrypts, and memory has it", () => {
  const trace = longTrace(starts[1]!);
  for (const profile of profiles.filter(encrypts)) {
    const own = { ...trace, devices: [{ ...trace.devices[0]!, profile }] };
    const timeline = new Timeline(own).runAll();
    let event = -1;
    for (const { from, length } of transmitsOf(starts[1]!)) {
      do event++;
      while (trace.events.kind.at(event) !== Kind.transmit);
      if (length === segmentSize) continue;
      const first = Math.floor(from / recordSize);
      const records = [0, 1].map((i) => sealedApart(trace, firstSn + first + i, (first + i) * 16384));
      const right = Buffer.concat(records).subarray(from % recordSize, (from % recordSize) + length);
      const view = viewAt(timeline, { event, stage: 0 });
      assert.ok(right.equals(readStream(view, "wire", from, length).bytes), `memory at ${from}`);
      const departures = departuresOf(timeline.record(event));
      const left = departures.map((departure) =>
        Buffer.from(wireBytes(timeline.machine.sockets[0]!.at(departure.state), departure)!),
      );
      const what = `${profile.id}, ${from}:${from + length}`;
      assert.ok(right.equals(Buffer.concat(left)), what);
      assert.deepEqual(wireVerdictsOf(timeline, event), ["match"], what);
    }
  }
});

/** What happens in the first kilobyte: everything that a log keeps, so that what is kept could be taken for what comes 2^32 bytes later. */
const beginning = `
+0 web install unsent
+0 web send 1000 zerocopy
+0 web > 0:1022(1022)
+0 web page-write 10:60
+0 web merge 0:500
+0 web < ack 1022
`;

/** And what happens far behind it, in bytes from there on. */
const story = `
+0 web send 3000
+0 web > {0}:{3022}(3022)
+0 web > {100}:{200}(100)
+0 web > {3000}:{3022}(22)
+0 web merge {0}:{1500}
+0 web send 2000 zerocopy
+0 web > {3022}:{5044}(2022)
+0 web page-write {3100}:{3110}
+0 web > {3050}:{3500}(450)
+0 web split {3200}
+0 web < ack {3500} sack {4000}:{4100}
+0 web > {2000}:{2100}(100)
+0 eth0 hold
+0 web > {4000}:{4200}(200)
+0 eth0 resume
+0 web rekey
+0 web send 500
+0 web > {5044}:{5566}(522)
+0 web > {4900}:{5044}(144)
+0 web < ack {5566}
+0 web send 700
+0 web > {5566}:{6288}(722)
+0 web > {5100}:{5200}(100)
+0 web > {5600}:{5700}(100)
+0 eth0 down
+0 web > {6000}:{6288}(288)
`;

/** The story far behind the beginning, around `edge`: there are as many gaps between, whatever their size. */
function farText(start: number, edge: number): { text: string; base: number } {
  const size = edge / 8 - 500;
  const base = 1022 + 8 * size;
  // The first bytes of each are sent: no driver can expect what lies more than half the ring behind.
  const gaps = Array.from({ length: 8 }, (_, i) => {
    const at = 1022 + i * size;
    return `+0 web gap ${size}\n+0 web > ${at}:${at + 100}(100)\n+0 web < ack ${at + size}\n`;
  });
  const lines = story.replaceAll(/\{(\d+)\}/g, (_, n) => String(base + Number(n)));
  const head = `device eth0 profile=connectx kernel=next mtu=1500
connection web device=eth0 version=1.3 cipher=aes-128-gcm seq=${start} rec_seq=0`;
  return { text: `${head}${beginning}${gaps.join("")}${lines}`, base };
}

function farTimeline(text: string, profile: Profile): Timeline {
  const trace = parseTrace("far", text, profileById);
  const errors = trace.diagnostics.filter(({ severity }) => severity === "error");
  assert.deepEqual(errors, []);
  return new Timeline({ ...trace, devices: [{ ...trace.devices[0]!, profile }] }).runAll();
}

/** What golden text says of the story, its numbers counted from its base, and of each packet's bytes. */
function storyOf(start: number, edge: number, profile: Profile): string[] {
  const { text, base } = farText(start, edge);
  const timeline = farTimeline(text, profile);
  const golden = [...goldenLines(judge(timeline), new Set([0]))];
  const wires = [...timeline.eventsOf(0)].map((event) => wireVerdictsOf(timeline, event).join());
  return [...golden.slice(golden.indexOf("+0     web send 3000")), ...wires].map((line) =>
    line.replaceAll(/\d{6,}/g, (n) => (Number(n) >= base ? `{${Number(n) - base}}` : "before")),
  );
}

for (const profile of profiles)
  test(`${profile.id}: what lies before a place, and how much, changes nothing of what happens there`, () => {
    const near = storyOf(5, 2 ** 20, profile);
    assert.ok(near.some((line) => line.includes("{3022}")));
    for (const start of starts)
      for (const edge of [2 ** 31, 2 ** 32, 2 ** 33])
        assert.deepEqual(storyOf(start, edge, profile), near, `${edge} bytes from number ${start} on`);
  });

test("a kernel's 32-bit numbers are those near the moment, beyond 4 GiB as well", () => {
  for (const edge of [2 ** 31, 2 ** 32, 2 ** 33]) {
    const { text, base } = farText(0xffffff00, edge);
    const timeline = farTimeline(text.replace("version=1.3", "version=1.2"), profileById("netronome@next")!);
    const trace = kernelTrace(timeline);
    const lay = (told: string) => layEvidence(timeline, readEvidence([{ name: "trace", text: told }]));
    assert.deepEqual(lay(trace).findings.map(findingText), []);
    const request = [...trace.matchAll(/tls_device_tx_resync_req: .* tcp_seq=(\d+)/g)].at(-1)!;
    assert.ok(lay(trace).matched > 3);
    const wrong = Number(request[1]) + 3;
    const found = lay(trace.replace(`tcp_seq=${request[1]} exp`, `tcp_seq=${wrong} exp`)).findings.map(
      findingText,
    );
    const place = base + ((wrong - 0xffffff00 - base) | 0);
    assert.ok(
      found.some((finding) =>
        finding.includes(`tcp_seq ${place} (${wrong}); the model says tcp_seq ${place - 3}`),
      ),
      found.join("\n"),
    );
  }
});
