import assert from "node:assert/strict";
import { test } from "node:test";
import { readBytes } from "../captures.ts";
import { sentBy, verdictOf } from "./reading.ts";
import { type Session, sealed, sessionOf, suites } from "./sealed-session.ts";
import { captureOf, type Packet } from "./tcp-capture.ts";

const none = new Uint8Array(0);

function streamOf({ of, keys, first }: Session): Buffer {
  const contents = [0n, 1n, 2n, 3n].map((i) => ({
    type: 23,
    sn: first + i,
    bytes: Buffer.alloc(2500, "text "),
  }));
  return Buffer.concat(contents.map((content) => sealed(of, content, { keys, sn: content.sn })));
}

/** What is done with the packets of a stream of four records, the last two of which hold only parts of the last record. */
type Ending = (packets: Packet[], fin: Packet) => Packet[];

async function judged(session: Session, stream: Buffer, ending: Ending) {
  const { packets, from, begin } = sentBy(session, stream);
  const fin: Packet = { from: 1, at: begin + stream.length, bytes: none, isFin: true };
  const bytes = captureOf([...packets.slice(0, from), ...ending(packets.slice(from), fin)]);
  const { verdict, why, share } = verdictOf(
    await readBytes({ bytes, keyLogs: [session.keyLog], cryptoInfos: [] }),
  );
  return [verdict, why, share.authenticated];
}

const stopped: Ending = (packets) => packets;
const ended: Ending = (packets, fin) => [...packets, fin];
const endedWithBytes: Ending = (packets) => packets.with(-1, { ...packets.at(-1)!, isFin: true });
const endedTwice: Ending = (packets, fin) => [...packets, fin, fin];
const endedEarly: Ending = (packets, fin) => [...packets.slice(0, -1), fin, packets.at(-1)!];
const lacksLast: Ending = (packets, fin) => [...packets.slice(0, -1), fin];
const lacksWithin: Ending = (packets, fin) => [...packets.slice(0, -2), packets.at(-1)!, fin];

for (const of of suites)
  test(`${of.name}: a stream that its sender ends within a record is unchecked, a capture that stops there is not`, async () => {
    const session = sessionOf(of);
    const whole = streamOf(session);
    const record = whole.length / 4;
    // Bytes that the last record lacks: of its tag, of its content, of its header.
    for (const lacks of [1, 15, 16, 17, 900, record - 6, record - 5, record - 4, record - 1]) {
      const [less, what] = [whole.subarray(0, -lacks), `${lacks} bytes`];
      assert.deepEqual(await judged(session, less, stopped), ["right", null, 3], what);
      for (const ending of [ended, endedWithBytes, endedTwice, endedEarly]) {
        const [verdict, why, authenticated] = await judged(session, less, ending);
        assert.deepEqual(
          [verdict, why, authenticated],
          ["unchecked", "ends-within", 3],
          `${what}, ${ending.name}`,
        );
      }
    }
    for (const ending of [stopped, ended, endedWithBytes, endedTwice, endedEarly])
      assert.deepEqual(await judged(session, whole, ending), ["right", null, 4], ending.name);
    // What was sent was not captured: that is the capture's fault.
    for (const ending of [lacksLast, lacksWithin])
      assert.deepEqual(await judged(session, whole, ending), ["right", null, 3], ending.name);
    // Not captured either, but what was sent is too little whatever stood there.
    assert.deepEqual(await judged(session, whole.subarray(0, -1), lacksWithin), [
      "unchecked",
      "ends-within",
      3,
    ]);
  });

test("fewer bytes than a header at the end that begin none are foreign", async () => {
  const session = sessionOf(suites[0]!);
  const whole = streamOf(session);
  for (const bytes of [[0], [19], [24], [0x47, 0x45], [23, 4], [23, 3, 1], [23, 3, 3, 73], [20, 3, 3, 255]])
    for (const ending of [stopped, ended]) {
      const [verdict, , authenticated] = await judged(
        session,
        Buffer.concat([whole, Buffer.from(bytes)]),
        ending,
      );
      assert.deepEqual([verdict, authenticated], ["wrong", 4], `${bytes}, ${ending.name}`);
    }
  for (const bytes of [[20], [23, 3], [21, 3, 3], [22, 3, 3, 72]]) {
    const stream = Buffer.concat([whole, Buffer.from(bytes)]);
    assert.deepEqual(await judged(session, stream, stopped), ["right", null, 4], `${bytes}`);
    assert.deepEqual(await judged(session, stream, ended), ["unchecked", "ends-within", 4], `${bytes}`);
  }
});

/** Records of text of these lengths, the last of them an alert with this description, if any. */
function recordsOf(session: Session, sizes: readonly number[], alert?: number): Buffer[] {
  const { of, keys, first } = session;
  const contents = sizes.map((size) => ({ type: 23, bytes: Buffer.alloc(size, "text ") }));
  if (alert !== undefined) contents.push({ type: 21, bytes: Buffer.from([1, alert]) });
  return contents.map(({ type, bytes }, i) => {
    const sn = first + BigInt(i);
    return sealed(of, { type, sn, bytes }, { keys, sn });
  });
}

const without = (bytes: Buffer, at: number) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);

for (const of of suites)
  test(`${of.name}: where a record is due, bytes that are none are wrong, unless TLS was closed before them`, async () => {
    const session = sessionOf(of);
    const [one, empty, two] = recordsOf(session, [400, 0, 300]) as [Buffer, Buffer, Buffer];
    for (const at of [0, 1, 2]) {
      // No record is as short, so that its end is not where the next one begins; nor is there one behind the last.
      const damaged = [
        [one, without(empty, at), two],
        [one, empty, without(two, at)],
      ];
      for (const records of damaged)
        for (const ending of [stopped, ended])
          assert.equal((await judged(session, Buffer.concat(records), ending))[0], "wrong", `byte ${at}`);
    }
    const goOn = ["220 in the clear\r\n", "220 in the clear again, as behind FTP's CCC\r\n"];
    for (const text of goOn)
      for (const [alert, verdict] of [
        [0, "unchecked"],
        [100, "wrong"],
      ] as const) {
        const stream = Buffer.concat([...recordsOf(session, [400], alert), Buffer.from(text)]);
        assert.equal((await judged(session, stream, stopped))[0], verdict, `alert ${alert}`);
      }
  });
