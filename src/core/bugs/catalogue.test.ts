import assert from "node:assert/strict";
import { test } from "node:test";
import { Play, type Setup } from "../../test/scenario.ts";
import { vendorCountersOf } from "../machine/count.ts";
import type { Rules } from "../machine/socket.ts";
import { profileById } from "../profiles/all.ts";
import { rightRules } from "../rules.ts";
import { bugNamed, bugs } from "./catalogue.ts";

const run = (profile: string, story: string, setup: Setup = {}) =>
  new Play({ ...setup, profile: profileById(profile)! }, story)
    .rest()
    .map(({ effects }) => effects.join("; "));

test("every bug has a name of its own, a sentence, what mended it, and a rule that it gets wrong", () => {
  assert.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length);
  for (const { name, says, mended, rules } of bugs) {
    assert.match(says, /^[A-Z].*\.$/, name);
    assert.notEqual(mended, "", name);
    const right = rightRules;
    const changed = Object.entries(rules(right));
    assert.ok(
      changed.length > 0 && changed.every(([rule, value]) => value !== right[rule as keyof Rules]),
      name,
    );
  }
});

test("bugs together do the same in whatever order they are named", () => {
  const off = "ends-before-off-by-one";
  const story = "send 1000; > 0:1029; > -51:0";
  for (const ids of [`unwrapped-compare+${off}`, `${off}+unwrapped-compare`])
    assert.equal(
      run(`connectx/${ids}`, story).at(-1),
      "out-of-order expected=1029 seq=-51; bypass seq=-51 length=51",
      ids,
    );
});

test("the commits of the drivers' bugs are those of kernel.md section 9, 17 to 36", () => {
  const commits: Record<string, string[]> = {
    "unwrapped-compare": ["ffbd9ca94e2e"],
    "ends-before-off-by-one": ["56917766def7"],
    "resync-before-marker": ["46a3ea98074e"],
    "marked-skip": ["342508c1c754"],
    "long-dump": ["84d1bb2b139e"],
    "unfenced-params": [],
    "redundant-static": ["1e9289979135"],
    "no-undo": [],
    "segments-counted-once": [],
    "context-by-tuple": [],
    "early-commit": [],
    "tag-only-stuck": ["659bf0383d15", "555a2f0"],
    "header-only-stuck": ["63ee4591fa97"],
    "unaligned-counter": [],
    "signed-tx-max": ["9f22ddf"],
    "unlocked-records": ["1a73e427b824"],
    "snd-una-mid-record": ["e8a4155567b3"],
    "old-record-number": ["bc16efd24306", "21d8c25e3f4b"],
    "refused-install": ["435c58a"],
  };
  for (const [name, hashes] of Object.entries(commits))
    assert.deepEqual(bugNamed(name)!.mended.match(/\b(?=\w*\d)[0-9a-f]{7,12}\b/g) ?? [], hashes, name);
});

test("an acknowledgement that races with the driver waits for the record map's lock", () => {
  // Records of 13 + 1000 + 16 = 1029 bytes; the first is row 1, the lookup of its byte 500 needs it.
  const story = "send 1000; > 0:1029; ack 1029 racing; > 500:1029; > 500:1029";
  const [, , ack, sent, again] = run("chelsio-t6", story);
  assert.equal(ack, "");
  assert.equal(
    sent,
    [
      "out-of-order expected=1029 seq=500",
      "piece form=end length=529",
      "encrypted seq=500 length=529",
      "record-released record=1 ack=1029",
      "acknowledged ack=1029 released=1",
    ].join("; "),
  );
  assert.equal(again, "lookup-failed seq=500; dropped reason=no-sync-data length=529");
  const broken = run("chelsio-t6/unlocked-records", story)[3];
  assert.match(
    broken!,
    /released=1; use-after-release seq=500 record=1; out-of-order expected=1029 seq=500; piece form=end length=529/,
  );
});

test("an ordinary acknowledgement takes along one that waits", () => {
  const story = "send 1000; > 0:1029; ack 500 racing; ack 1029; > 500:1029";
  assert.deepEqual(run("chelsio-t6", story).slice(2), [
    "",
    "record-released record=1 ack=1029; acknowledged ack=1029 released=1",
    "lookup-failed seq=500; dropped reason=no-sync-data length=529",
  ]);
});

const endsAtWrap: Setup = { startSeq: 2 ** 32 - 256 };
const cases: [what: string, profile: string, story: string, last: string, setup?: Setup][] = [
  // Records of 1000 payload bytes are 1029 long; the first is row 1 and ends at 773 on the ring.
  [
    "a retransmission across 2^32 is dropped where ends are compared as plain numbers",
    "connectx/unwrapped-compare",
    "send 1000; > 0:1029; > 0:1029",
    "out-of-order expected=1029 seq=0; dropped reason=no-sync-data length=1029",
    endsAtWrap,
  ],
  [
    "... and resynchronised where not",
    "connectx",
    "send 1000; > 0:1029; > 0:1029",
    "out-of-order expected=1029 seq=0; resync record=1 replayed=0; encrypted seq=0 length=1029",
    endsAtWrap,
  ],
  [
    "the connection's first params are fenced also where those of a resync are not",
    "connectx/unfenced-params",
    "send 1000; > 0:1029",
    "encrypted seq=0 length=1029",
  ],
  [
    "a record's end is read from its beginning: a wrong counter does not reach it",
    "chelsio-t6/unaligned-counter",
    "send 1000; > 0:500; > 500:1029",
    "piece form=end length=529; encrypted seq=500 length=529",
  ],
  [
    "an end in order has the right number also where that of a retransmission is the old one",
    "chelsio-t6/old-record-number",
    "send 1000; > 0:500; > 500:1029",
    "piece form=end length=529; encrypted seq=500 length=529",
  ],
  [
    "the first packet moves TX_MAX, so beyond 2^31 it is stuck as well, and again when it is sent again",
    "chelsio-t6/signed-tx-max",
    "send 1000; > 0:1029; > 0:1029",
    "dropped reason=unsendable length=1029",
    { startSeq: 2 ** 31 },
  ],
  [
    "a packet that goes on into a header is not of that header alone, and leaves",
    "chelsio-t6/header-only-stuck",
    "send 1000; send 1000; > 0:1039",
    "piece form=complete length=1029; piece form=header length=10; encrypted seq=0 length=1039",
  ],
  [
    "what follows in order below 2^31 moves nothing",
    "chelsio-t6/signed-tx-max",
    "send 1000; > 0:500; > 500:1029",
    "piece form=end length=529; encrypted seq=500 length=529",
    { startSeq: 2 ** 31 - 100 },
  ],
  [
    "a NIC out of step through handshake bytes makes noise of what follows",
    "connectx/resync-before-marker",
    "send 16; > 0:45; > -6:0; > 0:45",
    // To the NIC -6:7 is a header and 7:23 the tag of a record without payload; 23:36 is the next header, so it leaves in
    // clear: 6 payload bytes, and 7 of the placeholder at 29:45. The rest is encrypted as payload.
    [
      "encrypted seq=0 length=45",
      "wrong-ciphertext seq=7 bytes=16",
      "plaintext seq=23 bytes=6",
      "placeholder seq=29 bytes=7",
      "wrong-tag seq=36 bytes=9",
    ].join("; "),
  ],
];
for (const [what, profile, story, last, setup] of cases)
  test(`${profile}: ${what}`, () => assert.equal(run(profile, story, setup).at(-1), last));

test("names of counters are those of kernel.md, 5.1 to 5.7 and 6.1", () => {
  const standard = [
    "tx_tls_encrypted_packets",
    "tx_tls_encrypted_bytes",
    "tx_tls_ctx",
    "tx_tls_ooo",
    "tx_tls_skip_no_sync_data",
    "tx_tls_drop_no_sync_data",
    "tx_tls_drop_bypass_req",
  ];
  const more: Record<string, string[]> = {
    connectx: ["tx_tls_del", "tx_tls_dump_packets", "tx_tls_dump_bytes", "tx_tls_resync_bytes"],
    innova: [
      "tx_tls_drop_metadata",
      "tx_tls_drop_bypass_required",
      "tx_tls_drop_resync_alloc",
      "tx_tls_resync_bytes",
    ],
    // The standard ones of ethtool -S; the driver's names where debugfs has phrases: connections, records, fallback.
    "chelsio-t6": [
      ...["connection_close", "fallback"].map((word) => `ktls_tx_${word}`),
      ...["complete", "start", "middle", "end", "trimmed"].map((word) => `ktls_tx_${word}_pkts`),
    ],
    netronome: [],
    fungible: ["tx_tls_del", "tx_tls_resync"],
    bnxt: ["tx_tls_del"],
    "freebsd-connectx": ["tx_packets", "tx_bytes", "tx_packets_ooo", "tx_bytes_ooo", "tx_error"],
  };
  for (const [id, own] of Object.entries(more)) {
    const names = Object.values(profileById(id)!.counters);
    assert.deepEqual(
      names.filter((name) => ![...standard, ...own].includes(name)),
      [],
      id,
    );
    assert.deepEqual(
      own.filter((name) => !names.includes(name)),
      [],
      `${id} has them all`,
    );
    assert.equal(new Set(names).size, names.length, id);
  }
});

test("innova: without memory for its metadata a packet in order is dropped and expected again (kernel.md 5.1)", () => {
  const innova = profileById("innova")!;
  const play = new Play({ profile: innova }, "send 1000; > 0:1029 no-memory; > 0:1029");
  assert.deepEqual(
    play.rest().map(({ effects }) => effects.join("; ")),
    [
      "record-pushed record=1 length=1029",
      "dropped reason=no-metadata length=1029",
      "encrypted seq=0 length=1029",
    ],
  );
  const counters = vendorCountersOf(play.state, innova);
  assert.equal(counters.tx_tls_drop_metadata, 1);
  assert.equal(counters.tx_tls_drop_resync_alloc, 0);
});

test("a marked packet that the skip path drops counts as skipped all the same (kernel.md 5.2)", () => {
  const play = new Play({ profile: profileById("connectx@v6.18")! }, "send 1000; > 0:1029; > -51:0 marked");
  assert.equal(play.rest().at(-1)!.effects.at(-1), "dropped reason=marked length=51");
  assert.equal(vendorCountersOf(play.state, profileById("connectx")!).tx_tls_skip_no_sync_data, 1);
});
