import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";
import { exceptionFilters } from "./filters.ts";

const program = sample("retransmission-in-record.tlstrace");
const source = { path: program };

async function launched(): Promise<DapClient> {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  return client;
}

/** Runs through the whole trace in one direction and gives the event number of each stop. */
async function stops(client: DapClient, command = "continue"): Promise<number[]> {
  const events: number[] = [];
  for (let stop = await client.moves(command); ; stop = await client.moves(command)) {
    if (/of trace$/.test(stop.reason)) return events;
    events.push(Number(/\(event (\d+)/.exec(stop.text!)![1]));
  }
}

test("a line breakpoint stands on its event or the next one below; outside the trace it says so", async () => {
  const client = await launched();
  const lines = [1, 8, 9, 17].map((line) => ({ line }));
  const { breakpoints } = await client.ask("setBreakpoints", { source, breakpoints: lines });
  assert.deepEqual(
    breakpoints.map(({ verified, line }) => [verified, line]),
    [
      [true, 4],
      [true, 8],
      [true, 11],
      [false, undefined],
    ],
  );
  assert.match(breakpoints[3]!.message!, /no event on this line or below/);

  const stop = await client.moves("continue");
  assert.equal(stop.reason, "breakpoint");
  assert.deepEqual(stop.hitBreakpointIds, [breakpoints[0]!.id]);
  assert.match(stop.text!, /event 1 of 9, after tls\.sendmsg/);
  assert.deepEqual(await stops(client), [5, 6]);
  assert.deepEqual(await stops(client, "reverseContinue"), [6, 5, 1]);

  const elsewhere = { source: { path: "/elsewhere/other.tlstrace" }, breakpoints: [{ line: 4 }] };
  const other = await client.ask("setBreakpoints", elsewhere);
  assert.equal(other.breakpoints[0]!.verified, false);
});

test("only lines with an event can hold a breakpoint", async () => {
  const client = await launched();
  const { breakpoints } = await client.ask("breakpointLocations", { source, line: 1, endLine: 12 });
  assert.deepEqual(
    breakpoints.map(({ line }) => line),
    [4, 5, 6, 7, 8, 11, 12],
  );
});

// Events 5 and 7 are out of order; the packets are 35743 and 1448 bytes long.
test("an exception filter takes a condition, and a hit condition at its end", async () => {
  const check = async (condition: string, expected: number[]) => {
    const client = await launched();
    const filterOptions = [{ filterId: "out-of-order", condition }];
    const { breakpoints } = await client.ask("setExceptionBreakpoints", { filters: [], filterOptions });
    assert.equal(breakpoints[0]!.verified, true, breakpoints[0]!.message);
    assert.deepEqual(await stops(client), expected, condition);
  };
  await check("", [5, 7]);
  await check("packet.length > 2000", [5]);
  await check("packet.seq < 4344", [7]);
  await check("hit 2", [7]);
  await check("hit >=1", [5, 7]);
  await check("packet.length < 2000 hit 1", [7]);
  await check("driver.expectedSeq == 2896 && packet.recordSn == 1", [5]);
});

test("conditions and hit conditions hold on lines and functions too", async () => {
  const client = await launched();
  const lines = [
    { line: 8, condition: "packet.length > 99999" },
    { line: 12, condition: "packet.outOfOrder" },
  ];
  await client.ask("setBreakpoints", { source, breakpoints: lines });
  await client.ask("setFunctionBreakpoints", {
    breakpoints: [{ name: "tls_get_record", hitCondition: "%2" }],
  });
  assert.deepEqual(await stops(client), [7, 7]);
});

test("a function breakpoint goes by model and kernel names and by globs", async () => {
  const check = async (name: string, expected: number[]) => {
    const client = await launched();
    const { breakpoints } = await client.ask("setFunctionBreakpoints", { breakpoints: [{ name }] });
    assert.equal(breakpoints[0]!.verified, true, breakpoints[0]!.message);
    assert.deepEqual(await stops(client), expected, name);
  };
  await check("tls_get_record", [5, 7]);
  await check("tls_get_record()", [5, 7]);
  await check("driver.resync", [5, 7]);
  await check("clean_acked", [6, 9]);
  await check("*push_record", [1, 1, 1]);
  const client = await launched();
  const { breakpoints } = await client.ask("setFunctionBreakpoints", {
    breakpoints: [{ name: "tls_nothing" }],
  });
  assert.equal(breakpoints[0]!.verified, false);
  assert.match(breakpoints[0]!.message!, /tls_nothing.*driver\.check/);
});

test("the stop of a function breakpoint lies right after the stage of that name", async () => {
  const client = await launched();
  await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "tls_get_record" }] });
  const stop = await client.moves("continue");
  assert.equal(stop.reason, "function breakpoint");
  const [frame] = await client.stack();
  assert.equal(frame!.name, "tls.getRecord record 1");
});

test("what cannot be read is an unverified breakpoint that says why", async () => {
  const client = await launched();
  const lines = [
    { line: 8, condition: "packet.length >" },
    { line: 8, hitCondition: "often" },
    { line: 8, logMessage: "{1 +}" },
  ];
  const { breakpoints } = await client.ask("setBreakpoints", { source, breakpoints: lines });
  assert.deepEqual(
    breakpoints.map(({ verified }) => verified),
    [false, false, false],
  );
  assert.match(breakpoints[0]!.message!, /expected a value/);
  assert.match(breakpoints[1]!.message!, /hit condition "often"/);
  const unknown = await client.ask("setExceptionBreakpoints", { filters: ["no-such"] });
  assert.match(unknown.breakpoints![0]!.message!, /no exception filter no-such/);
  assert.deepEqual(await stops(client), []);
});

test("a condition that cannot be evaluated stops and says so", async () => {
  const client = await launched();
  await client.ask("setBreakpoints", {
    source,
    breakpoints: [{ line: 11, condition: "tcp.name < 3" }],
  });
  const stop = await client.moves("continue");
  assert.equal(stop.reason, "breakpoint");
  assert.match(stop.text!, /condition cannot be evaluated: "\w+" is not a number.*event 6 of 9/);
});

test("a condition or a message with a path that there is not is refused when it is set, with what may be meant", async () => {
  const client = await launched();
  const ask = async (breakpoint: object) => {
    const { breakpoints } = await client.ask("setBreakpoints", {
      source,
      breakpoints: [{ line: 8, ...breakpoint }],
    });
    return [breakpoints[0]!.verified, breakpoints[0]!.message];
  };
  const meant = 'no value "packet.lenght"; did you mean "packet.length"?';
  assert.deepEqual(await ask({ condition: "packet.lenght > 3" }), [false, meant]);
  assert.deepEqual(await ask({ logMessage: "{packet.seq} and {packet.lenght}" }), [false, meant]);
  const { breakpoints } = await client.ask("setFunctionBreakpoints", {
    breakpoints: [{ name: "skb", condition: "1 == 2 && packet.lenght" }],
  });
  assert.deepEqual([breakpoints[0]!.verified, breakpoints[0]!.message], [false, meant]);
  assert.deepEqual(await stops(client), []);
});

test("log points write without stopping, at the line of their event", async () => {
  const client = await launched();
  const logMessage = "record {packet.recordSn}, expected {driver.expectedSeq}, {-packet.part}";
  await client.ask("setBreakpoints", { source, breakpoints: [{ line: 8, logMessage }] });
  assert.deepEqual(await stops(client), []);
  const output = client.told("output").find(({ output }) => output.startsWith("record 1, "));
  assert.match(
    output!.output,
    /^record 1, expected 2896 \(4294962896\), \{-packet\.part: "\w+" is not a number\}/,
  );
  assert.deepEqual([output!.line, output!.source!.path], [8, program]);
});

test("breakpoints set while stopped count from there, and can be taken away", async () => {
  const client = await launched();
  await client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
  await client.moves("continue");
  await client.ask("setBreakpoints", { source, breakpoints: [{ line: 15 }] });
  await client.ask("setExceptionBreakpoints", { filters: [] });
  assert.deepEqual(await stops(client), [8]);
  await client.ask("setBreakpoints", { source, breakpoints: [] });
  assert.deepEqual(await stops(client, "reverseContinue"), []);
});

test("the filters are announced as they stand in the table, and all take conditions", async () => {
  const client = session();
  const announced = (await client.ask("initialize", { adapterID: "tlstrace" })).exceptionBreakpointFilters!;
  assert.deepEqual(announced, exceptionFilters);
  assert.ok(announced.every(({ supportsCondition }) => supportsCondition));
});

// What each line of the samples is there for, by their own comments and expect lines.
test("each filter stops where the samples have its effect", async () => {
  const check = async (name: string, filter: string, expected: number[]) => {
    const client = session();
    const args = { program: sample(name), startAt: "entry" };
    await client.start(args, [filter]);
    assert.deepEqual(await stops(client), expected, filter);
  };
  await check("handshake-retransmission.tlstrace", "bypass", [3, 5]);
  await check("handshake-retransmission.tlstrace", "dropped", [4]);
  await check("handshake-retransmission.tlstrace", "resync", [6]);
  await check("handshake-retransmission.tlstrace", "record-released", [7]);
  await check("handshake-retransmission.tlstrace", "plaintext", []);
  await check("handshake-retransmission.tlstrace", "expectation-failed", []);
  await check("resync-in-another-record.tlstrace", "out-of-step", []);
});
