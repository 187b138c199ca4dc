import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { nodeEnvironment } from "../../node/environment.ts";
import { readManifest } from "../../test/l10n/manifest.ts";
import { DapClient } from "../dap-client.ts";
import { TraceDebugSession } from "../session.ts";

interface Snippet {
  label: string;
  body: Record<string, unknown>;
}
const { contributes } = readManifest<{
  contributes: { debuggers: [{ configurationSnippets: Snippet[] }] };
}>();
const { configurationSnippets } = contributes.debuggers[0];

/** A workspace that has what the snippets name. */
const workspace = mkdtempSync(path.join(os.tmpdir(), "tlstrace-snippets-"));
after(() => rmSync(workspace, { recursive: true }));
for (const [named, sample] of [
  ["trace.tlstrace", "retransmission-in-record.tlstrace"],
  ["capture.pcapng", "lossy.pcap"],
  ["capture.keys", "lossy.keys"],
  ["script.pkt", "fast-retransmit.pkt"],
  ["my-nic.nic.json", "my-nic.nic.json"],
  ["trace.report", "evidence/agrees.report"],
  ["before.txt", "evidence/agrees-before.txt"],
  ["after.txt", "evidence/agrees-after.txt"],
] as const)
  copyFileSync(path.resolve("media/samples", sample), path.join(workspace, named));

/** What is left of a text of a snippet when it is accepted as it stands; of choices the one of this number, or the first. */
const accepted = (text: string, choice: number): string =>
  text
    .replace(/^\^"(.*)"$/, "$1")
    .replace(/\$\{\d+\|([^|]+)\|\}/g, (_, words: string) => words.split(",")[choice] ?? words.split(",")[0]!)
    .replace(/\$\{\d+:([^}]*)\}/g, "$1")
    .replace(/\\\$\{workspaceFolder\}/g, workspace);

function launchOf(value: unknown, choice: number): unknown {
  if (typeof value === "string") return accepted(value, choice);
  if (Array.isArray(value)) return value.map((each) => launchOf(each, choice));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, each]) => [key, launchOf(each, choice)]),
  );
}

/** Launches, and gives what the session says until its first stop. */
async function said(launch: object): Promise<string> {
  const client = new DapClient(new TraceDebugSession(nodeEnvironment));
  await client.ask("initialize", { adapterID: "tlstrace" });
  const initialized = client.next("initialized");
  const { success, message } = await client.send("launch", launch);
  assert.ok(success, message);
  await initialized;
  await client.moves("configurationDone", {});
  const output = client.events.flatMap(({ event, body }) => (event === "output" ? [body.output] : []));
  await client.send("disconnect");
  return output.join("");
}

for (const { label, body } of configurationSnippets) {
  const choices = Math.max(
    1,
    ...[...JSON.stringify(body).matchAll(/\|([^|"]+)\|\}/g)].map(([, words]) => words!.split(",").length),
  );
  for (let choice = 0; choice < choices; choice++) {
    const launch = launchOf(body, choice) as { profile?: string; compare?: string[] };
    test(`${label} is debugged as it is offered${launch.profile ? ` with ${launch.profile}` : ""}`, async () => {
      const output = await said(launch);
      assert.match(output, /stream/);
      assert.doesNotMatch(output, /error:|cannot/);
      // What is compared with itself shows nothing.
      assert.ok(choice > 0 || !launch.compare?.includes(launch.profile ?? ""), `${launch.compare}`);
    });
  }
}
