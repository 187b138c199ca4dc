import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { everything, sample, session } from "../test/dap-session.ts";
import { isSteering, visible } from "../trace/visible.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-names-"));
after(() => rmSync(folder, { recursive: true }));

/** Clears a console, begins a command of a terminal by one character, turns what follows around, forges a line. */
const nasty = "a\x1b]0;title\x07\x9b31m\u202eb\u2066c";
const named = (end: string): string => path.join(folder, `${nasty}\n${end}`);
function file(end: string, content: string): string {
  writeFileSync(named(end), content);
  return named(end);
}

for (const end of [".pcap", ".keys"]) copyFileSync(sample(`lossy${end}`), named(end));
const story = "device eth0\nconnection web device=eth0\n+0 web send 1000\n+0 web > 0:1029(1029)\n";
const program = sample("retransmission-in-record.tlstrace");
const counters = (end: string, value: number) =>
  file(end, `NIC statistics:\n     tx_tls_${nasty}: ${value}\n     tx_tls_ooo: ${value}\n`);

/** Every text of every message; a source's path is what its file is called, and has to be. */
function* textsIn(of: unknown): Generator<string> {
  if (typeof of === "string") yield of;
  else if (typeof of === "object" && of !== null)
    for (const [key, value] of Object.entries(of)) if (key !== "path") yield* textsIn(value);
}

const launches: [says: string, args: object, succeeds: boolean][] = [
  ["a capture and its keys", { program: named(".pcap") }, true],
  [
    "a trace whose words they are",
    { program: file(".tlstrace", `${story}+0 web ${nasty}\nexpect ${nasty}=1\n`) },
    true,
  ],
  ["evidence", { program, evidence: [counters("before", 0), counters("after", 77)] }, true],
  ["a file that is no keys", { program: sample("lossy.pcap"), keys: [file("none.keys", "\0\x01")] }, false],
  ["a file that is no evidence", { program, evidence: [file("none", "nothing")] }, false],
  ["a file that is no profile", { program, profile: file("none.json", `{"id":"${nasty}"}`) }, false],
  ["a stream that is not there", { program: sample("lossy.pcap"), streams: [nasty] }, false],
  ["a file that is not there", { program: named("absent") }, false],
];
for (const [says, args, succeeds] of launches)
  test(`names that steer a console or the editor reach them escaped: ${says}`, async () => {
    const client = session();
    await client.ask("initialize", { adapterID: "tlstrace" });
    const launched = await client.send("launch", args);
    assert.equal(launched.success, succeeds, launched.message);
    const texts = [...textsIn(launched)];
    if (succeeds) {
      await client.ask("configurationDone");
      await client.ask("setBreakpoints", { source: { path: "x" }, breakpoints: [] });
      const { stackFrames } = await client.ask("stackTrace", { threadId: 1 });
      texts.push(...textsIn(stackFrames), ...(await everything(client)));
      for (const request of ["threads", "loadedSources"] as const)
        texts.push(...textsIn(await client.ask(request)));
      for (const event of ["output", "stopped"] as const) texts.push(...textsIn(client.told(event)));
    }
    for (const text of texts) assert.equal(text, visible(text));
    assert.ok(texts.some((text) => text.length > 0 && !isSteering(text)));
  });
