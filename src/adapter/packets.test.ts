import assert from "node:assert/strict";
import { test } from "node:test";
import { children, sample, session, textEnvironment } from "../test/dap-session.ts";
import type { DapClient } from "./dap-client.ts";

const header =
  "device eth0 profile=connectx mtu=1500\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n";
/** A run over it with a condition that never holds takes a second. */
const long = `${header}+0 web send 16000\n${"+0 web > 0:1448(1448)\n".repeat(60_002)}`;
const never = { breakpoints: [{ name: "skb", condition: "packet.length > 2000" }] };
const program = sample("retransmission-in-record.tlstrace");

async function standing(text: string | (() => string) = long): Promise<DapClient> {
  const client = session(textEnvironment(text));
  await client.start({ program: "/long.tlstrace", startAt: "entry" }, []);
  await client.ask("setFunctionBreakpoints", never);
  return client;
}

/** All `stopped` events from a place in the events on, once nothing runs any more. */
async function stopsFrom(client: DapClient, from: number): Promise<string[]> {
  await client.next("stopped", from);
  await client.ask("threads");
  await new Promise((resolve) => setTimeout(resolve, 50));
  return client.events.slice(from).flatMap(({ event, body }) => (event === "stopped" ? [body.reason] : []));
}

/** Sends requests in one turn, as they come in one packet of bytes. */
const together = (client: DapClient, commands: string[]) =>
  Promise.all(commands.map((command) => client.send(command, { threadId: 1 })));

test("the second of two runs in one packet is refused: one stop", async () => {
  for (const commands of [
    ["continue", "reverseContinue"],
    ["continue", "continue"],
    ["continue", "configurationDone"],
    ["continue", "next"],
  ]) {
    const client = await standing();
    const from = client.events.length;
    const [first, second] = await together(client, commands);
    assert.deepEqual([first!.success, second!.success], [true, false], commands.join(" "));
    assert.match(second!.message!, /running: pause it first/);
    await client.ask("pause", {});
    assert.deepEqual(await stopsFrom(client, from), ["pause"], commands.join(" "));
  }
});

test("pause in the packet of its continue stops it, and later ones stop nothing more", async () => {
  const client = await standing();
  const from = client.events.length;
  const answers = await together(client, ["continue", "pause", "pause"]);
  assert.ok(answers.every(({ success }) => success));
  assert.deepEqual(await stopsFrom(client, from), ["pause"]);
  // The sample's next stop is found before the pause is looked at: that one is told, and no other.
  const short = session();
  await short.start({ program });
  const behind = short.events.length;
  await together(short, ["continue", "pause"]);
  assert.deepEqual(await stopsFrom(short, behind), ["exception"]);
});

test("a restart that fails during a run ends the run with its stop, and the trace stays", async () => {
  let isThere = true;
  const client = await standing(() => (isThere ? long : "nothing"));
  await client.ask("continue", { threadId: 1 });
  isThere = false;
  const from = client.events.length;
  assert.match(await client.refused("restart"), /not a trace file/);
  assert.deepEqual(await stopsFrom(client, from), ["pause"]);
  assert.equal((await client.moves("next")).reason, "step");
});

test("whatever is wrong with a condition ends in a stop that says so", async () => {
  const cases: [condition: string, says: RegExp][] = [
    ["'a' * 2 == packet.length", /cannot be evaluated: "a" is not a number/],
    ["packet.part < 3", /cannot be evaluated: ".*" is not a number/],
  ];
  for (const command of ["continue", "reverseContinue"])
    for (const [condition, says] of cases) {
      const client = session();
      await client.start({ program });
      await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "skb", condition }] });
      const stop = await client.moves(command);
      assert.equal(stop.reason, "breakpoint");
      assert.match(stop.description!, says);
    }
});

test("a fraction beside a record number of 64 bits is compared, and the session stops", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  const condition = "packet.length / 1448 > records[0].sn";
  await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "skb", condition }] });
  assert.match((await client.moves("continue")).text!, /\(event 2 of 9, after skb/);
});

test("arguments of a wrong type are refused with their place, and nothing of them is kept", async () => {
  const client = session();
  await client.start({ program, startAt: "firstOutOfOrder" });
  const cases: [command: string, args: unknown, says: RegExp][] = [
    [
      "setBreakpoints",
      { source: { path: 7 }, breakpoints: [{ line: 8 }] },
      /^setBreakpoints\.source\.path takes a text, not 7$/,
    ],
    [
      "setBreakpoints",
      { source: { path: program }, breakpoints: [{ line: "8" }] },
      /^setBreakpoints\.breakpoints\[0\]\.line takes an integer from 0 on, not "8"$/,
    ],
    ["setBreakpoints", {}, /^setBreakpoints\.source takes an object, not nothing$/],
    [
      "setExceptionBreakpoints",
      { filters: "resync" },
      /^setExceptionBreakpoints\.filters takes a list, not "resync"$/,
    ],
    [
      "setFunctionBreakpoints",
      { breakpoints: [null] },
      /^setFunctionBreakpoints\.breakpoints\[0\] takes an object, not null$/,
    ],
    ["evaluate", { expression: { a: 1 } }, /^evaluate\.expression takes a text, not \{"a":1\}$/],
    ["next", { threadId: 1.5 }, /^next\.threadId takes an integer from 0 on, not 1\.5$/],
    ["next", [1], /^next takes an object, not \[1\]$/],
    [
      "readMemory",
      { memoryReference: "c0:wire@0", count: -1 },
      /^readMemory\.count takes an integer from 0 on/,
    ],
    ["initialize", { linesStartAt1: "yes" }, /^initialize\.linesStartAt1 takes true or false/],
    ["initialize", { pathFormat: "inode" }, /^files go by `path` or by `uri`, not by `inode`$/],
  ];
  for (const [command, args, says] of cases)
    assert.match(await client.refused(command, args as object), says);
  const { breakpoints } = await client.ask("setBreakpoints", {
    source: { path: program },
    breakpoints: [{ line: 8 }],
  });
  assert.equal(breakpoints[0]!.verified, true);
  assert.match((await client.moves("restart", {})).text!, /\(event 5 of 9/);
});

test("rows without a count come in a page, and a count has a bound", async () => {
  const text = `${header}${"+0 web send 1\n".repeat(12_000)}`;
  const client = session(textEnvironment(text));
  await client.start({ program: "/many.tlstrace" }, []);
  const all = await children(client, "Record map");
  // Its named children are `count` and `hint`, its first row the start marker; the last row tells of what is left.
  assert.equal(all.length, 2 + 1000 + 1);
  assert.equal(all.at(-1)!.value, "11001 more: look at one as records[1000]");
  const behind = await children(client, "Record map", { filter: "indexed", start: 11_999 });
  assert.deepEqual(
    behind.map(({ name }) => name),
    ["record 11998", "record 11999"],
  );
  assert.equal(
    (await children(client, "Record map", { filter: "indexed", start: 0, count: 1e15 })).length,
    10_000,
  );
  assert.equal(
    (await children(client, "Record map", { filter: "indexed", start: 1e15, count: 5 })).length,
    0,
  );
});

test("thousands of line breakpoints are answered in their order", async () => {
  const client = await standing();
  const breakpoints = Array.from({ length: 60_000 }, (_, i) => ({ line: 60_003 - i }));
  const answer = await client.ask("setBreakpoints", { source: { path: "/long.tlstrace" }, breakpoints });
  assert.deepEqual(
    answer.breakpoints.map(({ line }) => line),
    breakpoints.map(({ line }) => line),
  );
});

test("what is written for a hit condition is read in the time of its length", async () => {
  const client = session();
  await client.start({ program });
  const spaces = " ".repeat(60_000);
  const verifiedOf = async (condition: string) => {
    const options = { filters: [], filterOptions: [{ filterId: "resync", condition }] };
    return (await client.ask("setExceptionBreakpoints", options)).breakpoints[0]!.verified;
  };
  assert.equal(await verifiedOf(`packet.length > 0 hit${spaces}>=${spaces}2${spaces}`), true);
  assert.equal(await verifiedOf(`hit${spaces}>=${spaces}`), false);
  assert.equal(await verifiedOf(`${spaces})`), false);
  assert.equal(await verifiedOf("hit ".repeat(20_000)), false);
  const { breakpoints } = await client.ask("setFunctionBreakpoints", {
    breakpoints: [{ name: `${"*".repeat(1000)}b`, hitCondition: `${spaces}x` }, { name: "*".repeat(60_000) }],
  });
  assert.deepEqual(
    breakpoints.map(({ verified }) => verified),
    [false, true],
  );
});
