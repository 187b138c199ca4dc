import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { test } from "node:test";

/** The folders of src, lowest first: a file imports from its own folder and from those before it. */
const layers = ["core", "trace", "replay", "adapter", "cli", "webview", "extension"] as const;
type Layer = (typeof layers)[number];

/** Packages that each layer may import; `node` stands for every module of Node.js. */
const packages: Record<Layer, readonly string[]> = {
  core: ["@noble/ciphers"],
  trace: ["@noble/ciphers", "@noble/hashes"],
  replay: [],
  adapter: ["@vscode/debugadapter", "@vscode/debugprotocol"],
  cli: ["node", "commander", "@noble/ciphers", "@vscode/debugadapter", "@vscode/debugprotocol"],
  webview: [],
  extension: ["node", "vscode", "@noble/ciphers", "@vscode/debugadapter", "@vscode/debugprotocol"],
};

const fileLinesMax = 400;
const functionLinesMax = 70;

interface Source {
  /** Path from src on, with slashes. */
  file: string;
  text: string;
}

const sources: Source[] = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({
    file: file.split(path.sep).join("/"),
    text: readFileSync(path.join("src", file), "utf8"),
  }));
const layerOf = (file: string) => layers.find((layer) => file.startsWith(`${layer}/`));
const isTest = ({ file }: Source) => file.startsWith("test/") || file.endsWith(".test.ts");
/** What is shipped, in its layers; tests may import anything. */
const product = sources.filter((source) => !isTest(source));

/** Everything that a text imports: static, re-exported, dynamic. */
const importsOf = (text: string): string[] =>
  [
    ...text.matchAll(/^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);

/** Breaks of the layering table by one file. */
function layerBreaks({ file, text }: Source): string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [`${file} is in no layer`];
  return importsOf(text).flatMap((name) => {
    if (!name.startsWith("."))
      return packages[layer].includes(packageOf(name)) ? [] : [`${file} imports ${name}`];
    if (!name.endsWith(".ts")) return [`${file} imports ${name} without its ending`];
    const target = layerOf(path.posix.join(path.posix.dirname(file), name));
    return target !== undefined && layers.indexOf(target) <= layers.indexOf(layer)
      ? []
      : [`${file} imports ${name}`];
  });
}

function packageOf(name: string): string {
  if (name.startsWith("node:") || builtinModules.includes(name)) return "node";
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}

/** Lines of the longest block of code that isn't a class, a type or a literal, by indentation (the formatter's). */
function longestFunction(text: string): { line: number; lines: number } {
  const lines = text.split("\n");
  let longest = { line: 0, lines: 0 };
  for (const [i, line] of lines.entries()) {
    const isLiteral = /(^\s*|[=:([,?] ?|return )\{$/.test(line) && !/=> \{$/.test(line);
    if (!line.endsWith("{") || isLiteral || /^(export )?(abstract )?(class|interface|type) /.test(line))
      continue;
    const indent = /^ */.exec(line)![0];
    const end = lines.findIndex((other, j) => j > i && other.startsWith(`${indent}}`));
    if (end - i + 1 > longest.lines) longest = { line: i + 1, lines: end - i + 1 };
  }
  return longest;
}

test("the tree is what the table speaks of", () => {
  for (const layer of ["core", "trace", "replay"])
    assert.ok(
      product.some(({ file }) => layerOf(file) === layer),
      layer,
    );
  assert.ok(product.length > 40, `${product.length} files`);
});

test("imports go to lower layers only, packages and Node.js where the table has them", () => {
  assert.deepEqual(product.flatMap(layerBreaks), []);
});

test("the layering check sees what it is there for", () => {
  const broken = (file: string, text: string) => layerBreaks({ file, text }).length;
  assert.equal(broken("core/a.ts", 'import { x } from "../trace/b.ts";'), 1);
  assert.equal(broken("core/a.ts", 'import {\n  x,\n} from "node:fs";'), 1);
  assert.equal(broken("trace/a.ts", 'import fs from "fs";'), 1);
  assert.equal(broken("cli/a.ts", 'import * as vscode from "vscode";'), 1);
  assert.equal(broken("replay/a.ts", 'const x = await import("../adapter/b.ts");'), 1);
  assert.equal(broken("adapter/a.ts", 'export { x } from "../core/b";'), 1);
  assert.equal(
    broken("trace/a.ts", 'import { hmac } from "@noble/hashes/hmac.js";\nimport "../core/b.ts";'),
    0,
  );
});

test(`no file over ${fileLinesMax} lines, no function over ${functionLinesMax}`, () => {
  const long = sources.flatMap(({ file, text }) => {
    const lines = text.split("\n").length - 1;
    const longest = longestFunction(text);
    const found = lines > fileLinesMax ? [`${file} has ${lines} lines`] : [];
    if (longest.lines > functionLinesMax)
      found.push(`${file}:${longest.line} has a function of ${longest.lines} lines`);
    return found;
  });
  assert.deepEqual(long, []);
});

test("the length check sees functions, methods and callbacks, and not classes or literals", () => {
  const block = (open: string, close: string) => `${open}\n${"  x();\n".repeat(80)}${close}\n`;
  for (const open of [
    "function a() {",
    "export const a = () => {",
    '  test("a", () => {',
    "  private a(b: number): void {",
    ") {",
  ]) {
    const close = `${/^ */.exec(open)![0]}}`;
    assert.equal(longestFunction(block(open, close)).lines, 82, open);
  }
  for (const open of [
    "export class A {",
    "interface A {",
    "const a = {",
    "  return {",
    "  a: {",
    "type A = {",
  ])
    assert.equal(longestFunction(block(open, `${/^ */.exec(open)![0]}}`)).lines, 0, open);
});

test("no leftovers, no barrels, no default exports, nothing skipped", () => {
  // Written in two halves, so that this file does not find itself.
  const words = ["TO", "FIX"].map((half) => `\\b${half}${half === "TO" ? "DO" : "ME"}\\b`).join("|");
  const pattern = new RegExp(
    `${words}|^export (\\*|default)|^\\s*(test|it|describe)\\.(skip|only|todo)|@ts-(ignore|nocheck)`,
    "m",
  );
  assert.deepEqual(
    sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file),
    [],
  );
  assert.deepEqual(
    sources.filter(({ file }) => /(^|\/)(index|utils?|helpers?)\.ts$/.test(file)).map(({ file }) => file),
    [],
  );
});

test("core and replay know no clock, no chance and no waiting", () => {
  const pattern =
    /\b(Date|performance|setTimeout|queueMicrotask|Promise|await|async)\b(?!`)|Math\.random|crypto\.getRandom/;
  const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const deterministic = product.filter(({ file }) => /^(core|replay)\//.test(file));
  assert.deepEqual(
    deterministic.filter(({ text }) => pattern.test(withoutComments(text))).map(({ file }) => file),
    [],
  );
});
