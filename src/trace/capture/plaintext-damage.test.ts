import assert from "node:assert/strict";
import { test } from "node:test";
import { packetsOf, wordFrames } from "../../replay/view/wrong/packets.ts";
import {
  alone,
  bothVersions,
  damageOf,
  flipped,
  gcm12,
  gcm13,
  otherOf,
  read,
  records,
  startOf,
} from "../../test/damage/clear-reading.ts";
import { cleartext, contentsOf } from "../../test/damage/cleartext.ts";
import { sentBy, verdictOf } from "../../test/damage/reading.ts";
import { prependOf, type Session, type Suite, sessionOf } from "../../test/damage/sealed-session.ts";
import type { Packet } from "../../test/damage/tcp-capture.ts";
import type { Damage, Trace } from "../trace.ts";

/** What is done to one record, and what must be said of it: parts with the first and last wrong byte in the record. */
const damages: readonly {
  what: string;
  of?: readonly Suite[];
  change: (record: Buffer, session: Session) => Buffer;
  /** Said with and without another capture, or only with. */
  says: (record: Buffer, prepend: number) => { faults: Extract<Damage, { part: "clear" }>["faults"] };
  needsOther?: true;
}[] = [
  {
    what: "a tag that is not zeros",
    change: (record) => Buffer.from(record).fill(0x5a, record.length - 16),
    says: ({ length }) => ({ faults: [{ what: "tag", from: length - 16, to: length, bytes: 16 }] }),
  },
  {
    what: "one byte of a tag",
    change: (record) => flipped(record, record.length - 3),
    says: ({ length }) => ({ faults: [{ what: "tag", from: length - 3, to: length - 2, bytes: 1 }] }),
  },
  {
    what: "an explicit nonce that does not count on",
    of: [gcm12],
    change: (record) => flipped(record, 11),
    says: () => ({ faults: [{ what: "nonce", from: 11, to: 12, bytes: 1 }] }),
  },
  {
    what: "an inner type that is none",
    of: [gcm13],
    change: (record) => flipped(record, record.length - 17),
    says: ({ length }) => ({ faults: [{ what: "type", from: length - 17, to: length - 16, bytes: 1 }] }),
  },
  {
    what: "a header's length",
    change: (record) => flipped(record, 4),
    says: () => ({ faults: [{ what: "header", from: 4, to: 5, bytes: 1 }] }),
  },
  {
    what: "a header's type",
    change: (record) => flipped(record, 0),
    says: () => ({ faults: [{ what: "header", from: 0, to: 1, bytes: 1 }] }),
  },
  {
    what: "a header's version",
    change: (record) => flipped(record, 2),
    says: () => ({ faults: [{ what: "header", from: 2, to: 3, bytes: 1 }] }),
  },
  {
    what: "one byte of the content",
    change: (record) => flipped(record, 100),
    says: () => ({ faults: [{ what: "content", from: 100, to: 101, bytes: 1 }] }),
    needsOther: true,
  },
  {
    what: "a tag, a byte of the content and another",
    change: (record) => flipped(flipped(flipped(record, record.length - 1), 20), 30),
    says: ({ length }) => ({
      faults: [
        { what: "content", from: 20, to: 31, bytes: 2 },
        { what: "tag", from: length - 1, to: length, bytes: 1 },
      ],
    }),
    needsOther: true,
  },
];

for (const { what, of: those = bothVersions, change, says, needsOther } of damages) {
  test(`${what} is wrong, and told where it is`, async () => {
    for (const of of those) {
      const session = sessionOf(of);
      const other = await otherOf(session);
      // Behind the last record there is nothing that could show another length.
      for (const index of /length/.test(what) ? [0, 2, 3] : [0, 2, 5]) {
        const all = records(session);
        const expected = { part: "clear", at: startOf(all, index), ...says(all[index]!, prependOf(of)) };
        all[index] = change(all[index]!, session);
        for (const plaintext of needsOther ? [{ other }] : [alone, { other }]) {
          const name = `${of.name}, record ${index}, ${plaintext.other ? "with" : "without"} another capture`;
          const trace = await read(session, Buffer.concat(all), { plaintext });
          const { verdict, share } = verdictOf(trace);
          assert.deepEqual(damageOf(trace), [expected], name);
          assert.deepEqual([verdict, share.failed, share.plain], ["wrong", 1, all.length - 1], name);
          assert.deepEqual(framesOf(trace), [framesHolding(session, expected)], name);
        }
      }
    }
  });
}

/** Frames of the wrong bytes, as they are told. */
function framesOf(trace: Trace): string[] {
  const events = [...trace.verdicts!.damage.keys()];
  const connections = events.map((event) => trace.events.connection.at(event));
  const packets = packetsOf(trace, new Set(connections));
  return events.map((event, i) => wordFrames(packets.get(connections[i]!)!.framesOf(event)));
}

/** Those that hold them, by the way the packets were cut: 1000 bytes each, behind those of the handshake. */
function framesHolding(
  session: Session,
  { at, faults }: { at: number; faults: readonly { from: number; to: number }[] },
) {
  const { from } = sentBy(session, Buffer.alloc(1));
  const first = 1 + 3 + from;
  const frames = new Set(
    faults.flatMap((fault) =>
      [fault.from, fault.to - 1].map((place) => first + Math.floor((at + place) / 1000)),
    ),
  );
  return wordFrames([...frames].sort((a, b) => a - b));
}

test("a retransmission that differs is wrong, with and without another capture", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const all = records(session);
    const [at, place] = [startOf(all, 2), 500];
    for (const other of [null, await otherOf(session)]) {
      const again = (sent: Packet[], begin: number): Packet[] => {
        const bytes = Buffer.from(all[2]!).subarray(0, 900);
        const right: Packet = { from: 1, at: begin + at, bytes, id: 700 };
        return [...sent, right, { ...right, bytes: flipped(bytes, place), id: 701 }];
      };
      const trace = await read(session, Buffer.concat(all), { plaintext: { other }, packets: again });
      const { verdict, share } = verdictOf(trace);
      assert.deepEqual([verdict, share.failed, share.differing], ["wrong", 0, 1], of.name);
      const { startSeq } = trace.connections.at(-1)!;
      const differences = [...trace.verdicts!.differences.values()];
      assert.deepEqual(
        differences.map(({ bytes, first }) => [bytes, first - startSeq]),
        [[1, at + place]],
      );
    }
  }
});

test("holes change nothing of the rest, and nonces behind them tell how many records are lost", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const all = records(session);
    for (const other of [null, await otherOf(session)]) {
      const lost = (sent: Packet[]) => sent.filter((_, i) => i !== 3);
      const { verdict, share } = verdictOf(
        await read(session, Buffer.concat(all), { plaintext: { other }, packets: lost }),
      );
      assert.equal(verdict, "right", of.name);
      assert.ok(share.plain >= 4 && share.plain < all.length, `${share.plain}`);
      const last = flipped(all[5]!, of === gcm12 ? 12 : all[5]!.length - 1);
      const damaged = Buffer.concat([...all.slice(0, 5), last]);
      const trace = await read(session, damaged, { plaintext: { other }, packets: lost });
      assert.deepEqual(
        damageOf(trace).map((damage) => "at" in damage && damage.at),
        [startOf(all, 5)],
        of.name,
      );
    }
  }
});

test("a nonce that jumps and counts on from there is told once", async () => {
  const session = sessionOf(gcm12);
  const jumping = contentsOf(session).map((content, i) => ({ ...content, nonce: BigInt(i < 3 ? i : i + 5) }));
  const all = jumping.map((content) => cleartext(session, content));
  const trace = await read(session, Buffer.concat(all), { plaintext: alone });
  assert.deepEqual(
    damageOf(trace).map((damage) => "at" in damage && damage.at),
    [startOf(all, 3)],
  );
});

test("bytes between two records are of none", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const all = records(session);
    for (const size of [1, 53, 400]) {
      const at = startOf(all, 2);
      const stream = Buffer.concat([...all.slice(0, 2), Buffer.alloc(size, 0x55), ...all.slice(2)]);
      const trace = await read(session, stream, { plaintext: alone });
      assert.deepEqual(damageOf(trace), [{ part: "foreign", at, length: size }], `${of.name}, ${size}`);
      assert.equal(verdictOf(trace).verdict, "wrong");
    }
  }
});
