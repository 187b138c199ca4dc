import { setTimeout as sleep } from "node:timers/promises";
import { exceptionFilters } from "../../adapter/stops/filters.ts";
import { appears, disappears, done, shortMs, Window } from "./window/window.ts";

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

/** A window with the debugger in it, by what its user sees and does. */
export class Workbench extends Window {
  /** Whether a group has set any: they go with it. */
  hasBreakpoints = false;

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
    const focused = this.page.locator(".repl-input-wrapper .monaco-editor.focused");
    const held = async () => ((await input.textContent()) ?? "").replaceAll("\u00a0", " ");
    // A stop that has just come gives the focus to its line.
    await this.until(`the console to take "${line}"`, async () => {
      await input.click();
      if ((await focused.count()) === 0) return false;
      await this.page.keyboard.press("Control+A");
      await this.page.keyboard.insertText(line);
      if (!(await held()).includes(line)) return false;
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Enter");
      await sleep(200);
      return !(await held()).includes(line);
    });
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
    const title = this.page.locator(".exception-widget .title").first();
    // A busy editor may lose it while it fetches the rest of a call stack, until a frame is looked at again.
    await this.until("the exception widget", async () => {
      // Rows still move while others come: the click would look at another frame.
      for (let left = 5; left > 0; left--) if (await appears(title)) return true;
      const [innermost] = await this.frames();
      // By its name: rows move while others come.
      if (innermost !== undefined)
        await this.page
          .locator(`.debug-call-stack .monaco-list-row[aria-label="${innermost}"]`)
          .first()
          .click();
      return false;
    });
    return this.text(".exception-widget");
  }

  /**
   * The rows of the call stack, innermost frame first, as a screen reader hears them: name, line, file. They are those of
   * the thread that is looked at; the ones of other streams may be open, too.
   */
  async frames(): Promise<string[]> {
    const rows = await this.page.$$eval(".debug-call-stack .monaco-list-row", (all) =>
      all.map((row) => ({
        label: row.getAttribute("aria-label") ?? "",
        isSelected: row.classList.contains("selected"),
      })),
    );
    const isHead = (i: number) => /^(Thread|Session) /.test(rows[i]!.label);
    let at = rows.findIndex(({ isSelected }) => isSelected);
    // Before one is selected: the one that says more of its stop than that it is one.
    if (at < 0) at = rows.findLastIndex(({ label }, i) => isHead(i) && !/ Paused\b/i.test(label));
    let [from, to] = at < 0 ? [0, rows.length] : [at, at + 1];
    while (from > 0 && !isHead(from)) from--;
    while (to < rows.length && !isHead(to)) to++;
    return rows
      .slice(from, to)
      .map(({ label }) => label)
      .filter((label) => label.startsWith("Stack Frame"));
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
    const row = this.page.locator(`.debug-variables .monaco-list-row[aria-label^="${name}, value "]`).first();
    const box = this.page.locator(".debug-variables .monaco-inputbox input");
    await this.until(`${name} to be set`, async () => {
      await this.values(scope);
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
    // In older editors the box is the browser's own.
    const box = row.locator(".monaco-checkbox, input[type=checkbox]");
    const isSet = async () => (await box.isChecked()) === on;
    if (!(await isSet())) await box.click();
    await this.until(`${label} to be ${on}`, isSet);
  }

  /** Opens one of the walkthroughs that there are. */
  async openWalkthrough(title: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await this.asking("Welcome: Open Walkthrough", row);
    await this.take(title);
  }

  /** Takes a name that has no box in the view as a function breakpoint. */
  async stopAt(name: string): Promise<void> {
    this.hasBreakpoints = true;
    const asks = this.page.locator('.quick-input-box input[placeholder^="What to stop at"]');
    await this.asking("TLS Offload: Stop At", asks);
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
      // A button that goes while it is pressed again takes all of a try's time. A toolbar is out of sight at times.
      return (await disappears(toolbar)) && (await this.status()) === "";
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
    await this.closeEditors();
    await this.command("Debug Console: Focus on Debug Console View");
  }

  /** Closes all editors; what was written in them and belongs to no file goes. */
  private async closeEditors(): Promise<void> {
    const asks = this.page.locator(".monaco-dialog-box .monaco-button", { hasText: "Don't Save" });
    await this.until("all editors to be closed", async () => {
      if (await asks.isVisible()) await asks.click();
      else await this.command("View: Close All Editors");
      return disappears(this.page.locator(".tabs-container .tab").first());
    });
  }
}
