import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { settablePaths } from "../lab/fork-values.ts";
import { children, sample, session, textEnvironment } from "../test/dap-session.ts";
import type { DapClient } from "./dap-client.ts";
import { requests } from "./requests.ts";

// Event 5 of the sample is its first out-of-order transmit, on line 8.
const program = sample("retransmission-in-record.tlstrace");

/** A session as the simplest clients have it: they send these three requests, and no filters. */
async function simplest(args: object, client = session()): Promise<DapClient> {
  await client.ask("initialize", { adapterID: "tlstrace" });
  const initialized = client.next("initialized");
  await client.ask("launch", args);
  await initialized;
  return client;
}

test("a client that only launches stops at the first out-of-order transmit", async () => {
  const client = await simplest({ program });
  const stop = await client.moves("configurationDone", {});
  assert.deepEqual([stop.reason, stop.description], ["exception", "Out-of-order transmit"]);
  assert.match(stop.text!, /\(event 5 of 9, after driver\.check/);
  assert.match((await client.moves("restart", {})).text!, /\(event 5 of 9, after driver\.check/);
});

test("filters hold until the client says otherwise, also that there are none", async () => {
  // A lookup gives a record that does not hold the byte: one of the filters that are on by default.
  const dropped = sample("stale-lookup.tlstrace");
  const stopsOf = async (filters: string[] | null) => {
    const client = await simplest({ program: dropped, startAt: "entry" });
    if (filters !== null) await client.ask("setExceptionBreakpoints", { filters });
    await client.moves("configurationDone", {});
    return (await client.moves("continue")).reason;
  };
  assert.equal(await stopsOf(null), "exception");
  assert.equal(await stopsOf([]), "end of trace");
});

/** The protocol's requests as its types' comments tell them, each with the capability that it may only be sent under. */
function protocolRequests(): { command: string; capability: string | null; ofClient: boolean }[] {
  const types = createRequire(import.meta.url).resolve("@vscode/debugprotocol/package.json");
  const text = readFileSync(types.replace("package.json", "lib/debugProtocol.d.ts"), "utf8");
  const comments = text.matchAll(/\/\*\* \w+ request; value of command field is '(\w+)'\.([\s\S]*?)\*\//g);
  return [...comments].map(([, command, comment]) => ({
    command: command!,
    capability:
      /only call this request if the (?:corresponding )?capability `(\w+)`/.exec(comment!)?.[1] ?? null,
    ofClient: /client capability `\w+` is true/.test(comment!),
  }));
}

test("every request of the protocol that the capabilities do not tell of is refused with a sentence", async () => {
  const client = session();
  await client.start({ program });
  const capabilities = await client.ask("initialize", {});
  const refused: string[] = [];
  for (const { command, capability, ofClient } of protocolRequests()) {
    const isAdvertised =
      capability === null || Boolean(capabilities[capability as keyof typeof capabilities]);
    const isAnswered = Object.hasOwn(requests, command);
    assert.equal(isAnswered, isAdvertised && !ofClient && !offeredElsewhere.has(command), command);
    if (isAnswered) continue;
    refused.push(command);
    for (const args of [{}, { threadId: 1, variablesReference: 1, name: "x", value: "1", breakpoints: [] }])
      assert.match(
        await client.refused(command, args),
        /^(the request "\w+" is not among|a trace is over)/,
        command,
      );
  }
  // What the review counted, and what came since: the walk sees them.
  for (const command of ["writeMemory", "attach"]) assert.ok(refused.includes(command), command);
  assert.ok(refused.length >= 4, refused.join(" "));
  assert.match((await client.moves("continue")).text!, /\(event 7 of 9/);
});

/** No capability tells of it: a launch configuration's `request` says which of the two is meant. */
const offeredElsewhere = new Set(["attach"]);

test("attach is refused with what to do instead", async () => {
  const client = session();
  await client.ask("initialize", {});
  assert.match(await client.refused("attach", { program }), /^a trace is over, so .*: use `launch`/);
});

const failing = `device eth0 profile=connectx
connection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0
+0 web send 100
+0 web > 0:50(50)
+0 web > 60:100(40)
  expect no out-of-order
`;

test("noDebug replays, prints what was found and ends, without a stop", async () => {
  const client = await simplest(
    { program: "/failing.tlstrace", noDebug: true },
    session(textEnvironment(failing)),
  );
  const ended = client.next("terminated");
  await client.ask("setBreakpoints", { source: { path: "/failing.tlstrace" }, breakpoints: [{ line: 3 }] });
  await client.ask("configurationDone");
  await ended;
  assert.deepEqual(client.told("stopped"), []);
  assert.deepEqual(client.told("exited"), [{ exitCode: 1 }]);
  const said = client
    .told("output")
    .map(({ output }) => output)
    .join("");
  assert.match(said, /expectation failed: .*out-of-order/);
  assert.match(said, /^3 events replayed, 1 found wrong$/m);

  const clean = await simplest({ program, noDebug: true });
  const cleanEnded = clean.next("terminated");
  await clean.ask("configurationDone");
  await cleanEnded;
  assert.deepEqual(clean.told("exited"), [{ exitCode: 0 }]);

  const unread = await simplest(
    { program: "/unread.tlstrace", noDebug: true },
    session(textEnvironment("device eth0\nconnection web device=eth0\n+0 web send 1\n+0 wbe send 1\n")),
  );
  const unreadEnded = unread.next("terminated");
  await unread.ask("configurationDone");
  await unreadEnded;
  assert.deepEqual(unread.told("exited"), [{ exitCode: 2 }]);
});

test("every variable has a type and a hint, and no type goes to who did not ask for it", async () => {
  const client = session();
  await client.start({ program });
  const types = new Map<string, string>();
  const open = async (variablesReference: number, path: string): Promise<void> => {
    const { variables } = await client.ask("variables", { variablesReference });
    for (const { name, type, presentationHint, evaluateName, ...variable } of variables) {
      const full = `${path}.${name}`;
      assert.ok(type, full);
      const readOnly = settablePaths.includes(evaluateName ?? "") ? [] : ["readOnly"];
      assert.deepEqual(presentationHint?.attributes, readOnly, full);
      types.set(full, type);
      if (variable.variablesReference > 0) await open(variable.variablesReference, full);
    }
  };
  for (const [name, scope] of await client.scopes()) await open(scope.variablesReference, name);
  assert.ok(types.size > 100, `${types.size} variables`);
  assert.deepEqual([...new Set(types.values())].sort(), [
    "flag",
    "group",
    "number",
    "sequence number",
    "text",
    "unknown",
  ]);
  assert.equal(types.get("Driver.expectedSeq"), "sequence number");
  const watched = await client.ask("evaluate", { expression: "packet.length > 1", context: "watch" });
  assert.equal(watched.type, "flag");

  const plain = session();
  await plain.start({ program }, ["out-of-order"], { supportsVariableType: false });
  for (const variable of await children(plain, "Driver")) assert.ok(!("type" in variable));
});

test("what a packet's bytes come from is subtle in its stack, the layers that it entered are not", async () => {
  const client = session();
  await client.start({ program });
  const hints = (await client.stack()).map(({ name, presentationHint }) => [
    name.split(" ")[0],
    presentationHint,
  ]);
  assert.deepEqual(hints, [
    ["driver.check", "normal"],
    ["skb", "normal"],
    ["record", "subtle"],
    ["application", "subtle"],
    ["acknowledged", "subtle"],
    ["released", "subtle"],
  ]);
});

test("what is typed stands where each editor looks for it in a completion", async () => {
  /** VS Code and Theia filter by the text from `start` on, in JavaScript's counting, with the label behind it. */
  const filterText = (
    text: string,
    { start, length, label }: { start?: number; length?: number; label: string },
  ) => (start && length ? text.substring(start, start + length) + label : label);
  const offered = async (text: string, clientID: string) => {
    const client = session();
    await client.start({ program }, ["out-of-order"], { clientID });
    return (await client.ask("completions", { text, column: text.length + 1 })).targets;
  };
  for (const text of ["driver.e", "1 + driver.e"])
    for (const clientID of ["vscode", "theia"]) {
      const targets = await offered(text, clientID);
      assert.deepEqual(
        targets.map(({ label }) => label),
        ["driver.expectedSeq"],
      );
      assert.ok(filterText(text, targets[0]!).startsWith("driver.e"), filterText(text, targets[0]!));
      assert.equal(targets[0]!.length, "driver.e".length);
    }
  // By the protocol's text, columns of this client begin with 1.
  const [target] = await offered("1 + driver.e", "emacs");
  assert.deepEqual([target!.start, target!.length], [5, 8]);
});
