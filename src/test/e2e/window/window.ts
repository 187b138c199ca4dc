import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errors, type Locator, type Page } from "playwright-core";

const waitMs = 60_000;

/** How long an action within something that is tried again may take. */
const tryMs = 5000;

/** How long one try waits for what comes, or does not. */
export const shortMs = 2000;

/** A VS Code window in the browser: what its user waits for, and its palette, lists and menus. */
export class Window {
  readonly page: Page;
  private readonly pictures: string;

  /** `pictures`: the folder of screenshots. */
  constructor(page: Page, pictures: string) {
    this.page = page;
    this.pictures = pictures;
    this.bePatient(waitMs);
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.waitForSelector(".explorer-viewlet .monaco-list-row", { timeout: 60_000 });
  }

  /** Loads the window anew, as Developer: Reload Window does. */
  reopen(): Promise<void> {
    return this.open(this.page.url());
  }

  /** Leaves the editor, which then ends what runs for this window, and closes it. */
  async close(): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.context().close();
  }

  picture(name: string): Promise<Buffer> {
    return this.page.screenshot({ path: path.join(this.pictures, `${name}.png`) });
  }

  /** Runs a command of the command palette by its title. */
  command(title: string): Promise<void> {
    return this.pick("F1", `>${title}`, title);
  }

  async openFile(name: string): Promise<void> {
    await this.pick("Control+P", name, name);
    await this.page.waitForSelector(`.tab.active[aria-label^="${name}"]`);
  }

  /** Takes a row of a quick input. */
  private pick(key: string, text: string, row: string): Promise<void> {
    const found = this.page.locator(".quick-input-list .monaco-list-row", { hasText: row }).first();
    return this.quickInput(`"${row}" in the list`, key, text, async () => {
      if (!(await done(found.click({ timeout: shortMs })))) return false;
      return disappears(this.page.locator(".quick-input-widget"));
    });
  }

  goToLine(line: number, column = 1): Promise<void> {
    return this.quickInput(`line ${line}, column ${column}`, "Control+G", `:${line}:${column}`, async () => {
      await this.page.keyboard.press("Enter");
      if (!(await disappears(this.page.locator(".quick-input-widget")))) return false;
      return (await this.text('[id="status.editor.selection"]')).startsWith(`Ln ${line}, Col ${column}`);
    });
  }

  /**
   * Opens a quick input, fills it in and takes what it offers, until that was taken: while the editor is busy the input
   * closes as soon as something else gets the focus, and loses what is filled in before it is ready.
   */
  protected async quickInput(
    what: string,
    key: string,
    text: string,
    taken: () => Promise<boolean>,
  ): Promise<void> {
    const input = this.page.locator(".quick-input-box input");
    await this.until(what, async () => {
      await this.page.keyboard.press(key);
      const filled = await done(input.fill(text, { timeout: shortMs }));
      if (filled && (await taken())) return true;
      await this.page.keyboard.press("Escape");
      return false;
    });
  }

  /** Runs a command that asks in the same place that it was picked in, so that the input is there before and behind. */
  async asking(title: string, asks: Locator): Promise<void> {
    const found = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await this.quickInput(`"${title}" to ask`, "F1", `>${title}`, async () => {
      await done(found.click({ timeout: shortMs }));
      return appears(asks);
    });
  }

  /** Types into the command palette until what it lists fits, and closes it. */
  async palette(text: string, fits: (listed: string) => boolean): Promise<void> {
    const rows = this.page.locator(".quick-input-list .monaco-list-row");
    await this.quickInput(`what the palette lists of "${text}"`, "F1", `>${text}`, async () => {
      await appears(rows.first());
      return fits((await rows.allTextContents()).join("\n"));
    });
    await this.page.keyboard.press("Escape");
  }

  /** Takes an item of the explorer's menu on a file; gives when, in milliseconds as Date.now(). */
  async explorerMenu(file: string, item: string): Promise<number> {
    return this.menu(await this.inExplorer(file), item);
  }

  /** The explorer's row of a file, scrolled into sight: rows are in the page only while they are. */
  protected async inExplorer(file: string): Promise<Locator> {
    const explorer = this.page.locator(".explorer-viewlet .explorer-folders-view");
    const row = explorer.locator(".monaco-list-row", { hasText: file }).first();
    let tries = 0;
    await this.until(`${file} in the explorer`, async () => {
      // The key would take the focus away from an explorer that has it.
      if (!(await explorer.isVisible())) await this.page.keyboard.press("Control+Shift+E");
      if (await row.isVisible()) return true;
      // From the top on, a page after the other; nothing is opened by that.
      await explorer.locator(".monaco-list").focus();
      await this.page.keyboard.press(tries++ % 4 === 0 ? "Home" : "PageDown");
      return appears(row);
    });
    return row;
  }

  /**
   * Opens the context menu of a row and takes one item of it; a new window may not have the item yet. Gives when it was
   * taken, in milliseconds as Date.now().
   */
  async menu(row: Locator, item: string): Promise<number> {
    const entry = this.page.locator(".monaco-menu .action-label", { hasText: item });
    let taken = 0;
    await this.until(`"${item}" to be taken in the menu`, async () => {
      await row.click({ button: "right" });
      await appears(this.page.locator(".monaco-menu .action-label").first());
      // Rows that move while they are clicked leave the menu, and the focus, to another one.
      const isOurs = / focused/.test((await row.getAttribute("class")) ?? "");
      // A menu that has just opened takes no notice of a click; one that closes without one was not taken.
      while (isOurs && (await entry.isVisible())) {
        const clicked = Date.now();
        if (await done(entry.click({ timeout: shortMs }))) taken = clicked;
        if (await disappears(entry)) break;
      }
      if (taken > 0) return true;
      await this.page.keyboard.press("Escape");
      return false;
    });
    return taken;
  }

  /** Takes a row of the quick input that is open, by its text. */
  async take(text: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
    const input = this.page.locator(".quick-input-widget");
    await row.waitFor();
    await this.until(`"${text}" to be taken in the list`, async () => {
      if (await row.isVisible()) await row.click();
      return disappears(input);
    });
  }

  /** What the editor complains about in its corner, "" if nothing. */
  notifications(): Promise<string> {
    return this.text(".notifications-toasts .notification-list-item-message");
  }

  /** The visible text of the first element that fits, "" if there is none. */
  async text(selector: string): Promise<string> {
    const found = this.page.locator(selector).first();
    if ((await found.count()) === 0) return "";
    // It may go between the two questions.
    const text = await found.textContent({ timeout: shortMs }).catch(() => "");
    return (text ?? "").replace(/\s+/g, " ").trim();
  }

  /** How long an action of the page waits for its element. */
  private patienceMs = waitMs;

  private bePatient(ms: number): void {
    this.patienceMs = ms;
    this.page.setDefaultTimeout(ms);
  }

  /**
   * Polls until something holds; the failure says what was seen instead. What is tried again has little patience: an
   * action whose element is not there, or goes while it is pressed, is a try in vain.
   */
  async until(what: string, holds: () => Promise<boolean>, seen?: () => Promise<string>): Promise<void> {
    const end = Date.now() + waitMs;
    const { patienceMs } = this;
    this.bePatient(tryMs);
    try {
      while (!(await holds().catch(inVain))) {
        if (Date.now() > end)
          assert.fail(`waited ${waitMs / 1000} s for ${what}${seen ? `; seen: ${await seen()}` : ""}`);
        await sleep(50);
      }
    } finally {
      this.bePatient(patienceMs);
    }
  }
}

/** False for an action whose time ran out; any other error goes on. */
function inVain(error: unknown): false {
  if (error instanceof errors.TimeoutError) return false;
  throw error;
}

/** Whether an action of the page was done; false if its time ran out. */
export const done = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false,
  );

/** True as soon as it is in sight, false if it is not within two seconds. */
export const appears = (what: Locator): Promise<boolean> => done(what.waitFor({ timeout: shortMs }));

/** True as soon as it is out of sight, false if it still is in sight after two seconds. */
export const disappears = (what: Locator): Promise<boolean> =>
  done(what.waitFor({ state: "hidden", timeout: shortMs }));
