import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-printed-"));
after(() => rmSync(folder, { recursive: true }));
const cli = path.resolve("dist/cli.js");
function tlstrace(...args: string[]) {
  const options = { cwd: folder, maxBuffer: 1 << 28 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], options);
  return { status, text: `${stdout.toString("latin1")}\n${stderr.toString("latin1")}` };
}
function file(name: string, content: string): string {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
  return name;
}

/** The ways in which bytes could stand in a text. */
const spellings = (hex: string): string[] => {
  const bytes = Buffer.from(hex, "hex");
  return [hex, hex.toUpperCase(), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("latin1")];
};
const key = "00112233445566778899aabbccddee01";
const stated = file(
  "stated.tlstrace",
  `device eth0
connection web device=eth0 version=1.2 cipher=aes-128-gcm key=${key} salt=a0a1a2a3 iv=b0b1b2b3b4b5b6b7
+0 web send 1000
+0 web > 0:1029(1029)
+0 web > 500:1029(529)
expect counter tx_tls_ooo=1
`,
);

test("keys that a trace states are printed by nobody", () => {
  const commands = [
    ["replay", stated],
    ["replay", "--json", stated],
    ["verify", stated],
    ["compare", "--profiles", "connectx,netronome", "--all", stated],
    ["compare", "--profiles", "connectx,netronome", "--json", stated],
    ["test", stated],
    ["test", "--junit", "/dev/stdout", "--sarif", "/dev/stderr", stated],
  ];
  for (const command of commands) {
    const { text } = tlstrace(...command);
    for (const secret of [...spellings(key), "a0a1a2a3", "b0b1b2b3b4b5b6b7"])
      assert.ok(!text.includes(secret), `${command.join(" ")} prints ${secret}`);
  }
});

test("but who asks for them", () => {
  const { text } = tlstrace("replay", "--show-keys", stated);
  assert.ok(text.includes(`key=${key} salt=a0a1a2a3 iv=b0b1b2b3b4b5b6b7`), text);
});

test("nor are those of a key log, nor one that was given where its file belongs", () => {
  const capture = path.resolve("media/samples/lossy.pcap");
  const log = path.resolve("media/samples/lossy.keys");
  const secrets = [...readFileSync(log, "utf8").matchAll(/ ([0-9a-fA-F]{64,})\s*$/gm)].map(
    (match) => match[1]!,
  );
  assert.ok(secrets.length > 0);
  for (const command of [["replay"], ["replay", "--json"], ["verify"]])
    for (const keys of [log, secrets[0]!]) {
      const { text } = tlstrace(...command, capture, "--keys", keys);
      for (const secret of secrets)
        for (const spelling of spellings(secret)) assert.ok(!text.includes(spelling), `${command} ${keys}`);
    }
});

/** Control characters but tab and line feed, and marks of direction as they stand in UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const steers = /[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/;
const nasty = "a\x1b]0;title\x07\x9b31m\u202eb";
const head = (device: string, name = "web") =>
  `device ${device}\nconnection ${name} device=${device.split(" ")[0]}\n+0 ${name} send 10\n+0 ${name} > 0:39(39)\n`;
const traces = [
  file("profile.tlstrace", head(`eth0 profile=./${nasty}.json`)),
  file("device.tlstrace", head(nasty)),
  file("connection.tlstrace", head("eth0", nasty)),
  file(
    "word.tlstrace",
    `${head("eth0")}${nasty}\n+0 web ${nasty}\n       expect ${nasty}=1\nexpect counter ${nasty}=1\n`,
  ),
  file(`named-${nasty}.tlstrace`, `${head("eth0")}expect no transmitted\nexpect wire=nothing\n`),
  file("line\nnamed.tlstrace:1: error: forged.tlstrace", "nonsense\n"),
  file("line\n::error::forged.tlstrace", `${head("eth0")}expect resync\n`),
];

test("what a file or its name says cannot steer a terminal, nor forge a line", () => {
  for (const trace of traces)
    for (const command of [
      ["replay"],
      ["replay", "--json"],
      ["verify"],
      ["test"],
      ["compare", "--profiles", "connectx,innova"],
    ]) {
      const { text } = tlstrace(...command, trace);
      assert.ok(!steers.test(text), `${command.join(" ")}: ${JSON.stringify(text)}`);
      assert.ok(!/^(::error::|named\.tlstrace:1: error: forged)/m.test(text), text);
    }
});

test("nor can a report in XML or SARIF that is shown there", () => {
  for (const trace of traces) {
    tlstrace("test", "--junit", "report.xml", "--sarif", "report.sarif", trace);
    for (const report of ["report.xml", "report.sarif"])
      assert.ok(!steers.test(readFileSync(path.join(folder, report), "latin1")), `${trace}: ${report}`);
  }
});

test("names that could do so are none of the language", () => {
  for (const trace of ["device.tlstrace", "connection.tlstrace"]) {
    const { text, status } = tlstrace("replay", trace);
    assert.equal(status, 2);
    assert.match(text, /a name holds no control characters and no marks of writing direction/);
  }
});
