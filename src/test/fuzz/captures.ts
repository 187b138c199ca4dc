import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Kind } from "../../core/words/event.ts";
import { nodePlatform } from "../../node/platform.ts";
import { Timeline } from "../../replay/timeline.ts";
import { type CaptureOptions, readCapture } from "../../trace/capture/capture.ts";
import { keySourceOf } from "../../trace/keys/source.ts";
import { memoryFile, openCaptureFile, readSegments } from "../../trace/pcap/capture-file.ts";
import { scatteredBase } from "../../trace/pcap/scattered.ts";
import type { Segments } from "../../trace/pcap/segments.ts";
import { noProgress } from "../../trace/platform.ts";
import type { Diagnostic, Trace } from "../../trace/trace.ts";
import { ethernet, ipv4, ipv6, joined, pcap, pcapngBlocks, tcp } from "../capture-builder.ts";
import { captureFacts, defaults, plaintextOf } from "../captures.ts";
import { corpusFolder } from "../corpus.ts";
import { inFragments, links, tunnels } from "../wrapping/wrapping.ts";

/** No diagnostic is empty, points before the file, or shows a key: so long a run of hex digits of the input. */
export function assertClear(diagnostics: readonly Diagnostic[], text = ""): void {
  for (const { message, line } of diagnostics) {
    assert.ok(message !== "" && (line === undefined || line >= 1), JSON.stringify({ message, line }));
    for (const [hex] of message.matchAll(/[0-9a-f]{32,}/gi))
      assert.ok(!text.includes(hex), `a diagnostic shows what may be a key: ${message}`);
  }
}

/** Rows point into the file and to flows that exist. */
function assertWithin({ log, flows, frames }: Segments, size: number): void {
  assert.ok(log.count <= frames && flows.length <= log.count);
  for (const [row, blocks] of log.sacks)
    assert.ok(row < log.count && blocks.length % 2 === 0 && blocks.length <= 8);
  for (let row = 0; row < log.count; row++) {
    const [captured, length, offset] = [log.captured.at(row), log.length.at(row), log.offset.at(row)];
    assert.ok(captured >= 0 && captured <= length, `row ${row}: ${captured} of ${length} bytes`);
    if (captured > 0 && offset < scatteredBase)
      assert.ok(offset > 0 && offset + captured <= size, `row ${row}: ${captured} bytes at ${offset}`);
    assert.ok(log.flow.at(row) < flows.length && log.direction.at(row) <= 1);
    assert.ok(Number.isFinite(log.timeNs.at(row)));
    assert.ok(log.frame.at(row) >= 1 && log.frame.at(row) <= frames);
  }
  const { scattered } = log;
  for (let part = 0; part < scattered.at.length; part++) {
    const [length, offset] = [scattered.length.at(part), scattered.offset.at(part)];
    assert.ok(length >= 0 && offset > 0 && offset + length <= size, `part ${part}: ${length} at ${offset}`);
  }
}

/** Columns agree, places exist, plaintext can be asked for. */
function assertSound(trace: Trace): void {
  const { events, connections, verdicts } = trace;
  assert.equal(verdicts!.wire.length, events.count);
  assert.equal(verdicts!.authenticated.length, events.count);
  const rows = new Array(connections.length).fill(0);
  for (let event = 0; event < events.count; event++) {
    const { connection, kind, length } = events.at(event);
    assert.ok(connection >= 0 && connection < connections.length && length >= 0);
    if (kind !== Kind.record && kind !== Kind.gap) continue;
    rows[connection]++;
    const plaintext = plaintextOf(trace, connection, rows[connection]);
    if (kind === Kind.gap) assert.equal(plaintext, null);
    assert.ok(plaintext === null || plaintext.length === length - 16);
  }
  for (const stream of trace.streams) assert.ok(stream.connection >= 0 || stream.note !== null);
}

/** What a capture with these keys shows, replayed. */
export async function captured(
  input: Uint8Array,
  keys: string,
  options: Partial<CaptureOptions> = {},
): Promise<Trace> {
  const { source, diagnostics } = keySourceOf([keys]);
  assertClear(diagnostics, keys);
  const asked = { ...defaults, ...options };
  const trace = await readCapture(memoryFile("input", input), source, asked, nodePlatform, noProgress);
  assertClear(trace.diagnostics, keys);
  if (options.plaintext === undefined) assertSound(trace);
  new Timeline(trace).runAll();
  return trace;
}

/** The same, once the file's segments are found to lie in the file; true if any of it is offloaded. */
export async function capturedWithin(input: Uint8Array, keys: string): Promise<boolean> {
  const file = await openCaptureFile(memoryFile("input", input), nodePlatform, noProgress);
  assertWithin(await readSegments(file, noProgress), file.size);
  return (await captured(input, keys)).connections.length > 0;
}

const packets = [
  ethernet(ipv4(tcp({ seq: 99, flags: "S", options: [2, 4, 5, 180] }))),
  ethernet(
    ipv4(tcp({ seq: 100, options: [1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 19], payload: 30 })),
    0x0800,
    [0x88a8, 0x8100],
  ),
  ethernet(ipv6(tcp({ seq: 7, payload: 9 }), 0, [44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9]), 0x86dd),
  ethernet(ipv4(tcp({ payload: 8 }), { fragment: 0x2000 })),
];
const frames = packets.map((bytes, i) => ({ bytes, time: [1_700_000_000 + i, i] as const }));

/** Every link type, tunnel and form of the format, each with little in it. */
export function pcapForms(): Uint8Array[] {
  const whole = { bytes: ethernet(ipv4(tcp({ payload: 90 }))), size: 144, time: [0, 0] as const };
  const inTunnels = Object.values(tunnels).flatMap((wrap) => wrap(whole));
  return [
    pcap(inTunnels),
    pcap(inTunnels.flatMap((frame) => inFragments(frame, 40, 7))),
    ...Object.values(links).map(([linkType, wrap]) => pcap(wrap(whole), { linkType })),
    pcap(frames),
    pcap(frames, { little: false, magic: "ns" }),
    pcap(frames, { magic: "extended" }),
  ];
}

/** Every block there is, in either byte order, and a file of two sections. */
export function pcapngForms(secrets: string): Uint8Array[] {
  const sections = [true, false].map((little) => {
    const b = pcapngBlocks(little);
    const interfaces = [b.interface(1, { resolution: 9, offset: 3 }), b.interface(1)];
    const enhanced = packets.map((bytes, i) => b.enhanced(i & 1, BigInt(i), bytes));
    const others = [b.simple(packets[1]!), b.obsolete(0, 9n, packets[2]!), b.block(4, new Uint8Array(7))];
    return joined(b.section(), ...interfaces, b.secrets(secrets), ...enhanced, ...others);
  });
  return [...sections, joined(...sections)];
}

/** A little-endian pcap file's packets as a pcapng file that brings its keys. */
export function asPcapng(file: Uint8Array, secrets: string): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const b = pcapngBlocks();
  const blocks = [b.section(), b.interface(view.getUint32(20, true)), b.secrets(secrets)];
  for (let at = 24, i = 0; at + 16 <= file.length; i++) {
    const length = view.getUint32(at + 8, true);
    blocks.push(b.enhanced(0, BigInt(i), file.subarray(at + 16, at + 16 + length)));
    at += 16 + length;
  }
  return joined(...blocks);
}

/** Captures of the corpus up to this size are taken; there are some thirty. */
const corpusSizeMax = 12_000;

/** The corpus's small captures of a format, by the end of their names, and all their keys; nothing where it is absent. */
export function corpusCaptures(end: string): { captures: Uint8Array[]; keys: string } {
  const folder = corpusFolder();
  if (folder === null) return { captures: [], keys: "" };
  const small = captureFacts(folder)
    .map(({ file, keylog }) => ({ bytes: readFileSync(path.join(folder, file)), file, keylog }))
    .filter(({ bytes, file }) => bytes.length <= corpusSizeMax && file.endsWith(end));
  const logs = small.flatMap(({ keylog }) => keylog ?? []);
  return {
    captures: small.map(({ bytes }) => new Uint8Array(bytes)),
    keys: logs.map((log) => `${readFileSync(path.join(folder, log), "utf8")}\n`).join(""),
  };
}
