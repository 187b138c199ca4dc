import type { DebugProtocol } from "@vscode/debugprotocol";
import { findingText } from "../replay/findings.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import type { Study } from "../study/study.ts";
import { printEvent } from "../trace/language/print.ts";
import { Sign } from "../trace/signs.ts";
import type { Diagnostic } from "../trace/trace.ts";

type Output = DebugProtocol.OutputEvent["body"];

/** More than this nobody reads in a console. */
const diagnosticsMax = 200;

/** What opening the trace has to say, for the debug console: what evidence says, diagnostics, notes of streams, failed expectations. */
export function openingOutput({ trace, findings, overlay, evidenceDiagnostics }: Study): Output[] {
  const failures = findings.all.filter(({ kind }) => kind === Sign["expectation-failed"]);
  const notes = trace.streams.flatMap(({ name, note }) => (note === null ? [] : [`${name}: ${note}`]));
  const outputs: Output[] = [
    ...(overlay?.summary ?? []).map((line) => ({ category: "console", output: `evidence: ${line}\n` })),
    ...trace.diagnostics.map(({ severity, ...rest }) => ({
      category: severity === "note" ? "console" : "stderr",
      output: `${severity}: ${placed({ severity, ...rest })}\n`,
    })),
    ...notes.map((note) => ({ category: "console", output: `note: ${note}\n` })),
    ...failures.map(({ text }) => ({ category: "stderr", output: `expectation failed: ${text}\n` })),
    ...evidenceDiagnostics.map(({ severity, file, line, message }) => ({
      category: severity === "note" ? "console" : "stderr",
      output: `${severity}: ${file}:${line ?? 1}: ${message}\n`,
    })),
    ...(overlay?.findings ?? []).map((finding) => ({
      category: "stderr",
      output: `evidence differs: ${findingText(finding)}\n`,
    })),
  ];
  return bounded(outputs);
}

function bounded(outputs: Output[]): Output[] {
  const left = outputs.length - diagnosticsMax;
  if (left <= 0) return outputs;
  return [...outputs.slice(0, diagnosticsMax), { category: "console", output: `… and ${left} more\n` }];
}

/** Findings of which the opening has told already. */
const toldAtOpening: ReadonlySet<number> = new Set([Sign["expectation-failed"], Sign["evidence-differs"]]);

/** For who does not debug: the findings of which the opening has not told, and how many there are of all. */
export function findingsOutput({ trace, timeline, findings }: Study): Output[] {
  const outputs = findings.all
    .filter(({ kind }) => !toldAtOpening.has(kind))
    .map((finding) => {
      const { event } = finding;
      const words = wordEffect(viewAt(timeline, { event, stage: -1 }), finding);
      return { category: "stderr", output: `${printEvent(trace, event)}: ${words}\n` };
    });
  const { length } = findings.all;
  const sum = `${timeline.eventCount} events replayed, ${length === 0 ? "nothing" : length} found wrong\n`;
  return [...bounded(outputs), { category: "console", output: sum }];
}

function placed({ message, line, frame }: Diagnostic): string {
  if (line !== undefined) return `line ${line}: ${message}`;
  return frame === undefined ? message : `frame ${frame}: ${message}`;
}
