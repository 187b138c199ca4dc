import assert from "node:assert/strict";
import { test } from "node:test";
import { children, sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

const program = sample("retransmission-in-record.tlstrace");

async function launched(file = program): Promise<DapClient> {
  const client = session();
  await client.start({ program: file, startAt: "entry" }, []);
  await client.ask("setExceptionBreakpoints", { filters: [] });
  return client;
}

/** Every stop in one direction: its event with what it says behind the breakpoint's name. */
async function stops(client: DapClient, command = "continue"): Promise<string[]> {
  const seen: string[] = [];
  for (let stop = await client.moves(command); ; stop = await client.moves(command)) {
    if (/of trace$/.test(stop.reason)) return seen;
    assert.equal(stop.reason, "data breakpoint");
    const [, event] = /\(event (\d+)/.exec(stop.text!)!;
    seen.push(`${event} ${stop.description!.replace(/^[^:]*: |^\S+ \S+\(\d+\) |^record\(\d+\) /, "")}`);
  }
}

interface DataOption {
  accessType?: "read" | "write" | "readWrite";
  condition?: string;
  hitCondition?: string;
}

/** Sets one data breakpoint and gives its stops, which are the same backwards. */
async function stopsAt(client: DapClient, dataId: string, options: DataOption = {}): Promise<string[]> {
  const asked = { breakpoints: [{ dataId, ...options }] };
  const [answer] = (await client.ask("setDataBreakpoints", asked)).breakpoints;
  assert.equal(answer!.verified, true, answer!.message);
  const found = await stops(client);
  assert.deepEqual(await stops(client, "reverseContinue"), found.toReversed(), dataId);
  return found;
}

// The sample: 1448:2896 is sent in event 3 and again in event 7, 2896:4344 is lost in the qdisc in event 4 and sent
// again in event 8; the driver expects what the last packet it saw ended with (kernel.md section 5.2).
test("a value stops where it changes, old → new in the order of time whichever way one comes", async () => {
  const client = await launched();
  assert.deepEqual(await stopsAt(client, "driver.expectedSeq of web"), [
    "2 0 (4294960000) → 1448 (4294961448)",
    "3 1448 (4294961448) → 2896 (4294962896)",
    "5 2896 (4294962896) → 40087 (32791)",
    "7 40087 (32791) → 2896 (4294962896)",
    "8 2896 (4294962896) → 4344 (4294964344)",
  ]);
  assert.deepEqual(await stopsAt(client, "driver.expectedSeq", { condition: "new < old" }), [
    "7 40087 (32791) → 2896 (4294962896)",
  ]);
  assert.deepEqual(await stopsAt(client, "driver.expectedSeq", { condition: "new - old == 1448 hit 2" }), [
    "3 1448 (4294961448) → 2896 (4294962896)",
  ]);
  assert.deepEqual(await stopsAt(client, "driver.expectedSeq", { hitCondition: "%4" }), [
    "7 40087 (32791) → 2896 (4294962896)",
  ]);
  const expression = "driver.expectedSeq == nic.expectedSeq";
  assert.ok((await stopsAt(client, expression)).every((each) => /true|false|unknown/.test(each)));
});

test("bytes stop where they are sent, sent again, acknowledged and looked up", async () => {
  const client = await launched();
  const all = ["3 sent", "7 looked up", "7 sent again", "9 acknowledged"];
  const check = async (dataId: string, options: DataOption, expected: string[]) =>
    assert.deepEqual((await stopsAt(client, dataId, options)).sort(), expected, dataId);
  await check("seq 1448:2896", {}, ["3 sent", "7 sent again", "9 acknowledged"]);
  await check("seq 1448..2896 sent again of web", {}, ["7 sent again"]);
  await check("seq 2896:4344 sent", {}, ["4 sent"]);
  await check("seq 2896:4344 sent again", {}, ["8 sent again"]);
  await check("seq 0:1448 acknowledged", {}, ["6 acknowledged"]);
  // The record that holds them is looked up for event 5, too: it is replayed from its beginning.
  await check("seq 1448:2896", { accessType: "read" }, ["5 looked up", "7 looked up"]);
  await check("seq 1448:2896", { accessType: "readWrite" }, ["5 looked up", ...all].sort());
  await check("record(1)", { accessType: "read" }, ["5 looked up", "7 looked up"]);
  await check("record(2)", { accessType: "read" }, []);
  await check("record(3) sent, acknowledged", {}, ["5 sent", "9 acknowledged"]);
  await check("seq 1448:2896 sent again", { condition: "packet.length > 1448" }, []);
});

test("a variable, an expression and an address become breakpoints that mean the same in every session", async () => {
  const client = await launched();
  await client.moves("next");
  const info = (args: object) => client.ask("dataBreakpointInfo", args as { name: string });
  const scopes = await client.scopes(1);
  const variablesReference = scopes.get("Driver")!.variablesReference;
  assert.deepEqual(await info({ variablesReference, name: "expectedSeq" }), {
    dataId: "driver.expectedSeq of web",
    description: "driver.expectedSeq of web",
    accessTypes: ["write"],
    canPersist: true,
  });
  const now = scopes.get("Now")!.variablesReference;
  assert.equal(
    (await info({ variablesReference: now, name: "nic.expectedSeq" })).dataId,
    "nic.expectedSeq of web",
  );
  const [, record] = await children(client, "Record map", { filter: "indexed" });
  const records = [...scopes].find(([name]) => name.startsWith("Record map"))![1].variablesReference;
  const ofRecord = await info({ variablesReference: records, name: record!.name });
  assert.equal(ofRecord.dataId, "record(1) of web");
  assert.deepEqual(ofRecord.accessTypes, ["read", "write", "readWrite"]);
  const { dataId } = await info({ name: "1448", bytes: 1448, asAddress: true });
  assert.deepEqual(await stopsAt(client, dataId!), ["3 sent", "7 sent again", "9 acknowledged"]);
  assert.equal((await info({ name: "0x5a8", bytes: 1, asAddress: true })).dataId, "seq 1448:1449 of web");
  assert.equal((await info({ name: "packet.length - 1" })).dataId, "packet.length - 1 of web");
  const misspelt = await info({ name: "driver.expectedSec" });
  assert.equal(misspelt.dataId, null);
  assert.match(misspelt.description, /did you mean "driver\.expectedSeq"\?/);
});

test("what cannot be watched is refused with what may have been meant", async () => {
  const client = await launched();
  const refused = async (dataId: string, options: DataOption, message: RegExp) => {
    const asked = { breakpoints: [{ dataId, ...options }] };
    const [answer] = (await client.ask("setDataBreakpoints", asked)).breakpoints;
    assert.equal(answer!.verified, false, dataId);
    assert.match(answer!.message!, message);
  };
  await refused("seq 1448:2896 send again", {}, /did you mean "sent again"\?/);
  await refused("seq 2896:1448", {}, /bytes are named as seq 1448:2896/);
  await refused("driver.expectedSeq of wed", {}, /no stream "wed"; did you mean "web"\?/);
  await refused("driver.expectedSeq", { accessType: "read" }, /nothing in a trace tells who reads it/);
  await refused("driver.expectedSeq", { condition: "old < knew" }, /no value "knew"/);
  await refused("record(99) sent", {}, /there is no record\(99\) in web/);
});

const outputs = (client: DapClient): string[] =>
  client.events.flatMap(({ event, body }) => (event === "output" ? [String(body.output).trimEnd()] : []));

test("any condition takes a message: of a line, a function, a filter and data", async () => {
  const client = await launched();
  const log = "packet.length > 0 log: {packet.seq} at";
  const source = { path: program };
  await client.ask("setBreakpoints", { source, breakpoints: [{ line: 12, condition: `${log} line` }] });
  await client.ask("setFunctionBreakpoints", {
    breakpoints: [{ name: "tls_get_record", condition: `${log} lookup`, hitCondition: "2" }],
  });
  await client.ask("setExceptionBreakpoints", {
    filters: [],
    filterOptions: [
      { filterId: "resync", condition: `tcp.name != "log: x" hit 1 log: {packet.seq} at resync` },
    ],
  });
  await client.ask("setDataBreakpoints", {
    breakpoints: [{ dataId: "driver.expectedSeq", condition: "new < old log: {old} → {new}" }],
  });
  const lines = () => outputs(client).filter((line) => /^\d+ \(\d+\) (at|→) /.test(line));
  assert.deepEqual(await stops(client), []);
  const written = [
    "4344 (4294964344) at resync",
    "1448 (4294961448) at line",
    "1448 (4294961448) at lookup",
    "40087 (32791) → 2896 (4294962896)",
  ];
  assert.deepEqual(lines(), written);
  assert.deepEqual(await stops(client, "reverseContinue"), []);
  assert.deepEqual(lines().slice(written.length), written.toReversed());
});

test("a misspelt path is refused when it is set, with what may have been meant, wherever it stands", async () => {
  const client = await launched();
  const source = { path: program };
  const [path, log] = ["packet.lenght > 3", "log: {driver.expectedSec}"];
  const asked = {
    line: async (fields: object) =>
      (await client.ask("setBreakpoints", { source, breakpoints: [{ line: 8, ...fields }] })).breakpoints,
    function: async (fields: object) =>
      (await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "tls_get_record", ...fields }] }))
        .breakpoints,
    filter: async (fields: object) =>
      (
        await client.ask("setExceptionBreakpoints", {
          filters: [],
          filterOptions: [{ filterId: "resync", ...fields }],
        })
      ).breakpoints,
    data: async (fields: object) =>
      (await client.ask("setDataBreakpoints", { breakpoints: [{ dataId: "nic.inStep", ...fields }] }))
        .breakpoints,
  };
  const check = async (kind: keyof typeof asked, condition: string, meant: RegExp) => {
    const [answer] = await asked[kind]({ condition });
    assert.equal(answer!.verified, false, `${kind}: ${condition}`);
    assert.match(answer!.message!, meant, kind);
  };
  for (const kind of ["line", "function", "filter", "data"] as const) {
    await check(kind, path, /did you mean "packet\.length"\?/);
    await check(kind, log, /did you mean "driver\.expectedSeq"\?/);
    await check(kind, "driver.counters.tx_tls_oo > 3", /did you mean "driver\.counters\.tx_tls_ooo"\?/);
    await check(kind, 'connection("wep").nic.inStep', /no connection "wep"; did you mean "web"\?/);
    await check(kind, "count(resynk) > 3", /did you mean "resync"\?/);
    await check(kind, "count(resync where replayd > 3) > 3", /no value "replayd"/);
  }
  const [named] = (
    await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "driver.expectedSec" }] })
  ).breakpoints;
  assert.match(named!.message!, /did you mean "driver\.expectedSeq"\?/);
  assert.deepEqual(await stops(client), []);
});

/** Where a client stops in both directions: each stop as it tells its place. */
async function placesAt(client: DapClient, dataId: string, place: string): Promise<string[]> {
  const { breakpoints } = await client.ask("setDataBreakpoints", { breakpoints: [{ dataId }] });
  assert.equal(breakpoints[0]!.verified, true, breakpoints[0]!.message);
  const walk = async (command: string) => {
    const seen: string[] = [];
    for (let stop = await client.moves(command); ; stop = await client.moves(command)) {
      if (/of trace/.test(stop.reason)) return seen;
      const { result } = await client.ask("evaluate", { expression: place });
      seen.push(`${result} ${stop.description!.replace(/^\S+ \S+\(\d+\) /, "")}`);
    }
  };
  const found = await walk("continue");
  assert.deepEqual(await walk("reverseContinue"), found.toReversed());
  return found;
}

// tshark -T fields -e frame.number -e tcp.seq_raw: 1262263398 is carried by frames 12, 27 and 40, and first acknowledged
// by frame 61 (ack 1262295254). It is the second stream that has them.
test("a capture's bytes are watched by their numbers on the wire", async () => {
  const client = await launched(sample("lossy.pcap"));
  const { threads } = await client.ask("threads");
  const [other, server] = await Promise.all(threads.map(async ({ id }) => (await client.stack(id))[0]!.id));
  const { dataId } = await client.ask("dataBreakpointInfo", {
    ...{ name: "1262263398", bytes: 1448, asAddress: true },
    frameId: server,
  });
  const elsewhere = { name: "1262263398", bytes: 1448, asAddress: true, frameId: other };
  assert.match(
    (await client.ask("dataBreakpointInfo", elsewhere)).description,
    /^no packet of .* carries seq/,
  );
  assert.deepEqual(await placesAt(client, dataId!, "packet.frame"), [
    "12 sent",
    "27 sent again",
    "40 sent again",
    "61 acknowledged",
  ]);
  const stream = dataId!.split(" of ")[1]!;
  // Frame 25 is the first that the driver does not expect.
  const [first] = await placesAt(client, `driver.counters.tx_tls_ooo of ${stream}`, "packet.frame");
  assert.match(first!, /^25 .*: 0 → 1$/);
});

// The script's lines: 29 sends 1:6001, 35 sends 1:1001 again, 39 acknowledges up to 8001.
test("a script's bytes are watched by the script's own numbers", async () => {
  const client = await launched(sample("fast-retransmit.pkt"));
  assert.deepEqual(await placesAt(client, "seq 1:1001", "packet.line"), [
    "29 sent",
    "35 sent again",
    "39 acknowledged",
  ]);
  assert.deepEqual(await placesAt(client, "seq 6000:6002", "packet.line"), [
    "29 sent",
    "33 sent",
    "39 acknowledged",
  ]);
  const changes = await placesAt(client, "driver.expectedSeq", "packet.line");
  assert.deepEqual(
    changes.map((each) => each.split(" ")[0]),
    ["29", "33", "35", "36", "40"],
  );
});
