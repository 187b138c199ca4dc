/** A word that names a profile file. */
export interface FileWord {
  path: string;
  /** Bugs and kernel, as behind a family: `/long-dump@v5.8`; mostly empty. */
  variant: string;
}

/** A folder may end in .json, so the last ending counts. */
const fileWord = /^(.+\.json)((?:\/[^/@]+)?(?:@[^/@]+)?)$/is;

/** A word in its parts if its path ends in .json; null for every other word, which names a family of the model. */
export function fileWordOf(word: string): FileWord | null {
  const [, path, variant] = fileWord.exec(word) ?? [];
  return path === undefined ? null : { path, variant: variant! };
}

export const namesFile = (word: string): boolean => fileWordOf(word) !== null;
