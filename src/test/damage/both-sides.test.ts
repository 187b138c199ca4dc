import assert from "node:assert/strict";
import { test } from "node:test";
import { readBytes } from "../captures.ts";
import { sentBy, verdictOf } from "./reading.ts";
import { type Content, type Session, sealed, sessionOf, suites, unsealed } from "./sealed-session.ts";
import { captureOf, type Packet, packetsOf } from "./tcp-capture.ts";

const contentsOf = ({ first }: Session): Content[] =>
  Array.from({ length: 5 }, (_, i) => ({
    type: 23,
    sn: first + BigInt(i),
    bytes: Buffer.from(`line ${i}: what a log of some server says all day\n`.repeat(60)),
  }));

/** What leaves the NIC, and what goes into it. */
function bothSides(session: Session): { wire: Buffer; host: Buffer } {
  const { of, keys } = session;
  const contents = contentsOf(session);
  const host = contents.map((content) => {
    const { prepend, inner } = unsealed(of, content);
    return Buffer.concat([prepend, inner, Buffer.alloc(16)]);
  });
  const wire = contents.map((content) => sealed(of, content, { keys, sn: content.sn }));
  return { wire: Buffer.concat(wire), host: Buffer.concat(host) };
}

/** How the two sides' packets are told apart: by numbers that are the same, by the hops to where they were captured. */
interface Marks {
  isNumbered: boolean;
  hops: readonly [wire: number, host: number];
}
const marked = (packets: Packet[], isNumbered: boolean, hops: number): Packet[] =>
  packets.map((packet, i) => ({ ...packet, id: isNumbered ? 1000 + i : 0, hops }));
/** Each packet's two copies, one behind the other. */
const inTurns = (one: Packet[], other: Packet[]) => one.flatMap((packet, i) => [packet, other[i]!]);

type Order = (wire: Packet[], host: Packet[]) => Packet[];

async function judged(session: Session, { order, marks, bad }: { order: Order; marks: Marks; bad?: number }) {
  const { wire, host } = bothSides(session);
  if (bad !== undefined) wire[bad]! ^= 1;
  const { packets, from, begin } = sentBy(session, wire);
  const { isNumbered, hops } = marks;
  const sent = marked(packets.slice(from), isNumbered, hops[0]);
  const given = marked(packetsOf(1, begin, host), isNumbered, hops[1]);
  const bytes = captureOf([...packets.slice(0, from), ...order(sent, given)]);
  const trace = await readBytes({ bytes, keyLogs: [session.keyLog], cryptoInfos: [] });
  const told = trace.diagnostics.some(({ message }) => message.includes("before and behind a NIC"));
  return { ...verdictOf(trace), told };
}

for (const of of suites)
  test(`${of.name}: a file with the packets of both sides of a NIC is never right, nor wrong for that`, async () => {
    const session = sessionOf(of);
    const inTurn: Order[] = [(wire, host) => inTurns(wire, host), (wire, host) => inTurns(host, wire)];
    // One side behind the other, many milliseconds late.
    const orders: Order[] = [
      ...inTurn,
      (wire, host) => [...host, ...wire],
      (wire, host) => [...wire, ...host],
    ];
    const elsewhere = [63, 64] as const;
    const cases: [Marks, Order[]][] = [
      [{ isNumbered: true, hops: elsewhere }, orders],
      [{ isNumbered: false, hops: elsewhere }, orders],
      [{ isNumbered: true, hops: [64, 64] }, orders],
      [{ isNumbered: false, hops: [64, 64] }, inTurn],
    ];
    for (const [marks, some] of cases) {
      for (const order of some) {
        const { verdict, why, told } = await judged(session, { order, marks });
        assert.deepEqual(
          [verdict, why, told],
          ["unchecked", "both-taps", true],
          JSON.stringify(marks) + order,
        );
      }
      const damaged = await judged(session, { order: orders[0]!, marks, bad: 2000 });
      assert.deepEqual([damaged.verdict, damaged.share.failed, damaged.told], ["wrong", 1, true]);
    }
  });

test("plaintext that is sent again later from the same place is wrong, and no other side", async () => {
  for (const of of suites) {
    const order: Order = (wire, host) => [...wire, ...host];
    const { verdict, told } = await judged(sessionOf(of), {
      order,
      marks: { isNumbered: false, hops: [64, 64] },
    });
    assert.deepEqual([verdict, told], ["wrong", false]);
  }
});
