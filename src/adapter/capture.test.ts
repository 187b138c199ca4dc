import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { seq } from "../core/base/seq.ts";
import { usualSocket } from "../core/machine/connection.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { EventLog } from "../core/words/event.ts";
import { corpusFolder } from "../test/corpus.ts";
import { sample, session } from "../test/dap-session.ts";
import { printTrace } from "../trace/language/print.ts";
import { emptyTrace, nicNamed, type Trace } from "../trace/trace.ts";
import { pageSize, sourcesOf } from "./sources.ts";

const program = sample("lossy.pcap");
/** The device and both directions are declared above the first event. */
const headLines = 3;

test("a capture is shown as a listing page: the stopped line is the packet's event", async () => {
  const client = session();
  const stop = await client.start({ program });
  assert.equal(stop.reason, "exception");
  const [frame] = await client.stack(stop.threadId);
  const { sources } = await client.ask("loadedSources");
  assert.deepEqual(frame!.source, sources[0]);
  assert.match(frame!.source!.name!, /^lossy\.pcap \[1-\d+\]\.tlstrace$/);
  const { sourceReference } = frame!.source!;
  const page = await client.ask("source", { sourceReference, source: frame!.source });
  assert.equal(page.mimeType, "text/x-tlstrace");
  const lines = page.content.trimEnd().split("\n");
  assert.equal(sources[0]!.name, `lossy.pcap [1-${lines.length - headLines}].tlstrace`);
  assert.equal(lines[frame!.line - 1], await client.value("packet.event"));
  assert.match(await client.refused("source", { sourceReference: 9 }), /no listing page 9/);
});

test("line breakpoints and goto work in a listing, also when the editor only remembers its name", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  const [source] = (await client.ask("loadedSources")).sources;
  const { breakpoints } = await client.ask("setBreakpoints", { source, breakpoints: [{ line: 33 }] });
  assert.deepEqual([breakpoints[0]!.verified, breakpoints[0]!.line], [true, 33]);
  const stop = await client.moves("continue");
  assert.match(stop.text!, /^Line 33 \(event 30 of/);
  const remembered = { path: source!.name, name: source!.name };
  const { targets } = await client.ask("gotoTargets", { source: remembered, line: 15 });
  const there = await client.moves("goto", { threadId: stop.threadId, targetId: targets[0]!.id });
  assert.match(there.text!, /\(event 12 of/);
  const locations = await client.ask("breakpointLocations", { source: remembered, line: 3, endLine: 5 });
  assert.deepEqual(locations.breakpoints, [{ line: 4 }, { line: 5 }]);
});

test("the record frame of a retransmission stands at the line that shows the record", async () => {
  const client = session();
  const stop = await client.start({ program }, ["resync"]);
  const stack = await client.stack(stop.threadId);
  const place = stack.findIndex(({ name }) => /^record \d+, byte \d+/.test(name));
  const record = stack[place]!;
  const { content } = await client.ask("source", { sourceReference: record.source!.sourceReference });
  assert.match(content.split("\n")[record.line - 1]!, / record \d+/);
  // There is no application write in a capture.
  assert.equal(stack[place - 1]!.name, "skb");
  assert.ok(stack.every(({ name }) => name !== "application write"));
});

test("a thread tells addresses and ports, and so does the mouse over a stream's name", async () => {
  const client = session();
  await client.start({ program });
  const { threads } = await client.ask("threads");
  const flow = "10.77.0.1:20019>10.77.0.2:46348";
  assert.equal(threads[1]!.name, `B>A ${flow}`);
  const hover = (expression: string) => client.ask("evaluate", { expression, context: "hover" });
  assert.equal((await hover("B>A")).result, `${flow}, TLS 1.2, aes-128-gcm, on eth0 from byte 1262259312`);
  const full = session();
  await full.start({ program, names: "full" });
  assert.equal((await full.ask("threads")).threads[1]!.name, flow);
});

test("keys beside the capture are found, can be named, and can be left out", async () => {
  const epochs = async (args: object) => {
    const client = session();
    const stop = await client.start({ program, ...args });
    const frameId = (await client.stack(stop.threadId))[0]!.id;
    return (await client.ask("evaluate", { expression: "keys", frameId })).result;
  };
  assert.equal(await epochs({}), "1 of 1 epoch known");
  assert.equal(await epochs({ keys: sample("lossy.keys") }), "1 of 1 epoch known");
  assert.equal(await epochs({ keys: [] }), "0 of 1 epoch known");
});

test("profile and streams are chosen in the launch configuration", async () => {
  const client = session();
  const all = session();
  await all.start({ program });
  const names = (await all.ask("threads")).threads.map(({ name }) => name);
  await client.start({ program, profile: "innova", streams: [names[1]!.split(" ")[0]] }, ["resync"]);
  assert.deepEqual(
    (await client.ask("threads")).threads.map(({ name }) => name),
    [names[1]],
  );
  assert.match(await client.value("descriptors"), /SYNC/i);
});

// Counted by another program when the corpus was put together: packets from the offload start on that a driver which
// expects the end of the packet before would call out of order.
test("out-of-order stops of a corpus capture are as many as its facts say, both ways", async (t) => {
  const corpus = corpusFolder();
  if (corpus === null) return t.diagnostic("the corpus is absent: nothing checked");
  const { cases } = JSON.parse(readFileSync(path.join(corpus, "index.json"), "utf8"));
  const facts = cases.find(({ file }: { file: string }) => file.endsWith("n12-aes128-loss5.pcap"));
  const wanted = facts.flows.reduce(
    (sum: number, flow: { off_resyncs: number }) => sum + flow.off_resyncs,
    0,
  );
  const client = session();
  const args = {
    program: path.join(corpus, facts.file),
    keys: path.join(corpus, facts.keylog),
    startAt: "entry",
  };
  await client.start(args, []);
  const filterOptions = [{ filterId: "out-of-order", condition: "packet.seq >= 0" }];
  await client.ask("setExceptionBreakpoints", { filters: [], filterOptions });
  for (const command of ["continue", "reverseContinue"]) {
    let stops = 0;
    while ((await client.moves(command)).reason === "exception") stops++;
    assert.equal(stops, wanted, command);
  }
  assert.ok(wanted > 0);
});

/** For an editor that counts lines from here. */
const counting = (firstLine: 0 | 1) => ({ program: "/big.pcap", client: { firstLine, uris: false } });

/** A capture of two full pages and five events. */
function bigTrace(): Trace {
  const events = new EventLog();
  const event = {
    timeNs: 0,
    connection: 0,
    kind: 0,
    flags: 0,
    seq: seq(0),
    length: 0,
    extra: 0,
    line: 1,
    offset: -1,
  };
  const count = 2 * pageSize + 5;
  for (let i = 0; i < count; i++) events.push({ ...event, timeNs: i });
  const connection = {
    name: "A>B",
    flow: "a:1>b:2",
    device: 0,
    version: 0x0304 as const,
    cipher: null,
    startSeq: seq(0),
    recSeq0: 0n,
    ...usualSocket,
  };
  return {
    ...emptyTrace("big.pcap", "capture"),
    devices: [nicNamed("eth0", connectx, 1500)],
    connections: [{ ...connection, epochs: [], mss: 0, captured: true, installed: false, source: null }],
    events,
  };
}

test("listing pages are stable: each has so many events, the first one the declarations above them", () => {
  const trace = bigTrace();
  const sources = sourcesOf(trace, { ...counting(1), keep: null, fork: null });
  assert.deepEqual(
    sources.all().map(({ name, sourceReference }) => [name, sourceReference]),
    [
      ["big.pcap [1-10000].tlstrace", 1],
      ["big.pcap [10001-20000].tlstrace", 2],
      ["big.pcap [20001-20005].tlstrace", 3],
    ],
  );
  const page = sources.all()[2]!;
  assert.deepEqual(sources.placeOf(20_001), { source: page, line: 2 });
  assert.deepEqual(sources.eventAt(page, 5), { event: 20_004, line: 5 });
  assert.equal(sources.eventAt(page, 6), null);
  assert.equal(sources.text(3).split("\n").length, 6);
  assert.equal(sources.text(1).split("\n").length, 2 + pageSize + 1);
  assert.deepEqual(sources.placeOf(0), { source: sources.all()[0], line: 3 });
  assert.deepEqual(sources.eventAt(sources.all()[0]!, 1), { event: 0, line: 3 });
  assert.deepEqual(sources.eventsOf(page), [20_000, 20_005]);
  const pages = sources.all().map(({ sourceReference }) => sources.text(sourceReference!));
  assert.equal(pages.join(""), printTrace(trace), "one behind the other the pages are the trace");
  // An editor that counts from 0 means the same event by the line before.
  const fromZero = sourcesOf(trace, { ...counting(0), keep: null, fork: null });
  assert.deepEqual(fromZero.eventAt(page, 4), { event: 20_004, line: 4 });
  assert.deepEqual(fromZero.linesWithin(page, 0, 1), [0, 1]);
  assert.equal(fromZero.placeOf(20_001).line, 1);
});

test("pages that are files are written when the editor hears of them, and found by their folder and name", () => {
  const written: [name: string, text: string][] = [];
  const keep = (name: string, text: string) => {
    written.push([name, text]);
    return `/home/me/cache/${text.length}/${name}`;
  };
  const trace = { ...bigTrace(), name: "a b/[1]*.pcap" };
  const virtual = sourcesOf(trace, { ...counting(1), keep: null, fork: null });
  const sources = sourcesOf(trace, { ...counting(1), keep, fork: null });
  assert.equal(sources.all().length, 1, "a folder that cannot be written shows at once");
  written.length = 0;
  const { source, line } = sources.placeOf(20_001);
  assert.deepEqual(
    written.map(([name]) => name),
    ["a_b__1__.pcap.20001-20005.tlstrace"],
  );
  assert.equal(written[0]![1], virtual.text(3));
  assert.deepEqual([line, source.sourceReference], [2, undefined]);
  assert.equal(sources.all()[1], source);
  assert.equal(sources.placeOf(20_004).source, source);
  assert.equal(written.length, 1);
  // An editor may have followed links above the folder, and may know a page of an earlier session.
  const linked = { path: source.path!.replace("/home/me", "/mnt/home") };
  assert.deepEqual(sources.eventAt(linked, 5), { event: 20_004, line: 5 });
  const first = { path: `/home/me/cache/${virtual.text(1).length}/a_b__1__.pcap.1-10000.tlstrace` };
  assert.deepEqual(sources.eventsOf(first), [0, pageSize]);
  assert.deepEqual(sources.linesWithin(first, 1, 4), [3, 4]);
  // The same name above another text, another capture's, or none.
  for (const path of [
    first.path.replace(/\d+\/a/, "7/a"),
    "/x/y.tlstrace",
    "a_b__1__.pcap.1-10000.tlstrace",
    "",
  ])
    assert.equal(sources.eventAt({ path }, 3), null, path);
  assert.equal(sources.eventAt({ name: "a_b__1__.pcap.1-10000.tlstrace" }, 3), null);
});
