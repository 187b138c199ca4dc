/** A glob of `*` and `?` as a pattern for the whole name; all else stands for itself, as brackets in IPv6 stream names. */
export const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
    "i",
  );

/** True for names that any of the globs matches; for all names if there are no globs. */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  const patterns = globs.map(globPattern);
  return (name) => patterns.length === 0 || patterns.some((pattern) => pattern.test(name));
}
