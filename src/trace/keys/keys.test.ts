import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCryptoInfos } from "./crypto-info.ts";
import { toHex } from "./hex.ts";
import { parseKeyLogs } from "./key-log.ts";

const random = "ab".repeat(32);

test("a key log: comments, unknown labels, CRLF, capital hex; a later line wins", () => {
  const text = [
    "# comment",
    "",
    `CLIENT_RANDOM ${random.toUpperCase()} ${"01".repeat(48)}`,
    `EXPORTER_SECRET ${random} ${"02".repeat(32)}`,
    `SERVER_TRAFFIC_SECRET_0 ${random} ${"03".repeat(48)}`,
    `CLIENT_RANDOM ${random} ${"04".repeat(48)}  `,
  ].join("\r\n");
  const { log, diagnostics } = parseKeyLogs([text]);
  assert.deepEqual(diagnostics, []);
  const secrets = log.get(random)!;
  assert.deepEqual([...secrets.keys()], ["CLIENT_RANDOM", "SERVER_TRAFFIC_SECRET_0"]);
  assert.equal(secrets.get("CLIENT_RANDOM")![0], 4);
});

test("rubbish in a key log is counted, and no secret is repeated in the message", () => {
  const secret = "5e".repeat(47);
  const text = `CLIENT_RANDOM ${random} ${secret}\nCLIENT_RANDOM zz 00\n\u0000\u0001\nhello world\nCLIENT_RANDOM`;
  const { log, diagnostics } = parseKeyLogs([text]);
  assert.equal(log.size, 0);
  assert.match(diagnostics[0]!.message, /^5 line/);
  assert.ok(!diagnostics[0]!.message.includes("5e5e"));
});

const info = {
  src: "10.0.0.1",
  sport: 1,
  dst: "fd77:0:0:0::2",
  dport: "2",
  version: "1.2",
  suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  key: "00".repeat(16),
  salt: "00".repeat(4),
  iv: "00".repeat(8),
  rec_seq: "18446744073709551615",
  tcp_seq: 4294967295,
};

test("a crypto_info: alone, in an array, under dirs; addresses in their canonical form", () => {
  for (const json of [info, [info], { dirs: [info] }]) {
    const { infos, diagnostics } = parseCryptoInfos(JSON.stringify(json));
    assert.deepEqual(diagnostics, []);
    const [read] = infos;
    assert.deepEqual(read!.ends, { source: "10.0.0.1:1", destination: "[fd77::2]:2" });
    assert.deepEqual(
      [read!.recSeq, read!.startSeq, read!.cipher],
      [(1n << 64n) - 1n, 0xffffffff, "aes-128-gcm"],
    );
  }
});

test("a 12-byte IV may be written in two pieces, as the kernel splits it or not", () => {
  const whole = { ...info, suite: "TLS_CHACHA20_POLY1305_SHA256", key: "00".repeat(32) };
  for (const [salt, iv] of [
    ["", "0102030405060708090a0b0c"],
    ["01020304", "05060708090a0b0c"],
  ]) {
    const [read] = parseCryptoInfos(JSON.stringify({ ...whole, salt, iv })).infos;
    assert.deepEqual([read!.keys.salt.length, toHex(read!.keys.iv)], [0, "0102030405060708090a0b0c"]);
  }
});

test("what is wrong with a crypto_info is said by field", () => {
  const wrong: [Partial<Record<keyof typeof info, unknown>>, RegExp][] = [
    [{ version: "1.1" }, /"version"/],
    [{ suite: "TLS_RSA_WITH_AES_128_CCM_8" }, /"suite"/],
    [{ key: "00" }, /"key" must be 16 bytes/],
    [{ salt: "zz" }, /"salt"/],
    [{ iv: 5 }, /"iv"/],
    [{ rec_seq: -1 }, /"rec_seq"/],
    [{ rec_seq: "18446744073709551616" }, /"rec_seq"/],
    [{ tcp_seq: 4294967296 }, /"tcp_seq"/],
    [{ dport: 65536 }, /"dport"/],
    [{ src: "fd77::1::2" }, /"src"/],
  ];
  for (const [change, message] of wrong) {
    const { infos, diagnostics } = parseCryptoInfos(JSON.stringify({ ...info, ...change }));
    assert.equal(infos.length, 0);
    assert.match(diagnostics[0]!.message, message);
  }
  for (const text of ["", "{", "null", "[1]"])
    assert.equal(parseCryptoInfos(text).diagnostics.length, 1, text);
});
