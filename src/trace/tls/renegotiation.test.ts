import assert from "node:assert/strict";
import { createCipheriv, createHmac } from "node:crypto";
import { test } from "node:test";
import { ethernet, ipv4, joined, pcap, tcp, u16be, u32be } from "../../test/capture-builder.ts";
import { readBytes, recordsOf } from "../../test/captures.ts";
import { Authenticated } from "../trace.ts";

/** TLS 1.2 sessions made with node:crypto after RFC 5246 and RFC 5288, one renegotiated inside the other. */
const hmac = (key: Uint8Array, data: Uint8Array) => createHmac("sha256", key).update(data).digest();

function keyBlock(master: Uint8Array, client: Uint8Array, server: Uint8Array): Uint8Array {
  const seed = joined(Buffer.from("key expansion"), server, client);
  let a: Uint8Array = seed;
  const blocks: Uint8Array[] = [];
  for (let i = 0; i < 2; i++) {
    a = hmac(master, a);
    blocks.push(hmac(master, joined(a, seed)));
  }
  return joined(...blocks);
}

const record = (type: number, body: Uint8Array) => joined([type, 3, 3], u16be(body.length), body);

/** Seals records of one direction: 0 = client. */
function sealer(block: Uint8Array, direction: number) {
  let sn = 0;
  return (type: number, content: Uint8Array): Uint8Array => {
    const nonce = [0, 0, 0, 0, ...u32be(sn++)];
    const key = block.subarray(16 * direction, 16 * direction + 16);
    const iv = joined(block.subarray(32 + 4 * direction, 36 + 4 * direction), nonce);
    const cipher = createCipheriv("aes-128-gcm", key, iv);
    cipher.setAAD(joined(nonce, [type, 3, 3], u16be(content.length)));
    return record(type, joined(nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()));
  };
}

const bytes = (value: number, length = 32) => new Uint8Array(length).fill(value);
const message = (type: number, body: Uint8Array) => joined([type, 0], u16be(body.length), body);
const clientHello = (random: Uint8Array) =>
  message(1, joined([3, 3], random, [0], [0, 2, 0xc0, 0x2f], [1, 0]));
const serverHello = (random: Uint8Array) => message(2, joined([3, 3], random, [0, 0xc0, 0x2f, 0]));
const finished = message(20, bytes(7, 12));
const changeCipherSpec = Uint8Array.of(1);

/** What one side sends: its handshake, data, a second handshake inside, data. */
function sent(
  direction: number,
  hello: (random: Uint8Array) => Uint8Array,
  blocks: Uint8Array[],
  randoms: Uint8Array[],
) {
  const [first, second] = blocks.map((block) => sealer(block, direction));
  return joined(
    record(22, hello(randoms[0]!)),
    record(20, changeCipherSpec),
    first!(22, finished),
    first!(23, Buffer.from("before")),
    first!(22, hello(randoms[1]!)),
    first!(20, changeCipherSpec),
    second!(22, finished),
    second!(23, Buffer.from("after")),
  );
}

function capture(masters: Uint8Array[]) {
  const [clients, servers] = [
    [bytes(1), bytes(2)],
    [bytes(3), bytes(4)],
  ];
  const blocks = masters.map((master, i) => keyBlock(master, clients[i]!, servers[i]!));
  const [up, down] = [sent(0, clientHello, blocks, clients), sent(1, serverHello, blocks, servers)];
  const back = { source: [10, 0, 0, 2], destination: [10, 0, 0, 1] };
  const frames = [
    ipv4(tcp({ flags: "S", seq: 999 })),
    ipv4(tcp({ flags: "SA", from: 443, to: 40000, seq: 4999, ack: 1000 }), back),
    ipv4(joined(tcp({ seq: 1000 }), up)),
    ipv4(joined(tcp({ from: 443, to: 40000, seq: 5000 }), down), back),
  ];
  return pcap(frames.map((frame) => ({ bytes: ethernet(frame) })));
}

const line = (random: Uint8Array, master: Uint8Array) =>
  `CLIENT_RANDOM ${Buffer.from(random).toString("hex")} ${Buffer.from(master).toString("hex")}`;

test("records after a renegotiation authenticate if the key log has its secret, else they have no verdict", async () => {
  const masters = [bytes(8, 48), bytes(9, 48)];
  const file = capture(masters);
  const lines = [line(bytes(1), masters[0]!), line(bytes(2), masters[1]!)];
  const { yes, unknown } = Authenticated;
  for (const [keyLogs, later] of [
    [lines, yes],
    [lines.slice(0, 1), unknown],
  ] as const) {
    const trace = await readBytes({ bytes: file, keyLogs: [keyLogs.join("\n")], cryptoInfos: [] });
    for (const connection of [0, 1]) {
      const seen = recordsOf(trace, connection).map(({ type, epoch, authenticated }) => [
        type,
        epoch,
        authenticated,
      ]);
      const before = [
        [23, 0, yes],
        [22, 0, yes],
        [20, 0, yes],
      ];
      assert.deepEqual(seen, [...before, [22, 1, later], [23, 1, later]]);
    }
  }
});
