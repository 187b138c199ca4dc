import { type Case, failuresOf, runName, type TestRun } from "../study/test-run.ts";
import { visible } from "../trace/visible.ts";

/** The runs as JUnit XML as continuous integration reads it: a testsuite a run, a testcase a case. */
export function junitOf(runs: readonly TestRun[]): string {
  const totals = runs.map(totalsOf);
  const sum = (of: keyof Totals) => totals.reduce((all, one) => all + one[of], 0);
  const counts = { tests: sum("tests"), failures: sum("failures"), errors: sum("errors") };
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "tlstrace", ...counts })}>`,
  ];
  for (const [i, run] of runs.entries()) for (const line of suiteOf(run, totals[i]!)) lines.push(line);
  return `${[...lines, "</testsuites>"].join("\n")}\n`;
}

interface Totals {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

/** A run without cases counts as one skipped test, so that it is seen. An error is a test that could not be done. */
function totalsOf(run: TestRun): Totals {
  const failed = failuresOf(run);
  const errors = failed.filter(({ rule }) => rule !== "expectation-failed").length;
  const { length } = run.cases;
  return {
    tests: Math.max(1, length),
    failures: failed.length - errors,
    errors,
    skipped: length === 0 ? 1 : 0,
  };
}

function* suiteOf(run: TestRun, totals: Totals): Generator<string> {
  const name = runName(run);
  yield `  <testsuite${attributes({ name, ...totals })}>`;
  if (run.cases.length === 0) {
    yield `    <testcase${attributes({ classname: name, name: "expectations", file: run.file })}>`;
    yield `      <skipped${attributes({ message: "no expect line speaks of this run" })}/>`;
    yield "    </testcase>";
  }
  for (const one of run.cases) yield* caseOf(name, run.file, one);
  yield "  </testsuite>";
}

function* caseOf(classname: string, file: string, { name, rule, line, failure }: Case): Generator<string> {
  const open = `    <testcase${attributes({ classname, name, file, ...(line === null ? {} : { line }) })}`;
  if (failure === null) return yield `${open}/>`;
  const element = rule === "expectation-failed" ? "failure" : "error";
  const text = `${file}${line === null ? "" : `:${line}`}: ${failure}`;
  yield `${open}>`;
  yield `      <${element}${attributes({ message: failure, type: rule })}>${escaped(text)}</${element}>`;
  yield "    </testcase>";
}

const attributes = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Text for attributes and elements, without what steers; what else XML 1.0 §2.2 has no character for becomes U+FFFD. */
const escaped = (text: string): string =>
  visible(text)
    .replace(/[\ufffe\uffff\p{Cs}]/gu, "\ufffd")
    .replace(/[&<>"\t\n\r]/g, (character) => entities[character]!);
