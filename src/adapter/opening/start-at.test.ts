import assert from "node:assert/strict";
import { test } from "node:test";
import { flippedCapture } from "../../test/damage/flipped.ts";
import { sample, session, textEnvironment } from "../../test/dap-session.ts";
import { readStartAt } from "./start-at.ts";

type Stopped = Awaited<ReturnType<ReturnType<typeof session>["moves"]>>;

interface Launch {
  program: string;
  startAt?: unknown;
  profile?: string;
}

/** What a client that sets nothing stops at first; `lines`: breakpoints of its own. */
async function first(args: Launch, lines: number[] = []): Promise<Stopped> {
  const client = session();
  await client.launch(args);
  const [source] = (await client.ask("loadedSources")).sources;
  const breakpoints = lines.map((line) => ({ line }));
  if (lines.length > 0) await client.ask("setBreakpoints", { source, breakpoints });
  return client.moves("configurationDone", {});
}

/** By hand from the file: event 5, on line 8, is the first packet out of order, the last event is the ninth. */
const right = sample("retransmission-in-record.tlstrace");
const lossy = sample("lossy.pcap");
/** Frame 25 is the first out of order, the 24th event; what frame 58 carries is wrong. */
const wrong = flippedCapture("wrong", { frame: 58, fromEnd: 100 });

test("a session goes where `startAt` says, whatever lies before", async () => {
  const cases: [args: Launch, text: RegExp][] = [
    [{ program: right, startAt: "entry" }, /^Start of the trace \(event 1 of 9, before it/],
    [{ program: right, startAt: "end" }, /^End of the trace: 5 of 5 expect lines hold \(event 9 of 9, after/],
    [{ program: right, startAt: "firstOutOfOrder" }, /^Out-of-order transmit: .*\(event 5 of 9/],
    [{ program: right, startAt: "firstFinding" }, /^Out-of-order transmit: .*\(event 5 of 9/],
    [{ program: right, startAt: 11 }, /^Start at line 11 \(event 6 of 9/],
    // Line 9 is an expect line: the next event is that of line 11.
    [{ program: right, startAt: 9 }, /^Start at line 9 \(event 6 of 9/],
    // Three lines declare device and connections.
    [{ program: lossy, startAt: 15 }, /^Start at line 15 \(event 12 of 164/],
    [{ program: lossy, startAt: "frame:25" }, /^Start at frame 25 \(event 24 of 164/],
    [{ program: wrong, startAt: "firstOutOfOrder" }, /\(event 24 of 164/],
    [{ program: wrong, startAt: "firstFinding" }, /^Wrong bytes: frame 58: byte 45978 .*\(event 53 of 164/],
  ];
  for (const [args, text] of cases) assert.match((await first(args, [4])).text!, text, JSON.stringify(args));
});

test("`seq:N` is the first packet with the byte, as listings count it or as it is on the wire", async () => {
  const client = session();
  for (const number of [45978, 1262305290]) {
    await client.launch({ program: wrong, startAt: `seq:${number}` });
    const stop = await client.moves("configurationDone", {});
    assert.match(stop.text!, /^Start at seq \d+ \(event 53 of 164/);
    assert.equal(await client.value("packet.frame"), "58");
  }
});

test("without it: the first finding, else the first packet out of order, or what is to stop before", async () => {
  assert.match((await first({ program: right })).text!, /^Out-of-order transmit: .*\(event 5 of 9/);
  assert.match((await first({ program: right }, [7])).text!, /^Line 7 \(event 4 of 9/);
  const stop = await first({ program: wrong });
  assert.match(stop.text!, /^Wrong bytes: frame 58: byte 45978 \(1262305290\) is /);
  assert.equal(stop.reason, "exception");
  assert.match((await first({ program: wrong }, [33])).text!, /^Line 33 \(event 30 of 164/);
  assert.match((await first({ program: wrong }, [163])).text!, /^Wrong bytes: frame 58/);
});

test("a trace begins at its failed expectation, a device that stops at the descriptor it cannot take", async () => {
  const failing = `device eth0 profile=connectx
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0
+0 web send 1000
+0 web > 500:1029(529)
+0 web > 0:1029(1029)
       expect resync record=9
`;
  const client = session(textEnvironment(failing));
  await client.launch({ program: "/failing.tlstrace" });
  const told = client.told("output");
  assert.equal(told[0]!.output, "Something is wrong: 0 of 1 expect line holds.\n");
  assert.match(told[1]!.output, /^expectation failed: line 6: expected resync record=9, got /);
  assert.equal(told[1]!.line, 6);
  assert.match(
    (await client.moves("configurationDone", {})).text!,
    /^Expectation failed: line 6: .*\(event 3 of 3/,
  );

  const long = await first({ program: sample("connectx-long-dump.tlstrace"), profile: "connectx/long-dump" });
  assert.match(long.text!, /^Packet dropped: queue-error length=\d+ limit=1522 \(event \d+ of 13/);
});

test("a capture under `connectx/long-dump` begins at the descriptor that stops the queue, and says so", async () => {
  const client = session();
  await client.launch({ program: lossy, profile: "connectx/long-dump" });
  const told = client.told("output").map(({ output }) => output);
  assert.match(told[0]!, /^Everything that was compared is right/, "captured bytes are what they are");
  assert.match(told[1]!, /^WRONG frame \d+: queue-error length=\d+ limit=1522\n$/);
  assert.match((await client.moves("configurationDone", {})).text!, /: queue-error length=/);
});

test("a place that is none is refused with what there is", async () => {
  const refusal = async (args: object) => {
    const client = session();
    await client.ask("initialize", { adapterID: "tlstrace" });
    return client.refused("launch", args);
  };
  assert.match(
    await refusal({ program: right, startAt: 99 }),
    /the last line with an event is 16, before 99/,
  );
  assert.match(await refusal({ program: right, startAt: "frame:3" }), /has lines, not frames/);
  assert.match(
    await refusal({ program: lossy, startAt: "frame:9999" }),
    /the last frame with an event is 181/,
  );
  assert.match(
    await refusal({ program: lossy, startAt: 168 }),
    /the last line with an event is 167, before 168/,
  );
  assert.match(await refusal({ program: lossy, startAt: "seq:999999" }), /no packet carries byte 999999/);
  for (const [given, meant] of [
    ["firstfinding", "firstFinding"],
    ["firstOutOfOder", "firstOutOfOrder"],
    ["fame:3", "frame"],
  ])
    assert.throws(() => readStartAt(given), { message: new RegExp(`did you mean "${meant}"\\?`) });
  for (const given of [0, 1.5, -1, true, {}, [], "frame:0", "frame:x", "12", "", "seq:"])
    assert.throws(() => readStartAt(given), /`startAt` is .*; it takes entry, firstFinding/, String(given));
});
