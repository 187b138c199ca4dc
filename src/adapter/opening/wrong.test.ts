import assert from "node:assert/strict";
import { test } from "node:test";
import { byteOf, type Flip, fileBeside, flippedBit, flippedCapture } from "../../test/damage/flipped.ts";
import { children, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

/**
 * Expected numbers are tshark's of lossy.pcap, server to client: the offload starts at 1262259312; frame 58 carries
 * 1262303942 to 1262305390, its bytes 100 from the end is 1262305290 = 45978; frames 57 and 89 carry the same 1448 bytes
 * from 1262302494 on. Records have 16413 bytes, so that 45978 is byte 13152 of the one that begins at 32826; the first
 * record is number 1.
 */
const original: Flip = { frame: 58, fromEnd: 100 };
const again: Flip = { frame: 89, fromEnd: 100 };

const told = (client: DapClient): string[] => client.told("output").map(({ output }) => output.trimEnd());

async function opened(program: string, args: object = {}): Promise<DapClient> {
  const client = session();
  await client.launch({ program, ...args });
  return client;
}

const is = (flip: Flip): string => `is ${byteOf(flip) ^ flippedBit}, must be ${byteOf(flip)}`;

test("a flipped byte is told at the start: frame, place, record, byte, both values, in which copy, with a link", async () => {
  const client = await opened(flippedCapture("flip58", original));
  const [verdict, wrong, ...counts] = told(client);
  assert.equal(
    verdict,
    "Something is wrong: wrong bytes in 1 stream; 11 of 12 records authenticated, 187226 of 187226 bytes compared.",
  );
  assert.equal(
    wrong,
    `WRONG frame 58: byte 45978 (1262305290) ${is(original)}: record 3, byte 13152 of 16413 (payload); sent once; damaged ciphertext`,
  );
  const { source, line, category } = client.told("output")[1]!;
  const { content } = await client.ask("source", { sourceReference: source!.sourceReference });
  assert.match(content.split("\n")[line! - 1]!, / > 44630:46078\(1448\)/);
  assert.equal(category, "stderr");
  assert.ok(counts.some((text) => /^39 packets out of order, the first in frame 25$/.test(text)));
});

test("a damaged retransmission is told with its own frame and value, the original being right", async () => {
  const client = await opened(flippedCapture("retx89", again));
  assert.equal(
    told(client)[1],
    `WRONG frame 89: byte 44530 (1262303842) ${is(again)}: record 3, byte 11704 of 16413 (payload); retransmission 1 of 1; its record is right by other copies`,
  );
  const first = await opened(flippedCapture("original57", { frame: 57, fromEnd: 100 }));
  assert.match(
    told(first)[1]!,
    /^WRONG frame 57: byte 44530 \(1262303842\) .*; the original, sent again once;/,
  );
});

test("bytes in header, explicit nonce and tag are called so, and two in one packet are counted", async () => {
  // Frame 21 carries 15670 to 17118 (tshark: seq 1262274982), in which the record ends at 16413 and the next one begins.
  const at = (seq: number): Flip => ({ frame: 21, fromEnd: 17118 - seq });
  const cases: [string, number, RegExp][] = [
    ["tag", 16412, /record 1, byte 16412 of 16413 \(tag\); sent once; damaged tag$/],
    ["type", 16413, /record 2, byte 0 of 16413 \(header\); sent once; damaged header$/],
    ["nonce", 16420, /record 2, byte 7 of 16413 \(nonce\); sent once; damaged explicit nonce$/],
  ];
  for (const [name, place, words] of cases) {
    const client = await opened(flippedCapture(name, at(place)));
    assert.match(told(client)[1]!, words, name);
    assert.ok(told(client)[1]!.startsWith(`WRONG frame 21: byte ${place} (`), name);
  }
  const two = await opened(flippedCapture("two", at(16290), at(16292)));
  assert.match(told(two)[1]!, /byte 16290 .*; the first of 2 wrong; damaged ciphertext$/);
  // Bytes of two blocks do not follow from a tag: no byte is named that may be right.
  const far = await opened(flippedCapture("far", at(16000), at(16100)));
  assert.match(
    told(far)[1]!,
    /^WRONG frames 9–19, 21, [\d, ]+: record 1 \(0:16413\); its tag does not fit; wrong somewhere in 0:16413$/,
  );
});

test("a right capture says so first, and nothing in the colour of a warning", async () => {
  const client = await opened(flippedCapture("right"));
  assert.equal(
    told(client)[0],
    "Everything that was compared is right: 12 of 12 records authenticated, 187226 of 187226 bytes compared.",
  );
  for (const { category, output } of client.told("output")) assert.equal(category, "stdout", output);
});

test("keys that fit nothing: the first line and the stop at the end say that nothing was checked", async () => {
  const strange = fileBeside("strange.keys", `CLIENT_RANDOM ${"cd".repeat(32)} ${"ab".repeat(48)}\n`);
  const client = await opened(flippedCapture("unkeyed"), { keys: strange });
  assert.match(told(client)[0]!, /^0 of 12 records checked\. Unchecked, so nothing is said to be right: /);
  await client.ask("setExceptionBreakpoints", { filters: [] });
  let stop = await client.moves("configurationDone", {});
  while (stop.reason !== "end of trace") stop = await client.moves("continue");
  assert.match(stop.text!, /^End of the trace: 0 of 12 records checked \(/);
  // A note that all streams share is one line.
  assert.equal(told(client).filter((line) => /no secret for this client random/.test(line)).length, 1);
});

test("the stop, its call stack and Packet speak of the wrong byte, not of the packet's first one", async () => {
  const client = await opened(flippedCapture("flip58", original));
  const stop = await client.moves("configurationDone", {});
  assert.match(stop.text!, /: frame 58: byte 45978 \(1262305290\) is \d+, must be \d+: record 3, byte 13152/);
  const names = (await client.stack(stop.threadId)).map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => name.startsWith("record")),
    ["record 3, byte 13152 (payload)"],
  );
  const why = await client.ask("exceptionInfo", { threadId: stop.threadId });
  assert.ok(why.description.includes(is(original)), why.description);
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  const [captured, expected] = ["captured", "expected"].map(
    (name) => new RegExp(`^${name} bytes: (.*)$`, "m").exec(why.details!.stackTrace!)![1]!,
  );
  assert.ok(captured!.includes(`[${hex(byteOf(original) ^ flippedBit)}]`), captured);
  assert.equal(
    captured!.replace(/\[..\]/, ""),
    expected!.replace(/\[..\]/, ""),
    "but for the byte they are the same",
  );
  assert.ok(expected!.includes(`[${hex(byteOf(original))}]`), expected);
  const [wrong] = await children(client, "Packet", {}, stop.threadId);
  assert.equal(wrong!.name, "wrong");
  const rows = (await client.ask("variables", { variablesReference: wrong!.variablesReference })).variables;
  const of = (name: string) => rows.find((row) => row.name === name)?.value;
  assert.deepEqual(["frame", "seq", "recordSn", "recordOffset", "part", "count"].map(of), [
    "58",
    "45978 (1262305290)",
    "3",
    "13152",
    "payload",
    "1",
  ]);
  assert.deepEqual(
    [of("captured"), of("expected")],
    [byteOf(original) ^ flippedBit, byteOf(original)].map(String),
  );
});

test("`findings` has all of it as data, by rule and stream; `goto` takes each, `bytes` lays it side by side", async () => {
  const program = flippedCapture("both", original, again);
  const client = await opened(program);
  const start = await client.moves("configurationDone", {});
  const { verdict, text, rules, counts } = await client.ask("findings");
  assert.equal(verdict, "wrong");
  assert.equal(text, told(client)[0]);
  assert.equal(counts.find(({ what }) => what === "packets out of order")!.count, 39);
  assert.deepEqual(
    rules.map(({ label, count, streams }) => [label, count, streams.map((each) => each.count)]),
    [["Wrong bytes", 2, [2]]],
  );
  const { findings } = rules[0]!.streams[0]!;
  assert.deepEqual(
    findings.map((finding) => /^frames? (\d+): /.exec(finding.text)![1]),
    ["58", "89"],
  );
  assert.equal(findings[0]!.event, start.event, "the session stands at the first one");
  for (const { targetId, event, text: words, line, source } of findings) {
    const stop = await client.moves("goto", { threadId: start.threadId, targetId });
    assert.equal(stop.event, event);
    assert.ok(stop.text!.startsWith(`Wrong bytes: ${words} (`), stop.text);
    const [frame] = await client.stack(stop.threadId);
    assert.deepEqual([frame!.source!.name, frame!.line], [source.name, line]);
    const bytes = await client.ask("bytes", { targetId });
    const [captured, expected] = [bytes.captured, bytes.expected].map((side) => side.split("\n"));
    const lines = [...expected!.keys()].filter((i) => captured![i] !== expected![i]);
    assert.deepEqual(lines, words.startsWith("frame 58") ? [bytes.line] : lines);
    assert.ok(lines.includes(bytes.line));
  }
  assert.match(await client.refused("bytes", { targetId: 3 }), /there is no finding 3/);
  assert.match(await client.refused("goto", { threadId: 1, targetId: 10 ** 9 }), /there is no event/);
});
