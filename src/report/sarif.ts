import { type Case, caseRules, failuresOf, type TestRun } from "../study/test-run.ts";
import { visible } from "../trace/visible.ts";

type Failed = ReturnType<typeof failuresOf>[number];

const ruleIds = Object.keys(caseRules) as (keyof typeof caseRules)[];

/** The failures of all runs as a SARIF 2.1.0 log (OASIS), which code hosts show beside the lines. `uriOf` names a file. */
export function sarifOf(runs: readonly TestRun[], uriOf: (file: string) => string): string {
  const results = runs.flatMap((run) =>
    failuresOf(run).map((failed) => resultOf(run, failed, uriOf(run.file))),
  );
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "tlstrace", rules: ruleIds.map(ruleOf) } },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
  return visible(`${JSON.stringify(log, null, 2)}\n`);
}

const ruleOf = (id: keyof typeof caseRules) => ({
  id,
  shortDescription: { text: caseRules[id] },
  defaultConfiguration: { level: "error" },
});

function resultOf({ profile }: TestRun, { rule, line, columns, failure }: Failed, uri: string) {
  const region = line === null ? {} : { region: { startLine: line, ...columnsOf(columns) } };
  const under = profile === null ? "" : ` (under ${profile})`;
  return {
    ruleId: rule,
    ruleIndex: ruleIds.indexOf(rule),
    level: "error",
    message: { text: `${failure}${under}` },
    locations: [{ physicalLocation: { artifactLocation: { uri }, ...region } }],
    ...(profile === null ? {} : { properties: { profile } }),
  };
}

/** SARIF counts columns from 1; its end column is the one behind. */
const columnsOf = (columns: Case["columns"]) =>
  columns === null ? {} : { startColumn: columns.start + 1, endColumn: columns.end + 1 };
