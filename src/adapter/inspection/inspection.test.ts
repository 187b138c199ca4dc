import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import { children, sample, session, textEnvironment } from "../../test/dap-session.ts";
import { derivedKeys } from "../../trace/language/keystream.ts";

const program = sample("retransmission-in-record.tlstrace");
const two = `device eth0 profile=connectx mtu=1500
connection a device=eth0 version=1.2 cipher=aes-128-gcm seq=1000 rec_seq=0
connection b device=eth0 version=1.2 cipher=aes-128-gcm seq=2000 rec_seq=5
+0 a send 1000
+0 b send 2000
+0 a > 0:1029(1029)
+0 b > 0:1448(1448)
+0 b > 1448:2029(581)
`;

test("the call stack is the provenance: stages, the record, the write, each at its line", async () => {
  const client = session();
  await client.start({ program }, ["resync"]);
  const stack = await client.stack();
  assert.deepEqual(
    stack.map(({ name, line, canRestart }) => [name, line, canRestart]),
    [
      ["driver.resync record 1", 8, true],
      ["tls.getRecord record 1", 8, true],
      ["driver.check", 8, true],
      ["skb", 8, true],
      ["record 1, byte 4344 (payload)", 4, false],
      ["application write", 4, false],
      ["acknowledged", 16, false],
      ["released", 16, false],
    ],
  );
  assert.ok(stack.every(({ source }) => source!.path === program));
  const page = await client.ask("stackTrace", { threadId: 1, startFrame: 1, levels: 2 });
  assert.deepEqual(page.stackFrames, stack.slice(1, 3));
  // Of the stages entered alone it is only told that there are more.
  assert.equal(page.totalFrames, 5);
  assert.equal((await client.ask("stackTrace", { threadId: 1, startFrame: 1, levels: 9 })).totalFrames, 8);
});

test("an outer frame shows the state as its stage left it, the record's frame as it was pushed", async () => {
  const client = session();
  await client.start({ program }, ["resync"]);
  await client.moves("stepIn");
  const stack = await client.stack();
  const valueIn = async (name: string, expression: string) => {
    const frameId = stack.find((frame) => frame.name === name)!.id;
    return (await client.ask("evaluate", { expression, frameId, context: "watch" })).result;
  };
  assert.match(await valueIn("driver.advance", "driver.expectedSeq"), /^40087 /);
  assert.match(await valueIn("driver.check", "driver.expectedSeq"), /^2896 /);
  assert.equal(await valueIn("driver.check", "descriptors"), "nothing posted");
  // The start marker and record 1 alone.
  assert.equal(await valueIn("record 1, byte 4344 (payload)", "records.count"), "2");
});

test("restart frame goes back to where the stage was entered", async () => {
  const client = session();
  await client.start({ program }, ["resync"]);
  const stack = await client.stack();
  const frameId = stack.find(({ name }) => name === "driver.check")!.id;
  const stop = await client.moves("restartFrame", { frameId });
  assert.match(stop.text!, /Before driver\.check \(event 5 of 9, after skb, backwards\)/);
  const cause = (await client.stack()).at(-1)!.id;
  assert.match(await client.refused("restartFrame", { frameId: cause }), /only a stage/);
  assert.match(await client.refused("scopes", { frameId: 9999 }), /no stack frame 9999/);
});

test("each connection is a thread that stands behind its last event", async () => {
  const client = session(textEnvironment(two));
  await client.start({ program: "/two.tlstrace", startAt: "entry" }, []);
  assert.deepEqual((await client.ask("threads")).threads, [
    { id: 1, name: "a" },
    { id: 2, name: "b" },
  ]);
  assert.deepEqual(
    (await client.stack(2)).map(({ name }) => name),
    ["before the event"],
  );
  // Stepping stays on one connection: b's second event is the transmit of line 7.
  await client.moves("next", { threadId: 2 });
  const stop = await client.moves("next", { threadId: 2 });
  assert.equal(stop.threadId, 2);
  assert.equal((await client.stack(2))[0]!.line, 7);
  assert.equal((await client.stack(1))[0]!.line, 6);
  const [a] = await client.stack(1);
  const inA = await client.ask("evaluate", { expression: "tcp.name", frameId: a!.id, context: "watch" });
  assert.equal(inA.result, "a");
  assert.equal(await client.value("tcp.name"), "b");
  assert.match(await client.refused("stackTrace", { threadId: 3 }), /no thread 3/);
});

test("the record map is paged by its indexed children; references hold as long as the session", async () => {
  const client = session();
  await client.start({ program });
  const map = (await client.scopes()).get("Record map")!;
  assert.deepEqual([map.indexedVariables, map.namedVariables], [4, 2]);
  const ask = (args: object) =>
    client.ask("variables", { variablesReference: map.variablesReference, ...args });
  const names = async (args: object) => (await ask(args)).variables.map(({ name }) => name);
  assert.deepEqual(await names({ filter: "indexed", start: 1, count: 2 }), ["record 1", "record 2"]);
  assert.deepEqual(await names({ filter: "indexed", start: 3, count: 100 }), ["record 3"]);
  assert.deepEqual(await names({ filter: "named" }), ["count", "hint"]);
  assert.equal((await names({})).length, 6);
  assert.deepEqual((await client.scopes()).get("Record map"), map);

  // They stand for a place in time: asked from elsewhere they give the same, and the place has them again.
  const [frame] = await client.stack();
  const before = await ask({});
  await client.moves("continue");
  assert.notEqual((await client.stack())[0]!.id, frame!.id);
  assert.deepEqual(await ask({}), before);
  await client.moves("reverseContinue");
  const { scopes } = await client.ask("scopes", { frameId: frame!.id });
  assert.deepEqual(
    scopes.find(({ name }) => name === "Record map"),
    map,
  );
});

test("an editor that does not page gets the first thousand records and how to see more", async () => {
  // 1,500 records of one byte.
  const sends = "+0 web send 1\n".repeat(1500);
  const text = `device eth0 profile=connectx\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n${sends}`;
  const client = session(textEnvironment(text));
  await client.start({ program: "/many.tlstrace" }, [], { supportsVariablePaging: false });
  const rows = await children(client, "Record map");
  assert.deepEqual(rows.at(-1), {
    name: "…",
    value: "501 more: look at one as records[1000]",
    variablesReference: 0,
    presentationHint: { kind: "virtual", attributes: ["readOnly"] },
    type: "text",
  });
  assert.equal(await client.value("records[1500].sn"), "1499");
});

test("evaluate knows paths, expressions and places in the stream", async () => {
  const client = session();
  await client.start({ program });
  const evaluate = (expression: string, context: string) => client.ask("evaluate", { expression, context });
  assert.match(
    (await evaluate("1448:2896(1448)", "hover")).result,
    /^record 1, byte 1448 of 16413 \(payload\); sent 2 times, lines 6, 12/,
  );
  assert.match((await evaluate("16413", "hover")).result, /^record 2, byte 0 of 16413 \(header\)/);
  const byte = await evaluate("web 1448", "hover");
  const way = (await client.ask("variables", { variablesReference: byte.variablesReference })).variables;
  assert.deepEqual(
    way.map(({ name }: { name: string }) => name),
    ["written", "record", "sent", "sent again 1", "acknowledged", "released", "record 1"],
  );
  // Each row leads to its line: the sample's line 12 sends 1448:2896 again.
  const { valueLocationReference: locationReference } = way[3]!;
  assert.equal((await client.ask("locations", { locationReference })).line, 12);
  assert.equal((await evaluate("16413", "watch")).result, "16413");
  assert.equal((await evaluate("packet.seq - driver.expectedSeq", "repl")).result, "1448");
  assert.match((await evaluate("driver.expectedSeq", "clipboard")).result, /^2896 \(4294962896\)$/);
  const driver = await evaluate("driver", "watch");
  const { variables } = await client.ask("variables", { variablesReference: driver.variablesReference });
  assert.equal(variables[0]!.name, "expectedSeq");
  assert.match(
    await client.refused("evaluate", { expression: "colour", context: "hover" }),
    /no value "colour"/,
  );
});

test("every evaluateName gives its variable's value again", async () => {
  const client = session();
  await client.start({ program }, ["resync"]);
  const pending = [...(await client.scopes()).values()].filter(({ name }) => !name.startsWith("Changes"));
  const references = pending.map(({ variablesReference }) => variablesReference);
  let compared = 0;
  for (let reference = references.pop(); reference !== undefined; reference = references.pop()) {
    for (const variable of (await client.ask("variables", { variablesReference: reference })).variables) {
      assert.equal(await client.value(variable.evaluateName!), variable.value, variable.evaluateName);
      if (variable.variablesReference > 0) references.push(variable.variablesReference);
      compared++;
    }
  }
  assert.ok(compared > 80, `${compared} variables`);
});

test("completions continue what is typed", async () => {
  const client = session();
  await client.start({ program });
  const text = "1 + driver.exp";
  const { targets } = await client.ask("completions", { text, column: text.length + 1 });
  assert.deepEqual(targets, [{ label: "driver.expectedSeq", start: 5, length: 10, type: "property" }]);
  const roots = (await client.ask("completions", { text: "", column: 1 })).targets.map(({ label }) => label);
  assert.ok(roots.includes("records") && roots.includes("nic"));
});

test("memory is sequence space three ways, as node's own AES-GCM has it", async () => {
  const client = session();
  await client.start({ program });
  const read = async (memoryReference: string, offset: number, count: number) => {
    const { data, unreadableBytes } = await client.ask("readMemory", { memoryReference, offset, count });
    return { bytes: Buffer.from(data ?? "", "base64"), unreadableBytes };
  };
  const references = (await children(client, "Memory (sequence space)")).map(
    ({ memoryReference }) => memoryReference!,
  );
  const [plaintext, placeholder, wire] = references as [string, string, string];

  const length = 16413;
  const [clear, held, sent] = await Promise.all(
    [plaintext, placeholder, wire].map((each) => read(each, 0, length)),
  );
  // TLS 1.2: header and explicit nonce stand ahead of the content, the tag behind it (RFC 5288 §3).
  const header = Buffer.from([23, 3, 3, 0x40, 0x18]);
  const nonce = sent!.bytes.subarray(5, 13);
  assert.deepEqual(sent!.bytes.subarray(0, 5), header);
  assert.deepEqual(held!.bytes.subarray(0, 13), sent!.bytes.subarray(0, 13));
  assert.deepEqual(clear!.bytes.subarray(13, -16), held!.bytes.subarray(13, -16));
  const { key, salt } = derivedKeys("web", "aes-128-gcm");
  const cipher = createCipheriv("aes-128-gcm", key, Buffer.concat([salt, nonce]));
  // The additional data holds record number 1 and the length of the content, 16384.
  cipher.setAAD(Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 23, 3, 3, 0x40, 0]));
  const sealed = Buffer.concat([
    cipher.update(clear!.bytes.subarray(13, -16)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  assert.deepEqual(sent!.bytes.subarray(13), sealed);

  // From a record's own reference, and across the end of what is pushed.
  const record = (await children(client, "Record map", { filter: "indexed", start: 1, count: 1 }))[0]!;
  assert.deepEqual((await read(record.memoryReference!, 5, 8)).bytes, nonce);
  const end = await read(wire, 40_080, 100);
  assert.deepEqual([end.bytes.length, end.unreadableBytes], [7, 93]);
  assert.match(
    await client.refused("readMemory", { memoryReference: "0x1000", count: 1 }),
    /not a memory reference/,
  );
  assert.match(await client.refused("readMemory", { memoryReference: "c7:wire@0", count: 1 }), /no thread 8/);
});

test("a record's location is the line that pushed it", async () => {
  const client = session();
  await client.start({ program });
  const record = (await children(client, "Record map", { filter: "indexed", start: 2, count: 1 }))[0]!;
  const locationReference = record.declarationLocationReference;
  const { source, line } = await client.ask("locations", { locationReference });
  assert.deepEqual([source.path, line], [program, 4]);
  assert.match(await client.refused("locations", { locationReference: 9999 }), /value 9999 has no location/);
  assert.match(await client.refused("noSuchRequest"), /not among the capabilities/);
});

test("keys are told to be there and never shown", async () => {
  const client = session();
  await client.start({ program });
  const [key] = await children(client, "Keys (masked)");
  assert.equal(key!.value, "128 bit key, masked");
  const secret = Buffer.from(derivedKeys("web", "aes-128-gcm").key).toString("hex");
  assert.ok(!JSON.stringify(client.events).includes(secret));
});
