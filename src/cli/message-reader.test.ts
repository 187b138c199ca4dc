import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../trace/platform.ts";
import { MessageReader } from "./message-reader.ts";

const framed = (json: string) => `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
const request = (seq: number, text = "") => JSON.stringify({ seq, type: "request", text });

const sizeMax = 16_777_216;

/** The texts of some bytes that come in pieces of one size, and then end. */
function read(bytes: Buffer, pieceSize: number): string[] {
  const reader = new MessageReader(sizeMax);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize) {
    reader.push(bytes.subarray(at, at + pieceSize));
    for (let text = reader.next(); text !== null; text = reader.next()) texts.push(text);
  }
  reader.end();
  return texts;
}

test("messages are the same however their bytes are cut", () => {
  const messages = [request(1), request(2, "größer 😀"), request(3, "x".repeat(5000)), request(4)];
  const bytes = Buffer.from(messages.map(framed).join(""));
  for (const size of [1, 2, 7, 64, 1000, bytes.length])
    assert.deepEqual(read(bytes, size), messages, `pieces of ${size}`);
});

// RFC 9110, section 5.1: names of fields in any case; LSP, “Header Part”: these two fields, UTF-8 by either name.
for (const head of [
  "Content-Length: 2",
  "content-length:2",
  "Content-Length: 00002 ",
  "Content-Length:\t2",
  "Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8",
  "Content-Type: application/vscode-jsonrpc; charset=utf8\r\nCONTENT-LENGTH: 2",
  "Content-Type: application/json\r\nContent-Length: 2",
])
  test(`${JSON.stringify(head)} is a head`, () => {
    for (const size of [1, 5, 1000]) assert.deepEqual(read(Buffer.from(`${head}\r\n\r\n{}`), size), ["{}"]);
  });

/** Reads bytes that do not end. */
function taken(bytes: Buffer, pieceSize: number): void {
  const reader = new MessageReader(sizeMax);
  for (let at = 0; at < bytes.length; at += pieceSize) {
    reader.push(bytes.subarray(at, at + pieceSize));
    while (reader.next() !== null);
  }
}

/** What is refused as soon as it has come: nobody waits for more. */
const refused: [bytes: string, says: RegExp][] = [
  ["P", /begins with "Content-Length:"/],
  ["POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", /begins with "Content-Length:"/],
  ["\r\nContent-Length: 2\r\n\r\n{}", /begins with/],
  ["\n", /begins with/],
  ["{}", /begins with/],
  ["\0", /begins with/],
  [`${framed(request(1))}{}`, /begins with/],
  [`${framed(request(1))}\n`, /begins with/],
  ["Content-Length 2", /begins with/],
  ["Content-Length: x", /takes the number/],
  ["Content-Length: -1", /takes the number/],
  ["Content-Length: +2", /takes the number/],
  ["Content-Length: NaN", /takes the number/],
  ["Content-Length: Infinity", /takes the number/],
  ["Content-Length: 0x10", /takes the number/],
  ["Content-Length: 1.5", /takes the number/],
  ["Content-Length: 1e3", /takes the number/],
  ["Content-Length: 1e99", /takes the number/],
  ["Content-Length: 2, 2", /takes the number/],
  ["Content-Length: 2 2", /takes the number/],
  ["Content-Length: 2\n", /a line ends with CR LF/],
  ["Content-Length: 2\rX", /a line ends with CR LF/],
  ["Content-Length: \r\n", /takes the number/],
  ["Content-Length: 2\r\nHost: x", /begins with/],
  ["Content-Length: 2\r\nContent-Length: 2\r\n\r\n", /once, not 2 times/],
  ["Content-Length: 2\r\nContent-Length: 3\r\n\r\n", /once, not 2 times/],
  ["Content-Type: application/json\r\n\r\n", /once, not 0 times/],
  ["Content-Type: application/json; charset=latin1\r\n", /UTF-8/],
  [`Content-Length: ${"0".repeat(300)}`, /a head has 256 bytes at most/],
  [`Content-Length: ${"9".repeat(200)}\r\n\r\n`, /at most, not 999/],
  ["Content-Length: 99999999999\r\n\r\n", /has 16777216 bytes at most, not 99999999999/],
  ["Content-Length: 16777217\r\n\r\n", /at most/],
];
for (const [bytes, says] of refused)
  test(`${JSON.stringify(bytes.slice(0, 40))} is no message, however it is cut`, () => {
    for (const size of [1, 5, bytes.length])
      assert.throws(
        () => taken(Buffer.from(bytes), size),
        (error) => error instanceof UserError && says.test(error.message),
        `pieces of ${size}`,
      );
  });

for (const [bytes, says] of [
  ["C", /within the head/],
  ["Content-Length: 2\r\n", /within the head/],
  ["Content-Length: 2\r\n\r\n", /within a message of 2 bytes: 0 came/],
  [`${framed(request(1))}Content-Length: 9\r\n\r\n{`, /within a message of 9 bytes: 1 came/],
] as const)
  test(`${JSON.stringify(bytes.slice(-40))} is no end`, () =>
    assert.throws(() => read(Buffer.from(bytes), 7), says));
