/**
 * Citations of kernel.md, as comments, tests and samples write them: `kernel.md section 5.2, steps 3 and 6`,
 * `kernel.md sections 2.1 step 2, 2.9 and 9, number 14`, `kernel.md 5.1 to 5.7`, `kernel.md fact 8`,
 * `kernel.md section 3, "close"`, and `section 9, bug 5` alone.
 */
export interface Citation {
  /** `5.2`, or the heading where a section has no number. */
  section: string;
  /** A numbered item of it: a step, a fact, a bug. */
  item: string | null;
  /** Words that stand in it. */
  words: string | null;
}

/** What is cited without a number. */
const namedSections = ["version vocabulary"];
/** Bugs are also cited by their number alone, behind their section. */
const bugs = "9";
const sectionMax = 13;

/** Where a citation begins: at the page's name, or at a section that is none of an RFC's or another standard's. */
const beginning =
  /kernel\.md(?:,(?= \d| version))?|(?<!(?:RFC \d+|800-38D|kernel\.md),? )\b[Ss]ections?(?= \d)/g;
const part =
  /\s*(?:(sections?|version vocabulary|(?:step|bug|number|fact|item)s?(?= \d))|(\d+(?:\.\d)?[a-z]?)(?!\w)|(?<=[\s,])["“](\w[\w -]*)["”]|(,|and\b|to\b))/iy;

/** A text's lines as one, without what begins a comment's line. */
const joined = (text: string): string => text.replace(/\n\s*(?:\*(?!\/)|#|\/\/)?\s*/g, " ");

/** What follows a citation's beginning, up to the first word that is no part of one. */
class Reader {
  readonly found: Citation[] = [];
  private section = "";
  /** Word before a number of an item, empty before a section's. */
  private unit = "";
  /** Behind `to`: the number before it. */
  private from: string | null = null;
  private last = "";

  take([, word, number, words, joint]: RegExpExecArray): void {
    if (word !== undefined) this.takeWord(word.toLowerCase());
    else if (number !== undefined) this.takeNumber(number);
    else if (words !== undefined) this.add({ item: null, words });
    else if (joint === "to") this.from = this.last;
  }

  private takeWord(word: string): void {
    this.unit = word.startsWith("section") ? "" : word;
    if (namedSections.includes(word)) this.add({ section: word, item: null, words: null });
    else if (word.startsWith("fact") || (this.section === "" && word.startsWith("item"))) this.section = "0";
  }

  private takeNumber(number: string): void {
    const isItem = this.isItem(number);
    for (const each of this.upTo(number))
      if (isItem) this.add({ item: each, words: null });
      else this.add({ section: each, item: null, words: null });
    // One step or bug is named by a singular; what follows it is a section again.
    if (!this.unit.endsWith("s")) this.unit = "";
    this.last = number;
    this.from = null;
  }

  private isItem(number: string): boolean {
    if (number.includes(".")) return false;
    return this.unit !== "" || (this.section === bugs && (Number(number) > sectionMax || this.from !== null));
  }

  /** The number, or all from the one before `to` on. */
  private upTo(number: string): string[] {
    if (this.from === null) return [number];
    const [group, place] = number.split(".");
    const ends = [this.from, number].map((each) => Number(each.split(".").at(-1)));
    const count = Math.max(0, ends[1]! - ends[0]!);
    return Array.from({ length: count }, (_, i) => {
      const n = ends[0]! + 1 + i;
      return place === undefined ? String(n) : `${group}.${n}`;
    });
  }

  private add(citation: Partial<Citation> & Pick<Citation, "item" | "words">): void {
    if (citation.section !== undefined) this.section = citation.section;
    this.found.push({ ...citation, section: this.section });
  }
}

/** Mentions in a text, each with what it cites: nothing where it cannot be read. */
export function citationsIn(text: string): { mention: string; cited: Citation[] }[] {
  const line = joined(text);
  return [...line.matchAll(beginning)].map((match) => {
    const reader = new Reader();
    part.lastIndex = match.index + match[0].length;
    let end = part.lastIndex;
    for (let found = part.exec(line); found !== null; found = part.exec(line)) {
      reader.take(found);
      end = part.lastIndex;
    }
    return { mention: line.slice(match.index, Math.max(end, match.index + 60)), cited: reader.found };
  });
}

/** The page: each section's text by its number or its heading in lower case. */
export class CitedPage {
  private readonly sections = new Map<string, string>();

  constructor(text: string) {
    for (const section of text.split(/^(?=#{2,3} )/m).filter((each) => each.startsWith("##"))) {
      const heading = section.slice(0, section.indexOf("\n")).replace(/^#+ /, "");
      const number = /^(\d+(?:\.\d+)?)\.? /.exec(heading)?.[1];
      this.sections.set(number ?? heading.toLowerCase(), section);
    }
  }

  get numbers(): string[] {
    return [...this.sections.keys()];
  }

  /** Numbers of a section's items. */
  items(section: string): string[] {
    return [...(this.sections.get(section) ?? "").matchAll(/^ *(?:- )?(\d+[a-z]?)[.:] /gm)].map(
      ([, n]) => n!,
    );
  }

  has({ section, item, words }: Citation): boolean {
    const text = this.sections.get(section);
    if (text === undefined) return false;
    if (item !== null) return this.items(section).includes(item);
    return words === null || text.replace(/\s+/g, " ").toLowerCase().includes(words.toLowerCase());
  }
}
