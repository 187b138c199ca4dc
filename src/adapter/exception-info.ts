import type { DebugProtocol } from "@vscode/debugprotocol";
import { Effect } from "../core/words/effect.ts";
import type { Failure } from "../judge/expectations.ts";
import { explain } from "../replay/view/explain.ts";
import { viewAt } from "../replay/view/view.ts";
import { UserError } from "../trace/platform.ts";
import { placeText, type Runner } from "./runner.ts";

/** Why the debugger stopped: the rule, expected and actual, the record, the descriptors, where to read on. */
export function exceptionInfo(
  { timeline, stop }: Runner,
  failures: readonly Failure[],
): NonNullable<DebugProtocol.ExceptionInfoResponse["body"]> {
  const { position, effect } = stop;
  if (!effect) throw new UserError("the debugger did not stop on one of the model's rules");
  const { rule, headline, details, readOn } = explain(viewAt(timeline, position), effect);
  const failed =
    effect.kind === Effect["expectation-failed"]
      ? failuresOf(failures, position.event, timeline.eventCount)
      : [];
  const lines = [
    ...failed,
    ...details.map(({ name, value }) => `${name}: ${value}`),
    `position: ${placeText(timeline, stop)}`,
    `read on: ${readOn}`,
  ];
  return {
    exceptionId: rule,
    description: headline,
    breakMode: "always",
    // VS Code shows the stack trace's text, other editors the message.
    details: { message: lines.join("\n"), typeName: rule, stackTrace: lines.join("\n") },
  };
}

/** Expectations that speak of the whole file fail at its last event. */
function failuresOf(failures: readonly Failure[], event: number, eventCount: number): string[] {
  return failures
    .filter(({ expectation }) => (expectation.event < 0 ? eventCount - 1 : expectation.event) === event)
    .map(failureText);
}

/** One failed expectation on one line. */
export const failureText = ({ expectation, expected, actual }: Failure): string =>
  `line ${expectation.line}: expected ${expected}, got ${actual}`;
