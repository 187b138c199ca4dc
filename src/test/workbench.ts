import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";

/** A row of the Variables view as the user sees it. */
export interface VariableRow {
  scope: string;
  level: number;
  name: string;
  value: string;
}

/** Declares one test of what the user sees; when it fails, the window as it then was is kept. */
export type Scenario = (title: string, body: (workbench: Workbench) => Promise<void>) => void;

const waitMs = 20_000;

/** A VS Code window in the browser, by what its user sees and does. */
export class Workbench {
  readonly page: Page;
  private readonly pictures: string;

  /** `pictures`: the folder of screenshots. */
  constructor(page: Page, pictures: string) {
    this.page = page;
    this.pictures = pictures;
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.waitForSelector(".explorer-viewlet .monaco-list-row", { timeout: 60_000 });
  }

  picture(name: string): Promise<Buffer> {
    return this.page.screenshot({ path: path.join(this.pictures, `${name}.png`) });
  }

  /** Runs a command of the command palette by its title. */
  async command(title: string): Promise<void> {
    await this.quickInput("F1", `>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click();
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  async openFile(name: string): Promise<void> {
    await this.quickInput("Control+P", name);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
    await this.page.waitForSelector(`.tab.active[aria-label^="${name}"]`);
  }

  async goToLine(line: number): Promise<void> {
    await this.quickInput("Control+G", `:${line}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  private async quickInput(key: string, text: string): Promise<void> {
    await this.page.keyboard.press(key);
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor({ state: "visible" });
    await input.fill(text);
  }

  /** Opens the explorer's context menu on a file and takes one item of it; a new window may not have it yet. */
  async explorerMenu(file: string, item: string): Promise<void> {
    await this.page.keyboard.press("Control+Shift+E");
    const entry = this.page.locator(".monaco-menu .action-label", { hasText: item });
    await this.until(`"${item}" in the explorer's menu`, async () => {
      await this.page
        .locator(".explorer-viewlet .monaco-list-row", { hasText: file })
        .click({ button: "right" });
      await this.page.locator(".monaco-menu .action-label").first().waitFor();
      if (await entry.isVisible()) return true;
      await this.page.keyboard.press("Escape");
      return false;
    });
    await entry.click();
  }

  /** Presses a button of the debug toolbar. */
  async toolbar(label: string): Promise<void> {
    await this.page.locator(`.debug-toolbar .action-label[aria-label^="${label}"]`).click();
  }

  /** The stop in the status bar's words: position and direction. */
  status(): Promise<string> {
    return this.text('.statusbar-item[id$="tlstrace.position"]');
  }

  /** Waits for a stop whose words in the status bar fit, and for the views to follow it. */
  async stopped(words: RegExp): Promise<void> {
    await this.until(
      `a stop like ${words}`,
      async () => words.test(await this.status()),
      () => this.status(),
    );
    await this.page.locator(".debug-call-stack .monaco-list-row", { hasText: /\S/ }).first().waitFor();
  }

  /** Title, description and details of the exception widget, as one text. */
  async exception(): Promise<string> {
    await this.page.waitForSelector(".exception-widget .title");
    return this.text(".exception-widget");
  }

  /** The rows of the call stack, innermost frame first, as a screen reader hears them: name, line, file. */
  frames(): Promise<string[]> {
    return this.page.$$eval(".debug-call-stack .monaco-list-row", (rows) =>
      rows
        .map((row) => row.getAttribute("aria-label") ?? "")
        .filter((label) => label.startsWith("Stack Frame")),
    );
  }

  /** Shows a scope's values, or an item's in it, and leaves open what is open. */
  async expand(name: string): Promise<void> {
    const row = this.page
      .locator(".debug-variables .monaco-list-row", { hasText: new RegExp(`^\\s*${literally(name)}`) })
      .first();
    await row.waitFor();
    if ((await row.getAttribute("aria-expanded")) === "false") {
      await row.locator(".monaco-tl-twistie").click();
      await this.until(`${name} to open`, async () => (await row.getAttribute("aria-expanded")) === "true");
      await sleep(150);
    }
  }

  /** Every row of the Variables view, with the scope it stands in. */
  async variables(): Promise<VariableRow[]> {
    const labels = await this.page.$$eval(".debug-variables .monaco-list-row", (rows) =>
      rows.map((row) => [row.getAttribute("aria-level"), row.getAttribute("aria-label") ?? ""] as const),
    );
    let scope = "";
    return labels.map(([level, label]) => {
      const isScope = level === "1";
      if (isScope) scope = label.replace(/^Scope /, "");
      const [name = "", value = ""] = isScope ? [scope] : label.split(/, value /);
      return { scope, level: Number(level), name, value };
    });
  }

  /** The value of a name in a scope, as shown now; undefined if the view has no such row. */
  async valueOf(scope: string, name: string): Promise<string | undefined> {
    return (await this.variables()).find((row) => row.scope === scope && row.name === name)?.value;
  }

  /** Waits until a value reads like this. */
  async expectValue(scope: string, name: string, expected: string | RegExp): Promise<void> {
    const fits = (value: string | undefined) =>
      value !== undefined && (typeof expected === "string" ? value === expected : expected.test(value));
    const shown = () => this.valueOf(scope, name);
    await this.until(
      `${scope}: ${name} = ${expected}`,
      async () => fits(await shown()),
      async () => String(await shown()),
    );
  }

  /** Ticks or clears an exception filter of the Breakpoints view. */
  async setFilter(label: string, on: boolean): Promise<void> {
    const row = this.page.locator(".debug-breakpoints .monaco-list-row", { hasText: label });
    await row.scrollIntoViewIfNeeded();
    await row.locator("input[type=checkbox]").setChecked(on);
  }

  /** What the debug hover says about some text of a line in the editor. */
  async hover(line: number, text: string): Promise<string> {
    await this.goToLine(line);
    const at = this.page.locator(".editor-instance .view-line", { hasText: text }).first();
    await at.getByText(text, { exact: false }).last().hover();
    await this.page.waitForSelector(".debug-hover-widget .value");
    return this.text(".debug-hover-widget");
  }

  /** Ends the session and waits until the toolbar is gone. */
  async stop(): Promise<void> {
    const toolbar = this.page.locator(".debug-toolbar");
    if (await toolbar.isVisible()) await this.toolbar("Stop");
    await toolbar.waitFor({ state: "hidden" });
  }

  /** The visible text of the first element that fits, "" if there is none. */
  async text(selector: string): Promise<string> {
    const found = this.page.locator(selector).first();
    if ((await found.count()) === 0) return "";
    return ((await found.textContent()) ?? "").replace(/\s+/g, " ").trim();
  }

  locator(selector: string): Locator {
    return this.page.locator(selector);
  }

  /** Polls until something holds; the failure says what was seen instead. */
  async until(what: string, holds: () => Promise<boolean>, seen?: () => Promise<string>): Promise<void> {
    const end = Date.now() + waitMs;
    while (!(await holds())) {
      if (Date.now() > end)
        assert.fail(`waited ${waitMs / 1000} s for ${what}${seen ? `; seen: ${await seen()}` : ""}`);
      await sleep(50);
    }
  }
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
