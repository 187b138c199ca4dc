import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Frame } from "playwright-core";
import type { Workbench } from "../workbench.ts";
import { appears } from "./window.ts";

const classes: Readonly<Record<string, RegExp>> = {
  dark: /vscode-dark/,
  light: /vscode-light/,
  contrast: /vscode-high-contrast/,
};

/** Waits until a page has the editor's theme. */
export async function themed(workbench: Workbench, page: Frame, theme: string): Promise<void> {
  const has = async () => (await page.locator("body").getAttribute("class")) ?? "";
  await workbench.until(`the theme to be ${theme}`, async () => classes[theme]!.test(await has()), has);
}

/** Switches the editor's theme until a page in it has this one: a busy editor may lose the command, or take it twice. */
export async function toTheme(workbench: Workbench, page: Frame, theme: "dark" | "light"): Promise<void> {
  const body = page.locator(`body.vscode-${theme}`);
  await workbench.until(`the theme to become ${theme}`, async () => {
    if (await appears(body)) return true;
    await workbench.command("Preferences: Toggle between Light/Dark Themes");
    return appears(body);
  });
}

/** Chooses a kind of picture, and waits until it is drawn. */
export async function chosen(workbench: Workbench, picture: Frame, title: string): Promise<void> {
  const tab = picture.getByRole("tab", { name: title, exact: true });
  await tab.click();
  const says = (await tab.getAttribute("title"))!;
  const label = async () => (await picture.locator("canvas").getAttribute("aria-label")) ?? "";
  await workbench.until(
    `the picture ${title} is drawn`,
    async () => (await label()).startsWith(`${says}: `) && (await drawn(picture)) > 1000,
    label,
  );
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Makes the window as wide as this, and waits until a page in it follows. */
export async function widened(workbench: Workbench, page: Frame, width: number): Promise<void> {
  const size = workbench.page.viewportSize()!;
  if (size.width === width) return;
  const now = () => page.evaluate<number>("innerWidth");
  const before = await now();
  await workbench.page.setViewportSize({ ...size, width });
  await workbench.until(`the page to be drawn ${width} wide`, async () => (await now()) !== before);
}

/** Waits until axe-core finds nothing wrong with the page: what has just changed may still be drawn. */
export async function expectAccessible(workbench: Workbench, page: Frame, what: string): Promise<void> {
  const found = async () => (await violations(page)).join("\n");
  await workbench.until(`${what}: no violation of axe`, async () => (await found()) === "", found);
}

/** What axe-core finds wrong with the page, a line a rule. */
async function violations(page: Frame): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(`(async () => {
    const { violations } = await axe.run(document);
    return violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" "));
  })()`) as Promise<string[]>;
}

/** The frame that a picture is in, once it is there. */
export async function pictureIn(workbench: Workbench): Promise<Frame> {
  let found: Frame | undefined;
  // Pictures of sessions before stay in tabs of their own, out of sight.
  const isPicture = async (frame: Frame): Promise<boolean> => {
    const window = await frame.parentFrame()?.frameElement();
    return (await window?.isVisible()) === true && (await frame.locator("canvas").count()) > 0;
  };
  const look = async (frame: Frame) => {
    // A frame may go while it is looked at.
    if (await isPicture(frame).catch(() => false)) found = frame;
  };
  await workbench.until(
    "a window with a picture",
    async () => {
      for (const frame of workbench.page.frames()) await look(frame);
      return found !== undefined;
    },
    async () =>
      workbench.page
        .frames()
        .map((frame) => frame.url())
        .join("\n"),
  );
  return found!;
}

/** How many pixels of the picture are not its ground. */
export const drawn = (picture: { evaluate(script: string): Promise<unknown> }): Promise<number> =>
  picture.evaluate(`(() => {
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 4; i < data.length; i += 4) if (data[i] !== data[0] || data[i + 1] !== data[1]) count++;
    return count;
  })()`) as Promise<number>;
