import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, type Setup, setupOf } from "../../test/scenario.ts";
import { hostRecord } from "../nic/bytes.ts";

/** Payload of each record that a story pushes, its type where it is not application data; `+n` = n bytes left open. */
function recordsOf(setup: Setup, story: string): string {
  const play = new Play(setup, story);
  play.rest();
  const log = play.machine.sockets[0]!.records;
  const pushed = Array.from({ length: log.count - 1 }, (_, i) => {
    const type = log.type.at(i + 1);
    return `${log.length.at(i + 1) - 29}${type === 23 ? "" : `/${type}`}`;
  });
  return [...pushed, ...(play.state.openLength > 0 ? [`+${play.state.openLength - 13}`] : [])].join(" ");
}

const stable = setupOf("connectx@v6.18");
const next = setupOf("connectx@next");
const check = (setup: Setup, story: string, expected: string) =>
  assert.equal(recordsOf(setup, story), expected, story);

test("a record is closed at MAX_SKB_FRAGS − 1 fragments: its header and 15 pieces (kernel.md section 2.2, step 5d)", () => {
  check(stable, "send 400 zerocopy pieces=40", "150 150 100");
  check(stable, "send 150 zerocopy pieces=15", "150");
  check(stable, "send 151 zerocopy pieces=151", "15 15 15 15 15 15 15 15 15 15 1");
  check(stable, "send 40000 zerocopy", "16384 16384 7232");
});

test("pieces are counted over calls with MSG_MORE (section 2.2, step 5b)", () => {
  check(stable, "send 100 zerocopy pieces=10 more; send 50 zerocopy pieces=5", "150");
  check(stable, "send 100 zerocopy pieces=10 more; send 60 zerocopy pieces=6", "150 10");
});

test("copied bytes next to each other are one fragment, however many calls (section 2.2, step 5b)", () => {
  check(stable, `${"send 10 more; ".repeat(40)}send 10`, "410");
});

test("copied bytes behind a zero-copy piece take a fragment of their own, the tag extends them (section 2.2, step 5b; 2.3)", () => {
  const mixed = "send 140 zerocopy pieces=14 more; send 10 more";
  check(next, `${mixed}; send 5 more`, "150 +5");
  check(stable, "send 70 zerocopy pieces=7 more; send 10 more; send 70 zerocopy pieces=7; send 9", "150 9");
  const full = "send 150 zerocopy pieces=15 more; send 10";
  assert.equal(
    lastOf(stable, full)[0],
    "record-pushed record=1 length=189",
    "17 fragments with the tag in the last",
  );
});

test("MSG_MORE with a full fragment table: open until v6.18, the tag then has no place; closed in next (section 9, bug 9)", () => {
  const full = "send 150 zerocopy pieces=15 more";
  check(stable, full, "+150");
  check(next, full, "150");
  const over = `${full}; send 10 zerocopy`;
  assert.equal(
    lastOf(stable, over)[0],
    "fragment-overflow fragments=18 limit=17, record-pushed record=1 length=189",
  );
  assert.equal(lastOf(next, over)[0], "record-pushed record=2 length=39");
});

test("TLS_TX_MAX_PAYLOAD_LEN is what a record holds (section 2.2, step 4)", () => {
  check({ ...next, payloadMax: 1000 }, "send 2500", "1000 1000 500");
  check({ ...next, payloadMax: 64 }, "send 64; send 65", "64 64 1");
});

test("a control message closes the open record as application data, whatever type it sets (section 2.2, entry)", () => {
  check(stable, "send 10 more; send 5 type=22", "10 5/22");
  check(stable, "send 10 more; send 5 type=23", "10 5");
});

test("MSG_EOR, no MSG_MORE, no bytes, the end of a sendfile, close(): each closes the open record (section 2.2)", () => {
  for (const end of ["send 5 eor", "send 5"]) check(stable, `send 10 more; ${end}`, "15");
  for (const end of ["send 0", "eof", "close"]) check(stable, `send 10 more; ${end}`, "10");
  check(stable, "eof; close", "");
});

test("MSG_EOR fences the record's end (section 2.2; section 2.5: eor)", () => {
  assert.equal(lastOf(stable, "send 10 eor")[0], "record-pushed record=1 length=39, fenced seq=39");
});

test("no bytes and no open record are an empty record (section 2.2)", () => {
  check(stable, "send 0", "0");
  assert.equal(lastOf(stable, "send 0")[0], "empty-record record=1, record-pushed record=1 length=29");
});

test("every byte that sendmsg took is in a record (section 9, bug 5), page fragment full or not", () => {
  // A page holds 32768 bytes: header 13 and payload 16384, tag 16, header 13, then 16342 of payload: nothing is left for the tag.
  const story = "send 32726; send 100";
  check(stable, story, "16384 16342 100");
  const eaten = setupOf("connectx/close-eats-payload@v6.18");
  check(eaten, story, "16384 16326 100");
  const [effects] = lastOf(eaten, "send 32726");
  assert.match(effects, /bytes-lost record=2 bytes=16/);
});

test("the end of a sendfile that leaves the record open: its bytes wait for the next write (section 9, bug 8)", () => {
  const broken = setupOf("connectx/open-record-at-eof@v6.18");
  // Header and nonce 13, payload 10.
  assert.equal(lastOf(broken, "send 10 more; eof")[0], "stalled bytes=23");
  check(broken, "send 10 more; eof; send 5", "15");
});

/** The 16 bytes where the tag will be, of a record of 20 bytes. */
function placeholder(id: string): string {
  const play = new Play(setupOf(id), "send 20");
  play.rest();
  return Buffer.from(hostRecord(play.socket, 1, 0)!.subarray(-16)).toString("latin1");
}

test("what stands in the tag's place: the first page's first bytes, stale memory (section 2.3, step 1)", () => {
  const play = new Play(setupOf("connectx@v4.19"), "send 20");
  play.rest();
  const first = Buffer.from(hostRecord(play.socket, 1, 0)!.subarray(0, 16)).toString("latin1");
  assert.equal(placeholder("connectx@v4.19"), first);
  assert.equal(first.slice(0, 5), "\x17\x03\x03\x00\x2c", "header of 8 + 20 + 16 bytes");
  assert.equal(placeholder("connectx@v5.8"), "PLACEHOLDER_TAG!", "the model's canary");
  assert.equal(placeholder("connectx@v6.18"), "PLACEHOLDER_TAG!");
  assert.equal(placeholder("connectx@next"), "PLACEHOLDER_TAG!");
});

test("the placeholder that a broken device leaves on the wire is known in every generation (section 2.3)", () => {
  for (const kernel of ["v4.19", "v5.8", "v6.18", "v7.2", "next"]) {
    const [effects] = lastOf(setupOf(`connectx/placeholder-leak@${kernel}`), "send 20; > 0:49");
    assert.match(effects, /placeholder seq=33 bytes=1[56]$/, kernel);
  }
});

test("TLS 1.3 has its type as the last byte before the tag (section 2.3, step 2)", () => {
  const play = new Play({ ...next, version: 0x0304 }, "send 20; send 2 type=21");
  play.rest();
  assert.equal(hostRecord(play.socket, 1, 0)!.at(-17), 23);
  const alert = hostRecord(play.socket, 2, 0)!;
  assert.deepEqual([alert[0], alert.at(-17)], [23, 21]);
});
