import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";

/** A line that a problem matcher reads: which groups of its expression hold what. */
interface Pattern {
  regexp: string;
  file?: number;
  line?: number;
  column?: number;
  message?: number;
}
interface Matcher {
  pattern: Pattern | Pattern[];
  background?: { beginsPattern: string; endsPattern: string };
}
interface Task {
  label: string;
  isBackground?: boolean;
  problemMatcher: Matcher | Matcher[] | string;
}

const settings = <Content>(file: string) => JSON.parse(readFileSync(`.vscode/${file}`, "utf8")) as Content;
const { tasks } = settings<{ tasks: Task[] }>("tasks.json");
const matchersOf = (label: string): Matcher[] =>
  [tasks.find((task) => task.label === label)!.problemMatcher as Matcher | Matcher[]].flat();

/** What the editor lists as problems: each pattern of a matcher takes a line, the parts of a message stand below each other. */
function problemsOf(matchers: readonly Matcher[], output: string): string[] {
  const lines = output.split("\n");
  const problemAt = (patterns: readonly Pattern[], at: number): string[] => {
    const matches = patterns.map(({ regexp }, i) => new RegExp(regexp).exec(lines[at + i] ?? ""));
    if (matches.includes(null)) return [];
    const part = (name: "file" | "line" | "column" | "message") =>
      patterns.flatMap((pattern, i) => (pattern[name] === undefined ? [] : [matches[i]![pattern[name]]]));
    return [`${part("file")}:${part("line")}:${part("column")} ${part("message").join(" / ")}`];
  };
  return lines.flatMap((_, at) => matchers.flatMap(({ pattern }) => problemAt([pattern].flat(), at)));
}

const folder = mkdtempSync(path.join(tmpdir(), "tasks-"));
/** All of a file at once: a build in between would find it empty. */
function write(file: string, text: string): void {
  const whole = path.join(folder, ".whole");
  writeFileSync(whole, text);
  renameSync(whole, path.join(folder, file));
}
const running: ChildProcess[] = [];
after(async () => {
  for (const child of running.filter(({ exitCode }) => exitCode === null)) {
    child.kill();
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true });
});

/** A project as small as the build file takes, with that file itself. */
function project(): void {
  const folders = [
    "src/extension/browser",
    "src/extension/desktop",
    "src/worker",
    "src/node",
    "src/cli/fleet",
    "src/webview",
    "src/trace/profiles",
    "media",
    "syntaxes",
  ];
  for (const name of folders) mkdirSync(path.join(folder, name), { recursive: true });
  symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"), "junction");
  copyFileSync("esbuild.mjs", path.join(folder, "esbuild.mjs"));
  write(
    "src/extension/browser/browser.ts",
    'import { same } from "../../same.ts";\nexport const activate = same;\n',
  );
  for (const name of ["extension/desktop/desktop.ts", "worker/worker.ts"])
    write(`src/${name}`, "export {};\n");
  write("src/node/samples.ts", "export const sampleIndex = () => ({});\n");
  write("src/cli/cli.ts", 'import { same } from "../same.ts";\nconsole.log(same);\n');
  write("src/cli/fleet/worker.ts", "export {};\n");
  for (const name of ["main.ts", "report.ts", "picture.css", "capture.ts", "capture.css"])
    write(`src/webview/${name}`, "");
  write("src/same.ts", "export const same = 1;\n");
  write("src/trace/profiles/schema.ts", "export const profileSchema = (written: object) => written;\n");
  write("media/profile.schema.json", "{}\n");
}

/** Starts a task of the build file; gives a function that waits for its next round and gives what was printed of it. */
function start(task: string[], { beginsPattern, endsPattern }: NonNullable<Matcher["background"]>) {
  // The runner of the tests below must not take itself for a part of this one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["esbuild.mjs", ...task], { cwd: folder, env });
  running.push(child);
  let output = "";
  let heard = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    heard();
  });
  child.on("exit", () => heard());
  return async (): Promise<string> => {
    for (;;) {
      const round = new RegExp(`${beginsPattern}\n([^]*?)${endsPattern}\n`, "m").exec(output);
      if (round !== null) {
        output = output.slice(round.index + round[0].length);
        return round[1]!;
      }
      assert.equal(child.exitCode, null, output);
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
}

project();

test("F5 waits for the first build of a watch that tells each build's problems", async () => {
  const { configurations } = settings<{ configurations: { preLaunchTask?: string }[] }>("launch.json");
  assert.equal(configurations[0]!.preLaunchTask, "watch");
  assert.equal(tasks.find(({ label }) => label === "watch")!.isBackground, true);
  const matchers = matchersOf("watch");
  const build = start(["watch"], matchers[0]!.background!);
  assert.deepEqual(problemsOf(matchers, await build()), []);
  for (const name of ["main.ts", "report.ts", "picture.css", "capture.ts", "capture.css"])
    write(`src/webview/${name}`, "");
  write("src/same.ts", 'import { gone } from "./gone.ts";\nexport const same = gone;\n');
  assert.deepEqual(problemsOf(matchers, await build()), ['src/same.ts:1:22 Could not resolve "./gone.ts"']);
  for (const name of ["main.ts", "report.ts", "picture.css", "capture.ts", "capture.css"])
    write(`src/webview/${name}`, "");
  write("src/same.ts", "export const same = 1;\nconst a = ;\n");
  assert.deepEqual(problemsOf(matchers, await build()), ['src/same.ts:2:11 Unexpected ";"']);
  for (const name of ["main.ts", "report.ts", "picture.css", "capture.ts", "capture.css"])
    write(`src/webview/${name}`, "");
  write("src/same.ts", "export const same = 1;\n");
  assert.deepEqual(problemsOf(matchers, await build()), []);
});

const testOf = (name: string, imported: string) =>
  `import assert from "node:assert/strict";
import { test } from "node:test";
import { ${imported} } from "./${imported}.ts";
test("${name}", () => assert.equal(${imported}, 1));
`;
const ranIn = (output: string): string[] =>
  [...output.split("failing tests:")[0]!.matchAll(/^[✔✖] (\w+) /gm)].map(([, name]) => name!).sort();

test("tests run again after a change: those that are built of it, all if it is no source", async () => {
  const matchers = matchersOf("test, again after each change");
  write("src/other.ts", "export const other = 1;\n");
  write("src/one.test.ts", testOf("one", "same"));
  write("src/two.test.ts", testOf("two", "other"));
  const round = start(["test", "--watch"], matchers[0]!.background!);
  assert.deepEqual(ranIn(await round()), ["one", "two"]);
  write("src/other.ts", "export const other = 2;\n");
  const failed = await round();
  assert.deepEqual(ranIn(failed), ["two"]);
  const message = "two / AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:";
  for (const label of ["test", "test, again after each change"])
    assert.deepEqual(problemsOf(matchersOf(label), failed), [`src/two.test.ts:4:1 ${message}`]);
  write("src/other.ts", "export const other = ;\n");
  assert.deepEqual(problemsOf(matchers, await round()), ['src/other.ts:1:22 Unexpected ";"']);
  write("src/other.ts", "export const other = 1;\n");
  assert.deepEqual(ranIn(await round()), ["two"]);
  write("media/sample.txt", "");
  assert.deepEqual(ranIn(await round()), ["one", "two"]);
});

test("tests that are named run again after every change, and no others", async () => {
  const [{ background }] = matchersOf("test, again after each change") as [Matcher];
  const round = start(["test", "--watch", "src/two.test.ts"], background!);
  assert.deepEqual(ranIn(await round()), ["two"]);
  for (const name of ["main.ts", "report.ts", "picture.css", "capture.ts", "capture.css"])
    write(`src/webview/${name}`, "");
  write("src/same.ts", "export const same = 3;\n");
  assert.deepEqual(ranIn(await round()), ["two"]);
});
