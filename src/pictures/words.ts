/** Says an English sentence in the reader's language, `{0}`, `{1}` … filled in. */
export type Translate = (english: string, ...args: (string | number)[]) => string;

/** By a table of English sentences; what it does not have stays English. */
export const translateBy =
  (table: Readonly<Record<string, string>>): Translate =>
  (english, ...args) =>
    (Object.hasOwn(table, english) ? table[english]! : english).replace(/\{(\d+)\}/g, (whole, i) =>
      String(args[i] ?? whole),
    );
