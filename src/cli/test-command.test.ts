import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { profiles } from "../core/profiles/all.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-test-"));
after(() => rmSync(folder, { recursive: true }));

/** The built command, as a user runs it in a folder with traces. */
function tlstraceTest(...args: string[]) {
  return tlstraceTestOf("", ...args);
}
/** The same with something on its standard input. */
function tlstraceTestOf(input: string, ...args: string[]) {
  const cli = path.resolve("dist/cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "test", ...args], {
    encoding: "utf8",
    cwd: folder,
    input,
  });
  return { status, out: stdout.split("\n"), err: stderr };
}
function file(name: string, content: string | Uint8Array): string {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
  return name;
}
/** Test points of the outermost level. */
const points = (out: readonly string[]) => out.filter((line) => /^(not )?ok /.test(line));

const head = "device eth0\nconnection web device=eth0\n+0 web send 1000\n+0 web > 0:1029(1029)\n";
const holding = file("suite/a-holds.tlstrace", `${head}       expect no out-of-order\nexpect wire=match\n`);
const failing = file("suite/deep/b-fails.tlstrace", `${head}+0 web > 500:1029(529)\n expect no resync\n`);
const families = file(
  "families.tlstrace",
  `${head}+0 web > -9:1029(1038)\n expect dropped reason=no-sync-data under connectx\n expect dropped reason=bypass-required under innova\n`,
);
const mistaken = file("mistaken.tlstrace", `${head} expect resinc\nexpect no plaintext\n`);
file("suite/.hidden/c.tlstrace", "not looked at");
file("suite/node_modules/d.tlstrace", "not looked at");
file("suite/notes.txt", "not a trace");

const kinds: [what: string, args: string[], status: number, points: string[], err: string][] = [
  ["a trace that holds", [holding], 0, ["ok 1 - suite/a-holds.tlstrace"], ""],
  [
    "a folder with one trace that fails",
    ["suite"],
    1,
    ["ok 1 - suite/a-holds.tlstrace", "not ok 2 - suite/deep/b-fails.tlstrace"],
    "suite/deep/b-fails.tlstrace:6: error: expected no resync, got resync record=0 replayed=500\n",
  ],
  [
    "a file given twice, once by its folder",
    ["suite/deep", failing],
    1,
    ["not ok 1 - suite/deep/b-fails.tlstrace"],
    "suite/deep/b-fails.tlstrace:6: error: expected no resync, got resync record=0 replayed=500\n",
  ],
  [
    "what each family does",
    ["--profile", "connectx,innova", families],
    0,
    ["ok 1 - families.tlstrace under connectx", "ok 2 - families.tlstrace under innova"],
    "",
  ],
  [
    "a failure under another profile",
    ["--profile", "innova,connectx", failing],
    1,
    [
      "not ok 1 - suite/deep/b-fails.tlstrace under innova",
      "not ok 2 - suite/deep/b-fails.tlstrace under connectx",
    ],
    ["innova", "connectx"]
      .map(
        (id) =>
          `suite/deep/b-fails.tlstrace:6: error: expected no resync, got resync record=0 replayed=500 (under ${id})\n`,
      )
      .join(""),
  ],
  [
    "a trace without expect lines",
    [file("silent.tlstrace", head)],
    0,
    ["ok 1 - silent.tlstrace # SKIP no expect line speaks of this run"],
    "",
  ],
];
for (const [what, args, status, expected, err] of kinds) {
  test(`${what}: test points, messages and status`, () => {
    const result = tlstraceTest(...args);
    assert.equal(result.err, err);
    assert.deepEqual(points(result.out), expected);
    assert.equal(result.status, status);
    assert.deepEqual(result.out.slice(0, 2), ["TAP version 14", `1..${expected.length}`]);
  });
}

test("a line that cannot be read is a failure of its trace, told once, beside what still holds", () => {
  const { status, out, err } = tlstraceTest("--all-profiles", mistaken);
  assert.equal(status, 1);
  assert.match(err, /^mistaken\.tlstrace:5: error: no effect of this name; .*\n$/);
  assert.deepEqual(
    out.filter((line) => /^ {4}(not )?ok/.test(line)),
    Array(profiles.length)
      .fill(["    not ok 1 - line 5 is read", "    ok 2 - line 6: expect no plaintext"])
      .flat(),
  );
});

const unusable: [what: string, args: string[], message: RegExp][] = [
  ["no path", [], /missing required argument/],
  ["a path that is not there", ["none.tlstrace"], /does not exist/],
  ["a folder without traces", [path.dirname(file("empty/x.txt", "x"))], /no \.tlstrace file lies in empty/],
  [
    "an unknown profile",
    ["--profile", "connectx,e1000", holding],
    /no profile "e1000"; there are connectx, innova/,
  ],
  ["two ways to say profiles", ["--profile", "innova", "--all-profiles", holding], /cannot be used with/],
  ["a report that cannot be written", ["--junit", "none/x.xml", holding], /none.x\.xml cannot be written/],
  [
    "a capture",
    [path.resolve("media/samples/lossy.pcap")],
    /is a capture: expect lines stand in trace files/,
  ],
  [
    "a packetdrill script",
    [path.resolve("media/samples/fast-retransmit.pkt")],
    /^[^\n]*fast-retransmit\.pkt is a packetdrill script: `export` makes a trace file of it[^\n]*\n$/,
  ],
  ["what would be updated without an update", ["--dry-run", holding], /--dry-run goes with --update/],
  ["bytes that are no text", [file("noise.tlstrace", Buffer.from([1, 0, 2])), holding], /neither a capture/],
];
for (const [what, args, message] of unusable) {
  test(`${what} ends with status 2 and a message`, () => {
    const { status, err } = tlstraceTest(...args);
    assert.match(err, message);
    assert.equal(status, 2);
  });
}

test("an unreadable file does not keep the others from being tested", () => {
  const { status, out } = tlstraceTest(file("void.tlstrace", ""), holding);
  assert.deepEqual(points(out), ["not ok 1 - void.tlstrace", "ok 2 - suite/a-holds.tlstrace"]);
  assert.equal(status, 2);
  // Named by who looked before: a list of files, an editor.
  const gone = tlstraceTestOf(`gone/a.tlstrace\n${holding}\n`, "-");
  assert.deepEqual(points(gone.out), ["not ok 1 - gone/a.tlstrace", "ok 2 - suite/a-holds.tlstrace"]);
  assert.match(gone.err, /^gone\/a\.tlstrace: error: gone\/a\.tlstrace does not exist: check the path\n$/);
  assert.equal(gone.status, 2);
});

test("--junit and --sarif write the same failures as files", () => {
  const { status } = tlstraceTest("suite", "--junit", "r.xml", "--sarif", "r.sarif");
  assert.equal(status, 1);
  const xml = readFileSync(path.join(folder, "r.xml"), "utf8");
  assert.match(xml, /^<\?xml .*\n<testsuites name="tlstrace" tests="3" failures="1" errors="0">/);
  const sarif = JSON.parse(readFileSync(path.join(folder, "r.sarif"), "utf8"));
  const [result, ...more] = sarif.runs[0].results;
  assert.deepEqual(more, []);
  assert.deepEqual(result.locations[0].physicalLocation, {
    artifactLocation: { uri: "suite/deep/b-fails.tlstrace" },
    region: { startLine: 6 },
  });
});

test("--update writes what is missing once, and neither corrects a failing line nor touches a mistaken file", () => {
  const lacking = file("update/lacking.tlstrace", `${head}+0 web > 500:1029(529)  # again\n`);
  const wrong = file(
    "update/wrong.tlstrace",
    `${head}+0 web > 500:1029(529)\n expect no resync\n+0 web > 0:1029(1029)\n`,
  );
  const broken = file("update/broken.tlstrace", `${head}+0 web > 500:1029(529)\n+0 web > x\n`);
  const before = readFileSync(path.join(folder, broken), "utf8");
  const first = tlstraceTest("--update", "update");
  assert.equal(first.status, 1);
  assert.match(first.err, /^update.lacking\.tlstrace: 2 expect lines added$/m);
  assert.match(
    first.err,
    /^update.wrong\.tlstrace:6: error: expected no resync, got resync record=0 replayed=500$/m,
  );
  const added = (seq: number, from: number, indent: string) =>
    `${indent}expect out-of-order expected=1029 seq=${seq}\n${indent}expect resync record=0 replayed=${from}\n`;
  assert.equal(
    readFileSync(path.join(folder, lacking), "utf8"),
    `${head}+0 web > 500:1029(529)  # again\n${added(500, 500, "       ")}`,
  );
  assert.equal(
    readFileSync(path.join(folder, wrong), "utf8"),
    `${head}+0 web > 500:1029(529)\n expect no resync\n+0 web > 0:1029(1029)\n${added(0, 0, " ")}`,
  );
  assert.equal(readFileSync(path.join(folder, broken), "utf8"), before);
  const written = statSync(path.join(folder, lacking)).mtimeMs;
  const second = tlstraceTest("--update", "update");
  assert.doesNotMatch(second.err, /added/);
  assert.equal(statSync(path.join(folder, lacking)).mtimeMs, written);
});

test("the shipped samples hold under their own profiles", () => {
  const { status, out } = tlstraceTest(path.resolve("media/samples"));
  assert.equal(status, 0);
  assert.ok(points(out).length > 0);
});

/** The rows of `--json`, with what the command said and how it ended. */
function rows(...args: string[]) {
  const { status, out, err } = tlstraceTest("--json", ...args);
  return { status, err, rows: out.filter((line) => line !== "").map((line) => JSON.parse(line)) };
}

test("--json gives a row a run, with what was expected and where what happened comes from", () => {
  const { status, rows: told } = rows(failing);
  assert.equal(status, 1);
  assert.deepEqual(told[0], { schema: 1, kind: "head", runs: 1 });
  const { kind, number, ok, profile, cases } = told[1];
  assert.deepEqual([kind, number, ok, profile, cases.length], ["run", 1, false, null, 1]);
  assert.deepEqual(cases[0].differs, { expected: "no resync", actual: "resync record=0 replayed=500" });
  assert.deepEqual([cases[0].line, cases[0].eventLine], [6, 5]);
  const names = cases[0].places.map(({ name }: { name: string }) => name);
  assert.match(names[0], /^PKT 500:1029\(529\)/);
  assert.ok(names.includes("+0 web > 500:1029(529)"));
});

test("--list says what would be checked of each run, and judges nothing", () => {
  const { status, out } = tlstraceTest("--list", failing, families);
  assert.equal(status, 0);
  assert.deepEqual(out, [
    "suite/deep/b-fails.tlstrace:6: expect no resync",
    "families.tlstrace:6: expect dropped reason=no-sync-data under connectx",
    "families.tlstrace:7: expect dropped reason=bypass-required under innova (under innova)",
    "",
  ]);
  assert.equal(tlstraceTest("--list", mistaken).status, 1);
});

/** Which of a trace's expect lines are left, for what it is updated for. Others fail under what is new to the trace. */
const lefts: [left: string, keeps: (line: number) => boolean, flags: string[]][] = [
  ["all lines", () => true, []],
  ["each other line", (line) => line % 2 === 0, []],
  ["no line", () => false, []],
  ["no line", () => false, ["--all-kernels"]],
  ["no line", () => false, ["--profile", "innova@v4.19,connectx/long-dump"]],
];
for (const [left, keeps, flags] of lefts)
  test(`samples with ${left} left hold in all runs with what --update ${flags.join(" ")} adds`, () => {
    const from = path.resolve("media/samples");
    for (const name of readdirSync(from)) {
      if (name.endsWith(".json")) file(`samples/${name}`, readFileSync(path.join(from, name)));
      if (!name.endsWith(".tlstrace")) continue;
      let line = 0;
      const isLeft = (text: string) => !/^\s*expect /.test(text) || keeps(line++);
      const lines = readFileSync(path.join(from, name), "utf8").split("\n");
      file(`samples/${name}`, lines.filter(isLeft).join("\n"));
    }
    assert.match(tlstraceTest("--update", ...flags, "samples").err, / expect lines added$/m);
    const { status, err } = tlstraceTest("samples");
    assert.deepEqual([status, err.match(/^.* error: .*$/gm)], [0, null]);
    assert.doesNotMatch(tlstraceTest("--update", ...flags, "samples").err, / added$/m);
    rmSync(path.join(folder, "samples"), { recursive: true });
  });

test("--update --dry-run gives the text that would be written, and neither writes nor runs", () => {
  const text = `${head}+0 web > 500:1029(529)\n`;
  const lacking = file("dry/lacking.tlstrace", text);
  const { status, err, rows: told } = rows("--update", "--dry-run", lacking, holding);
  assert.equal(status, 0);
  assert.equal(err, "dry/lacking.tlstrace: 2 expect lines would be added\n");
  const added =
    "       expect out-of-order expected=1029 seq=500\n       expect resync record=0 replayed=500\n";
  assert.deepEqual(told, [{ schema: 1, kind: "update", file: lacking, added: 2, text: text + added }]);
  assert.equal(readFileSync(path.join(folder, lacking), "utf8"), text);
  // The status is of the worst, wherever it stands.
  for (const files of [
    [file("dry/void.tlstrace", ""), mistaken],
    [mistaken, "dry/void.tlstrace"],
  ])
    assert.equal(rows("--update", "--dry-run", ...files).status, 2);
  const broken = rows("--update", "--dry-run", mistaken);
  assert.deepEqual([broken.status, broken.rows], [1, []]);
  assert.match(broken.err, /^mistaken\.tlstrace:5: error: no effect of this name/);
});

test("a folder that cannot be listed is told of, whatever is asked", {
  skip: process.getuid?.() === 0,
}, () => {
  mkdirSync(path.join(folder, "closed"));
  chmodSync(path.join(folder, "closed"), 0);
  for (const flags of [[], ["--list"], ["--update", "--dry-run"]]) {
    const { status, err } = tlstraceTest(...flags, "closed");
    assert.match(err, /^closed: error: the folder cannot be listed: check its permissions$/m);
    assert.equal(status, 2);
  }
});

test("--coverage stands behind the test points as comments, and as a row", () => {
  const { status, out } = tlstraceTest("--coverage", failing, "none.tlstrace");
  assert.equal(status, 2);
  assert.deepEqual(points(out), ["not ok 1 - suite/deep/b-fails.tlstrace", "not ok 2 - none.tlstrace"]);
  const { out: told } = tlstraceTest("--coverage", failing, file("unread.tlstrace", ""));
  const comments = told.filter((line) => line.startsWith("#") && !line.startsWith("# Subtest"));
  assert.deepEqual(told.slice(-comments.length - 1, -1), comments);
  assert.match(comments[0]!, /^# ## Effects: 4 of \d+$/);
  assert.ok(comments.some((line) => line.startsWith("# | `resync` | 1 | 1 | ")));
  const row = rows("--coverage", failing).rows.at(-1);
  const resync = row.rows.find(({ name }: { name: string }) => name === "resync");
  assert.deepEqual([row.kind, resync.runs, resync.lines], ["coverage", 1, 1]);
});

test("paths come from standard input, too", () => {
  const { status, out } = tlstraceTestOf(`suite\n\n${families}\r\n`, "-", holding);
  assert.deepEqual(
    points(out).map((line) => line.replace(/.* - /, "")),
    ["suite/a-holds.tlstrace", "suite/deep/b-fails.tlstrace", families, `${families} under innova`],
  );
  assert.equal(status, 1);
});

test("--json gives a text as it stands in the file, also what separates lines or steers", () => {
  const text = `# \u2028 \u202e \u0085 ü \u{1f600}\n${head}+0 web > 500:1029(529)\n`;
  const { rows: told } = rows("--update", "--dry-run", file("dry/steers.tlstrace", text));
  assert.ok(told[0].text.startsWith(text));
});
