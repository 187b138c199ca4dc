// language: what an editor asks of a trace while it is written, as functions over a document.

import type { Position, Range, TextEdit } from "vscode-languageserver-types";
import { connectx } from "../core/profiles/connectx.ts";
import { parseTrace, type StreamPlace, TraceReader } from "../trace/language/parse.ts";
import { type Statement, statementOf } from "../trace/language/statement.ts";
import type { StatementToken } from "../trace/language/take.ts";
import { isPacketdrill, parsePacketdrill } from "../trace/packetdrill/script.ts";
import type { ProfileFinder } from "../trace/profiles/finder.ts";
import type { Trace } from "../trace/trace.ts";

/** What a line says, wherever it stands. */
type LineWords = Pick<Statement, "form" | "tokens">;

/** Lines of text whose words are kept beyond those of the document that is open: what an undo brings back. */
const spareLines = 1000;

/** A URI's text without escapes; those of bytes that are no text, as names of Linux can have, stay. */
export const unescaped = (uri: string): string =>
  uri.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });

/** A trace file or script as it stands in an editor at one moment. All of it but its text is made when it is asked for. */
export class TraceDocument {
  readonly uri: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** A packetdrill script, not a trace in the trace language. */
  readonly isScript: boolean;
  readonly profiles: ProfileFinder;
  /** By what a line is, so that after a key only the line that changed is read again. */
  private readonly known: Map<string, LineWords>;
  private read: Trace | null = null;

  /** `before`: the same document before it was changed. */
  constructor(uri: string, text: string, profiles: ProfileFinder, before: TraceDocument | null = null) {
    this.uri = uri;
    this.text = text;
    this.profiles = profiles;
    this.lines = text.replace(/^\uFEFF/, "").split(/\r\n?|\n/);
    this.isScript = isPacketdrill(uri, text);
    this.known = before?.known ?? new Map();
    if (this.known.size > 2 * this.lines.length + spareLines) this.known.clear();
  }

  /** The name that messages give it. */
  get name(): string {
    return unescaped(/[^/]*$/.exec(this.uri)![0]);
  }

  /** The trace that it is, with its diagnostics. */
  get trace(): Trace {
    this.read ??= this.isScript
      ? parsePacketdrill(this.name, this.text, connectx)
      : parseTrace(this.name, this.text, this.profiles);
    return this.read;
  }

  /** Where a connection's stream has got to above a line, from 0; null if none has the name. One reading does for all. */
  streamAbove(line: number, name: string): StreamPlace | null {
    const reader = new TraceReader(this.name, this.text, this.profiles, (own) => own);
    reader.read(line);
    const place = reader.streamOf(name);
    if (this.read === null) {
      reader.read(Number.POSITIVE_INFINITY);
      this.read = reader.trace();
    }
    return place;
  }

  /** The words of a line, from 0; of a script there are none. */
  statement(line: number): LineWords {
    const text = this.lines[line] ?? "";
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const { form, tokens } = this.isScript ? { form: null, tokens: [] } : statementOf(text, line + 1);
    this.known.set(text, { form, tokens });
    return { form, tokens };
  }

  /** The token that a place stands in or right behind. */
  tokenAt({ line, character }: Position): StatementToken | null {
    const column = this.columnOf({ line, character });
    const { tokens } = this.statement(line);
    const within = tokens.find(({ start, end }) => start <= column && column < end);
    return within ?? tokens.find(({ end }) => end === column) ?? null;
  }

  /** Columns of a line from 0 as an editor counts them: a byte order mark, if the client keeps it, is a character. */
  range(line: number, start: number, end: number): Range {
    const shift = this.shiftOf(line);
    return { start: { line, character: start + shift }, end: { line, character: end + shift } };
  }

  /** The column of a place as the language counts it; what is beyond a line's end is its end. */
  columnOf({ line, character }: Position): number {
    const { length } = this.lines[line] ?? "";
    return Math.min(length, Math.max(0, character - this.shiftOf(line)));
  }

  /** As its first line ends. */
  get lineEnd(): string {
    return /\r\n?|\n/.exec(this.text)?.[0] ?? "\n";
  }

  /** The document as edits leave it: each within a line, in the document's order. */
  with(edits: readonly TextEdit[]): TraceDocument {
    const lines = [...this.lines];
    for (const { range, newText } of edits.toReversed()) {
      const { line } = range.start;
      const text = lines[line]!;
      lines[line] =
        text.slice(0, this.columnOf(range.start)) + newText + text.slice(this.columnOf(range.end));
    }
    return new TraceDocument(this.uri, lines.join("\n"), this.profiles, this);
  }

  wholeLine(line: number): Range {
    return this.range(line, 0, this.lines[line]?.length ?? 0);
  }

  private shiftOf(line: number): number {
    return line === 0 && this.text.startsWith("\uFEFF") ? 1 : 0;
  }
}
