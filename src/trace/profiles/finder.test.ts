import assert from "node:assert/strict";
import { test } from "node:test";
import type { Profile } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import { comparable } from "../../test/comparable.ts";
import { parseTrace } from "../language/parse.ts";
import { printTrace } from "../language/print.ts";
import { UserError } from "../platform.ts";
import { namesFile } from "../profile-word.ts";
import type { Trace } from "../trace.ts";
import { runsUnder, variantOf, variantsOf } from "../variant.ts";
import { pathBeside, profileFinder } from "./finder.ts";

const files: Readonly<Record<string, string | Uint8Array>> = {
  "./my-nic.json": '{"base": "connectx", "counters": {"resyncs": "my_resyncs"}}',
  "./own-kernel.json": '{"base": "innova", "kernel": "v5.8"}',
  "nics.json/a@b.json": '{"base": "bnxt", "id": "ab"}',
  "./bad.json": '{\n  "base": "connectx",\n  "comit": "late",\n  "commit": "never"\n}',
  "./large.json": " ".repeat(65537),
  "./latin1.json": Uint8Array.of(0x22, 0xe9, 0x22),
};

/** A finder in a folder with these files, and the paths that it opened. */
function finder() {
  const opened: string[] = [];
  const find = profileFinder((path) => {
    opened.push(path);
    const text = files[path];
    if (text === undefined) throw new UserError(`${path} does not exist: check the path`);
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    return { name: path, size: bytes.length, read: (from, length) => bytes.subarray(from, from + length) };
  });
  return { find, opened };
}

const parse = (text: string, asked?: (own: Profile) => Profile): Trace =>
  parseTrace("test", text, finder().find, asked);
const connection = "connection web device=eth0\n";
const messages = ({ diagnostics }: Trace) =>
  diagnostics.map(({ severity, line, message }) => `${line}: ${severity}: ${message}`);

const words: [word: string, id: string | null, name: string | undefined, kernel: string | null][] = [
  ["connectx", "connectx", undefined, null],
  ["connectx/long-dump@v5.8", "connectx/long-dump", undefined, "v5.8"],
  ["./my-nic.json", "my-nic", "./my-nic.json", null],
  ["./my-nic.json@v6.18", "my-nic", "./my-nic.json", "v6.18"],
  ["./my-nic.json/long-dump", "my-nic/long-dump", "./my-nic.json/long-dump", null],
  [
    "./my-nic.json/long-dump+no-undo@next",
    "my-nic/long-dump+no-undo",
    "./my-nic.json/long-dump+no-undo",
    "next",
  ],
  ["./own-kernel.json", "own-kernel", "./own-kernel.json", "v5.8"],
  ["./own-kernel.json@next", "own-kernel", "./own-kernel.json", "next"],
  ["nics.json/a@b.json/no-undo@next", "ab/no-undo", "nics.json/a@b.json/no-undo", "next"],
  ["my-nic", null, undefined, null],
  ["./my-nic.json/long-dum", null, undefined, null],
  ["./my-nic.json@v7.0", null, undefined, null],
  ["./none.json", null, undefined, null],
];
for (const [word, id, name, kernel] of words) {
  test(`${word} names ${id ?? "nothing"}`, () => {
    const profile = finder().find(word);
    assert.deepEqual([profile?.id ?? null, profile?.word, profile?.kernel?.id ?? null], [id, name, kernel]);
  });
}

test("a file is read once", () => {
  const { find, opened } = finder();
  for (const word of ["./my-nic.json", "./my-nic.json/long-dump", "./my-nic.json@v5.8"]) find(word);
  assert.deepEqual(opened, ["./my-nic.json"]);
});

test("only what ends in .json names a file", () => {
  for (const word of ["a.json", "A.JSON", "./a.json/no-undo", "a.json@v5.8", "a/b.json/x+y@z"])
    assert.ok(namesFile(word), word);
  for (const word of ["connectx", "connectx@v5.8", "a.jsn", "a.json.txt", ".json/a/b", "json", ".json"])
    assert.ok(!namesFile(word), word);
});

test("paths begin in the folder of the file that names them, unless they are absolute", () => {
  assert.equal(pathBeside("/a/b.tlstrace", "./nic.json"), "/a/./nic.json");
  assert.equal(pathBeside("b.tlstrace", "../nic.json"), "../nic.json");
  assert.equal(pathBeside("C:\\a\\b.tlstrace", "nics\\nic.json"), "C:\\a\\nics\\nic.json");
  assert.equal(pathBeside("/a/b.tlstrace", "/nics/nic.json"), "/nics/nic.json");
  assert.equal(pathBeside("/a/b.tlstrace", "D:\\nic.json"), "D:\\nic.json");
  for (const path of ["\\\\server\\share\\nic.json", "//server/share/nic.json"])
    assert.throws(() => pathBeside("/a/b.tlstrace", path), /on another machine/);
});

test("what is wrong with a file stands on the device's line, and the default profile is used instead", () => {
  const trace = parse(`device eth0 profile=./bad.json\n${connection}`);
  assert.equal(trace.devices[0]!.profile.id, "connectx");
  const [first, ...rest] = messages(trace);
  assert.match(first!, /^1: error: \.\/bad\.json:3:3: this is no key of a profile; there are /);
  assert.deepEqual(rest, [
    '1: error: ./bad.json:4:13: commit takes "early", "undone" or "late", not this text',
    "1: note: ./bad.json is left out until it is right. connectx is used instead",
  ]);
  const columns = trace.diagnostics.map(({ start, end }) => [start, end]);
  assert.deepEqual(columns, Array(3).fill([20, 30]));
});

const unread: [word: string, message: string | RegExp][] = [
  ["./none.json", "./none.json does not exist: check the path"],
  ["./large.json", "./large.json is larger than 65536 bytes, too large for a profile"],
  ["./latin1.json", "./latin1.json is no text in UTF-8: save it as such"],
  ["./my-nic.json/nope", /^no bug or kernel of this name: bugs are stale-lookup, .*kernels v4\.19, v5\.8/],
];
for (const [word, message] of unread) {
  test(`profile=${word} says why it is none`, () => {
    const trace = parse(`device eth0 profile=${word}\n${connection}`);
    assert.equal(trace.diagnostics.length, 2);
    if (typeof message === "string") assert.equal(trace.diagnostics[0]!.message, message);
    else assert.match(trace.diagnostics[0]!.message, message);
  });
}

test("a misspelt profile says what families there are, and how bugs, kernels and files are written", () => {
  assert.deepEqual(messages(parse(`device eth0 profile=mlx5\n${connection}`)), [
    `1: error: no profile of this name; there are ${profiles.map(({ id }) => id).join(", ")}; with a bug as connectx/long-dump, on a kernel as connectx@v6.18, your own as ./my-nic.json. connectx is used instead`,
  ]);
  assert.match(
    messages(parse(`device eth0 profile=innova/long\n${connection}`))[0]!,
    /^1: error: no profile of this name; innova has no such bug or kernel: bugs are stale-lookup, .*, kernels v4\.19, v5\.8, v6\.1, v6\.18, v7\.2 and next\. connectx is used instead$/,
  );
});

test("a trace names at most 64 files", () => {
  const lines = Array.from({ length: 70 }, (_, i) => `expect no plaintext under ./n${i}.json\n`);
  const { find, opened } = finder();
  const trace = parseTrace("test", `device eth0\n${connection}${lines.join("")}`, find);
  assert.equal(opened.length, 64);
  assert.match(trace.diagnostics.at(-1)!.message, /at most 64 profile files/);
});

const story = (device: string, expects: string) =>
  `device  eth0 profile=${device} mtu=1500
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=0
+0     web send 100
+0     web > 0:129(129)
${expects}`;

test("parse(print(trace)) is the trace, whose devices and expect lines name files", () => {
  for (const device of words.filter(([, id]) => id !== null).map(([word]) => word)) {
    for (const kernel of ["", " kernel=v6.18"]) {
      const expects = `       expect no resync under ${device}\nexpect no plaintext under ./my-nic.json@v5.8,connectx\n`;
      const trace = parse(story(`${device}${kernel}`, expects));
      assert.deepEqual(trace.diagnostics, []);
      const printed = printTrace(trace);
      assert.deepEqual(comparable(parse(printed)), comparable(trace), printed);
      assert.equal(printTrace(parse(printed)), printed);
    }
  }
  const text = story("./my-nic.json", "       expect no resync under ./my-nic.json\n");
  assert.equal(printTrace(parse(text)), text);
});

test("behind under a file goes by its path or its id, and so do its counters", () => {
  const trace = parse(
    story(
      "./my-nic.json",
      "expect counter my_resyncs=0 under my-nic\nexpect no plaintext under ./own-kernel.json\n",
    ),
  );
  assert.deepEqual(trace.diagnostics, []);
  const device = trace.devices[0]!;
  const speaks = (id: string) => runsUnder(trace, device, id);
  assert.ok(speaks("my-nic") && speaks("./my-nic.json") && speaks("next") && speaks("my-nic@next"));
  assert.ok(!speaks("connectx") && !speaks("my-nic/long-dump") && !speaks("./my-nic.json@v5.8"));
  assert.deepEqual(variantsOf(trace), ["./own-kernel.json"]);
  // An id is known from a device line alone, so that lines do not depend on what others say behind under.
  const unnamed = story(
    "connectx",
    "expect no plaintext under ./my-nic.json\nexpect no plaintext under my-nic\n",
  );
  assert.match(
    messages(parse(unnamed))[0]!,
    /^6: error: no profile or kernel .* of a file as \.\/my-nic\.json$/,
  );
  assert.match(
    messages(parse(story("connectx", "expect no plaintext under ./bad.json\n")))[0]!,
    /^5: error: \.\/bad\.json:3:3: this is no key/,
  );
});

test("a run under another profile or kernel still knows what the trace names", () => {
  const text = story(
    "./my-nic.json",
    "expect no plaintext under ./my-nic.json,my-nic\nexpect counter my_resyncs=0\n",
  );
  const { find } = finder();
  const innova = variantOf("innova", find)!;
  const other = parse(text, innova.profileOf);
  assert.deepEqual([other.devices[0]!.profile.id, other.diagnostics], ["innova", []]);
  assert.ok(!runsUnder(other, other.devices[0]!, "my-nic"));
  const older = parse(text, variantOf("v5.8", find)!.profileOf);
  const [device] = older.devices;
  assert.deepEqual([device!.profile.id, device!.kernel.id], ["my-nic", "v5.8"]);
  assert.equal(variantOf("mlx5", find), null);
  // The same file by another path, as on the command line, is the same profile.
  const elsewhere = { ...find("./my-nic.json")!, word: "traces/my-nic.json" };
  const same = parse(text, () => elsewhere);
  assert.ok(runsUnder(same, same.devices[0]!, "./my-nic.json"));
});
