import assert from "node:assert/strict";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { DapClient } from "../../adapter/dap-client.ts";
import { exceptionFilters } from "../../adapter/stops/filters.ts";
import { children } from "../dap-session.ts";

/** A program that capabilities are walked over, and where its session stands: at an out-of-order transmit in its midst. */
export interface Walked {
  client: DapClient;
  program: string;
  threadId: number;
  source: DebugProtocol.Source;
  /** The line of that transmit. */
  line: number;
  frameId: number;
}

type Walk = (walked: Walked) => Promise<unknown>;
type Capability = keyof DebugProtocol.Capabilities;

/** A run forwards that stops as told, and one backwards that comes to the same place from the end. */
async function bothWays({ client, threadId }: Walked, reason: RegExp): Promise<void> {
  await client.moves("evaluate", { expression: "goto start", context: "repl" });
  const there = await client.moves("continue", { threadId });
  assert.match(there.reason, reason);
  const places = [there.place.replace(/, forwards$/, "")];
  for (let stop = there; !/end of trace/.test(stop.reason) && places.length < 400; ) {
    stop = await client.moves("continue", { threadId });
    places.push(stop.place.replace(/, forwards$/, ""));
  }
  for (const place of places.slice(0, -1).reverse()) {
    const back = await client.moves("reverseContinue", { threadId });
    assert.equal(back.place.replace(/, backwards$/, ""), place);
  }
}

const quiet = (client: DapClient) => client.ask("setExceptionBreakpoints", { filters: [] });

/** A breakpoint on the line with these options, run to both ways. */
const onLine =
  (options: object, reason = /^breakpoint$/): Walk =>
  async (walked) => {
    const { client, source, line } = walked;
    await quiet(client);
    const set = await client.ask("setBreakpoints", { source, breakpoints: [{ line, ...options }] });
    assert.deepEqual([set.breakpoints[0]!.verified, set.breakpoints[0]!.line], [true, line]);
    await bothWays(walked, reason);
    await client.ask("setBreakpoints", { source, breakpoints: [] });
  };

const type = (client: DapClient, expression: string, context: string, more: object = {}) =>
  client.ask("evaluate", { expression, context, ...more });

async function onData(
  { client, threadId, ...walked }: Walked,
  request: object,
  accessType: string,
): Promise<void> {
  await quiet(client);
  const { dataId } = (await client.ask("dataBreakpointInfo", request)) as { dataId: string };
  assert.ok(dataId);
  await client.ask("setDataBreakpoints", { breakpoints: [{ dataId, accessType }] });
  await bothWays({ client, threadId, ...walked }, /^data breakpoint$/);
  await client.ask("setDataBreakpoints", { breakpoints: [] });
}

/** How each capability is used, by its name: one that has no row here is not walked, which a test tells. */
export const walks: { readonly [Name in Capability]?: Walk } = {
  // Without it nothing here would stand anywhere.
  supportsConfigurationDoneRequest: async ({ client }) => assert.ok(client.told("stopped").length > 0),
  supportsFunctionBreakpoints: async (walked) => {
    const { client } = walked;
    await quiet(client);
    await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "tls_get_record" }] });
    await bothWays(walked, /^function breakpoint$/);
    await client.ask("setFunctionBreakpoints", { breakpoints: [] });
  },
  supportsConditionalBreakpoints: onLine({ condition: "packet.length > 0" }),
  supportsHitConditionalBreakpoints: onLine({ hitCondition: ">=1" }),
  supportsLogPoints: async (walked) => {
    const from = walked.client.events.length;
    await onLine({ logMessage: "length {packet.length}" }, /^end of trace$/)(walked);
    const said = walked.client.events.slice(from).filter(({ event }) => event === "output");
    assert.ok(said.some(({ body }) => /^length \d+\n$/.test(body.output)));
  },
  supportsDataBreakpoints: async (walked) => {
    const driver = (await walked.client.scopes(walked.threadId)).get("Driver")!;
    const { variablesReference } = driver;
    await onData(walked, { variablesReference, name: "expectedSeq" }, "write");
  },
  supportsDataBreakpointBytes: (walked) => {
    // A script counts from its SYN.
    const name = walked.program.endsWith(".pkt") ? "1" : "0";
    return onData(walked, { asAddress: true, name, bytes: 1 }, "readWrite");
  },
  supportsBreakpointLocationsRequest: async ({ client, source, line }) => {
    const { breakpoints } = await client.ask("breakpointLocations", { source, line });
    assert.deepEqual(breakpoints, [{ line }]);
  },
  exceptionBreakpointFilters: async (walked) => {
    await walked.client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
    await bothWays(walked, /^exception$/);
    // Each one can be set, whether or not it stops anywhere here.
    for (const { filter } of exceptionFilters) {
      const { breakpoints } = await walked.client.ask("setExceptionBreakpoints", { filters: [filter] });
      assert.deepEqual(
        breakpoints.map(({ verified }) => verified),
        [true],
        filter,
      );
    }
  },
  supportsExceptionFilterOptions: async (walked) => {
    const filterOptions = [{ filterId: "out-of-order", condition: "packet.length > 0" }];
    await walked.client.ask("setExceptionBreakpoints", { filters: [], filterOptions });
    await bothWays(walked, /^exception$/);
  },
  supportsExceptionInfoRequest: async ({ client, threadId }) => {
    const info = await client.ask("exceptionInfo", { threadId });
    assert.match(info.description, /driver/);
  },
  supportsStepBack: async ({ client, threadId }) => {
    const before = await type(client, "where", "repl");
    await client.moves("next", { threadId });
    await client.moves("stepBack", { threadId });
    const after = await type(client, "where", "repl");
    assert.equal(after.result.replace(/, \w+$/, ""), before.result.replace(/, \w+$/, ""));
  },
  supportsSteppingGranularity: async ({ client, threadId }) => {
    const before = await type(client, "where", "repl");
    for (const granularity of ["statement", "line", "instruction"]) {
      await client.moves("next", { threadId, granularity });
      await client.moves("stepBack", { threadId });
      const { result } = await type(client, "where", "repl");
      assert.equal(result.replace(/, \w+$/, ""), before.result.replace(/, \w+$/, ""), granularity);
    }
  },
  supportsSetVariable: async ({ client, threadId }) => {
    const { variablesReference } = (await client.scopes(threadId)).get("Driver")!;
    const { value } = (await client.ask("setVariable", {
      ...{ variablesReference, name: "expectedSeq", value: "0" },
    })) as DebugProtocol.SetVariableResponse["body"];
    assert.ok(value.length > 0);
    await client.ask("threads");
    assert.equal(client.asked.at(-1)!.command, "startDebugging");
  },
  supportsSetExpression: async ({ client, frameId }) => {
    await client.ask("setExpression", { expression: "driver.expectedSeq", value: "0", frameId });
    await client.ask("threads");
    assert.equal(client.asked.at(-1)!.command, "startDebugging");
  },
  supportsGotoTargetsRequest: async ({ client, source, line, threadId }) => {
    const { targets } = await client.ask("gotoTargets", { source, line });
    assert.equal(targets[0]!.line, line);
    for (const end of ["goto start", "goto end"]) {
      await client.moves("evaluate", { expression: end, context: "repl" });
      const { place } = await client.moves("goto", { threadId, targetId: targets[0]!.id });
      assert.match(place, new RegExp(`^event ${targets[0]!.id} of`));
    }
  },
  supportsRestartRequest: async ({ client, program }) => {
    const { event } = await client.moves("restart", { arguments: { program, startAt: "end" } });
    const again = await client.moves("restart", { arguments: { startAt: "entry" } });
    assert.ok(event > again.event);
  },
  supportsRestartFrame: async ({ client, frameId }) => {
    const stop = await client.moves("restartFrame", { frameId });
    assert.equal(stop.reason, "restart");
  },
  supportsDelayedStackTraceLoading: async ({ client, threadId }) => {
    const whole = await client.ask("stackTrace", { threadId });
    const pages = [];
    for (let startFrame = 0; startFrame < whole.totalFrames!; startFrame += 2)
      pages.push(...(await client.ask("stackTrace", { threadId, startFrame, levels: 2 })).stackFrames);
    assert.deepEqual(pages, whole.stackFrames);
  },
  supportsLoadedSourcesRequest: async ({ client, source }) => {
    const { sources } = await client.ask("loadedSources");
    assert.ok(sources.some(({ name }) => name === source.name));
  },
  supportsEvaluateForHovers: async ({ client, frameId }) => {
    const { result } = await type(client, "driver.expectedSeq", "hover", { frameId });
    assert.match(result, /^-?\d+ \(\d+\)$/);
  },
  supportsClipboardContext: async ({ client, frameId }) => {
    const { result } = await type(client, "driver", "clipboard", { frameId });
    assert.match(JSON.parse(result).expectedSeq, /^-?\d+ \(\d+\)$/);
    assert.match((await type(client, "packet", "clipboard", { frameId })).result, / > .*\(\d+\)/);
  },
  supportsCompletionsRequest: async ({ client, frameId }) => {
    const { targets } = await client.ask("completions", { frameId, text: "driver.exp", column: 11 });
    assert.ok(targets.some(({ label }) => label === "driver.expectedSeq"));
  },
  completionTriggerCharacters: async ({ client, frameId }) => {
    const { targets } = await client.ask("completions", { frameId, text: "nic.", column: 5 });
    assert.ok(targets.length > 1 && targets.every(({ label }) => label.startsWith("nic.")));
  },
  supportsReadMemoryRequest: async ({ client, threadId }) => {
    const memories = await children(client, "Memory (sequence space)", {}, threadId);
    for (const { memoryReference } of memories) {
      const {
        address,
        data,
        unreadableBytes = 0,
      } = await client.ask("readMemory", {
        ...{ memoryReference, count: 64 },
      });
      assert.equal(address, "0");
      assert.equal(atob(data ?? "").length + unreadableBytes, 64);
    }
  },
  supportsCancelRequest: async ({ client }) => {
    // Nothing is under way: a cancel that comes late is answered, and harms nobody.
    assert.equal((await client.send("cancel", { requestId: 1 })).success, true);
  },
  supportsValueFormattingOptions: async ({ client, frameId, threadId }) => {
    const format = { hex: true };
    assert.match((await type(client, "driver.expectedSeq", "watch", { frameId, format })).result, /^-?0x/);
    const shown = await children(client, "Driver", { format }, threadId);
    assert.match(shown.find(({ name }) => name === "expectedSeq")!.value, /^-?0x/);
    await client.ask("stackTrace", { threadId, format });
  },
  supportsANSIStyling: async ({ client }) => {
    // The client did not say that it shows colours.
    assert.ok(client.told("output").every(({ output }) => !output.includes("\x1b")));
  },
  supportsStepInTargetsRequest: async ({ client, threadId, frameId }) => {
    let { targets } = await client.ask("stepInTargets", { frameId });
    // The capture's packet lies before the offload: the next one has a record.
    if (targets.length === 0) {
      await client.moves("next", { threadId });
      ({ targets } = await client.ask("stepInTargets", { frameId: (await client.stack(threadId))[0]!.id }));
    }
    assert.match(targets[0]!.label, /^record \d+: /);
    const stop = await client.moves("stepIn", { threadId, targetId: targets[0]!.id });
    assert.match(stop.place, /after nic /);
    await client.moves("stepBack", { threadId });
  },
  supportsDisassembleRequest: async ({ client, threadId }) => {
    const [frame] = await client.stack(threadId);
    const memoryReference = frame!.instructionPointerReference!;
    for (const instructionOffset of [-100, 0, 100]) {
      const rows = { memoryReference, instructionOffset, instructionCount: 100 };
      assert.equal((await client.ask("disassemble", rows)).instructions.length, 100);
    }
  },
  supportsInstructionBreakpoints: async (walked) => {
    const { client, threadId } = walked;
    await quiet(client);
    const [frame] = await client.stack(threadId);
    const instructionReference = frame!.instructionPointerReference!;
    await client.ask("setInstructionBreakpoints", { breakpoints: [{ instructionReference }] });
    await bothWays(walked, /^instruction breakpoint$/);
    await client.ask("setInstructionBreakpoints", { breakpoints: [] });
  },
  breakpointModes: async (walked) => {
    for (const mode of ["stack", "driver", "nic", "wire"]) await onLine({ mode })(walked);
  },
  supportsSingleThreadExecutionRequests: async ({ client, threadId }) => {
    await client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
    for (const command of ["continue", "reverseContinue", "next", "stepIn", "stepOut", "stepBack"]) {
      const stop = await client.moves(command, { threadId, singleThread: true });
      const isEnd = /of trace$/.test(stop.reason);
      if (!isEnd) assert.equal(stop.threadId, threadId, command);
    }
  },
};
