import { counted } from "../../trace/visible.ts";

/** Bytes of an answer: what an agent reads costs it. */
const answerMax = 2000;
/** Bytes for the line that says what is left out. */
const wordMax = 100;
/** Bytes that a last line may have to stand in every answer. */
const lastMax = 500;
/** Bytes of a command's output that are kept. */
const keptMax = 1 << 26;

/** What a command writes: all of it, or of very much its beginning and its end. */
export class Said {
  private readonly first: Buffer[] = [];
  private last: Buffer[] = [];
  private size = 0;

  add(chunk: Buffer): void {
    if (this.size < keptMax) this.first.push(chunk);
    else this.last = [...this.last.slice(-1), chunk];
    this.size += chunk.length;
  }

  get isWhole(): boolean {
    return this.last.length === 0;
  }

  get text(): string {
    return Buffer.concat([...this.first, ...this.last]).toString("utf8");
  }
}

/**
 * A text as an answer: whole, or its first lines, how many are left out, and its last one, which in a verdict is what
 * counts. A line that alone would take more than half of the room is cut short. `isWhole`: that is all there was.
 */
export function cut(text: string, isWhole = true): string {
  if (Buffer.byteLength(text) <= answerMax && isWhole) return text;
  const lines = text.replace(/\n$/, "").split("\n");
  const end = lines.length > 1 && Buffer.byteLength(lines.at(-1)!) <= lastMax ? [lines.pop()!] : [];
  const [kept, room] = firstOf(lines, answerMax - wordMax - Buffer.byteLength(end.join("")) - 2);
  const next = lines[kept.length];
  if (next !== undefined && Buffer.byteLength(next) > answerMax / 2) kept.push(beginning(next, room));
  const left = lines.length - kept.length;
  const more = isWhole ? counted(left, "more line") : "many more lines";
  const says = `… ${more}: ask for less, or for a place`;
  return [...kept, ...(left === 0 && isWhole ? [] : [says]), ...end, ""].join("\n");
}

/** The lines that fit into so many bytes, and how many bytes are left. */
function firstOf(lines: readonly string[], bytes: number): [kept: string[], room: number] {
  const kept: string[] = [];
  let room = bytes;
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1;
    if (size > room) break;
    kept.push(line);
    room -= size;
  }
  return [kept, room];
}

/** As many whole characters as fit, and a mark that there are more. */
const beginning = (line: string, bytes: number): string =>
  `${Buffer.from(line)
    .subarray(0, Math.max(0, bytes - 4))
    .toString("utf8")
    .replace(/\ufffd$/, "")}…`;
