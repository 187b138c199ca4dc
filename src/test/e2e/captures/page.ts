import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Frame } from "playwright-core";
import { drawn, expectAccessible, pictureIn, themed, toTheme, widened } from "../window/pages.ts";
import type { Scenario, Workbench } from "../workbench.ts";
import { growing, grown, odd, offered, stranger, withFrames } from "./files.ts";

/** The page of a capture, in the innermost of the frames that the editor wraps one in. */
const pageIn = ({ page }: Workbench) =>
  page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");

type Page = ReturnType<typeof pageIn>;

export const heading = (page: Page, name: RegExp) => page.getByRole("heading", { name });
const words = async (page: Page) => (await page.locator("main").textContent({ timeout: 2000 })) ?? "";

/** Opens a capture's page and waits for its verdict. */
export async function opened(workbench: Workbench, file: string, verdict: RegExp): Promise<Page> {
  await workbench.command("View: Close All Editors");
  await workbench.openFile(file);
  const page = pageIn(workbench);
  await heading(page, verdict).waitFor();
  return page;
}

/** Presses a button of the page by the keyboard. */
export async function press(workbench: Workbench, page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name, exact: true }).focus();
  await workbench.page.keyboard.press("Enter");
}

/** Every button of the page of the sample capture: what it does. */
export const buttonScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("its buttons debug it, show its picture and its findings", async (workbench) => {
    const page = await opened(workbench, "lossy.pcap", /Right/);
    await press(workbench, page, "Picture");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.page.locator('.tab[aria-label^="Picture: Debug lossy.pcap"]').waitFor();
    const picture = await pictureIn(workbench);
    await workbench.until("the picture to be drawn", async () => (await drawn(picture)) > 1000);
    await workbench.picture("capture-page-picture");
    await workbench.stop();
    const again = await opened(workbench, "lossy.pcap", /Right/);
    await press(workbench, again, "Debug");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.stop();
    const wrong = await opened(workbench, "wrong-byte.pcap", /Wrong$/);
    assert.match(await words(wrong), /frame 58: .*byte 45978/);
    await workbench.picture("capture-page-wrong");
    await press(workbench, wrong, "Show findings");
    await workbench.stopped(/event 53 of 164/);
    const finding =
      '.pane-body[aria-label="Findings"] .monaco-list-row, .monaco-list[aria-label="Findings"] .monaco-list-row';
    await workbench.page.locator(finding).first().waitFor();
    await workbench.stop();
  });

  scenario("it is verified again, and the button that was pressed keeps the focus", async (workbench) => {
    const page = await opened(workbench, "lossy.pcap", /Right/);
    await press(workbench, page, "Verify");
    const held = () => page.locator("html").evaluate(`document.activeElement.dataset.key`);
    await workbench.until(
      "the verdict, with the focus where it was",
      async () => (await heading(page, /Right/).isVisible()) && (await held()) === "verify",
      async () => `${await words(page)} ${await held()}`,
    );
  });

  scenario("it is exported as a trace, which opens", async (workbench) => {
    const page = await opened(workbench, "lossy.pcap", /Right/);
    const file = path.join(samples(), "exported.tlstrace");
    await press(workbench, page, "Export as trace");
    await answerDialog(workbench, file, exported(workbench, file));
    await workbench.page.locator('.tab.active[aria-label^="exported.tlstrace"]').waitFor();
    assert.match(readFileSync(file, "utf8"), /^connection .*10\.77\.0\.1/m);
  });
};

/** Whether an export is there, and no longer under way. */
const exported = (workbench: Workbench, file: string) => async () =>
  existsSync(file) && (await workbench.notifications()) === "";

/** Types a path into a simple file dialog until it was taken. */
export async function answerDialog(
  workbench: Workbench,
  file: string,
  isDone: () => Promise<boolean>,
): Promise<void> {
  const input = workbench.page.locator(".quick-input-box input");
  const ok = workbench.page.locator(".quick-input-widget .monaco-button", { hasText: /OK|Use keys/ });
  await input.waitFor();
  await workbench.until(`${file} to be taken`, async () => {
    if (await ok.isVisible()) {
      await input.fill(file);
      // A dialog that has just opened writes its own proposal over what is typed.
      await setTimeout(300);
      if ((await input.inputValue()) !== file) return false;
      await ok.click({ timeout: 2000 });
    }
    return isDone();
  });
}

/** A capture without keys beside it, in a folder that has them elsewhere. */
export const keyScenarios = (samples: () => string) => (scenario: Scenario) => {
  const taken = async (workbench: Workbench, page: Page, keys: RegExp) =>
    workbench.until(
      "its keys to be told",
      async () => keys.test(await words(page)),
      () => words(page),
    );

  scenario("keys that the folder has for it are offered, and taken", async (workbench) => {
    const page = await opened(workbench, offered!, /Right/);
    assert.match(await words(page), /Keys of its sessions are in the workspace: upload\.keys/);
    await workbench.picture("capture-page-offered");
    await press(workbench, page, "Use them");
    await taken(workbench, page, /Keys: upload\.keys/);
  });

  scenario("keys are chosen: none, a file that fits nothing, those that were found", async (workbench) => {
    const page = await opened(workbench, offered!, /Right/);
    await press(workbench, page, "Choose keys");
    await workbench.take("Without keys");
    await heading(page, /Unchecked/).waitFor();
    await press(workbench, page, "Choose keys");
    // A dialog comes in the place of the list.
    const choose = workbench.page.locator(".quick-input-list .monaco-list-row", {
      hasText: "Choose key file",
    });
    await choose.click();
    await answerDialog(workbench, path.join(samples(), stranger!), async () =>
      /stranger\.keylog/.test(await words(page)),
    );
    await taken(workbench, page, /stranger\.keylog has keys of other sessions only/);
    await workbench.picture("capture-page-stranger");
    await workbench.explorerMenu(offered!, "Choose Keys");
    await workbench.take("upload.keys");
    await taken(workbench, page, /Keys: upload\.keys/);
    await workbench.explorerMenu(offered!, "Choose Keys");
    await workbench.take("As found");
    await taken(workbench, page, /Keys of its sessions are in the workspace/);
  });
};

/** Files that are damaged, empty, no captures, without TLS, compressed, large in streams. */
export function oddScenarios(scenario: Scenario): void {
  for (const [name, { heading: verdict, says }] of Object.entries(odd))
    scenario(`${name} says what it is`, async (workbench) => {
      const page = await opened(workbench, name, verdict);
      assert.match(await words(page), says);
      // Of what has no stream nothing can be debugged.
      const isReadable = (await page.getByRole("rowheader").count()) > 0;
      assert.equal(await page.getByRole("link", { name: "Debug", exact: true }).count(), isReadable ? 1 : 0);
      await workbench.picture(`capture-page-${name.replace(/\..*/, "")}`);
    });
}

/** A capture that grows while it is looked at, and whose keys come later. */
export const growingScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("the page follows the file as it grows, and keys as they come", async (workbench) => {
    const page = await opened(workbench, growing!, /Unchecked/);
    const packets = (frames: readonly Buffer[]) => new RegExp(` ${frames.length} packets`);
    assert.match(await words(page), packets(grown.half));
    const file = path.join(samples(), growing!);
    writeFileSync(file, withFrames(grown.whole));
    const isWhole = async () => packets(grown.whole).test(await words(page));
    await workbench.until("the whole file", isWhole, () => words(page));
    writeFileSync(file.replace(".pcap", ".keys"), grown.keys);
    await heading(page, /Right/).waitFor();
    await workbench.until("its keys", async () => /Keys: growing\.keys/.test(await words(page)));
  });
};

/** What the explorer's menu offers on a capture. */
export const menuScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("the explorer's menu verifies a capture, shows its findings and exports it", async (workbench) => {
    await workbench.command("View: Close All Editors");
    await workbench.explorerMenu("lossy.pcap", "Verify");
    await heading(pageIn(workbench), /Right/).waitFor();
    await workbench.explorerMenu("wrong-byte.pcap", "Show Findings");
    await workbench.stopped(/event 53 of 164/);
    await workbench.stop();
    const file = path.join(samples(), "by-menu.tlstrace");
    await workbench.explorerMenu("lossy.pcap", "Export as Trace");
    await answerDialog(workbench, file, exported(workbench, file));
  });
};

/** The page in every theme, wide and narrow: looked at, and without a fault that a program finds. */
export function lookScenarios(scenario: Scenario): void {
  scenario(
    "the page is without a violation of axe in every theme, also where it is narrow",
    async (workbench) => {
      const { page } = workbench;
      await opened(workbench, "wrong-byte.pcap", /Wrong$/);
      const frame = await frameOf(workbench);
      const whole = page.viewportSize()!.width;
      for (const look of ["light", "dark", "contrast", "contrast-light"]) {
        if (look === "dark" || look === "light") await toTheme(workbench, frame, look);
        if (look === "contrast") await page.emulateMedia({ forcedColors: "active", colorScheme: "dark" });
        if (look === "contrast-light")
          await page.emulateMedia({ forcedColors: "active", colorScheme: "light" });
        await themed(workbench, frame, look === "contrast-light" ? "contrast" : look);
        for (const width of [whole, 720]) {
          await widened(workbench, frame, width);
          await expectAccessible(workbench, frame, `${look}, ${width}`);
          await workbench.until(
            `${look}: all of the page in a window that is ${width} wide`,
            async () => (await frame.evaluate("document.documentElement.scrollWidth > innerWidth")) === false,
          );
          await workbench.picture(`capture-page-${look}${width === 720 ? "-narrow" : ""}`);
        }
      }
      await widened(workbench, frame, whole);
      await page.emulateMedia({ forcedColors: null, colorScheme: null });
      await themed(workbench, frame, "dark");
      await toTheme(workbench, frame, "light");
    },
  );
}

/** The frame that the page is in. */
async function frameOf(workbench: Workbench): Promise<Frame> {
  let found: Frame | undefined;
  await workbench.until("the page's frame", async () => {
    for (const frame of workbench.page.frames())
      if ((await frame.locator("section.verdict").count()) > 0) found = frame;
    return found !== undefined;
  });
  return found!;
}
