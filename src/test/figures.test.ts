import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { breaks, type Figures, figuresOf, limits, tables } from "./figures/figures.ts";
import { circlesIn, floorsOf } from "./figures/graph.ts";
import { isProduct, readSources, type Source } from "./figures/source.ts";

/** What is read of a project with these files below src. */
function read(files: Record<string, string>): Source[] {
  const folder = mkdtempSync(path.join(tmpdir(), "figures-"));
  try {
    const options = { noLib: true, types: [], module: "esnext", moduleResolution: "bundler", noEmit: true };
    const config = { compilerOptions: { ...options, allowImportingTsExtensions: true }, include: ["src"] };
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, "src", file)), { recursive: true });
      writeFileSync(path.join(folder, "src", file), text);
    }
    return readSources(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each function as `LINE:LINES(PARAMETERS)`. */
const functionsIn = (text: string): string =>
  read({ "a.ts": text })[0]!
    .functions.map(({ line, lines, parameters }) => `${line}:${lines}(${parameters})`)
    .join(" ");

test("a function is counted from its signature to its brace, wherever it stands", () => {
  assert.equal(functionsIn("function a(b: number) {\n  return b;\n}\n"), "1:3(1)");
  assert.equal(
    functionsIn("\n/** Why. */\nexport function a(\n  b: number,\n  c = 1,\n): void {\n}\n"),
    "3:5(2)",
  );
  assert.equal(functionsIn("const a = (b: number): void => {\n  b;\n};\n"), "1:3(1)");
  assert.equal(
    functionsIn("class A {\n  constructor() {}\n  b(...c: number[]) {}\n  get d() { return 1; }\n}\n"),
    "2:1(0) 3:1(1) 4:1(0)",
  );
  assert.equal(functionsIn("const a = { b({ c, d }: E) {} };\n"), "1:1(1)");
  assert.equal(functionsIn("function a() {\n  b(() => {\n    c();\n  });\n}\n"), "1:5(0) 2:3(0)");
});

test("what has no braces is none: arrows with an expression, signatures, types", () => {
  assert.equal(functionsIn("const a = (b: number) => b;\nconst c = () => ({ d: 1 });\n"), "");
  assert.equal(
    functionsIn("function a(b: 1): 1;\nfunction a(b: 2): 2;\nfunction a(b: any) { return b; }\n"),
    "3:1(1)",
  );
  assert.equal(functionsIn("interface A { b(c: number): void }\ntype D = (e: number) => void;\n"), "");
});

test("`this` is no parameter", () => {
  assert.equal(functionsIn("function a(this: A, b: number) {}\n"), "1:1(1)");
});

test("imports are found in every form, those of packages left out", () => {
  const [source] = read({
    "x/a.ts": `import { b } from "./b.ts";
import type { c } from "../c.ts";
export { d } from "../y/d.ts";
import "./e.ts";
import fs from "node:fs";
const f = await import("./f.ts");
`,
  });
  assert.deepEqual(source!.imports, ["x/b.ts", "c.ts", "y/d.ts", "x/e.ts", "x/f.ts"]);
  assert.equal(source!.lines, 6);
});

test("tests are not what is shipped", () => {
  const sources = read({ "core/a.ts": "", "core/a.test.ts": "", "test/b.ts": "" });
  assert.deepEqual(
    sources.filter(isProduct).map(({ file }) => file),
    ["core/a.ts"],
  );
});

const graph = (text: string) =>
  new Map(text.split("; ").map((part) => [part.split(" ")[0]!, part.split(" ").slice(1)] as const));

test("circles of imports are found, each once", () => {
  assert.deepEqual(circlesIn(graph("a b c; b c; c")), []);
  assert.deepEqual(circlesIn(graph("a b; b c; c b")), [["b", "c"]]);
});

test("a floor is a way down into another room", () => {
  const floors = (text: string) =>
    [...floorsOf(graph(text), (file) => file[0]!)].map((entry) => entry.join(" "));
  assert.deepEqual(floors("a1 a2; a2; b1 a1; c1 b1 a2"), ["a1 0", "a2 0", "b1 1", "c1 2"]);
  assert.deepEqual(floors("a1 b1; b1 a2; a2"), ["a1 2", "b1 1", "a2 0"]);
  assert.deepEqual(floors("a1 b1; b1 a1"), ["a1 1", "b1 0"]);
});

/** Sources in which everything is within its limit. */
const file = (name: string, lines: number, ...functions: [lines: number, parameters: number][]): Source => ({
  file: name,
  lines,
  functions: functions.map(([length, parameters]) => ({ line: 1, lines: length, parameters })),
  imports: [],
});
const good = [
  ...tables.map((name) => file(name.endsWith("/") ? `${name}x.ts` : name, 100)),
  ...Array.from({ length: 10 }, (_, i) => file(`core/nic/${i}.ts`, 400)),
  file("core/nic/10.ts", limits.mechanismLines - 10 * 400),
  file("core/step.ts", 0, ...Array.from({ length: 21 }, (): [number, number] => [70, 4]), [70, 5]),
  file("adapter/a.ts", 0, ...Array.from({ length: 30 }, (): [number, number] => [70, 4])),
];

test("figures: shares, lengths, core with and without its tables, folders", () => {
  const figures: Figures = figuresOf(good);
  assert.deepEqual(
    [figures.share, figures.coreShare],
    [
      { count: 1, of: 52 },
      { count: 1, of: 22 },
    ],
  );
  const { mechanismLines, unnamedLines, coreLines } = figures;
  assert.deepEqual(
    [mechanismLines, unnamedLines, coreLines],
    [limits.mechanismLines, limits.mechanismLines + 700, limits.mechanismLines + 1600],
  );
  assert.deepEqual(figures.manyParameters, ["core/step.ts:1 has 5 parameters"]);
  const nic = figures.folders.find(({ folder }) => folder === "core/nic");
  assert.deepEqual(nic, {
    folder: "core/nic",
    files: 12,
    lines: limits.mechanismLines + 100,
    share: { count: 0, of: 0 },
  });
  assert.deepEqual([figures.rooms, figures.folders.length], [2, 9]);
});

test("breaks: each limit by itself", () => {
  const broken = (...more: Source[]) => breaks(figuresOf([...good, ...more]));
  assert.deepEqual(broken(), []);
  assert.deepEqual(broken(file("cli/a.ts", 401)), ["cli/a.ts has 401 lines"]);
  assert.deepEqual(broken(file("cli/a.ts", 1, [71, 0])), ["cli/a.ts:1 has 71 lines"]);
  assert.deepEqual(broken(file("cli/a.ts", 1, [1, 5])), ["3.8 % of all functions have 5 or more parameters"]);
  assert.deepEqual(broken(file("core/nic/b.ts", 1)), [
    `core has ${limits.mechanismLines + 1} lines without its tables`,
  ]);
  const many = [...good, file("cli/a.ts", 0, ...Array.from({ length: 99 }, (): [number, number] => [1, 0]))];
  assert.deepEqual(breaks(figuresOf([...many, file("core/nic/b.ts", 0, [1, limits.parameters])])), [
    "8.7 % of core's functions have 5 or more parameters",
  ]);
  assert.deepEqual(breaks(figuresOf(good.slice(1))), ["core/profiles/ is no table of core"]);
});

test("the sources keep the limits that the figures are about", () => {
  assert.deepEqual(breaks(figuresOf(readSources(".").filter(isProduct))), []);
});
