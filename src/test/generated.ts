import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

/** A page's last section is what the program says of itself; UPDATE=1 writes it. */
export function assertGenerated(page: string, title: string, expected: string): void {
  const text = readFileSync(page, "utf8");
  const heading = `\n## ${title}\n\n`;
  const at = text.indexOf(heading);
  assert.ok(at >= 0, `${page} has no section “${title}”`);
  const start = at + heading.length;
  if (process.env.UPDATE === "1") writeFileSync(page, `${text.slice(0, start)}${expected}`);
  else assert.equal(text.slice(start), expected, `${page}, “${title}” (UPDATE=1 rewrites it)`);
}
