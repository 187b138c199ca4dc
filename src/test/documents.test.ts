import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { readLaunch } from "../adapter/launch.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { effects } from "../core/words/effect.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { evaluate } from "../replay/expression.ts";
import { parseExpression } from "../replay/language/parse.ts";
import { Timeline } from "../replay/timeline.ts";
import { viewAt } from "../replay/view/view.ts";
import { judge } from "../study/study.ts";
import { readTraceFile, traceUnder } from "../study/test-run.ts";
import { parseCryptoInfos } from "../trace/keys/crypto-info.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { profileKeys } from "../trace/profiles/file.ts";
import { type Citation, CitedPage, citationsIn } from "./citations.ts";

const read = (file: string): string => readFileSync(file, "utf8");
const kernel = new CitedPage(read("media/docs/kernel.md"));
const docs = readdirSync("media/docs")
  .filter((name) => name.endsWith(".md"))
  .map((name) => `media/docs/${name}`);
const pages = ["README.md", "CONTRIBUTING.md", ...docs];

/** Every text that may cite kernel.md; the examples of the checks below are made up. */
const citing = ["src", "media"]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.posix.join(folder, name)),
  )
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\.(ts|md|tlstrace|pkt)$/.test(file) && !/documents\.test\.ts|citations\.ts/.test(file))
  .concat("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md");

const mentions = citing.flatMap((file) =>
  citationsIn(read(file)).map((mention) => ({
    file,
    ...mention,
  })),
);

test("every citation of kernel.md is of a section, step, bug, fact or word that it has", () => {
  const missing = mentions.flatMap(({ file, mention, cited }) =>
    cited.filter((citation) => !kernel.has(citation)).map((citation) => ({ file, mention, ...citation })),
  );
  assert.deepEqual(missing, []);
  const cited = mentions.flatMap((mention) => mention.cited);
  assert.ok(cited.length > 300, `${cited.length} citations`);
  assert.ok(cited.filter(({ item }) => item !== null).length > 100);
});

test("every mention in code and samples says what of kernel.md it means", () => {
  const vague = mentions.filter(
    ({ file, mention, cited }) => cited.length === 0 && !file.endsWith(".md") && !/\.md \$\{/.test(mention),
  );
  assert.deepEqual(vague, []);
});

test("the check of citations reads them as they are written, and sees what is not there", () => {
  const cited = (text: string): string[] =>
    citationsIn(text).flatMap((mention) => mention.cited.map((citation) => wordsOf(citation)));
  assert.deepEqual(cited("(kernel.md sections 2.1 step 2, 2.9 and 9, number 14)."), [
    "2.1",
    "2.1#2",
    "2.9",
    "9",
    "9#14",
  ]);
  assert.deepEqual(cited("kernel.md section 5.2, steps 3 and 6): 7"), ["5.2", "5.2#3", "5.2#6"]);
  assert.deepEqual(cited("kernel.md, 5.1 to 5.4 and 6.1"), ["5.1", "5.2", "5.3", "5.4", "6.1"]);
  assert.deepEqual(cited('kernel.md section 9, 17 to 19"'), ["9", "9#17", "9#18", "9#19"]);
  assert.deepEqual(cited("kernel.md fact 8; kernel.md section 0, items 7 and 9"), ["0#8", "0", "0#7", "0#9"]);
  assert.deepEqual(cited('# (kernel.md\n# section 3, "close"; x)'), ["3", "3 close"]);
  assert.deepEqual(cited('kernel.md sections 3 "close", 9, number 15, and 11.'), [
    "3",
    "3 close",
    "9",
    "9#15",
    "11",
  ]);
  assert.deepEqual(cited("(section 2.2, step 5b; 2.3)"), ["2.2", "2.2#5b"]);
  assert.deepEqual(cited("kernel.md 1.7 and version vocabulary"), ["1.7", "version vocabulary"]);
  assert.deepEqual(cited("RFC 8446 section 4.6.3, NIST SP 800-38D section 7"), []);
  const page = new CitedPage("## 2. Two\n\n1. One.\n   - 1a. A **hole**.\n### 2.1 Sub\n\n3. Three\n");
  const has = (section: string, item: string | null = null, words: string | null = null) =>
    page.has({ section, item, words });
  assert.deepEqual(
    [has("2"), has("2", "1a"), has("2.1", "3"), has("2", null, "Hole")],
    [true, true, true, true],
  );
  assert.deepEqual(
    [has("3"), has("2", "2"), has("2.1", "1"), has("2.1", null, "hole")],
    [false, false, false, false],
  );
});

const wordsOf = ({ section, item, words }: Citation): string =>
  item !== null ? `${section}#${item}` : words === null ? section : `${section} ${words}`;

test("kernel.md has each number once, facts and bugs without holes, and says of every section where it is from", () => {
  const numbered = kernel.numbers.filter((number) => /^\d/.test(number));
  assert.equal(new Set(numbered).size, [...read("media/docs/kernel.md").matchAll(/^#{2,3} \d/gm)].length);
  const counted = (section: string) =>
    kernel
      .items(section)
      .filter((item) => /^\d+$/.test(item))
      .map(Number);
  assert.deepEqual(counted("0"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(
    counted("9"),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  const unmarked = read("media/docs/kernel.md")
    .split(/^(?=#{2,3} \d)/m)
    .slice(1)
    .filter((section) => section.split("\n").length > 6 && !/\[(certain|read|told|supposed)/.test(section))
    .map((section) => section.split("\n")[0]);
  assert.deepEqual(unmarked, ["## 12. What families differ in", "## 13. What was read"]);
});

test("traces in the documents are read without a diagnostic, and their expect lines hold", () => {
  const traces = pages.flatMap((page) =>
    [...read(page).matchAll(/```tlstrace\n([\s\S]*?)```/g)].map(([, text]) => ({ page, text: text! })),
  );
  assert.ok(traces.length >= 2);
  for (const { page, text } of traces) {
    const trace = parseTrace(page, text, profileById);
    assert.deepEqual(trace.diagnostics, [], page);
    assert.ok(trace.expectations.length > 0, page);
    assert.deepEqual(judge(new Timeline(trace).runAll()).findings.all, [], page);
  }
});

/** What stands in backquotes in the first column of a page's tables. */
const firstColumn = (page: string, until = ""): string[] =>
  [
    ...read(page)
      .split(until || "\0", 1)[0]!
      .matchAll(/^\| (`[^|]*?`(?:, `[^|]*?`)*) \|/gm),
  ].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!));

test("expressions.md: every path of its table is one, and its examples can be evaluated", () => {
  const timeline = new Timeline(
    traceUnder(readTraceFile(nodeEnvironment, "media/samples/retransmission-in-record.tlstrace"), null),
  ).runAll();
  const view = viewAt(timeline, { event: 4, stage: 0 });
  // The last section is made of the table of paths itself, families and all.
  const listed = firstColumn("media/docs/expressions.md", "\n## Every path");
  const [, examples] = /## Expressions[\s\S]*?```\n([\s\S]*?)```/.exec(read("media/docs/expressions.md"))!;
  assert.ok(listed.length > 40);
  for (const text of [...listed, ...examples!.trim().split("\n")]) evaluate(view, parseExpression(text));
  assert.throws(() => evaluate(view, parseExpression("packet.sequence")));
});

test("pages list what there is: launch attributes, keys of a profile file, families, effects", () => {
  const listed = (page: string) => new Set([...read(page).matchAll(/`([^`\n]+)`/g)].map(([, word]) => word!));
  const lacking = (page: string, names: readonly string[]) => names.filter((name) => !listed(page).has(name));
  assert.deepEqual(
    lacking("media/docs/configuration.md", Object.keys(readLaunch({ program: "/a.pcap" }))),
    [],
  );
  assert.deepEqual(lacking("media/docs/nic-files.md", [...profileKeys]), []);
  const families = profiles.map(({ id }) => id);
  assert.deepEqual(lacking("media/docs/nic-files.md", families), []);
  const names = effects.map(({ name }) => name);
  assert.deepEqual(lacking("media/docs/regression-tests.md", names), []);
  assert.deepEqual(lacking("media/docs/nic-files.md", ["basis"]), ["basis"]);
});

/** The first JSON example of a page. */
const exampleOf = (page: string): string => /```json\n([\s\S]*?)```/.exec(read(page))![1]!;

test("the examples of keys and of a launch configuration are read without a mistake", () => {
  const { infos, diagnostics } = parseCryptoInfos(exampleOf("media/docs/captures.md"));
  assert.deepEqual([infos.length, diagnostics], [1, []]);
  const launch = readLaunch(JSON.parse(exampleOf("media/docs/configuration.md")));
  assert.deepEqual([launch.profile, launch.compare], ["connectx", ["netronome"]]);
});

/** What a page shows of a command: what is typed behind `$`, and what comes, in which `…` stands for whatever comes. */
function shownIn(page: string): { page: string; typed: string; comes: string }[] {
  return [...read(page).matchAll(/```(?:console)?\n(\$ [\s\S]*?)```/g)].map(([, block = ""]) => {
    const typed = [...block.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line!);
    return { page, typed: typed.join("\n"), comes: block.replace(/^\$ .*\n/gm, "") };
  });
}

test("commands that pages show come to what they show", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-pages-"));
  for (const name of ["dist", "media"]) symlinkSync(path.resolve(name), path.join(folder, name));
  const command = path.join(folder, "tlstrace");
  writeFileSync(command, `#!/bin/sh\nexec node ${path.resolve("dist/cli.js")} "$@"\n`, { mode: 0o755 });
  for (const [sample, name] of [
    ["lossy.pcap", "lossy.pcap"],
    ["lossy.keys", "lossy.keys"],
    ["lossy.pcap", "capture.pcapng"],
    ["lossy.keys", "capture.keys"],
    ["reordering.tlstrace", "trace.tlstrace"],
  ] as const)
    copyFileSync(path.join("media/samples", sample), path.join(folder, name));
  const env = { ...process.env, PATH: `${folder}:${path.dirname(process.execPath)}:${process.env.PATH}` };
  const shown = pages.flatMap(shownIn);
  assert.ok(shown.length >= 7);
  for (const { page, typed, comes } of shown) {
    // Of captures that are not shipped.
    if (typed.includes("nsim.pcap")) continue;
    const run = spawnSync("sh", ["-c", typed], { cwd: folder, env, encoding: "utf8", input: "" });
    assert.doesNotMatch(run.stderr, /^(error|tlstrace): /m, `${page}: ${typed}`);
    const escaped = comes.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const pattern = escaped.replace(/^…\n/gm, "(?:.*\\n)*").replaceAll("…", ".*");
    const out = `${run.stderr.replace(/^.*: note: keys of .*\n/gm, "")}${run.stdout}`;
    if (comes !== "") assert.match(out, new RegExp(`^${pattern}$`), `${page}: ${typed}`);
  }
  rmSync(folder, { recursive: true });
});

test("README is short, and no page names places that only its writers have", () => {
  const lines = read("README.md").split("\n").length - 1;
  assert.ok(lines <= 130, `${lines} lines`);
  const elsewhere = /\.\.\/shared|(^|[\s(`])\/(work|tmp|home)\b|domain\.md/m;
  assert.deepEqual(
    [...pages, "ARCHITECTURE.md", "CHANGELOG.md"].filter((page) => elsewhere.test(read(page))),
    [],
  );
});

test("the pages are packed, and link to what is packed with them", () => {
  assert.ok((JSON.parse(read("package.json")) as { files: string[] }).files.includes("media/docs/**"));
  const outside = docs.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target]) => path.posix.join(path.posix.dirname(page), target!))
      .filter((target) => !target.startsWith("media/"))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(outside, []);
});
