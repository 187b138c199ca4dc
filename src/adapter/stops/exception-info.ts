import type { DebugProtocol } from "@vscode/debugprotocol";
import { explain } from "../../replay/view/explain.ts";
import { judgedView } from "../../replay/view/view.ts";
import { UserError } from "../../trace/platform.ts";
import { Sign } from "../../trace/signs.ts";
import { placeText, type Runner } from "../runner.ts";

/** Why the debugger stopped: the rule, expected and actual, the record, the descriptors, where to read on. */
export function exceptionInfo({
  judged,
  stop,
}: Runner): NonNullable<DebugProtocol.ExceptionInfoResponse["body"]> {
  const { position, sign } = stop;
  if (!sign) throw new UserError("the debugger did not stop on one of the model's rules");
  const { rule, headline, details, readOn } = explain(judgedView(judged, position), sign);
  const failures = judged.findings
    .of(position.event)
    .filter(({ kind }) => kind === Sign["expectation-failed"]);
  const lines = [
    ...(sign.kind === Sign["expectation-failed"] ? failures.map(({ text }) => text) : []),
    ...details.map(({ name, value }) => `${name}: ${value}`),
    `position: ${placeText(judged.timeline, stop)}`,
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
