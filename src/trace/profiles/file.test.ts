import assert from "node:assert/strict";
import { test } from "node:test";
import { bugs } from "../../core/bugs/catalogue.ts";
import { deviceCounters } from "../../core/machine/counters.ts";
import { kernelById } from "../../core/machine/generation.ts";
import { profileWords } from "../../core/machine/profile.ts";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { connectx } from "../../core/profiles/connectx.ts";
import { parseProfile, profileKeys, profileSizeMax } from "./file.ts";

/** The profile of a file without mistakes. */
function read(text: string, name = "my-nic.json") {
  const { profile, diagnostics } = parseProfile(name, text);
  assert.deepEqual(diagnostics, []);
  return profile!;
}

test("a file that names its base alone is that family under the file's name", () => {
  for (const base of profiles) {
    const { id, title, ...rest } = read(`{"base": "${base.id}"}`);
    const { id: _id, title: _title, ...expected } = base;
    assert.deepEqual(rest, expected, base.id);
    assert.deepEqual([id, title], ["my-nic", `my-nic, after ${base.title}`]);
  }
});

test("the id is the file's name without folders and ending, unless it is given", () => {
  assert.equal(read('{"base": "bnxt"}', "nics/Thor-3.JSON").id, "Thor-3");
  assert.equal(read('{"base": "bnxt"}', "C:\\nics\\thor.nic.json").id, "thor");
  assert.equal(read('{"base": "bnxt", "id": "thor3"}', "a b.json").id, "thor3");
});

test("every key of a profile can be given", () => {
  const text = `{
  "$schema": "../profile.schema.json", "base": "connectx", "id": "n1", "title": "N 1", "recovery": "rebuild",
  "prefixVia": "sync-packet", "paramsWithFirstPacket": false,
  "straddleDrop": "bypass-required", "countsSkips": false, "checksSkippedMark": false, "commit": "undone",
  "seqCheckedByNic": false, "onReset": "loses-contexts", "countsAsOutOfOrder": "mismatches", "countsPackets": "skbs",
  "versions": ["1.3", "1.2"], "ciphers": ["aes-256-gcm"], "headerSize": 62,
  "counters": { "resyncs": "n1_resyncs", "dumpBytes": null }, "descriptorNames": { "dump": "FEED" },
  "faults": ["long-dump", "no-undo"], "kernel": "next"
}`;
  const { counters, descriptorNames } = connectx;
  const { dumpBytes: _, ...others } = counters;
  assert.deepEqual(read(text), {
    id: "n1",
    title: "N 1",
    recovery: "rebuild",
    prefixVia: "sync-packet",
    requestsBeforeFallback: false,
    paramsWithFirstPacket: false,
    straddleDrop: "bypass-required",
    countsSkips: false,
    checksSkippedMark: false,
    commit: "undone",
    seqCheckedByNic: false,
    onReset: "loses-contexts",
    countsAsOutOfOrder: "mismatches",
    countsPackets: "skbs",
    versions: [0x0304, 0x0303],
    ciphers: ["aes-256-gcm"],
    headerSize: 62,
    counters: { ...others, resyncs: "n1_resyncs" },
    sourceNames: {},
    descriptorNames: { ...descriptorNames, dump: "FEED" },
    faults: ["long-dump", "no-undo"],
    kernel: kernelById("next"),
  });
  // requestsBeforeFallback would contradict the recovery.
  const given = profileKeys.filter((key) => key !== "requestsBeforeFallback");
  for (const key of given) assert.ok(text.includes(`"${key}"`), key);
  assert.equal(read('{"base": "netronome", "requestsBeforeFallback": true}').requestsBeforeFallback, true);
  assert.equal(read('{"base": "fungible", "seqCheckedByNic": true}').seqCheckedByNic, true);
});

test("every word that a key can take is taken", () => {
  // Only next-record has fallbacks to count, and pieces alone move the TCP control block.
  const along: Record<string, string> = {
    "countsAsOutOfOrder fallbacks": `, "recovery": "next-record"`,
    "countsAsOutOfOrder moves": `, "recovery": "pieces"`,
    "countsAsOutOfOrder resyncs": `, "recovery": "presync"`,
    "recovery pieces": `, "countsAsOutOfOrder": "moves"`,
    "recovery chain": `, "countsAsOutOfOrder": "resyncs"`,
  };
  for (const [key, words] of Object.entries(profileWords))
    for (const word of words) {
      const profile = read(`{"base": "connectx", "${key}": "${word}"${along[`${key} ${word}`] ?? ""}}`);
      assert.equal(profile[key as keyof typeof profileWords], word);
    }
  for (const bug of bugs)
    assert.deepEqual(read(`{"base": "innova", "faults": ["${bug.name}"]}`).faults, [bug.name]);
  for (const counter of deviceCounters)
    assert.equal(read(`{"base": "innova", "counters": {"${counter}": "n"}}`).counters[counter], "n");
});

const families = profiles
  .map(({ id }) => `"${id}"`)
  .join(", ")
  .replace(/, (?="[^"]*"$)/, " or ");
const idForm = "letters, digits, dots, dashes and underscores, a letter first, at most 64 in all";
const anId = `an id is ${idForm}, and does not end in .json; write "id": "my-nic"`;

/** Files of one mistake: the line, what is marked, and the message, as somebody must be able to mend it from them. */
const mistakes: [text: string, marked: string, message: string][] = [
  ["{}", "^", `base is missing: the family to start from, ${families}; add "base": "connectx"`],
  ['{"base": "mlx5"}', "         ^^^^^^", `base takes ${families}, not this text`],
  [
    '{"base": "connectx/long-dump"}',
    "         ^^^^^^^^^^^^^^^^^^^^",
    `base takes ${families}, not this text`,
  ],
  ['["connectx"]', "^^^^^^^^^^^^", 'a profile takes an object in braces, as {"KEY": VALUE}, not a list'],
  ['{"base": "innova",}', "                  ^", "a key in double quotes behind the comma is expected here"],
  [
    '{"base": "innova", "Recovery": "rebuild"}',
    "                   ^^^^^^^^^^",
    `this is no key of a profile; there are ${profileKeys.join(", ")}`,
  ],
  [
    '{"base": "innova", "__proto__": {"recovery": "pieces"}}',
    "                   ^^^^^^^^^^^",
    `this is no key of a profile; there are ${profileKeys.join(", ")}`,
  ],
  ['{"base": "innova", "base": "bnxt"}', "                   ^^^^^^", "base is given twice; leave one out"],
  [
    '{"base": "innova", "recovery": "rebuilt"}',
    "                               ^^^^^^^^^",
    'recovery takes "rebuild", "chain", "pieces", "next-record", "presync" or "none", not this text',
  ],
  [
    '{"base": "innova", "commit": ["late"]}',
    "                             ^^^^^^^^",
    'commit takes "early", "undone" or "late", not a list',
  ],
  [
    '{"base": "innova", "countsSkips": 1}',
    "                                  ^",
    "countsSkips takes true or false, not this number",
  ],
  [
    '{"base": "innova", "title": null}',
    "                            ^^^^",
    "title takes a text in double quotes, not null",
  ],
  [
    '{"base": "innova", "title": ""}',
    "                            ^^",
    "title is a text of one line, 1 to 200 characters",
  ],
  ['{"base": "innova", "id": "a b"}', "                         ^^^^^", anId],
  ['{"base": "innova", "id": "nic.json"}', "                         ^^^^^^^^^^", anId],
  [
    '{"base": "innova", "id": "connectx"}',
    "                         ^^^^^^^^^^",
    'connectx is a family or kernel of the model; write another id, as "id": "my-connectx"',
  ],
  [
    '{"base": "innova", "id": "v5.8"}',
    "                         ^^^^^^",
    'v5.8 is a family or kernel of the model; write another id, as "id": "my-v5.8"',
  ],
  [
    '{"base": "innova", "versions": []}',
    "                               ^^",
    'versions takes a list of "1.2" or "1.3", not a list',
  ],
  [
    '{"base": "innova", "versions": [1.2]}',
    "                                ^^^",
    'each of versions takes "1.2" or "1.3", not this number',
  ],
  [
    '{"base": "innova", "versions": ["1.2", "1.2"]}',
    "                                       ^^^^^",
    "1.2 is given twice; leave one out",
  ],
  [
    '{"base": "innova", "ciphers": ["aes-128-cbc"]}',
    "                               ^^^^^^^^^^^^^",
    'each of ciphers takes "aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ccm" or "aes-256-ccm", not this text',
  ],
  ...[
    ["-1", "this number"],
    ["1e9", "this number"],
    ["0.5", "this number"],
    ['"62"', "this text"],
    ["null", "null"],
  ].map(([size = "", kind = ""]): [string, string, string] => [
    `{"base": "innova", "headerSize": ${size}}`,
    `                                 ${"^".repeat(size.length)}`,
    `headerSize takes a whole number from 0 to 256, not ${kind}`,
  ]),
  [
    '{"base": "innova", "counters": {"ooo": "x"}}',
    "                                ^^^^^",
    `this is no key of counters; there are ${deviceCounters.join(", ")}`,
  ],
  [
    '{"base": "innova", "counters": {"resyncs": "a=b"}}',
    "                                           ^^^^^",
    `counters.resyncs takes a name of ${idForm}, or null, not this text`,
  ],
  [
    '{"base": "innova", "counters": {"resyncs": "tx_tls_ooo"}}',
    "                               ^^^^^^^^^^^^^^^^^^^^^^^^^",
    "resyncs and outOfOrder have one name; name one of them otherwise, or null",
  ],
  [
    '{"base": "innova", "descriptorNames": {"packet": ""}}',
    "                                                 ^^",
    `descriptorNames.packet takes a name of ${idForm}, not this text`,
  ],
  [
    '{"base": "innova", "faults": ["long"]}',
    "                              ^^^^^^",
    `each of faults takes ${bugs
      .map(({ name }) => `"${name}"`)
      .join(", ")
      .replace(/, (?="[^"]*"$)/, " or ")}, not this text`,
  ],
  [
    '{"base": "innova", "faults": {"dumpWhole": true}}',
    "                             ^^^^^^^^^^^^^^^^^^^",
    `faults takes a list of ${bugs
      .map(({ name }) => `"${name}"`)
      .join(", ")
      .replace(/, (?="[^"]*"$)/, " or ")}, not an object`,
  ],
  [
    '{"base": "innova", "kernel": "6.18"}',
    "                             ^^^^^^",
    'kernel takes "v4.19", "v5.8", "v6.1", "v6.18", "v7.2" or "next", not this text',
  ],
  // What contradicts what else the file says.
  [
    '{"base": "netronome", "prefixVia": "dump"}',
    "                      ^^^^^^^^^^^",
    "prefixVia has a meaning only where recovery is rebuild; here recovery is next-record and prefixVia dump: leave prefixVia out",
  ],
  [
    '{"base": "connectx", "headerSize": 62}',
    "                     ^^^^^^^^^^^^",
    "headerSize has a meaning only where recovery is chain or none, or rebuild with prefixVia sync-packet; here recovery is rebuild and prefixVia dump: leave headerSize out",
  ],
  [
    '{"base": "innova", "requestsBeforeFallback": true}',
    "                   ^^^^^^^^^^^^^^^^^^^^^^^^",
    "requestsBeforeFallback has a meaning only where recovery is next-record; here recovery is rebuild and prefixVia sync-packet: leave requestsBeforeFallback out",
  ],
  [
    '{"base": "freebsd-connectx", "countsAsOutOfOrder": "mismatches"}',
    "                             ^^^^^^^^^^^^^^^^^^^^",
    'a driver whose recovery is chain counts what it posts resyncs for, and only presync can do so, too; write "countsAsOutOfOrder": "resyncs" there, "mismatches" elsewhere',
  ],
  [
    '{"base": "innova", "countsAsOutOfOrder": "resyncs"}',
    "                   ^^^^^^^^^^^^^^^^^^^^",
    'a driver whose recovery is chain counts what it posts resyncs for, and only presync can do so, too; write "countsAsOutOfOrder": "resyncs" there, "mismatches" elsewhere',
  ],
  [
    '{"base": "netronome", "recovery": "presync", "seqCheckedByNic": false}',
    "                      ^^^^^^^^^^",
    'only a driver whose recovery is next-record counts fallbacks as out of order; write "countsAsOutOfOrder": "mismatches"',
  ],
  [
    '{"base": "chelsio-t6", "countsAsOutOfOrder": "mismatches"}',
    "                       ^^^^^^^^^^^^^^^^^^^^",
    'a driver whose recovery is pieces counts moves of the TCP control block, and no other does; write "countsAsOutOfOrder": "moves" there, "mismatches" elsewhere',
  ],
  [
    '{"base": "connectx", "seqCheckedByNic": true}',
    "                     ^^^^^^^^^^^^^^^^^",
    'only a driver whose recovery is next-record tells the NIC the number to check; write "seqCheckedByNic": false',
  ],
  [
    '{"base": "connectx", "versions": ["1.3"], "kernel": "v5.8"}',
    "                     ^^^^^^^^^^",
    "kernel v5.8 offloads no other versions than 1.2: nothing would be offloaded",
  ],
  [
    '{"base": "connectx", "ciphers": ["aes-256-gcm"], "kernel": "v4.19"}',
    "                     ^^^^^^^^^",
    "kernel v4.19 offloads no other ciphers than aes-128-gcm: nothing would be offloaded",
  ],
];
for (const [text, marked, message] of mistakes) {
  test(`${text} is refused`, () => {
    const { profile, diagnostics } = parseProfile("my-nic.json", `\n${text}\n`);
    const start = marked.indexOf("^");
    assert.deepEqual(diagnostics, [{ severity: "error", message, line: 2, start, end: marked.length }]);
    assert.equal(profile, null);
  });
}

test("a file whose name makes no id has to give one", () => {
  const { diagnostics } = parseProfile("my nic.json", '{"base": "bnxt"}');
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    [`the file's name makes no id: ${anId}`],
  );
  assert.match(
    parseProfile("innova.json", '{"base": "bnxt"}').diagnostics[0]!.message,
    /^innova is a family/,
  );
});

test("every mistake is told in the file's order, at most twenty, and how many more there are", () => {
  const keys = Array.from({ length: 30 }, (_, i) => `\r\n  "k${i}": ${i}`);
  const { diagnostics } = parseProfile("a.json", `{"base": "bnxt",${keys.join(",")}}`);
  assert.deepEqual(
    diagnostics.map(({ line }) => line),
    Array.from({ length: 21 }, (_, i) => i + 2),
  );
  assert.match(diagnostics[20]!.message, /^10 more errors are not shown/);
});

test("a value of many lines is marked to its line's end", () => {
  const { diagnostics } = parseProfile("a.json", `{"base": "bnxt",\n"title": [\n"x"\n]}`);
  const [{ line, start, end }] = diagnostics as [Required<(typeof diagnostics)[0]>];
  assert.deepEqual([line, start, end], [2, 9, 10]);
});

// Who names a file in a trace may want to know what stands in it.
const secret = "zq7-hqxwv-9k";
const foreign = [
  JSON.stringify(secret),
  JSON.stringify([secret]),
  JSON.stringify({ [secret]: 1 }),
  JSON.stringify({ [secret]: { [secret]: secret } }),
  ...["base", "id", "title", "recovery", "kernel", "countsSkips", "versions", "faults"].flatMap((key) => [
    JSON.stringify({ base: "innova", [key]: secret }),
    JSON.stringify({ base: "innova", [key]: [secret, secret] }),
    JSON.stringify({ base: "innova", [key]: { [secret]: secret } }),
  ]),
  JSON.stringify({ base: "innova", counters: { resyncs: secret, outOfOrder: secret } }),
  JSON.stringify({ base: "innova", descriptorNames: { dump: `${secret} ` } }),
  `{"base": ${secret}}`,
  `{"base": "innova" ${secret}}`,
  `${secret}`,
  `{${secret}: 1}`,
];
test("no message repeats what stands in a file", () => {
  for (const text of foreign)
    for (const { message } of parseProfile("a.json", text).diagnostics)
      for (let at = 0; at + 4 <= secret.length; at++)
        assert.ok(!message.includes(secret.slice(at, at + 4)), `${text}: ${message}`);
});

test("the size of a file is bounded, and a byte order mark does not move columns of other lines", () => {
  assert.match(
    parseProfile("a.json", " ".repeat(profileSizeMax + 1)).diagnostics[0]!.message,
    /at most 65536 characters/,
  );
  assert.deepEqual(parseProfile("a.json", '\uFEFF{"base": "bnxt"}').diagnostics, []);
});

test("nothing that a file says changes the families of the model", () => {
  const before = structuredClone(profiles);
  read(
    '{"base": "connectx", "counters": {"resyncs": "n"}, "descriptorNames": {"dump": "D"}, "faults": ["long-dump"]}',
  );
  parseProfile("a.json", '{"base": "connectx", "__proto__": {"x": 1}, "counters": {"__proto__": "y"}}');
  assert.deepEqual(profiles, before);
  assert.equal(profileById("connectx"), connectx);
  assert.equal(Object.hasOwn(Object.prototype, "x"), false);
});
