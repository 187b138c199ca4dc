/** What a browser looks into of a capture that is compressed: whether it brings its keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bringsSecrets } from "../trace/keys/beside.ts";
import { inflatedHead } from "./gunzip.ts";

/** A block of pcapng: type, length, body, length again (draft-ietf-opsawg-pcapng, “General Block Structure”). */
function block(type: number, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length + 12);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(type);
  return Buffer.concat([head, length, body, length]);
}
const section = block(0x0a0d0d0a, Buffer.from("4d3c2b1a01000000ffffffffffffffff", "hex"));
const secrets = block(0x0a, Buffer.from("4b534c540400000041424344", "hex"));
const packets = Array.from({ length: 4000 }, (_, i) => block(6, Buffer.alloc(1400, `${i} ${i * i}`)));

test("secrets at a capture's beginning are found in it as it is, compressed, and cut short", async () => {
  for (const [blocks, has] of [
    [[section, secrets, ...packets], true],
    [[section, ...packets], false],
  ] as const) {
    const plain = Buffer.concat(blocks);
    const packed = gzipSync(plain, { level: 1 });
    assert.ok(packed.length > 1 << 16, `${packed.length}`);
    for (const bytes of [plain, packed, packed.subarray(0, 40_000)])
      assert.equal(bringsSecrets(await inflatedHead(new Uint8Array(bytes))), has);
  }
  assert.equal(bringsSecrets(await inflatedHead(new Uint8Array([0x1f, 0x8b, 8, 0, 1]))), false);
});
