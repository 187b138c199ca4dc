import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { everything, sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

const trace = sample("retransmission-in-record.tlstrace");
const script = sample("fast-retransmit.pkt");
const capture = sample("lossy.pcap");
const starts = { supportsStartDebuggingRequest: true };

const type = async (client: DapClient, expression: string): Promise<string> =>
  (await client.ask("evaluate", { expression, context: "repl" })).result;
const refusal = (client: DapClient, expression: string): Promise<string> =>
  client.refused("evaluate", { expression, context: "repl" });

/** A turn, so that what is done behind an answer is done. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const outputs = (client: DapClient): string =>
  client
    .told("output")
    .map(({ output }) => output)
    .join("");

/** Stands at an event of a program, in its midst. */
async function standing(program: string, event: number, client: object = starts): Promise<DapClient> {
  const opened = session();
  await opened.start({ program, startAt: "entry" }, [], client);
  await opened.moves("goto", { threadId: 1, targetId: event });
  return opened;
}

/** The configuration that the session asked its editor to debug last. */
const askedFor = (client: DapClient): Record<string, unknown> => client.asked.at(-1)!.arguments.configuration;

/** Debugs what a session asked for: the child, where it stops first. */
async function childOf(parent: DapClient) {
  const child = session();
  await child.launch(askedFor(parent), starts);
  const stop = await child.moves("configurationDone", {});
  return { child, stop };
}

test("a fork is a session of its own, which begins where the two part and says which fork it is", async () => {
  const parent = await standing(trace, 5);
  const before = await everything(parent);
  assert.equal(await type(parent, "fork drop"), "fork 1: 5: drop");
  await turn();
  assert.equal(parent.asked.length, 1);
  assert.equal(parent.asked[0]!.command, "startDebugging");
  assert.equal(parent.asked[0]!.arguments.request, "launch");
  assert.equal(askedFor(parent).name, "Fork 1 of retransmission-in-record.tlstrace: 5: drop");
  assert.deepEqual(await everything(parent), before);

  const { child, stop } = await childOf(parent);
  assert.equal(stop.description, "Start of fork 1 (5: drop)");
  assert.equal(stop.fork, "fork 1 (5: drop)");
  // Its event 5 is the acknowledgement, which was 6.
  assert.match(stop.text!, /\(event 5 of 8, after tcp\.ack, forwards\), 0\.031 s, fork 1 \(5: drop\)$/);
  // Without 4344:40087 the driver still expects 2896 when 1448 is sent again.
  await child.moves("stepIn", { threadId: 1 });
  await child.moves("stepIn", { threadId: 1 });
  assert.match(await child.value("packet.seq"), /^1448 /);
  assert.match(await child.value("driver.expectedSeq"), /^2896 /);

  assert.equal(await type(child, "fork dup"), "fork 1.1: 6: dup");
  await turn();
  assert.deepEqual(askedFor(child).edits, ["5: drop", "6: dup"]);
  const grandchild = await childOf(child);
  assert.equal(grandchild.stop.fork, "fork 1.1 (5: drop, 6: dup)");
});

test("the text of a fork is shown, and lines of it are places; a capture's is its listing", async () => {
  for (const [program, event, name] of [
    [trace, 5, "retransmission-in-record.tlstrace fork 1.tlstrace"],
    [script, 6, "fast-retransmit.pkt fork 1.tlstrace"],
    [capture, 20, "lossy.pcap fork 1 [1-164].tlstrace"],
  ] as const) {
    const parent = await standing(program, event);
    await type(parent, "fork lose");
    await turn();
    const { child, stop } = await childOf(parent);
    const [frame] = await child.stack(stop.threadId);
    assert.equal(frame!.source!.name, name);
    const { content } = await child.ask("source", {
      sourceReference: frame!.source!.sourceReference,
      source: frame!.source,
    });
    assert.match(content.split("\n")[frame!.line - 1]!, / > .* {2}lost/, program);
    const { targets } = await child.ask("gotoTargets", { source: frame!.source, line: frame!.line });
    assert.equal(targets[0]!.id, event);
  }
});

test("a client that starts no sessions is told a file, which is the fork", async () => {
  for (const program of [trace, capture]) {
    const parent = await standing(program, program === trace ? 5 : 20, {});
    await type(parent, "fork lose");
    await turn();
    assert.equal(parent.asked.length, 0);
    const [, file, note] = /fork 1 is the trace (.*\.tlstrace): debug it in a session of its own(.*)\n/.exec(
      outputs(parent),
    )!;
    assert.equal(
      note,
      program === trace ? "" : "; it is without keys and payload, so that no byte is compared",
    );
    assert.match(readFileSync(file!, "utf8"), /^# fork of \S+: \d+: lose\n/);
    const other = session();
    await other.start({ program: file }, []);
    assert.match(outputs(other), /events/);
  }
});

test("forks are listed, opened again and saved under a name; no file is written over", async () => {
  const parent = await standing(trace, 5);
  assert.match(await refusal(parent, "fork open"), /there is no fork yet/);
  await type(parent, "fork drop");
  await type(parent, "fork ack 2896");
  await turn();
  assert.equal(await type(parent, "forks"), "2 forks");
  assert.match(outputs(parent), /fork 1: 5: drop\nfork 2: 5: ack 2896\n$/);
  assert.equal(await type(parent, "fork open 1"), "fork 1");
  await turn();
  assert.equal(parent.asked.length, 3);
  assert.equal(askedFor(parent).fork, "1");
  assert.match(await refusal(parent, "fork open 3"), /there is no fork 3: there are 2/);
  assert.match(await refusal(parent, "fork save 1"), /fork save takes the file to write/);

  const folder = mkdtempSync(path.join(tmpdir(), "forks-"));
  const file = path.join(folder, "without.tlstrace");
  assert.equal(await type(parent, `fork save 1 ${file}`), `fork 1 is in ${file}`);
  assert.match(await refusal(parent, `fork save 2 ${file}`), /exists: choose another name/);
  assert.match(
    await refusal(parent, `fork save 2 ${folder}/no/such.tlstrace`),
    /cannot be written \(ENOENT\)/,
  );
  assert.equal(
    await type(parent, `fork save ${folder}/last.tlstrace`),
    `fork 2 is in ${folder}/last.tlstrace`,
  );
  assert.match(readFileSync(`${folder}/last.tlstrace`, "utf8"), /web < ack 2896\n.*> 4344:40087/);
  // Beside the trace, where no folder is named.
  const beside = path.join(folder, "beside.tlstrace");
  writeFileSync(beside, readFileSync(trace));
  const other = await standing(beside, 5);
  await type(other, "fork drop");
  await type(other, "fork save 1 mine.tlstrace");
  assert.ok(existsSync(path.join(folder, "mine.tlstrace")));
});

test("a launch configuration makes forks, too, and says what of them cannot be", async () => {
  const client = session();
  const stop = await client.start({ program: trace, edits: ["3: drop", "3: drop"], startAt: "end" });
  assert.equal(stop.fork, "fork (3: drop, 3: drop)");
  assert.match(stop.place, /event 7 of 7/);
  for (const [edits, message] of [
    [["1: drop"], /`edits`: the trace cannot go on behind `1: drop`: TCP has bytes up to 0 only/],
    [["5: dorp"], /`edits`: there is no change "dorp".* did you mean "drop"\?/],
    [[5], /`edits` takes lines such as `5: drop`/],
  ] as const) {
    const other = session();
    await other.ask("initialize", {});
    assert.match(await other.refused("launch", { program: trace, edits }), message);
  }
});

test("a fork is compared under other profiles like the trace itself", async () => {
  const client = session();
  await client.start({ program: trace, edits: ["5: split 1000"], compare: ["netronome"] }, [], starts);
  assert.match(outputs(client), /10 events/);
});

test("changes are completed, and what stands behind them", async () => {
  const client = await standing(trace, 5);
  const offered = async (text: string): Promise<string[]> => {
    const { targets } = await client.ask("completions", { text, column: text.length + 1 });
    return targets.filter(({ type }) => type === "keyword").map(({ label }) => label);
  };
  assert.deepEqual(await offered("fork"), ["fork", "forks"]);
  assert.deepEqual(await offered("fork d"), ["drop", "dup", "delay", "device", "diff"]);
  assert.deepEqual(await offered("fork s"), ["split", "set", "save"]);
  assert.deepEqual(await offered("fork fail m"), ["memory", "mapping"]);
  assert.deepEqual(await offered("fork device re"), ["reset", "resume", "refuse"]);
  assert.deepEqual(await offered("driver.expectedSeq + f"), []);
});

/** What a word of the console answers, and the lines ahead of its answer. */
async function rowsOf(client: DapClient, expression: string): Promise<string[]> {
  const before = client.told("output").length;
  const result = await type(client, expression);
  const rows = client.told("output").slice(before);
  return [...rows.map(({ output }) => output.trimEnd()), result];
}

/**
 * Without 4344:40087 the driver expects 2896 when 1448:2896 is sent again: one packet, one resync of 4344 bytes and its
 * three DUMPs less, and of what is left one event is not the same.
 */
const withoutFive = [
  "transmits 5, now 4",
  "encrypted by the NIC 5, now 4",
  "out of order 2, now 1",
  "resyncs 2, now 1",
  "bytes replayed 5792, now 1448",
];

test("a fork is compared with its parent: only what differs, and the first of it is a stop", async () => {
  const parent = await standing(trace, 5);
  await type(parent, "fork drop");
  await turn();
  await parent.moves("goto", { threadId: 1, targetId: 1 });
  const stopped = parent.next("stopped");
  const rows = await rowsOf(parent, "fork diff 1");
  for (const sum of withoutFive) assert.ok(rows.includes(sum), `${sum} of ${rows.join("; ")}`);
  assert.deepEqual(rows.slice(-3), [
    "event 5, gone: web > 4344:40087(35743): out-of-order expected=2896 seq=4344, resync record=1 replayed=4344, encrypted seq=4344 length=35743",
    "event 7, web > 1448:2896(1448): out-of-order expected=40087 seq=1448, now out-of-order expected=2896 seq=1448",
    "fork 1 and its parent: 2 events not the same",
  ]);
  const stop = await stopped;
  assert.equal(stop.description, "First difference of fork 1");
  assert.match(stop.place, /^event 5 of 9, after driver\.check/);

  const { child } = await childOf(parent);
  await child.moves("goto", { threadId: 1, targetId: 1 });
  const arrived = child.next("stopped");
  const own = await rowsOf(child, "fork diff");
  // What is gone shows at what comes behind it.
  assert.match(own.at(-3)!, /^event 5, gone: web > 4344:40087/);
  assert.match(own.at(-2)!, /^event 6, web > 1448:2896\(1448\): .*40087.*, now .*2896/);
  assert.equal(own.at(-1), "fork 1 and its parent: 2 events not the same");
  assert.match((await arrived).place, /^event 5 of 8, before it/);
});

test("events that only changed places or nothing at all are no differences", async () => {
  const parent = await standing(trace, 6);
  // ConnectX needs no memory for a packet, and an acknowledgement that comes later comes to the same.
  for (const [change, result] of [
    ["fork delay 1ms", "fork 1 comes to the same as its parent"],
    ["fork device accept", "fork 2 and its parent: 1 event not the same"],
  ] as const) {
    await type(parent, change);
    assert.equal(await type(parent, "fork diff"), result);
    await turn();
  }
});

test("a value that is set makes a fork, whichever request sets it; here it stays what it was", async () => {
  for (const [program, event] of [
    [trace, 5],
    [script, 6],
  ] as const) {
    const client = await standing(program, event);
    const driver = (await client.scopes()).get("Driver")!;
    const { variables } = await client.ask("variables", { variablesReference: driver.variablesReference });
    const before = variables.find(({ name }) => name === "expectedSeq")!;
    assert.deepEqual(before.presentationHint!.attributes, []);
    const { value } = await client.ask("setVariable", {
      variablesReference: driver.variablesReference,
      name: "expectedSeq",
      value: "1000",
    });
    assert.equal(value, before.value);
    await turn();
    assert.ok(outputs(client).endsWith(`fork 1: ${event}: set driver.expectedSeq = 1000\n`));
    const { child } = await childOf(client);
    assert.match(await child.value("driver.expectedSeq"), /^1000\b/);
    assert.equal(await client.value("driver.expectedSeq"), before.value);

    await client.ask("setExpression", { expression: " nic.expectedSeq ", value: "500" });
    await turn();
    assert.deepEqual(askedFor(client).edits, [`${event}: set nic.expectedSeq = 500`]);
    const other = await childOf(client);
    assert.match(await other.child.value("nic.expectedSeq"), /^500\b/);
  }
});

test("what cannot be set is read-only, and refused with what can", async () => {
  const client = await standing(trace, 5);
  const driver = (await client.scopes()).get("Driver")!;
  const { variablesReference } = driver;
  const { variables } = await client.ask("variables", { variablesReference });
  const context = variables.find(({ name }) => name === "context")!;
  assert.deepEqual(context.presentationHint!.attributes, ["readOnly"]);
  for (const [command, args, message] of [
    [
      "setVariable",
      { variablesReference, name: "context", value: "eth1" },
      /driver\.context cannot be set; what can/,
    ],
    ["setVariable", { variablesReference, name: "nothing", value: "1" }, /there is no nothing here/],
    ["setVariable", { variablesReference, name: "expectedSeq", value: "soon" }, /takes a sequence number/],
    ["setExpression", { expression: "1 + 1", value: "3" }, /no value that could be set; what can is driver/],
    ["setExpression", { expression: "tcp.mss", value: "3" }, /tcp\.mss cannot be set/],
  ] as const)
    assert.match(await client.refused(command, args), message);
  assert.equal(await type(client, "forks"), "no forks");
});

test("a fork of a capture whose hosts have names has them, too", async () => {
  const parent = session();
  const names = "my-client=10.77.0.2,web=10.77.0.1";
  await parent.start({ program: capture, startAt: "frame:25", names }, [], starts);
  assert.deepEqual(
    (await parent.ask("threads")).threads.map(({ name }) => name.split(" ")[0]),
    ["my-client>web", "web>my-client"],
  );
  await type(parent, "fork drop");
  await turn();
  const { child } = await childOf(parent);
  assert.deepEqual((await child.ask("threads")).threads, (await parent.ask("threads")).threads);
  parent.session.dispose();
  child.session.dispose();
});
