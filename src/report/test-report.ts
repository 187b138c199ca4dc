import { type CoverageRow, kinds } from "../study/coverage.ts";
import { failuresOf, runName, type TestRun } from "../study/test-run.ts";
import { tapHead, tapOf } from "./tap.ts";

/** Of the rows of `test --json`; another number where a field changes its meaning. */
const testSchema = 1;

/** Expect lines that a trace lacks, and its text with them. */
export interface Update {
  file: string;
  added: number;
  text: string;
}

/** One form in which runs of tests are told, each line as soon as it is known. */
export interface TestReport {
  head(runs: number): Iterable<string>;
  run(run: TestRun, number: number): Iterable<string>;
  /** What would be added to a file. */
  update(update: Update): Iterable<string>;
  coverage(rows: readonly CoverageRow[]): Iterable<string>;
}

/** TAP 14; what is no test point is a comment. */
export const tapReport: TestReport = {
  head: tapHead,
  run: tapOf,
  update: () => [],
  *coverage(rows) {
    for (const line of coverageLines(rows)) yield line === "" ? "#" : `# ${line}`;
  },
};

/** What would be checked, a line each, in the form that problem matchers read. */
export const listReport: TestReport = {
  ...tapReport,
  head: () => [],
  *run({ file, profile, cases }) {
    const under = profile === null ? "" : ` (under ${profile})`;
    for (const { name, line, failure } of cases)
      yield `${file}${line === null ? "" : `:${line}`}: ${failure ?? name.replace(/^line \d+: /, "")}${under}`;
  },
};

/** One JSON object a line, for editors and scripts. */
export const jsonReport: TestReport = {
  head: (runs) => [row("head", { runs })],
  run: (run, number) => [
    row("run", { number, name: runName(run), ok: failuresOf(run).length === 0, ...run }),
  ],
  update: (update) => [row("update", { ...update })],
  coverage: (rows) => [row("coverage", { rows, text: [...coverageLines(rows)].join("\n") })],
};

/** In ASCII alone: a text comes out as it went in, whatever separates or steers in it. */
const row = (kind: string, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ schema: testSchema, kind, ...fields }).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const titles = {
  effect: "Effects",
  stage: "Stages",
  bug: "Bugs",
  profile: "NIC families",
  kernel: "Kernels",
} as const satisfies Record<CoverageRow["kind"], string>;

/** Coverage as Markdown: a table each kind, what is covered, then the names of what is not. */
function* coverageLines(rows: readonly CoverageRow[]): Generator<string> {
  for (const kind of kinds) {
    const own = rows.filter((each) => each.kind === kind);
    const [met, not] = [own.filter(({ runs }) => runs > 0), own.filter(({ runs }) => runs === 0)];
    yield `## ${titles[kind]}: ${met.length} of ${own.length}`;
    yield "";
    if (met.length > 0) yield* table(kind, met);
    if (not.length > 0) yield `Not covered: ${not.map(({ name }) => `\`${name}\``).join(", ")}`;
    if (not.length > 0) yield "";
  }
}

function* table(kind: CoverageRow["kind"], rows: readonly CoverageRow[]): Generator<string> {
  const columns = [
    "runs",
    ...(kind === "bug" ? ["shown in"] : []),
    ...(kind === "stage" ? [] : ["expect lines"]),
  ];
  yield `| ${[titles[kind], ...columns, "what"].join(" | ")} |`;
  yield `|---|${columns.map(() => "---:|").join("")}---|`;
  for (const { name, says, runs, shown, lines } of rows) {
    const values = [runs, ...(kind === "bug" ? [shown ?? "–"] : []), ...(kind === "stage" ? [] : [lines])];
    yield `| ${[`\`${name}\``, ...values, says.replaceAll("|", "\\|")].join(" | ")} |`;
  }
  yield "";
}
