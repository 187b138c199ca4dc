import assert from "node:assert/strict";
import { test } from "node:test";
import { children, sample, session, textEnvironment } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

// The sample's walk (session.test.ts): the driver expects 2896 from event 3 (line 6) until event 5 (line 8) makes it 40087.
const program = sample("retransmission-in-record.tlstrace");

async function lines(client: DapClient, scope: string, name: string): Promise<(number | string)[]> {
  const variable = (await children(client, scope)).find((each) => each.name === name)!;
  const references = [variable.declarationLocationReference, variable.valueLocationReference];
  const answers = [];
  for (const locationReference of references) {
    const { success, body, message } = await client.send("locations", { locationReference });
    answers.push(success ? body.line : message!);
  }
  return answers;
}

test("a value's declaration is what changed it last, its value's place what changes it next", async () => {
  const client = session();
  await client.start({ program });
  assert.deepEqual(await lines(client, "Driver", "expectedSeq"), [6, 8]);
  // Line 15 goes on in order from 1448's retransmission on line 14; line 16 changes nothing of the driver's.
  await client.ask("evaluate", { expression: "goto end", context: "repl" });
  const [last, next] = await lines(client, "Driver", "expectedSeq");
  assert.equal(last, 15);
  assert.equal(next, "driver.expectedSeq stays as it is");
});

test("what is the same everywhere has no place, and every reference given is answered", async () => {
  const client = session();
  await client.start({ program });
  const mss = await client.ask("evaluate", { expression: "tcp.mss", context: "watch" });
  assert.equal(mss.valueLocationReference, undefined);
  let answered = 0;
  for (const [scope] of await client.scopes())
    for (const variable of await children(client, scope))
      for (const locationReference of [
        variable.declarationLocationReference,
        variable.valueLocationReference,
      ]) {
        if (locationReference === undefined) continue;
        const { success, body, message } = await client.send("locations", { locationReference });
        assert.ok(success ? body.line >= 4 : / as it /.test(message!), `${variable.name}: ${message}`);
        answered++;
      }
  assert.ok(answered > 60, `${answered} references`);
});

test("the clipboard gets a whole value: a packet as its line, a group as JSON", async () => {
  const client = session();
  await client.start({ program });
  const copied = async (expression: string) =>
    (await client.ask("evaluate", { expression, context: "clipboard" })).result;
  assert.match(await copied("packet"), /^\+0 +web > 4344:40087\(35743\)/);
  assert.equal(await copied("driver.expectedSeq"), "2896 (4294962896)");
  const records = JSON.parse(await copied("records"));
  assert.equal(records.items.length, 4);
  assert.match(records.items[1].value, /^0:16413\(16413\)/);
  assert.equal(JSON.parse(await copied("packet.length + 0")), 35_743);
});

test("a client that shows memory is told what a move changes of what it has read", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, [], {
    ...{ supportsMemoryReferences: true, supportsMemoryEvent: true },
  });
  const memories = await children(client, "Memory (sequence space)");
  const { memoryReference } = memories.find(({ name }) => name === "wire")!;
  // Nothing is pushed before the first write: all is unreadable, until the write's records are.
  await client.ask("readMemory", { memoryReference, offset: 0, count: 16 });
  const told = () => client.events.filter(({ event }) => event === "memory").map(({ body }) => body);
  await client.moves("next");
  await client.ask("threads");
  assert.deepEqual(told(), [{ memoryReference, offset: 0, count: 16 }]);
  await client.moves("next");
  await client.moves("next");
  await client.ask("threads");
  assert.equal(told().length, 1);
  await client.moves("evaluate", { expression: "goto start", context: "repl" });
  await client.moves("evaluate", { expression: "rout", context: "repl" });
  await client.ask("threads");
  assert.equal(told().length, 2);
});

const failing = `device eth0 profile=connectx
connection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0
+0 web send 100
+0 web > 0:50(50)
+0 web > 60:100(40)
  expect no out-of-order
`;

test("what is wrong is red for who shows colours, and plain for who does not", async () => {
  for (const supportsANSIStyling of [true, false]) {
    const client = session(textEnvironment(failing));
    await client.start({ program: "/failing.tlstrace", startAt: "entry" }, [], { supportsANSIStyling });
    const outputs = client.told("output");
    const wrong = outputs.filter(({ category }) => category === "stderr");
    assert.ok(wrong.length > 0);
    for (const { output } of wrong)
      assert.equal(
        output.startsWith("\x1b[31m") && output.endsWith("\x1b[0m\n"),
        supportsANSIStyling,
        output,
      );
    for (const { category, output } of outputs)
      if (category === "stdout") assert.ok(!output.includes("\x1b"), output);
  }
});

test("a restart takes what of the launch arguments is other now, and keeps the rest", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" });
  assert.match((await client.moves("restart", { arguments: { startAt: "end" } })).place, /^event 9 of 9/);
  await client.moves("restart", { arguments: { profile: "innova" } });
  assert.match((await client.moves("restart", {})).place, /^event 9 of 9/);
  await client.moves("restart", { arguments: { startAt: "firstOutOfOrder" } });
  // Innova resynchronises by a SYNC packet (media/docs/kernel.md, 5.1).
  await client.moves("evaluate", { expression: "find descriptors.recordSn == 1", context: "repl" });
  assert.match(await client.value("descriptors"), /SYNC/);
  assert.match(await client.refused("restart", { arguments: { startAt: "nowhere" } }), /startAt/);
  assert.match(await client.refused("restart", { arguments: "x" }), /launch arguments/);
  assert.match(await client.value("descriptors"), /SYNC/);
});
