import assert from "node:assert/strict";
import type { Scenario, Workbench } from "./workbench.ts";

const bugSample = "connectx-long-dump.tlstrace";
/** The least DUMP that is longer than 1522 bytes (media/docs/kernel.md section 5.2: the MTU and 22 more). */
const least = /expect queue-error length=1523 limit=1522/;

/** A bug seen by one click, made small, and other ways to debug a file as something else; samples. */
export function labScenarios(scenario: Scenario): void {
  scenario("a trace about a bug is right as its devices say; one click shows the bug", async (workbench) => {
    await workbench.explorerMenu(bugSample, "Debug Trace or Capture");
    await workbench.stopped(/event 6 of 13/);
    const button = workbench.page.locator(".notifications-toasts .monaco-button", {
      hasText: "Debug as connectx/long-dump",
    });
    await button.click();
    await seesQueueError(workbench);
    await workbench.picture("debug-as-bug");
  });

  scenario("a finding's menu makes the trace small, in an editor of its own", async (workbench) => {
    const row = workbench.page.locator(".part.sidebar .monaco-list-row", {
      hasText: /^line 20: queue-error/,
    });
    await workbench.menu(row.first(), "Minimise");
    await showsLeast(workbench);
    await workbench.picture("minimised");
    await forget(workbench);
  });

  scenario("Minimise… keeps what the debugger stopped for", async (workbench) => {
    await workbench.command("TLS Offload: Minimise");
    await workbench.take("What the debugger stopped for");
    await showsLeast(workbench);
    await forget(workbench);
  });

  scenario("Debug As… offers first what the trace names", async (workbench) => {
    await workbench.reset();
    await workbench.explorerMenu(bugSample, "Debug As…");
    const rows = workbench.page.locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    assert.match((await rows.first().textContent()) ?? "", /connectx\/long-dump/);
    await workbench.picture("debug-as");
    await workbench.take("connectx/long-dump");
    await seesQueueError(workbench);
  });

  scenario("Open Sample… finds a bug's sample, which opens and cannot be changed", async (workbench) => {
    await workbench.reset();
    const input = workbench.page.locator('.quick-input-box input[placeholder^="A mechanism or a bug"]');
    await workbench.asking("TLS Offload: Open Sample", input);
    await input.fill("connectx/stale-lookup");
    const row = workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "stale-lookup" });
    await row.first().waitFor();
    await workbench.picture("open-sample");
    await workbench.page.keyboard.press("Enter");
    await workbench.page.locator(".tab", { hasText: "stale-lookup.tlstrace" }).first().waitFor();
    await workbench.page.locator(".editor-group-container.active .view-lines").click();
    await workbench.page.keyboard.type("x");
    const told = workbench.page.locator(".monaco-editor-overlaymessage", { hasText: /read-only/i });
    await told.first().waitFor();
  });
}

const seesQueueError = (workbench: Workbench): Promise<void> =>
  workbench.until(
    "the stop at the queue's error",
    async () => /queue-error.*length: 8688/s.test(await workbench.exception()),
    () => workbench.status(),
  );

const showsLeast = (workbench: Workbench): Promise<void> => {
  const lines = () => workbench.text(".editor-group-container.active .view-lines");
  return workbench.until("the small trace", async () => least.test(await lines()), lines);
};

/** Nobody is asked whether to save it. */
const forget = (workbench: Workbench): Promise<void> => workbench.command("View: Revert and Close Editor");
