import assert from "node:assert/strict";
import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { keystream } from "../../core/base/keystream.ts";
import { profileById } from "../../core/profiles/all.ts";
import { payloadOf } from "../../trace/language/keystream.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { Timeline } from "../timeline.ts";
import { explain } from "./explain.ts";
import { readStream } from "./memory.ts";
import { viewAt } from "./view.ts";
import { describeToken } from "./why.ts";

const trace = parseTrace(
  "sample",
  readFileSync("media/samples/retransmission-in-record.tlstrace", "utf8"),
  profileById,
);
const timeline = new Timeline(trace).runAll();
const view = viewAt(timeline, { event: 4, stage: 1 });

test("the placeholder view holds header, payload in clear and the canary; the wire view decrypts to the payload", () => {
  const host = readStream(view, "placeholder", 0, 16413).bytes;
  assert.deepEqual([...host.subarray(0, 5)], [23, 3, 3, 0x40, 0x18]);
  assert.deepEqual(host.subarray(13, 16397), keystream(payloadOf("web").key, 0, 16384));
  assert.equal(new TextDecoder().decode(host.subarray(16397)), "PLACEHOLDER_TAG!");

  // Second implementation: node:crypto opens what the wire view gives for record 1.
  const wire = readStream(view, "wire", 0, 16413).bytes;
  const keys = trace.connections[0]!.epochs[0]!;
  const open = createDecipheriv("aes-128-gcm", keys.key, Buffer.concat([keys.salt, wire.subarray(5, 13)]));
  open.setAAD(Buffer.from("00000000000000011703034000", "hex"));
  open.setAuthTag(wire.subarray(16397));
  assert.deepEqual(
    new Uint8Array(Buffer.concat([open.update(wire.subarray(13, 16397)), open.final()])),
    keystream(payloadOf("web").key, 0, 16384),
  );
});

test("a read in the middle is the same bytes, and beyond what is pushed nothing is readable", () => {
  const whole = readStream(view, "wire", 0, 40087).bytes;
  assert.deepEqual(readStream(view, "wire", 16000, 1000).bytes, whole.subarray(16000, 17000));
  assert.equal(readStream(view, "wire", 40000, 100).bytes.length, 87);
  assert.equal(readStream(view, "wire", 40000, 100).unreadable, 13);
  assert.equal(readStream(view, "wire", -10, 100).unreadable, 100);
});

test("the explanation of an out-of-order stop has rule, both expected numbers, the record and what is posted", () => {
  const stop = timeline.record(4).stages[1]!.effects[0]!;
  const { rule, details } = explain(view, stop);
  const of = (name: string) => details.find((detail) => detail.name === name)?.value;
  assert.equal(rule, "out-of-order");
  assert.equal(of("expected"), "2896");
  assert.equal(of("driver.expectedSeq"), "2896 (4294962896)");
  assert.equal(of("nic.expectedSeq"), "2896 (4294962896)");
  assert.match(of("record")!, /^record 1, offset 4344 of 16413/);
  assert.equal(of("descriptors"), "nothing posted");
});

test("a range under the mouse tells its record, offset, senders and fate", () => {
  const later = viewAt(timeline, { event: 7, stage: 0 });
  assert.match(
    describeToken(later, "1448:2896(1448)")!.value,
    /^record 1, byte 1448 of 16413 \(payload\); sent 2 times, lines 6, 12; acknowledged at line 16; released at line 16$/,
  );
  assert.match(
    describeToken(later, "100")!.value,
    /sent once, line 5; acknowledged at line 11; released at line 16$/,
  );
  assert.match(describeToken(later, "50000")!.value, /^in no record; never sent; never acknowledged$/);
  assert.match(describeToken(later, "-5")!.value, /before the offload/);
  // Another stream's byte is told by its name ahead; a name alone is the stream itself.
  assert.equal(describeToken(later, "web 100")!.value, describeToken(later, "100")!.value);
  assert.match(describeToken(later, "web")!.value, /^TLS 1\.2, aes-128-gcm, on eth0/);
  for (const none of ["app", "app 100", "web x", "packet.seq"])
    assert.equal(describeToken(later, none), null);
});
