import { UserError } from "../trace/platform.ts";

const header = "Content-Length:";
/** Longer heads than a length and its two line ends are none. */
const headSizeMax = 64;
/** Sixty thousand breakpoints in one message take some three million bytes. */
const messageSizeMax = 16 * 1024 * 1024;
const endOfHead = Buffer.from("\r\n\r\n");

/**
 * Takes messages off a stream of bytes: a head `Content-Length: N`, then N bytes of JSON. What is anything else is not
 * the Debug Adapter Protocol (a browser's request is not), and nothing behind it can be trusted.
 */
export class MessageReader {
  private readonly chunks: Buffer[] = [];
  private size = 0;
  /** Bytes of the message whose head was read; −1 = a head comes next. */
  private awaited = -1;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The next message that is whole, null if more bytes are needed. Throws UserError for bytes that are no message. */
  next(): object | null {
    if (this.awaited < 0 && !this.takeHead()) return null;
    if (this.size < this.awaited) return null;
    const text = this.take(this.awaited).toString("utf8");
    this.awaited = -1;
    return messageIn(text);
  }

  private takeHead(): boolean {
    if (this.size === 0) return false;
    const front = this.joined().subarray(0, headSizeMax);
    const begun = front.toString("latin1", 0, header.length);
    if (!header.startsWith(begun)) throw new UserError(`a message begins with "${header}"`);
    const end = front.indexOf(endOfHead);
    if (end < 0 && front.length < headSizeMax) return false;
    const length = /^ *(\d+)$/.exec(front.toString("latin1", header.length, Math.max(end, 0)));
    if (length === null)
      throw new UserError(`"${header}" takes the number of a message's bytes, and no head follows it`);
    if (Number(length[1]) > messageSizeMax)
      throw new UserError(`a message has ${messageSizeMax} bytes at most, not ${length[1]}`);
    this.take(end + endOfHead.length);
    this.awaited = Number(length[1]);
    return true;
  }

  /** All bytes so far in one piece: joined where a head begins or a message is whole, so each byte is copied twice at most. */
  private joined(): Buffer {
    if (this.chunks.length > 1) this.chunks.splice(0, this.chunks.length, Buffer.concat(this.chunks));
    return this.chunks[0]!;
  }

  private take(length: number): Buffer {
    if (length === 0) return Buffer.alloc(0);
    const all = this.joined();
    this.chunks[0] = all.subarray(length);
    this.size -= length;
    return all.subarray(0, length);
  }
}

/** Throws UserError for text that is no message. */
function messageIn(text: string): object {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new UserError("a message is not JSON");
  }
  const isMessage = typeof message === "object" && message !== null && "type" in message;
  if (!isMessage) throw new UserError("a message is an object with a `type`");
  return message as object;
}
