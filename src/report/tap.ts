import { type Case, failuresOf, runName, type TestRun } from "../study/test-run.ts";

/** The head of a Test Anything Protocol stream, version 14 (testanything.org), with the number of runs to come. */
export const tapHead = (runs: number): string[] => ["TAP version 14", `1..${runs}`];

/** One run as a test point with a subtest: a test point each case, what is wrong with it as a YAML block. */
export function* tapOf(run: TestRun, number: number): Generator<string> {
  const name = description(runName(run));
  const { length } = run.cases;
  if (length === 0) {
    yield `ok ${number} - ${name} # SKIP no expect line speaks of this run`;
    return;
  }
  yield `# Subtest: ${name}`;
  yield `    1..${length}`;
  for (const [i, one] of run.cases.entries()) {
    yield `    ${one.failure === null ? "ok" : "not ok"} ${i + 1} - ${description(one.name)}`;
    if (one.failure !== null) yield* diagnosis(run, one, one.failure);
  }
  yield `${failuresOf(run).length === 0 ? "ok" : "not ok"} ${number} - ${name}`;
}

/** A YAML block below a failing test point; a JSON string is a YAML string. */
function* diagnosis(run: TestRun, { rule, line }: Case, failure: string): Generator<string> {
  const indent = "      ";
  yield `${indent}---`;
  yield `${indent}message: ${JSON.stringify(failure)}`;
  yield `${indent}severity: fail`;
  yield `${indent}rule: ${rule}`;
  yield `${indent}at:`;
  yield `${indent}  file: ${JSON.stringify(run.file)}`;
  if (line !== null) yield `${indent}  line: ${line}`;
  yield `${indent}...`;
}

/** A description on one line, in which `#` begins no directive. */
const description = (text: string): string => text.replace(/[\r\n]+/g, " ").replace(/[\\#]/g, "\\$&");
