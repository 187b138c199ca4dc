import assert from "node:assert/strict";
import { readAs } from "../../trace/edited.ts";
import type { Trace } from "../../trace/trace.ts";

/** A text with one thing less: without a line, or with one byte less of a length or at an end of a range. */
function* lesser(lines: readonly string[]): Generator<string> {
  for (const [i, line] of lines.entries()) {
    const without = (other: readonly string[]) =>
      [...lines.slice(0, i), ...other, ...lines.slice(i + 1)].join("\n");
    if (/^\s*expect |^#/.test(line)) continue;
    yield without([]);
    const range = / (-?\d+):(-?\d+)\((\d+)\)/.exec(line);
    const length = / (?:send|record|gap) (\d+)/.exec(line);
    const ranged = (from: number, to: number) =>
      without([line.replace(range![0], ` ${from}:${to}(${to - from})`)]);
    if (range && Number(range[3]) > 1) {
      yield ranged(Number(range[1]) + 1, Number(range[2]));
      yield ranged(Number(range[1]), Number(range[2]) - 1);
    }
    // A record has a header, a nonce or a type, and a tag.
    const least = length?.[0].includes("record")
      ? lines.some((each) => each.includes("version=1.3"))
        ? 22
        : 29
      : 1;
    if (length && Number(length[1]) > least)
      yield without([line.replace(length[0], length[0].replace(length[1]!, `${Number(length[1]) - 1}`))]);
  }
}

/** Nothing can be taken out of a text that shows a reason: each thing less, and it is unreadable or shows it no more. */
export function assertLeast(
  whole: Trace,
  text: string,
  shows: (trace: Trace) => boolean,
  name: string,
): number {
  const lines = text.split("\n").filter((line) => line !== "");
  assert.ok(lines.length <= 12, `${name}:\n${text}`);
  assert.ok(shows(readAs(whole, text)), `${name}:\n${text}`);
  let tried = 0;
  for (const less of lesser(lines)) {
    tried++;
    const trace = readAs(whole, `${less}\n`);
    assert.ok(
      !trace.diagnostics.every(({ severity }) => severity !== "error") ||
        trace.connections.length === 0 ||
        !shows(trace),
      `${name}, less:\n${less}\n\nof\n${text}`,
    );
  }
  return tried;
}
