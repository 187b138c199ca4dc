import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Scenario, Workbench } from "../workbench.ts";

/** A name that no sample is found by. */
const file = "quizzed.tlstrace";
/** The record is 0:1029: ahead of what begins at 700 the first 700 bytes are replayed, so line 6 fails, and line 8 alone holds. */
const text = `device eth0
connection web device=eth0
+0     web send 1000
+0     web > 0:500(500)
+0     web > 700:1029(329)
       expect resync record=0 replayed=500
+0     web > 0:1029(1029)
expect wire=match
`;

/** A trace as a test: `samples` is the folder that is open. */
export const testScenarios = (samples: () => string) => (scenario: Scenario) => {
  const tested = () => path.join(samples(), file);

  scenario(
    "a line that fails is told of beside it, with where what happened comes from",
    async (workbench) => {
      const { page } = workbench;
      writeFileSync(tested(), text);
      await workbench.openFile(file);
      await page.locator(".testing-run-glyph").first().waitFor();
      await workbench.picture("tests-offered");
      await workbench.command("Test: Run Tests in Current File");
      await failureShown(workbench);
      await workbench.picture("tests-failed");
      await page.keyboard.press("Escape");
    },
  );

  scenario("a failing line is debugged: the session stands at its event", async (workbench) => {
    await workbench.openFile(file);
    await workbench.goToLine(6);
    await workbench.command("Test: Debug Test at Cursor");
    await workbench.expectFrames(/line 5,/);
    await workbench.picture("tests-debugged");
    await workbench.stop();
  });

  scenario("lines that are missing are shown beside the file, and accepted", async (workbench) => {
    const { page } = workbench;
    await workbench.openFile(file);
    await workbench.command("TLS Offload: Update Expectations");
    const added = page.locator(".editor.modified .view-line", {
      hasText: /expect\sresync\srecord=0\sreplayed=0/,
    });
    await added.first().waitFor();
    await workbench.picture("tests-update");
    assert.equal(readFileSync(tested(), "utf8"), text);
    await workbench.command("TLS Offload: Accept Expectations");
    const lines =
      "       expect out-of-order expected=1029 seq=0\n       expect resync record=0 replayed=0\n";
    const wanted = text.replace("expect wire", `${lines}expect wire`);
    await workbench.until(
      "the file to hold them",
      async () => readFileSync(tested(), "utf8") === wanted,
      async () => readFileSync(tested(), "utf8"),
    );
  });
};

/** The same trace once all its notable events have expect lines. */
export function coverageScenarios(scenario: Scenario): void {
  scenario("coverage is told of lines, and of effects, stages and bugs", async (workbench) => {
    await workbench.openFile(file);
    await workbench.command("Test: Run Tests with Coverage in Current File");
    await workbench.page.locator(`.tab[aria-label*="Coverage of the traces"]`).waitFor();
    const preview = workbench.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    await preview.locator("h2", { hasText: /^Effects: 4 of / }).waitFor();
    await workbench.picture("tests-coverage");
    await workbench.openFile(file);
    await workbench.picture("tests-covered-lines");
  });
}

/** The failing line's message, peeked at: expected, actual, and the event, its descriptors and the record's push below. */
async function failureShown(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  await page.locator(".editor-instance .codicon-testing-failed-icon").first().waitFor();
  await workbench.goToLine(6);
  await workbench.command("Test: Peek Output");
  const shown = () => workbench.text(".test-output-peek");
  const expected = [
    /resync record=0 replayed=500/,
    /resync record=0 replayed=700/,
    /DUMP 0:700\(700\) by driver\.resync/,
    /record 0, byte 700 \(payload\)/,
  ];
  await workbench.until(
    "expected, actual, and the event, its descriptors and the record's push below",
    async () => {
      const text = await shown();
      return expected.every((each) => each.test(text));
    },
    shown,
  );
}
