import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ciphers, layoutOf } from "../../core/base/record.ts";
import { seq } from "../../core/base/seq.ts";
import { usualSocket } from "../../core/machine/connection.ts";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { Flag, Kind, packRecord } from "../../core/words/event.ts";
import { comparable } from "../../test/comparable.ts";
import { offloadNote } from "../keys/suites.ts";
import { emptyTrace, nicNamed, type Trace } from "../trace.ts";
import { derivedKeys, payloadOf } from "./keystream.ts";
import { parseTrace } from "./parse.ts";
import { printDeclarations, printEvent, printTrace } from "./print.ts";
import { StreamProgress } from "./stream-progress.ts";

/** What one generated event is made of; numbers are brought into range by the state of the stream. */
interface Draft {
  connection: number;
  kind: number;
  size: number;
  choice: number;
  stepNs: number;
  /** Blank lines above. */
  blanks: number;
  comment: string | null;
  expectations: number;
}

interface Setup {
  name: string;
  cipher: number;
  version: 0x0303 | 0x0304;
  start: number;
  recSeq: bigint;
  mss: number;
  keyed: boolean;
}

const name = fc
  .string({ unit: fc.constantFrom(..."abz09:>[]#=.-é"), minLength: 1, maxLength: 16 })
  .filter((text) => !text.startsWith("#"));
const setups = fc.uniqueArray(
  fc.record<Setup>({
    name,
    cipher: fc.nat(2),
    version: fc.constantFrom(0x0303, 0x0304),
    start: fc.nat(2 ** 32 - 1),
    recSeq: fc.bigInt(0n, 2n ** 64n - 1n),
    mss: fc.nat(9000),
    keyed: fc.boolean(),
  }),
  { selector: (setup) => setup.name, minLength: 1, maxLength: 3 },
);
const drafts = fc.array(
  fc.record<Draft>({
    connection: fc.nat(2),
    kind: fc.nat(6),
    size: fc.nat(50_000),
    choice: fc.nat(2 ** 20),
    stepNs: fc.nat(2 ** 40),
    blanks: fc.nat(2),
    comment: fc.option(
      fc.string({ unit: fc.constantFrom(..."ab #é"), maxLength: 9 }).map((text) => `# ${text}`.trimEnd()),
    ),
    expectations: fc.nat(2),
  }),
  { maxLength: 30 },
);

/** A trace as its reader would have made it of some text: events that can follow each other, on lines of their own. */
function build(setups: readonly Setup[], drafts: readonly Draft[]): Trace {
  const trace = emptyTrace("test", "text");
  trace.devices.push(nicNamed("eth0", profiles[0]!, 1500));
  const progress = setups.map((setup) => addConnection(trace, setup));
  trace.declarationLines = [2, ...setups.map((_, i) => i + 4)];
  trace.comments.set(1, "# head");
  trace.comments.set(2, "# behind the device");
  let line = 3 + setups.length;
  let timeNs = 0;
  for (const draft of drafts) {
    line += 1 + draft.blanks;
    timeNs += draft.stepNs;
    const connection = draft.connection % setups.length;
    addEvent(trace, progress[connection]!, { ...draft, connection }, timeNs, line);
    if (draft.comment !== null) trace.comments.set(line, draft.comment);
    for (let i = 0; i < draft.expectations; i++)
      trace.expectations.push(expectation(++line, trace.events.count - 1, draft.choice + i));
  }
  if (drafts.length > 0) trace.expectations.push(expectation(line + 2, -1, drafts.length));
  return trace;
}

function addConnection(
  trace: Trace,
  { name, version, start, recSeq, mss, keyed, ...setup }: Setup,
): StreamProgress {
  const cipher = ciphers[setup.cipher]!;
  const keys = derivedKeys(keyed ? `not ${name}` : name, cipher);
  trace.connections.push({
    name,
    flow: name,
    device: 0,
    version,
    cipher,
    startSeq: seq(start),
    recSeq0: recSeq,
    epochs: [keys],
    mss,
    ...usualSocket,
    captured: false,
    installed: true,
    source: payloadOf(name),
  });
  trace.streams.push({
    name,
    short: name,
    connection: trace.connections.length - 1,
    version,
    cipherName: cipher,
    cipher,
    tap: "wire",
    note: offloadNote(version, cipher),
  });
  return new StreamProgress(layoutOf(version, cipher));
}

function addEvent(
  trace: Trace,
  progress: StreamProgress,
  { connection, kind, size, choice }: Draft,
  timeNs: number,
  line: number,
): void {
  const start = trace.connections[connection]!.startSeq;
  const row = { flags: 0, at: 0, length: 0, extra: 0 };
  const index = trace.events.count;
  const bit = (n: number) => ((choice >> n) & 1) === 1;
  if (kind === Kind.install || kind === Kind.close) kind = Kind.send;
  if ((kind === Kind.record || kind === Kind.gap) && progress.open >= 0) kind = Kind.send;
  if (kind === Kind.send) {
    const typed = bit(0);
    row.flags = typed ? Flag.typed : bit(1) ? Flag.more : bit(2) ? Flag.eor : 0;
    row.length = size;
    row.extra = typed ? choice & 255 : 23;
    progress.send(size, row.flags === Flag.more, typed);
  } else if (kind === Kind.record) {
    row.length = 29 + size;
    progress.pushed += row.length;
    const startsEpoch = bit(0);
    if (startsEpoch) progress.epoch = choice & 0xffff;
    const snUnknown = bit(1);
    const snGiven = !snUnknown && bit(2);
    row.extra = packRecord({
      ...{ type: choice & 255, epoch: progress.epoch, startsEpoch, snUnknown, snGiven },
      unopened: bit(4),
    });
    if (snGiven) trace.recordSns.set(index, BigInt(choice) << 44n);
  } else if (kind === Kind.gap) {
    row.length = 1 + size;
    progress.pushed += row.length;
  } else if (kind === Kind.transmit) {
    row.at = Math.min(choice % 100_000, progress.pushed) - (bit(3) ? 100 : 0);
    row.length = Math.min(size, progress.pushed - row.at);
    row.flags = [0, Flag.lost, Flag.qdiscDrop, Flag.captured | Flag.fin, Flag.straddle | Flag.fin][
      choice % 5
    ]!;
    progress.sent = Math.max(progress.sent, row.at + row.length);
  } else {
    row.at = Math.min(choice, progress.sent) - (bit(3) ? 100 : 0);
    if (bit(4))
      trace.sacks.set(
        index,
        [row.at - 7, row.at].map((edge) => seq(start + edge)),
      );
  }
  trace.events.push({ timeNs, connection, kind, ...row, seq: seq(start + row.at), line, offset: -1 });
}

function expectation(line: number, event: number, choice: number): Trace["expectations"][number] {
  const whats: Trace["expectations"][number]["what"][] = [
    { effect: "resync", fields: { record: "18446744073709551615", replayed: "5" } },
    { effect: "out-of-order", fields: { expected: "-51" } },
    { effect: "dropped", fields: {} },
    { counter: "tx_tls_ooo", value: 3, of: "eth0" },
    { counter: "tx_tls_ctx", value: 0, of: null },
    { counter: "tx_tls_dump_bytes", value: 5, of: null },
    { wire: "match" },
    { wire: "wrong-tag" },
  ];
  const what = whats[choice % whats.length]!;
  const no = choice % 2 === 0 && ("effect" in what || ("wire" in what && what.wire !== "match"));
  const under = [[], ["connectx"], ["innova", "connectx"]][choice % 3]!;
  return { line, event, no, under, what };
}

test("parse(print(trace)) is the trace", (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`SEED=${seed}`);
  fc.assert(
    fc.property(setups, drafts, (setups, drafts) => {
      const trace = build(setups, drafts);
      const read = parseTrace("test", printTrace(trace), profileById);
      assert.deepEqual(
        read.diagnostics.filter(({ severity }) => severity === "error"),
        [],
      );
      assert.deepEqual(comparable(read), comparable(trace));
      assert.equal(printTrace(read), printTrace(trace));
    }),
    { seed, numRuns: 300 },
  );
});

test("the example of the trace language keeps its text, but for the spaces", () => {
  const lines = [
    "# why",
    "device  eth0 profile=connectx mtu=1500",
    "connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=4294960000 rec_seq=1",
    "",
    "+0     web send 40000                     # three records",
    "+.001  web > 0:1448(1448)  lost",
    "       expect no resync",
    "# between",
    "+1.03  web < ack 1448 sack 4344:40087,1:2",
    "expect counter tx_tls_ooo=2",
  ];
  assert.equal(printTrace(parseTrace("", lines.join("\n"), profileById)), `${lines.join("\n")}\n`);
});

test("every event form prints as it reads", () => {
  const events = [
    "> -51:0(51)  fin",
    "install",
    "record 100 type=handshake sn=?",
    "record 100 sn=18446744073709551615 epoch=1",
    "record 100",
    "gap 7",
    "send 5 more",
    "send 5 eor",
    "send 2 type=alert",
    "send 2 type=99",
    "> 0:307(307)  captured straddle",
    "> 0:0(0)  qdisc-drop",
    "< ack -1",
    "< ack 3 sack 5:6",
    "< ack 3 sack 5:6 racing",
    "< ack 3 racing",
    "close",
  ];
  const trace = parseTrace(
    "",
    `device d\nconnection c device=d\n${events.map((event) => `+0 c ${event}\n`).join("")}`,
    profileById,
  );
  assert.deepEqual(trace.diagnostics, []);
  assert.deepEqual(
    events.map((_, i) => printEvent(trace, i)),
    events.map((event) => `+0     c ${event}`),
  );
});

test("a trace whose lines nobody wrote down prints its declarations first", () => {
  const { declarationLines: _, ...trace } = parseTrace(
    "",
    "device d\nconnection c device=d\n+1 c > -1:0(1)",
    profileById,
  );
  trace.events.line.values[0] = 0;
  trace.comments.set(1, "# a failing run");
  assert.deepEqual(printTrace(trace).split("\n"), [
    "# a failing run",
    "device  d profile=connectx mtu=1500",
    "connection c device=d version=1.2 cipher=aes-128-gcm seq=0 rec_seq=0",
    "+1     c > -1:0(1)",
    "",
  ]);
});

for (const start of [0, 5, 0x7fffff00, 0xffffff00])
  test(`numbers count on from the offload start where TCP's wrap, seq=${start}: they read back as they print`, () => {
    const places = [2 ** 30, 2 ** 31, 2 ** 32, 2 ** 33].flatMap((n) => [n - 1, n, n + 1]);
    const lines = [`connection c device=d version=1.2 cipher=aes-128-gcm seq=${start} rec_seq=0`];
    let pushed = 0;
    for (const place of [-1, 0, ...places]) {
      // Writes of 2^30 bytes are acknowledged, so that the window stays open.
      for (; pushed < place + 10; pushed += 2 ** 30)
        lines.push(`+0     c < ack ${pushed}`, `+0     c gap ${2 ** 30}`);
      lines.push(`+0     c > ${place}:${place + 10}(10)`);
      lines.push(`+0     c < ack ${place} sack ${place + 3}:${place + 5},${place + 7}:${place + 9}`);
      lines.push(`+0     c split ${place}`);
    }
    const text = ["device  d profile=connectx mtu=1500", ...lines, ""].join("\n");
    const trace = parseTrace("t", text, profileById);
    assert.deepEqual(
      trace.diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
    assert.equal(printTrace(trace), text);
  });

/** A capture with one connection and `count` transmits a microsecond apart. */
function capture(count: number): Trace {
  const trace = emptyTrace("test", "capture");
  addConnection(trace, {
    name: "10.0.0.1:443>10.0.0.2:5000",
    cipher: 0,
    version: 0x0303,
    start: 2 ** 32 - 100,
    recSeq: 0n,
    mss: 1448,
    keyed: true,
  });
  trace.connections[0]!.captured = true;
  trace.devices.push(nicNamed("nic", profiles[0]!, 1500));
  for (let i = 0; i < count; i++) {
    trace.events.push({
      timeNs: i * 123_000,
      connection: 0,
      kind: Kind.transmit,
      flags: Flag.captured,
      seq: seq(2 ** 32 - 100 + i * 1448),
      length: 1448,
      extra: 0,
      line: i + 1,
      offset: 0,
    });
  }
  return trace;
}

test("a capture's line names the connection; that it was captured goes without saying, unless a line is none of it", () => {
  const trace = capture(2);
  assert.equal(printEvent(trace, 1), "+.000123    10.0.0.1:443>10.0.0.2:5000 > 1448:2896(1448)");
  assert.match(printTrace(trace), /> 1448:2896\(1448\)\n$/);
  trace.events.flags.values[1] = 0;
  assert.match(printEvent(trace, 1), /> 1448:2896\(1448\) {2}uncaptured$/);
});

test("a capture's keys are never printed", () => {
  const trace = capture(1);
  assert.deepEqual(printDeclarations(trace, "stated"), [
    "device  nic profile=connectx mtu=1500",
    "connection 10.0.0.1:443>10.0.0.2:5000 device=nic version=1.2 cipher=aes-128-gcm seq=4294967196 rec_seq=0 from=capture",
  ]);
  assert.doesNotMatch(printTrace(trace), /key=|salt=|iv=/);
});

test("a page of 100,000 lines is printed whole", (t) => {
  const trace = capture(100_000);
  const start = performance.now();
  let size = 0;
  for (let i = 0; i < trace.events.count; i++) size += printEvent(trace, i).length;
  const took = performance.now() - start;
  assert.ok(size > 5_000_000);
  t.diagnostic(`${Math.round(took)} ms`);
});
