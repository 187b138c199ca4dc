import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../report/compare-table.ts";
import { comparedText } from "../../test/comparing.ts";
import type { Comparison } from "./compare.ts";
import { descriptorsOf, measures } from "./measures.ts";
import { comparedEvents, profileFindings, wordDifference } from "./words.ts";

// Worked by hand from kernel.md sections 1.6 and 5. In TLS 1.2 with AES-GCM a record has 29 bytes more than its
// payload: record 1 is 0:3029, record 2 is 3029:4058, record 3 is 4058:5087.
const worked = `device eth0 profile=connectx mtu=1500
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=4294967000 rec_seq=1
+0 web send 3000
+0 web send 1000
+0 web > 0:1448(1448)
+0 web > 1448:2896(1448)  qdisc-drop
+0 web > 2896:4058(1162)
+0 web > 1448:2896(1448)
+0 web send 1000
+0 web > 4058:5087(1029)
`;

/** A run's measures without those that are 0. */
function measured({ runs }: Comparison, id: string): Record<string, number> {
  const run = runs.find((each) => each.id === id)!;
  const all = measures.map(({ key, of }) => [key, of(run.tally)] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

const families = "connectx,innova,netronome,bnxt,chelsio-t6";

test("the worked trace costs each family what its driver does, worked out by hand", () => {
  const comparison = comparedText(worked, families);
  // The packet at 2896 takes 2896 bytes of record 1 again (DUMPs of 1500 and 1396), the one at 1448 takes 1448; the one
  // at 4058 begins record 3: new static params and no prefix. The first packet posts the params.
  assert.deepEqual(measured(comparison, "connectx"), {
    transmits: 4,
    encrypted: 4,
    outOfOrder: 3,
    resyncs: 3,
    stateChanges: 4,
    payloadBytes: 1448 + 1162 + 1448 + 1029,
    replayedBytes: 2896 + 1448,
    descriptorCount: 17,
    readBytes: 5087 + 4344 + 17 * 64,
  });
  // A SYNC packet each time, with the same prefixes, and a command at install.
  assert.deepEqual(measured(comparison, "innova"), {
    transmits: 4,
    encrypted: 4,
    outOfOrder: 3,
    resyncs: 3,
    stateChanges: 3,
    payloadBytes: 5087,
    replayedBytes: 4344,
    descriptorCount: 7,
    readBytes: 5087 + 4344 + 7 * 64,
  });
  // The jump to 2896 asks for a resync, which comes with record 3; till then everything is software's.
  assert.deepEqual(measured(comparison, "netronome"), {
    transmits: 4,
    encrypted: 2,
    fallback: 2,
    outOfOrder: 1,
    resyncs: 1,
    stateChanges: 1,
    devResyncs: 1,
    fallbackBytes: 1162 + 1448,
    payloadBytes: 5087,
    descriptorCount: 4,
    readBytes: 5087 + 4 * 64,
  });
  // Both jumps touch a tag, which takes software and moves nothing: the packet at 1448 is in order.
  assert.deepEqual(measured(comparison, "bnxt"), {
    transmits: 4,
    encrypted: 2,
    fallback: 2,
    outOfOrder: 2,
    fallbackBytes: 1162 + 1029,
    payloadBytes: 5087,
    descriptorCount: 4,
    readBytes: 5087 + 4 * 64,
  });
  // The end of record 1 is read from its start (2896), the piece in its middle from its cipher block's beginning:
  // (1448 - 13) % 16 = 11. TX_MAX for the first packet, TX_MAX and SND_UNA for each jump.
  assert.deepEqual(measured(comparison, "chelsio-t6"), {
    transmits: 4,
    encrypted: 4,
    outOfOrder: 3,
    payloadBytes: 5087,
    replayedBytes: 2896 + 11,
    descriptorCount: 14,
    readBytes: 5087 + 2907 + 14 * 64,
  });
});

test("descriptors are counted by the family's own names", () => {
  const { runs } = comparedText(worked, families);
  assert.deepEqual(
    runs.map((run) => Object.fromEntries(descriptorsOf(run))),
    [
      { STATIC: 2, PROGRESS: 4, NOP: 4, DUMP: 3, PKT: 4 },
      { SYNC: 3, PKT: 4 },
      { PKT: 4 },
      { PKT: 4 },
      { SET_TCB: 7, PKT: 5, PRIOR: 2 },
    ],
  );
});

test("the events that differ are those in which drivers do different things, and no others", () => {
  const comparison = comparedText(worked, "connectx,innova,netronome");
  const { events } = comparison.runs[0]!.timeline.trace;
  const { values, length } = comparison.differing;
  // The first packet's params, the jump, the retransmission, the record at which netronome is resynchronised, new data.
  assert.deepEqual(
    [...values.subarray(0, length)].map((event) => events.line.at(event)),
    [5, 7, 8, 9, 10],
  );
  assert.deepEqual(comparison.wireDifferences, []);
});

test("the table is aligned, and says what a driver does not have with a dash", () => {
  const lines = tableOf(comparedText(worked, "connectx,netronome"));
  assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  const row = (label: string) =>
    lines
      .find((line) => line.trim().startsWith(`${label} `))
      ?.trim()
      .split(/ {2,}/);
  assert.deepEqual(row("out of order"), ["out of order", "3", "1"]);
  assert.deepEqual(row("DUMP"), ["DUMP", "3", "-"]);
  assert.deepEqual(row("tx_tls_dump_bytes"), ["tx_tls_dump_bytes", "4344", "-"]);
});

test("a device that leaves the placeholder in a tag's place sends other bytes: which, where, and who", () => {
  const comparison = comparedText(worked, "connectx,connectx/placeholder-leak");
  assert.equal(comparison.bytesDiffer, true);
  const { timeline } = comparison.runs[0]!;
  const { events } = timeline.trace;
  // The tags of records 1 and 2 in the packet at 2896 (32 bytes from 3029 - 16 on), that of record 3 in the last packet.
  assert.deepEqual(
    profileFindings(comparison).map(({ event, text }) => [events.line.at(event), text]),
    [
      [7, "connectx/placeholder-leak sends 32 wrong bytes, the first at 3013: record 1, byte 3013 (tag)"],
      [10, "connectx/placeholder-leak sends 16 wrong bytes, the first at 5071: record 3, byte 1013 (tag)"],
    ],
  );
  const { ids, at } = comparedEvents(comparison);
  assert.deepEqual(ids, ["connectx", "connectx/placeholder-leak"]);
  const [right, leaking] = at(profileFindings(comparison)[0]!.event);
  assert.deepEqual([right!.effects, leaking!.effects], [[], ["placeholder seq=3013 bytes=32"]]);
});

test("the first profile's own wrong bytes count, too, and all bytes can be computed", () => {
  const comparison = comparedText(worked, "connectx/placeholder-leak,netronome", { allBytes: true });
  assert.deepEqual(
    comparison.wireDifferences.map(({ bytes }) => bytes.map(({ run, from }) => [run, from])),
    [[[0, "encryption"]], [[0, "encryption"]]],
  );
  assert.deepEqual(comparedText(worked, families, { allBytes: true }).wireDifferences, []);
});

test("a packet that one driver drops and another sends is told apart without wrong bytes", () => {
  // Record 1 is released: a rebuilding driver finds nothing, FreeBSD's has the record with the packet (kernel.md 5.7).
  const text = `${worked}+0 web < ack 5087\n+0 web > 0:1448(1448)\n`;
  const comparison = comparedText(text, "connectx,freebsd-connectx");
  assert.equal(comparison.bytesDiffer, false);
  assert.deepEqual(
    comparison.wireDifferences.map((difference) => wordDifference(comparison, difference)),
    ["freebsd-connectx sends 1448 bytes, connectx sends nothing"],
  );
  const [connectx, freebsd] = comparison.runs;
  assert.deepEqual([connectx!.tally.dropped, freebsd!.tally.dropped], [1, 0]);
  assert.deepEqual([connectx!.tally.encrypted, freebsd!.tally.encrypted], [4, 5]);
});

test("what waits in a held queue is counted when it is posted, once", () => {
  const held = `device eth0 profile=connectx
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=1
+0 web send 3000
+0 eth0 hold
+0 web > 0:1448(1448)
+0 web > 1448:2896(1448)
+0 eth0 resume
+0 web > 2896:3029(133)
`;
  const { runs } = comparedText(held, "connectx,innova");
  const [connectx, innova] = runs.map(({ tally }) => tally);
  assert.deepEqual([connectx!.transmits, connectx!.encrypted, connectx!.posts], [3, 3, 6]);
  assert.deepEqual([innova!.transmits, innova!.encrypted, innova!.posts], [3, 3, 3]);
  assert.equal(connectx!.payloadBytes, 3029);
});

test("work done in slices comes to the same as at once", () => {
  const whole = comparedText(worked, "connectx,connectx/placeholder-leak");
  const sliced = comparedText(worked, "connectx,connectx/placeholder-leak", {}, 1);
  assert.deepEqual(sliced.wireDifferences, whole.wireDifferences);
  assert.deepEqual(tableOf(sliced), tableOf(whole));
});

test("only the connections that are wanted count", () => {
  const two = worked.replace(
    "+0 web send 3000",
    "connection mail device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=1\n+0 mail send 100\n+0 mail > 0:129(129)\n+0 web send 3000",
  );
  const mail = comparedText(two, "connectx,netronome", { isWanted: (connection) => connection === 1 });
  assert.deepEqual(measured(mail, "connectx"), {
    transmits: 1,
    encrypted: 1,
    stateChanges: 1,
    payloadBytes: 129,
    descriptorCount: 4,
    readBytes: 129 + 4 * 64,
  });
  assert.equal(mail.runs[0]!.counters.get("tx_tls_encrypted_bytes"), 129);
  assert.equal(mail.differing.length, 1);
});
