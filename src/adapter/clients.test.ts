/** What clients other than VS Code do: each defect that one of them shows is a defect of ours until the opposite is proven. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { sample, session } from "../test/dap-session.ts";

// Event 5 of the sample is its first out-of-order transmit, on line 8.
const program = sample("retransmission-in-record.tlstrace");
const capture = sample("lossy.pcap");

const cache = mkdtempSync(path.join(os.tmpdir(), "tlstrace-clients-"));
process.env.XDG_CACHE_HOME = cache;
after(() => rmSync(cache, { recursive: true, force: true }));

const top = async (client: ReturnType<typeof session>, threadId = 1) => (await client.stack(threadId))[0]!;

test("a client without virtual documents has the listing as a file, breakpoints in it hold in the next session", async () => {
  const client = session();
  await client.start({ program: capture, startAt: "entry", listing: "file" }, []);
  const { source } = await top(client);
  assert.equal(source!.sourceReference, undefined);
  assert.ok(source!.path!.startsWith(cache), source!.path);
  const virtual = session();
  await virtual.start({ program: capture, startAt: "entry" }, []);
  const page = await virtual.ask("source", { sourceReference: (await top(virtual)).source!.sourceReference });
  assert.equal(readFileSync(source!.path!, "utf8"), page.content);

  const next = session();
  await next.launch({ program: capture, startAt: "entry", listing: "file" });
  const mine = { path: source!.path };
  const { breakpoints } = await next.ask("setBreakpoints", { source: mine, breakpoints: [{ line: 33 }] });
  assert.deepEqual([breakpoints[0]!.verified, breakpoints[0]!.line], [true, 33]);
  await next.moves("configurationDone", {});
  const stop = await next.moves("continue");
  assert.match(stop.text!, /^Line 33 \(event 30 of/);
  const { line, source: shown } = await top(next, stop.threadId);
  assert.deepEqual([line, shown], [33, source]);
  assert.deepEqual((await next.ask("loadedSources")).sources, [source]);
  assert.match(await next.refused("source", { source: mine }), /is a file: open it$/);
  const notes = await next.ask("lines", { source: mine, line: 33, endLine: 33 });
  assert.equal(notes.lines[0]!.event, 30);
  await next.moves("restart", {});
  assert.match((await next.moves("continue")).text!, /^Line 33/);
});

test("a trace is a file already, whatever is asked of the listing", async () => {
  const client = session();
  await client.start({ program, listing: "file" });
  assert.deepEqual((await top(client)).source, { name: path.basename(program), path: program });
});

test("where the listing cannot be kept, the launch says so", async () => {
  const client = session();
  await client.ask("initialize", {});
  process.env.XDG_CACHE_HOME = program;
  assert.match(
    await client.refused("launch", { program: capture, listing: "file" }),
    /cannot be kept as a file/,
  );
  process.env.XDG_CACHE_HOME = cache;
  assert.match(
    await client.refused("launch", { program: capture, listing: "paper" }),
    /`listing` takes virtual or file/,
  );
});

test("a client that calls files by URIs gets and gives them, and no path for what is none", async () => {
  const client = session();
  const uri = pathToFileURL(program).href;
  await client.start({ program: uri }, [], { pathFormat: "uri" });
  const { breakpoints } = await client.ask("setBreakpoints", {
    source: { path: uri },
    breakpoints: [{ line: 7 }],
  });
  assert.equal(breakpoints[0]!.verified, true);
  assert.equal(breakpoints[0]!.source!.path, uri);
  assert.match((await client.moves("reverseContinue")).text!, /^Line 7/);
  assert.equal((await top(client)).source!.path, uri);
  const { targets } = await client.ask("gotoTargets", { source: { path: uri }, line: 8 });
  assert.equal(targets[0]!.line, 8);

  const virtual = session();
  await virtual.start({ program: capture }, [], { pathFormat: "uri" });
  const { source } = await top(virtual);
  assert.ok(source!.sourceReference! > 0 && source!.path === undefined);
  const file = session();
  await file.start({ program: capture, listing: "file" }, [], { pathFormat: "uri" });
  const shown = (await top(file)).source!;
  assert.match(readFileSync(fileURLToPath(shown.path!), "utf8"), /^device /);
  const inFile = await file.ask("setBreakpoints", {
    source: { path: shown.path },
    breakpoints: [{ line: 33 }],
  });
  assert.equal(inFile.breakpoints[0]!.verified, true);
});

test("lines and columns count from where the client says, each by itself", async () => {
  for (const linesStartAt1 of [true, false])
    for (const columnsStartAt1 of [true, false]) {
      const client = session();
      await client.start({ program }, ["out-of-order"], { linesStartAt1, columnsStartAt1 });
      const off = linesStartAt1 ? 0 : -1;
      const { line, column } = await top(client);
      assert.deepEqual([line, column], [8 + off, columnsStartAt1 ? 1 : 0]);
      const source = { path: program };
      const { breakpoints } = await client.ask("setBreakpoints", {
        source,
        breakpoints: [{ line: 7 + off }],
      });
      assert.equal(breakpoints[0]!.line, 7 + off);
      const found = await client.ask("breakpointLocations", { source, line: 8 + off });
      assert.deepEqual(found.breakpoints, [{ line: 8 + off }]);
      const { targets } = await client.ask("gotoTargets", { source, line: 8 + off });
      assert.equal(targets[0]!.line, 8 + off);
      const outputs = client.told("output").filter((said) => said.line !== undefined);
      assert.ok(outputs.length > 0);
      for (const said of outputs) assert.ok(said.line! >= (linesStartAt1 ? 1 : 0), `${said.line}`);
      // The name's end is typed: its place in the text is the client's own.
      const text = "driver.expectedS";
      const column0 = text.length + (columnsStartAt1 ? 1 : 0);
      const completed = await client.ask("completions", { text, column: column0 });
      assert.deepEqual(
        completed.targets.map(({ label, start }) => [label, start]),
        [["driver.expectedSeq", columnsStartAt1 ? 1 : 0]],
      );
    }
});

/** What a client is told whatever it says of itself. */
const everybodys = [
  "initialized",
  "output",
  "stopped",
  "breakpoint",
  "exited",
  "terminated",
  "continued",
  "thread",
];

test("a client that says nothing of itself gets nothing that needs its saying so", async () => {
  const client = session();
  await client.ask("initialize", { adapterID: "tlstrace" });
  const initialized = client.next("initialized");
  await client.ask("launch", { program: capture });
  await initialized;
  await client.moves("configurationDone", {});
  for (const expression of [
    "back",
    "goto frame 30",
    "why 0",
    "checkpoint here",
    "last driver.expectedSeq",
    "info queue",
    "rc",
  ])
    await client.ask("evaluate", { expression, context: "repl" });
  await client.moves("restart", {});
  const { stackFrames } = await client.ask("stackTrace", { threadId: 1 });
  const { scopes } = await client.ask("scopes", { frameId: stackFrames[0]!.id });
  let seen = 0;
  const open = async (variablesReference: number): Promise<void> => {
    const { variables } = await client.ask("variables", { variablesReference });
    for (const variable of variables) {
      seen++;
      for (const field of ["type", "memoryReference"])
        assert.ok(!(field in variable), `${variable.name}.${field}`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what is looked for.
      assert.doesNotMatch(variable.value, /\x1b/);
      if (variable.variablesReference > 0 && seen < 2000) await open(variable.variablesReference);
    }
  };
  for (const { variablesReference } of scopes) await open(variablesReference);
  assert.ok(seen > 50, `${seen} variables`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  for (const { output } of client.told("output")) assert.doesNotMatch(output, /\x1b/);
  const foreign = client.events.map(({ event }) => event).filter((event) => !everybodys.includes(event));
  assert.deepEqual([...new Set(foreign)], []);
});

test("threads are asked for at any time, first of all too", async () => {
  const client = session();
  await client.ask("initialize", {});
  assert.deepEqual((await client.ask("threads")).threads, []);
  const initialized = client.next("initialized");
  await client.ask("launch", { program, startAt: "entry" });
  assert.equal((await client.ask("threads")).threads.length, 1);
  await initialized;
  assert.equal((await client.ask("threads")).threads.length, 1);
  // As who looks at every thread as soon as it knows one.
  assert.equal((await client.stack()).length > 0, true);
  await client.moves("configurationDone", {});
});

test("a client that never says that it has configured begins with its first move, before the first event", async () => {
  for (const [move, says] of [
    ["continue", /^Line 7 \(event 4 of 9/],
    ["next", /\(event 1 of 9/],
    ["stepIn", /\(event 1 of 9/],
  ] as const) {
    const client = session();
    await client.launch({ program });
    await client.ask("setBreakpoints", { source: { path: program }, breakpoints: [{ line: 7 }] });
    assert.match((await client.moves(move)).text!, says);
  }
});

test("a client disconnects as often as it likes, and before anything was launched", async () => {
  const client = session();
  await client.ask("initialize", {});
  await client.ask("disconnect", {});
  const other = session();
  await other.start({ program });
  await other.ask("disconnect", { restart: false, terminateDebuggee: true });
  await other.ask("disconnect", {});
  assert.match(await other.refused("continue", { threadId: 1 }), /^no trace is open$/);
});

test("breakpoints by lines alone, as old clients send them, are breakpoints", async () => {
  const client = session();
  await client.launch({ program, startAt: "entry" });
  const { breakpoints } = await client.ask("setBreakpoints", { source: { path: program }, lines: [6, 8] });
  assert.deepEqual(
    breakpoints.map(({ verified, line }) => [verified, line]),
    [
      [true, 6],
      [true, 8],
    ],
  );
  const both = { source: { path: program }, lines: [6], breakpoints: [{ line: 7 }] };
  assert.deepEqual(
    (await client.ask("setBreakpoints", both)).breakpoints.map(({ line }) => line),
    [7],
  );
});

test("fields that a client fills with null or leaves out mean nothing", async () => {
  const client = session();
  const nulls = { clientID: null, pathFormat: null, linesStartAt1: null };
  await client.start({ program, keys: null, listing: null }, ["out-of-order"], nulls);
  const source = { name: null, path: program, sourceReference: null, checksums: null };
  const breakpoint = { line: 7, column: null, condition: null, hitCondition: null, logMessage: null };
  const { breakpoints } = await client.ask("setBreakpoints", { source, breakpoints: [breakpoint] });
  assert.equal(breakpoints[0]!.verified, true);
  // Zero stands for no reference.
  const zero = { source: { path: program, sourceReference: 0 }, breakpoints: [{ line: 7 }] };
  assert.equal((await client.ask("setBreakpoints", zero)).breakpoints[0]!.verified, true);
  const whole = await client.ask("stackTrace", { threadId: 1 });
  const asked = await client.ask("stackTrace", { threadId: 1, startFrame: null, levels: 0 });
  assert.deepEqual(asked, whole);
});

test("a console that says neither frame nor context is answered, its words only where they are typed", async () => {
  const client = session();
  await client.start({ program });
  const { result } = await client.ask("evaluate", { expression: "driver.expectedSeq" });
  assert.match(result, /^2896 /);
  assert.match(await client.refused("evaluate", { expression: "back" }), /back/);
  const back = await client.moves("evaluate", { expression: "back", context: "repl" });
  assert.match(back.text!, /\(event 5 of 9, after skb, backwards/);
});

test("what a word moves is told as going on first, with the thread that stood: no request implied it", async () => {
  const client = session();
  await client.start({ program: capture }, []);
  const moved = async (move: () => Promise<DebugProtocol.StoppedEvent["body"]>) => {
    const from = client.events.length;
    const { threadId } = await move();
    const told = client.events.slice(from).filter(({ event }) => ["continued", "stopped"].includes(event));
    return { threadId, told: told.map(({ event, body }) => [event, body.threadId]) };
  };
  const word = (expression: string) => () => client.moves("evaluate", { expression, context: "repl" });
  const stood = (await moved(word("goto seq 0 A>B"))).threadId;
  const away = await moved(word("goto frame 58"));
  assert.notEqual(away.threadId, stood);
  assert.deepEqual(away.told, [
    ["continued", stood],
    ["stopped", away.threadId],
  ]);
  const back = await moved(word("rc"));
  assert.deepEqual(back.told, [
    ["continued", away.threadId],
    ["stopped", back.threadId],
  ]);
  const asked = await moved(() => client.moves("next", { threadId: back.threadId }));
  assert.deepEqual(
    asked.told.map(([event]) => event),
    ["stopped"],
  );
  const from = client.events.length;
  await client.ask("evaluate", { expression: "where", context: "repl" });
  assert.deepEqual(
    client.events.slice(from).map(({ event }) => event),
    [],
  );
});

test("the page's configuration for Vim answers vimspector's question on every filter that is shown", async () => {
  const [, answers] = /^let s:filters = \{ "exception": \{([\s\S]*?)\} \}/m.exec(
    readFileSync("media/docs/editors.md", "utf8"),
  )!;
  const { exceptionBreakpointFilters } = await session().ask("initialize");
  assert.deepEqual(
    [...answers!.matchAll(/"([\w-]+)": ""/g)].map(([, id]) => id),
    exceptionBreakpointFilters!.map(({ filter }) => filter),
  );
});

test("whatever is written is of a category: some editors do not show the debugger's own talk", async () => {
  const client = session();
  await client.start({ program }, []);
  for (const expression of ["why 2896", "help", "info queue"])
    await client.ask("evaluate", { expression, context: "repl" });
  const outputs = client.told("output");
  assert.ok(outputs.length > 20);
  for (const { category, output } of outputs) assert.ok(category, output);
});
