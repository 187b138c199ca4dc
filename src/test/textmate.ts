/** A TextMate grammar, as far as ours use the form. */
interface Rule {
  match?: string;
  begin?: string;
  end?: string;
  name?: string;
  contentName?: string;
  include?: string;
  captures?: Captures;
  beginCaptures?: Captures;
  endCaptures?: Captures;
  patterns?: Rule[];
}
type Captures = Record<string, { name: string }>;
export interface Grammar {
  patterns: Rule[];
  repository: Record<string, Rule>;
}

/** A piece of a line with the innermost scope that it got, null for none. */
export type Piece = [text: string, scope: string | null];

interface Found {
  at: RegExpExecArray;
  rule: Rule;
  ends: boolean;
}

/**
 * The pieces of each line as an editor's engine finds them: the first match wins, at one place the end of the open rule
 * before the patterns in their order. Other grammars (`source.…`) are empty here.
 */
export function piecesOf(grammar: Grammar, text: string): Piece[][] {
  const open: Rule[] = [];
  return text.split("\n").map((line) => lineOf(grammar, open, line));
}

function lineOf(grammar: Grammar, open: Rule[], line: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let lastBegun = -1;
  for (;;) {
    const found = next(grammar, open.at(-1), line, at);
    const scope = contentScope(open);
    push(pieces, line.slice(at, found?.at.index ?? line.length), scope);
    if (found === null) return pieces;
    const { rule, ends } = found;
    const captures = ends ? rule.endCaptures : (rule.beginCaptures ?? rule.captures);
    const whole = ends ? rule.name : (rule.name ?? null);
    capture(pieces, found.at, captures, whole ?? (ends ? scope : contentScope(open)));
    const end = found.at.index + found.at[0].length;
    if (ends) open.pop();
    else if (rule.begin !== undefined) {
      // A rule that opens twice at one place without taking a character would open for ever.
      if (end === at && lastBegun === at) throw new Error(`${rule.begin} takes nothing in ${line}`);
      lastBegun = end;
      open.push(rule);
    } else if (end === at) throw new Error(`${rule.match} takes nothing in ${line}`);
    at = end;
  }
}

function next(grammar: Grammar, within: Rule | undefined, line: string, at: number): Found | null {
  let best: Found | null = null;
  const consider = (source: string, rule: Rule, ends: boolean) => {
    const pattern = new RegExp(source, "dgu");
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match !== null && (best === null || match.index < best.at.index)) best = { at: match, rule, ends };
  };
  if (within?.end !== undefined) consider(within.end, within, true);
  for (const rule of flat(grammar, within === undefined ? grammar.patterns : (within.patterns ?? [])))
    consider((rule.match ?? rule.begin)!, rule, false);
  return best;
}

function flat(grammar: Grammar, rules: readonly Rule[]): Rule[] {
  return rules.flatMap((rule) => {
    if (rule.include === undefined)
      return rule.match || rule.begin ? [rule] : flat(grammar, rule.patterns ?? []);
    return rule.include.startsWith("#") ? flat(grammar, [grammar.repository[rule.include.slice(1)]!]) : [];
  });
}

function contentScope(open: readonly Rule[]): string | null {
  const rule = open.at(-1);
  return rule?.contentName ?? rule?.name ?? null;
}

function capture(
  pieces: Piece[],
  found: RegExpExecArray,
  captures: Captures = {},
  scope: string | null,
): void {
  let at = found.index;
  const end = at + found[0].length;
  const whole = captures["0"]?.name ?? scope;
  for (const [group, { name }] of Object.entries(captures)) {
    const [from, to] = found.indices?.[Number(group)] ?? [-1, -1];
    if (group === "0" || from < at) continue;
    push(pieces, found.input.slice(at, from), whole);
    push(pieces, found.input.slice(from, to), name);
    at = to;
  }
  push(pieces, found.input.slice(at, end), whole);
}

function push(pieces: Piece[], text: string, scope: string | null): void {
  if (text.trim() !== "") pieces.push([text.trim(), scope]);
}
