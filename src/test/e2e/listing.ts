import assert from "node:assert/strict";
import { appendFileSync, chmodSync } from "node:fs";
import path from "node:path";
import type { Scenario } from "./workbench.ts";

const button = '.editor-actions .action-label[aria-label^="Debug Trace or Capture"]';
const stale = '.statusbar-item[id$="tlstrace.stale"]';

/** Frame 30 of lossy.pcap is the listing's 28th event, 12.402 ms after the first frame, in the second record (tshark). */
export function lineScenarios(scenario: Scenario): void {
  scenario("lines carry event, frame, time and record, and are marked at the edge", async (workbench) => {
    await workbench.explorerMenu("lossy.pcap", "Debug Trace or Capture");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.until(
      "the hints of frame 30",
      async () =>
        /#28 +f30 0\.012402 r2 +\+\.00005/.test(await workbench.text(".editor-instance .view-lines")),
      () => workbench.text(".editor-instance .view-lines"),
    );
    const edges = workbench.page.locator('.editor-instance .view-overlays [class*="ced-"]');
    await workbench.until("marks in the listing", async () => (await edges.count()) > 5);
    await workbench.picture("listing-lines");
  });

  scenario("the mouse over a stream's name tells its addresses and ports", async (workbench) => {
    const words = await workbench.hover(31, 14);
    assert.match(words, /10\.77\.0\.1:20019>10\.77\.0\.2:46348, TLS 1\.2, aes-128-gcm/);
    await workbench.picture("listing-stream");
  });

  scenario("Go to asks for a place, as the console does by a word, and goes there", async (workbench) => {
    const { page } = workbench;
    await page.keyboard.press("Shift+Alt+G");
    const input = page.locator(".quick-input-box input");
    await input.fill("frame 45");
    await workbench.picture("listing-goto");
    await page.keyboard.press("Enter");
    await workbench.stopped(/event 40 of 164, /);
    await workbench.expectFrames(/skb, line 43, lossy\.pcap/);
  });

  scenario("the button of the listing's tab debugs the capture again", async (workbench) => {
    await workbench.page.locator(button).first().click();
    await workbench.stopped(/event 24 of 164, after driver\.check, forwards$/);
    assert.equal(await workbench.page.locator(".monaco-dialog-box").count(), 0);
    await workbench.picture("listing-again");
  });
}

/** `samples`: the folder that is open. */
export const staleScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario(
    "after an edit the status bar says that the session shows the file as it was",
    async (workbench) => {
      const file = path.join(samples(), "qdisc-drop.tlstrace");
      chmodSync(file, 0o644);
      await workbench.openFile("qdisc-drop.tlstrace");
      await workbench.page.keyboard.press("F5");
      await workbench.stopped(/forwards$/);
      await workbench.until("the hints of the file", async () =>
        /#1 0\.000000 r\d/.test(await workbench.text(".editor-instance .view-lines")),
      );
      await workbench.picture("listing-trace");
      assert.equal(await workbench.text(stale), "");
      appendFileSync(file, "# changed\n");
      await workbench.until("the status bar to tell", async () =>
        /qdisc-drop\.tlstrace as it was: Restart/.test(await workbench.text(stale)),
      );
      await workbench.picture("listing-stale");
      await workbench.page.locator(`${stale} a`).click();
      await workbench.until(
        "the status bar to be quiet again",
        async () => (await workbench.text(stale)) === "",
      );
      await workbench.stopped(/forwards$/);
    },
  );
};
