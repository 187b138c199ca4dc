import assert from "node:assert/strict";
import { test } from "node:test";
import { byteless, effectsOf, story } from "../test/forks/samples.ts";
import { forked } from "./fork.ts";

/** Lines that only one of two texts has: what went and what came, a time at a line's head counting as any other word. */
function difference(before: readonly string[], after: readonly string[]): { gone: string[]; came: string[] } {
  const left = [...after];
  const gone = before.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { gone, came: left };
}

/**
 * Forks of the sample whose events are: 1 send 40000 (records of 16413, 16413 and 7261 bytes), 2 sends 0:1448, 3 1448:2896
 * lost, 4 2896:4344 lost in the qdisc, 5 4344:40087 out of order, 6 an acknowledgement of 1448, 7 1448:2896 again out of
 * order, 8 2896:4344 in order behind it, 9 an acknowledgement of all. A packet is out of order where it does not begin at
 * the end of the one before that the driver saw; what is replayed is the record's bytes before the packet.
 */
const forks: [line: string, begins: number, gone: string[], came: string[]][] = [
  [
    "3: drop",
    2,
    [
      "+0 > 1448:2896(1448) lost ⇒ encrypted seq=1448 length=1448; lost seq=1448 length=1448",
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
    // The driver saw nothing behind 1448.
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=1448 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
  ],
  [
    "8: dup",
    8,
    [],
    // The copy begins where the driver was before: 4344 is expected, and 2896 bytes of the record lie before it.
    [
      "+0 > 2896:4344(1448) ⇒ out-of-order expected=4344 seq=2896; resync record=1 replayed=2896; encrypted seq=2896 length=1448",
    ],
  ],
  [
    "6: delay 5ms",
    5,
    [
      "+.03 < ack 1448 sack 4344:40087 ⇒ acknowledged ack=1448 released=0",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+.02 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
    // Times are those of before but of the one event: .031 + .005 lies 4 ms behind the two packets at .032.
    [
      "+.031 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+.004 < ack 1448 sack 4344:40087 ⇒ acknowledged ack=1448 released=0",
      "+.016 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
  ],
  [
    "7: reorder",
    6,
    [
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448",
    ],
    [
      "+.001 > 2896:4344(1448) ⇒ out-of-order expected=40087 seq=2896; resync record=1 replayed=2896; encrypted seq=2896 length=1448",
      "+0 > 1448:2896(1448) ⇒ out-of-order expected=4344 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  [
    "5: split 1000",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
    [
      "+0 > 4344:5344(1000) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=1000",
      "+0 > 5344:40087(34743) ⇒ encrypted seq=5344 length=34743",
    ],
  ],
  [
    "7: merge",
    6,
    [
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448",
    ],
    [
      "+.001 > 1448:4344(2896) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=2896",
    ],
  ],
  [
    "8: lose",
    7,
    ["+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448"],
    ["+0 > 2896:4344(1448) lost ⇒ encrypted seq=2896 length=1448; lost seq=2896 length=1448"],
  ],
  // Nothing is left to be released by the last one.
  [
    "8: ack 40087",
    7,
    [
      "+.02 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
    [
      "+0 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
      "+.02 < ack 40087 ⇒ ",
    ],
  ],
  // 4344 bytes need three DUMPs of at most 1500; the second mapping fails, and the driver still expects 2896 of the next.
  [
    "5: fail descriptor 2",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
    [
      "+0 > 4344:40087(35743) dma-error=2 ⇒ out-of-order expected=2896 seq=4344; dma-error mapping=2 posted=3; dropped reason=no-sync-data length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=2896 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  [
    "5: fail qdisc",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
    [
      "+0 > 4344:40087(35743) qdisc-drop ⇒ qdisc-drop seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=2896 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  ["5: device reset", 4, [], ["+0 eth0 reset ⇒ queue-reset device=eth0 descriptors=0"]],
  // The driver takes 4344 for in order, and nothing brings the NIC from 2896 to it.
  [
    "5: set driver.expectedSeq = 4344",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
    [
      "+0 set driver.expectedSeq 4344 ⇒ ",
      "+0 > 4344:40087(35743) ⇒ encrypted seq=4344 length=35743; out-of-step expected=2896 seq=4344",
    ],
  ],
  // Another number than the one posted last takes static params.
  [
    "7: set driver.postedRecordSn = 2",
    6,
    [
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
    [
      "+.001 set driver.postedRecordSn 2 ⇒ ",
      "+0 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; static-params record=1; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  // Record 2 begins at 16413; 1448 bytes of it are 17861.
  [
    "3: set nic.recordSn = 2",
    2,
    ["+0 > 1448:2896(1448) lost ⇒ encrypted seq=1448 length=1448; lost seq=1448 length=1448"],
    [
      "+0 set nic.recordSn 2 ⇒ ",
      "+0 > 1448:2896(1448) lost ⇒ encrypted seq=1448 length=1448; out-of-step expected=17861 seq=1448; lost seq=1448 length=1448",
    ],
  ],
  // The packet is in order then, and ends where 1448:2896 is not expected any more.
  [
    "5: set packet.seq = 2896",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
    [
      "+0 > 2896:38639(35743) ⇒ encrypted seq=2896 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=38639 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  [
    "9: set tcp.sndUna = 16413",
    8,
    [
      "+.02 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
    [
      "+.02 < ack 16413 ⇒ record-released record=1 ack=16413; acknowledged ack=16413 released=1",
      "+0 < ack 40087 ⇒ record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=2",
    ],
  ],
  // Netronome encrypts in software what is out of order, and waits for a record that begins behind a forward jump.
  [
    "5: profile netronome",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448",
    ],
    [
      "+0 eth0 become netronome ⇒ ",
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; software-fallback reason=out-of-order length=35743; resync-requested seq=4344 expected=2896",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=2896 seq=1448; software-fallback reason=resync-pending length=1448",
      "+0 > 2896:4344(1448) ⇒ software-fallback reason=resync-pending length=1448",
    ],
  ],
  // One DUMP of 4344 bytes is longer than the MTU and 22 bytes: the queue stops for good.
  [
    "5: bug long-dump",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448",
    ],
    [
      "+0 eth0 become connectx/long-dump ⇒ ",
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743; queue-error length=4344 limit=1522; dropped reason=queue-error length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448; dropped reason=queue-error length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448; dropped reason=queue-error length=1448",
    ],
  ],
  ["8: kernel v5.8", 7, [], ["+0 eth0 become connectx@v5.8 ⇒ "]],
  // ConnectX allocates nothing for a packet, and the packet itself has room.
  [
    "2: fail memory",
    1,
    ["+.001 > 0:1448(1448) ⇒ encrypted seq=0 length=1448"],
    ["+.001 > 0:1448(1448) no-memory ⇒ encrypted seq=0 length=1448"],
  ],
  [
    "2: fail ring",
    1,
    ["+.001 > 0:1448(1448) ⇒ encrypted seq=0 length=1448"],
    ["+.001 > 0:1448(1448) ring-full ⇒ encrypted seq=0 length=1448"],
  ],
];

test("each kind of fork of a trace comes to what follows by hand from where it stands", () => {
  for (const [line, begins, gone, came] of forks) {
    const fork = forked(story, line);
    const [before, after] = [story, fork.trace].map((trace) => effectsOf(trace).map(byteless));
    assert.deepEqual(difference(before!, after!), { gone, came }, line);
    assert.equal(fork.begins, begins, line);
  }
});

/** What is refused, and the sentence that says why and what there is. */
const refused: [line: string, message: RegExp][] = [
  ["5: dorp", /^there is no change "dorp"; there is drop, dup, .*; did you mean "drop"\?$/],
  ["5:", /^a change is missing; there is drop/],
  ["drop", /^a change reads `EVENT: WHAT`, as `5: drop`/],
  ["0: drop", /^there is no event 0: the trace has 9$/],
  ["10: drop", /^there is no event 10: the trace has 9$/],
  ["11: ack 1", /^there is no event 11/],
  ["5 in wbe: drop", /^there is no stream wbe; there is web; did you mean "web"\?$/],
  ["5: drop all", /^drop takes nothing behind it/],
  ["1: drop", /^the trace cannot go on behind `1: drop`: TCP has bytes up to 0 only/],
  ["5: delay", /^delay takes a time such as 5ms or .02, not ""$/],
  ["5: delay -5ms", /^delay takes a time/],
  ["5: delay 0", /^delay takes a time/],
  ["8: reorder", /^there is no event of the kind of `\+0 .*` behind it$/],
  ["5: reorder 0", /^reorder takes how many places, not 0$/],
  ["5: split 35743", /byte 35743 is not within the event's 35743/],
  ["6: split 3", /./],
  ["5: merge", /does not begin where .* ends: only what lies side by side is merged$/],
  ["6: merge", /^merge takes a transmit; event 6 is `.*ack 1448/],
  ["1: lose", /^lose takes a transmit; event 1 is `.*send 40000/],
  ["5: ack soon", /^ack takes a sequence number/],
  ["5: fail engine", /^fail takes memory, ring, descriptor, mapping, qdisc/],
  ["5: fail descriptor 0", /^fail takes/],
  ["5: fail memory 2", /^fail takes/],
  ["6: fail memory", /^fail takes a transmit/],
  ["5: profile conectx", /^profile takes connectx, .*; did you mean "connectx"\?$/],
  ["5: kernel v5.9", /^kernel takes v4\.19, .*; did you mean "v5\.8"\?$/],
  ["5: bug long-dmp", /^bug takes one of .*; did you mean "long-dump"\?$/],
  ["5: set", /^set takes a path; what can is driver\.expectedSeq, /],
  [
    "5: set driver.expectedSq = 3",
    /^driver\.expectedSq cannot be set; .*; did you mean "driver\.expectedSeq"\?$/,
  ],
  ["5: set driver.counters.tx_tls_ooo = 3", /cannot be set; what can is/],
  ["5: set driver.expectedSeq = soon", /^driver\.expectedSeq takes a sequence number, not "soon"$/],
  ["5: set driver.paramsPosted = 2", /takes true or false, not "2"$/],
  ["6: set packet.seq = 2", /^packet\.seq takes a transmit/],
  ["5: set packet.ack = 2", /^packet\.ack is set of an acknowledgement$/],
  ["10: set packet.seq = 2", /^there is no event 10/],
  ["5: device donw", /^device takes down, up, .*; did you mean "down"\?$/],
];

test("what cannot be is refused with a sentence that says what can", () => {
  for (const [line, message] of refused) assert.throws(() => forked(story, line), { message }, line);
});
