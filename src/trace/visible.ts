/**
 * What turns a text into something else where it is shown: C0 and C1 control characters but tab and line feed
 * (ECMA-48; U+009B alone begins a command to a terminal), DEL, and the marks of the bidirectional algorithm (UAX #9).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const steering = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const everySteering = new RegExp(steering, "g");

const escapeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** True for text that no name may hold. */
export const isSteering = (text: string): boolean => steering.test(text) || /[\t\n]/.test(text);

/** Text of whatever origin as it may be shown: what steers stands as `\u001b`, which JSON reads as what it was. */
export const visible = (text: string): string =>
  steering.test(text) ? text.replace(everySteering, escapeOf) : text;

/** The same for what belongs into one line, as the name of a file. */
export const visibleLine = (text: string): string => visible(text).replace(/\n/g, escapeOf);

/** A path as messages name it: in its line, and not whole where it looks like a key that was given where its file belongs. */
export const visiblePath = (path: string): string =>
  path === ""
    ? '""'
    : visibleLine(path).replace(
        /(?<=^|[\\/])[0-9a-fA-F]{32,}$/,
        (hex) => `${hex.slice(0, 4)}… (${hex.length} digits)`,
      );

/** The word for so many of something: `1 byte`, `0 bytes`, `2 losses`. */
export const noun = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);

/** So many of something, as somebody reads it. */
export const counted = (count: number, one: string, many?: string): string =>
  `${count} ${noun(count, one, many)}`;
