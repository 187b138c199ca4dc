import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { saveFile, tidyBeside } from "./save.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-save-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);
function file(name: string, content: string): string {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}
const text = (name: string) => readFileSync(name, "utf8");
const bytes = (content: string) => new TextEncoder().encode(content);

test("a file is replaced whole, with its mode, and nothing is left beside it", () => {
  const one = file("a/one", "old");
  chmodSync(one, 0o640);
  saveFile(one, "new", bytes("old"));
  saveFile(at("a/two"), "fresh");
  assert.deepEqual([text(one), text(at("a/two"))], ["new", "fresh"]);
  assert.equal(statSync(one).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(at("a")).sort(), ["one", "two"]);
});

test("a file that was changed since it was read is left alone", () => {
  for (const now of ["", "ol", "olds", "Old"]) {
    const one = file("b/one", now);
    assert.throws(() => saveFile(one, "new", bytes("old")), /changed by somebody meanwhile/);
    assert.equal(text(one), now);
  }
  assert.deepEqual(readdirSync(at("b")), ["one"]);
});

test("a link within a folder is followed and stays one; out of it, or to nowhere, nothing is written", () => {
  const target = file("c/in/target", "old");
  const outside = file("c/outside", "old");
  symlinkSync("target", at("c/in/link"));
  symlinkSync(outside, at("c/in/out"));
  symlinkSync("../in/out", at("c/in/chain"));
  symlinkSync("../none", at("c/in/nowhere"));
  saveFile(at("c/in/link"), "new", bytes("old"));
  assert.equal(text(target), "new");
  for (const name of ["out", "chain", "nowhere"])
    assert.throws(() => saveFile(at(`c/in/${name}`), "new"), /link into another folder|cannot be written/);
  assert.equal(text(outside), "old");
  assert.deepEqual(readdirSync(at("c")), ["in", "outside"]);
});

test("a device is written to as it is", () => saveFile("/dev/null", "gone"));

test("what cannot be written says so, with the file as it was", () => {
  const one = file("d/one", "old");
  assert.throws(() => saveFile(at("none/one"), "new"), /cannot be written \(ENOENT\)/);
  // A folder where the file beside should stand.
  mkdirSync(at(`d/.one.${process.pid}.new`));
  assert.throws(() => saveFile(one, "new", bytes("old")), /cannot be written/);
  assert.equal(text(one), "old");
});

test("one of two that save at once gives way; what somebody who was killed left goes", () => {
  const one = file("e/one", "old");
  // The process that runs the tests lives; no process has the highest number.
  const [alive, dead] = [file(`e/.one.${process.ppid}.new`, "half"), file("e/.one.4194305.new", "half")];
  assert.throws(() => saveFile(one, "new", bytes("old")), /being written by another run/);
  assert.deepEqual([text(one), text(alive)], ["old", "half"]);
  assert.throws(() => text(dead), /ENOENT/);
  rmSync(alive);
  saveFile(one, "new", bytes("old"));
  assert.deepEqual([text(one), readdirSync(at("e"))], ["new", ["one"]]);
});

test("what somebody who was killed left beside a file can be removed alone: by its name, by a link, of a new file", () => {
  const one = file("f/one", "old");
  symlinkSync("one", at("f/link"));
  const others = [file(`f/.one.${process.ppid}.new`, "half"), file("f/.two.4194305.new", "half")];
  for (const name of ["f/one", "f/link", "f/fresh"]) {
    const target = name === "f/link" ? "one" : path.basename(name);
    const left = file(`f/.${target}.4194305.new`, "half");
    tidyBeside(at(name));
    assert.throws(() => text(left), /ENOENT/, name);
  }
  tidyBeside(at("none/one"));
  assert.deepEqual([text(one), ...others.map(text)], ["old", "half", "half"]);
  assert.deepEqual(readdirSync(at("f")).length, 4);
});
