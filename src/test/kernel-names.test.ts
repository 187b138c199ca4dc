import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { stages } from "../core/words/stage.ts";

/** Kernel functions that a breakpoint can name; a word of one part (close, resync) is no function's name, but what is asked of it. */
const names = [...new Set(stages.flatMap(({ functions }) => functions))].filter((name) => name.includes("_"));

/** A doc comment with the declaration that it stands at. */
interface Documented {
  file: string;
  comment: string;
  declared: string;
}

/** Doc comments in a text, each with the line of code behind it. */
const documentedIn = (file: string, text: string): Documented[] =>
  [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(.*)/g)].map(([, comment, declared]) => ({
    file,
    comment: comment!,
    declared: declared!,
  }));

/** True for a function, method or arrow: something that does the work, not a type, a field or a table. */
const isFunction = ({ declared }: Documented): boolean =>
  /^(export )?(function\*? |const \w+ = \(|const \w+ = <|const \w+ = \w+ => )/.test(declared) ||
  /^(private |override |static )*\*?\w+(<[^>]*>)?\([^)]*(\)|$)/.test(declared);

/** True if a comment names the kernel's function, whole: `tls_push_data` is not named by `tls_push_data_more`. */
const isNamedIn = (comment: string, name: string): boolean =>
  new RegExp(`(?<!\\w)${name}(?!\\w)`).test(comment);

const documented = readdirSync("src/core", { recursive: true, encoding: "utf8" })
  .map((file) => file.split(path.sep).join("/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("words/"))
  .flatMap((file) => documentedIn(file, readFileSync(path.join("src/core", file), "utf8")));

test("each kernel function that a breakpoint can name is named at the code that does its work", () => {
  const atFunctions = documented.filter(isFunction);
  assert.ok(
    names.length > 40 && atFunctions.length > 100,
    `${names.length} names, ${atFunctions.length} functions`,
  );
  assert.deepEqual(
    names.filter((name) => !atFunctions.some(({ comment }) => isNamedIn(comment, name))),
    [],
  );
});

test("the check of names sees what it is there for", () => {
  const at = (text: string) =>
    documentedIn("a.ts", text)
      .filter(isFunction)
      .map(({ comment }) => comment.trim());
  assert.deepEqual(at("/** tls_a(): does. */\nexport function a(\n  b: number,\n): void {}"), [
    "tls_a(): does.",
  ]);
  assert.deepEqual(at("/** b. */\nconst c = (d: number) => d;\n/** e. */\n  private f(g: number): void {"), [
    "b.",
    "e.",
  ]);
  assert.deepEqual(
    at("/** a */\nexport const b = { c: 1 };\n/** d */\n  e: number;\n/** f */\nexport interface G {"),
    [],
  );
  assert.deepEqual(at("/* tls_a() */\nfunction a() {}\n// tls_b()\nfunction b() {}"), []);
  assert.ok(isNamedIn("Then tls_push_data(), which", "tls_push_data"));
  assert.ok(!isNamedIn("tls_push_data_more, __tls_push_data", "tls_push_data"));
});
