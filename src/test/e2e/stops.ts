import { appears } from "./window/window.ts";
import type { Scenario, Workbench } from "./workbench.ts";

const trace = "retransmission-in-record.tlstrace";

/** Runs a command that asks for a line of text, and answers. */
async function answer(workbench: Workbench, title: string, placeHolder: string, text: string): Promise<void> {
  const input = workbench.page.locator(`.quick-input-box input[placeholder^="${placeHolder}"]`);
  await workbench.asking(title, input);
  await input.fill(text);
  await workbench.page.keyboard.press("Enter");
}

/** The sample's driver expects 2896 until event 5 takes it to 40087, and event 7 back to 2896. */
export function stopScenarios(scenario: Scenario): void {
  scenario("a variable's change is stopped at, forwards and backwards", async (workbench) => {
    await workbench.explorerMenu(trace, "Debug Trace or Capture");
    await workbench.stopped(/event 5 of 9, after driver\.check/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    const row = workbench.page
      .locator('.debug-variables .monaco-list-row[aria-label^="expectedSeq, value 2896"]')
      .last();
    await workbench.menu(row, "Break on Value Change");
    workbench.hasBreakpoints = true;
    const breakpoint = workbench.page.locator(".debug-breakpoints .monaco-list-row", {
      hasText: "driver.expectedSeq of web",
    });
    await breakpoint.waitFor();
    await workbench.move("Continue");
    await workbench.stopped(/event 5 of 9, after driver\.advance/);
    await workbench.move("Continue");
    await workbench.stopped(/event 7 of 9/);
    const said = () => workbench.text('.pane-header[aria-label^="Call Stack"]');
    const words = /driver\.expectedSeq of web: 40087 \(32791\) → 2896/;
    await workbench.until("the call stack to say old → new", async () => words.test(await said()), said);
    await workbench.picture("stops-data-breakpoint");
    await workbench.move("Reverse");
    await workbench.stopped(/event (5|7) of 9/);
  });

  namedScenarios(scenario);
}

function namedScenarios(scenario: Scenario): void {
  scenario("a preset is switched by one command", async (workbench) => {
    workbench.hasBreakpoints = true;
    const { page } = workbench;
    const row = page.locator(".quick-input-list .monaco-list-row", { hasText: "Resync kit" });
    const box = row.locator("input[type=checkbox], .monaco-checkbox, .quick-input-list-checkbox").first();
    const set = page.locator(".debug-breakpoints .monaco-list-row", { hasText: "resync-kit" });
    await workbench.until("the preset to be set", async () => {
      if (!(await row.isVisible())) await workbench.command("TLS Offload: Stop Presets…");
      if (!(await appears(row))) return false;
      if (!(await box.isChecked())) await box.click();
      if (!(await box.isChecked())) return false;
      await workbench.picture("stops-presets");
      await page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
      return appears(set);
    });
    await workbench.picture("stops-preset-set");
  });

  scenario("a question opens a document whose rows lead to the trace", async (workbench) => {
    await answer(
      workbench,
      "TLS Offload: Query…",
      "transmits where outOfOrder and",
      "transmits where outOfOrder",
    );
    const shown = async () =>
      (await workbench.page.locator(".editor-instance .view-lines").allTextContents()).join();
    const isThere = async () => /transmits.where.outOfOrder:.2.rows/.test(await shown());
    await workbench.until("the rows to be shown", isThere, shown);
    const link = workbench.page.locator(".editor-instance .view-line .detected-link").first();
    await link.waitFor();
    await workbench.picture("stops-query");
    await workbench.until("the row to lead to its line", async () => {
      await link.click({ modifiers: ["ControlOrMeta"], timeout: 2000 }).catch(() => null);
      const position = await workbench.text('[id="status.editor.selection"]');
      return /Ln 8,/.test(position);
    });
    await workbench.picture("stops-query-followed");
  });
}
