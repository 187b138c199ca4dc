import { UserError } from "../trace/platform.ts";
import { counted } from "../trace/visible.ts";

/** Longer heads than the fields that there are take, generously, are none. */
const headSizeMax = 256;
const lineEnd = "\r\n";
const endOfHead = `${lineEnd}${lineEnd}`;

const lengthField = /^content-length:[ \t]*(\d+)[ \t]*$/i;
const typeField = /^content-type:[^;]*(?:;[ \t]*charset="?utf-?8"?[ \t]*)?$/i;
const names = ["content-length:", "content-type:"];
const begunField = /^(?:content-length:[ \t]*\d*[ \t]*|content-type:[\t -~]*)\r?$/i;

/**
 * Takes messages off a stream of bytes: a head, whose fields are `Content-Length: N` and perhaps `Content-Type`, then N
 * bytes of text (LSP, “Base Protocol”; the Debug Adapter Protocol has the same). What is anything else (a browser's
 * request is) is refused as soon as it is known, for nothing behind it can be trusted.
 */
export class MessageReader {
  private readonly sizeMax: number;
  private readonly chunks: Buffer[] = [];
  private size = 0;
  /** Bytes of the message whose head was read; −1 = a head comes next. */
  private awaited = -1;

  /** `sizeMax`: bytes that a message may have. */
  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The text of the next message that is whole, null if more bytes are needed. Throws UserError for what is no head. */
  next(): string | null {
    if (this.awaited < 0 && !this.takeHead()) return null;
    if (this.size < this.awaited) return null;
    const text = this.take(this.awaited).toString("utf8");
    this.awaited = -1;
    return text;
  }

  /** No more bytes come. Throws UserError if a message has begun. */
  end(): void {
    if (this.awaited >= 0)
      throw new UserError(
        `the input ends within a message of ${counted(this.awaited, "byte")}: ${this.size} came`,
      );
    if (this.size > 0) throw new UserError("the input ends within the head of a message");
  }

  private takeHead(): boolean {
    if (this.size === 0) return false;
    const front = this.joined().toString("latin1", 0, headSizeMax);
    const end = front.indexOf(endOfHead);
    if (end >= 0) {
      this.awaited = lengthIn(front.slice(0, end).split(lineEnd), this.sizeMax);
      this.take(end + endOfHead.length);
      return true;
    }
    const lines = front.split(lineEnd);
    const last = lines.pop()!;
    for (const line of lines) checkField(line);
    const isLineEnd = lines.length > 0 && last === "\r";
    if (!isLineEnd && !canBecomeField(last)) throw notField(last);
    if (front.length >= headSizeMax) throw new UserError(`a head has ${headSizeMax} bytes at most`);
    return false;
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

/** The length that the fields of a head tell. Throws UserError if they tell none, two, or one beyond the limit. */
function lengthIn(fields: readonly string[], sizeMax: number): number {
  for (const field of fields) checkField(field);
  const told = fields.flatMap((field) => lengthField.exec(field)?.[1] ?? []);
  if (told.length !== 1)
    throw new UserError(`a head has "Content-Length:" once, not ${counted(told.length, "time")}`);
  if (Number(told[0]) > sizeMax)
    throw new UserError(`a message has ${sizeMax} bytes at most, not ${told[0]}`);
  return Number(told[0]);
}

/** Throws UserError for a line that is no field. */
function checkField(line: string): void {
  if (!lengthField.test(line) && !typeField.test(line)) throw notField(line);
}

/** A line that has not come to its end. */
const canBecomeField = (line: string): boolean =>
  names.some((name) => name.startsWith(line.toLowerCase())) || begunField.test(line);

function notField(line: string): UserError {
  if (/^content-length:/i.test(line))
    return new UserError(
      `"Content-Length:" takes the number of a message's bytes, and a line ends with CR LF`,
    );
  if (/^content-type:/i.test(line)) return new UserError("a message is text in UTF-8");
  return new UserError(`a message begins with "Content-Length:"`);
}
