import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errors, type Locator, type Page } from "playwright-core";
import { exceptionFilters } from "../../adapter/stops/filters.ts";

/** A row of the Variables view as the user sees it. */
export interface VariableRow {
  scope: string;
  name: string;
  value: string;
}

/** Declares one test of what the user sees; when it fails, the window as it then was is kept. */
export type Scenario = (title: string, body: (workbench: Workbench) => Promise<void>) => void;

/** Labels of the exception filters that are on at first. */
const filtersOn = exceptionFilters.filter(({ default: isOn }) => isOn).map(({ label }) => label);

const waitMs = 60_000;

/** How long an action within something that is tried again may take. */
const tryMs = 5000;

/** How long one try waits for what comes, or does not. */
const shortMs = 2000;

/** A VS Code window in the browser, by what its user sees and does. */
export class Workbench {
  readonly page: Page;
  private readonly pictures: string;
  /** Whether a group has set any: they go with it. */
  hasBreakpoints = false;

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
  private async quickInput(
    what: string,
    key: string,
    text: string,
    taken: () => Promise<boolean>,
  ): Promise<void> {
    const input = this.page.locator(".quick-input-widget input");
    await this.until(what, async () => {
      await this.page.keyboard.press(key);
      const filled = await done(input.fill(text, { timeout: shortMs }));
      if (filled && (await taken())) return true;
      await this.page.keyboard.press("Escape");
      return false;
    });
  }

  /** Takes an item of the explorer's menu on a file; gives when, in milliseconds as Date.now(). */
  async explorerMenu(file: string, item: string): Promise<number> {
    await this.page.keyboard.press("Control+Shift+E");
    return this.menu(this.page.locator(".explorer-viewlet .monaco-list-row", { hasText: file }), item);
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
      // A menu that has just opened takes no notice of a click; one that closes without one was not taken.
      while (await entry.isVisible()) {
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

  /** Presses a button of the debug toolbar, and takes the mouse away so that no tooltip hides anything. */
  async toolbar(label: string): Promise<void> {
    await this.page.locator(`.debug-toolbar .action-label[aria-label^="${label} ("]`).click();
    await this.page.mouse.move(700, 5);
  }

  /** Presses a button that moves the debugger and waits until it stands elsewhere. */
  async move(label: string): Promise<void> {
    const before = await this.status();
    await this.toolbar(label);
    await this.until(`${label} to move on from ${before}`, async () => (await this.status()) !== before);
  }

  /** Types a line into the debug console, which answers. */
  async say(line: string): Promise<void> {
    const answers = this.page.locator(".repl .monaco-list-row");
    const before = await answers.count();
    await this.command("Debug Console: Focus on Debug Console View");
    const input = this.page.locator(".repl-input-wrapper .monaco-editor").first();
    await this.until(`the console to take "${line}"`, async () => {
      await input.click();
      await this.page.keyboard.press("Control+A");
      await this.page.keyboard.type(line);
      return ((await input.textContent()) ?? "").replaceAll("\u00a0", " ").includes(line);
    });
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("Enter");
    await this.until(`an answer to "${line}"`, async () => (await answers.count()) > before);
  }

  /** Where the debugger stands, in the status bar's words: position and direction. */
  status(): Promise<string> {
    return this.text('.statusbar-item[id$="tlstrace.position"]');
  }

  /** Waits for a stop whose words in the status bar fit, and for the call stack to follow it. */
  async stopped(words: RegExp): Promise<void> {
    await this.until(
      `a stop like ${words}`,
      async () => words.test(await this.status()),
      () => this.status(),
    );
    await this.page.locator(".debug-call-stack .monaco-list-row").first().waitFor();
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

  /** Waits until the innermost frames read like this. */
  async expectFrames(...expected: RegExp[]): Promise<void> {
    const fit = (frames: string[]) => expected.every((each, i) => each.test(frames[i] ?? ""));
    const holds = async () => fit(await this.frames());
    await this.until(`frames like ${expected.join(", ")}`, holds, async () =>
      (await this.frames()).join("; "),
    );
  }

  /** Opens scopes of the Variables view. The editor closes them again when it is stepped quickly. */
  private async openScopes(names: readonly string[]): Promise<void> {
    const scopes = this.page.locator('.debug-variables .monaco-list-row[aria-label^="Scope "]');
    // Others give way from the last one on: rows are in the page only while in sight.
    for (const row of (await scopes.all()).reverse()) {
      // Any of them may be gone by now: whoever wants a value looks again.
      const told = (name: string) => row.getAttribute(name, { timeout: shortMs }).catch(() => null);
      const label = await told("aria-label");
      if (label === null) continue;
      const isWanted = names.includes(label.replace(/^Scope /, ""));
      if (((await told("aria-expanded")) === "true") === isWanted) continue;
      await done(row.locator(".monaco-tl-twistie").click({ timeout: shortMs }));
      await sleep(200);
    }
  }

  /** Closes the Watch view: the tests need its room for Variables, whose rows are in the page only while in sight. */
  private async closeWatch(): Promise<void> {
    const header = this.page.locator('.pane-header[aria-label^="Watch"][aria-expanded="true"]');
    if ((await header.count()) > 0) await header.click();
  }

  /** The rows of some scopes of the Variables view; they are opened, and all others closed. */
  async values(...scopes: string[]): Promise<VariableRow[]> {
    await this.closeWatch();
    await this.openScopes(scopes);
    const labels = await this.page.$$eval(".debug-variables .monaco-list-row", (rows) =>
      rows.map((row) => [row.getAttribute("aria-level"), row.getAttribute("aria-label") ?? ""] as const),
    );
    let scope = "";
    const rows = labels.flatMap(([level, label]) => {
      if (level === "1") scope = label.replace(/^Scope /, "");
      const [name = "", value = ""] = label.split(/, value /);
      return level === "1" ? [] : [{ scope, name, value }];
    });
    return rows.filter((row) => scopes.includes(row.scope));
  }

  /** Sets a value of a scope in the Variables view. */
  async setValue(scope: string, name: string, value: string): Promise<void> {
    await this.values(scope);
    const row = this.page.locator(`.debug-variables .monaco-list-row[aria-label^="${name}, value "]`).first();
    const box = this.page.locator(".debug-variables .monaco-inputbox input");
    await this.until(`${name} to be set`, async () => {
      await row
        .locator(".value")
        .dblclick({ timeout: shortMs })
        .catch(() => {});
      if (!(await appears(box))) return false;
      await box.fill(value);
      await this.page.keyboard.press("Enter");
      return disappears(box);
    });
  }

  /** Waits until a value reads like this. */
  async expectValue(scope: string, name: string, expected: RegExp): Promise<void> {
    const shown = async () =>
      (await this.values(scope)).find((row) => row.name === name)?.value ?? "no such row";
    await this.until(`${scope}: ${name} = ${expected}`, async () => expected.test(await shown()), shown);
  }

  /** Waits until scopes show exactly these rows again. */
  async expectValues(scopes: readonly string[], expected: readonly VariableRow[]): Promise<void> {
    const shown = async () => JSON.stringify(await this.values(...scopes));
    const wanted = JSON.stringify(expected);
    await this.until(`the Variables view to show ${wanted}`, async () => (await shown()) === wanted, shown);
  }

  /** Labels of the exception filters that a group has ticked or cleared. */
  private readonly filtersSet = new Set<string>();

  /** Ticks or clears an exception filter of the Breakpoints view. */
  async setFilter(label: string, on: boolean): Promise<void> {
    this.filtersSet.add(label);
    const row = this.page.locator(`.debug-breakpoints .monaco-list-row[aria-label^="${label}"]`);
    const box = row.locator(".monaco-checkbox");
    const isSet = async () => (await box.getAttribute("aria-checked")) === String(on);
    if (!(await isSet())) await box.click();
    await this.until(`${label} to be ${on}`, isSet);
  }

  /** Takes a name that has no box in the view as a function breakpoint. */
  async stopAt(name: string): Promise<void> {
    this.hasBreakpoints = true;
    const title = "TLS Offload: Stop At";
    const found = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    // The command asks in the same place that it was picked in, so that the input is there before and behind.
    const asks = this.page.locator('.quick-input-widget input[placeholder^="What to stop at"]');
    await this.quickInput(`"${title}" to ask`, "F1", `>${title}`, async () => {
      await done(found.click({ timeout: shortMs }));
      return appears(asks);
    });
    await asks.fill(name);
    await this.page.locator(`.quick-input-list .monaco-list-row[aria-label^="${name},"]`).click();
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Sets a breakpoint on a line of the active editor. */
  async breakpoint(line: number): Promise<void> {
    this.hasBreakpoints = true;
    await this.goToLine(line);
    await this.page.keyboard.press("F9");
    await this.page.locator('.glyph-margin-widgets [class*="codicon-debug-breakpoint"]').first().waitFor();
  }

  /** Sets a breakpoint with a condition on a line of the active editor. */
  async conditionalBreakpoint(line: number, condition: string): Promise<void> {
    this.hasBreakpoints = true;
    await this.goToLine(line);
    await this.command("Debug: Add Conditional Breakpoint...");
    // What is typed before the widget has the focus would go into the trace.
    await this.until("the breakpoint widget to have the focus", async () => {
      if (await appears(this.page.locator(".breakpoint-widget .monaco-editor.focused"))) return true;
      await done(this.page.locator(".breakpoint-widget .monaco-editor").click({ timeout: shortMs }));
      return false;
    });
    await this.page.keyboard.type(condition);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".breakpoint-widget").waitFor({ state: "hidden" });
  }

  /** What the debug hover says with the mouse at a place in the active editor; columns count from 1. */
  async hover(line: number, column: number): Promise<string> {
    await this.goToLine(line, column);
    const cursor = this.page.locator(".editor-instance .cursors-layer .cursor").first();
    // What an earlier hover opened stays in the page, hidden.
    const said = this.page.locator(".debug-hover-widget .value:visible").first();
    await this.until(`a hover at line ${line}, column ${column}`, async () => {
      // Hints that come meanwhile push the text aside.
      const { x, y, height } = (await cursor.boundingBox()) ?? { x: 0, y: 0, height: 0 };
      await this.page.mouse.move(x + 40, y + 200);
      await this.page.mouse.move(x + 3, y + height / 2, { steps: 3 });
      return appears(said);
    });
    return this.text(".debug-hover-widget");
  }

  /** What the editor complains about in its corner, "" if nothing. */
  notifications(): Promise<string> {
    return this.text(".notifications-toasts .notification-list-item-message");
  }

  /** Looks at another session of the call stack. */
  async toSession(name: string): Promise<void> {
    const row = this.page.locator(".debug-call-stack .monaco-list-row .session .name", { hasText: name });
    // Buttons come up in the middle of a row that the mouse is over.
    await row.click({ position: { x: 10, y: 10 } });
  }

  /** Ends all sessions and waits until the toolbar is gone. */
  async stop(): Promise<void> {
    const toolbar = this.page.locator(".debug-toolbar");
    await this.until("every session to end", async () => {
      if (await toolbar.isVisible()) await this.toolbar("Stop");
      return !(await toolbar.isVisible());
    });
  }

  /** Leaves nothing of a group of tests to the next one. */
  async reset(): Promise<void> {
    await this.page.keyboard.press("Escape");
    for (const label of this.filtersSet) await this.setFilter(label, filtersOn.includes(label));
    this.filtersSet.clear();
    if (this.hasBreakpoints) await this.command("Remove All Breakpoints");
    this.hasBreakpoints = false;
    await this.stop();
    await this.command("View: Close All Editors");
    await this.command("Debug Console: Focus on Debug Console View");
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
const done = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false,
  );

/** True as soon as it is in sight, false if it is not within two seconds. */
export const appears = (what: Locator): Promise<boolean> => done(what.waitFor({ timeout: shortMs }));

/** True as soon as it is out of sight, false if it still is in sight after two seconds. */
const disappears = (what: Locator): Promise<boolean> =>
  done(what.waitFor({ state: "hidden", timeout: shortMs }));
