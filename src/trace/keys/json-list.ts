/** The texts of a list's items, and the text around them: `[` and `]` stand there as if the list were empty. */
export interface ListTexts {
  around: string;
  items: string[];
}

/** Characters between two pauses. */
const stride = 2 ** 16;

/**
 * Divides a JSON text into the items of its list, the text itself or the member `name` of its object, so that it can be
 * parsed piece by piece; pauses now and then. Whether it is JSON shows when the pieces are parsed. `most`: items after
 * which nobody asks for more. Null if there is no such list, or it does not end.
 */
export function* dividedList(text: string, name: string, most: number): Generator<number, ListTexts | null> {
  const items: string[] = [];
  const key = JSON.stringify(name);
  let [depth, listDepth, begin, from, paused] = [0, -1, 0, 0, 0];
  let isNamed = false;
  for (let at = 0; at < text.length && items.length <= most; at++) {
    switch (text[at]) {
      case '"': {
        const end = stringEnd(text, at);
        isNamed = depth === 1 && text.slice(at, end) === key;
        at = end - 1;
        break;
      }
      case "[":
      case "{":
        depth++;
        if (listDepth >= 0 || text[at] === "{" || !(depth === 1 || (depth === 2 && isNamed))) break;
        listDepth = depth;
        begin = at + 1;
        from = begin;
        break;
      case ",":
        if (depth !== listDepth) break;
        items.push(text.slice(from, at));
        from = at + 1;
        break;
      case "]":
      case "}":
        if (depth-- !== listDepth) break;
        if (items.length > 0 || text.slice(from, at).trim() !== "") items.push(text.slice(from, at));
        return { around: text.slice(0, begin) + text.slice(at), items };
    }
    if (at - paused < stride) continue;
    paused = at;
    yield at / text.length;
  }
  return items.length > most ? { around: "[]", items } : null;
}

/** Behind the quote that ends the string which begins at `at`; the text's end if none does. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}
