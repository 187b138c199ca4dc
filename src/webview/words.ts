import { type Translate, translateBy } from "../pictures/words.ts";

/** What the page was given by who opened it: English sentences in the reader's language. A report has none. */
const given = document.getElementById("words")?.textContent;
const say = translateBy(given ? JSON.parse(given) : {});

/** Says a sentence of the window's own. */
export const t: Translate = say;

/** Says what a kind of picture calls something: a title, a colour, a column. What is no such word stays as it is. */
export const term = (english: string): string => say(english);
