import assert from "node:assert/strict";
import { test } from "node:test";
import { children, sample, session } from "../../test/dap-session.ts";

// The sample's walk (session.test.ts): at its first out-of-order transmit the driver expects 2896 of the stream that
// starts at 4294960000, which is 4294962896 on the wire: 2^32 - 4400: 0xb50 and 0xffffeed0.
const program = sample("retransmission-in-record.tlstrace");

const shown = async (client: ReturnType<typeof session>, scope: string, name: string, args: object = {}) =>
  (await children(client, scope, args)).find((each) => each.name === name)!.value;

test("a request that asks for hexadecimal gets it, and no other one does", async () => {
  const client = session();
  await client.start({ program });
  assert.equal(await shown(client, "Driver", "expectedSeq"), "2896 (4294962896)");
  assert.equal(await shown(client, "Driver", "expectedSeq", { format: { hex: true } }), "0xb50 (0xffffeed0)");
  assert.equal(await shown(client, "Driver", "expectedSeq"), "2896 (4294962896)");
  const evaluated = async (expression: string, format?: object) =>
    (await client.ask("evaluate", { expression, context: "watch", format })).result;
  assert.equal(await evaluated("packet.length", { hex: true }), "0x8b9f");
  assert.equal(await evaluated("packet.length - 35800", { hex: true }), "-0x39");
  assert.equal(await evaluated("records[1]", { hex: true }), "0x0:0x401d(0x401d) application_data");
  assert.equal(await evaluated("packet.outOfOrder", { hex: true }), "true");
});

test("numbers of the wire come first where somebody says so, and views are told", async () => {
  const client = session();
  await client.start({ program }, ["out-of-order"], { supportsInvalidatedEvent: true });
  const type = async (expression: string) =>
    (await client.ask("evaluate", { expression, context: "repl" })).result;
  const invalidated = () => client.events.filter(({ event }) => event === "invalidated");
  assert.equal(await type("numbers absolute"), "sequence numbers are as on the wire, in decimal");
  assert.deepEqual(
    invalidated().map(({ body }) => body),
    [{ areas: ["stacks", "variables"] }],
  );
  assert.equal(await shown(client, "Driver", "expectedSeq"), "4294962896 (2896)");
  // The record lies across the end of the numbers: it begins at 4294960000, 16413 further is 9117 (mod 2^32).
  assert.match(await client.value("records[1]"), /^4294960000:9117\(16413\) /);
  await type("numbers hex relative");
  assert.equal(await client.value("packet.length"), "0x8b9f");
  const refused = await client.refused("evaluate", { expression: "numbers relative hx", context: "repl" });
  assert.match(refused, /did you mean "hex"/);
  assert.equal(await type("numbers"), "sequence numbers are relative to the offload start, in hexadecimal");
  await type("numbers decimal");
  assert.equal(await client.value("packet.length"), "35743");
  assert.equal(invalidated().length, 3);

  const plain = session();
  await plain.start({ program });
  await plain.ask("evaluate", { expression: "numbers hex", context: "repl" });
  assert.deepEqual(
    plain.events.filter(({ event }) => event === "invalidated"),
    [],
  );
});

test("a value is set as it is shown: in hexadecimal, and as on the wire, across the end of the numbers, too", async () => {
  const client = session();
  await client.start({ program }, ["out-of-order"], { supportsStartDebuggingRequest: true });
  const numbers = (style: string) =>
    client.ask("evaluate", { expression: `numbers ${style}`, context: "repl" });
  // The stream starts at 4294960000: 4294964344 on the wire is its byte 4344, and 0, behind 4294967295, its byte 7296.
  for (const [style, written, line] of [
    ["decimal relative", "4344", "4344"],
    ["decimal relative", "0x10f8 (0xfffff478)", "4344"],
    ["decimal absolute", "4294964344 (4344)", "4344"],
    ["hex absolute", "0xfffff478", "4344"],
    ["hex absolute", "0x0 (0x1c80)", "7296"],
    ["decimal absolute", "4294959999", "-1"],
  ] as const) {
    await numbers(style);
    const scope = (await client.scopes()).get("Driver")!;
    const { variablesReference } = scope;
    await client.ask("setVariable", { variablesReference, name: "expectedSeq", value: written });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { edits } = client.asked.at(-1)!.arguments.configuration as { edits: string[] };
    assert.match(edits.at(-1)!, /set driver\.expectedSeq = /);
    const made = edits.at(-1)!.replace(/^.*= (\S+).*$/, "$1");
    assert.equal(Number(made), Number(line), `${style}: ${written}`);
  }
  client.session.dispose();
});
