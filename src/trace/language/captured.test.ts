import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { Flag, unpackRecord } from "../../core/words/event.ts";
import type { Trace } from "../trace.ts";
import { parseTrace } from "./parse.ts";

const parse = (text: string): Trace => parseTrace("test", text, profileById);

test("a flow is what else a connection is known by: addresses and ports, as captures name streams", () => {
  const flow = "[::1]:443>[::1]:5000#2";
  const { connections, streams, diagnostics } = parse(`device d\nconnection B>A2 flow=${flow} device=d`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual([connections[0]!.name, connections[0]!.flow], ["B>A2", flow]);
  assert.deepEqual([streams[0]!.short, streams[0]!.name], ["B>A2", flow]);
  const bad = parse("device d\nconnection c flow= device=d");
  assert.match(bad.diagnostics[0]!.message, /a flow reads SRC:PORT>DST:PORT/);
});

const head = "device eth0\nconnection A>B device=eth0 from=capture";
const ofCapture = (lines: string, more = "") => parse(`${head} ${more}\n${lines}\n`);
const messages = ({ diagnostics }: Trace) => diagnostics.map(({ message }) => message);

test("what a capture shows did leave, also where nothing says how it came about", () => {
  const lines = [
    "+0 A>B > -3000000000:-2999998552(1448)",
    "+0 A>B > 0:1448(1448)  fin",
    "+0 A>B install",
    "+0 A>B record 6 type=change_cipher_spec",
    "+0 A>B > 6:3000006(3000000)",
    "-1.5 A>B < ack 5000000000 sack 9:3,-2147483650:0",
    "+9999999999 A>B > 0:10(10)  uncaptured",
  ];
  const trace = ofCapture(lines.join("\n"));
  assert.deepEqual(messages(trace), ["TCP has bytes up to 6 only; put a `send` above or end the range at 6"]);
  const captured = [0, 1, 4].map((event) => trace.events.flags.at(event) & Flag.captured);
  assert.deepEqual(captured, [Flag.captured, Flag.captured, Flag.captured]);
  assert.equal(trace.connections[0]!.installed, false);
  const own = ofCapture("+0 A>B install\n+0 A>B record 100\n+0 A>B > 0:100(100)  uncaptured");
  assert.deepEqual([messages(own), own.events.flags.at(2)], [[], 0]);
});

test("a connection of a capture is offloaded at its install line only", () => {
  assert.equal(ofCapture("+0 A>B > 0:9(9)").connections[0]!.installed, false);
  assert.match(messages(ofCapture("+0 A>B install\n+0 A>B install")).join(), /once only/);
});

test("a connection of a capture may have any name, no cipher of the model, and no keys", () => {
  const name = "[2001:db8::ffff:1]:40000>[2001:db8::ffff:2]:443";
  const text = `device eth0\nconnection ${name} device=eth0 cipher=unknown from=capture\n+0 ${name} record 5`;
  const trace = parse(text);
  assert.deepEqual([messages(trace), trace.connections[0]!.cipher], [[], null]);
  const keyless = ofCapture("+0 A>B record 100\n+0 A>B record 100 epoch=1", "keys=unknown");
  assert.deepEqual(keyless.connections[0]!.epochs, [null]);
  const known = ofCapture("+0 A>B record 100\n+0 A>B record 100 epoch=2");
  assert.deepEqual(
    known.connections[0]!.epochs.map((keys) => keys !== null),
    [true, false, true],
  );
  // One line must not make keys for all epochs before it.
  assert.equal(ofCapture("+0 A>B record 100 epoch=65535").connections[0]!.epochs.length, 1);
});

test("what a record holds may not be known", () => {
  const { events } = ofCapture("+0 A>B record 100 unopened\n+0 A>B record 100");
  const unopened = [0, 1].map((event) => unpackRecord(events.extra.at(event)).unopened);
  assert.deepEqual(unopened, [true, false]);
});

test("what is wrong with such a line is told", () => {
  assert.match(messages(parse("device d\nconnection c device=d from=file")).join(), /there are capture/);
  assert.match(messages(parse("device d\nconnection c device=d keys=known")).join(), /there are unknown/);
  assert.match(messages(ofCapture("+0 A>B record 4")).join(), /a length is a whole number from 5/);
  assert.match(messages(ofCapture("+0 A>B gap 0")).join(), /a length is a whole number from 1/);
});
