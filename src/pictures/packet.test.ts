import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Kind } from "../core/words/event.ts";
import { damaged } from "../test/damage/damages.ts";
import { byteOf, fileBeside, flippedBit, flippedCapture } from "../test/damage/flipped.ts";
import { sentBy } from "../test/damage/reading.ts";
import { type Content, sessionOf, suites } from "../test/damage/sealed-session.ts";
import { captureOf } from "../test/damage/tcp-capture.ts";
import { sample } from "../test/dap-session.ts";
import { studyOf } from "../test/studies.ts";
import { kinds } from "./kinds.ts";
import type { Cell, ListView } from "./list.ts";
import { PacketPicture } from "./packet.ts";

/** Room for 16 bytes a row. */
const wide = { columns: 2000, lines: 1000 };

/** The bytes of a column from the picture's first row on, as hex and by role; `··` stay. */
function columnOf(
  { head, rows }: ListView,
  way: string,
): { hex: string[]; roles: string[]; marked: number[] } {
  const column = head.findIndex(({ text }) => text === way);
  const runs = rows.flatMap(({ cells }) => (cells[column] as Cell).runs);
  const each = runs.flatMap(({ text, role, ground }) =>
    text
      .trim()
      .split(" ")
      .map((hex) => ({ hex, role, isMarked: ground !== undefined })),
  );
  return {
    hex: each.map(({ hex }) => hex),
    roles: each.map(({ role }) => role),
    marked: [...each.keys()].filter((i) => each[i]!.isMarked),
  };
}

const hexOf = (bytes: Uint8Array): string[] =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));

/** The frame's TCP payload in the sample's file: all its frames carry 1448 bytes behind 66 of headers (tshark). */
function payloadOf(file: Buffer, frame: number): Buffer {
  let at = 24;
  for (let n = 1; n < frame; n++) at += 16 + file.readUInt32LE(at + 8);
  return file.subarray(at + 16 + 66, at + 16 + 66 + 1448);
}

const flip = { frame: 58, fromEnd: 100 };

test("a packet with a wrong byte: as its frame has it, as the unbroken file has it, marked where they differ", async () => {
  const program = flippedCapture("picture58", flip);
  const study = await studyOf(program);
  const { events } = study.trace;
  const event = Array.from(events.line.values.subarray(0, events.count)).indexOf(58);
  const picture = new PacketPicture(study, events.connection.at(event));
  const view = picture.view({ area: null, ...wide, position: { event, stage: 0 } });
  const captured = columnOf(view, "captured");
  assert.deepEqual(captured.hex, hexOf(payloadOf(readFileSync(program), 58)));
  assert.deepEqual(columnOf(view, "expected").hex, hexOf(payloadOf(readFileSync(sample("lossy.pcap")), 58)));
  const at = 1448 - 100;
  assert.deepEqual(captured.marked, [at]);
  const [is, must] = [byteOf(flip) ^ flippedBit, byteOf(flip)];
  assert.match(view.title, new RegExp(`^frame 58, bytes 44630:46078\\(1448\\); .*is ${is}, must be ${must}`));
  const rare = view.rows.filter(({ isRare }) => isRare);
  assert.equal(rare.length, 1);
  assert.match(rare[0]!.says, /byte 45978 is .., must be ../);
  // In a window of ten rows it is in sight.
  const few = picture.view({ area: null, columns: 2000, lines: 10, position: { event, stage: 0 } });
  assert.ok(few.rows.some(({ isRare }) => isRare));
});

test("each byte is what its place in its record says, and the payload in clear is that of the keys", async () => {
  const suite = suites.find(({ name }) => name.includes("1.3"))!;
  const made = sessionOf(suite);
  const text = Buffer.from("what the application wrote ".repeat(20));
  const contents: Content[] = [0, 1].map((i) => ({ type: 23, sn: made.first + BigInt(i), bytes: text }));
  // RFC 8446 §5.2: the content type stands behind the content, zeros behind it are padding.
  contents.push({
    type: 0,
    sn: made.first + 2n,
    bytes: Buffer.concat([text, Buffer.from([23]), Buffer.alloc(9)]),
  });
  const sent = { session: made, contents, isAll: false };
  const records = damaged(sent, "plaintext", new Set()).map(({ bytes }) => bytes);
  const program = fileBeside("picture-parts.pcap", captureOf(sentBy(made, Buffer.concat(records)).packets));
  const study = await studyOf(program, { keys: [fileBeside("picture-parts.keys", made.keyLog)] });
  const { events } = study.trace;
  const event = Array.from(events.kind.values.subarray(0, events.count)).lastIndexOf(Kind.record);
  const view = new PacketPicture(study, events.connection.at(event)).view({
    ...{ area: null, ...wide },
    position: { event, stage: 0 },
  });
  const parts = [
    ...Array(5).fill("byte-header"),
    ...Array(text.length).fill("byte-payload"),
    "byte-type",
    ...Array(10).fill("byte-padding"),
    ...Array(16).fill("byte-tag"),
  ];
  assert.deepEqual(columnOf(view, "captured").roles, parts);
  const clear = columnOf(view, "plaintext").hex;
  assert.deepEqual(clear.slice(5, 5 + text.length), hexOf(text));
  const rest = [...clear.slice(0, 5), ...clear.slice(5 + text.length)];
  assert.deepEqual([...new Set(rest)], ["··"]);
});

test("a damaged record's bytes stand beside what they must be, also where it left in clear", async () => {
  const made = sessionOf(suites[0]!);
  const contents: Content[] = [700, 1200, 900].map((size, i) => ({
    ...{ type: 23, sn: made.first + BigInt(i) },
    bytes: Buffer.from(`{"row": ${i}, "says": "text, that reads as such"} `.repeat(40)).subarray(0, size),
  }));
  const sent = { session: made, contents, isAll: false };
  const [right, broken] = [new Set<number>(), new Set([1])].map((targets) =>
    damaged(sent, "plaintext", targets).map(({ bytes }) => bytes),
  );
  const program = fileBeside("picture-clear.pcap", captureOf(sentBy(made, Buffer.concat(broken!)).packets));
  const study = await studyOf(program, { keys: [fileBeside("picture-clear.keys", made.keyLog)] });
  const { events } = study.trace;
  const isRecord = (each: number) => events.kind.at(each) === Kind.record;
  const event = Array.from({ length: events.count }, (_, i) => i).filter(isRecord)[1]!;
  const view = new PacketPicture(study, events.connection.at(event)).view({
    ...{ area: null, ...wide },
    position: { event, stage: 0 },
  });
  assert.deepEqual(columnOf(view, "captured").hex, hexOf(broken![1]!));
  assert.deepEqual(columnOf(view, "expected").hex, hexOf(right![1]!));
  const differing = [...broken![1]!.keys()].filter((i) => broken![1]![i] !== right![1]![i]);
  assert.deepEqual(columnOf(view, "captured").marked, differing);
});

test("a narrow window has fewer bytes a row, and no row lies outside of it; keys alone reach every difference", async () => {
  const study = await studyOf(flippedCapture("picture58", flip));
  const { events } = study.trace;
  const event = Array.from(events.line.values.subarray(0, events.count)).indexOf(58);
  const picture = new PacketPicture(study, events.connection.at(event));
  for (const [columns, perLine] of [
    [400, 4],
    [900, 8],
    [1600, 16],
  ] as const) {
    const view = picture.view({ area: null, columns, lines: 20, position: { event, stage: 0 } });
    assert.equal(view.whole.high, Math.ceil(1448 / perLine));
    assert.equal(view.rows.length, 20);
    const frame = { width: columns, height: 500, area: view.area, hidden: new Set<string>() };
    const spots = kinds.packet.spots(view, frame);
    assert.equal(view.rows.filter(({ isRare }) => isRare).length, 1);
    assert.equal(spots.length, 20);
    assert.ok(spots.every(({ box }) => box.y >= 0 && box.y + box.height <= 500));
  }
});

test("an event without bytes shows the packet before it, a stream without packets says so", async () => {
  const study = await studyOf(sample("retransmission-in-record.tlstrace"));
  const { events } = study.trace;
  const kindsOf = Array.from(events.kind.values.subarray(0, events.count));
  const event = kindsOf.lastIndexOf(Kind.ack);
  const before = kindsOf.lastIndexOf(Kind.transmit, event);
  const view = new PacketPicture(study, 0).view({ area: null, ...wide, position: { event, stage: 0 } });
  assert.match(view.title, new RegExp(`^line ${events.line.at(before)}, `));
  assert.deepEqual(
    view.head.map(({ text }) => text),
    ["byte", "expected", "plaintext", "placeholder"],
  );
});
