import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { connectx } from "../core/profiles/connectx.ts";
import { nodePlatform } from "../node/platform.ts";
import { Timeline } from "../replay/timeline.ts";
import { damaged } from "../test/damage/damages.ts";
import { sentBy } from "../test/damage/reading.ts";
import { sessionOf, suites } from "../test/damage/sealed-session.ts";
import { captureOf } from "../test/damage/tcp-capture.ts";
import { sample, textEnvironment } from "../test/dap-session.ts";
import { readEvidence } from "../trace/evidence/evidence.ts";
import { type OpenOptions, openTrace } from "../trace/open.ts";
import { memoryFile } from "../trace/pcap/capture-file.ts";
import { Cancelled, type Progress, sliced } from "../trace/platform.ts";
import { replayWhole } from "./slices.ts";
import { study } from "./study.ts";

test("work is cut by the clock, not by how much it is: after 10 ms, however long a step takes", async (t) => {
  const cases: [stepMs: number, steps: number, ticks: number][] = [
    [50, 8, 8],
    [10, 8, 8],
    [4, 9, 3],
    [0.125, 800, 10],
  ];
  for (const [stepMs, steps, ticks] of cases) {
    let clock = 0;
    t.mock.method(Date, "now", () => clock);
    let done = 0;
    let ticked = 0;
    const progress: Progress = { tick: async () => void ticked++ };
    await sliced(progress, { total: () => steps, what: "working" }, () => {
      clock += stepMs;
      return ++done;
    });
    t.mock.restoreAll();
    assert.deepEqual([done, ticked], [steps, ticks], `steps of ${stepMs} ms`);
  }
});

const text = `device eth0\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n+0 web send 16000\n${"+0 web > 0:1448(1448)\n".repeat(60_000)}`;
const options: OpenOptions = { profile: connectx, streams: [], tap: "auto", offloadStart: "after-finished" };

/** A client that wants to stop when work of one kind has got somewhere. */
const stoppingAt = (wanted: string): Progress => ({
  tick: async (done, total, what) => {
    assert.ok(done > 0 && (done <= total || what === "reading text"), `${what} ${done} of ${total}`);
    if (what === wanted && done < total) throw new Cancelled();
  },
});

test("reading a trace and replaying it stop in the middle when asked to", async () => {
  const file = textEnvironment(text).openFile("/long.tlstrace");
  await assert.rejects(openTrace(file, [], options, nodePlatform, stoppingAt("reading lines")), Cancelled);
  const trace = await openTrace(file, [], options, nodePlatform, stoppingAt("nothing"));
  assert.equal(trace.events.count, 60_001);
  const timeline = new Timeline(trace);
  let clock = 0;
  const now = Date.now;
  Date.now = () => ++clock;
  try {
    await assert.rejects(replayWhole(timeline, stoppingAt("replaying")), Cancelled);
  } finally {
    Date.now = now;
  }
});

/** Runs with a clock that goes on whenever somebody looks at it, so that each pause is one. */
async function hurrying(body: () => Promise<void>): Promise<void> {
  let clock = 0;
  const now = Date.now;
  Date.now = () => (clock += 20);
  try {
    await body();
  } finally {
    Date.now = now;
  }
}

/** What was opened, studied with this evidence, and how often each kind of work asked whether to go on. */
async function asked(
  name: string,
  text: string,
  keys: string[] = [],
  told?: string,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const tick = async (_done: number, _total: number, what: string) =>
    void counts.set(what, (counts.get(what) ?? 0) + 1);
  const bytes = name.endsWith(".pcap") ? readFileSync(text) : Buffer.from(text);
  const evidence = told === undefined ? null : readEvidence([{ name: "told", text: told }]);
  const file = { name, size: bytes.length, read: (at: number, n: number) => bytes.subarray(at, at + n) };
  await hurrying(async () => {
    const trace = await openTrace(file, keys, options, nodePlatform, { tick });
    await study({ trace, contest: null, evidence }, { tick });
  });
  return counts;
}

test("judging asks behind each expect line, and each event that one for the whole file looks at", async () => {
  const head =
    "device eth0\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n+0 web send 16000\n";
  const events = "+0 web > 0:1448(1448)\n".repeat(50);
  const counters = "expect counter tx_tls_ooo=50\n".repeat(30);
  const judged = (await asked("a.tlstrace", `${head}${events}expect wire=plaintext\n${counters}`)).get(
    "judging",
  );
  assert.ok(judged! >= 50 + 30, `${judged}`);
  const signs = (
    await asked("a.tlstrace", `${head}${events}expect retransmission\nexpect resync record=9\n`)
  ).get("judging");
  assert.ok(signs! >= 2, `${signs}`);
});

test("a packetdrill script asks behind each statement, key logs behind each line, crypto_infos behind each direction", async () => {
  const script = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 connect(3, ..., ...) = -1\n+0 > S 0:0(0)\n+0 < S. 0:0(0) ack 1 win 65535\n+0 > . 1:1(0) ack 1\n${"+0 write(3, ..., 1000) = 1000\n".repeat(40)}`;
  assert.ok((await asked("a.pkt", script)).get("reading lines")! >= 45);
  const line = `CLIENT_RANDOM ${"ab".repeat(32)} ${"01".repeat(48)}\n`;
  const capture = sample("lossy.pcap");
  assert.ok((await asked("a.pcap", capture, [line.repeat(40)])).get("reading keys")! >= 40);
  const infos = JSON.stringify(Array.from({ length: 40 }, () => ({})));
  assert.ok((await asked("a.pcap", capture, [infos])).get("reading keys")! >= 40);
});

test("laying evidence asks behind each report and each socket", async () => {
  const lines = "device eth0\nconnection web device=eth0 seq=1000\n+0 web send 500\n";
  const reports = Array.from(
    { length: 50 },
    (_, i) =>
      `  a-1 [000] ..... 1.${100_000 + i}: tls_device_tx_resync_req: sk=${i} tcp_seq=1200 exp_tcp_seq=1\n`,
  );
  const laid = (await asked("a.tlstrace", lines, [], reports.join(""))).get("laying evidence");
  assert.ok(laid! >= 2 * 50, `${laid}`);
});

test("a search for a record's number far off asks behind each pair of numbers, and can be cancelled", async () => {
  const session = sessionOf(suites.find(({ name }) => name === "TLS 1.3 chacha20-poly1305")!);
  const contents = Array.from({ length: 4 }, (_, i) => ({
    type: 23,
    sn: session.first + BigInt(i),
    bytes: Buffer.from("this record says something that reads as text ".repeat(8)),
  }));
  const stretches = damaged({ session, contents, isAll: false }, "off by 70000", new Set([2]));
  const { packets } = sentBy(session, Buffer.concat(stretches.map(({ bytes }) => bytes)));
  const file = memoryFile("a.pcap", captureOf(packets));
  let ticks = 0;
  const searching = (most: number): Progress => ({
    tick: async (_done, _total, what) => {
      if (what === "searching a record's number" && ++ticks === most) throw new Cancelled();
    },
  });
  const opened = (most: number) => openTrace(file, [session.keyLog], options, nodePlatform, searching(most));
  await hurrying(async () => {
    await opened(Number.POSITIVE_INFINITY);
    assert.ok(ticks > 60_000, `${ticks}`);
    ticks = 0;
    await assert.rejects(opened(10), Cancelled);
    assert.equal(ticks, 10);
  });
});
