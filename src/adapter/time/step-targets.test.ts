import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session, textEnvironment } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

const program = sample("tso-many-records.tlstrace");

async function targetsOf(client: DapClient) {
  const [frame] = await client.stack();
  return (await client.ask("stepInTargets", { frameId: frame!.id })).targets;
}

test("a segment of four records is stepped into by record or by packet on the wire", async () => {
  const client = session();
  await client.start({ program, startAt: "entry", profile: "chelsio-t6" }, []);
  await client.moves("next");
  // Behind the write: the segment is ahead. 60116 bytes at 1448 each are 42 packets; records end as the sample says.
  const targets = await targetsOf(client);
  assert.deepEqual(
    targets.slice(0, 5).map(({ label }) => label),
    [
      "record 0: 0:16413(16413)",
      "record 1: 16413:32826(16413)",
      "record 2: 32826:49239(16413)",
      "record 3: 49239:60116(10877)",
      "packet 1 of 42: 0:1448(1448)",
    ],
  );
  assert.equal(targets.length, 4 + 42);
  assert.equal(targets.at(-1)!.label, "packet 42 of 42: 59368:60116(748)");

  // Chelsio posts a piece for each record: each is a stage of its own.
  await client.moves("stepIn", { threadId: 1, targetId: targets[2]!.id });
  const [frame] = await client.stack();
  assert.match(frame!.name, /^nic /);
  assert.match(await client.value("descriptors"), /×3$|PKT|piece/i);
  const before = await client.value("nic.expectedSeq");
  assert.match(await client.refused("stepIn", { threadId: 1, targetId: targets[0]!.id }), /is not ahead/);
  const left = await targetsOf(client);
  assert.deepEqual(
    left.slice(0, 1).map(({ label }) => label),
    ["record 3: 49239:60116(10877)"],
    before,
  );
  await client.moves("stepBack");
  assert.equal((await targetsOf(client)).length, 46);
});

test("where a NIC takes a segment whole, its records are stepped into there, and its packets where it leaves", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  await client.moves("next");
  const targets = await targetsOf(client);
  for (const [label, frame] of [
    ["record 3", /^nic PKT/],
    ["packet 30 of 42", /^wire/],
  ] as const) {
    await client.moves("goto", { threadId: 1, targetId: 2 });
    const { id } = targets.find((target) => target.label.startsWith(label))!;
    await client.moves("stepIn", { threadId: 1, targetId: id });
    assert.match((await client.stack())[0]!.name, frame, label);
  }
});

test("what carries no bytes has no targets, and a number that was never given is refused", async () => {
  const client = session();
  await client.start({ program, startAt: "end" }, []);
  assert.deepEqual(await targetsOf(client), []);
  assert.match(await client.refused("stepIn", { threadId: 1, targetId: 99_999 }), /no target 99999/);
});

const two = `device eth0 profile=connectx
connection a device=eth0 version=1.3 cipher=aes-128-gcm seq=0
connection b device=eth0 version=1.3 cipher=aes-128-gcm seq=0
+0 a send 100
+0 b send 100
+0 b > 0:50(50)
+0 b > 60:100(40)
+0 a > 0:50(50)
+0 a > 60:100(40)
`;

test("a single thread runs to its own next stop, past those of the others, both ways", async () => {
  const client = session(textEnvironment(two));
  await client.start({ program: "/two.tlstrace", startAt: "entry" }, ["out-of-order"]);
  const run = (command: string, args: object) => client.moves(command, args);
  assert.match((await run("continue", { threadId: 1, singleThread: true })).place, /^event 6 of 6/);
  assert.match((await run("reverseContinue", { threadId: 2, singleThread: true })).place, /^event 4 of 6/);
  // Without the word every stream's stops count.
  await run("goto", { threadId: 1, targetId: 1 });
  assert.match((await run("continue", { threadId: 1 })).place, /^event 4 of 6/);
  assert.match(await client.refused("continue", { threadId: 9, singleThread: true }), /no thread 9/);
});
