import assert from "node:assert/strict";
import type { ServedWorkbench } from "../../../start/code-server.ts";
import { done, shortMs } from "../window/window.ts";
import { type Scenario, Workbench } from "../workbench.ts";

/** An editor of its own: one that asks whether its folder is trusted, and the folder of its pictures. */
export interface Restricted {
  serve(): Promise<ServedWorkbench>;
  pictures: string;
}

/** `lossy.pcap` has its keys beside it, and `my-nic.tlstrace` the profile that it names. */
export const restrictedScenarios =
  ({ serve, pictures }: Restricted) =>
  (scenario: Scenario) =>
    scenario(
      "of a folder that nobody trusts a capture alone is read, until somebody does",
      async (shared) => {
        const served = await serve();
        const page = await shared.page.context().newPage();
        const workbench = new Workbench(page, pictures);
        try {
          await workbench.open(served.url);
          await keysAreLeft(workbench);
          await editorAsks(workbench);
        } catch (error) {
          await workbench.picture("failed where nobody trusts");
          throw error;
        } finally {
          await page.close();
          await served.stop();
        }
      },
    );

/** The page of the capture says so, and what goes without keys. */
async function keysAreLeft(workbench: Workbench): Promise<void> {
  await workbench.openFile("my-nic.tlstrace");
  await workbench.page.locator(".editor-instance .squiggly-error").first().waitFor();
  await workbench.picture("restricted-profile");
  assert.equal(await workbench.page.locator(".testing-run-glyph").count(), 0);
  // A window that has just opened does not know yet which editor a capture has, and goes by the first one later, too.
  await workbench.openFile("lossy.pcap");
  await saysOfKeys(workbench, /The workspace is not trusted: nothing but the capture itself is read/);
  await workbench.picture("restricted-capture");
}

/** Debugging is refused until the folder is trusted; then the keys are there. */
async function editorAsks(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  await workbench.openFile("retransmission-in-record.tlstrace");
  await page.keyboard.press("F5");
  const asks = page.locator(".monaco-dialog-box", { hasText: /trust/i });
  await asks.waitFor();
  await workbench.picture("restricted-asked");
  await workbench.until("the folder to be trusted", async () => {
    await done(
      asks
        .locator(".monaco-button", { hasText: /^Trust/ })
        .first()
        .click({ timeout: shortMs }),
    );
    return !(await asks.isVisible());
  });
  await workbench.stopped(/after driver\.check, forwards$/);
  await workbench.openFile("lossy.pcap");
  await saysOfKeys(workbench, /Keys: lossy\.keys/);
  await workbench.picture("restricted-trusted");
}

/** Waits for what the page of the capture says of its keys. */
async function saysOfKeys(workbench: Workbench, words: RegExp): Promise<void> {
  const said = async () => {
    const texts = workbench.page.frames().map((frame) => frame.locator("p.keys").allTextContents());
    return (await Promise.allSettled(texts))
      .flatMap((each) => (each.status === "fulfilled" ? each.value : []))
      .join("\n");
  };
  await workbench.until(`the page to say ${words}`, async () => words.test(await said()), said);
}
