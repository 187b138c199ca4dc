import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, type Setup, setupOf } from "../../test/scenario.ts";

const stable = setupOf("connectx@v6.18");
const says = (setup: Setup, story: string) => lastOf(setup, story)[0];
const two = "send 100; send 100";

test("segments merge unless the earlier one ends in a fence; the mark is not compared (kernel.md section 2.5)", () => {
  assert.equal(says(stable, `${two}; merge 0:258`), "merged seq=0 length=258");
  assert.equal(says(stable, "send 100 eor; send 100; merge 100:150"), "merge-refused fence=129 length=50");
  assert.equal(says(stable, "send 100 eor; send 100; merge 129:258"), "merged seq=129 length=129");
  assert.equal(says(stable, "send 100 eor; send 100; merge 0:129"), "merged seq=0 length=129");
});

test("a fence stays where it is when its segment is split: eor goes with the later half (section 2.5)", () => {
  const fenced = "send 100 eor; send 100; split 60";
  assert.equal(says(stable, "send 100 eor; send 100; split 60"), "split seq=60");
  assert.equal(says(stable, `${fenced}; merge 0:129`), "merged seq=0 length=129");
  assert.equal(says(stable, `${fenced}; merge 60:258`), "merge-refused fence=129 length=198");
});

test("a split segment's halves keep its mark (section 2.5)", () => {
  const merged = "> -9:0; install; send 100; > 0:129; merge -9:129; split 0";
  assert.match(
    says(stable, `${merged}; > 0:129 orphan`),
    /^orphaned seq=0 length=129, plaintext /,
    "clear, as the whole was",
  );
  assert.equal(
    says(stable, "> -9:0; install; send 100; > 0:129; split 60; > 60:129 orphan"),
    "orphaned seq=60 length=69, dropped reason=no-socket length=69",
  );
});

test("the driver tracks a TSO segment as one (section 2.5)", () => {
  const play = new Play({ ...stable, mss: 1448 }, "send 16384; > 0:16413; > 1448:2896");
  play.rest();
  assert.deepEqual(play.expected, [2896, 2896]);
});

test("skb_orphan before the driver: dropped for its mark; v4.19 has no mark and plaintext leaves (section 2.6)", () => {
  const story = `${two}; > 0:129 orphan`;
  for (const kernel of ["v5.8", "v6.18", "next"])
    assert.equal(
      says(setupOf(`connectx@${kernel}`), story),
      "orphaned seq=0 length=129, dropped reason=no-socket length=129",
      kernel,
    );
  // 13 bytes of header are clear anyway; the tag's place holds the record's first bytes.
  assert.match(
    says(setupOf("innova@v4.19"), story),
    /^orphaned seq=0 length=129, plaintext seq=13 bytes=\d+, placeholder seq=113 /,
  );
});

test("skb_orphan of what lies before the offload does no harm in any generation (section 2.6)", () => {
  for (const kernel of ["v4.19", "v5.8", "v6.18", "next"])
    assert.deepEqual(
      lastOf(setupOf(`connectx@${kernel}`), `${two}; > -9:0 orphan`),
      ["orphaned seq=-9 length=9", "PKT@-9+9+clear"],
      kernel,
    );
});

test("skb_orphan_partial leaves a marked segment alone; v4.19 knows no mark (sections 2.5 and 2.6)", () => {
  const story = `${two}; > 0:50 orphan-partial`;
  assert.equal(says(stable, story), "orphan-refused seq=0 length=50, encrypted seq=0 length=50");
  assert.equal(says(setupOf("innova@v4.19"), story), "orphaned seq=0 length=50, encrypted seq=0 length=50");
});

test("without its hook a marked segment is dropped, one of v4.19 leaks (section 2.6; section 9, bug 10)", () => {
  const story = `${two}; down; > 0:129`;
  assert.equal(
    says(setupOf("connectx/unhooked-on-down@v6.18"), story),
    "dropped reason=no-socket length=129",
  );
  assert.match(says(setupOf("innova/unhooked-on-down@v4.19"), story), /^plaintext seq=13 /);
});

test("the context's device and a bond pass to the driver, any other device to the fallback (section 2.6)", () => {
  const engine = (setup: Setup, story: string) => /\+(\w+)$/.exec(lastOf(setup, story)[1])?.[1];
  assert.equal(engine(stable, `${two}; > 0:50`), "stream");
  assert.equal(engine({ ...stable, bond: true }, `${two}; > 0:50`), "stream");
  assert.equal(engine(stable, `${two}; route 1; > 0:50`), "software");
  assert.equal(engine(stable, `${two}; down; > 0:50`), "software");
});

// A handshake packet in the retransmit queue, then the offload, then its first record.
const handshake = (install: string) => `> -51:0; ${install}; send 100; > 0:129`;

test("unsent bytes before the offload are fenced off; bytes already sent are not: a collapse mixes them (section 2.7)", () => {
  assert.equal(
    says(stable, `${handshake("install unsent")}; merge -51:129`),
    "merge-refused fence=0 length=180",
  );
  const merged = "merged seq=-51 length=180, mixed-segment seq=-51 length=180";
  assert.equal(says(stable, `${handshake("install")}; merge -51:129`), merged);
  assert.equal(
    says(setupOf("connectx/unfenced-start@v6.18"), `${handshake("install unsent")}; merge -51:129`),
    merged,
  );
});

test("a mixed segment: mlx5 and Innova drop, Chelsio divides it, the fallback drops (section 2.7)", () => {
  const fate = (id: string) => lastOf(setupOf(id), `${handshake("install")}; merge -51:129; > -51:129`);
  const dropped = (id: string) => fate(id)[0].split(", ").at(-1);
  assert.equal(dropped("connectx@v6.18"), "dropped reason=no-sync-data length=180");
  assert.equal(dropped("innova@v4.19"), "dropped reason=bypass-required length=180");
  assert.equal(dropped("netronome@v6.18"), "dropped reason=no-sync-data length=180");
  assert.equal(
    fate("chelsio-t6@v6.18")[1],
    "SET_TCB@TX_MAX=-51 SET_TCB@SND_UNA PKT#0@-51+51+clear PKT#1@0+129+piece",
  );
});

test("a mixed segment has the first one's mark, clear: orphaned, it leaks (section 2.7)", () => {
  assert.match(
    says(stable, `${handshake("install")}; merge -51:129; > -51:129 orphan`),
    /^orphaned seq=-51 length=180, plaintext seq=13 /,
  );
});

test("a mixed segment is dropped as often as TCP sends it, until something divides it (section 2.7)", () => {
  const again = `${handshake("install")}; merge -51:129; > -51:129; > -51:129`;
  assert.match(says(stable, again), /dropped reason=no-sync-data/);
  assert.match(says(stable, `${again}; split 0; > -51:0`), /bypass seq=-51 length=51$/);
});

test("zero-copy pages that change: later copies carry other bytes under the same nonce (section 8)", () => {
  // Header and nonce 13; payload byte 27 lies at 40.
  const story = "send 100 zerocopy; > 0:129; write 40:50; > 0:129";
  const effects = new Play(stable, story).rest().map((happening) => happening.effects);
  assert.deepEqual(effects[2], ["page-written seq=40 bytes=10"]);
  const resent = effects[3]!.join(", ");
  assert.match(resent, /page-changed seq=40 bytes=10/);
  assert.match(resent, /nonce-reused seq=40 bytes=10$/);
  // The tag is computed over the new content: it is not the one that left before.
  assert.match(resent, /wrong-tag seq=113 bytes=1[56]/);
  assert.equal(
    says(stable, "send 100 zerocopy; > 0:40; write 40:50; > 40:129").includes("nonce-reused"),
    false,
    "never sent before",
  );
  assert.equal(
    says(stable, "send 100 zerocopy; > 0:129; write 40:50; > 0:40"),
    "out-of-order expected=129 seq=0, resync record=1 replayed=0, encrypted seq=0 length=40",
  );
});
