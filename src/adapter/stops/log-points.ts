import { evaluate } from "../../replay/expression.ts";
import { type Expression, parseExpression, parseOfChange } from "../../replay/language/parse.ts";
import { type NumberStyle, type Raw, show, type ViewNode } from "../../replay/view/value.ts";
import type { View } from "../../replay/view/view.ts";
import { UserError } from "../../trace/platform.ts";

const hole = /\{([^{}]*)\}/g;

/** The expressions of a message's `{expression}`. Throws UserError if one of them cannot be read. */
export const checkMessage = (
  message: string,
  parse: (text: string) => Expression = parseExpression,
): Expression[] => [...message.matchAll(hole)].map(([, expression]) => parse(expression!));

/** A log point's message where the view stands: each `{expression}` gives way to its value. */
export function interpolate(view: View, message: string): string {
  return message.replace(hole, (whole, expression: string) => {
    try {
      return textOf(evaluate(view, (view.change ? parseOfChange : parseExpression)(expression)));
    } catch (error) {
      if (error instanceof UserError) return `${whole.slice(0, -1)}: ${error.message}}`;
      throw error;
    }
  });
}

/** Nodes are objects that carry a path; every other object is a value that words itself. */
export const isNode = (value: Raw | ViewNode): value is ViewNode =>
  typeof value === "object" && value !== null && "path" in value;

/** How a value reads in the console: a node's own wording, else the one wording of values. */
export const textOf = (value: Raw | ViewNode, style?: NumberStyle): string =>
  isNode(value) ? value.value : show(value, style);

/** Lines that log points may write in a session: a console with more becomes slow. */
const linesMax = 25_000;

/** A line that a log point wrote, and where. */
export interface Logged {
  text: string;
  event: number;
}

/** What the log points of a session have written. */
export class LogOutput {
  readonly lines: Logged[] = [];
  private count = 0;

  /** The message's line where the view stands; null once there have been too many. */
  line(view: View, message: string): string | null {
    this.count++;
    if (this.count > linesMax + 1) return null;
    const text =
      this.count > linesMax
        ? `log points have written ${linesMax} lines: no more are shown in this session`
        : interpolate(view, message);
    this.lines.push({ text, event: view.position.event });
    return text;
  }
}
