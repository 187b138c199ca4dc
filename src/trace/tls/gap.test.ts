import assert from "node:assert/strict";
import { test } from "node:test";
import { type SessionCipher, session } from "../../test/bench/tls-session.ts";
import { readBytes, recordsOf } from "../../test/captures.ts";
import { dialogue, type Turn } from "../../test/dialogue.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { Authenticated } from "../trace.ts";

const application = 23;

/** What the server's records are found to be: three of them, so many lost, four more. By number and whether they authenticate. */
async function foundAround(lost: number, version: 0x0303 | 0x0304, cipher: SessionCipher, damage = false) {
  const made = session(version, seeded(7), cipher);
  const one = () => made.server.seal(application, new Uint8Array(100));
  const before = [one(), one(), one()];
  made.server.skip(lost);
  const behind = [one(), one(), one(), one()];
  if (damage) behind[0]![20]! ^= 1;
  const turns: Turn[] = [
    ...made.flights.map(({ from, bytes }): Turn => [from, bytes]),
    ...before.map((bytes): Turn => [1, bytes]),
    [1, lost * before[0]!.length],
    ...behind.map((bytes): Turn => [1, bytes]),
  ];
  const trace = await readBytes({ bytes: dialogue(turns), keyLogs: [made.keyLog], cryptoInfos: [] });
  const { connection } = trace.streams[1]!;
  const first = trace.connections[connection]!.recSeq0;
  const numbers = new Map(trace.recordSns);
  let number = first;
  return recordsOf(trace, connection).map(({ event, snUnknown, authenticated }) => {
    number = numbers.get(event) ?? number;
    const is = snUnknown ? null : Number(number - first);
    number++;
    return [is, authenticated === Authenticated.yes];
  });
}

const whole = (...numbers: number[]) => numbers.map((number) => [number, true]);

for (const version of [0x0303, 0x0304] as const) {
  const name = version === 0x0303 ? "1.2" : "1.3";
  for (const cipher of ["aes-128-gcm", "chacha20-poly1305", "aes-128-ccm"] as const) {
    test(`TLS ${name} ${cipher}: behind 3,000 lost records all are found with their numbers`, async () => {
      const found = await foundAround(3000, version, cipher);
      assert.deepEqual(found, whole(0, 1, 2, 3003, 3004, 3005, 3006));
    });
  }

  test(`TLS ${name}, AES-GCM: a tag tells its number behind any gap`, async () => {
    const found = await foundAround(5_000_000, version, "aes-128-gcm");
    assert.deepEqual(found, whole(0, 1, 2, 5_000_003, 5_000_004, 5_000_005, 5_000_006));
  });

  test(`TLS ${name}: more lost records than can be tried: the map goes on without numbers`, async () => {
    const found = await foundAround(2_000_000, version, "chacha20-poly1305");
    assert.deepEqual(found.slice(0, 3), whole(0, 1, 2));
    assert.deepEqual(
      found.slice(3),
      [0, 1, 2, 3].map(() => [null, false]),
    );
  });

  test(`TLS ${name}: numbers are found behind a damaged record, too`, async () => {
    const found = await foundAround(3000, version, "aes-128-gcm", true);
    assert.deepEqual(found.slice(-3), whole(3004, 3005, 3006));
  });
}
