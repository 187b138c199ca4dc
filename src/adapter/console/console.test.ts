import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { everything, sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";
import { type Checkpoint, readCheckpoints } from "../time/checkpoints.ts";
import { readLine, words } from "./words.ts";

const trace = sample("retransmission-in-record.tlstrace");
const script = sample("fast-retransmit.pkt");
const capture = sample("lossy.pcap");

/** Types a line into the console and gives its answer. */
const type = async (client: DapClient, expression: string): Promise<string> =>
  (await client.ask("evaluate", { expression, context: "repl" })).result;

/** Types a word that moves, and gives where the debugger then stands. */
async function moved(client: DapClient, expression: string): Promise<string> {
  return (await client.moves("evaluate", { expression, context: "repl" })).place;
}

/** Lines that were written into the console from place `from` of the events on. */
const written = (client: DapClient, from: number): string[] =>
  client.events
    .slice(from)
    .flatMap(({ event, body }) => (event === "output" ? (body.output as string).trimEnd() : []));

test("a word is a word only where no expression can be meant", () => {
  const cases: [string, string | null, string?][] = [
    ["back", "back"],
    ["  b  ", "back"],
    ["?", "help"],
    ["goto frame 58", "goto", "frame 58"],
    ["g seq -258", "goto", "seq -258"],
    ["goto +20ms", "goto", "+20ms"],
    ["goto -.5s", "goto", "-.5s"],
    ["find packet.length > 3", "find", "packet.length > 3"],
    ["info queue", "info", "queue"],
    ["next - 1", null],
    ["driver.expectedSeq", null],
    ["where == 3", null],
    ["step.x", null],
    ["1448", null],
    ["", null],
  ];
  for (const [line, word, rest] of cases) {
    const read = readLine(line);
    assert.equal(read?.word.word ?? null, word, line);
    if (rest !== undefined) assert.equal(read?.rest, rest, line);
  }
});

test("no two words are called the same", () => {
  const names = words.flatMap(({ word, short }) => (short === undefined ? [word] : [word, short]));
  assert.deepEqual(names, [...new Set(names)]);
});

test("the page of the console's words has each of them, with what it takes", () => {
  const page = readFileSync("media/docs/time-travel.md", "utf8");
  for (const { word, short, takes } of words) {
    const written = takes === "" || word === "info" ? word : `${word} ${takes}`;
    assert.ok(page.includes(`\`${written}`), written);
    if (short !== undefined) assert.ok(page.includes(`\`${short}\``), short);
  }
});

test("an editor without buttons walks in time by words, to where the buttons lead", async () => {
  for (const program of [trace, script, capture]) {
    const typed = session();
    const pressed = session();
    await typed.start({ program });
    await pressed.start({ program });
    const pairs: [string, string, object?][] = [
      ["step", "stepIn"],
      ["over", "next"],
      ["rstep", "stepBack", { granularity: "instruction" }],
      ["out", "stepOut"],
      ["back", "stepBack"],
      ["continue", "continue"],
      ["rc", "reverseContinue"],
    ];
    for (const [word, command, args = {}] of pairs) {
      const threadId = (await pressed.ask("threads")).threads.length > 1 ? 2 : 1;
      const frame = (await typed.stack(threadId))[0]!;
      const place = await typed.moves("evaluate", {
        expression: word,
        context: "repl",
        frameId: frame.id,
      });
      const other = await pressed.moves(command, { threadId, ...args });
      assert.equal(place.place, other.place, `${word} in ${program}`);
    }
  }
});

test("goto finds events, lines, frames, times, bytes and records", async () => {
  const cases: [string, [string, RegExp][]][] = [
    [
      trace,
      [
        ["goto event 5", /^event 5 of 9/],
        ["goto 3", /^event 3 of 9/],
        ["goto line 8", /^event 5 of 9/],
        ["goto seq 4344", /^event 5 of 9/],
        ["goto start", /^event 1 of 9/],
        ["goto end", /^event 9 of 9/],
      ],
    ],
    [
      capture,
      [
        ["goto event 24", /^event 24 of 164/],
        // The head, which makes the listing a trace: a line each for the device and the two streams.
        ["goto line 27", /^event 24 of 164/],
        ["goto end", /^event 164 of 164/],
      ],
    ],
  ];
  for (const [program, gotos] of cases) {
    const client = session();
    await client.start({ program });
    for (const [line, place] of gotos) assert.match(await moved(client, line), place, line);
  }
});

test("goto frame stops at that frame, goto time at the first event behind it", async () => {
  const client = session();
  await client.start({ program: capture });
  for (const frame of [30, 58, 100]) {
    await moved(client, `goto frame ${frame}`);
    assert.ok(Number(await client.value("packet.frame")) >= frame);
  }
  const time = Number((await client.value("packet.time")).split(" ")[0]);
  await moved(client, "goto start");
  await moved(client, `goto time ${time}`);
  assert.equal(Number((await client.value("packet.time")).split(" ")[0]), time);
  await moved(client, `goto ${time}s`);
  assert.equal(Number((await client.value("packet.time")).split(" ")[0]), time);
});

test("what cannot be done says what can, and moves nobody", async () => {
  const client = session();
  await client.start({ program: trace });
  const place = await type(client, "where");
  const cases: [string, RegExp][] = [
    ["goto", /goto takes a place/],
    ["goto frame 3", /has lines, not frames: name line 3/],
    ["goto event 99", /no event 99: the trace has 9/],
    ["goto seq 1e3", /seq takes a number/],
    ["goto seq 99999999", /no transmit of web carries byte 99999999/],
    ["goto record 77", /web has no record 77/],
    ["goto recrd 1", /is no place; .*did you mean "record"\?/],
    ["goto finding 1", /no finding 1: 0 were found/],
    ["goto 900s", /the trace ends before 900 s/],
    ["find packet.length >", /./],
    ["fwd", /no later stop/],
    ["forget x", /no checkpoint x/],
    ["info queues", /info takes .*did you mean "queue"\?/],
    ["help bck", /no word bck; did you mean "back"\?/],
    ["last driver.expectedSec", /no value "driver.expectedSec".*did you mean "driver.expectedSeq"\?/],
    ["chekpoint", /no value "chekpoint".*did you mean "checkpoint"\?/],
    ["why nothing", /why takes a sequence number/],
    ["checkpoint seq 4", /read as a place/],
  ];
  for (const [expression, message] of cases)
    assert.match(await client.refused("evaluate", { expression, context: "repl" }), message, expression);
  assert.equal(await type(client, "where"), place);
});

test("prev and fwd walk through the stops that were made, as a browser does", async () => {
  const client = session();
  const first = (await client.start({ program: trace, startAt: "firstOutOfOrder" })).place;
  const second = await moved(client, "over");
  const third = await moved(client, "goto end");
  assert.equal(placeOnly(await moved(client, "prev")), placeOnly(second));
  assert.equal(placeOnly(await moved(client, "prev")), placeOnly(first));
  assert.match(await client.refused("evaluate", { expression: "prev", context: "repl" }), /no earlier stop/);
  assert.equal(placeOnly(await moved(client, "fwd")), placeOnly(second));
  assert.equal(placeOnly(await moved(client, "fwd")), placeOnly(third));
  // A stop that is made after going back forgets what was ahead.
  await moved(client, "prev");
  await moved(client, "goto start");
  assert.match(await client.refused("evaluate", { expression: "fwd", context: "repl" }), /no later stop/);
});

/** A place without the way one came. */
const placeOnly = (place: string): string => place.replace(/, (forwards|backwards)$/, "");

test("find goes to where an expression holds, both ways, and to the end if it holds nowhere", async () => {
  const client = session();
  await client.start({ program: trace });
  await moved(client, "goto start");
  assert.match(await moved(client, "find packet.seq == 4344"), /^event 5 of 9/);
  await moved(client, "goto end");
  assert.match(await moved(client, "rfind packet.seq == 4344"), /^event 5 of 9/);
  assert.match(await moved(client, "find packet.seq == 123456"), /^event 9 of 9/);
});

test("a word is completed at the beginning of a line, and only there", async () => {
  const client = session();
  await client.start({ program: trace });
  const offered = async (text: string) => {
    const { targets } = await client.ask("completions", { text, column: text.length + 1 });
    return targets.filter(({ type: kind }) => kind === "keyword").map(({ label }) => label);
  };
  assert.deepEqual(await offered("checkp"), ["checkpoint", "checkpoints"]);
  assert.deepEqual(await offered("driver.expectedSeq - go"), []);
  assert.deepEqual(await offered(""), []);
});

test("last and next say who changed a value, with the line", async () => {
  const client = session();
  await client.start({ program: trace }, ["resync"]);
  // The sample's walk: the driver expects 2896 until the resync's driver.advance makes it 40087 (session.test.ts).
  const from = client.events.length;
  assert.match(await type(client, "next driver.expectedSeq"), /^event 5 of 9, after driver\.advance$/);
  assert.match(written(client, from).join(), /^driver\.expectedSeq: 2896 \(\d+\) → 40087 \(\d+\)$/);
  assert.match(await type(client, "last driver.expectedSeq"), /^event 3 of 9, after driver\.advance$/);
  assert.equal(await type(client, "last tcp.device"), "tcp.device is as it was at the start");
});

test("a checkpoint leads back to the same values, in a changed file and in another session, too", async () => {
  const client = session();
  await client.start({ program: trace, checkpoints: [] }, ["resync"]);
  const values = await everything(client);
  assert.match(await type(client, "checkpoint here"), /^checkpoint here: event 5 of 9, after driver\.resync/);
  const [event] = client.events.filter(({ event: name }) => name === "tlstraceCheckpoints");
  const kept = event!.body.checkpoints as Checkpoint[];
  await moved(client, "goto end");
  await moved(client, "goto here");
  assert.deepEqual(await everything(client), values);

  const later = session();
  await later.start({ program: trace, checkpoints: kept }, []);
  await moved(later, "goto here");
  assert.deepEqual(await everything(later), values);
  const from = later.events.length;
  assert.equal(await type(later, "checkpoints"), "1 checkpoint");
  assert.match(written(later, from).join("\n"), /^here: event 5, driver\.resync$/);
});

test("what a client gives back as checkpoints is read as far as it is any", () => {
  const one: Checkpoint = {
    name: "a",
    connection: "web",
    event: "transmit",
    seq: 4344,
    length: 35743,
    occurrence: 0,
    stage: "driver.check",
    stageOccurrence: 0,
  };
  assert.deepEqual(readCheckpoints([one, null, 7, {}, { ...one, seq: "4344" }]), [one]);
  assert.deepEqual(readCheckpoints("none"), []);
});

test("help and info write a row each, rows of events with their lines", async () => {
  const client = session();
  await client.start({ program: trace }, ["resync"]);
  const from = client.events.length;
  await type(client, "help");
  assert.equal(written(client, from).length, words.length);
  assert.match(await type(client, "help goto"), /^goto PLACE \(g\): To a place/);
  const outputs = client.events.length;
  assert.equal(await type(client, "info queue"), "PROGRESS NOP DUMP×3");
  assert.equal(written(client, outputs).length, 5);
  const records = client.events.length;
  assert.equal(await type(client, "info records"), "4 records");
  const linked = client.events.slice(records).filter(({ event }) => event === "output");
  assert.deepEqual([linked[1]!.body.line, linked[1]!.body.source.path], [4, trace]);
  for (const kind of ["stream", "streams"]) assert.ok((await type(client, `info ${kind}`)).length > 0);
  const before = client.events.length;
  assert.equal(
    await type(client, "why 4344"),
    "web, byte 4344 (4294964344): record 1, byte 4344 of 16413 (payload)",
  );
  const way = written(client, before).map((line) => line.replace(/: .*/, ""));
  assert.deepEqual(way, ["written", "record", "sent", "acknowledged", "released"]);
  const sent = client.events.slice(before).find(({ body }) => /^sent: /.test(body.output))!;
  assert.deepEqual([sent.body.line, sent.body.source.path], [8, trace]);
});
