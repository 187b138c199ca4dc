/** Words as numbers: each is its place in its list. */
export const codesOf = <Word extends string>(words: readonly Word[]) =>
  Object.fromEntries(words.map((word, code) => [word, code])) as { readonly [word in Word]: number };
