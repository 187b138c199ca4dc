import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

async function launched(name = "retransmission-in-record.tlstrace"): Promise<DapClient> {
  const client = session();
  await client.start({ program: sample(name), startAt: "entry" }, []);
  await client.ask("setExceptionBreakpoints", { filters: [] });
  return client;
}

const typed = async (client: DapClient, expression: string): Promise<string> =>
  (await client.ask("evaluate", { expression, context: "repl" })).result;

const refused = (client: DapClient, expression: string): Promise<string> =>
  client.refused("evaluate", { expression, context: "repl" });

async function stops(client: DapClient, command = "continue"): Promise<string[]> {
  const seen: string[] = [];
  for (let stop = await client.moves(command); ; stop = await client.moves(command)) {
    if (/of trace$/.test(stop.reason)) return seen;
    const [, event] = /\(event (\d+)/.exec(stop.text!)!;
    seen.push(`${event} ${stop.description}`);
  }
}

const said = (client: DapClient): string[] =>
  client.events.flatMap(({ event, body }) => (event === "output" ? [String(body.output).trimEnd()] : []));

test("watch stops at values, bytes, functions and names, both ways, until it is taken back", async () => {
  const client = await launched();
  assert.match(await typed(client, "watch driver.expectedSeq if new < old"), /^stop \d+: driver/);
  assert.match(await typed(client, "watch seq 1448:2896 sent again"), /^stop \d+: seq/);
  const expected = [
    "7 seq 1448:2896(1448) sent again",
    "7 driver.expectedSeq: 40087 (32791) → 2896 (4294962896)",
  ];
  assert.deepEqual(await stops(client), expected);
  assert.deepEqual(await stops(client, "reverseContinue"), expected.toReversed());
  assert.equal(await typed(client, "watches"), "2 stops");
  assert.equal(await typed(client, "unwatch seq 1448:2896 sent again"), "1 stop taken back");
  assert.match(await refused(client, "unwatch 99"), /there is no stop 99/);
  assert.equal(await typed(client, "unwatch all"), "1 stop taken back");
  assert.deepEqual(await stops(client), []);
  await typed(client, "watch resync if packet.length > 2000");
  assert.deepEqual(await stops(client, "reverseContinue"), ["5 Function resync"]);
});

test("log writes instead of stopping: of a sign, a function, a value with old and new", async () => {
  const client = await launched();
  await typed(client, "log out-of-order 'expected {driver.expectedSeq}, came {packet.seq}'");
  await typed(client, 'log driver.expectedSeq if new < old "{old} became {new}"');
  await typed(client, "watch tls_get_record log: looked up {descriptors.recordSn}");
  assert.deepEqual(await stops(client), []);
  const lines = said(client);
  for (const line of [
    "expected 2896 (4294962896), came 4344 (4294964344)",
    "expected 40087 (32791), came 1448 (4294961448)",
    "40087 (32791) became 2896 (4294962896)",
  ])
    assert.ok(lines.includes(line), `${line} in ${lines.join("\n")}`);
  assert.match(await refused(client, "log out-of-order 'x {packet.sek}'"), /did you mean "packet\.seq"\?/);
  assert.match(await refused(client, "log out-of-order"), /a message in quotes/);
});

test("a preset switches its stops on, and off again", async () => {
  const client = await launched();
  assert.match(await typed(client, "preset resync-kit"), /^Resync kit is on: out-of-order, /);
  const found = await stops(client);
  assert.deepEqual([...new Set(found.map((each) => each.split(" ")[0]))], ["5", "7"]);
  assert.ok(
    found.some((each) => /tls_get_record/.test(each)),
    found.join(),
  );
  assert.deepEqual(await stops(client, "reverseContinue"), found.toReversed());
  assert.equal(await typed(client, "preset Resync kit"), "Resync kit is off");
  assert.deepEqual(await stops(client), []);
  assert.match(await refused(client, "preset resync-kid"), /did you mean "resync-kit"\?/);
  assert.equal(await typed(client, "preset"), "2 presets");
});

// The sample's transmits: 1448, 1448, 1448, 35743, 1448, 1448 bytes; those of 35743 and the first 1448 after it are out
// of order.
test("count tells how many there are, and how many up to here", async () => {
  const client = await launched();
  assert.equal(await typed(client, "count transmits"), "6, 0 of them up to here");
  assert.equal(await typed(client, "count resync where replayed > 2000"), "1, 0 of them up to here");
  await typed(client, "goto event 6");
  assert.equal(await typed(client, "count outOfOrder"), "2, 1 of them up to here");
  assert.equal(
    await typed(client, "count packet.length > 1448 and driver.expectedSeq > 0"),
    "1, 1 of them up to here",
  );
  assert.match(await refused(client, "count resink"), /did you mean "resync"\?/);
  assert.match(await refused(client, "count packet.lenght > 3"), /did you mean "packet\.length"\?/);
});

test("query lists rows with their lines", async () => {
  const client = await launched();
  const from = client.events.length;
  assert.equal(await typed(client, "query resync.replayed where replayed > 0"), "2 rows");
  const rows = client.events.slice(from).filter(({ event }) => event === "output");
  assert.deepEqual(
    rows.map(({ body }) => [String(body.output).replace(/\s+/g, " ").trim(), body.line]),
    [
      ["event 5 0.001000 s web 4344 resync record=1 replayed=4344", 8],
      ["event 7 0.032000 s web 1448 resync record=1 replayed=1448", 12],
    ],
  );
});

test("a question's rows and what log points wrote are documents whose lines lead to the trace's", async () => {
  const client = await launched();
  const { text, links } = await client.ask("query", { query: "transmits where outOfOrder" });
  const lines = text.split("\n");
  assert.equal(lines[0], "transmits where outOfOrder: 2 rows");
  // Events 5 and 7 stand on lines 8 and 12 of the sample.
  assert.deepEqual(
    links.map(({ line, at }) => [/web > (\d+):/.exec(lines[line]!)![1], at]),
    [
      ["4344", 8],
      ["1448", 12],
    ],
  );
  const value = await client.ask("query", { query: "count(resync where replayed > 2000)" });
  assert.equal(value.text, "count(resync where replayed > 2000) = 1\n");
  assert.match(await client.refused("query", { query: "resynk" }), /did you mean "resync"\?/);
  await typed(client, "log resync 'at {packet.seq}'");
  await stops(client);
  const logged = await client.ask("logged");
  assert.equal(logged.text, "at 4344 (4294964344)\nat 1448 (4294961448)\n");
  assert.deepEqual(
    logged.links.map(({ line, at }) => [line, at]),
    [
      [0, 8],
      [1, 12],
    ],
  );
});
