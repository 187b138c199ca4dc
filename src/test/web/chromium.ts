/** The debugger in a Web Worker of a real browser, as `npm run e2e -- --web` runs it: the sample's capture, without Node.js. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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
