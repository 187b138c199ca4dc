import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";
import type { Carrier } from "./going.ts";

test("a number of the wire is none of the file: goto leads to the packets that carry it, one behind the other", async () => {
  const client = session();
  await client.start({ program: sample("retransmission-in-record.tlstrace"), startAt: "entry" });
  // The stream begins at 4294960000: byte 1448 there is 4294961448, and 1448 is byte 8744. Both copies, then the first again.
  for (const [seq, line] of [
    [4294961448, 6],
    [4294961448, 12],
    [4294961448, 6],
    [1448, 8],
  ] as const) {
    const [carrier, ...more] = await streamsWith(client, seq);
    assert.deepEqual([carrier!.threadId, carrier!.name, more], [1, "web", []]);
    await client.moves("goto", carrier!);
    assert.equal((await client.stack())[0]!.line, line, `byte ${seq}`);
  }
  for (const seq of [4294959999, 32791]) assert.deepEqual(await streamsWith(client, seq), []);
});

test("every stream with the byte is named, whatever it is called", async () => {
  const client = session();
  await client.start({ program: sample("payload-max.tlstrace"), startAt: "entry" });
  // Both begin at 1000000.
  const streams = await streamsWith(client, 1000000);
  assert.deepEqual(
    streams.map(({ threadId, name }) => [threadId, name]),
    [
      [1, "web"],
      [2, "all"],
    ],
  );
  for (const carrier of streams) {
    await client.moves("goto", carrier);
    assert.match(await client.value("packet.event"), new RegExp(`${carrier.name} > 0:`));
  }
});

const streamsWith = async (client: DapClient, seq: number): Promise<Carrier[]> =>
  ((await client.ask("carriers", { seq })) as { streams: Carrier[] }).streams;
