import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { TestProcess, type TestRow } from "./process.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-process-"));
after(() => rmSync(folder, { recursive: true }));
const trace = path.join(folder, "own.tlstrace");
const text =
  "device d\nconnection c device=d\n+0 c send 100\n+0 c > 0:129(129)\n expect encrypted under ./own.nic.json\n";

test("a variant of a file, as the trace calls it, is found and written from the trace's folder", async () => {
  writeFileSync(path.join(folder, "own.nic.json"), '{ "base": "innova" }\n');
  writeFileSync(trace, `${text}+0 c > 0:129(129)\n`);
  const rows: TestRow[] = [];
  const flags = ["--update", "--dry-run", "--profile", "./own.nic.json"];
  const complaint = await new TestProcess(path.resolve("dist/cli.js")).run([trace], flags, {
    folder,
    row: (row) => void rows.push(row),
  });
  assert.equal(complaint, `${trace}: 2 expect lines would be added\n`);
  const [update] = rows as { text: string }[];
  assert.match(update!.text, /^ expect resync record=0 replayed=0 under \.\/own\.nic\.json$/m);
});
