import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { Timeline } from "../replay/timeline.ts";
import { TransmitQueue } from "../replay/view/queue.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { placesOf } from "./test-places.ts";

const places = (text: string, event: number) => {
  const trace = parseTrace("test", text, profileById);
  assert.deepEqual(trace.diagnostics, []);
  return placesOf(new Timeline(trace).runAll(), event).map(({ line, name }) => `${line} ${name}`);
};
const head = "device eth0\nconnection web device=eth0\n";

test("a resync comes from its descriptors, the last first, its event, the record's push and the write", () => {
  // The record is 0:1029; 700 bytes of it are to be replayed ahead of the packet.
  assert.deepEqual(
    places(`${head}+0 web send 1000\n+0 web > 0:500(500)\n\n+0 web > 700:1029(329)  lost\n`, 2).map((each) =>
      each.replace(/ by .*/, ""),
    ),
    [
      "6 PKT 700:1029(329), to be encrypted",
      "6 DUMP 0:700(700)",
      "6 NOP fence",
      "6 PROGRESS fence",
      "6 +0 web > 700:1029(329) lost",
      "3 record 0, byte 700 (payload)",
      "3 application write",
    ],
  );
});

test("an event that posts nothing is its own place", () => {
  assert.deepEqual(places(`${head}+0 web send 1000\n`, 0), ["3 +0 web send 1000"]);
});

test("of very many descriptors the last are told, and how many lie before", () => {
  const story =
    "device eth0 mtu=100\nconnection web device=eth0\n+0 web send 16384\n+0 web > 16000:16050(50)\n";
  const posted = new TransmitQueue(new Timeline(parseTrace("test", story, profileById)).runAll()).rowsOf(1);
  // 16,000 bytes ahead of the packet, in DUMPs of the device's MTU.
  assert.ok(posted.length > 100);
  const told = places(story, 1);
  assert.match(told[0]!, /^4 PKT/);
  assert.equal(told.filter((each) => each.includes("DUMP")).length, 15);
  assert.equal(told[16], `4 ${posted.length - 16} descriptors before`);
});
