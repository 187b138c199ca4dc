import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { damaged } from "../../test/damage/damages.ts";
import { byteOf, fileBeside, flippedBit, flippedCapture } from "../../test/damage/flipped.ts";
import { sentBy } from "../../test/damage/reading.ts";
import { type Content, sessionOf, suites } from "../../test/damage/sealed-session.ts";
import { captureOf } from "../../test/damage/tcp-capture.ts";
import { children, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

type Kind = "plaintext" | "placeholder" | "wire" | "captured" | "expected";

/** Bytes of a connection from the offload start on, by readMemory alone, as an editor asks for them. */
async function read(
  client: DapClient,
  threadId: number,
  kind: Kind,
  at: number,
  count: number,
): Promise<Buffer> {
  const rows = await children(client, "Memory (sequence space)", {}, threadId);
  const { memoryReference } = rows.find(({ name }) => name === kind)!;
  const { data = "" } = await client.ask("readMemory", { memoryReference, offset: at, count });
  return Buffer.from(data, "base64");
}

/** The frame's TCP payload in the sample's file: all its frames carry 1448 bytes behind 66 of headers (tshark). */
function payloadOf(file: Buffer, frame: number): Buffer {
  let at = 24;
  for (let n = 1; n < frame; n++) at += 16 + file.readUInt32LE(at + 8);
  return file.subarray(at + 16 + 66, at + 16 + 66 + 1448);
}

const flip = { frame: 58, fromEnd: 100 };
const [recordAt, recordLength, wrongAt] = [32826, 16413, 45978];

test("a damaged record is read as captured and as it must be; the two differ in the wrong byte alone", async () => {
  const program = flippedCapture("flip58", flip);
  const client = session();
  await client.launch({ program });
  const { threadId = 1 } = await client.moves("configurationDone", {});
  const captured = await read(client, threadId, "captured", recordAt, 13252 + 100);
  const expected = await read(client, threadId, "expected", recordAt, recordLength);
  assert.equal(expected.length, recordLength);
  assert.equal(captured.length, 13252 + 100, "what comes behind this packet was captured, too");
  const differing = [...captured.keys()].filter((i) => captured[i] !== expected[i]);
  assert.deepEqual(differing, [wrongAt - recordAt]);
  assert.deepEqual(
    [captured[wrongAt - recordAt], expected[wrongAt - recordAt]],
    [byteOf(flip) ^ flippedBit, byteOf(flip)],
  );
  // The packet's bytes, read from the file by hand; right ones from the sample that nobody damaged. It begins at 44630.
  const at = 44630 - recordAt;
  assert.deepEqual(captured.subarray(at, at + 1448), payloadOf(readFileSync(program), 58));
  const sample = readFileSync("media/samples/lossy.pcap");
  assert.deepEqual(expected.subarray(at, at + 1448), payloadOf(sample, 58));
  // Nothing else is known of it: what its tag does not vouch for is neither plaintext nor wire.
  assert.equal((await read(client, threadId, "wire", recordAt, 16)).length, 0);
});

test("standing at a damaged retransmission its own bytes are read, at the original the original's", async () => {
  const again = { frame: 89, fromEnd: 100 };
  const program = flippedCapture("retx89", again);
  const file = readFileSync(program);
  for (const frame of [57, 89]) {
    const client = session();
    await client.launch({ program, startAt: `frame:${frame}` });
    const { threadId = 1 } = await client.moves("configurationDone", {});
    // Both carry 43182 to 44630.
    const captured = await read(client, threadId, "captured", 43182, 1448);
    assert.deepEqual(captured, payloadOf(file, frame), `frame ${frame}`);
    const expected = await read(client, threadId, "expected", 43182, 1448);
    assert.deepEqual(expected, payloadOf(file, 57));
  }
});

test("a value that is about a wrong byte opens as memory there: captured beside expected", async () => {
  const client = session();
  await client.launch({ program: flippedCapture("flip58", flip) });
  const { threadId } = await client.moves("configurationDone", {});
  const [wrong] = await children(client, "Packet", {}, threadId);
  const rows = (await client.ask("variables", { variablesReference: wrong!.variablesReference })).variables;
  for (const [name, byte] of [
    ["captured", byteOf(flip) ^ flippedBit],
    ["expected", byteOf(flip)],
  ] as const) {
    const { memoryReference } = rows.find((row) => row.name === name)!;
    const { data } = await client.ask("readMemory", { memoryReference, count: 1 });
    assert.deepEqual([...Buffer.from(data!, "base64")], [byte], name);
  }
});

// Sealed and damaged by the primitives of node:crypto alone; what must stand there is what an unbroken NIC had sent.
test("a leaked record, and one under a wrong number: what should have left is known, and by how much it differs", async () => {
  for (const suite of suites)
    for (const kind of ["plaintext", "off by 9"] as const) {
      const what = `${suite.name}: ${kind}`;
      const made = sessionOf(suite);
      const contents = [700, 1200, 900, 400].map(
        (size, i): Content => ({
          type: 23,
          sn: made.first + BigInt(i),
          bytes: Buffer.from(`{"row": ${i}, "says": "text, that reads as such"} `.repeat(40)).subarray(
            0,
            size,
          ),
        }),
      );
      const sent = { session: made, contents, isAll: false };
      const [right, broken] = [new Set<number>(), new Set([2])].map((targets) =>
        damaged(sent, kind, targets).map(({ bytes }) => bytes),
      );
      const name = what.replace(/\W+/g, "-");
      const program = fileBeside(`${name}.pcap`, captureOf(sentBy(made, Buffer.concat(broken!)).packets));
      const keys = fileBeside(`${name}.keys`, made.keyLog);
      const client = session();
      await client.launch({ program, keys });
      const { threadId = 1 } = await client.moves("configurationDone", {});
      const at = right![0]!.length + right![1]!.length;
      const { length } = right![2]!;
      assert.deepEqual(await read(client, threadId, "captured", at, length), broken![2], what);
      assert.deepEqual(await read(client, threadId, "expected", at, length), right![2], what);
      const differing = [...broken![2]!.keys()].filter((i) => broken![2]![i] !== right![2]![i]);
      const told = client.told("output")[1]!.output;
      assert.match(told, new RegExp(`the first of ${differing.length} wrong; `), what);
      assert.match(told, new RegExp(`: byte ${at + differing[0]!} \\(`), what);
      assert.match(told, kind === "plaintext" ? /left as plaintext/ : /had a wrong record number/, what);
    }
});
