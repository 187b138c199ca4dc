/** A line longer than this is none that a kernel or a tool prints; it is not looked into. */
export const lineLengthMax = 10_000;

/** The lines of a text one after another, from 1, without the spaces around them and without copying the text. */
export function* linesOf(text: string): Generator<{ number: number; text: string; end: number }> {
  let number = 1;
  for (let start = 0; start < text.length; number++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    // trim() takes the carriage return and a byte order mark too.
    yield { number, text: text.slice(start, end).trim(), end };
    start = end + 1;
  }
}
