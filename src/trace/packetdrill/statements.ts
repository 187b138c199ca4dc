/** One statement of a packetdrill script: an event with its time, or what stands at a script's head and end. */
export interface Statement {
  /** The script's text with comments, strings and shell commands blanked; lines of a longer one joined by a space. */
  text: string;
  /** Line of its first character, from 1. */
  line: number;
  /** Columns of that line, end exclusive. */
  start: number;
  end: number;
}

const number = String.raw`(?:\d+(?:\.\d+)?|\.\d+)`;
const time = String.raw`\+?\s?${number}`;
/** A time as events begin with: `+.1`, `0.5`, `*`, a range with `~`, a blocking call's end behind `...`. */
export const timePattern = new RegExp(
  String.raw`^\s*(?:\*|(\+?)\s?(${number})(?:\s*~\s*${time})?)(?:\s*\.\.\.\s*${time})?(?=[\s<>%\x60]|[a-z_]|$)`,
  "i",
);
/** What an event can be behind its time: nothing inside a call's brackets looks like this. */
const actionPattern = /^\s*(?:[<>%`]|[a-z_]\w*\s*\()/i;
/** Where ordinary text ends: strings, comments, shell commands and Python blocks. */
const specialPattern = /"(?:[^"\\]|\\.)*"?|\/\/.*|#.*|\/\*|`|%\{/g;
/** Neither a line nor a statement is longer; a bracket that never closes must not collect the file. */
export const statementLengthMax = 10_000;

/** Blocks that run over lines, and what closes them. */
const closers = { "/*": "*/", "`": "`", "%{": "}%" } as const;
type Block = keyof typeof closers;

/**
 * Cuts a script into statements. Takes any text; what is no statement becomes one that its reader refuses. Comments go
 * into `comments` by line, begun with `#` as in the trace language.
 */
export function* statementsOf(text: string, comments: Map<number, string>): Generator<Statement> {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n?|\n/);
  let statement: Statement | null = null;
  let block: Block | null = null;
  let inside: Inside = { depth: 0, options: false, packet: null };
  for (const [index, line] of lines.entries()) {
    const cut = blankLine(line, block);
    block = cut.block;
    if (cut.comment !== null) comments.set(index + 1, cut.comment);
    if (cut.text.trim() === "") continue;
    if (statement !== null && continues(cut.text, statement, inside)) {
      statement.text += ` ${cut.text.trim()}`;
      inside = insideAfter(cut.text, inside);
    } else {
      if (statement !== null) yield statement;
      statement = statementOf(cut.text, index + 1);
      inside = insideAfter(cut.text, null);
    }
  }
  if (statement !== null) yield statement;
}

function statementOf(text: string, line: number): Statement {
  const trimmed = text.trimEnd();
  const start = trimmed.length - trimmed.trimStart().length;
  return { text: trimmed.slice(start), line, start, end: trimmed.length };
}

/** What is open at the end of a line: brackets, and TCP options between `<` and `>`. */
interface Inside {
  depth: number;
  options: boolean;
  /** How far a packet has got: to its headers or to its sequence numbers; null if it is no packet. */
  packet: "headers" | "numbers" | null;
}

const packetPattern = /^\s*[<>]/;
const numbersPattern = /\d:\d+\s*\(|\.\.\.\(|\b(?:icmp|udp|sctp)/;
/** What a line begins with that goes on with the packet above, by how far that has got. */
const goingOn = { headers: /^\s*(?!--|[`%])/, numbers: /^\s*(?:ack|win|urg|sock)\b/ };

/** True for a line that goes on with the statement above: inside brackets or TCP options, or in midst of a packet. */
function continues(text: string, above: Statement, inside: Inside): boolean {
  const begins = timePattern.exec(text);
  if (begins !== null && (inside.depth <= 0 || actionPattern.test(text.slice(begins[0].length))))
    return false;
  if (above.text.length > statementLengthMax) return false;
  if (inside.packet !== null && goingOn[inside.packet].test(text)) return true;
  return inside.depth > 0 || inside.options || /^\s*[<=]/.test(text);
}

/** `before`: what the line above left open, null if a statement begins here and its first `<` is a direction. */
function insideAfter(text: string, before: Inside | null): Inside {
  let depth = before?.depth ?? 0;
  for (const bracket of text.match(/[()[\]{}]/g) ?? []) depth += "([{".includes(bracket) ? 1 : -1;
  const packet = packetAfter(text, before);
  const opened = text.lastIndexOf("<");
  const closed = text.lastIndexOf(">");
  if (before !== null && opened === closed) return { depth, options: before.options, packet };
  return { depth, options: opened > closed && (before !== null || text.search(/[<>]/) < opened), packet };
}

function packetAfter(text: string, before: Inside | null): Inside["packet"] {
  if (before === null) {
    const time = timePattern.exec(text);
    if (time === null || !packetPattern.test(text.slice(time[0].length))) return null;
  } else if (before.packet !== "headers") {
    return before.packet;
  }
  return numbersPattern.test(text) ? "numbers" : "headers";
}

/**
 * A line without its comment; strings and the insides of blocks are blanked, so that columns stay. Of a block's
 * delimiters the opening one stays, for it says what the statement is.
 */
function blankLine(
  line: string,
  open: Block | null,
): { text: string; comment: string | null; block: Block | null } {
  if (line.length > statementLengthMax)
    return { text: line.slice(0, statementLengthMax + 1), comment: null, block: open };
  let text = "";
  let comment: string | null = null;
  let block = open;
  for (let at = 0; at < line.length; ) {
    if (block !== null) {
      const closer = closers[block];
      const found = line.indexOf(closer, at);
      const end = found < 0 ? line.length : found + closer.length;
      if (block === "/*") comment = commentOf(line.slice(at, found < 0 ? end : found), comment);
      text += " ".repeat(end - at);
      if (found >= 0) block = null;
      at = end;
      continue;
    }
    specialPattern.lastIndex = at;
    const special = specialPattern.exec(line);
    if (special === null) return { text: text + line.slice(at), comment, block };
    const [found] = special;
    text += line.slice(at, special.index);
    at = special.index + found.length;
    if (found in closers) {
      block = found as Block;
      text += block === "/*" ? "  " : found;
    } else if (found.startsWith('"')) {
      text += `"${" ".repeat(found.length - 1)}`;
    } else {
      comment = commentOf(found, comment);
    }
  }
  return { text, comment, block };
}

/** A comment of the script as one of the trace language, behind what the line has of one already. */
function commentOf(text: string, before: string | null): string | null {
  const words = text.replace(/^(?:\/\/+|#+)/, "").trimEnd();
  const body = /^\s/.test(words) || words === "" ? words : ` ${words}`;
  return before === null ? `#${body}` : `${before}${body}`;
}
