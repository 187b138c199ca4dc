import assert from "node:assert/strict";
import type { DapClient } from "../../adapter/dap-client.ts";
import type { requests } from "../../adapter/requests.ts";
import { sample, session } from "../dap-session.ts";

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
    startAt: "entry",
  },
  restart: { arguments: { program } },
  configurationDone: {},
  disconnect: {},
  continue: { threadId: 1, singleThread: false },
  reverseContinue: { threadId: 1 },
  pause: { threadId: 1 },
  next: { threadId: 1, granularity: "statement" },
  stepIn: { threadId: 1, granularity: "instruction" },
  stepInTargets: { frameId: 1 },
  setInstructionBreakpoints: {
    breakpoints: [
      { instructionReference: "0x5000002", offset: 0, condition: "1", hitCondition: "1", mode: "nic" },
    ],
  },
  disassemble: { memoryReference: "0x5000002", offset: 0, instructionOffset: -5, instructionCount: 20 },
  stepOut: { threadId: 1 },
  stepBack: { threadId: 1, granularity: "instruction" },
  restartFrame: { frameId: 1 },
  goto: { threadId: 1, targetId: 3 },
  findings: {},
  minimise: { targetId: 99, keep: "out-of-order" },
  bytes: { targetId: 300 },
  rare: { threadId: 1, step: 1, columns: 100, from: 0, to: 1e9, low: 0, high: 1e6, role: "resync", at: 3 },
  byte: { threadId: 1, byte: 100 },
  picture: { threadId: 1, kind: "packet", lines: 30, columns: 100, from: 0, to: 1e6, low: 0, high: 1e5 },
  carriers: { seq: 4294964344 },
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
  dataBreakpointInfo: { variablesReference: 5, name: "expectedSeq", frameId: 2, bytes: 3, asAddress: true },
  setVariable: { variablesReference: 5, name: "expectedSeq", value: "later" },
  setExpression: { expression: "driver.expectedSeq", value: "later", frameId: 2 },
  setDataBreakpoints: {
    breakpoints: [
      {
        dataId: "driver.expectedSeq of web",
        accessType: "write",
        condition: "old < new",
        hitCondition: ">=1",
      },
    ],
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
  query: { query: "resync.replayed where replayed > 8192" },
  logged: {},
  cancel: { requestId: 3, progressId: "job1" },
};

const line = (command: string, args: unknown): string => JSON.stringify({ command, arguments: args });

/** Each request, after a move. */
export const requestLines: readonly string[] = Object.entries(proper).map(
  ([command, args]) => `${line("next", proper.next)}\n${line(command, args)}`,
);

/** The session does what it should, whatever it was told. */
async function works(client: DapClient): Promise<void> {
  await client.send("pause", {});
  await client.ask("initialize", { adapterID: "tlstrace" });
  await client.ask("launch", { program });
  await client.ask("setBreakpoints", { source, breakpoints: [] });
  for (const kind of ["Function", "Data", "Instruction"])
    await client.ask(`set${kind}Breakpoints`, { breakpoints: [] });
  await client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
  const stop = await client.moves("configurationDone", {});
  assert.match(stop.text!, /\(event 5 of 9, after driver\.check, forwards\), [\d.]+ s$/);
}

/** The requests of a text, a JSON a line; what is none is left out: the reader of messages refuses it. */
function requestsOf(text: string): { command: string; arguments: object }[] {
  return text.split("\n").flatMap((line) => {
    try {
      const request = JSON.parse(line);
      return typeof request?.command === "string" ? [request] : [];
    } catch {
      return [];
    }
  });
}

/** Asks a session without waiting for answers: each comes once, none is an internal error, and the session goes on. */
export async function askAll(text: string): Promise<boolean> {
  const client = session();
  try {
    await works(client);
    const asked = requestsOf(text);
    const answers = await Promise.all(
      asked.map((request) => client.send(request.command, request.arguments)),
    );
    for (const { success, message, body } of answers) {
      assert.equal(typeof success, "boolean");
      if (success) continue;
      assert.ok(message && !message.includes("internal error"), message);
      assert.equal(body.error.variables._message, message);
    }
    await works(client);
    for (const { output } of client.told("output")) assert.doesNotMatch(output, /internal error/);
    return answers.some(({ success }) => success);
  } finally {
    client.session.dispose();
  }
}
