import { strict as assert } from "node:assert";
import type * as lsp from "vscode-languageserver-types";
import { Client, type Document } from "../lsp/client.ts";
import type { Result } from "./goals.ts";
import { spreadOf } from "./measure.ts";

const lines = 10_000;
/** Keys of one round, which the first ones are not counted of: a process just started is slower. */
const keys = 40;
const keysBefore = 20;

/** A stream in order with an expectation a packet, as long as a trace gets that somebody writes. */
const longText = (): string =>
  [
    "device eth0\nconnection web device=eth0\n",
    ...Array.from(
      { length: Math.floor(lines / 3) },
      (_, i) =>
        `+.001 web send 1440\n+0 web > ${i * 1469}:${(i + 1) * 1469}(1469)\n       expect encrypted length=1469\n`,
    ),
  ].join("");

/** What two answers to one key took, in milliseconds. */
interface KeyTimes {
  completion: number;
  diagnostics: number;
}

/** Keys typed into the middle of the trace, each once the one before is answered. */
async function typed(client: Client, document: Document): Promise<KeyTimes[]> {
  const line = lines / 2 - ((lines / 2) % 3) + 2;
  const times: KeyTimes[] = [];
  await document.diagnostics();
  for (let key = 0; key < keysBefore + keys; key++) {
    const character = "+.001 web ".length;
    const range = { start: { line, character }, end: { line, character: character + (key % 2) } };
    const started = performance.now();
    document.change({ range, text: key % 2 === 0 ? "x" : "" });
    const told = document.diagnostics().then((found) => {
      assert.equal(found.length > 0, key % 2 === 0);
      return performance.now() - started;
    });
    const offered = await document.at<lsp.CompletionItem[]>("completion", line, character);
    const completion = performance.now() - started;
    assert.ok(offered.length > 5);
    times.push({ completion, diagnostics: await told });
  }
  assert.equal(client.errors, "");
  return times.slice(keysBefore);
}

/** P25, P26: what an editor waits for behind a key in a trace of 10,000 lines, through the server's process. */
export async function measureWriting(rounds: number): Promise<Result[]> {
  const times: KeyTimes[] = [];
  for (let round = 0; round < rounds; round++) {
    const client = await new Client().initialize();
    times.push(...(await typed(client, client.open(longText()))));
    await client.end();
  }
  const row = (id: string, what: keyof KeyTimes): Result => ({
    id,
    what: `${what} behind a key in a trace of ${lines} lines, through the language server`,
    measured: spreadOf(times.map((one) => one[what])),
    floor: 50,
    aim: 25,
    unit: "ms",
    isCeiling: true,
  });
  return [row("P25", "completion"), row("P26", "diagnostics")];
}
