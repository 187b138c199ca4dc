import assert from "node:assert/strict";
import { drawn, pictureIn } from "../window/pages.ts";
import { appears } from "../window/window.ts";
import type { Scenario, Workbench } from "../workbench.ts";

const file = "connectx-long-dump.tlstrace";

/** The title of the session that is on, as its picture's tab has it. */
async function pictured(workbench: Workbench, title: string): Promise<void> {
  await workbench.until(`the picture of ${title}`, async () => {
    await workbench.command("TLS Offload: Show Picture of Stream");
    return appears(workbench.page.locator(`.tab[aria-label^="Picture: ${title}"]`));
  });
  await workbench.stop();
  await cleared(workbench);
}

/** Clears what is told of: that the trace is about a bug, once in a window; of a command before its session was ready. */
const cleared = (workbench: Workbench): Promise<void> =>
  workbench.until("no notification", async () => {
    if ((await workbench.notifications()) === "") return true;
    await workbench.command("Notifications: Clear All Notifications");
    return false;
  });

/** Opens the trace and clicks one of its lenses. */
async function click(workbench: Workbench, title: string): Promise<void> {
  await workbench.command("View: Close All Editors");
  await workbench.openFile(file);
  const lens = workbench.page.locator(".codelens-decoration a").getByText(title, { exact: true });
  await lens.first().waitFor();
  await lens.first().click();
}

/** The lenses above the first line of a trace: `out of order` as often as its replay says, and what each does. */
export function lensScenarios(scenario: Scenario): void {
  scenario("a trace's lenses say what a replay comes to, and Debug debugs it", async (workbench) => {
    await click(workbench, "Debug");
    await workbench.stopped(/forwards$/);
    // As tlstrace replay has it: 4 transmits out of order, resyncs with 8688, 0, 0 and 8688 bytes before them.
    const words = await workbench.text(".codelens-decoration");
    assert.match(words, /^4 out of order · 17 kB replayed \| Debug \| Debug as connectx\/long-dump \|/);
    await workbench.picture("lenses-debugged");
    await workbench.stop();
    await cleared(workbench);
  });

  scenario("Debug as a bug debugs it so", async (workbench) => {
    await click(workbench, "Debug as connectx/long-dump");
    await workbench.stopped(/forwards$/);
    await pictured(workbench, `Debug ${file} as connectx/long-dump`);
  });

  scenario("Compare asks what with, and debugs it beside that", async (workbench) => {
    await click(workbench, "Compare");
    const row = workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "netronome" });
    await row.first().click();
    await workbench.page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
    await workbench.stopped(/forwards$/);
    await pictured(workbench, `Debug ${file} beside netronome`);
  });

  scenario("Picture shows its stream", async (workbench) => {
    await click(workbench, "Picture");
    const picture = await pictureIn(workbench);
    await workbench.until("the picture is drawn", async () => (await drawn(picture)) > 1000);
    await workbench.picture("lenses-picture");
    await workbench.stop();
    await cleared(workbench);
  });
}

/** What a screen reader hears of trees and pictures, and what the keyboard reaches. */
export function spokenScenarios(scenario: Scenario): void {
  scenario(
    "each row of the findings says what it is, a picture what it shows and how to walk in it",
    async (workbench) => {
      // A picture stays when its session is over, and there would be two of them.
      await workbench.command("View: Close All Editors");
      await workbench.explorerMenu("wrong-byte.pcap", "Debug Trace or Capture");
      await workbench.stopped(/event 53 of 164/);
      const rows = workbench.page.locator('.part.sidebar .monaco-list-row[aria-label^="Error: frame 58"]');
      await rows.first().waitFor();
      const groups = workbench.page.locator('.part.sidebar .monaco-list-row[aria-label*=", findings: "]');
      assert.ok((await groups.count()) >= 2);
      await workbench.command("TLS Offload: Show Picture of Stream");
      const picture = await pictureIn(workbench);
      await workbench.until("the picture is drawn", async () => (await drawn(picture)) > 1000);
      const canvas = picture.locator("canvas");
      assert.equal(await canvas.getAttribute("role"), "img");
      assert.match((await canvas.getAttribute("aria-label"))!, /^Sequence numbers over time: \d+ rows/);
      assert.match((await canvas.getAttribute("aria-description"))!, /Arrow keys move/);
      // One tells of what the keys lead to, the other of the part that is looked at.
      const told = picture.getByRole("status");
      assert.equal(await told.count(), 2);
      const said = async () => (await told.allTextContents()).join("\n");
      await canvas.focus();
      await canvas.press("+");
      await workbench.until(
        "the part that is looked at",
        async () => /bytes .* to /.test(await said()),
        said,
      );
      assert.equal(await picture.getByRole("tab").count(), 5);
    },
  );

  scenario("by the keyboard alone the table is opened, and goes to an event", async (workbench) => {
    const picture = await pictureIn(workbench);
    const button = picture.getByRole("button", { name: /^Go to event 24: / }).first();
    await workbench.until("the table to be opened", async () => {
      await picture.locator("summary").focus();
      if ((await picture.locator("details[open]").count()) === 0)
        await workbench.page.keyboard.press("Enter");
      return appears(button);
    });
    const focused = "document.activeElement.ariaLabel ?? document.activeElement.tagName";
    const name = () => picture.locator("html").evaluate(focused) as Promise<string>;
    const isThere = async () => {
      await workbench.page.keyboard.press("Tab");
      return /^Go to event 24: /.test(await name());
    };
    await workbench.until("the Tab key to come to the first row", isThere, name);
    await workbench.page.keyboard.press("Enter");
    await workbench.stopped(/event 24 of 164/);
    await workbench.picture("spoken-table");
    await workbench.stop();
  });
}
