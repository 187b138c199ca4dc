/** What a browser can do of this, where nothing of Node.js is: not its modules, not its globals. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { gzipSync } from "node:zlib";
import { sample, session } from "../dap-session.ts";
import { browserBundle } from "./bundle.ts";
import type { Heard } from "./debugged.ts";

const folder = "vscode-vfs://github/someone/traces/";
const capture = new Uint8Array(readFileSync(sample("lossy.pcap")));
const keys = new Uint8Array(readFileSync(sample("lossy.keys")));
const script = await browserBundle();

type Files = Readonly<Record<string, Uint8Array>>;

/** The bundle with what every browser gives its workers, and no more. */
function browser(): { debugged(files: Files, program: string): Promise<Heard> } {
  const { TextDecoder, TextEncoder, URL, setTimeout, clearTimeout, console, crypto } = globalThis;
  const { ReadableStream, DecompressionStream, performance, btoa, atob, queueMicrotask } = globalThis;
  const text = { TextDecoder, TextEncoder, URL, btoa, atob };
  const time = { setTimeout, clearTimeout, performance, queueMicrotask };
  const streams = { ReadableStream, DecompressionStream };
  // Its own Uint8Array would not be that of the streams, as it is in one browser.
  const page = vm.createContext({ ...text, ...time, ...streams, console, crypto, Uint8Array, ArrayBuffer });
  vm.runInContext(script, page);
  for (const name of ["process", "Buffer", "require"]) assert.equal(name in page, false);
  return page.web;
}

const files = (program: string, bytes: Uint8Array): Files => ({
  [folder + program]: bytes,
  [`${folder}lossy.keys`]: keys,
});
const debugged = (name: string, bytes: Uint8Array) => browser().debugged(files(name, bytes), folder + name);

/** The same, asked of a session that has Node.js. */
async function onDesktop(): Promise<Pick<Heard, "output" | "frames">> {
  const client = session();
  const { threadId } = await client.start({ program: sample("lossy.pcap") });
  const output = client.told("output").map((body) => body.output);
  return {
    output: output.join(""),
    frames: (await client.stack(threadId)).map(({ name, line }) => `${name} ${line}`),
  };
}

test("a capture beside its keys is verified and stops at its first out-of-order packet, as on a desktop", async () => {
  const heard = await debugged("lossy.pcap", capture);
  // From tshark's fields of the file: frame 22 ends at 1262277878, and frame 25 begins 258 bytes before the offload does.
  assert.equal(heard.expectedSeq, "18566 (1262277878)");
  assert.match(heard.text, /seq=-258 /);
  assert.match(heard.output, /12 of 12 records authenticated/);
  assert.match(heard.output, /, the first in frame 25$/m);
  assert.match(heard.frames[0]!, /^driver\.check /);
  const desktop = await onDesktop();
  assert.deepEqual([...heard.frames], desktop.frames);
  assert.equal(heard.output, desktop.output);
});

test("a capture that is compressed is inflated by the browser, a damaged one refused in words", async () => {
  const packed = new Uint8Array(gzipSync(capture));
  assert.equal((await debugged("lossy.pcap.gz", packed)).expectedSeq, "18566 (1262277878)");
  const cut = debugged("lossy.pcap.gz", packed.subarray(0, packed.length >> 1));
  await assert.rejects(cut, /lossy\.pcap\.gz is damaged or cut short as a gzip file/);
});

test("a file above the stated size is refused before it is read", async () => {
  const large = { length: 300 * 1024 * 1024 } as Uint8Array;
  const refused = /large\.pcap has 300 MiB, and in a browser at most 256 MiB are read: /;
  await assert.rejects(debugged("large.pcap", large), refused);
});

test("a trace finds the NIC's profile beside it, and none in other folders", async () => {
  const trace = readFileSync(sample("my-nic.tlstrace"), "utf8");
  const profile = new Uint8Array(readFileSync(sample("my-nic.nic.json")));
  const under = (word: string, place: string) => {
    const named = new TextEncoder().encode(trace.replaceAll("./my-nic.nic.json", word));
    const program = `${folder}a.tlstrace`;
    return browser().debugged({ [program]: named, [place]: profile }, program);
  };
  for (const word of ["./my-nic.nic.json", "././my-nic.nic.json"])
    assert.doesNotMatch((await under(word, `${folder}my-nic.nic.json`)).output, /my-nic\.nic\.json is/);
  const elsewhere = await under("../my-nic.nic.json", "vscode-vfs://github/someone/my-nic.nic.json");
  assert.match(elsewhere.output, /my-nic\.nic\.json is outside the folder of the trace/);
});

test("a capture that is not there is told by its name", async () => {
  await assert.rejects(browser().debugged({}, `${folder}a.pcap`), /a\.pcap cannot be read: check the path/);
});
