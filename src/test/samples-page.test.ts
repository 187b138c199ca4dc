import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { type Sample, sampleGroups, samplesIn } from "../node/samples.ts";

/** The page of samples is made from the samples: their names, their first comment lines, the bugs that they name. UPDATE=1 writes it. */
const folder = "media/samples";
const page = path.join(folder, "README.md");

const samples = samplesIn(folder, "");
/** The kernel's own tests as traces. */
const selftests = samplesIn(folder, "selftests");

const link = (name: string): string => `[${path.parse(name).name}](${name})`;

function pageOf(all: readonly Sample[]): string {
  const [mechanisms, bugs] = [
    all.filter(({ bugs }) => bugs.length === 0),
    all.filter(({ bugs }) => bugs.length > 0),
  ];
  return `# Samples

A trace for each mechanism and each bug that the model knows, its story at its head. Behind \`under\` each says what every
family or kernel does, so one file is run as all of them: \`node dist/cli.js test ${folder}/qdisc-drop.tlstrace\`.

Beside them: \`lossy.pcap\` and \`upload.pcap\`, real captures with their key logs; \`my-nic.nic.json\`, the profile of
\`my-nic.tlstrace\`; \`evidence/\`, a trace with what a kernel reported of it, once in agreement and once not.

## Mechanisms

| sample | shows |
|---|---|
${mechanisms.map(({ name, title }) => `| ${link(name)} | ${title} |`).join("\n")}

## Bugs

A bug is a variant of a family, \`connectx/stale-lookup\`; the lines under it say how it shows, those under \`connectx\` that
it is mended.

| sample | shows | under |
|---|---|---|
${bugs.map(({ name, title, bugs }) => `| ${link(name)} | ${title} | ${bugs.map((id) => `\`${id}\``).join(", ")} |`).join("\n")}

## The kernel's own tests

The sending side of \`drivers/net/hw/tls_hw_offload.py\` and of \`net/tls.c\`, both below \`tools/testing/selftests\`.

| sample | shows |
|---|---|
${selftests.map(({ name, title }) => `| ${link(name)} | ${title} |`).join("\n")}

This page is made from the first comment line of each file: \`UPDATE=1 npm test\` writes it.
`;
}

test("media/samples/README.md lists every sample by its first comment line (UPDATE=1 writes it)", () => {
  const text = pageOf(samples);
  if (process.env.UPDATE === "1") writeFileSync(page, text);
  assert.equal(readFileSync(page, "utf8"), text, `${page} (UPDATE=1 rewrites it)`);
});

test("every sample's first line is one sentence, and no two are alike", () => {
  assert.ok(samples.length > 60);
  for (const { name, title } of [...samples, ...selftests]) {
    assert.match(title, /^\S.*\.$/, name);
    assert.ok(title.length <= 120, name);
    assert.ok(!title.includes("|"), `${name}: it stands in a table`);
  }
  const titles = [...samples, ...selftests].map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length);
});

test("the picker of samples has every trace, script and capture of the folder once", () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tlstrace|pkt|pcap)$/.test(name))
    .map((name) => name.split(path.sep).join("/"));
  const offered = sampleGroups(folder).flatMap(({ samples }) => samples.map(({ name }) => name));
  assert.deepEqual(offered.sort(), files.sort());
});
