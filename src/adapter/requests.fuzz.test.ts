import assert from "node:assert/strict";
import { test } from "node:test";
import type { DapClient } from "../start/dap-client.ts";
import { sample, session } from "../test/dap-session.ts";
import { seeded } from "../test/simulator/mutate.ts";
import type { requests } from "./requests.ts";

const program = sample("retransmission-in-record.tlstrace");
const source = { name: "retransmission-in-record.tlstrace", path: program, sourceReference: 0 };

/** Arguments of every request as they may be; ids are those that a first stop gives out, give or take some. */
const proper: Record<keyof typeof requests, object> = {
  initialize: {
    clientID: "x",
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: "path",
    supportsVariablePaging: true,
  },
  launch: {
    program,
    keys: [],
    profile: "connectx",
    compare: ["innova"],
    streams: ["*"],
    tap: "auto",
    stopOnEntry: true,
  },
  restart: { arguments: { program } },
  configurationDone: {},
  disconnect: {},
  continue: { threadId: 1, singleThread: false },
  reverseContinue: { threadId: 1 },
  pause: { threadId: 1 },
  next: { threadId: 1, granularity: "statement" },
  stepIn: { threadId: 1, granularity: "instruction" },
  stepOut: { threadId: 1 },
  stepBack: { threadId: 1, granularity: "instruction" },
  restartFrame: { frameId: 1 },
  goto: { threadId: 1, targetId: 3 },
  gotoTargets: { source, line: 8 },
  breakpointLocations: { source, line: 1, endLine: 20 },
  setBreakpoints: {
    source,
    breakpoints: [
      { line: 8, condition: "packet.length > 1", hitCondition: ">=1", logMessage: "{packet.seq}" },
    ],
  },
  setFunctionBreakpoints: { breakpoints: [{ name: "tls_*", condition: "1", hitCondition: "%2" }] },
  setExceptionBreakpoints: {
    filters: ["resync"],
    filterOptions: [{ filterId: "out-of-order", condition: "1 hit 2" }],
  },
  exceptionInfo: { threadId: 1 },
  threads: {},
  stackTrace: { threadId: 1, startFrame: 0, levels: 2 },
  scopes: { frameId: 2 },
  variables: { variablesReference: 5, filter: "indexed", start: 0, count: 2 },
  evaluate: { expression: "driver.expectedSeq - 1.5", frameId: 2, context: "hover" },
  completions: { text: "driver.", column: 8, frameId: 2 },
  readMemory: { memoryReference: "c0:wire@0", offset: 4, count: 16 },
  source: { source, sourceReference: 1 },
  loadedSources: {},
  locations: { locationReference: 5 },
  lines: { source, line: 1, endLine: 20 },
  marks: { source },
  cancel: { requestId: 3, progressId: "job1" },
};
const commands = Object.keys(proper) as (keyof typeof proper)[];

/** What no argument should be, and what some may be. */
const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, -0, 2 ** 31, 2 ** 53, Number.MAX_VALUE],
  ...[
    "",
    " ",
    "0",
    "constructor",
    "__proto__",
    "\u0000",
    "\u202e",
    "1".repeat(5000),
    "(".repeat(5000),
    "*".repeat(200),
  ],
  ...[
    "1/2 == 18446744073709551615",
    "'a' * 2",
    "{",
    "hit",
    "hit >=",
    "c9:wire@0",
    "c0:wire@99999999999999999999",
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    [{}],
    { length: 3 },
    { toString: 1 },
    Array(300).fill({ line: 1, name: "skb", filterId: "resync" }),
  ],
];

type Random = () => number;
const oneOf = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;

/** The arguments with one to three of their values replaced, left out or added, at any depth. */
function damaged(args: object, random: Random): unknown {
  if (random() < 0.05) return oneOf(strange, random);
  const copy = structuredClone(args) as Record<string, unknown>;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    let at = copy;
    let key = "extra";
    for (let names = Object.keys(at); names.length > 0; names = Object.keys(at)) {
      key = oneOf(names, random);
      const inner = at[key];
      if (typeof inner !== "object" || inner === null || random() < 0.3) break;
      at = inner as Record<string, unknown>;
    }
    if (random() < 0.1) delete at[key];
    else at[key] = structuredClone(oneOf(strange, random));
  }
  // As it comes over a wire: without holes in lists.
  return JSON.parse(JSON.stringify(copy));
}

/** The session still does what it should, after whatever it was told. */
async function stillWorks(client: DapClient): Promise<void> {
  await client.send("pause", {});
  await client.ask("initialize", { adapterID: "tlstrace" });
  await client.ask("launch", { program });
  await client.ask("setBreakpoints", { source, breakpoints: [] });
  await client.ask("setFunctionBreakpoints", { breakpoints: [] });
  await client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
  const stop = await client.moves("configurationDone", {});
  assert.match(stop.text!, /\(event 5 of 9, after driver\.check, forwards\)$/);
}

test("whatever the arguments of whatever request are, it is answered once, and the session goes on", async (t) => {
  const runs = Number(process.env.FUZZ ?? 1000);
  const seed = Number(process.env.SEED ?? 20_261_128);
  t.diagnostic(`SEED=${seed} FUZZ=${runs}`);
  const random = seeded(seed);
  let client = session();
  await stillWorks(client);
  const count = { said: 0, refused: 0 };
  const sent: Promise<void>[] = [];
  for (let run = 1; run <= runs; run++) {
    const command = oneOf(commands, random);
    const args = random() < 0.1 ? proper[command] : damaged(proper[command], random);
    const what = `run ${run}: ${command} ${JSON.stringify(args)?.slice(0, 300)}`;
    // A client may go on before it is answered.
    const answered = client.send(command, args as object).then(({ success, message, body }) => {
      assert.equal(typeof success, "boolean", what);
      if (success) count.said++;
      else {
        count.refused++;
        assert.ok(message && !message.includes("internal error"), `${what}: ${message}`);
        assert.equal(body.error.variables._message, message);
      }
    });
    if (random() < 0.7) await answered;
    sent.push(answered);
    if (run % 50 > 0 && run < runs) continue;
    await Promise.all(sent.splice(0));
    await stillWorks(client);
    for (const { output } of client.told("output")) assert.doesNotMatch(output, /internal error/, what);
    client.session.dispose();
    client = session();
    await stillWorks(client);
  }
  assert.ok(count.said > runs / 10 && count.refused > runs / 10, JSON.stringify(count));
});
