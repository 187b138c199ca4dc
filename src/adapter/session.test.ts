import assert from "node:assert/strict";
import { test } from "node:test";
import { children, everything, sample, session } from "../test/dap-session.ts";
import type { DapClient } from "./dap-client.ts";

// The numbers of this sample are the design's: the write becomes records 1 to 3 at 0:40087, the driver expects 2896
// when 4344:40087 comes, and the queue then holds PROGRESS NOP DUMP×3 PKT.
const program = sample("retransmission-in-record.tlstrace");

async function lineOf(client: DapClient): Promise<number> {
  const [frame] = await client.stack();
  return frame!.line;
}

async function expected(client: DapClient): Promise<[driver: string, nic: string]> {
  const driver = await client.value("driver.expectedSeq");
  const nic = await client.value("nic.expectedSeq");
  return [driver.split(" ")[0]!, nic.split(" ")[0]!];
}

test("the first out-of-order transmit stops the trace before the driver has done anything about it", async () => {
  const client = session();
  const stop = await client.start({ program });
  assert.equal(stop.reason, "exception");
  assert.equal(stop.description, "Out-of-order transmit");
  assert.match(
    stop.text!,
    /out-of-order expected=2896 seq=4344 \(event 5 of 9, after driver\.check, forwards\), [\d.]+ s$/,
  );
  assert.deepEqual([stop.threadId, stop.allThreadsStopped], [1, true]);
  assert.deepEqual([stop.place, stop.direction], ["event 5 of 9, after driver.check, forwards", 1]);
  assert.equal(await lineOf(client), 8);
  assert.deepEqual(await expected(client), ["2896", "2896"]);
  assert.deepEqual(await children(client, "Descriptors"), []);
});

test("the layers are walked through: resync, advance, each descriptor in the NIC, the wire", async () => {
  const client = session();
  await client.start({ program }, ["resync"]);
  assert.deepEqual(await expected(client), ["2896", "2896"]);
  assert.equal(await client.value("descriptors"), "PROGRESS NOP DUMP×3");
  assert.equal(await client.value("descriptors.recordSn"), "1");
  assert.match(await client.value("descriptors.prefixLength"), /^4344 /);

  const names: string[] = [];
  const numbers: string[] = [];
  for (let step = 0; step < 8; step++) {
    const { reason } = await client.moves("stepIn");
    assert.equal(reason, "step");
    const [frame] = await client.stack();
    names.push(frame!.name);
    numbers.push((await expected(client)).join(" "));
  }
  assert.deepEqual(names, [
    "driver.advance",
    "nic PROGRESS",
    "nic NOP",
    "nic DUMP",
    "nic DUMP",
    "nic DUMP",
    "nic PKT",
    "wire",
  ]);
  assert.deepEqual(numbers, [
    "40087 2896",
    "40087 0",
    "40087 0",
    "40087 1522",
    "40087 3044",
    "40087 4344",
    "40087 40087",
    "40087 40087",
  ]);
});

test("next, step out and step back stand behind a whole event of the connection", async () => {
  const client = session();
  await client.start({ program });
  const where = async (command: string, args = {}) => {
    const { text } = await client.moves(command, { threadId: 1, ...args });
    return /\(event (.*)\), /.exec(text!)![1];
  };
  assert.equal(await where("stepOut"), "5 of 9, after wire, forwards");
  assert.equal(await where("stepOut"), "6 of 9, after tls.cleanAcked, forwards");
  assert.equal(await where("next"), "7 of 9, after wire, forwards");
  assert.equal(await where("stepBack"), "6 of 9, after tls.cleanAcked, backwards");
  assert.equal(await where("stepBack", { granularity: "instruction" }), "6 of 9, after tcp.ack, backwards");
  assert.equal(await where("stepBack", { granularity: "instruction" }), "5 of 9, after wire, backwards");
  assert.equal(await where("next", { granularity: "instruction" }), "6 of 9, after tcp.ack, forwards");
});

test("in the middle of an event step back undoes a step in, down to the values of the stop", async () => {
  const client = session();
  await client.start({ program });
  const atStop = await everything(client);
  await client.moves("stepIn");
  await client.moves("stepIn");
  assert.equal(await client.value("descriptors"), "PROGRESS NOP DUMP×3");
  await client.moves("stepBack");
  await client.moves("stepBack");
  assert.deepEqual(await everything(client), atStop);
});

test("a step says what was gravest on its way", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  for (let event = 0; event < 4; event++) await client.moves("next");
  const { text } = await client.moves("next");
  assert.match(text!, /^Step: resync record=1 replayed=4344 /);
});

test("`startAt` entry stands before the first event; both ends of the trace stop there", async () => {
  const client = session();
  const entry = await client.start({ program, startAt: "entry" }, []);
  assert.deepEqual(
    [entry.reason, entry.text],
    ["entry", "Start of the trace (event 1 of 9, before it, forwards), 0 s"],
  );
  assert.equal(await client.value("records.count"), "1");

  const end = await client.moves("continue");
  assert.equal(end.reason, "end of trace");
  assert.match(
    end.text!,
    /^End of the trace: 5 of 5 expect lines hold \(event 9 of 9, after tls\.cleanAcked, forwards\), [\d.]+ s$/,
  );
  // The map is empty at the end: every record's last byte is acknowledged.
  assert.equal(await client.value("records.count"), "0");
  const again = await client.moves("next");
  assert.match(again.description!, /^No further event of web$/);

  const start = await client.moves("reverseContinue");
  assert.equal(start.reason, "start of trace");
  assert.match(start.text!, /event 1 of 9, before it, backwards/);
  assert.match((await client.moves("stepBack")).description!, /^No earlier event of web$/);
  assert.match((await client.moves("next")).text!, /event 1 of 9, after tls\.pushRecord record 3, forwards/);
});

test("every way to a position shows the same values: forwards, backwards, by line, by reverse continue", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  const walk = async (command: string, granularity: string) => {
    const places: { place: string; values: string[] }[] = [];
    for (;;) {
      const { text, description } = await client.moves(command, { threadId: 1, granularity });
      if (!description!.startsWith("Step")) return places;
      places.push({
        place: /event \d+ of \d+, .*(?=, \w+\))/.exec(text!)![0],
        values: await everything(client),
      });
    }
  };
  const forwards = await walk("stepIn", "statement");
  const backwards = await walk("stepBack", "instruction");
  // On the way back the last place was where it began, and the first one is before the first event.
  assert.equal(backwards.pop()!.place, "event 1 of 9, before it");
  assert.deepEqual(backwards.reverse(), forwards.slice(0, -1));
  // By the design's queues: 4 stages of the write, then each packet's layers and descriptors, and 2 an acknowledgement.
  assert.equal(forwards.length, 4 + (4 + 4) + (4 + 1) + 1 + (6 + 6) + 2 + (6 + 4) + (4 + 1) + 2);
  const valuesAt = (wanted: string) => forwards.find(({ place }) => place === wanted)!.values;

  const source = { path: program };
  const [target] = (await client.ask("gotoTargets", { source, line: 12 })).targets;
  await client.moves("goto", { threadId: 1, targetId: target!.id });
  await client.moves("stepIn");
  assert.deepEqual(await everything(client), valuesAt("event 7 of 9, after driver.check"));

  await client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
  await client.moves("reverseContinue");
  assert.deepEqual(await everything(client), valuesAt("event 5 of 9, after driver.check"));
});

test("exception info tells rule, expected and actual, record, descriptors and bytes replayed", async () => {
  const client = session();
  await client.start({ program }, ["out-of-order", "resync"]);
  const first = await client.ask("exceptionInfo", { threadId: 1 });
  assert.equal(first.exceptionId, "out-of-order");
  assert.equal(first.breakMode, "always");
  const details = first.details!.stackTrace!.split("\n");
  for (const line of [
    "expected: 2896",
    "seq: 4344",
    "record: record 1, offset 4344 of 16413 (payload)",
    "descriptors: nothing posted",
    "bytes replayed: 0",
    "position: event 5 of 9, after driver.check, forwards",
  ])
    assert.ok(details.includes(line), line);

  await client.moves("continue");
  const second = await client.ask("exceptionInfo", { threadId: 1 });
  assert.equal(second.exceptionId, "resync");
  assert.match(second.details!.stackTrace!, /descriptors: PROGRESS NOP DUMP×3\nbytes replayed: 4344\n/);
});

test("changes since the last stop are told as old → new", async () => {
  const client = session();
  await client.start({ program }, ["resync"]);
  await client.moves("stepIn");
  const changes = await children(client, "Changes since the last stop");
  const told = Object.fromEntries(changes.map(({ name, value }) => [name, value]));
  assert.match(told["driver.expectedSeq"]!, /^2896 \(4294962896\) → 40087 \(32791\)$/);
  assert.equal(told["nic.expectedSeq"], undefined);
});
