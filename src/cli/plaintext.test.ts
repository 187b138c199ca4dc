import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import Ajv from "ajv";
import { ciphertext, cleartext, contentsOf } from "../test/damage/cleartext.ts";
import { sentBy } from "../test/damage/reading.ts";
import { sessionOf, suites } from "../test/damage/sealed-session.ts";
import { captureOf } from "../test/damage/tcp-capture.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-plaintext-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const full = path.join(folder, name);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
};

const session = sessionOf(suites[0]!);
const strange = sessionOf(suites[0]!, 5);
const capture = (records: readonly Buffer[], of = session) =>
  captureOf(sentBy(of, Buffer.concat(records)).packets);
const records = contentsOf(session).map((content) => cleartext(session, content));
const sealed = contentsOf(session).map((content) => ciphertext(session, content));
const changed = (index: number, at: number): Buffer[] =>
  records.map((record, i) => {
    const bytes = Buffer.from(record);
    if (i === index) bytes[at]! ^= 1;
    return bytes;
  });
const keys = ["--keys", file("all.log", session.keyLog)];
const right = file("right.pcap", capture(records));
const wire = file("wire.pcap", capture(sealed));
const [content, overhead] = [contentsOf(session).reduce((sum, { bytes }) => sum + bytes.length, 0), 29];
const all = content + overhead * records.length;

/** How it is asked for, the exit status, and what a line says. */
const verdicts: [what: string, args: string[], status: number, says: RegExp][] = [
  [
    "found out, not asked for",
    [right, ...keys],
    3,
    /^Unchecked.*with zeros for tags, as netdevsim sends it: say --expect plaintext/m,
  ],
  ["found out without keys", [right], 3, /^Unchecked.*say --expect plaintext/m],
  [
    "frames alone",
    [right, ...keys, "--expect", "plaintext"],
    0,
    new RegExp(
      `^Everything that was compared is right: 6 of 6 records in plaintext as expected, ${all - content} of ${all} bytes`,
      "m",
    ),
  ],
  [
    "what frames alone do not say",
    [right, "--expect", "plaintext"],
    0,
    new RegExp(`^ {2}not compared: ${content} bytes: .*--against`, "m"),
  ],
  [
    "frames alone, where all must be compared",
    [right, "--expect", "plaintext", "--require-all"],
    3,
    /^Unchecked.*: nothing says what its records must hold/m,
  ],
  [
    "against the wire",
    [right, ...keys, "--expect", "plaintext", "--against", wire],
    0,
    new RegExp(`: right; 6 of 6 records in plaintext as expected, ${all} of ${all} bytes compared`),
  ],
  [
    "a byte of the content, against the wire",
    [file("content.pcap", capture(changed(2, 100))), ...keys, "--expect", "plaintext", "--against", wire],
    1,
    /^ {2}WRONG frame \d+: record 3 \(\d+:\d+\); byte \d+ not as expected \(content\)$/m,
  ],
  [
    "the same alone",
    [path.join(folder, "content.pcap"), ...keys, "--expect", "plaintext"],
    0,
    /^ {2}not compared/m,
  ],
  [
    "a tag",
    [file("tag.pcap", capture(changed(2, records[2]!.length - 1))), "--expect", "plaintext"],
    1,
    /^ {2}WRONG frame \d+: record 3 .*byte \d+ not as expected \(tag, which must be zeros\)$/m,
  ],
  [
    "a record that is encrypted",
    [
      file("mixed.pcap", capture(records.map((record, i) => (i === 3 ? sealed[i]! : record)))),
      ...keys,
      "--expect",
      "plaintext",
    ],
    1,
    /^ {2}WRONG frames? [\d, –]+: record 4 \(\d+:\d+\); \d+:\d+ is encrypted where plaintext is expected$/m,
  ],
  [
    "the wire itself",
    [wire, ...keys, "--expect", "plaintext"],
    3,
    /^Unchecked.*: none of its records is in plaintext/m,
  ],
  [
    "against a wire without keys",
    [right, "--expect", "plaintext", "--against", wire],
    3,
    /^Unchecked.*: the other capture does not show/m,
  ],
  [
    "against another connection",
    [
      right,
      ...keys,
      "--expect",
      "plaintext",
      "--against",
      file(
        "strange.pcap",
        capture(
          contentsOf(strange).map((one) => ciphertext(strange, one)),
          strange,
        ),
      ),
    ],
    3,
    /^Unchecked.*: the other capture has not got its connection/m,
  ],
  ["an expectation that is none", [right, "--expect", "junk"], 2, /^$/],
  ["another capture for nothing", [right, "--against", wire], 2, /^$/],
  ["a tap beside it", [right, "--expect", "plaintext", "--tap", "host"], 2, /^$/],
  [
    "another capture that is not there",
    [right, "--expect", "plaintext", "--against", path.join(folder, "none")],
    2,
    /^$/,
  ],
  ["itself for another", [right, "--expect", "plaintext", "--against", right], 2, /^$/],
  [
    "a trace file for another",
    [right, "--expect", "plaintext", "--against", "media/samples/in-order.tlstrace"],
    2,
    /^$/,
  ],
];
const tlstrace = (...args: string[]) =>
  spawnSync(process.execPath, ["dist/cli.js", "verify", ...args], { encoding: "utf8" });

for (const [what, args, expected, says] of verdicts) {
  test(`verify --expect plaintext, ${what}: status ${expected}`, () => {
    const { status, stdout, stderr } = tlstrace(...args);
    assert.equal(status, expected, stdout + stderr);
    assert.match(stdout, says);
    assert.doesNotMatch(stdout + stderr, /what a log of some server says/);
  });
}

test("a capture under another name is not another capture", () => {
  const link = path.join(folder, "linked.pcap");
  linkSync(right, link);
  assert.equal(tlstrace(right, "--expect", "plaintext", "--against", link).status, 2);
});

test("keys beside the other capture open both", () => {
  const other = file("keyed/wire.pcap", capture(sealed));
  file("keyed/wire.keys", session.keyLog);
  const { status, stdout } = tlstrace(right, "--expect", "plaintext", "--against", other);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^keys: .*wire\.keys$/m);
});

test("rows say how many records are in plaintext, and are as the schema says", () => {
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync("media/verify.schema.json", "utf8")),
  );
  const asked = ["--expect", "plaintext", "--against", wire, "--json"];
  const files = [right, path.join(folder, "content.pcap"), path.join(folder, "strange.pcap")];
  const { status, stdout } = tlstrace(...files, ...keys, ...asked);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const row of rows)
    assert.ok(validate(row), `${JSON.stringify(row)} ${JSON.stringify(validate.errors)}`);
  assert.equal(status, 1);
  const ofFiles = rows.filter(({ kind }) => kind === "file");
  assert.deepEqual(
    ofFiles.map(({ verdict, plain, failed, compared }) => [verdict, plain, failed, compared]),
    [
      ["right", 6, 0, all],
      ["wrong", 5, 1, all],
      ["unchecked", 0, 0, 0],
    ],
  );
  const wrong = rows.filter(({ kind }) => kind === "wrong");
  assert.ok(wrong.length > 0 && wrong.every(({ frames }) => Array.isArray(frames) && frames.length === 1));
  assert.match(String(ofFiles[0]!.asked), /expect=plaintext against=/);
});
