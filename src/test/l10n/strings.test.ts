import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { translateBy } from "../../pictures/words.ts";
import { readManifest, type Texts, translations } from "./manifest.ts";
import { readRooms, sourcesOf } from "./sources.ts";
import { saidIn } from "./strings.ts";
import { columnsIn, terms } from "./terms.ts";
import { differences } from "./texts.ts";

/** What stands as it is: what somebody types, what programs say to each other, and names. `\0` stands for what is filled in. */
const asTyped = [
  ...["TLS Offload", "TLS Offload Trace"],
  ...["fork \0", "fork diff", "fork save \0", "expect \0", "watch seq \0:\0 of \0", "as on the wire"],
  ...["goto seq \0 \0", "goto frame \0"],
  ...["wrong byte", "failed expectation"],
  ...["driver.expectedSeq = 4344", "resync where replayed > 8192", "transmits where outOfOrder"],
  "count(resync where replayed > 8192)",
  "transmits where outOfOrder and length < 100",
  "frame 58 · event 12 · line 30 · time 1.5 · +20ms · seq 209430 B>A · record 13 · finding",
  ...["12px monospace", "11px sans-serif"],
];
/** Scripts for a shell, which nobody is shown. */
const notShown = ["extension/terminal/wrapper.ts"];

const rooms = readRooms("extension", "webview", "pictures");
const shown = [...rooms].filter(([file]) => !file.startsWith("pictures/") && !notShown.includes(file));
const columns = [...rooms].flatMap(([, source]) => columnsIn(source));
const { l10n: folder } = readManifest<{ l10n: string }>();
const bundleOf = (language: string): Texts =>
  JSON.parse(readFileSync(`${folder}/bundle.l10n.${language}.json`, "utf8"));

test("nothing is shown to people that cannot be translated", () => {
  const found = shown.flatMap(([file, source]) =>
    saidIn(source)
      .untranslated.filter((each) => !asTyped.includes(each.replace(/^\d+: /, "")))
      .map((each) => `${file}:${each}`),
  );
  assert.deepEqual(found, []);
});

test("every sentence that is translated stands in every bundle, and none that nobody says", () => {
  const said = new Set([
    ...shown.flatMap(([, source]) => saidIn(source).sentences),
    ...terms,
    ...columns.map(({ text }) => text),
  ]);
  assert.ok(said.size > 150, `${said.size} sentences`);
  assert.deepEqual(
    readdirSync(folder),
    translations.map((language) => `bundle.l10n.${language}.json`),
  );
  for (const language of translations)
    assert.deepEqual(Object.keys(bundleOf(language)).sort(), [...said].sort(), language);
});

test("a translation says all that the sentence says, and fills in the same", () => {
  for (const language of translations) {
    const bundle = bundleOf(language);
    const english = Object.fromEntries(Object.keys(bundle).map((sentence) => [sentence, sentence]));
    assert.deepEqual(differences(english, bundle), [], language);
  }
});

test("a column has room for its name in every language", () => {
  assert.ok(columns.length > 15);
  for (const language of translations) {
    const bundle = bundleOf(language);
    const wide = columns.filter(({ text, width }) => bundle[text]!.length > width);
    assert.deepEqual(wide, [], language);
  }
});

test("a translation without a sentence leaves it in English, and fills in what it is given once", () => {
  const t = translateBy({ "{0} of {1}": "{1}, davon {0}", toString: "no" });
  assert.equal(t("{0} of {1}", 3, "{0}"), "{0}, davon 3");
  assert.equal(t("Nothing of {0}", "it"), "Nothing of it");
  assert.equal(translateBy({})("constructor"), "constructor");
  assert.equal(t("{2}", 1), "{2}");
});

test("the search for what is not translated sees what it is there for", () => {
  // `#{` stands for what begins a place in a template.
  const cases: [string, ...string[]][] = [
    ['window.showErrorMessage("No file.");', "No file."],
    ['window.showErrorMessage(l10n.t("No file."));'],
    ['window.showInformationMessage(isA ? "One" : t("Two"), ...["Go on"]);', "One", "Go on"],
    ["const words = `Debug #{name}`; const a = { title: words };", "Debug \0"],
    ['const placeHolder = "What?"; pick({ placeHolder });', "What?"],
    ['item.tooltip = a || "Line one";', "Line one"],
    ['item.text = `$(sync~spin) #{t("running")}`;'],
    ['commands.executeCommand("vscode.diff", a, b, `Left and #{right}`);', "Left and \0"],
    ['commands.executeCommand("vscode.open", a, b, "Left");'],
    ['element("th", { textContent: "Time", scope: "col" });', "Time"],
    ['new vscode.TestMessage(complaint || "no result");', "no result"],
    ['const page = `<p>#{a}</p><nav aria-label="Capture"></nav><b>Keys</b>`;', "Capture, Keys"],
    ['item.command = { command: "tlstrace.goTo", name: "tlstrace.x" };'],
    ['const all = [["verify", "Verify the capture"]];', "Verify the capture"],
    ['const a = t("{0} of {1}", "a path of it", t("b"));', "a path of it"],
    ['console.warn("Not on the PATH.");'],
    ["const style = `\\nmain { margin: 0 auto; }`;"],
    ["t(sentence);", "t() of no literal"],
  ];
  const sources = sourcesOf(cases.map(([text]) => text.replaceAll("#{", "$\u007b")));
  for (const [i, [text, ...words]] of cases.entries()) {
    const { untranslated } = saidIn(sources[i]!);
    assert.deepEqual(
      untranslated.map((each) => each.replace(/^\d+: /, "")),
      words,
      text,
    );
  }
});

test("sentences are found however t is called", () => {
  const [source] = sourcesOf(['t("a {0}", 1); vscode.l10n.t("b"); l10n.t(`c`); tt("d");']);
  const { sentences } = saidIn(source!);
  assert.deepEqual(sentences, ["a {0}", "b", "c"]);
});
