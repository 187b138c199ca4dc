import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordKeys } from "../../core/base/record.ts";
import { seq } from "../../core/base/seq.ts";
import { fileVerdict } from "../../judge/verdict.ts";
import { session } from "../../test/bench/tls-session.ts";
import { joined } from "../../test/capture-builder.ts";
import { readBytes } from "../../test/captures.ts";
import { type DialogueForm, dialogue, ends, type Turn } from "../../test/dialogue.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import type { CryptoInfo } from "../keys/crypto-info.ts";
import type { Install } from "./context.ts";

const suites = [
  [0x0303, "aes-128-gcm"],
  [0x0304, "aes-128-gcm"],
  [0x0304, "chacha20-poly1305"],
] as const;
type Suite = (typeof suites)[number];

const recordSize = 700;
const recordsSent = 6;

/** A connection whose server sends records of which these are damaged, and the crypto_info of the server's direction. */
function connection([version, cipher]: Suite, seed: number, damaged: readonly number[], form?: DialogueForm) {
  const { flights, server } = session(version, seeded(seed), cipher);
  const isn = form?.isns?.[1] ?? 5000;
  const before = flights.filter(({ from }) => from === 1).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const recSeq = version === 0x0303 ? 1n : 0n;
  const records = Array.from({ length: recordsSent }, (_, i) => {
    const record = server.seal(23, new Uint8Array(recordSize).fill(i));
    return damaged.includes(i) ? record.with(300, record[300]! ^ 1) : record;
  });
  // The explicit nonce of record 1 is where the kernel counts from.
  const iv = version === 0x0303 ? records[0]!.slice(5, 13) : server.keys.iv;
  const keys: RecordKeys = { ...server.keys, iv };
  const info: CryptoInfo = {
    ends: { source: ends[1], destination: ends[0] },
    version,
    cipher,
    keys,
    later: [],
    recSeq,
    startSeq: null,
  };
  const turns: Turn[] = [
    ...flights.map(({ from, bytes }): Turn => [from, bytes]),
    ...records.map((bytes): Turn => [1, bytes]),
  ];
  return { bytes: dialogue(turns, form), info, install: { startSeq: seq(isn + 1 + before), recSeq } };
}

async function judged(bytes: Uint8Array, cryptoInfos: CryptoInfo[], installs: Install[] = []) {
  const trace = await readBytes({ bytes, keyLogs: [], cryptoInfos }, { installs });
  const streams = trace.streams.filter(({ name }) => name.startsWith(ends[1]));
  const { verdict, share } = fileVerdict(trace, streams, {
    requireAll: false,
    evidence: null,
    keys: [],
    wrongByModel: 0,
    expected: null,
  });
  return [verdict, share.records, share.authenticated];
}

for (const suite of suites) {
  const name = suite.join(" ").replace("771", "1.2").replace("772", "1.3");

  test(`${name}: a crypto_info that does not say where records start hides no damage before the first that fits`, async () => {
    const all = [
      [[], "right"],
      [[0], "wrong"],
      [[0, 1, 2], "wrong"],
      [[3], "wrong"],
    ] as const;
    for (const [damaged, verdict] of all) {
      const { bytes, info } = connection(suite, 1, damaged);
      for (const ends of [info.ends, null])
        assert.deepEqual(
          await judged(bytes, [{ ...info, ends }]),
          [verdict, recordsSent, recordsSent - damaged.length],
          `${damaged}, ${ends ? "named" : "nameless"}`,
        );
    }
  });

  test(`${name}: where a kernel's install says that records start, they do`, async () => {
    const all = [0, 1, 2, 3, 4, 5];
    const { bytes, info, install } = connection(suite, 1, all);
    assert.deepEqual(await judged(bytes, [info]), ["unchecked", 0, 0]);
    const others = [
      { ...install, startSeq: seq(install.startSeq + 1) },
      { ...install, recSeq: install.recSeq + 7n },
    ];
    assert.deepEqual(await judged(bytes, [info], others), ["unchecked", 0, 0]);
    assert.deepEqual(await judged(bytes, [info], [...others, install]), ["wrong", recordsSent, 0]);
  });

  test(`${name}: of several keys for the same addresses, or for none, each connection has its own`, async () => {
    const connections = [0, 1, 2].map((i) =>
      connection(suite, 1 + i, i === 1 ? [2] : [], { isns: [1000 + i * 1_000_000, 5000 + i * 10_000_000] }),
    );
    const bytes = joined(...connections.map((one, i) => one.bytes.subarray(i === 0 ? 0 : 24)));
    const named = connections.map(({ info }) => info).reverse();
    for (const infos of [named, named.map((info) => ({ ...info, ends: null }))])
      assert.deepEqual(await judged(bytes, infos), ["wrong", 3 * recordsSent, 3 * recordsSent - 1]);
  });
}
