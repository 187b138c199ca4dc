import assert from "node:assert/strict";
import type { Scenario } from "./workbench.ts";

/** Forks of the sample whose packet 4344:40087 is out of order at its event 5, with 2896 expected. */
export function forkScenarios(scenario: Scenario): void {
  scenario("a fork made in the console is a session of its own, and says which it is", async (workbench) => {
    await workbench.openFile("retransmission-in-record.tlstrace");
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/ · event 5 of 9, after driver\.check, forwards$/);
    await workbench.say("fork drop");
    await workbench.toSession("Fork 1 of retransmission-in-record.tlstrace: 5: drop");
    await workbench.stopped(/^fork 1 \(5: drop\) · .* · event 5 of 8, after tcp\.ack, forwards$/);
    await workbench.picture("fork-console");
  });

  scenario("compared with its parent, the first difference is a stop", async (workbench) => {
    await workbench.say("fork diff");
    const shown = () => workbench.text(".repl");
    await workbench.until("the difference", async () => /out of order 2, now 1/.test(await shown()), shown);
    assert.match(await shown(), /fork 1 and its parent: \d+ events not the same/);
    await workbench.picture("fork-compared");
  });

  scenario("a value that is set makes a fork, and stays what it was", async (workbench) => {
    await workbench.toSession("Debug retransmission-in-record.tlstrace");
    await workbench.stopped(/ · event 5 of 9, after driver\.check, forwards$/);
    await workbench.setValue("Driver", "expectedSeq", "4344");
    await workbench.toSession(
      "Fork 2 of retransmission-in-record.tlstrace: 5: set driver.expectedSeq = 4344",
    );
    await workbench.stopped(/^fork 2 \(5: set driver\.expectedSeq = 4344\) · .* · event 5 of 10, /);
    await workbench.expectValue("Driver", "expectedSeq", /^4344 /);
    await workbench.picture("fork-set-value");
    await workbench.toSession("Debug retransmission-in-record.tlstrace");
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    for (let sessions = 3; sessions > 1; sessions--) await workbench.toolbar("Stop");
  });
}
