/** A button of the page: a link to a command. */
export interface Button {
  /** Behind `tlstrace.`. */
  command: string;
  args: unknown[];
  label: string;
  /** What it is known by when the page has changed. */
  key: string;
  /** What is told where the label alone does not say what it is of. */
  spoken?: string;
  isMain?: boolean;
}

export function link({ command, args, label, key, spoken = label, isMain = false }: Button): string {
  // Editors decode it twice: a percent sign of a name would be lost.
  const json = JSON.stringify(args).replaceAll("%", "\\u0025");
  const address = `command:tlstrace.${command}?${encodeURIComponent(json)}`;
  const rank = isMain ? "primary" : "secondary";
  return `<a class="button ${rank}" data-key="${text(key)}" href="${text(address)}" aria-label="${text(spoken)}">${text(label)}</a>`;
}

/** What verdicts are called, each with a sign so that colour is not needed. */
const verdicts: Readonly<Record<string, string>> = {
  right: "✓ right",
  wrong: "✗ wrong",
  unchecked: "? unchecked",
  unreadable: "✗ unreadable",
};

export const wordOf = (verdict: string): string => verdicts[verdict] ?? text(verdict);
export const cssOf = (verdict: string): string => (verdict in verdicts ? verdict : "unchecked");

/** The same as a heading: `✓ Right`. */
export const capital = (verdict: string): string =>
  wordOf(verdict).replace(/^(\S+ )?([a-z])/, (_, sign = "", letter) => `${sign}${letter.toUpperCase()}`);

export const number = (language: string, value: number): string => value.toLocaleString(language);

/** Text that cannot become anything else in HTML, nor turn the direction of what stands around it. */
export const text = (words: string): string =>
  words
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "�")
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A word that nobody can guess, for the script that may run in a page. */
export const freshNonce = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
