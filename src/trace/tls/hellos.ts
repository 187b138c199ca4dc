/** Where in a stream TLS may begin: hellos, looked for in a bounded window. */
import { headerSize, recordType } from "../../core/base/record.ts";
import { headerAt, parseHeader, recordSizeMax } from "./framing.ts";
import { type Message, MessageReader } from "./handshake.ts";
import type { ByteStream } from "./stream.ts";

/** Bytes of a stream in which a hello is looked for anywhere, and most segments behind them at whose start it is. */
const windowSize = 1 << 16;
const segmentsMax = 4096;
/** Most records of a direction that are searched for its hello. */
const recordsMax = 64;
/** Most places at which a hello is tried to be read. */
const triesMax = 64;
/** Records behind a hello's first that must be there, or not captured. */
const chainLength = 2;

/** A hello in a stream. */
export interface Hello<T> {
  /** Where its first record begins. */
  position: number;
  /** It begins the stream. */
  isFirst: boolean;
  /** Other records follow, as far as they were captured. */
  isFollowed: boolean;
  hello: T;
}

/** The hellos of a stream, of the handshake messages that `parse` takes, in order: at its beginning, and in its window. */
export function* hellosOf<T>(
  stream: ByteStream,
  type: number,
  parse: (body: Uint8Array) => T | null,
): Generator<Hello<T>> {
  const first = firstHello(stream, type, parse);
  if (first) yield first;
  let tried = 0;
  for (const position of candidates(stream, type)) {
    if (!isFollowed(stream, position)) continue;
    if (tried++ === triesMax) return;
    const hello = firstOf(stream, position, type, parse);
    if (hello) yield { position, isFirst: false, isFollowed: true, hello };
  }
}

/** The hello with which a stream begins, null if it begins with something else. */
export function firstHello<T>(
  stream: ByteStream,
  type: number,
  parse: (body: Uint8Array) => T | null,
): Hello<T> | null {
  const { begin } = stream;
  const hello = firstOf(stream, begin, type, parse);
  return hello && { position: begin, isFirst: true, isFollowed: isFollowed(stream, begin), hello };
}

/** The first message of this type among the unencrypted ones from a position on. */
function firstOf<T>(
  stream: ByteStream,
  position: number,
  type: number,
  parse: (body: Uint8Array) => T | null,
): T | null {
  for (const message of plainMessages(stream, position, [recordType.applicationData])) {
    const hello = message.type === type ? parse(message.body) : null;
    if (hello) return hello;
  }
  return null;
}

/** The handshake messages of the records from a position on, up to one of another type; returns the type. */
export function* plainMessages(
  stream: ByteStream,
  from: number,
  upTo: readonly number[],
): Generator<Message, number | null> {
  const reader = new MessageReader();
  const record = new Uint8Array(recordSizeMax);
  let position = from;
  for (let i = 0; i < recordsMax; i++) {
    const header = headerAt(stream, position);
    if (!header) return null;
    if (upTo.includes(header.type)) return header.type;
    if (header.type === recordType.handshake) {
      if (stream.read(position, header.length, record) < header.length) return null;
      yield* reader.feed(record.subarray(headerSize, header.length));
    }
    position += header.length;
  }
  return null;
}

/** Positions behind the beginning at which a record's header may stand whose handshake message is of this type. */
function* candidates(stream: ByteStream, type: number): Generator<number> {
  const end = stream.begin + windowSize;
  yield* inWindow(stream, type, end);
  for (const position of stream.segmentsFrom(end, segmentsMax))
    if (headerAt(stream, position)?.type === recordType.handshake) yield position;
}

function inWindow(stream: ByteStream, type: number, end: number): number[] {
  const found: number[] = [];
  let from = stream.nextCaptured(stream.begin + 1);
  while (from < end) {
    const size = stream.read(from, end - from + headerSize + 1, window);
    const bytes = window.subarray(0, size);
    for (
      let at = bytes.indexOf(recordType.handshake);
      at >= 0;
      at = bytes.indexOf(recordType.handshake, at + 1)
    ) {
      const isHello = bytes[at + headerSize] === type && bytes[at + headerSize + 1] === 0;
      if (isHello && from + at < end && parseHeader(bytes, at)) found.push(from + at);
    }
    from = stream.nextCaptured(from + Math.max(1, size));
  }
  return found;
}

const window = new Uint8Array(windowSize + headerSize + 1);

/** True if records follow the one at `position`, as far as they were captured. */
function isFollowed(stream: ByteStream, position: number): boolean {
  let at = position;
  for (let i = 0; i <= chainLength; i++) {
    const header = headerAt(stream, at);
    if (header === null) return false;
    if (header === undefined) return i > 0;
    at += header.length;
  }
  return true;
}
