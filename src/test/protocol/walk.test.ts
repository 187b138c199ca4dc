import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { words } from "../../adapter/console/words.ts";
import { sample } from "../dap-session.ts";
import { checkedSession } from "./checked-session.ts";
import { type Walked, walks } from "./walks.ts";

const programs = ["retransmission-in-record.tlstrace", "fast-retransmit.pkt", "lossy.pcap"].map(sample);

/** A session at its first out-of-order transmit, of which every message is checked. */
async function standing(program: string): Promise<{ walked: Walked; problems: string[] }> {
  const { client, problems } = checkedSession();
  await client.launch(
    { program, startAt: "firstOutOfOrder" },
    { supportsMemoryReferences: true, supportsStartDebuggingRequest: true },
  );
  await client.ask("setExceptionBreakpoints", { filters: [] });
  const { threadId = 1 } = await client.moves("configurationDone", {});
  const [frame] = await client.stack(threadId);
  const { source, line, id } = frame!;
  return { walked: { client, program, threadId, source: source!, line, frameId: id }, problems };
}

test("every capability that is told is walked, forwards and backwards, and every message is one of the protocol", async (t) => {
  const { walked } = await standing(programs[0]!);
  const capabilities = await walked.client.ask("initialize", {});
  assert.deepEqual(Object.keys(capabilities).sort(), Object.keys(walks).sort());
  for (const program of programs)
    for (const [name, walk] of Object.entries(walks))
      await t.test(`${name} over ${path.basename(program)}`, async () => {
        const { walked, problems } = await standing(program);
        await walk(walked);
        // What any of it left behind can still be looked at.
        await walked.client.scopes(walked.threadId);
        assert.deepEqual(problems, []);
      });
});

/** A folder for what words write, each time another file. */
const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-walk-"));
let files = 0;
const fresh = (): string => path.join(folder, `${++files}.tlstrace`);

/** What stands behind each word of the console, once or more. */
const behind: Readonly<Record<string, readonly string[]>> = {
  find: ["packet.length > 0"],
  rfind: ["packet.length > 0"],
  goto: ["end", "start", "event 2", "seq 1"],
  checkpoint: ["here"],
  forget: ["here"],
  last: ["driver.expectedSeq"],
  next: ["driver.expectedSeq"],
  info: ["queue", "records", "stream", "streams"],
  why: ["1"],
  numbers: ["hex absolute", "decimal relative", ""],
  minimise: ["to FILE"],
  "debug-as": ["innova"],
  help: ["", "goto"],
  fork: ["drop", "save 1 FILE"],
  watch: ["driver.expectedSeq"],
  unwatch: ["driver.expectedSeq"],
  log: ["driver.expectedSeq '{old} to {new}'"],
  preset: ["resync kit"],
  count: ["transmits"],
  query: ["transmits"],
};
/** Words that take nothing. */
const bare = new Set(words.filter(({ takes }) => takes === "").map(({ word }) => word));

test("every word of the console is walked, forwards and from the end, and every message is one of the protocol", async (t) => {
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const { word } of words) assert.ok(bare.has(word) !== Object.hasOwn(behind, word), word);
  for (const program of programs)
    for (const from of ["goto start", "goto end"]) {
      const { walked, problems } = await standing(program);
      const { client } = walked;
      const say = (expression: string) => client.send("evaluate", { expression, context: "repl" });
      await client.moves("evaluate", { expression: from, context: "repl" });
      // Two stops, so that there is one before and one behind.
      await client.moves("evaluate", { expression: "over", context: "repl" });
      await client.moves("evaluate", { expression: "back", context: "repl" });
      await client.moves("evaluate", { expression: "prev", context: "repl" });
      for (const { word } of words)
        for (const rest of behind[word] ?? [""]) {
          const expression = `${word} ${rest.replace("FILE", fresh)}`.trim();
          const { success, message } = await say(expression);
          assert.ok(success || mayRefuse.has(word), `${expression} in ${program}: ${message}`);
          // What it begins goes on behind its answer: where it moves, it comes to a stop.
          for (let turns = 0; turns < 1000 && !(await say("where")).success; turns++) await turn();
        }
      assert.deepEqual(problems, [], program);
    }
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Where there is no other stop in that direction, these say so. */
const mayRefuse = new Set(["prev", "fwd"]);
