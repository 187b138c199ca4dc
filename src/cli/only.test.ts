import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeEnvironment } from "../node/environment.ts";
import { traceAlone } from "../node/trace-alone.ts";
import type { Environment } from "../study/environment.ts";
import { sample, session } from "../test/dap-session.ts";

const capture = sample("lossy.pcap");
const trace = sample("retransmission-in-record.tlstrace");

/** What `tlstrace dap --only` gives a session, and the files that were opened. */
function watched(program: string): { environment: Environment; opened: string[] } {
  const opened: string[] = [];
  const all: Environment = {
    ...nodeEnvironment,
    openFile: (file) => {
      opened.push(file);
      return nodeEnvironment.openFile(file);
    },
  };
  return { environment: traceAlone(all, program), opened };
}

test("a capture is debugged without the keys beside it, and the console says why", async () => {
  const { environment, opened } = watched(capture);
  const client = session(environment);
  await client.start({ program: capture });
  assert.equal(await client.value("keys.epoch0"), "unknown");
  const said = client.told("output").map(({ output }) => output);
  assert.match(said.join(""), /keys are not looked for: the workspace is not trusted/);
  assert.deepEqual([...new Set(opened)], [capture]);
});

/** Each way to name another file, and the word that the refusal says it by. */
const ways: [what: string, program: string, launch: object, named: RegExp][] = [
  ["keys of a launch", capture, { keys: [sample("lossy.keys")] }, /lossy\.keys/],
  ["several keys", capture, { keys: [sample("upload.keys"), sample("lossy.keys")] }, /upload\.keys/],
  ["evidence", trace, { evidence: [sample("evidence/agrees.trace")] }, /agrees\.trace/],
  ["counters", trace, { evidence: [sample("evidence/agrees-before.txt")] }, /agrees-before\.txt/],
  ["a profile of a launch", trace, { profile: sample("my-nic.nic.json") }, /my-nic\.nic\.json/],
  ["one to compare with", trace, { compare: [sample("my-nic.nic.json")] }, /my-nic\.nic\.json/],
];

for (const [what, program, launch, named] of ways)
  test(`${what}: refused by name, and not opened`, async () => {
    const { environment, opened } = watched(program);
    const client = session(environment);
    await client.ask("initialize", {});
    const refusal = await client.refused("launch", { program, ...launch });
    assert.match(refusal, named);
    assert.match(refusal, /is not read: the workspace is not trusted/);
    assert.deepEqual(
      opened.filter((file) => file !== program),
      [],
    );
  });

test("a profile that a trace names is not opened: its line says so", async () => {
  const program = sample("my-nic.tlstrace");
  const { environment, opened } = watched(program);
  const client = session(environment);
  await client.launch({ program });
  const said = client.told("output").map(({ output }) => output);
  assert.match(said.join(""), /my-nic\.nic\.json is not read: the workspace is not trusted/);
  assert.deepEqual([...new Set(opened)], [program]);
});
