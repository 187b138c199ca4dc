// trace/language: the trace language: one table of forms, read and printed through it.

import type { Profile } from "../../core/machine/profile.ts";
import { LineFault, list, readLine, span, type Token, textLines } from "../lexer.ts";
import type { ProfileFinder } from "../profiles/finder.ts";
import { emptyTrace, type Trace } from "../trace.ts";
import { readConnection, readDevice } from "./declarations.ts";
import { readEvent } from "./events.ts";
import { readExpectation, settleExpectations } from "./expect-lines.ts";
import { lineForms } from "./form-text.ts";
import { leftOut, noEvent, Reading } from "./reading.ts";
import { lineKind } from "./statement.ts";

/** Characters of a file that is still read as text; a trace of this size has some five million events. */
const textSizeMax = 2 ** 28;

/**
 * Reads the trace language. Never throws: a line with an error is left out, the error becomes a diagnostic with its
 * place and what to do, and reading goes on with the next line. `profiles` finds what device lines and `under` name,
 * `asked` says what a device has in this run instead of what its line names.
 */
export function parseTrace(
  name: string,
  text: string,
  profiles: ProfileFinder,
  asked: (own: Profile) => Profile = (own) => own,
): Trace {
  const reader = new TraceReader(name, text, profiles, asked);
  reader.read(Number.POSITIVE_INFINITY);
  return reader.trace();
}

/** Where a stream has got: bytes sent, bytes that TCP has at most, bytes of a packet (0 = not known). */
export interface StreamPlace {
  sent: number;
  has: number;
  mss: number;
}

/** The same in pieces, for who has something else to do in between. */
export class TraceReader {
  private readonly reading: Reading;
  private readonly lines: Iterator<string>;
  private readonly tooLong: boolean;
  /** Characters that there are, and that are read. */
  readonly total: number;
  private done = 0;

  constructor(name: string, text: string, profiles: ProfileFinder, asked: (own: Profile) => Profile) {
    this.reading = new Reading(emptyTrace(name, "text"), profiles, asked);
    this.total = text.length;
    this.tooLong = text.length > textSizeMax;
    this.lines = textLines(this.tooLong ? "" : text);
  }

  /** Reads at most `count` more lines and gives how many characters are done. */
  read(count: number): number {
    const { reading, lines, total } = this;
    for (let left = count; left > 0; left--) {
      const { done, value } = lines.next();
      if (done) {
        this.done = total;
        break;
      }
      reading.line++;
      readOne(reading, value);
      // The last line has no end.
      this.done = Math.min(this.done + value.length + 1, total - 1);
    }
    return this.done;
  }

  /** How far a connection's stream has got by the lines that were read, in bytes; null if none has the name. */
  streamOf(name: string): StreamPlace | null {
    const declared = this.reading.connections.get(name);
    if (declared === undefined) return null;
    const { progress, index } = declared;
    const has = this.reading.isUnsure(declared) ? Number.POSITIVE_INFINITY : progress.most;
    return { sent: progress.sent, has, mss: this.reading.trace.connections[index]!.mss };
  }

  /** What all that was read comes to. */
  trace(): Trace {
    const { reading, tooLong } = this;
    const { trace } = reading;
    settleExpectations(reading, true);
    if (trace.connections.length === 0 && !reading.lost.hadConnections) reportEmpty(reading, tooLong);
    reading.finish();
    trace.declarationLines = [...reading.deviceLines, ...reading.connectionLines];
    return trace;
  }
}

function readOne(reading: Reading, text: string): void {
  reading.named.clear();
  reading.spoilt = false;
  try {
    const { words, comment } = readLine(text, reading.line);
    if (comment !== null) reading.trace.comments.set(reading.line, comment);
    if (words.length === 0) return;
    readStatement(reading, words);
  } catch (fault) {
    if (!(fault instanceof LineFault)) throw fault;
    if (fault !== leftOut) reading.wrong(fault.token, fault.message);
  }
}

/** The first word tells what a line is. */
function readStatement(reading: Reading, words: Token[]): void {
  const kind = lineKind(words[0]!);
  if (kind === "event") {
    settleExpectations(reading, false);
    readEvent(reading, words);
  } else if (kind === "expect") readExpectation(reading, words);
  else if (kind === "device") readDevice(reading, words);
  else if (kind === "connection") readConnection(reading, words);
  else readNothing(reading, words);
}

/** What is no line of a trace may have been meant as one: as an event of the connection that it names, or as a declaration. */
function readNothing(reading: Reading, words: Token[]): void {
  const [first, second] = words;
  const connection = reading.connections.get(first!.text) ?? (second && reading.connections.get(second.text));
  if (connection !== undefined) connection.progress.unsure = true;
  else if (second !== undefined) reading.lost.add(second.text);
  if (connection !== undefined || reading.subject === noEvent) reading.subject = null;
  const known = list(lineForms.map((form) => `\`${form}\``));
  throw new LineFault(span(first!, words.at(-1)!), `not a line of a trace; the lines are ${known}`);
}

function reportEmpty(reading: Reading, tooLong: boolean): void {
  const message = tooLong
    ? `the file is longer than ${textSizeMax} characters, too long for a trace; divide it`
    : "no connection is declared, so there is nothing to replay; begin with `device eth0 profile=connectx` and `connection web device=eth0`";
  reading.line = 1;
  reading.report("error", { text: "", start: 0, end: 0 }, message);
}
