import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type * as lsp from "vscode-languageserver-types";
import { Client, marked } from "./client.ts";

let client: Client;
before(async () => {
  client = await new Client().initialize();
});
after(async () => {
  assert.equal(await client.end(), 0);
  assert.equal(client.errors, "");
});

const head = "device eth0 profile=connectx mtu=1500\nconnection web device=eth0\n";

const shown = ({ severity, message, range: { start, end } }: lsp.Diagnostic) =>
  `${start.line}:${start.character}-${end.line}:${end.character} ${severity} ${message}`;

test("a document's diagnostics are those of its reader, at their places", async () => {
  const document = client.open(`${head}+0 web send 100\n+0 wbe send 1\n`);
  assert.deepEqual((await document.diagnostics()).map(shown), [
    "3:3-3:6 1 no connection of this name is declared above; there is web",
  ]);
  document.change({
    range: { start: { line: 3, character: 3 }, end: { line: 3, character: 6 } },
    text: "web",
  });
  assert.deepEqual(await document.diagnostics(), []);
  document.close();
});

const kernelsOf = (head: string) => ["v4.19", "v5.8", "v6.1", "v6.18", "v7.2", "next"].map((id) => head + id);

/** Labels that are offered at `|`. */
async function offered(text: string): Promise<string[]> {
  const { text: whole, line, character } = marked(text);
  const document = client.open(whole);
  const items: lsp.CompletionItem[] = await document.at("completion", line, character);
  document.close();
  return items.map(({ label }) => label);
}

test("what can stand at a place is offered, and nothing else", async () => {
  const rows: [text: string, labels: string[]][] = [
    ["|", ["+0", "+.001", "expect", "connection", "device"]],
    [`${head}+0 |`, ["eth0", "web"]],
    [`${head}+0 eth0 |`, ["down", "up", "reset", "hold", "resume", "refuse", "accept", "become"]],
    [`${head}+0 web install |`, ["unsent"]],
    [`${head}+0 web send 10 |`, ["more", "eor", "zerocopy", "type="]],
    [`${head}+0 web send 10 more |`, ["zerocopy"]],
    [`${head}+0 web send 10 zerocopy |`, ["more", "eor", "pieces=", "type="]],
    [`${head}+0 web send 10 type=|`, ["change_cipher_spec", "alert", "handshake", "application_data"]],
    [`${head}+0 web < |`, ["ack"]],
    [`${head}+0 web < ack 10 |`, ["sack", "racing"]],
    [`${head}+0 web reroute |`, ["eth0"]],
    [`${head}+0 eth0 become connectx/long-dump@v5|`, kernelsOf("connectx/long-dump@")],
    ["device a |", ["profile=", "kernel=", "mtu=", "slaves="]],
    ["device a kernel=|", ["v4.19", "v5.8", "v6.1", "v6.18", "v7.2", "next"]],
    [
      "device a profile=connectx@v6|",
      [
        "connectx@v4.19",
        "connectx@v5.8",
        "connectx@v6.1",
        "connectx@v6.18",
        "connectx@v7.2",
        "connectx@next",
      ],
    ],
    ["device a\ndevice b\ndevice c slaves=a,|", ["b"]],
    [`${head}+0 web > 0:0(0)\n  expect dropped |`, ["reason=", "length=", "under"]],
    [
      `${head}+0 web > 0:0(0)\n  expect wire=|`,
      ["match", "plaintext", "placeholder", "wrong-tag", "wrong-ciphertext", "unknown", "nothing"],
    ],
    [`${head}+0 web send 3000\n+0 web > 0:1448(1448)\n+0 web > |`, ["1448:2896(1448)"]],
    [`${head}+0 web send 3000\n+0 web > 0:1448(1448)\n+0 web < ack |`, ["1448"]],
    ["# a remark |", []],
  ];
  for (const [text, labels] of rows) assert.deepEqual(await offered(text), labels, text);
  const bugs = await offered("device a profile=connectx/|");
  assert.ok(bugs.includes("connectx/long-dump") && !bugs.some((bug) => bug.includes("chelsio")));
});

test("a hover says what a word is", async () => {
  const rows: [text: string, says: RegExp][] = [
    [`${head}+0 web s|end 100`, /The application writes: sendmsg\(\)/],
    [`${head}+0 w|eb send 100`, /connection web device=eth0/],
    [`${head}+0 web send 100 mo|re`, /MSG_MORE: the record stays open/],
    ["device a profile=conn|ectx/long-dump", /long-dump/],
    ["device a kernel=v5|.8", /v5\.6 to v5\.19/],
    [
      `${head}+0 web > 0:0(0)\n  expect out-of-|order`,
      /does not start at the sequence number that the driver expects/,
    ],
  ];
  const [event, own] = [`${head}+0 web > 0:0(0)\n`, path.resolve("media/samples/my-nic.tlstrace")];
  rows.push(
    [`${event}  expect dropped rea|son=marked`, /`reason`: no-sync-data, .* and /],
    // kernel.md section 6: mlx5 counts a mismatch, older ones where it rebuilds the state.
    [`${event}expect counter tx_tls_o|oo=1`, /\*\*tx_tls_ooo\*\*, a counter.*out-of-order, resync/],
    [readFileSync(own, "utf8").replace("under ./my", "under |./my"), /\*\*my-nic\*\*: Example 200G/],
    [
      readFileSync(own, "utf8").replace("counter ktls", "counter |ktls"),
      /ktls_replayed_bytes\*\*, a counter of my-nic/,
    ],
  );
  for (const [marker, says] of rows) {
    const { text, line, character } = marked(marker);
    const document = client.open(text, own);
    const hover: { contents: lsp.MarkupContent } = await document.at("hover", line, character);
    assert.match(hover.contents.value, says, marker);
    document.close();
  }
});
