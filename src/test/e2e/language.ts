import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Scenario } from "./workbench.ts";

const file = "written.tlstrace";
const text = `device eth0 profile=connectx mtu=1500
connection web device=eth0
+0     web send 3000
+.001  wbe > 0:1448(1448)
+0     web `;

/** A trace that is written: `samples` is the folder that is open. */
export const languageScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("a mistake is underlined while it is written, and a hover says what it is", async (workbench) => {
    writeFileSync(path.join(samples(), file), text);
    await workbench.openFile(file);
    const squiggle = workbench.page.locator(".editor-instance .squiggly-error");
    await squiggle.first().waitFor();
    const said = await hovered(workbench, 4, 9);
    assert.match(said, /no connection of this name is declared above; there is web/);
    await workbench.picture("language-diagnostic");
  });

  scenario("what can stand at a place is offered", async (workbench) => {
    const { page } = workbench;
    await workbench.goToLine(5, 12);
    const rows = page.locator(".suggest-widget .monaco-list-row");
    await workbench.until("the events of a connection", async () => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+Space");
      return (await rows.filter({ hasText: "page-write" }).count()) > 0;
    });
    await workbench.picture("language-completion");
    await page.keyboard.press("Escape");
  });

  scenario("without a session a hover says what a word is", async (workbench) => {
    const said = await hovered(workbench, 3, 13);
    assert.match(said, /The application writes: sendmsg\(\), or sendfile with zerocopy\./);
    await workbench.picture("language-hover");
  });
};

/** What the editor's own hover says at a place of the active editor; columns count from 1. */
async function hovered(workbench: Parameters<Parameters<Scenario>[1]>[0], line: number, column: number) {
  const words = ".monaco-hover:not(.hidden) .hover-contents";
  await workbench.goToLine(line, column);
  await workbench.until(`a hover at line ${line}`, async () => {
    await workbench.page.keyboard.press("Escape");
    await workbench.command("Show or Focus Hover");
    return (await workbench.text(words)) !== "";
  });
  const all = await workbench.page.locator(`${words}:visible`).allTextContents();
  return all.join(" ").replace(/\s+/g, " ");
}
