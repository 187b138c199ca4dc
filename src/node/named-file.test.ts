import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { openNamed } from "./named-file.ts";

// Below a link, as a temporary folder often is.
const real = mkdtempSync(path.join(realpathSync(os.tmpdir()), "tlstrace-named-"));
const root = `${real}-link`;
symlinkSync(real, root);
after(() => {
  rmSync(root);
  rmSync(real, { recursive: true });
});
const at = (name: string) => path.join(root, name);
for (const name of [
  "ws/traces/a.json",
  "ws/nics/b.json",
  "ws/traces/sub/c.json",
  "other/d.json",
  "ws-not/e.json",
]) {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), "{}");
}
symlinkSync("../../other/d.json", at("ws/traces/leaves.json"));
symlinkSync("../nics/b.json", at("ws/traces/stays.json"));
symlinkSync("../../other", at("ws/traces/folder"));
symlinkSync("/etc/passwd", at("ws/traces/passwd.json"));
const trace = at("ws/traces/t.tlstrace");

const cases: [named: string, workspace: string[], opens: boolean][] = [
  ["./a.json", [], true],
  ["a.json", [at("ws")], true],
  [at("ws/traces/a.json"), [], true],
  ["./sub/../a.json", [], true],
  ["../nics/b.json", [], false],
  ["../nics/b.json", [at("ws")], true],
  ["../nics/b.json", [at("other"), `${real}/ws`], false],
  ["./stays.json", [at("ws")], true],
  ["./stays.json", [], false],
  ["./leaves.json", [at("ws")], false],
  ["./folder/d.json", [at("ws")], false],
  ["./passwd.json", [at("ws")], false],
  ["../../ws-not/e.json", [at("ws")], false],
  [at("other/d.json"), [at("ws")], false],
  ["/etc/passwd", ["/"], false],
  ["../../../../../../../../etc/passwd", ["/"], false],
  ["//server/share/a.json", [at("ws")], false],
];
for (const [named, workspace, opens] of cases) {
  const where = workspace.map((folder) => path.relative(root, folder)).join(" ");
  test(`${named.replace(root, "ROOT")} in workspace "${where}" ${opens ? "is opened" : "is refused"}`, () => {
    const open = () => openNamed(trace, named, workspace).close();
    if (opens) return open();
    assert.throws(open, /is outside the folder|is on another machine/);
  });
}

test("whether a file outside exists is not told", () => {
  const said = (named: string) => {
    try {
      openNamed(trace, named, [at("ws")]);
    } catch (error) {
      return String(error).replace(named, "FILE");
    }
    return "opened";
  };
  assert.equal(said("../../other/d.json"), said("../../other/none.json"));
  assert.equal(said("/etc/shadow"), said("/etc/none"));
});

test("a file inside that is missing is told as missing", () =>
  assert.throws(() => openNamed(trace, "./none.json", []), /does not exist/));
