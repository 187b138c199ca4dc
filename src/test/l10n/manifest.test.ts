import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { keysAsked, readManifest, stringsIn, textsIn, translations } from "./manifest.ts";
import { differences } from "./texts.ts";

const manifest: unknown = JSON.parse(readFileSync("package.json", "utf8"));

interface Manifest {
  contributes: { walkthroughs: { steps: { media: { markdown: string } }[] }[] };
}

/** Where package.json has text for people, by the last name on the way to it, a number of a list left out. */
const told = [
  ...["description", "markdownDescription", "enumDescriptions", "markdownEnumDescriptions"],
  ...["deprecationMessage", "markdownDeprecationMessage", "patternErrorMessage", "errorMessage"],
  ...["title", "category", "label", "contents", "displayName", "unverifiedBreakpoints", "shortTitle"],
  ...["enumItemLabels", "altText", "placeholder"],
];
/** What stands in no nls file: the extension's name, and its sentence, which npm shows as it stands here. */
const names = ["displayName", "description"];

/** Texts of a manifest that nobody can translate, by where they stand. */
function untranslatable(of: unknown): string[] {
  return [...stringsIn(of)].flatMap(([path, text]) => {
    const last = path.findLast((name) => !/^\d+$/.test(name))!;
    const isTold =
      told.includes(last) ||
      // What a view or a configuration is called; elsewhere a name is one that code and files use.
      (last === "name" && /\.(views|debuggers)\./.test(`.${path.join(".")}`));
    const isName = names.includes(path.join("."));
    return isTold && !isName && !/^%[\w.]+%$/.test(text) ? [`${path.join(".")}: ${text}`] : [];
  });
}

test("every text of package.json for people stands in the nls files", () => {
  assert.deepEqual(untranslatable(manifest), []);
});

test("the search for texts that cannot be translated sees what it is there for", () => {
  const seen = (of: object) => untranslatable(of).length;
  assert.equal(seen({ contributes: { commands: [{ command: "a", title: "Do It", category: "%c%" }] } }), 1);
  assert.equal(seen({ properties: { a: { enum: ["x", "y"], enumDescriptions: ["%x%", "Why"] } } }), 1);
  assert.equal(seen({ contributes: { views: { debug: [{ id: "a", name: "Findings" }] } } }), 1);
  assert.equal(
    seen({ name: "a", displayName: "A Name", contributes: { problemMatchers: [{ name: "a" }] } }),
    0,
  );
});

test("there is a translation, and each has exactly the keys that package.json asks for", () => {
  assert.deepEqual(translations, ["de"]);
  const asked = keysAsked(manifest).sort();
  assert.ok(asked.length > 100);
  for (const language of ["en", ...translations])
    assert.deepEqual(Object.keys(textsIn(language)).sort(), asked, language);
});

test("a translation says all that the English says, to the same commands, files and places", () => {
  for (const language of translations)
    assert.deepEqual(differences(textsIn("en"), textsIn(language)), [], language);
});

test("the manifest in German is German where people read it and the same where the editor does", () => {
  const [english, german] = ["en", "de"].map((language) => new Map(pairsOf(readManifest(language))));
  const same = [...english!].filter(([path, text]) => german!.get(path) === text).map(([path]) => path);
  assert.equal(german!.get("contributes.commands.0.title"), "Trace oder Mitschnitt debuggen");
  for (const path of ["contributes.commands.0.command", "main", "displayName"])
    assert.ok(same.includes(path), path);
  assert.equal(
    english!.size - same.length,
    [...stringsIn(manifest)].filter(([, text]) => /^%/.test(text)).length,
  );
});

/** Code of a page, which is the same in every language. */
const codeIn = (page: string): string[] =>
  (readFileSync(page, "utf8").match(/```[\s\S]*?```|`[^`\n]+`/g) ?? []).sort();

test("each page of the walkthrough has one in every language, named as VS Code looks for it, with the same code", () => {
  const { contributes } = readManifest<Manifest>();
  const pages = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown));
  const translated = (page: string) =>
    translations.map((language) => page.replace(/md$/, `nls.${language}.md`));
  const folder = path.dirname(pages[0]!);
  assert.deepEqual(
    readdirSync(folder)
      .map((name) => `${folder}/${name}`)
      .filter((name) => name.endsWith(".md"))
      .sort(),
    pages.flatMap((page) => [page, ...translated(page)]).sort(),
  );
  for (const page of pages)
    for (const other of translated(page)) assert.deepEqual(codeIn(other), codeIn(page), other);
});

const pairsOf = (of: unknown): [string, string][] =>
  [...stringsIn(of)].map(([path, text]) => [path.join("."), text]);
