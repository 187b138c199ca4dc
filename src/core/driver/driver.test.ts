import assert from "node:assert/strict";
import { test } from "node:test";
import { type Happening, Play, type Setup } from "../../test/scenario.ts";
import { countersOf } from "../machine/count.ts";
import type { CounterName } from "../machine/counters.ts";
import { nicExpectedSeq } from "../nic/nic.ts";
import { connectx } from "../profiles/connectx.ts";
import { innova } from "../profiles/innova.ts";
import { step } from "../step.ts";
import { stages } from "../words/stage.ts";

/** Expected sequence numbers, relative: the driver's and the NIC's. */
function expected(play: Play): [number, number | null] {
  const nic = nicExpectedSeq(play.socket);
  return [play.relative(play.state.expectedSeq), nic === null ? null : play.relative(nic)];
}

/** The transmit counters that are not 0. */
function counters(play: Play): Partial<Record<CounterName, number>> {
  const all = Object.entries(countersOf(play.state));
  return Object.fromEntries(all.filter(([name, value]) => value !== 0 && name !== "tx_tls_ctx"));
}

const names = (happening: Happening) => happening.effects.map((effect) => effect.split(" ")[0]);

/** The example of two losses: a segment is lost on the wire, another never leaves the qdisc. */
const example = [
  "send 40000; > 0:1448; > 1448:2896 lost; > 2896:4344 qdisc; > 4344:40087",
  "ack 1448; > 1448:2896; > 2896:4344; ack 40087",
].join(";");
const exampleSetup: Setup = { startSeq: 4294960000, recSeq0: 1n, mtu: 1500, mss: 1448 };

test("connectx: the queue of the example of two losses, event by event", () => {
  const happenings = new Play(exampleSetup, example).rest();
  assert.deepEqual(
    happenings.filter((_, i) => [1, 2, 3, 4, 6, 7].includes(i)).map(({ queue }) => queue),
    ["STATIC PROGRESS NOP PKT", "PKT", "", "PROGRESS NOP DUMP DUMP DUMP PKT", "PROGRESS NOP DUMP PKT", "PKT"],
  );
  assert.deepEqual(
    [4, 6].map((i) => happenings[i]!.effects),
    [
      [
        "out-of-order expected=2896 seq=4344",
        "resync record=1 replayed=4344",
        "encrypted seq=4344 length=35743",
      ],
      [
        "out-of-order expected=40087 seq=1448",
        "resync record=1 replayed=1448",
        "encrypted seq=1448 length=1448",
      ],
    ],
  );
  assert.deepEqual(
    [7, 8].map((i) => happenings[i]!.effects.filter((effect) => !effect.startsWith("record-released"))),
    [["encrypted seq=2896 length=1448"], ["acknowledged ack=40087 released=3"]],
  );
});

test("connectx: the numbers of the example of two losses", () => {
  const play = new Play(exampleSetup, example);
  play.rest();
  assert.deepEqual(counters(play), {
    tx_tls_encrypted_packets: 29,
    tx_tls_encrypted_bytes: 41535,
    tx_tls_ooo: 2,
  });
  assert.deepEqual([play.state.dumpPackets, play.state.dumpBytes], [4, 5792]);
  assert.equal(play.state.head, play.state.tail, "the map is empty");
});

test("innova: the same example brings each prefix by one SYNC packet", () => {
  const play = new Play({ ...exampleSetup, profile: innova }, example);
  const happenings = play.rest();
  assert.deepEqual(
    happenings.filter((_, i) => [1, 2, 3, 4, 6, 7].includes(i)).map(({ queue }) => queue),
    ["PKT", "PKT", "", "SYNC PKT", "SYNC PKT", "PKT"],
  );
  assert.equal(counters(play).tx_tls_ooo, 2);
  assert.deepEqual([play.state.dumpPackets, play.state.dumpBytes], [0, 0]);
});

for (const profile of [connectx, innova]) {
  test(`${profile.id}: driver and NIC expect the same byte behind every packet`, () => {
    const play = new Play({ ...exampleSetup, profile }, example);
    const seen: (readonly [number, number | null])[] = [];
    for (let i = 0; i < 9; i++) {
      play.next();
      if ([1, 2, 3, 4, 6, 7].includes(i)) seen.push(expected(play));
    }
    const both = (s: number) => [s, s];
    assert.deepEqual(seen, [both(1448), both(2896), both(2896), both(40087), both(2896), both(4344)]);
  });
}

test("connectx: static params only for another record than the last ones named (kernel.md section 5.2)", () => {
  const story = "send 100; send 3000; send 100; > 0:500; > 129:200; > 129:200; > 200:300; > 3160:3170; > 1:2";
  const play = new Play({}, story);
  const queues = play
    .rest()
    .slice(3)
    .map(({ queue }) => queue);
  assert.deepEqual(queues, [
    "STATIC PROGRESS NOP PKT",
    "STATIC PROGRESS NOP PKT",
    "PROGRESS NOP PKT",
    "PKT",
    "STATIC PROGRESS NOP DUMP PKT",
    "STATIC PROGRESS NOP DUMP PKT",
  ]);
});

test("connectx: fences of params and what they name (kernel.md section 5.2, steps 3 and 6)", () => {
  const play = new Play({}, "send 100; send 100; > 0:50; > 40:50; > 139:149");
  const posted = () => Array.from({ length: play.machine.queue.count }, (_, i) => play.machine.queue.at(i));
  const words = () =>
    posted().map(
      ({ kind, fence, row, length }) =>
        `${kind}${fence ? "|" : ""}${row < 0 ? "" : ` #${row}`}${length ? ` ${length}` : ""}`,
    );
  play.next();
  play.next();
  play.next();
  assert.deepEqual(words(), ["static-params #1", "progress-params|", "nop|", "packet 50"]);
  play.next();
  assert.deepEqual(words(), ["progress-params|", "nop|", "dump 40", "packet 10"]);
  play.next();
  assert.deepEqual(words(), ["static-params| #2", "progress-params", "nop|", "dump 10", "packet 10"]);
});

test("connectx: a DUMP is never longer than the hardware's MTU, 22 bytes above the device's (kernel.md section 5.2, step 6)", () => {
  const play = new Play({ mtu: 1500 }, "send 16384; > 0:1; > 4566:4600; > 4567:4568");
  play.next();
  play.next();
  const dumps = () => {
    play.next();
    const { queue } = play.machine;
    return Array.from({ length: queue.count }, (_, i) => queue.at(i)).filter(({ kind }) => kind === "dump");
  };
  assert.deepEqual(
    dumps().map((dump) => [play.relative(dump.seq), dump.length]),
    [
      [0, 1522],
      [1522, 1522],
      [3044, 1522],
    ],
  );
  assert.deepEqual(
    dumps().map((dump) => dump.length),
    [1522, 1522, 1522, 1],
  );
});

test("the stages of a transmit, in the kernel's order", () => {
  const passed = (profile = connectx) =>
    new Play({ profile }, "send 100; > 0:50; > 40:60; > 90:99 qdisc")
      .rest()
      .map((happening) => happening.stages.join(" "));
  assert.deepEqual(passed().slice(2), [
    "skb driver.check tls.getRecord driver.resync driver.advance nic nic nic nic wire",
    "skb",
  ]);
  assert.equal(passed(innova)[2], "skb driver.check tls.getRecord driver.resync driver.advance nic nic wire");
});

test("at an out-of-order stop nothing is posted yet; the expected number moves on with the packet", () => {
  const play = new Play({}, "send 100; > 0:50; > 60:70");
  play.next();
  play.next();
  const seen: string[] = [];
  const { machine, state } = play;
  step(machine, 2, {
    socket: null,
    effect: () => {},
    stage: (stage) => {
      const nic = nicExpectedSeq(play.socket)!;
      const numbers = [state.expectedSeq, nic].map((s) => play.relative(s));
      seen.push(
        `${stages[stage]!.name}: ${machine.queue.count} posted, driver ${numbers[0]}, NIC ${numbers[1]}`,
      );
    },
  });
  assert.deepEqual(seen, [
    "skb: 0 posted, driver 50, NIC 50",
    "driver.check: 0 posted, driver 50, NIC 50",
    "tls.getRecord: 0 posted, driver 50, NIC 50",
    "driver.resync: 3 posted, driver 50, NIC 50",
    "driver.advance: 4 posted, driver 70, NIC 50",
    "nic: 4 posted, driver 70, NIC 0",
    "nic: 4 posted, driver 70, NIC 0",
    "nic: 4 posted, driver 70, NIC 60",
    "nic: 4 posted, driver 70, NIC 70",
    "wire: 4 posted, driver 70, NIC 70",
  ]);
});

test("a packet at the start of a record needs no prefix", () => {
  const story = "send 100; send 100; > 0:129; > 0:129; > 129:258; > 0:1; > 129:130";
  const queues = (profile = connectx) =>
    new Play({ profile }, story)
      .rest()
      .slice(3)
      .map(({ queue }) => queue);
  assert.deepEqual(queues(), ["PROGRESS NOP PKT", "PKT", "PROGRESS NOP PKT", "STATIC PROGRESS NOP PKT"]);
  assert.deepEqual(queues(innova), ["SYNC PKT", "PKT", "SYNC PKT", "SYNC PKT"]);
});

test("the first packet of all may be out of order: params come before the resync", () => {
  const play = new Play({}, "send 100; > 50:60");
  play.next();
  assert.deepEqual(expected(play), [0, null], "nobody has told the NIC anything");
  assert.equal(play.next().queue, "STATIC PROGRESS NOP PROGRESS NOP DUMP PKT");
  assert.deepEqual(expected(play), [60, 60]);
  const fpga = new Play({ profile: innova }, "send 100; > 50:60");
  fpga.next();
  assert.deepEqual(expected(fpga), [0, 0], "set up by a command at install");
  assert.equal(fpga.next().queue, "SYNC PKT");
});

test("before the start marker: sent as it is, expected number unchanged, counted where the family counts it", () => {
  const story = "send 100; > 0:50; > -51:0; > -20:-10; > 50:60";
  const play = new Play({}, story);
  const happenings = play.rest();
  assert.deepEqual(happenings[2], {
    effects: ["out-of-order expected=50 seq=-51", "bypass seq=-51 length=51"],
    queue: "PKT",
    stages: ["skb", "driver.check", "tls.getRecord", "driver.bypass", "nic", "wire"],
  });
  assert.deepEqual(names(happenings[4]!), ["encrypted"]);
  assert.deepEqual([counters(play).tx_tls_ooo, counters(play).tx_tls_skip_no_sync_data], [2, 2]);
  const fpga = new Play({ profile: innova }, story);
  fpga.rest();
  assert.deepEqual([counters(fpga).tx_tls_ooo, counters(fpga).tx_tls_skip_no_sync_data], [2, undefined]);
});

test("across the start marker: dropped, under the counter that the family has for it", () => {
  const drop = (profile = connectx) => {
    const play = new Play({ profile }, "send 100; > -1:1");
    const [, happening] = play.rest();
    assert.deepEqual(expected(play), [0, 0], "nothing moved");
    return [happening!.effects.slice(1), counters(play)];
  };
  assert.deepEqual(drop(), [
    ["mixed-segment seq=-1 length=2", "dropped reason=no-sync-data length=2"],
    { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 },
  ]);
  assert.deepEqual(drop(innova), [
    ["mixed-segment seq=-1 length=2", "dropped reason=bypass-required length=2"],
    { tx_tls_ooo: 1, tx_tls_drop_bypass_req: 1 },
  ]);
});

test("a packet that ends exactly at the marker does not straddle it (kernel.md section 9, bug 18)", () => {
  for (const profile of [connectx, innova]) {
    const happenings = new Play({ profile }, "send 100; > -5:0; > -1:0; > -5:1").rest().slice(1);
    assert.deepEqual(
      happenings.map((happening) => names(happening).at(-1)),
      ["bypass", "bypass", "dropped"],
      profile.id,
    );
  }
});

test("a packet whose record is acknowledged is dropped: no record found", () => {
  for (const profile of [connectx, innova]) {
    const play = new Play({ profile }, "send 100; send 100; > 0:258; ack 129; > 100:200; > 129:130; > -4:0");
    const happenings = play.rest();
    assert.deepEqual(happenings[4], {
      effects: [
        "out-of-order expected=258 seq=100",
        "lookup-failed seq=100",
        "dropped reason=no-sync-data length=100",
      ],
      queue: "",
      stages: ["skb", "driver.check", "tls.getRecord", "driver.drop"],
    });
    assert.ok(names(happenings[5]!).includes("resync"), "the record after it is there");
    assert.equal(names(happenings[6]!).at(-1), "dropped", "the marker is gone too");
    assert.equal(counters(play).tx_tls_drop_no_sync_data, 2);
    assert.deepEqual(expected(play), [130, 130]);
  }
});

test("an acknowledged byte in order needs no record: no lookup, right bytes", () => {
  const play = new Play({}, "send 100; send 100; > 0:258; > 0:100; ack 258; > 100:200");
  const happenings = play.rest();
  assert.deepEqual(happenings.at(-1), {
    effects: ["encrypted seq=100 length=100"],
    queue: "PKT",
    stages: ["skb", "driver.check", "driver.advance", "nic", "wire"],
  });
  assert.deepEqual(expected(play), [200, 200]);
});

test("segments without payload take the ordinary path", () => {
  const play = new Play({}, "send 100; > 100:100; > 0:10");
  const happenings = play.rest();
  assert.deepEqual(happenings[1], { effects: [], queue: "", stages: ["skb", "wire"] });
  assert.deepEqual(counters(play), { tx_tls_encrypted_packets: 1, tx_tls_encrypted_bytes: 10 });
});

test("one segment over many records: one lookup, one prefix, the NIC follows the headers", () => {
  const play = new Play({}, "send 10; send 10; send 10; send 10; > 0:1; > 20:130; > 130:156");
  const happenings = play.rest();
  assert.equal(happenings[5]!.queue, "PROGRESS NOP DUMP PKT");
  assert.deepEqual(names(happenings[6]!), ["encrypted"]);
  assert.equal(
    play.socket.records.countedSn(play.state.nicRow, play.state.tail),
    5n,
    "behind record 4 the NIC counts on",
  );
  assert.deepEqual(expected(play), [156, 156]);
});

test("a captured packet did leave: the replay goes on from its end", () => {
  const play = new Play({}, "send 100; send 100; > 0:258; ack 258; > 100:200 captured; > 200:258 captured");
  const happenings = play.rest();
  assert.equal(names(happenings[4]!).at(-1), "dropped");
  assert.deepEqual(names(happenings[5]!), ["encrypted"]);
  assert.deepEqual(expected(play), [258, 258]);
});

test("connectx: a captured packet of a released record leaves the static params in the device as they were", () => {
  const happenings = new Play(
    exampleSetup,
    "send 40000; > 0:20000; ack 17000; > 18000:19000; > 1000:2000 captured; > 18000:19000",
  ).rest();
  assert.deepEqual(happenings.slice(3).map(names), [
    ["out-of-order", "static-params", "resync", "encrypted"],
    ["out-of-order", "lookup-failed", "dropped"],
    ["out-of-order", "resync", "encrypted"],
  ]);
});
