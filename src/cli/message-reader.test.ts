import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../trace/platform.ts";
import { MessageReader } from "./message-reader.ts";

const framed = (json: string) => `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
const request = (seq: number, text = "") => JSON.stringify({ seq, type: "request", text });

/** The messages of some bytes that come in pieces of one size. */
function read(bytes: Buffer, pieceSize: number): object[] {
  const reader = new MessageReader();
  const messages: object[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize) {
    reader.push(bytes.subarray(at, at + pieceSize));
    for (let message = reader.next(); message !== null; message = reader.next()) messages.push(message);
  }
  return messages;
}

test("messages are the same however their bytes are cut", () => {
  const messages = [request(1), request(2, "größer 😀"), request(3, "x".repeat(5000)), request(4)];
  const bytes = Buffer.from(messages.map(framed).join(""));
  for (const size of [1, 2, 7, 64, 1000, bytes.length])
    assert.deepEqual(
      read(bytes, size),
      messages.map((json) => JSON.parse(json)),
      `pieces of ${size}`,
    );
  assert.deepEqual(read(bytes.subarray(0, bytes.length - 1), 64).length, 3);
});

const refused: [bytes: string, says: RegExp][] = [
  ["P", /begins with "Content-Length:"/],
  ["POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", /begins with "Content-Length:"/],
  ["content-length: 2\r\n\r\n{}", /begins with/],
  ["\r\nContent-Length: 2\r\n\r\n{}", /begins with/],
  ["{}", /begins with/],
  [`${framed(request(1))}{}`, /begins with/],
  ["Content-Length: x\r\n\r\n", /takes the number/],
  ["Content-Length: -1\r\n\r\n", /takes the number/],
  ["Content-Length: 1e3\r\n\r\n", /takes the number/],
  ["Content-Length: 2\r\nHost: x\r\n\r\n{}", /takes the number/],
  ["Content-Length: \r\n\r\n{}", /takes the number/],
  [`Content-Length: ${"0".repeat(100)}`, /takes the number/],
  ["Content-Length: 99999999999\r\n\r\n", /has 16777216 bytes at most, not 99999999999/],
  ["Content-Length: 16777217\r\n\r\n", /at most/],
  [framed("{"), /is not JSON/],
  [framed(""), /is not JSON/],
  [framed("7"), /an object with a `type`/],
  [framed("null"), /an object with a `type`/],
  [framed("[]"), /an object with a `type`/],
  [framed("{}"), /an object with a `type`/],
];
for (const [bytes, says] of refused)
  test(`${JSON.stringify(bytes.slice(0, 40))} is no message, however it is cut`, () => {
    for (const size of [1, 5, bytes.length])
      assert.throws(
        () => read(Buffer.from(bytes), size),
        (error) => error instanceof UserError && says.test(error.message),
        `pieces of ${size}`,
      );
  });
