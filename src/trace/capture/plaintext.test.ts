import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  alone,
  bothVersions,
  damageOf,
  flipped,
  gcm,
  gcm12,
  gcm13,
  otherOf,
  read,
  records,
  sizeOf,
  startOf,
  wire,
} from "../../test/damage/clear-reading.ts";
import { ciphertext, cleartext, contentsOf } from "../../test/damage/cleartext.ts";
import { sentBy, verdictOf } from "../../test/damage/reading.ts";
import { type Content, keys13, nextSecret, sealed, sessionOf } from "../../test/damage/sealed-session.ts";
import type { Packet } from "../../test/damage/tcp-capture.ts";

for (const of of gcm) {
  test(`${of.name}: zeros for tags are recognised, with keys and without`, async () => {
    const session = sessionOf(of);
    for (const keys of [true, false]) {
      const { stream, verdict, why } = verdictOf(
        await read(session, Buffer.concat(records(session)), { keys }),
      );
      assert.deepEqual([stream.tap, verdict, why], ["host", "unchecked", "zeroed-tags"], `keys ${keys}`);
      assert.match(stream.note!, /verify --expect plaintext/);
    }
  });

  test(`${of.name}: frames alone, and what they hold against another capture`, async () => {
    const session = sessionOf(of);
    const all = records(session);
    const stream = Buffer.concat(all);
    const content = contentsOf(session).reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (const keys of [true, false]) {
      const { verdict, share } = verdictOf(await read(session, stream, { plaintext: alone, keys }));
      // Without keys the start of TLS 1.3 is the first record that is encrypted: the server's handshake is one.
      const strange = of.version === "1.3" && !keys ? session.flights[1]!.length : 0;
      assert.deepEqual([verdict, share.plain, share.authenticated], ["right", all.length, 0]);
      if (strange === 0) {
        assert.equal(share.compared, stream.length - content);
        assert.deepEqual(share.missing, [{ why: "no-other", records: 0, bytes: content }]);
      }
      const told = verdictOf(
        await read(session, stream, { plaintext: { other: await otherOf(session) }, keys }),
      );
      assert.deepEqual([told.verdict, told.share.plain], ["right", all.length]);
      if (strange === 0) assert.deepEqual([told.share.compared, told.share.missing], [stream.length, []]);
    }
  });
}

test("ciphertext among plaintext is wrong; before the device took over it is not", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const [plain, sealed] = [records(session), wire(session)];
    const mixed = plain.map((record, i) => (i === 3 ? sealed[i]! : record));
    for (const other of [null, await otherOf(session)]) {
      const trace = await read(session, Buffer.concat(mixed), { plaintext: { other } });
      const at = startOf(plain, 3);
      assert.deepEqual(damageOf(trace), [{ part: "sealed", at, length: sealed[3]!.length }], of.name);
      assert.equal(verdictOf(trace).verdict, "wrong");
    }
    const before = plain.map((record, i) => (i < 2 ? sealed[i]! : record));
    const { verdict, share } = verdictOf(await read(session, Buffer.concat(before), { plaintext: alone }));
    assert.deepEqual([verdict, share.authenticated, share.plain], ["right", 2, 4], of.name);
    // Without keys nobody can tell what those before are.
    const blind = verdictOf(await read(session, Buffer.concat(before), { plaintext: alone, keys: false }));
    assert.deepEqual([blind.verdict, blind.share.plain], ["right", 4], of.name);
    assert.ok(blind.share.missing.some(({ why }) => why === "no-keys"));
  }
});

test("what the kernel encrypts itself while a rekey goes on is right, and so is plaintext under the new keys", async () => {
  const session = sessionOf(gcm13);
  const { of, secret, first } = session;
  const renewed = keys13(of, nextSecret(of, secret!));
  const update: Content = { type: 22, sn: first + 2n, bytes: Buffer.from([24, 0, 0, 1, 0]) };
  const contents = contentsOf(session);
  const software = contents.slice(2, 4).map((content, i) => {
    return sealed(of, content, { keys: renewed, sn: BigInt(i) });
  });
  const [before, after] = [contents.slice(0, 2), contents.slice(4)].map((some) =>
    some.map((content) => cleartext(session, content)),
  ) as [Buffer[], Buffer[]];
  const all = [...before, cleartext(session, update), ...software, ...after];
  const trace = await read(session, Buffer.concat(all), { plaintext: alone });
  const { verdict, share } = verdictOf(trace);
  assert.deepEqual([verdict, share.authenticated, share.plain], ["right", 2, 5]);
  // Under the old keys it would be the device's to send.
  const late = [...before, ciphertext(session, { ...update, bytes: Buffer.from("late") }), ...after];
  assert.equal(verdictOf(await read(session, Buffer.concat(late), { plaintext: alone })).verdict, "wrong");
});

test("records that are encrypted and lack their tags are no plaintext", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const untagged = wire(session).map((record) => Buffer.from(record).fill(0, record.length - 16));
    const trace = await read(session, Buffer.concat(untagged), { plaintext: alone });
    assert.equal(verdictOf(trace).verdict, "wrong", of.name);
    const parts = new Set(damageOf(trace).map(({ part }) => part));
    assert.deepEqual([...parts], ["sealed"], of.name);
    const told = await read(session, Buffer.concat(untagged), {
      plaintext: { other: await otherOf(session) },
    });
    assert.equal(verdictOf(told).share.failed, untagged.length, of.name);
  }
});

test("a stream that is encrypted all through is not checked as plaintext", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    for (const keys of [true, false]) {
      const trace = await read(session, Buffer.concat(wire(session)), { plaintext: alone, keys });
      const { verdict, why } = verdictOf(trace);
      assert.deepEqual([verdict, why], ["unchecked", "not-plain"], of.name);
    }
  }
});

test("what a host's tap before a real NIC shows has junk for tags, which are not zeros", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const junk = contentsOf(session).map((content) =>
      cleartext(session, content, content.bytes.subarray(0, 16)),
    );
    const { verdict, share } = verdictOf(await read(session, Buffer.concat(junk), { plaintext: alone }));
    assert.deepEqual([verdict, share.failed], ["wrong", junk.length], of.name);
  }
});

test("nonces may begin anywhere: they are what the program gave the kernel", async () => {
  const session = sessionOf(gcm12);
  for (const first of [0n, 1n, 0x7766554433221100n, 2n ** 64n - 2n]) {
    const all = contentsOf(session).map((content, i) =>
      cleartext(session, { ...content, nonce: BigInt.asUintN(64, first + BigInt(i)) }),
    );
    assert.equal(verdictOf(await read(session, Buffer.concat(all), { plaintext: alone })).verdict, "right");
  }
});

test("another capture without keys, or of another connection, leaves the stream unchecked; a wrong frame is wrong all the same", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const all = records(session);
    const unopened = { other: await otherOf(session, false) };
    const strange = { other: await otherOf(sessionOf(of, 7)) };
    for (const [plaintext, why] of [
      [unopened, "other-unopened"],
      [strange, "other-missing"],
    ] as const) {
      const found = verdictOf(await read(session, Buffer.concat(all), { plaintext }));
      assert.deepEqual([found.verdict, found.why], ["unchecked", why], of.name);
      const bad = [...all.slice(0, -1), flipped(all.at(-1)!, all.at(-1)!.length - 1)];
      assert.equal(verdictOf(await read(session, Buffer.concat(bad), { plaintext })).verdict, "wrong");
    }
  }
});

test("another tap in plaintext tells as well as one of the wire, whatever it has for tags", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const all = records(session);
    const junk = contentsOf(session).map((content) =>
      cleartext(session, content, content.bytes.subarray(0, 16)),
    );
    for (const given of [all, junk]) {
      const other = await read(session, Buffer.concat(given));
      const { verdict, share } = verdictOf(await read(session, Buffer.concat(all), { plaintext: { other } }));
      assert.deepEqual([verdict, share.compared, share.missing], ["right", sizeOf(all), []], of.name);
      const bad = all.map((record, i) => (i === 2 ? flipped(record, 77) : record));
      assert.equal(
        verdictOf(await read(session, Buffer.concat(bad), { plaintext: { other } })).verdict,
        "wrong",
      );
    }
  }
});

test("what the other capture lacks is told, and does not count as compared", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const all = records(session);
    const lost = (sent: Packet[]) => sent.filter((_, i) => i !== 2);
    const other = await read(session, Buffer.concat(wire(session)), { packets: lost });
    const { verdict, share } = verdictOf(await read(session, Buffer.concat(all), { plaintext: { other } }));
    assert.equal(verdict, "right", of.name);
    const content = share.missing.find(({ why }) => why === "other-unopened");
    assert.ok(content && content.bytes > 0);
    assert.equal(share.compared + content.bytes, sizeOf(all));
  }
});

test("random content is plaintext, too, if another capture says so, and nothing is wrong with it if none does", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const contents = contentsOf(session).map((content) => ({ ...content, bytes: randomBytes(700) }));
    const all = contents.map((content) => cleartext(session, content));
    const other = await read(session, Buffer.concat(contents.map((content) => ciphertext(session, content))));
    for (const plaintext of [alone, { other }]) {
      const trace = await read(session, Buffer.concat(all), { plaintext });
      assert.deepEqual([verdictOf(trace).verdict, damageOf(trace)], ["right", []], of.name);
    }
  }
});

test("a stream whose content is TLS records itself is followed by its own", async () => {
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const strange = sessionOf(of, 5);
    const short = ciphertext(strange, { type: 23, sn: 1n, bytes: Buffer.from("ten letters") });
    const inside = Buffer.concat(Array.from({ length: 60 }, () => short));
    const nested = contentsOf(session).map((content) => ({ ...content, bytes: inside }));
    const all = nested.map((content) => cleartext(session, content));
    for (const lost of [-1, 3, 5, 8, 11]) {
      const packets = (sent: Packet[]) => sent.filter((_, i) => i !== lost);
      const trace = await read(session, Buffer.concat(all), { plaintext: alone, packets });
      assert.deepEqual([verdictOf(trace).verdict, damageOf(trace)], ["right", []], `${of.name}, ${lost}`);
    }
  }
});

test("another capture may have other addresses: the session and its sequence numbers tell", async () => {
  const translated = (bytes: Uint8Array) => {
    for (let at = 0; at + 4 <= bytes.length; at++)
      if ([10, 0, 0, 1].every((byte, i) => bytes[at + i] === byte)) bytes[at + 3] = 9;
  };
  for (const of of bothVersions) {
    const session = sessionOf(of);
    const other = await read(session, Buffer.concat(wire(session)), { file: translated });
    assert.ok(other.streams.every(({ name }) => name.includes("10.0.0.9")));
    const all = records(session);
    for (const [stream, verdict] of [
      [all, "right"],
      [all.map((record, i) => (i === 2 ? flipped(record, 77) : record)), "wrong"],
    ] as const) {
      const found = verdictOf(await read(session, Buffer.concat(stream), { plaintext: { other } }));
      assert.deepEqual([found.verdict, found.share.compared], [verdict, sizeOf(all)], of.name);
    }
  }
});

test("a crypto_info tells the first record's explicit nonce, a handshake does not", async () => {
  const session = sessionOf(gcm12);
  const all = records(session);
  const [first] = all as [Buffer, ...Buffer[]];
  const { from, begin } = sentBy(session, first);
  assert.ok(from > 0);
  const info = (nonce: bigint) => ({
    src: "10.0.0.2",
    sport: 443,
    dst: "10.0.0.1",
    dport: 40000,
    version: "1.2",
    suite: gcm12.cipher,
    key: session.keys.key.toString("hex"),
    salt: session.keys.iv.toString("hex"),
    iv: nonce.toString(16).padStart(16, "0"),
    rec_seq: 1,
    tcp_seq: 900_001 + begin,
  });
  const nonce = first.readBigUInt64BE(5);
  for (const [told, verdict] of [
    [nonce, "right"],
    [nonce + 1n, "wrong"],
  ] as const) {
    const asked = { plaintext: alone, info: info(told) };
    const trace = await read(session, Buffer.concat(all), asked);
    assert.equal(verdictOf(trace).verdict, verdict);
    assert.equal(damageOf(trace).length, verdict === "right" ? 0 : 1);
  }
});

test("a Finished that the kernel was given, too, is a record like the others", async () => {
  const session = sessionOf(gcm12);
  const [client, hello, answer] = session.flights as [Buffer, Buffer, Buffer];
  const message = Buffer.concat([Buffer.from([20, 0, 0, 12]), Buffer.alloc(12, 7)]);
  const change = Buffer.from([20, 3, 3, 0, 1, 1]);
  for (const tag of [Buffer.alloc(16), Buffer.alloc(16, 1)]) {
    const finished = cleartext(session, { type: 22, sn: 0n, bytes: message }, tag);
    const flights = [client, hello, answer, Buffer.concat([change, finished])];
    const trace = await read({ ...session, flights }, Buffer.concat(records(session)), {
      plaintext: alone,
      offloadStart: "after-ccs",
    });
    const { verdict, share } = verdictOf(trace);
    // A record before the first with zeros for a tag that authenticates under no key is wrong where there are keys.
    const expected = tag[0] === 0 ? ["right", 7, 0] : ["wrong", 6, 1];
    assert.deepEqual([verdict, share.plain, share.failed], expected);
  }
});
