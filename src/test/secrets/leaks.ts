/** Looks for secret bytes in what is printed, however they are spelled. */

/** Fewest bytes in a row that are a leak: half a key of AES-256, a whole one of AES-128. */
const size = 16;
/** Fewer different bytes than this make a row that is nobody's secret: padding, or a word again and again. */
const kindsMin = 7;

const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Rows of bytes that must be printed nowhere. */
export class Secrets {
  private readonly rows = new Set<string>();

  /** How many rows are looked for. */
  get count(): number {
    return this.rows.size;
  }

  /** Adds all rows of these bytes, of long ones those that begin at each 16th, so that 31 in a row are found. */
  add(bytes: Uint8Array): void {
    const text = latin(bytes);
    for (let at = 0; at + size <= text.length; at += at < 64 ? 1 : size) {
      const row = text.slice(at, at + size);
      if (new Set(row).size >= kindsMin) this.rows.add(row);
    }
  }

  /** The first way in which a text lets any of them out, null if it does not. */
  leakIn(text: string): string | null {
    for (const [spelling, decoded] of spelled(text))
      for (let at = 0; at + size <= decoded.length; at++)
        if (this.rows.has(decoded.slice(at, at + size)))
          return `${spelling}: ${Buffer.from(decoded.slice(at, at + size), "latin1").toString("hex")}`;
    return null;
  }
}

/** The bytes that parts of a text may spell. */
function* spelled(text: string): Generator<[spelling: string, bytes: string]> {
  yield ["raw", text];
  yield ["UTF-8", Buffer.from(text, "utf8").toString("latin1")];
  for (const [hex] of text.matchAll(/(?:[0-9a-f]{2}[\s:-]?){16,}/gi)) {
    const digits = hex.replace(/[^0-9a-f]/gi, "");
    for (const from of [0, 1]) yield ["hex", Buffer.from(digits.slice(from), "hex").toString("latin1")];
  }
  for (const [list] of text.matchAll(/(?:(?:\\x|0x)[0-9a-f]{1,2}[\s,]*){16,}/gi))
    yield ["list of hex", numbersOf(list.replace(/\\x/g, " 0x").split(/[\s,]+/))];
  for (const [list] of text.matchAll(/(?:\b\d{1,3}[\s,]+){15,}\d{1,3}\b/g))
    yield ["list of numbers", numbersOf(list.split(/[\s,]+/))];
  for (const [word] of text.matchAll(/[A-Za-z0-9+/_-]{22,}/g))
    for (const from of [0, 1, 2, 3])
      yield ["base64", Buffer.from(word.slice(from), "base64").toString("latin1")];
}

const numbersOf = (words: readonly string[]): string =>
  String.fromCharCode(...words.filter((word) => word !== "").map((word) => Number(word) & 255));
