import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, type Setup, setupOf } from "../../test/scenario.ts";

/** What the last event of a story says, and what the driver posted in it. */
const check = (setup: Setup, story: string, effects: string, posted: string) =>
  assert.deepEqual(lastOf(setup, story), [effects, posted], story);

/** The counters of a story that are not 0, contexts left out. */
function counted(setup: Setup, story: string): Record<string, number> {
  const play = new Play(setup, story);
  play.rest();
  const { tx_tls_ctx: _, ...others } = play.counters;
  return others;
}

// Two records of 129 bytes: rows 1 [0, 129) and 2 [129, 258).
const two = "send 100; send 100";
const innova = setupOf("innova@v4.19");
const connectx = setupOf("connectx@v6.18");

test("innova (kernel.md section 5.1, step 1): no payload, another device's context in v4.19 → untouched", () => {
  check(innova, `${two}; > 0:0`, "", "");
  const [effects, posted] = lastOf({ ...setupOf("innova/wrong-slave@v4.19"), bond: true }, `${two}; > 0:13`);
  assert.deepEqual([effects, posted], ["", "PKT@0+13+clear"], "a header is clear either way");
  const [leak] = lastOf({ ...setupOf("innova/wrong-slave@v4.19"), bond: true }, `${two}; > 13:113`);
  assert.match(leak, /^plaintext seq=13 bytes=\d+$/);
});

test("innova (section 5.1, step 2): in order, the packet alone; expected moves on by its payload", () => {
  check(innova, `${two}; > 0:50`, "encrypted seq=0 length=50", "PKT@0+50+stream");
  const play = new Play(innova, `${two}; > 0:50; > 50:258`);
  play.rest();
  assert.deepEqual(play.expected, [258, 258]);
});

test("innova (section 5.1, step 2): no memory for the metadata → tx_tls_drop_metadata, expected unchanged", () => {
  const story = `${two}; > 0:50; > 50:60 no-memory`;
  check(innova, story, "dropped reason=no-metadata length=10", "");
  assert.deepEqual(counted(innova, story), { tx_tls_drop_metadata: 1 });
  check(innova, `${story}; > 50:60`, "encrypted seq=50 length=10", "PKT@50+10+stream");
  check(connectx, `${two}; > 0:50; > 50:60 no-memory`, "encrypted seq=50 length=10", "PKT@50+10+stream");
});

test("innova (section 5.1, step 3): out of order, no record found → tx_tls_ooo and tx_tls_drop_no_sync_data", () => {
  const story = `${two}; > 0:258; ack 258; > 10:20`;
  const effects =
    "out-of-order expected=258 seq=10, lookup-failed seq=10, dropped reason=no-sync-data length=10";
  check(innova, story, effects, "");
  assert.deepEqual(counted(innova, story), { tx_tls_ooo: 1, tx_tls_drop_no_sync_data: 1 });
});

test("innova (section 5.1, step 3): v4.19 gives the head record for an acknowledged byte, sync < 0 → dropped", () => {
  const story = `${two}; > 0:258; ack 129; > 10:20`;
  const effects =
    "out-of-order expected=258 seq=10, stale-record seq=10 record=2, dropped reason=no-sync-data length=10";
  check(innova, story, effects, "");
});

test("innova (section 5.1, step 4): before the marker without metadata, across it tx_tls_drop_bypass_required", () => {
  check(innova, `${two}; > -9:0`, "out-of-order expected=0 seq=-9, bypass seq=-9 length=9", "PKT@-9+9+clear");
  const across = `${two}; > -9:1`;
  const effects =
    "out-of-order expected=0 seq=-9, mixed-segment seq=-9 length=10, dropped reason=bypass-required length=10";
  check(innova, across, effects, "");
  assert.deepEqual(counted(innova, across), { tx_tls_ooo: 1, tx_tls_drop_bypass_required: 1 });
});

test("innova (section 5.1, step 5): no memory for the SYNC packet → tx_tls_drop_resync_alloc, expected unchanged", () => {
  const story = `${two}; > 0:50; > 20:30 no-memory`;
  check(innova, story, "out-of-order expected=50 seq=20, dropped reason=no-memory length=10", "");
  assert.deepEqual(counted(innova, story), { tx_tls_ooo: 1, tx_tls_drop_resync_alloc: 1 });
  const play = new Play(innova, story);
  play.rest();
  assert.deepEqual(play.expected, [50, 50]);
});

test("innova (section 5.1, steps 6 and 7): SYNC brings number and prefix, resync bytes count its headers, on from there", () => {
  const story = `${two}; > 0:258; > 149:159`;
  const effects =
    "out-of-order expected=258 seq=149, resync record=2 replayed=20, encrypted seq=149 length=10";
  check(innova, story, effects, "SYNC#2@129+20 PKT@149+10+stream");
  // Ethernet 14, metadata 8, IPv4 20, TCP 20, the record number 8, the prefix 20.
  assert.deepEqual(counted(innova, story), { tx_tls_ooo: 1, tx_tls_resync_bytes: 90 });
  const play = new Play(innova, story);
  play.rest();
  assert.deepEqual(play.expected, [159, 159]);
});

test("connectx (section 5.2, install and del): tx_tls_ctx, tx_tls_del", () => {
  const play = new Play(connectx, `${two}; destruct`);
  play.next();
  assert.deepEqual(play.counters, { tx_tls_ctx: 1 });
  play.rest();
  assert.deepEqual(play.counters, { tx_tls_ctx: 1, tx_tls_del: 1 });
});

test("connectx (section 5.2, step 1): no payload → the ordinary path, no params", () => {
  check(connectx, `${two}; > 0:0 fin`, "", "");
});

test("connectx (section 5.2, step 2): a context on another device → dropped", () => {
  const wrong = { ...setupOf("connectx/wrong-slave@v6.18"), bond: true };
  check(wrong, `${two}; > 0:50`, "dropped reason=wrong-device length=50", "");
});

test("connectx (section 5.2, steps 3 and 4): the first packet posts STATIC, PROGRESS fenced, NOP fenced; the next none", () => {
  const params = "STATIC#1 PROGRESS| NOP|";
  check(connectx, `${two}; > 0:50`, "encrypted seq=0 length=50", `${params} PKT@0+50+stream`);
  check(connectx, `${two}; > 0:50; > 50:60`, "encrypted seq=50 length=10", "PKT@50+10+stream");
  check(
    connectx,
    `${two}; > -5:0`,
    "out-of-order expected=0 seq=-5, bypass seq=-5 length=5",
    `${params} PKT@-5+5+clear`,
  );
});

test("connectx (section 5.2, step 5): no record, and across the marker → FAIL, expected unchanged", () => {
  const gone = `${two}; > 0:258; ack 129; > 10:20`;
  const lookup =
    "out-of-order expected=258 seq=10, lookup-failed seq=10, dropped reason=no-sync-data length=10";
  check(connectx, gone, lookup, "");
  const across = `${two}; > 0:9; > -1:1`;
  const mixed =
    "out-of-order expected=9 seq=-1, mixed-segment seq=-1 length=2, dropped reason=no-sync-data length=2";
  check(connectx, across, mixed, "");
  const play = new Play(connectx, across);
  play.rest();
  assert.deepEqual(play.expected, [9, 9]);
});

test("connectx (section 5.2, step 5): SKIP with the mark clear is sent, with the mark set dropped; both count", () => {
  const clear = `${two}; > 0:9; > -5:0`;
  const marked = `${two}; > 0:9; > -5:0 marked`;
  check(connectx, clear, "out-of-order expected=9 seq=-5, bypass seq=-5 length=5", "PKT@-5+5+clear");
  check(connectx, marked, "out-of-order expected=9 seq=-5, dropped reason=marked length=5", "");
  for (const story of [clear, marked])
    assert.deepEqual(
      counted(connectx, story),
      {
        tx_tls_encrypted_packets: 1,
        tx_tls_encrypted_bytes: 9,
        tx_tls_ooo: 1,
        tx_tls_skip_no_sync_data: 1,
      },
      story,
    );
});

test("connectx (section 5.2, step 5): tx_tls_ooo in every case; v5.8 only where the state was rebuilt", () => {
  const story = (last: string) => `${two}; > 0:258; ${last}`;
  const ooo = (id: string, last: string) => counted(setupOf(id), story(last)).tx_tls_ooo ?? 0;
  for (const last of ["> 10:20", "> -5:0", "> -5:5", "ack 129; > 10:20"]) {
    assert.equal(ooo("connectx@v6.18", last), 1, last);
    assert.equal(ooo("connectx@v5.8", last), last === "> 10:20" ? 1 : 0, last);
  }
});

test("connectx (section 5.2, step 6): the number posted last needs PROGRESS alone, another one STATIC fenced", () => {
  const again = `${two}; > 0:50; > 20:30`;
  check(
    connectx,
    again,
    "out-of-order expected=50 seq=20, resync record=1 replayed=20, encrypted seq=20 length=10",
    "PROGRESS| NOP| DUMP@0+20 PKT@20+10+stream",
  );
  check(
    connectx,
    `${two}; > 0:50; > 149:159`,
    "out-of-order expected=50 seq=149, static-params record=2, resync record=2 replayed=20, encrypted seq=149 length=10",
    "STATIC|#2 PROGRESS NOP| DUMP@129+20 PKT@149+10+stream",
  );
});

test("connectx (section 5.2, step 6): no DUMP for sync 0; pieces of at most the hardware's MTU, 22 above the device's, of a fragment each", () => {
  const posted = (setup: Setup, story: string) => lastOf(setup, story)[1];
  assert.equal(posted(connectx, `${two}; > 0:50; > 0:50`), "PROGRESS| NOP| PKT@0+50+stream");
  assert.equal(
    posted({ ...connectx, mtu: 978 }, "send 3000; > 0:9; > 2001:2002"),
    "PROGRESS| NOP| DUMP@0+1000 DUMP@1000+1000 DUMP@2000+1 PKT@2001+1+stream",
  );
  assert.equal(
    posted({ ...connectx, mtu: 978 }, "send 3000 zerocopy pieces=2; > 0:9; > 2013:2023"),
    "PROGRESS| NOP| DUMP@0+13 DUMP@13+1000 DUMP@1013+500 DUMP@1513+500 PKT@2013+10+stream",
    "the header, then pages of 1500 bytes",
  );
});

test("connectx (section 5.2, step 6): DUMPs are counted by the NIC that takes them", () => {
  const story = "send 3000; > 0:9; > 2001:2002";
  const counters = counted({ ...connectx, mtu: 978 }, story);
  assert.deepEqual([counters.tx_tls_dump_packets, counters.tx_tls_dump_bytes], [3, 2001]);
  const held = counted({ ...connectx, mtu: 978 }, `send 3000; > 0:9; hold; > 2001:2002`);
  assert.deepEqual([held.tx_tls_dump_packets, held.tx_tls_dump_bytes], [undefined, undefined]);
});

test("connectx (section 5.2, step 6): a mapping fails part-way → FAIL, what is posted stays, expected unchanged", () => {
  const story = "send 3000; > 0:9; > 2001:2002 dma=2";
  const effects =
    "out-of-order expected=9 seq=2001, dma-error mapping=2 posted=3, dropped reason=no-sync-data length=1";
  check({ ...connectx, mtu: 978 }, story, effects, "PROGRESS| NOP| DUMP@0+1000");
  const play = new Play({ ...connectx, mtu: 978 }, story);
  play.rest();
  assert.deepEqual(
    play.expected,
    [9, 1000],
    "the next packet in order would be encrypted from the wrong state",
  );
});

test("connectx (section 5.2, step 7): expected := end, gso segments and payload bytes are counted", () => {
  const story = "send 16384; > 0:9; > 9:4353";
  assert.deepEqual(counted({ ...connectx, mss: 1448 }, story), {
    tx_tls_encrypted_packets: 4,
    tx_tls_encrypted_bytes: 4353,
  });
});

test("connectx (section 5.2, the NIC): no look at TCP numbers; an order that is wrong shows as garbage, not as a drop", () => {
  // The queue's reset takes the descriptors of the first packet with it, the driver does not know.
  const story = `${two}; > 0:9; hold; > 9:50; reset; resume; > 50:129`;
  const [effects, posted] = lastOf(connectx, story);
  assert.equal(posted, "PKT@50+79+stream");
  // It stands 9 bytes into a record, so it takes 4 more for the nonce's rest and lets them through.
  assert.match(
    effects,
    /^encrypted seq=50 length=79, out-of-step expected=9 seq=50, plaintext seq=50 bytes=4, wrong-ciphertext seq=54 /,
  );
});
