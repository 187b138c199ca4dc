import assert from "node:assert/strict";
import { test } from "node:test";
import { broken, keysFor, Play, type Setup } from "../../test/scenario.ts";
import { advance } from "../base/seq.ts";
import { connectx } from "../profiles/connectx.ts";
import { innova } from "../profiles/innova.ts";
import { Engine } from "../words/descriptor.ts";
import { streamBytes, wireRecord } from "./bytes.ts";
import { wireBytes } from "./wire-bytes.ts";

/** What is wrong with the bytes of the story's last event; the story's connection has records of 1000 payload bytes. */
function wrong(setup: Setup, story: string): string[] {
  const wrongs = ["out-of-step", "plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"];
  const last = new Play(setup, `send 1000; send 1000; send 1000; ${story}`).rest().at(-1)!;
  return last.effects.filter((effect) => wrongs.includes(effect.split(" ")[0]!));
}

const both = [connectx, innova];
/** TLS 1.2: record n is [1029 n, 1029 n + 1029), payload from 13, tag from 1013. TLS 1.3: 1022, 5 and 1006. */
const jump = "> 0:100; > 500:2000";

test("an unbroken device makes the right bytes: no effect", () => {
  for (const profile of both) assert.deepEqual(wrong({ profile }, jump), [], profile.id);
});

test("wrong record number: only tags are wrong in TLS 1.2, the nonce travels in the record (kernel.md fact 8)", () => {
  for (const profile of both) {
    for (const off of ["record-number-high", "record-number-low"]) {
      const found = wrong({ profile: broken(profile, off) }, "> 0:100; > 1500:2100");
      assert.deepEqual(
        found.filter((effect) => !effect.startsWith("out-of-step")),
        ["wrong-tag seq=2042 bytes=16"],
      );
      assert.equal(found[0]!.split(" ")[0], "out-of-step", profile.id);
    }
  }
});

test("wrong record number: everything from there on is wrong in TLS 1.3 (kernel.md fact 8)", () => {
  const found = wrong(
    { version: 0x0304, profile: broken(connectx, "record-number-high") },
    "> 0:100; > 1522:2044",
  );
  const [step, ...bytes] = found.map((effect) => effect.split(" "));
  assert.equal(step![0], "out-of-step");
  const counts = Object.fromEntries(bytes.map(([name, , count]) => [name, Number(count!.split("=")[1])]));
  assert.deepEqual(Object.keys(counts), ["wrong-ciphertext", "wrong-tag"]);
  // A wrong keystream byte is right by chance once in 256.
  assert.ok(
    counts["wrong-ciphertext"]! > 480 && counts["wrong-ciphertext"]! <= 506,
    `${counts["wrong-ciphertext"]}`,
  );
  assert.ok(counts["wrong-tag"]! > 10 && counts["wrong-tag"]! <= 16, `${counts["wrong-tag"]}`);
});

test("chance agreement with host memory is not called plaintext or placeholder", () => {
  // 3000 wrong bytes agree with what lies in host memory some 12 times by chance, 16 of a tag once in 16 times.
  const setup: Setup = { version: 0x0304, profile: broken(innova, "record-number-high") };
  const found = wrong({ ...setup }, "> 0:100; > 1:3066");
  assert.deepEqual(
    found.map((effect) => effect.split(" ")[0]),
    ["out-of-step", "wrong-ciphertext", "wrong-tag"],
  );
});

test("the prefix never posted: the NIC takes the packet for the start of the record", () => {
  for (const profile of both) {
    const [step, ...rest] = wrong({ profile: broken(profile, "no-prefix") }, jump);
    assert.equal(step, "out-of-step expected=0 seq=500");
    assert.ok(
      rest.some((effect) => effect.startsWith("wrong-ciphertext")),
      profile.id,
    );
  }
});

test("the prefix one byte short: out of step by that byte", () => {
  for (const profile of both) {
    const [step, ...rest] = wrong({ profile: broken(profile, "prefix-short-by-1") }, jump);
    assert.equal(step, "out-of-step expected=499 seq=500");
    assert.ok(
      rest.some((effect) => effect.startsWith("wrong-ciphertext")),
      profile.id,
    );
  }
});

test("the resync behind its packet: this packet and the next are encrypted from the wrong place", () => {
  for (const profile of both) {
    const setup = { profile: broken(profile, "resync-behind-packet") };
    assert.equal(wrong(setup, jump)[0], "out-of-step expected=100 seq=500");
    assert.equal(wrong(setup, `${jump}; > 2000:2500`)[0], "out-of-step expected=500 seq=2000");
  }
});

test("the packet not marked: it leaves in clear, tag and all", () => {
  for (const profile of both) {
    const found = wrong({ profile: broken(profile, "packet-not-marked") }, "> 0:1029");
    assert.equal(found.length, 2, "plaintext and placeholder, nothing else");
    const [plaintext, placeholder] = found.map((effect) => /^(\S+) seq=(\d+) bytes=(\d+)$/.exec(effect)!);
    assert.deepEqual([plaintext![1], plaintext![2]], ["plaintext", "13"]);
    assert.ok(Number(plaintext![3]) > 980, "all but chance agreement of ciphertext and plaintext");
    assert.deepEqual([placeholder![1], placeholder![2]], ["placeholder", "1013"]);
  }
});

test("a short piece in clear is known for what it is", () => {
  const setup = { profile: broken(connectx, "packet-not-marked") };
  assert.deepEqual(wrong(setup, "> 0:10"), [], "the header is the same in clear");
  assert.deepEqual(wrong(setup, "> 13:15"), ["plaintext seq=13 bytes=2"]);
  assert.deepEqual(wrong(setup, "> 1012:1015"), [
    "plaintext seq=1012 bytes=1",
    "placeholder seq=1013 bytes=2",
  ]);
});

test("the placeholder left: only the tag's place is wrong, in every record", () => {
  for (const profile of both) {
    const setup = { profile: broken(profile, "placeholder-leak") };
    assert.deepEqual(wrong(setup, "> 0:1013"), []);
    assert.deepEqual(wrong(setup, "> 0:3087"), ["placeholder seq=1013 bytes=48"]);
    assert.deepEqual(wrong(setup, "> 0:100; > 1020:1100"), ["placeholder seq=1020 bytes=9"]);
  }
});

test("the expected number not moved on: bytes stay right, the next packet is out of order for nothing", () => {
  const setup = { profile: broken(connectx, "expected-stuck") };
  assert.deepEqual(wrong(setup, jump), []);
  const play = new Play(setup, `send 3000; ${jump}; > 2000:2500`);
  assert.equal(play.rest().at(-1)!.effects[0], "out-of-order expected=100 seq=2000");
});

test("a record released one byte early: its last byte cannot be sent again", () => {
  const setup = { profile: broken(connectx, "released-early") };
  const play = new Play(setup, "send 100; > 0:129; ack 128; > 128:129");
  assert.deepEqual(play.rest().at(-1)!.effects.slice(1), [
    "lookup-failed seq=128",
    "dropped reason=no-sync-data length=1",
  ]);
});

test("out of step goes on until the next params, over packets of any cut", () => {
  const setup = { profile: broken(connectx, "record-number-high") };
  const wrongTags = wrong(setup, "> 0:100; > 1500:1600; > 1600:2000; > 2000:2100; > 2100:3087");
  assert.deepEqual(wrongTags, ["wrong-tag seq=3071 bytes=16"], "the next record's number is wrong too");
});

test("a packet over a key update has each record's bytes under its own keys and number", () => {
  const other = { ...keysFor("aes-128-gcm"), key: new Uint8Array(16).fill(9) };
  const setup: Setup = { version: 0x0304, recSeq0: 5n, laterKeys: [other] };
  const play = new Play(setup, "record 122; record 122; record 122 epoch=1; > 0:50; > 50:366; > 100:300");
  for (let i = 0; i < 4; i++) play.next();
  for (const [start, end] of [
    [50, 366],
    [100, 300],
  ] as const) {
    play.next();
    const { socket } = play;
    const packet = {
      seq: advance(socket.connection.startSeq, start),
      length: end - start,
      engine: Engine.stream,
      row: -1,
    };
    const right = streamBytes(socket, packet.seq, packet.length, wireRecord)!;
    assert.deepEqual(wireBytes(socket, packet), right);
  }
  assert.equal(play.machine.sockets[0]!.records.sn(3), 0n, "numbers begin again with the keys");
});
