import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf, recordType, type TlsVersion, versionName } from "../../core/base/record.ts";
import { Effect } from "../../core/words/effect.ts";
import { Kind } from "../../core/words/event.ts";
import { nodePlatform } from "../../node/platform.ts";
import { Timeline } from "../../replay/timeline.ts";
import { placeOf, rawAt } from "../../replay/view/paths.ts";
import { show } from "../../replay/view/value.ts";
import { viewAt } from "../../replay/view/view.ts";
import { wrongPlaces } from "../../report/wrong-bytes.ts";
import { judge } from "../../study/study.ts";
import { type Flight, type Sealer, session } from "../../test/bench/tls-session.ts";
import { defaults, recordsOf, transmitsOf } from "../../test/captures.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { TcpFlag } from "../pcap/segments.ts";
import { type FileAccess, noProgress } from "../platform.ts";
import { Authenticated, Wire } from "../trace.ts";
import { readCapture } from "./capture.ts";

/** A file of which only some bytes are written; all others are zero. */
class SparseFile implements FileAccess {
  readonly name = "long.pcap";
  size = 0;
  private readonly starts: number[] = [];
  private readonly parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.starts.push(this.size);
    this.parts.push(bytes);
    this.size += bytes.length;
  }

  skip(bytes: number): void {
    this.size += bytes;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! + this.parts[middle]!.length > offset) high = middle;
      else low = middle + 1;
    }
    for (; low < this.starts.length && this.starts[low]! < offset + bytes.length; low++) {
      const skip = Math.max(0, offset - this.starts[low]!);
      const part = this.parts[low]!.subarray(skip, offset + bytes.length - this.starts[low]!);
      bytes.set(part, Math.max(0, this.starts[low]! - offset));
    }
    return bytes;
  }
}

interface Fields {
  from: 0 | 1;
  seq: number;
  ack: number;
  flags?: number;
  /** What was captured of the payload, and its size before it was cut. */
  payload?: Uint8Array;
  size?: number;
  sack?: readonly number[];
}

/** A pcap record of one TCP packet, without time: 10.0.0.1:40000 is the client, 10.0.0.2:443 the server. */
function frameOf({
  from,
  seq,
  ack,
  flags = TcpFlag.ack,
  payload = new Uint8Array(0),
  size,
  sack = [],
}: Fields) {
  const options = sack.length === 0 ? 0 : 4 + 4 * sack.length;
  const head = 14 + 20 + 20 + options;
  const bytes = new Uint8Array(16 + head + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, head + payload.length, true);
  view.setUint32(12, head + (size ?? payload.length), true);
  bytes.set([8, 0, 0x45, 0], 16 + 12);
  view.setUint16(16 + 16, head - 14 + (size ?? payload.length));
  bytes.set([64, 6], 16 + 22);
  bytes.set([10, 0, 0, 1 + from, 10, 0, 0, 2 - from], 16 + 26);
  const tcp = 16 + 34;
  view.setUint16(tcp, from === 0 ? 40000 : 443);
  view.setUint16(tcp + 2, from === 0 ? 443 : 40000);
  view.setUint32(tcp + 4, seq);
  view.setUint32(tcp + 8, ack);
  bytes.set([(20 + options) << 2, flags, 255, 255], tcp + 12);
  if (options > 0) bytes.set([1, 1, 5, options - 2], tcp + 20);
  for (const [i, edge] of sack.entries()) view.setUint32(tcp + 24 + 4 * i, edge);
  bytes.set(payload, tcp + 20 + options);
  return bytes;
}

interface Case {
  version: TlsVersion;
  /** Who sends the stream (0 = client). */
  sender: 0 | 1;
  /** The sender's initial sequence number. */
  isn: number;
}

const cases: Case[] = [
  { version: 0x0303, sender: 1, isn: 0xffffff00 },
  { version: 0x0304, sender: 0, isn: 0x7fffff00 },
];

/** Bytes of the stream, and of frames that are none of TCP's somewhere in it: file offsets pass 4 GiB as well. */
const streamSize = 4.6 * 2 ** 30;
const fillerSize = 2 ** 20 - 16;
const fillers = 2 ** 12 + 100;
const content = new Uint8Array(16384).map((_, i) => i * 7);

/** A packet of the stream by its positions, counted from the first application record. */
interface Sent {
  from: number;
  to: number;
  /** Position of a byte that is not what it must be; null = all are right. */
  wrongAt: number | null;
}

/** What was written, so that it can be told from what is read. */
interface Written {
  file: SparseFile;
  keyLog: string;
  recordSize: number;
  records: number;
  /** Records that are in the file as a whole. */
  whole: ReadonlySet<number>;
  sent: Sent[];
  /** Acknowledged positions, and blocks beyond them. */
  acks: { at: number; sack: number[] }[];
}

/** Places where some count of 31 or 32 bits ends: of the offloaded bytes, of the stream's, of TCP's numbers. */
function edgesOf(isn: number, first: number): number[] {
  const own = [2 ** 31, 2 ** 32];
  const ofTcp = [1, 2, 3].map((turn) => turn * 2 ** 31 - isn - 1 - first);
  return [...own, ...own.map((edge) => edge - first), ...ofTcp].filter((edge) => edge > 2 ** 20);
}

/** One TLS stream as a capture whose packets were cut behind the record header; around edges they are whole. */
class LongCapture {
  readonly written: Written;
  private readonly stream: Case;
  private readonly sealer: Sealer;
  private readonly isns: readonly [number, number];
  /** Bytes sent by either side so far, and those of the stream before its first application record. */
  private readonly done: [number, number] = [0, 0];
  private first = 0;
  private readonly known = new Map<number, Uint8Array>();

  constructor(stream: Case) {
    const { flights, keyLog, ...made } = session(stream.version, seeded(7));
    this.stream = stream;
    this.sealer = stream.sender === 0 ? made.client : made.server;
    this.isns = stream.sender === 0 ? [stream.isn, 77] : [77, stream.isn];
    const recordSize = layoutOf(stream.version, "aes-128-gcm").overhead + content.length;
    const records = Math.ceil(streamSize / recordSize);
    const whole = new Set([0, 1, records - 2, records - 1]);
    this.written = { file: new SparseFile(), keyLog, recordSize, records, whole, sent: [], acks: [] };
    this.begin(flights);
    const edges = edgesOf(stream.isn, this.first);
    for (const edge of edges)
      for (let near = -1; near <= 1; near++) whole.add(Math.floor(edge / recordSize) + near);
    this.transfer(edges);
  }

  /** The number that a position has on the wire. */
  private number(side: 0 | 1, position: number): number {
    return (this.isns[side] + 1 + position) % 2 ** 32;
  }

  private begin(flights: readonly Flight[]): void {
    const { file } = this.written;
    const header = new DataView(new ArrayBuffer(24));
    for (const [i, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1].entries())
      header.setUint32(4 * i, word, true);
    file.write(new Uint8Array(header.buffer));
    const [client, server] = this.isns;
    file.write(frameOf({ from: 0, seq: client, ack: 0, flags: TcpFlag.syn }));
    file.write(frameOf({ from: 1, seq: server, ack: this.number(0, 0), flags: TcpFlag.syn | TcpFlag.ack }));
    for (const { from, bytes } of flights) this.put(from, this.done[from], bytes);
    this.first = this.done[this.stream.sender];
  }

  private put(from: 0 | 1, at: number, payload: Uint8Array, size = payload.length): void {
    const to = from === 0 ? 1 : 0;
    const [seq, ack] = [this.number(from, at), this.number(to, this.done[to])];
    this.written.file.write(frameOf({ from, seq, ack, payload, size }));
    this.done[from] = Math.max(this.done[from], at + size);
  }

  private send(
    from: number,
    payload: Uint8Array,
    size = payload.length,
    wrongAt: number | null = null,
  ): void {
    this.put(this.stream.sender, this.first + from, payload, size);
    this.written.sent.push({ from, to: from + size, wrongAt });
  }

  private acknowledge(at: number, sack: number[] = []): void {
    const { sender } = this.stream;
    const from = sender === 0 ? 1 : 0;
    const [ack, ...edges] = [at, ...sack].map((place) => this.number(sender, this.first + place));
    const seq = this.number(from, this.done[from]);
    this.written.file.write(frameOf({ from, seq, ack: ack!, sack: edges }));
    this.written.acks.push({ at, sack });
  }

  private transfer(edges: readonly number[]): void {
    const { recordSize, records, whole, file } = this.written;
    let due = edges;
    for (let record = 0; record < records; record++) {
      const at = record * recordSize;
      if (whole.has(record)) {
        const bytes = this.sealer.seal(recordType.applicationData, content);
        this.known.set(record, bytes);
        this.send(at, bytes);
      } else this.send(at, this.sealer.begin(recordType.applicationData, content.length), recordSize);
      if (record === 100_000) for (let i = 0; i < fillers; i++) fill(file);
      for (const edge of due) if (edge + recordSize < at) this.sendAgain(edge);
      due = due.filter((edge) => edge + recordSize >= at);
      if (record % 64 === 0 && due.every((edge) => at < edge - recordSize || at > edge + 3 * recordSize))
        this.acknowledge(at + 10);
    }
  }

  /** Bytes around an edge once more, the last time with a wrong one. */
  private sendAgain(edge: number): void {
    const { recordSize } = this.written;
    const holding = Math.floor(edge / recordSize) - 1;
    const around = new Uint8Array(3 * recordSize);
    for (let i = 0; i < 3; i++) around.set(this.known.get(holding + i)!, i * recordSize);
    const piece = (from: number, to: number) =>
      around.slice(from - holding * recordSize, to - holding * recordSize);
    this.send(edge - 700, piece(edge - 700, edge + 700));
    this.send(edge - 1, piece(edge - 1, edge + 1));
    const bytes = piece(edge, edge + 1400);
    bytes[900]! ^= 0x10;
    this.send(edge, bytes, bytes.length, edge + 900);
    this.acknowledge(edge - 50, [edge - 7, edge + 7, edge + 20, edge + 30]);
  }
}

/** A frame that is no packet, of nearly 1 MiB. */
function fill(file: SparseFile): void {
  const header = new DataView(new ArrayBuffer(16));
  for (const at of [8, 12]) header.setUint32(at, fillerSize, true);
  file.write(new Uint8Array(header.buffer));
  file.skip(fillerSize);
}

/** What was read of what was written, replayed; `c`: the stream's connection. */
interface Seen {
  written: Written;
  timeline: Timeline;
  c: number;
  /** TLS 1.2 counts on from the Finished message, TLS 1.3 begins anew. */
  firstSn: number;
}

for (const stream of cases) {
  const { version, sender, isn } = stream;
  const name = `TLS ${versionName(version)} from the ${sender === 0 ? "client" : "server"}, initial number ${isn}`;
  test(`a capture of 4.6 GiB, ${name}: records, numbers, verdicts, out-of-order packets, acknowledgements`, async () => {
    const { written } = new LongCapture(stream);
    assert.ok(written.file.size > 2 ** 32 && written.records * written.recordSize > 2 ** 32);
    const source = { keyLogs: [written.keyLog], cryptoInfos: [] };
    const trace = await readCapture(written.file, source, defaults, nodePlatform, noProgress);
    const c = trace.connections.findIndex(({ flow }) => flow.startsWith(`10.0.0.${1 + sender}:`));
    const seen = { written, timeline: new Timeline(trace).runAll(), c, firstSn: version === 0x0303 ? 1 : 0 };
    checkRecords(seen);
    checkTransmits(seen);
    checkWrongBytes(seen);
    checkAcks(seen);
  });
}

function checkRecords({ written, timeline, c, firstSn }: Seen): void {
  const { recordSize, records, whole } = written;
  const log = timeline.machine.sockets[c]!.records;
  const found = recordsOf(timeline.trace, c);
  assert.equal(found.length, records);
  for (const [record, { start, length, authenticated, row }] of found.entries()) {
    const isWhole = whole.has(record) ? Authenticated.yes : Authenticated.unknown;
    assert.deepEqual([start, length, authenticated], [record * recordSize, recordSize, isWhole], `${record}`);
    assert.equal(log.knownSn(row), BigInt(firstSn + record));
    assert.equal(log.rowOf(log.start(row), log.count), row);
  }
}

function checkTransmits({ written, timeline, c, firstSn }: Seen): void {
  const { recordSize, whole, sent } = written;
  const { trace } = timeline;
  const transmits = transmitsOf(trace, c);
  assert.equal(transmits.length, sent.length);
  let expected = 0;
  let outOfOrder = 0;
  for (const [i, { from, to, wrongAt }] of sent.entries()) {
    const { event, start, length, wire } = transmits[i]!;
    const what = `packet ${i}, ${from}:${to}`;
    assert.deepEqual([start, length], [from, to - from], what);
    const isKnown = to - from < recordSize || whole.has(from / recordSize);
    assert.equal(wire, wrongAt !== null ? Wire.differs : isKnown ? Wire.match : Wire.unknown, what);
    assert.equal(timeline.effects.has(event, Effect["out-of-order"]), from !== expected, what);
    if (from !== expected) {
      outOfOrder++;
      const view = viewAt(timeline, { event, stage: 99 }, c);
      const told = ["packet.recordSn", "packet.recordOffset"].map((at) => show(rawAt(view, placeOf(at)!)));
      assert.deepEqual(told, [firstSn + Math.floor(from / recordSize), from % recordSize].map(String), what);
    }
    expected = to;
  }
  assert.equal(timeline.stateBefore(c, trace.events.count).outOfOrder, outOfOrder);
}

function checkWrongBytes({ written: { sent, recordSize }, timeline, c, firstSn }: Seen): void {
  const wrong = sent.flatMap(({ wrongAt }) => (wrongAt === null ? [] : [wrongAt]));
  assert.ok(wrong.length >= 5);
  const texts = wrongPlaces(judge(timeline)).get(c)?.texts ?? [];
  assert.deepEqual(
    texts.map((text) => text.replace(/^frame \d+: /, "").replace(/ \(\w+\)$/, "")),
    wrong.map((at) => {
      const [record, offset] = [Math.floor(at / recordSize), at % recordSize];
      return `1 byte differs, the first at ${at}: record ${firstSn + record}, byte ${offset}`;
    }),
  );
}

/** Only acknowledgements that move on are events. */
function checkAcks({ written: { acks }, timeline, c }: Seen): void {
  const { events, sacks, connections } = timeline.trace;
  const { startSeq } = connections[c]!;
  const moving = acks.filter(({ at }, i) => at > Math.max(0, ...acks.slice(0, i).map((ack) => ack.at)));
  const found = [...timeline.eventsOf(c)].filter((event) => events.kind.at(event) === Kind.ack);
  const places = found.map((event) => events.seq.at(event) - startSeq);
  assert.deepEqual(
    places.filter((at) => at > 0),
    moving.map(({ at }) => at),
  );
  const blocks = found.flatMap((event) => [sacks.get(event)?.map((edge) => edge - startSeq) ?? []]);
  assert.deepEqual(
    blocks.filter(({ length }) => length > 0),
    moving.map(({ sack }) => sack).filter(({ length }) => length > 0),
  );
}
