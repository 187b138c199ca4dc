/** Longer words are no slips of the pen. */
const lengthMax = 64;

/** How many letters have to be changed, put in, left out, or exchanged with the next one, to make one word of another. */
function distance(a: string, b: string): number {
  let [older, old] = [[] as number[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const now = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(old[j - 1]! + (isSame ? 0 : 1), old[j]! + 1, now[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, older[j - 2]! + 1);
      now.push(least);
    }
    [older, old] = [old, now];
  }
  return old[b.length]!;
}

/** Of the words that there are the one that was meant; null where none is near. */
export function nearest(written: string, words: Iterable<string>): string | null {
  if (written.length > lengthMax) return null;
  let best: string | null = null;
  let least = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const word of words) {
    if (word.length > lengthMax || Math.abs(word.length - written.length) >= least) continue;
    const far = distance(written.toLowerCase(), word.toLowerCase());
    if (far >= least) continue;
    [best, least] = [word, far];
  }
  return best;
}

/** The same as a sentence's end; empty where none is near. */
export function didYouMean(written: string, words: Iterable<string>): string {
  const meant = nearest(written, words);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}
