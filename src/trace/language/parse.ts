import type { Profile } from "../../core/machine/profile.ts";
import { LineFault, list, readLine, span, type Token } from "../lexer.ts";
import type { ProfileFinder } from "../profiles/finder.ts";
import { emptyTrace, type Trace } from "../trace.ts";
import { readConnection, readDevice } from "./declarations.ts";
import { readEvent } from "./events.ts";
import { readExpectation, settleExpectations } from "./expect-lines.ts";
import { Reading } from "./reading.ts";
import { lineForms } from "./vocabulary.ts";

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
  const trace = emptyTrace(name, "text");
  const reading = new Reading(trace, profiles, asked);
  const tooLong = text.length > textSizeMax;
  const lines = (tooLong ? "" : text).replace(/^\uFEFF/, "").split(/\r\n?|\n/);
  for (const line of lines) {
    reading.line++;
    readOne(reading, line);
  }
  settleExpectations(reading, true);
  if (trace.connections.length === 0) reportEmpty(reading, tooLong);
  reading.finish();
  trace.declarationLines = [...reading.deviceLines, ...reading.connectionLines];
  return trace;
}

function readOne(reading: Reading, text: string): void {
  reading.named.clear();
  try {
    const { words, comment } = readLine(text, reading.line);
    if (comment !== null) reading.trace.comments.set(reading.line, comment);
    if (words.length === 0) return;
    readStatement(reading, words);
  } catch (fault) {
    if (!(fault instanceof LineFault)) throw fault;
    reading.report("error", fault.token, fault.message);
  }
}

/** The first word tells what a line is. */
function readStatement(reading: Reading, words: Token[]): void {
  const first = words[0]!;
  if (/^[+-][\d.]/.test(first.text)) {
    settleExpectations(reading, false);
    return readEvent(reading, words);
  }
  if (first.text === "expect") return readExpectation(reading, words);
  if (first.text === "device") return readDevice(reading, words);
  if (first.text === "connection") return readConnection(reading, words);
  const known = list(lineForms.map((form) => `\`${form}\``));
  throw new LineFault(span(first, words.at(-1)!), `not a line of a trace; the lines are ${known}`);
}

function reportEmpty(reading: Reading, tooLong: boolean): void {
  const message = tooLong
    ? `the file is longer than ${textSizeMax} characters, too long for a trace; divide it`
    : "no connection is declared, so there is nothing to replay; begin with `device eth0 profile=connectx` and `connection web device=eth0`";
  reading.line = 1;
  reading.report("error", { text: "", start: 0, end: 0 }, message);
}
