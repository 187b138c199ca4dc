import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import path from "node:path";
import { float64, int32 } from "../core/base/columns.ts";
import type { KeyFolder } from "../study/environment.ts";
import { captureName } from "../trace/keys/beside.ts";
import { type Label, parseKeyLogs, type Secrets } from "../trace/keys/key-log.ts";
import { UserError } from "../trace/platform.ts";
import { visiblePath } from "../trace/visible.ts";
import { isKeyLog } from "./key-files.ts";
import { statusAt } from "./open-file.ts";

/** Lines of all files together that are indexed (some 60 bytes each). */
const linesMax = 1 << 22;
/** Bytes of a file looked at together. */
const chunkSize = 1 << 20;
/** No line that counts is longer: label, client random, secret. */
const lineSizeMax = 256;
const secretLine = /^[A-Z][A-Z0-9_]* ([0-9a-fA-F]{64}) [0-9a-fA-F]+/gm;

const folders = new Map<string, FolderIndex>();

/**
 * The key logs below a folder, as one; hidden folders, captures and what does not begin as a key log are left out. It is
 * gone through once a process; secrets are read when a session is asked for. Throws UserError for what is no folder.
 */
export function keyFolder(folder: string): KeyFolder {
  const known = folders.get(folder) ?? new FolderIndex(folder);
  folders.set(folder, known);
  return known;
}

/** Where the lines of each session lie. */
class FolderIndex implements KeyFolder {
  private readonly files: string[];
  /** The last line of each session, by the first 48 bits of its client random. */
  private readonly last = new Map<number, number>();
  /** A line: its file, its place there, and the line before it that begins with the same bits, −1 = none. */
  private readonly file = int32();
  private readonly offset = float64();
  private readonly before = int32();

  constructor(folder: string) {
    this.files = logsBelow(folder);
    for (const [index, file] of this.files.entries()) this.add(index, file);
  }

  get size(): number {
    return this.last.size;
  }

  has(random: string): boolean {
    return this.linesOf(random).length > 0;
  }

  get(random: string): Secrets | undefined {
    const secrets = new Map<Label, Uint8Array>();
    for (const { text } of this.linesOf(random))
      for (const [label, secret] of parseKeyLogs([text]).log.get(random) ?? []) secrets.set(label, secret);
    return secrets.size > 0 ? secrets : undefined;
  }

  filesOf(sessions: readonly string[]): string[] {
    const found = sessions.flatMap((session) => this.linesOf(session).map(({ file }) => file));
    return [...new Set(found)].sort();
  }

  /** The lines of a session in the order of files and lines, as they stand there now. */
  private linesOf(random: string): { file: string; text: string }[] {
    const lines: { file: string; text: string }[] = [];
    for (let line = this.last.get(bitsOf(random)) ?? -1; line >= 0; line = this.before.values[line]!) {
      const file = this.files[this.file.values[line]!]!;
      const text = lineAt(file, this.offset.values[line]!);
      if (text.toLowerCase().includes(random)) lines.push({ file, text });
    }
    return lines.reverse();
  }

  private add(index: number, file: string): void {
    for (const { text, at } of chunksOf(file))
      for (const match of text.matchAll(secretLine)) {
        if (this.file.length >= linesMax)
          throw new UserError(
            `${path.dirname(file)} holds more than ${linesMax} lines of keys: divide the folder`,
          );
        const bits = bitsOf(match[1]!.toLowerCase());
        this.before.push(this.last.get(bits) ?? -1);
        this.last.set(bits, this.file.length);
        this.file.push(index);
        this.offset.push(at + match.index);
      }
  }
}

const bitsOf = (random: string): number => Number.parseInt(random.slice(0, 12), 16);

function logsBelow(folder: string): string[] {
  if (!statusAt(folder)?.isDirectory())
    throw new UserError(`${visiblePath(folder)} is no folder of key logs: check the path`);
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") ? [] : logsBelow(full);
    return !captureName.test(entry.name) && isKeyLog(full) ? [full] : [];
  });
}

/** A file's text in pieces that begin at the beginning of a line, with their places. */
function* chunksOf(file: string): Generator<{ text: string; at: number }> {
  const fd = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(chunkSize);
    for (let at = 0; ; ) {
      const size = readSync(fd, bytes, 0, chunkSize, at);
      const isLast = size < chunkSize;
      const end = isLast ? size : bytes.lastIndexOf(10) + 1 || size;
      yield { text: bytes.toString("latin1", 0, end), at };
      if (isLast) return;
      at += end;
    }
  } finally {
    closeSync(fd);
  }
}

/** The line that begins there; empty if the file is not what it was. */
function lineAt(file: string, offset: number): string {
  try {
    const fd = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(lineSizeMax);
      const size = readSync(fd, bytes, 0, lineSizeMax, offset);
      return bytes.toString("latin1", 0, size).split(/[\r\n]/, 1)[0]!;
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
