import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { fromHex, toHex } from "./hex.ts";
import { expandLabel, keys12, keys13, nextSecret, prf } from "./secrets.ts";

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(" ", ""))!;

test("TLS 1.3 keys of RFC 8448 §3: the server's handshake and application traffic", () => {
  const handshake = bytes("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
  const keys = keys13("sha256", "aes-128-gcm", handshake);
  assert.equal(toHex(keys.key), "3fce516009c21727d0f2e4e86ee403bc");
  assert.equal(toHex(keys.salt) + toHex(keys.iv), "5d313eb2671276ee13000b30");
  const application = bytes("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
  assert.equal(toHex(keys13("sha256", "aes-128-gcm", application).key), "9f02283b6c9c07efc26bb9f2ac92e356");
});

test("HKDF-Expand-Label and the next secret agree with another implementation of HKDF's last step", () => {
  for (const [hash, size] of [
    ["sha256", 32],
    ["sha384", 48],
  ] as const) {
    const secret = Uint8Array.from({ length: size }, (_, i) => 7 * i);
    const label = Buffer.from("tls13 traffic upd");
    const info = Buffer.concat([Buffer.from([0, size, label.length]), label, Buffer.from([0, 1])]);
    const expected = createHmac(hash, secret).update(info).digest("hex");
    assert.equal(toHex(nextSecret(hash, secret)), expected);
    assert.equal(toHex(expandLabel(hash, secret, "traffic upd", size)), expected);
  }
});

test("the TLS 1.2 PRF: the known answer for SHA-256 that implementers exchanged", () => {
  // https://mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms/
  const secret = bytes("9bbe436ba940f017b17652849a71db35");
  const seed = bytes("a0ba9f936cda311827a6f796ffd5198c");
  const expected =
    "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af" +
    "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701" +
    "87347b66";
  assert.equal(toHex(prf("sha256", secret, "test label", seed, 100)), expected);
});

test("a key block is cut into client key, server key, client iv, server iv", () => {
  const [master, client, server] = [48, 32, 32].map((size) => new Uint8Array(size).fill(size));
  const block = toHex(prf("sha384", master!, "key expansion", new Uint8Array([...server!, ...client!]), 72));
  const [mine, theirs] = keys12("sha384", "aes-256-gcm", master!, client!, server!);
  assert.equal(toHex(mine.key) + toHex(theirs.key) + toHex(mine.salt) + toHex(theirs.salt), block);
  const [chacha] = keys12("sha256", "chacha20-poly1305", master!, client!, server!);
  assert.deepEqual([chacha.key.length, chacha.salt.length, chacha.iv.length], [32, 0, 12]);
});
