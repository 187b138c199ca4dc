/** The debugger in a Web Worker of a real browser, as `npm run e2e -- --web` runs it: the sample's capture, without Node.js. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { sample } from "../dap-session.ts";
import { findBrowser, launchBrowser } from "../e2e/browser.ts";
import { browserBundle } from "./bundle.ts";
import type { Heard } from "./debugged.ts";

const address = "http://localhost/";
const folder = "vscode-vfs://github/someone/traces/";
const program = `${folder}lossy.pcap`;
let browser: Browser;

before(async () => {
  browser = await launchBrowser(findBrowser());
});
after(() => browser?.close());

/** The worker: it is given files and answers with what an editor heard, or why it was refused. */
const worker = async () => `${await browserBundle()}
onmessage = async ({ data: [files, program] }) => {
  const began = performance.now();
  try {
    const heard = await web.debugged(files, program);
    postMessage({ heard, ms: performance.now() - began, hasNode: typeof process !== "undefined" });
  } catch (error) {
    postMessage({ refused: String(error) });
  }
};`;

/** In the page: gives a worker the files, encoded as base64, and waits for what it says. */
const asked = `([files, program]) => new Promise((resolve) => {
  const decoded = Object.entries(files).map(([name, text]) => [name, Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
  const worker = new Worker("/worker.js");
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve({ refused: message });
  worker.postMessage([Object.fromEntries(decoded), program]);
})`;

interface Answer {
  heard: Heard;
  ms: number;
  hasNode: boolean;
  refused?: string;
}

test("a worker verifies the sample's capture and stops at its first out-of-order packet", async () => {
  const page = await browser.newPage();
  const script = await worker();
  await page.route("**/*", (route) =>
    route.request().url().endsWith("worker.js")
      ? route.fulfill({ contentType: "text/javascript", body: script })
      : route.fulfill({ contentType: "text/html", body: "<!doctype html><title>worker</title>" }),
  );
  await page.goto(address);
  const names = ["lossy.pcap", "lossy.keys"];
  const files = Object.fromEntries(
    names.map((name) => [folder + name, readFileSync(sample(name)).toString("base64")]),
  );
  const answer = await page.evaluate<Answer>(`(${asked})(${JSON.stringify([files, program])})`);
  assert.equal(answer.refused, undefined);
  assert.equal(answer.hasNode, false);
  // From tshark's fields of the file: frame 22 ends at 1262277878, and frame 25 begins 258 bytes before the offload.
  assert.equal(answer.heard.expectedSeq, "18566 (1262277878)");
  assert.match(answer.heard.text, /seq=-258 /);
  assert.match(answer.heard.output, /^Everything that was compared is right: 12 of 12 records authenticated/);
  console.log(
    `opened, verified and at its first stop in ${Math.round(answer.ms)} ms, ${script.length} bytes of script`,
  );
});

/** The same capture in Wireshark's own dissectors, in a worker as well: loaded from `@goodtools/wiregasm`'s files. */
const wiregasmWorker = `importScripts("/wiregasm.js");
onmessage = async ({ data: [bytes] }) => {
  const began = performance.now();
  const wireshark = await loadWiregasm({ locateFile: (name) => "/" + name });
  wireshark.init();
  wireshark.FS.writeFile("/uploads/a.pcap", bytes);
  const session = new wireshark.DissectSession("/uploads/a.pcap");
  const { code } = session.load();
  postMessage({ code, frames: session.getFrames("", 0, 1).matched, ms: performance.now() - began });
};`;

const { TLSTRACE_WIREGASM: wiregasm } = process.env;
if (wiregasm !== undefined)
  test("wiregasm loads the same capture, for comparison", async () => {
    const page = await browser.newPage();
    await page.route("**/*", (route) => {
      const name = path.basename(new URL(route.request().url()).pathname);
      if (name === "worker.js")
        return route.fulfill({ contentType: "text/javascript", body: wiregasmWorker });
      if (name.startsWith("wiregasm.")) return route.fulfill({ path: path.join(wiregasm, name) });
      return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>worker</title>" });
    });
    await page.goto(address);
    const bytes = readFileSync(sample("lossy.pcap")).toString("base64");
    const answer = await page.evaluate<{
      code: number;
      frames: number;
      ms: number;
    }>(`new Promise((resolve) => {
      const worker = new Worker("/worker.js");
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve({ code: message });
      worker.postMessage([Uint8Array.from(atob("${bytes}"), (c) => c.charCodeAt(0))]);
    })`);
    // tshark counts 181 in the file.
    assert.deepEqual([answer.code, answer.frames], [0, 181]);
    console.log(`wiregasm had its ${answer.frames} frames in ${Math.round(answer.ms)} ms`);
  });
