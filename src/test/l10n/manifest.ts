import { readdirSync, readFileSync } from "node:fs";

/** Texts of package.json by their keys, of one language. */
export type Texts = Readonly<Record<string, string>>;

const fileOf = (language: string): string =>
  language === "en" ? "package.nls.json" : `package.nls.${language}.json`;

/** The texts in English, which is what there is without a language's own. */
export const textsIn = (language: string): Texts => JSON.parse(readFileSync(fileOf(language), "utf8"));

/** Languages besides English that there are texts in. */
export const translations: readonly string[] = readdirSync(".").flatMap(
  (file) => /^package\.nls\.(.+)\.json$/.exec(file)?.[1] ?? [],
);

const keyIn = (text: string): string | undefined => /^%(.+)%$/.exec(text)?.[1];

/** Every string of a value, with the names and places that lead to it. */
export function* stringsIn(value: unknown, path: readonly string[] = []): Generator<[string[], string]> {
  if (typeof value === "string") yield [[...path], value];
  else if (typeof value === "object" && value !== null)
    for (const [name, each] of Object.entries(value)) yield* stringsIn(each, [...path, name]);
}

/** Keys that package.json asks for, once each. */
export const keysAsked = (manifest: unknown): string[] => [
  ...new Set([...stringsIn(manifest)].flatMap(([, text]) => keyIn(text) ?? [])),
];

/** package.json as the editor reads it in a language: a text in place of its key, as VS Code does it. */
export function readManifest<Manifest>(language = "en"): Manifest {
  const texts = { ...textsIn("en"), ...textsIn(language) };
  return JSON.parse(readFileSync("package.json", "utf8"), (_name, value: unknown) =>
    typeof value === "string" ? (texts[keyIn(value) ?? ""] ?? value) : value,
  );
}
