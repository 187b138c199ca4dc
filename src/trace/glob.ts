/** True for names that the glob matches as a whole. */
export type Matcher = (name: string) => boolean;

const star = "*".codePointAt(0);
const any = "?".codePointAt(0);

const charactersOf = (text: string): number[] => Array.from(text.toLowerCase(), (c) => c.codePointAt(0)!);

/**
 * A glob of `*` and `?` for the whole name, capitals or not; all else stands for itself, as brackets in IPv6 stream
 * names. What follows a star is looked for from the left, and only the last star is ever tried again: the time is at
 * most that of the glob's length times the name's.
 */
export function glob(text: string): Matcher {
  const wanted = charactersOf(text.replace(/\*+/g, "*"));
  return (name) => matches(wanted, charactersOf(name));
}

function matches(wanted: readonly number[], name: readonly number[]): boolean {
  let [at, next] = [0, 0];
  /** Behind the last star, and how much of the name it leaves to what follows. */
  let [behindStar, left] = [-1, 0];
  while (next < name.length) {
    if (wanted[at] === star) {
      behindStar = ++at;
      left = next;
    } else if (at < wanted.length && (wanted[at] === any || wanted[at] === name[next])) {
      at++;
      next++;
    } else if (behindStar >= 0) {
      at = behindStar;
      next = ++left;
    } else return false;
  }
  return at === wanted.length || (at === wanted.length - 1 && wanted[at] === star);
}

/** True for names that any of the globs matches; for all names if there are no globs. */
export function globMatcher(globs: readonly string[]): Matcher {
  const each = globs.map(glob);
  return (name) => each.length === 0 || each.some((isMatch) => isMatch(name));
}
