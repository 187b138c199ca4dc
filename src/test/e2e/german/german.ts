import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FrameLocator } from "playwright-core";
import { readManifest } from "../../l10n/manifest.ts";
import { type Scenario, Workbench } from "../workbench.ts";

/**
 * Makes a profile's windows be in German where the browser asks for it, from before the editor is served. Its own texts
 * stay English: they come with a language pack, which is not shipped with it, and this one says only that there is German.
 */
export function offerGerman(profile: string): void {
  const write = (file: string, content: object) => {
    const place = path.join(profile, "user", file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, JSON.stringify(content));
    return place;
  };
  // Without this file it is English for everybody, with a language in it that one.
  write("User/argv.json", {});
  const vscode = write("german.i18n.json", { version: "1.0.0", contents: {} });
  const extensions = [{ extensionIdentifier: { id: "tests.german" }, version: "1.0.0" }];
  write("languagepacks.json", {
    de: { hash: "tests", label: "Deutsch", extensions, translations: { vscode } },
  });
}

/** The window of somebody whose browser asks for German. */
export const germanScenarios =
  (pictures: string) =>
  (scenario: Scenario): void => {
    scenario("where the editor is German, all of the extension's own words are", async (english) => {
      const { page } = english;
      const context = await page
        .context()
        .browser()!
        .newContext({ locale: "de", viewport: page.viewportSize() });
      const german = new Workbench(await context.newPage(), pictures);
      try {
        await german.open(page.url());
        for (const look of [guides, tells, shows, opens]) await look(german);
      } catch (error) {
        await german.picture("failed in German");
        throw error;
      } finally {
        await context.close();
      }
    });
  };

interface Manifest {
  contributes: { walkthroughs: { title: string; steps: { title: string }[] }[] };
}

const bugSample = "connectx-long-dump.tlstrace";

/** The walkthrough: its title and steps by the editor, a step's page by its own file. */
async function guides(german: Workbench): Promise<void> {
  const [walkthrough] = readManifest<Manifest>("de").contributes.walkthroughs;
  await german.openWalkthrough(walkthrough!.title);
  await pageIn(german).getByText("Ein Trace ist Text, ein Ereignis pro Zeile").waitFor();
  for (const { title } of walkthrough!.steps)
    await german.page.locator(".getting-started-step .step-title", { hasText: title }).waitFor();
  // The step that has a picture, which is of the package.
  await german.page
    .locator(".getting-started-step .step-title", { hasText: walkthrough!.steps[1]!.title })
    .click();
  await pageIn(german)
    .getByRole("img", { name: /^Angehalten bei einem Paket/ })
    .waitFor();
  await german.until("the picture to be drawn", () =>
    pageIn(german)
      .locator("img")
      .first()
      .evaluate((img: { naturalWidth: number }) => img.naturalWidth > 0),
  );
  await german.picture("german-walkthrough");
  await german.command("View: Close All Editors");
}

/** Menus, notifications and views. */
async function tells(german: Workbench): Promise<void> {
  await german.explorerMenu(bugSample, "Trace oder Mitschnitt debuggen");
  // What is said of the trace stays in the words of the command line.
  await german.stopped(/event 6 of 13, after driver\.check, forwards$/);
  const toast = german.page.locator(".notifications-toasts");
  await toast.locator(".monaco-button", { hasText: "Als connectx/long-dump debuggen" }).waitFor();
  await german.picture("german-notification");
  assert.match(await german.notifications(), /connectx-long-dump\.tlstrace handelt von einem Bug/);
  await toast.locator(".monaco-button", { hasText: "Als connectx/long-dump debuggen" }).click();
  await german.until("the stop at the queue's error", async () =>
    /queue-error/.test(await german.exception()),
  );
  await german.page.locator('.pane-header[aria-label^="Befunde"]').waitFor();
  await german.picture("german-session");
}

/** A picture's window. */
async function shows(german: Workbench): Promise<void> {
  await german.command("TLS-Offload: Bild des Streams anzeigen");
  const picture = pageIn(german);
  await picture.getByRole("tab", { name: "Sende-Queue" }).click();
  await picture.getByText("Fence: wartet auf alles davor").waitFor();
  await picture.getByText("Dieser Ausschnitt als Tabelle").click();
  await picture.getByRole("columnheader", { name: "eingereiht von" }).waitFor();
  assert.equal(await picture.locator("html").getAttribute("lang"), "de");
  await german.picture("german-picture");
  await german.reset();
}

/** A capture's page, and the questions before a session. */
async function opens(german: Workbench): Promise<void> {
  await german.openFile("lossy.pcap");
  const page = pageIn(german);
  await page.getByText("Authentifizierte Records: 12 von 12.").waitFor();
  await page.getByRole("link", { name: "Schlüssel auswählen" }).waitFor();
  await german.picture("german-capture");
  await page.getByRole("link", { name: "Schlüssel auswählen" }).click();
  await german.page
    .locator(".quick-input-list .monaco-list-row", { hasText: "Schlüsseldatei auswählen" })
    .waitFor();
  await german.picture("german-question");
  await german.page.keyboard.press("Escape");
}

const pageIn = ({ page }: Workbench): FrameLocator =>
  page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
