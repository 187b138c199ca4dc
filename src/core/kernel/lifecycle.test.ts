import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelNamed, keysFor, lastOf, Play, type Setup, setupOf } from "../../test/scenario.ts";
import { type Cipher, ciphers, type TlsVersion } from "../base/record.ts";

const connectx = setupOf("connectx@v6.18");

const says = (setup: Setup, story: string) => lastOf(setup, story)[0];

test("install (kernel.md section 2.1, step 3): a device that is down takes nothing; up again it does", () => {
  assert.equal(says(connectx, "down; install"), "offload-refused reason=device-down");
  assert.equal(says(connectx, "down; up; install"), "offload-installed seq=0 record=1");
  assert.equal(says(connectx, "down 1; install"), "offload-installed seq=0 record=1", "another one's");
});

/** What each family takes on the newest generation it is in, and what each generation takes of connectx (sections 1.5, 1.7, 2.1 step 4). */
const taken: Record<string, string> = {
  "connectx@v4.19": "1.2/aes-128-gcm",
  "connectx@v5.8": "1.2/aes-128-gcm",
  "connectx@v6.18": "1.2/aes-128-gcm 1.2/aes-256-gcm",
  "connectx@next": "1.2/aes-128-gcm 1.2/aes-256-gcm 1.3/aes-128-gcm 1.3/aes-256-gcm",
  "bnxt@next": "1.2/aes-128-gcm 1.2/aes-256-gcm 1.3/aes-128-gcm 1.3/aes-256-gcm",
  "innova@v5.8": "1.2/aes-128-gcm",
  "innova@next": "1.2/aes-128-gcm",
  "chelsio-t6@next": "1.2/aes-128-gcm",
  "netronome@next": "1.2/aes-128-gcm",
  "fungible@next": "1.2/aes-128-gcm",
};

test("install (section 2.1, step 4; section 1.7): versions and ciphers by generation and family; ChaCha20 never", () => {
  for (const [id, expected] of Object.entries(taken)) {
    const combinations = ([0x0303, 0x0304] as TlsVersion[]).flatMap((version) =>
      ciphers.map((cipher: Cipher) => ({ version, cipher })),
    );
    const takes = combinations.filter((one) =>
      says({ ...setupOf(id), ...one }, "install").startsWith("offload-installed"),
    );
    const words = takes.map(({ version, cipher }) => `1.${version - 0x0301}/${cipher}`).join(" ");
    assert.equal(words, expected, id);
  }
});

test("install (section 2.1, steps 5, 6 and 8): the marker at write_seq counts as rec_seq − 1, the driver starts there", () => {
  const play = new Play({ ...connectx, recSeq0: 5n, startSeq: 0xfffffff0 }, "> -51:0; install");
  play.rest();
  const log = play.machine.sockets[0]!.records;
  assert.deepEqual([log.sn(0), log.length.at(0), play.relative(log.end(0))], [4n, 0, 0]);
  assert.equal(play.expected[0], 0);
  assert.equal(play.counters.tx_tls_ctx, 1);
});

test("install (section 2.1, step 7): a fence where the write queue has unsent bytes, none where all is sent", () => {
  assert.equal(says(connectx, "install unsent"), "offload-installed seq=0 record=1, fenced seq=0");
  assert.equal(says(connectx, "install"), "offload-installed seq=0 record=1");
});

test("install (section 2.1, step 8): refused by the driver → TLS_SW, records are ciphertext before TCP sees them", () => {
  const refused = "refuse; install; send 100";
  assert.equal(says(connectx, "refuse; install"), "offload-refused reason=driver");
  assert.deepEqual(
    lastOf(connectx, `${refused}; > 0:129`),
    ["", "PKT@0+129+clear"],
    "nothing to say: the bytes are right",
  );
  assert.deepEqual(lastOf(connectx, `${refused}; > 0:129; > 20:30 orphan`)[0], "orphaned seq=20 length=10");
  const play = new Play(connectx, refused);
  play.rest();
  assert.deepEqual(play.counters, {});
});

test("install (section 2.1, step 9): before it a segment is an ordinary one", () => {
  const play = new Play(connectx, "> -51:0; install; send 100; > 0:129");
  assert.deepEqual(play.next(), { effects: [], queue: "", stages: ["skb", "wire"] });
  assert.ok(play.rest().at(-1)!.stages.includes("driver.check"));
});

// Rows 1 [0, 129) and 2 [129, 258).
const two = "send 100; send 100";
const fallback = (reason: string, from: number, to: number) => [
  `software-fallback reason=${reason} length=${to - from}`,
  `PKT#${from < 129 ? 1 : 2}@${from}+${to - from}+software`,
];

for (const id of ["connectx@v6.18", "netronome@v6.18", "innova@v4.19"]) {
  test(`${id}: NETDEV_DOWN deletes the context, every later packet is the fallback's, for good (kernel.md section 2.9)`, () => {
    const setup = setupOf(id);
    assert.equal(says(setup, `${two}; down`), "device-down device=0");
    assert.deepEqual(lastOf(setup, `${two}; > 0:50; down; > 50:100`), fallback("device-down", 50, 100));
    assert.deepEqual(lastOf(setup, `${two}; down; up; > 0:129`), fallback("device-down", 0, 129));
    assert.deepEqual(lastOf(setup, `send 100; down; send 100; > 129:258`), fallback("device-down", 129, 258));
    assert.equal(says(setup, `${two}; down; down`), "", "only once");
  });
}

test("a route over another device: the fallback, packet by packet; back again the driver is out of order (section 2.9)", () => {
  const away = `${two}; > 0:50; route 1; > 50:100`;
  assert.deepEqual(lastOf(connectx, away), fallback("other-device", 50, 100));
  assert.equal(
    says(connectx, `${away}; route 0; > 100:129`),
    "out-of-order expected=50 seq=100, resync record=1 replayed=100, encrypted seq=100 length=29",
  );
  assert.equal(says(connectx, `${away}; route 0; > 50:129`), "encrypted seq=50 length=79");
});

test("a bond steers to the slave that owns the context, and drops what another slave is to send (section 2.9)", () => {
  const bond = { ...connectx, bond: true };
  assert.equal(says(bond, `${two}; > 0:50`), "encrypted seq=0 length=50");
  assert.equal(says(bond, `${two}; route 2; > 0:50`), "dropped reason=inactive-slave length=50");
  assert.deepEqual(lastOf(bond, `${two}; down 1; > 0:50`), fallback("device-down", 0, 50));
  assert.equal(
    says(bond, `${two}; down 2; > 0:50`),
    "encrypted seq=0 length=50",
    "another slave's going down",
  );
});

test("the context outlives close() and goes with the socket (section 3)", () => {
  assert.equal(
    says(connectx, `${two}; > 0:258; close; > 20:30`).includes("resync record=1 replayed=20"),
    true,
  );
  assert.equal(says(connectx, `${two}; close; destruct`), "offload-removed contexts=0");
  const play = new Play(connectx, `${two}; send 5 more; close; destruct`);
  play.rest();
  assert.deepEqual([play.state.head, play.state.openLength], [play.state.tail, 0]);
  assert.deepEqual([play.counters.tx_tls_ctx, play.counters.tx_tls_del], [1, 1]);
});

test("a context is deleted once: by the device's going down, the queue's reset or the socket's end", () => {
  for (const [id, story] of [
    ["connectx@v6.18", "down; destruct"],
    ["chelsio-t6@v6.18", "reset; down; destruct"],
    ["chelsio-t6@v6.18", "reset; reset"],
  ] as const) {
    const play = new Play(setupOf(id), `${two}; ${story}`);
    play.rest();
    assert.deepEqual([play.state.contexts, play.state.contextsDeleted], [1, 1], story);
  }
});

// TLS 1.3 on the newest generation: 100 bytes of payload are 122 of stream.
const keys = keysFor("aes-128-gcm");
const later = { ...keys, key: keys.key.map((byte) => byte ^ 0xff) };
const tls13: Setup = { ...setupOf("connectx@next"), version: 0x0304, laterKeys: [later, later], recSeq0: 0n };

test("rekey (kernel.md section 8, step 1): the open record is pushed first, under the old key", () => {
  assert.equal(
    says(tls13, "send 100; send 5 more; rekey"),
    "record-pushed record=2 length=27, fenced seq=149, rekey-started seq=149 epoch=1",
  );
});

test("rekey (section 8, steps 2 and 3): a fence; new records are ciphertext under the new key, what lies before goes to the NIC", () => {
  const pending = "send 100; > 0:50; rekey; send 100";
  assert.equal(says(tls13, pending), "record-pushed record=2 length=122");
  assert.deepEqual(lastOf(tls13, `${pending}; > 122:244`), ["", "PKT@122+122+clear"]);
  assert.equal(says(tls13, `${pending}; > 50:122`), "encrypted seq=50 length=72");
  assert.equal(says(tls13, `${pending}; merge 100:150`), "merge-refused fence=122 length=50");
  assert.deepEqual(lastOf(tls13, `${pending}; down; > 50:122`), [
    "software-fallback reason=device-down length=72",
    "PKT#1@50+72+software",
  ]);
  const play = new Play(tls13, pending);
  play.rest();
  const log = play.machine.sockets[0]!.records;
  assert.deepEqual([log.epoch.at(2), log.sn(2)], [1, 0n], "numbers begin again under a new key");
});

test("rekey (section 8, step 4): ready when everything under the old key is acknowledged", () => {
  const story = "send 100; > 0:122; rekey; send 100; ";
  assert.equal(says(tls13, `${story}ack 121`), "acknowledged ack=121 released=0");
  assert.equal(
    says(tls13, `${story}ack 122`),
    "record-released record=1 ack=122, rekey-ready seq=122 epoch=1, acknowledged ack=122 released=1",
  );
});

test("rekey (section 8, step 5): the next sendmsg hands over: a new context, a marker at write_seq, the number goes on", () => {
  const story = "send 100; > 0:122; rekey; send 100; > 122:244; ack 122; send 100";
  assert.equal(says(tls13, story), "rekey-done seq=244 epoch=1, record-pushed record=4 length=122");
  const play = new Play(tls13, `${story}; > 244:366`);
  const last = play.rest().at(-1)!;
  assert.deepEqual([last.effects, last.queue], [["encrypted seq=244 length=122"], "STATIC PROGRESS NOP PKT"]);
  const log = play.machine.sockets[0]!.records;
  assert.deepEqual(
    [3, 4].map((row) => [log.sn(row), log.epoch.at(row)]),
    [
      [0n, 1],
      [1n, 1],
    ],
  );
  assert.deepEqual([play.state.head, play.state.hint], [3, -1], "the old records are gone");
  assert.deepEqual([play.counters.tx_tls_ctx, play.counters.tx_tls_del], [2, 1]);
});

test("rekey (section 8, floor): ready ciphertext before the new marker is passed as it is, old plaintext never", () => {
  const story = "send 100; > 0:122; rekey; send 100; > 122:244; ack 122; send 100";
  assert.deepEqual(lastOf(tls13, `${story}; > 200:244`), [
    "out-of-order expected=244 seq=200, bypass seq=200 length=44",
    "STATIC#4 PROGRESS| NOP| PKT@200+44+clear",
  ]);
  assert.deepEqual(lastOf(tls13, `${story}; > 20:30`), ["dropped reason=acknowledged length=10", ""]);
});

test("rekey (section 8, step 6): the device does not take the new key → software for good", () => {
  const story = "send 100; > 0:122; rekey; send 100; ack 122; ";
  assert.equal(
    says(tls13, `${story}refuse; send 100`),
    "rekey-failed reason=driver epoch=1, record-pushed record=3 length=122",
  );
  assert.deepEqual(lastOf(tls13, `${story}refuse; send 100; > 244:366`), ["", "PKT@244+122+clear"]);
  assert.equal(
    says(tls13, `${story}down; send 100`),
    "rekey-failed reason=device-down epoch=1, record-pushed record=3 length=122",
  );
  const play = new Play(tls13, `${story}down; send 100; destruct`);
  play.rest();
  assert.deepEqual([play.state.contexts, play.state.contextsDeleted], [1, 1]);
});

test("rekey (section 8): nothing unacknowledged → complete at once", () => {
  // Nothing is queued, so tcp_write_collapse_fence() has nothing to fence.
  const done = "rekey-started seq=122 epoch=1, rekey-done seq=122 epoch=1";
  assert.equal(says(tls13, "send 100; > 0:122; ack 122; rekey"), done);
});

test("rekey (section 8): close() while it is pending or ready aborts it, an acknowledgement then changes nothing", () => {
  const pending = "send 100; > 0:122; rekey; send 100";
  assert.equal(says(tls13, `${pending}; close`), "rekey-aborted epoch=1");
  assert.equal(says(tls13, `${pending}; ack 122; close`), "rekey-aborted epoch=1");
  assert.equal(
    says(tls13, `${pending}; close; ack 122`),
    "record-released record=1 ack=122, acknowledged ack=122 released=1",
  );
  assert.deepEqual(lastOf(tls13, `${pending}; close; > 122:244`), ["", "PKT@122+122+clear"]);
});

test("rekey (section 8): Ok + Aborted + Fallback is the number of rekeys", () => {
  const pending = "send 100; > 0:122; rekey; send 100";
  for (const end of [
    "ack 122; send 1",
    "close; ack 122; destruct",
    "ack 122; refuse; send 1",
    "ack 122; send 1; ack 244; close",
  ]) {
    const said = new Play(tls13, `${pending}; ${end}`).rest().flatMap(({ effects }) => effects);
    const count = (name: string) => said.filter((effect) => effect.startsWith(name)).length;
    assert.equal(count("rekey-started"), 1);
    assert.equal(count("rekey-done") + count("rekey-aborted") + count("rekey-failed"), 1, end);
  }
});

test("rekey (section 8): refused in TLS 1.2; before next only software sockets do it", () => {
  const busy = (setup: Setup, story: string) => says(setup, story).split(",").at(-1);
  assert.equal(busy(setupOf("connectx@next"), "send 100; rekey"), "rekey-failed reason=busy epoch=1");
  const old = (id: string) => ({ ...tls13, kernel: kernelNamed(id) });
  assert.equal(busy(old("v6.18"), "install; send 100; rekey"), " rekey-done seq=122 epoch=1".trim());
  assert.equal(busy(old("v5.8"), "install; send 100; rekey"), "rekey-failed reason=busy epoch=1");
});
