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

const numbered = (packets: Packet[], hops: number): Packet[] =>
  packets.map((packet, i) => ({ ...packet, id: 1000 + i, hops }));
/** Each packet's two copies, one behind the other. */
const inTurns = (one: Packet[], other: Packet[]) => one.flatMap((packet, i) => [packet, other[i]!]);

async function judged(session: Session, order: (wire: Packet[], host: Packet[]) => Packet[], bad?: number) {
  const { wire, host } = bothSides(session);
  if (bad !== undefined) wire[bad]! ^= 1;
  const { packets, from, begin } = sentBy(session, wire);
  const [sent, given] = [numbered(packets.slice(from), 63), numbered(packetsOf(1, begin, host), 64)];
  const bytes = captureOf([...packets.slice(0, from), ...order(sent, given)]);
  const trace = await readBytes({ bytes, keyLogs: [session.keyLog], cryptoInfos: [] });
  const told = trace.diagnostics.some(({ message }) => message.includes("before and behind a NIC"));
  return { ...verdictOf(trace), told };
}

for (const of of suites)
  test(`${of.name}: a file with the packets of both sides of a NIC is never right, nor wrong for that`, async () => {
    const session = sessionOf(of);
    const orders = [
      (wire: Packet[], host: Packet[]) => inTurns(wire, host),
      (wire: Packet[], host: Packet[]) => inTurns(host, wire),
      (wire: Packet[], host: Packet[]) => [...host, ...wire],
    ];
    for (const order of orders) {
      const { verdict, why, told } = await judged(session, order);
      assert.deepEqual([verdict, why, told], ["unchecked", "both-taps", true], String(order));
    }
    const damaged = await judged(session, orders[0]!, 2000);
    assert.deepEqual([damaged.verdict, damaged.share.failed, damaged.told], ["wrong", 1, true]);
  });
