import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { appears, disappears } from "./window/window.ts";
import type { Scenario, Workbench } from "./workbench.ts";

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
    const row = page.locator(".suggest-widget .monaco-list-row", { hasText: "page-write" });
    await workbench.until("the events of a connection", async () => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+Space");
      return appears(row);
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

/** A file that is no trace: its third line is the first mistake. */
export const refusedScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("a file that is no trace is refused, and the editor stands at the line", async (workbench) => {
    const { page } = workbench;
    writeFileSync(path.join(samples(), "no-trace-at-all.tlstrace"), "# Nothing.\n\ndevcie eth0\n");
    await workbench.openFile("no-trace-at-all.tlstrace");
    await page.keyboard.press("F5");
    const dialog = page.locator(".monaco-dialog-box", { hasText: "line 3: not a line of a trace" });
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await workbench.until("the editor to stand at line 3", async () =>
      (await workbench.text('[id="status.editor.selection"]')).startsWith("Ln 3,"),
    );
    await workbench.picture("language-refused");
  });
};

/** A trace that names a profile file: the server is told by the editor when that one changes on the disk. */
export const profileScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("a mistake in a profile file is told at the trace until the file is mended", async (workbench) => {
    const profile = path.join(samples(), "wrong.nic.json");
    writeFileSync(profile, '{ "base": "conectx" }');
    const trace = "device eth0 profile=./wrong.nic.json\nconnection web device=eth0\n+0 web send 100\n";
    writeFileSync(path.join(samples(), "own-nic.tlstrace"), trace);
    await workbench.openFile("own-nic.tlstrace");
    const squiggles = workbench.page.locator(".editor-instance .squiggly-error");
    await squiggles.first().waitFor();
    await workbench.picture("language-profile");
    await workbench.until("the mistake to go", async () => {
      writeFileSync(profile, '{ "base": "connectx" }');
      // The editor tells of changes once there are no more for a moment.
      return disappears(squiggles.first());
    });
  });

  scenario("a mistake in a profile file that is not saved is told at the trace, too", async (workbench) => {
    const profile = path.join(samples(), "wrong.nic.json");
    await workbench.openFile("wrong.nic.json");
    await workbench.goToLine(1, 1);
    await workbench.page.keyboard.type("wrong ");
    await workbench.page.locator('.tab.dirty[aria-label^="wrong.nic.json"]').waitFor();
    await workbench.openFile("own-nic.tlstrace");
    const squiggles = workbench.page.locator(".editor-instance .squiggly-error");
    await squiggles.first().waitFor();
    await workbench.picture("language-profile-unsaved");
    assert.equal(readFileSync(profile, "utf8"), '{ "base": "connectx" }');
    await workbench.openFile("wrong.nic.json");
    await workbench.command("File: Revert File");
    await workbench.openFile("own-nic.tlstrace");
    await workbench.until("the mistake to go", () => disappears(squiggles.first()));
  });
};

/** The same trace, while it is mended. */
export function mendingScenarios(scenario: Scenario): void {
  scenario(
    "a quick fix writes the word that was meant, and what a replay says follows",
    async (workbench) => {
      const { page } = workbench;
      await workbench.goToLine(4, 9);
      const fix = page.locator(".action-widget .monaco-list-row", { hasText: "Change to `web`" });
      await workbench.until("the quick fix", async () => {
        await page.keyboard.press("Escape");
        await page.keyboard.press("Control+.");
        return appears(fix);
      });
      await workbench.picture("language-quick-fix");
      await fix.click();
      await workbench.goToLine(5);
      await workbench.command("Delete Line");
      await workbench.until("lenses of the replay", async () =>
        /0 out of order \| Debug \| Compare \| Picture/.test(await workbench.text(".codelens-decoration")),
      );
      // 3000 bytes and 29 more are one record.
      await workbench.until("hints of the records", async () =>
        /send 3000\s*record 0, 0:3029/.test(await workbench.text(".editor-instance .view-lines")),
      );
      await workbench.picture("language-lenses");
    },
  );

  scenario("a connection is renamed everywhere, and the document formatted", async (workbench) => {
    const { page } = workbench;
    const lines = () => workbench.text(".editor-instance .view-lines");
    await workbench.goToLine(3, 9);
    const input = page.locator(".rename-box input");
    await workbench.until("the rename's input", async () => {
      await page.keyboard.press("F2");
      return appears(input);
    });
    await input.fill("mail");
    await page.keyboard.press("Enter");
    await workbench.until(
      "the new name",
      async () => /connection mail .*mail send.*mail >/.test(await lines()),
      lines,
    );
    await workbench.goToLine(3, 6);
    await page.keyboard.type("     ");
    await workbench.command("Format Document");
    await workbench.until(
      "the columns of times",
      async () => /\+0 {5}mail send/.test(await rawLines(workbench)),
      lines,
    );
    await workbench.picture("language-formatted");
    await workbench.command("File: Revert File");
  });
}

/** What the editor's own hover says at a place of the active editor; columns count from 1. */
async function hovered(workbench: Workbench, line: number, column: number): Promise<string> {
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

/** The lines in sight with all their spaces. */
async function rawLines(workbench: Workbench): Promise<string> {
  const text = await workbench.page.locator(".editor-instance .view-lines").first().textContent();
  return (text ?? "").replaceAll("\u00a0", " ");
}
