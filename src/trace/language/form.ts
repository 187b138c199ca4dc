/** What a part is to its line: a value in its place, a word with or without a value behind it, a flag, or `key=value`. */
export type PartRole = "operand" | "word" | "flag" | "option";

/** What a part's value is: how it reads, and what can be offered for it. */
export type ValueKind =
  | "seconds"
  | "name"
  | "device"
  | "devices"
  | "connection"
  | "owner"
  | "bytes"
  | "number"
  | "place"
  | "range"
  | "ranges"
  | "segment"
  | "record-number"
  | "record-type"
  | "profile"
  | "kernel"
  | "version"
  | "cipher"
  | "hex"
  | "effect"
  | "field"
  | "counter"
  | "verdict"
  | "variants"
  | "event"
  | "settable"
  | "text";

/** Values that are lists, commas between. */
const lists: ReadonlySet<ValueKind> = new Set(["devices", "ranges", "variants"]);
export const isList = (kind: ValueKind): boolean => lists.has(kind);

/** A part of a line that the language gives a meaning. */
export interface Part {
  role: PartRole;
  /** The word itself, or the key in front of `=`; of an operand, the name that messages give it. */
  name: string;
  /** What it states, as a sentence. */
  says: string;
  /** Null: it has no value. */
  value: ValueKind | null;
  /** The value as messages show it. */
  shown: string;
  required: boolean;
  /** Any number of them can stand there. */
  repeated: boolean;
  /** What its event's flags get where it stands; 0 = nothing. */
  bit: number;
  /** What holds where the line does not say it. */
  absent: string | null;
  /** The value of an option that stands as a word, without `=`. */
  alone: string | null;
  /** The flag that it goes with. */
  needs: string | null;
  /** The part beside which it cannot stand, and why. */
  not: { name: string; because: string } | null;
  /** What is missing where nothing stands behind the word. */
  wants: string | null;
  /** Left out where messages show the form: it would get too long. */
  rare: boolean;
}

type More = Partial<Pick<Part, "absent" | "alone" | "needs" | "not" | "wants" | "rare" | "bit" | "repeated">>;

/** Every part has the same fields, because printing goes through them for each line. */
const plain = {
  value: null,
  shown: "",
  required: false,
  repeated: false,
  bit: 0,
  absent: null,
  alone: null,
  needs: null,
  not: null,
  wants: null,
  rare: false,
} as const;

/** A value in its place, which every line of the form has. */
export const operand = (name: string, value: ValueKind, says: string, more: More = {}): Part => ({
  role: "operand",
  name,
  says,
  ...plain,
  value,
  shown: name,
  required: true,
  ...more,
});

/** A word that says that something is so; `bit` is the event's flag for it. */
export const flag = (name: string, bit: number, says: string, more: More = {}): Part => ({
  role: "flag",
  name,
  says,
  ...plain,
  ...more,
  bit,
});

/** `key=value`, that is `[key, value as messages show it]`. */
export const option = (
  [name, shown]: [string, string],
  value: ValueKind,
  says: string,
  more: More = {},
): Part => ({
  role: "option",
  name,
  says,
  ...plain,
  value,
  shown,
  ...more,
});

/** A word of the form, with a value behind it (`[word, value as messages show it]`) or without. */
export const word = (
  [name, shown = ""]: [string, string?],
  value: ValueKind | null,
  says: string,
  more: More = {},
): Part => ({
  role: "word",
  name,
  says,
  ...plain,
  value,
  shown,
  ...more,
});

/** The same part where every line of the form has it. */
export const always = (part: Part): Part => ({ ...part, required: true });

/** Whose lines they are: what is declared, what happens to a connection or a device, what is expected, remarks. */
export type Family = "declaration" | "connection" | "device" | "expectation" | "comment";

/** One form of line as the table of the language has it. */
interface FormRow {
  family: Family;
  /** The word that names it: a line's first, an event's third. */
  verb: string;
  /** What the line states, as a sentence. */
  says: string;
  /** Such a line, or of an event what stands behind the time and the name. */
  example: string;
  /** Behind the verb, in the order in which they are printed. */
  parts: readonly Part[];
  /** Events: one of Kind. */
  kind?: number;
  /** It changes how far the stream or what was sent of it has got. */
  moves?: true;
  /** What is said of a word that has no part in it, where the usual words would not do. */
  stray?: string;
  /** What stands for its options where messages show the form. */
  abridged?: string;
}

/** A form, and what its reader and its printer want to know of its parts. */
export interface Form extends Required<Pick<FormRow, "family" | "verb" | "says" | "example" | "parts">> {
  kind: number;
  moves: boolean;
  stray: string | null;
  abridged: string | null;
  /** The parts that begin every line of the form, in their order. */
  fixed: readonly Part[];
  /** Those behind, in any order, by their words. */
  free: ReadonlyMap<string, Part>;
  /** Bits of the flag words. */
  flags: Readonly<Record<string, number>>;
  /** Two bits that no event has together, and why. */
  conflicts: readonly { bits: number; without: number; because: string }[];
}

/** Completes a row of the table. */
export function form({ parts, ...row }: FormRow): Form {
  const end = parts.findIndex(({ required, role }) => !required || role === "option");
  const fixed = end < 0 ? parts : parts.slice(0, end);
  const free = new Map(parts.slice(fixed.length).map((part) => [part.name, part]));
  const flags = parts.filter(({ role }) => role === "flag").map(({ name, bit }) => [name, bit]);
  const conflicts = parts.flatMap(({ bit, not }) => {
    const other = not && free.get(not.name);
    return other ? [{ bits: bit | other.bit, without: other.bit, because: not.because }] : [];
  });
  return {
    kind: -1,
    moves: false,
    stray: null,
    abridged: null,
    ...row,
    parts,
    fixed,
    free,
    flags: Object.fromEntries(flags),
    conflicts,
  };
}
