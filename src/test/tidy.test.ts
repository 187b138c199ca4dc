import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { circlesIn } from "./figures/graph.ts";

/**
 * The rooms of src, lowest first, a line a floor: a file imports from its own room and from floors below. A name is a
 * folder or a file; the longest that a path begins with is its room.
 */
const floors: readonly (readonly string[])[] = [
  ["core/base"],
  ["core/words"],
  ["core/machine"],
  ["core/nic"],
  ["core/kernel"],
  ["core/driver"],
  ["core/bugs"],
  ["core/profiles", "core/rules"],
  ["core/create-machine", "core/step"],
  ["trace"],
  ["trace/pcap"],
  ["trace/keys"],
  ["trace/tls"],
  ["trace/capture", "trace/evidence"],
  ["trace/profiles"],
  ["trace/language"],
  ["trace/edited"],
  ["trace/packetdrill"],
  ["trace/open"],
  ["replay"],
  ["replay/view"],
  ["replay/language"],
  ["replay/search"],
  ["replay/expression-compile"],
  ["replay/changes", "replay/expression-check"],
  ["replay/expression", "replay/rules", "replay/query"],
  ["replay/stops"],
  ["judge"],
  ["judge/compare", "judge/evidence"],
  ["study"],
  ["lab"],
  ["language"],
  ["lsp"],
  ["pictures"],
  ["report", "node", "web", "adapter"],
  ["cli", "start", "extension", "webview", "worker"],
];

/** Packages that what is below a folder may import; `node` stands for every module of Node.js. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "core/base": ["@noble/ciphers"],
  core: [],
  trace: ["@noble/ciphers", "@noble/hashes"],
  replay: [],
  judge: [],
  study: [],
  lab: [],
  language: ["vscode-languageserver-types"],
  lsp: ["vscode-languageserver", "vscode-languageserver-textdocument"],
  pictures: [],
  webview: [],
  report: [],
  node: ["node", "@noble/ciphers"],
  web: [],
  adapter: ["@vscode/debugadapter", "@vscode/debugprotocol"],
  cli: [
    "node",
    "commander",
    "workerpool",
    "@modelcontextprotocol/sdk",
    "vscode-languageserver",
    "@vscode/debugprotocol",
  ],
  start: ["node", "@vscode/debugprotocol"],
  worker: ["vscode-languageserver", "@vscode/debugprotocol"],
  extension: ["node", "vscode", "vscode-languageclient", "@vscode/debugprotocol"],
};

/** Source files in one folder at most, tests left out. */
const folderFilesMax = 20;
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
const isIn = (file: string, name: string) => file === `${name}.ts` || file.startsWith(`${name}/`);
const longestOf = (file: string, names: readonly string[]): string | undefined =>
  names.filter((name) => isIn(file, name)).sort((a, b) => b.length - a.length)[0];
const roomOf = (file: string): string | undefined => longestOf(file, floors.flat());
const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room));
const isTest = ({ file }: Source) => file.startsWith("test/") || file.endsWith(".test.ts");
/** What is shipped, in its layers; tests may import anything. */
const product = sources.filter((source) => !isTest(source));

/** Everything that a text imports: static, re-exported, dynamic. */
const importsOf = (text: string): string[] =>
  [
    ...text.matchAll(/^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);

/** The file that a relative import of `file` means. */
const targetOf = (file: string, name: string): string => path.posix.join(path.posix.dirname(file), name);

/** Breaks of the table of rooms by one file. */
function layerBreaks({ file, text }: Source): string[] {
  const room = roomOf(file);
  if (room === undefined) return [`${file} is in no room`];
  const allowed = packages[longestOf(file, Object.keys(packages))!]!;
  return importsOf(text).flatMap((name) => {
    if (!name.startsWith(".")) return allowed.includes(packageOf(name)) ? [] : [`${file} imports ${name}`];
    if (!name.endsWith(".ts")) return [`${file} imports ${name} without its ending`];
    const target = roomOf(targetOf(file, name));
    const isBelow = target !== undefined && (target === room || floorOf(target) < floorOf(room));
    return isBelow ? [] : [`${file} imports ${name}`];
  });
}

/** Circles of imports, type imports included, each as the files it leads through. */
function circles(files: readonly Source[]): string[][] {
  const relative = (text: string) => importsOf(text).filter((name) => name.startsWith("."));
  const importsIn = ({ file, text }: Source) => relative(text).map((name) => targetOf(file, name));
  return circlesIn(new Map(files.map((source) => [source.file, importsIn(source)])));
}

/** Folders with more source files than one should hold. */
function crowded(files: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const file of files) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > folderFilesMax).map(([folder]) => folder);
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
  for (const room of floors.flat())
    assert.ok(
      product.some(({ file }) => roomOf(file) === room),
      `nothing is in ${room}`,
    );
  assert.ok(product.length > 40, `${product.length} files`);
});

test("imports go to lower floors only, packages and Node.js where the table has them", () => {
  assert.deepEqual(product.flatMap(layerBreaks), []);
});

test("the check of floors sees what it is there for", () => {
  const broken = (file: string, text: string) => layerBreaks({ file, text }).length;
  assert.equal(broken("core/words/a.ts", 'import { x } from "../../trace/b.ts";'), 1);
  assert.equal(broken("core/words/a.ts", 'import type { x } from "../nic/b.ts";'), 1);
  assert.equal(broken("core/words/a.ts", 'import {\n  x,\n} from "node:fs";'), 1);
  assert.equal(broken("core/nic/a.ts", 'import { gcm } from "@noble/ciphers/aes.js";'), 1);
  assert.equal(broken("trace/a.ts", 'import fs from "fs";'), 1);
  assert.equal(broken("trace/trace.ts", 'import { x } from "./open.ts";'), 1);
  assert.equal(broken("trace/capture/a.ts", 'import { x } from "../evidence/b.ts";'), 1);
  assert.equal(broken("study/a.ts", 'import type { x } from "../node/b.ts";'), 1);
  assert.equal(broken("report/a.ts", 'import { createHash } from "node:crypto";'), 1);
  assert.equal(broken("adapter/a.ts", 'import { x } from "../node/b.ts";'), 1);
  assert.equal(broken("start/a.ts", 'import { x } from "../cli/b.ts";'), 1);
  assert.equal(broken("cli/a.ts", 'import * as vscode from "vscode";'), 1);
  assert.equal(broken("replay/a.ts", 'const x = await import("../adapter/b.ts");'), 1);
  assert.equal(broken("adapter/a.ts", 'export { x } from "../core/b";'), 1);
  assert.equal(broken("unknown/a.ts", ""), 1);
  assert.equal(
    broken("trace/tls/a.ts", 'import { hmac } from "@noble/hashes/hmac.js";\nimport "../../core/base/b.ts";'),
    0,
  );
});

test("no circle of imports, type imports included", () => {
  assert.deepEqual(circles(product), []);
});

test("the check of circles sees what it is there for", () => {
  const file = (name: string, ...imports: string[]) => ({
    file: `core/${name}.ts`,
    text: imports.map((other) => `import type { x } from "./${other}.ts";`).join("\n"),
  });
  assert.deepEqual(circles([file("a", "b"), file("b", "c"), file("c", "b")]), [["core/b.ts", "core/c.ts"]]);
  assert.deepEqual(circles([file("a", "b", "c"), file("b", "c"), file("c")]), []);
});

test(`no folder has more than ${folderFilesMax} source files`, () => {
  assert.deepEqual(crowded(sources.map(({ file }) => file).filter((file) => !file.endsWith(".test.ts"))), []);
  const many = Array.from({ length: folderFilesMax + 1 }, (_, i) => `a/${i}.ts`);
  assert.deepEqual([crowded(many), crowded(many.slice(1))], [["a"], []]);
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

/** Text without comments, which may speak of what code may not use. */
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

/** True for code that runs only where Node.js is: it names what that has without an import. */
const needsNode = ({ text }: Source) =>
  /\b(process|Buffer|setImmediate|require|__dirname)\b/.test(withoutComments(text));

test("only node and the roots use what Node.js has", () => {
  const elsewhere = product.filter(({ file }) => !/^(node|cli|start|extension)\//.test(file));
  assert.deepEqual(
    elsewhere.filter(needsNode).map(({ file }) => file),
    [],
  );
  assert.ok(needsNode({ file: "study/a.ts", text: "const text = Buffer.from(bytes);" }));
  assert.ok(!needsNode({ file: "study/a.ts", text: "/** Buffer of a process. */\nconst processed = 1;" }));
});

test("core, replay and judge know no clock, no chance and no waiting", () => {
  const pattern =
    /\b(Date|performance|setTimeout|queueMicrotask|Promise|await|async)\b(?!`)|Math\.random|crypto\.getRandom/;
  const deterministic = product.filter(({ file }) => /^(core|replay|judge)\//.test(file));
  assert.deepEqual(
    deterministic.filter(({ text }) => pattern.test(withoutComments(text))).map(({ file }) => file),
    [],
  );
});
