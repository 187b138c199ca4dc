/**
 * Lines put into a text below one of its lines (from 1). A noun of its own beside Edit: a trace knows what its lines
 * say and not how they are written, so an edited trace prints in one normal form, while a file of the user's keeps its
 * spaces, comments and line ends everywhere but in what is new. It knows lines alone, and nothing of traces.
 */
export interface Insertion {
  below: number;
  lines: readonly string[];
}

/** The text with lines put in; all others stay as they are, to their line ends. */
export function withLines(text: string, insertions: readonly Insertion[]): string {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const lineEnd = /[\r\n]+$/;
  const usual = lineEnd.exec(lines[0] ?? "")?.[0] ?? "\n";
  for (const { below, lines: added } of insertions) {
    const line = lines[below - 1]!;
    const end = lineEnd.exec(line)?.[0] ?? "";
    const body = added.map((one) => `${end || usual}${one}`).join("");
    lines[below - 1] = `${line.slice(0, line.length - end.length)}${body}${end}`;
  }
  return lines.join("");
}

/**
 * The other way round: what to insert where, so that `was` becomes `text`, which has lines more and is the same
 * otherwise; null if it is not. `line`: in front of which line, from 0; behind the last one where it is their number.
 */
export function addedLines(was: string, text: string): { line: number; added: string }[] | null {
  const old = was.split("\n");
  const insertions: { line: number; added: string }[] = [];
  let line = 0;
  for (const each of text.split("\n")) {
    if (each === old[line]) line++;
    else insertions.push({ line, added: line < old.length ? `${each}\n` : `\n${each}` });
  }
  return line === old.length ? insertions : null;
}
