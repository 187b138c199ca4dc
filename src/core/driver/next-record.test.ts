import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, setupOf } from "../../test/scenario.ts";

const check = (id: string, story: string, effects: string, posted: string) =>
  assert.deepEqual(lastOf(setupOf(id), story), [effects, posted], `${id}: ${story}`);

function played(id: string, story: string): Play {
  const play = new Play({ ...setupOf(id), mss: 1448 }, story);
  play.rest();
  return play;
}

/** The counters of a story that are not 0, those of contexts and what the kernel counts nowhere left out. */
function counted(id: string, story: string): Record<string, number> {
  const { tx_tls_ctx: _, fallback_packets: __, fallback_bytes: ___, ...others } = played(id, story).counters;
  return others;
}

const expectedAfter = (id: string, story: string): number => played(id, story).expected[0];

// Rows 1 [0, 129), 2 [129, 258), 3 [258, 387).
const three = "send 100; send 100; send 100";
/** nfp_net_tls_tx() asks behind the fallback, fun_tls_tx() ahead of it. */
function jumpOf(id: string): string {
  const [fallback, request] = [
    "software-fallback reason=out-of-order length=9",
    "resync-requested seq=20 expected=10",
  ];
  const then = id === "fungible" ? [request, fallback] : [fallback, request];
  return ["out-of-order expected=10 seq=20", ...then].join(", ");
}
const families = [
  { id: "netronome", section: "kernel.md section 5.4" },
  { id: "fungible", section: "kernel.md section 5.5" },
];

/** A test for both families, whose steps are the same; SECTION in its title is the family's own. */
function both(title: string, run: (id: string) => void): void {
  for (const { id, section } of families) test(`${id} ${title.replace("SECTION", section)}`, () => run(id));
}

both("(SECTION, step 1): in order → encrypted by the NIC, next_seq moves on", (id) => {
  check(id, `${three}; > 0:100`, "encrypted seq=0 length=100", "PKT@0+100+stream");
  assert.equal(expectedAfter(id, `${three}; > 0:100`), 100);
});

both("(SECTION, step 2): no payload → untouched, in order or not", (id) => {
  check(id, `${three}; > 0:0`, "", "");
  check(id, `${three}; > 50:50`, "", "");
});

both("(SECTION, step 2): a jump forward → software, and the TLS layer is asked to resynchronise", (id) => {
  check(id, `${three}; > 0:10; > 20:29`, jumpOf(id), "PKT#1@20+9+software");
  assert.equal(expectedAfter(id, `${three}; > 0:10; > 20:29`), 10);
});

both("(SECTION, step 2): less than 2^30 − 1 is forward; a retransmission leaves the device alone", (id) => {
  const back = `${three}; > 0:129; > 20:29`;
  check(
    id,
    back,
    "out-of-order expected=129 seq=20, software-fallback reason=out-of-order length=9",
    "PKT#1@20+9+software",
  );
  check(id, `${back}; > 129:140`, "encrypted seq=129 length=11", "PKT@129+11+stream");
});

both("(SECTION, step 2): no record → dropped, across the marker → dropped, before it → passed", (id) => {
  const gone = "out-of-order expected=258 seq=20, lookup-failed seq=20, dropped reason=no-sync-data length=9";
  check(id, `${three}; > 0:258; ack 129; > 20:29`, gone, "");
  check(id, `${three}; > -5:5`, "out-of-order expected=0 seq=-5, dropped reason=no-sync-data length=10", "");
  check(id, `${three}; > -5:0`, "out-of-order expected=0 seq=-5, bypass seq=-5 length=5", "PKT@-5+5+clear");
});

both(
  "(SECTION, step 2): every packet for the fallback counts as tx_tls_ooo, null as tx_tls_drop_no_sync_data",
  (id) => {
    const moved = (story: string) => {
      const { tx_tls_ooo, tx_tls_drop_no_sync_data } = counted(id, story);
      return [tx_tls_ooo, tx_tls_drop_no_sync_data];
    };
    assert.deepEqual(moved(`${three}; > 0:10; > 20:29`), [1, undefined]);
    assert.deepEqual(
      moved(`${three}; > 0:10; > 20:29; > 10:15`),
      [2, undefined],
      "also in order while pending",
    );
    assert.deepEqual(moved(`${three}; > -5:0`), [1, undefined]);
    assert.deepEqual(moved(`${three}; > -5:5`), [1, 1]);
    assert.deepEqual(moved(`${three}; > 0:10; > 20:29 no-memory`), [1, 1]);
  },
);

both("(SECTION, step 3): while pending all data goes through software, without another request", (id) => {
  const pending = `${three}; > 0:10; > 20:29`;
  check(id, `${pending}; > 10:15`, "software-fallback reason=resync-pending length=5", "PKT#1@10+5+software");
  const ahead = "out-of-order expected=10 seq=129, software-fallback reason=resync-pending length=30";
  check(id, `${pending}; > 129:159`, ahead, "PKT#2@129+30+software");
});

both(
  "(SECTION, step 3; section 2.4, step 2): the next record is fenced, the driver told, in order from there",
  (id) => {
    const synced = `${three}; > 0:10; > 20:29; send 100`;
    check(id, synced, "fenced seq=387, resync-sent seq=387 record=4, record-pushed record=4 length=129", "");
    assert.deepEqual(played(id, synced).expected, [387, 387]);
    check(id, `${synced}; > 387:400`, "encrypted seq=387 length=13", "PKT@387+13+stream");
    const older = "out-of-order expected=387 seq=129, software-fallback reason=out-of-order length=30";
    check(id, `${synced}; > 129:159`, older, "PKT#2@129+30+software");
  },
);

both("(section 2.4, step 2): a resync that the driver fails is tried again at the next record", (id) => {
  const failed = `${three}; > 0:10; > 20:29; refuse; send 100`;
  check(id, failed, "fenced seq=387, resync-failed seq=387 record=4, record-pushed record=4 length=129", "");
  check(
    id,
    `${failed}; accept; send 100`,
    "fenced seq=516, resync-sent seq=516 record=5, record-pushed record=5 length=129",
    "",
  );
});

both("(section 2.4, step 2): without a device nobody is told, the flag goes", (id) => {
  const down = played(id, `${three}; > 0:10; > 20:29; down; send 100`);
  assert.equal(down.state.resyncPending, 0);
  assert.equal(down.state.resyncs, 0);
  assert.equal(down.expected[0], 10);
});

both("(SECTION, DMA errors): next_seq is where it was, the packet can be sent again", (id) => {
  const story = `${three}; > 0:10; > 10:20 dma=1`;
  check(id, story, "dma-error mapping=1 posted=0, dropped reason=dma-error length=10", "");
  check(id, `${story}; > 10:20`, "encrypted seq=10 length=10", "PKT@10+10+stream");
});

both("(section 5.8, device reset): the jump forward behind it is resynchronised at the next record", (id) => {
  const lost = `${three}; > 0:10; hold; > 10:20; reset; resume; > 20:29`;
  check(id, lost, jumpOf(id), "PKT#1@20+9+software");
  check(id, `${lost}; send 1; > 387:417`, "encrypted seq=387 length=30", "PKT@387+30+stream");
});

test("netronome (kernel.md section 5.4, step 1): tx_tls_encrypted_packets counts segments; fungible tx_tls_encrypted_packets and _bytes", () => {
  const story = "send 16384; > 0:4344; > 4344:4345";
  assert.deepEqual(counted("netronome", story), { tx_tls_encrypted_packets: 4 });
  assert.deepEqual(counted("fungible", story), { tx_tls_encrypted_packets: 4, tx_tls_encrypted_bytes: 4345 });
});

test("fungible (kernel.md section 5.5): tx_tls_resync counts what the driver tells the device, also where that fails", () => {
  assert.equal(counted("fungible", `${three}; > 0:10; > 20:29; send 1`).tx_tls_resync, 1);
  assert.equal(counted("fungible", `${three}; > 0:10; > 20:29; refuse; send 1`).tx_tls_resync, 1);
});

test("netronome (section 5.0, NIC sequence check): the device drops a packet that it does not expect", () => {
  const off = lastOf(setupOf("netronome/no-undo"), `${three}; > 0:10 dma=1; > 10:20`);
  assert.deepEqual(off, ["encrypted seq=10 length=10, nic-dropped expected=0 seq=10", "PKT@10+10+stream"]);
});

test("a jump of U32_MAX / 4 = 2^30 − 1 and more is no jump forward (kernel.md section 5.4, step 2)", () => {
  const records = Math.ceil(2 ** 30 / 16413);
  const fill = `send ${records * 16384}`;
  const at = 2 ** 30 - 1;
  const request = (s: number) =>
    lastOf(setupOf("netronome"), `${fill}; > ${s}:${s + 10}`)[0].includes("resync-requested");
  assert.deepEqual([request(at - 1), request(at)], [true, false]);
});

test("a captured packet across the record of a resync is divided there, as the kernel's fence would have made two", () => {
  // Records 0:1029, 1029:2058 and 2058:3087; the jump from 500 to 600 asks, the third record answers.
  const story = [
    "record 1029; record 1029; > 0:500 captured; > 600:1029 captured; record 1029",
    "> 1029:3087 captured",
  ].join(";");
  const fallback = "out-of-order expected=2058 seq=1029, software-fallback reason=out-of-order length=1029";
  for (const id of ["netronome", "fungible"])
    check(
      id,
      story,
      `${fallback}, encrypted seq=2058 length=1029`,
      "PKT#2@1029+1029+software PKT@2058+1029+stream",
    );
});
