import type { Scenario } from "./workbench.ts";

/** Two traces debugged side by side; lines and places are those of the samples' first out-of-order transmits. */
export function sessionsScenarios(scenario: Scenario): void {
  scenario("of two sessions the status bar tells of the one that is looked at", async (workbench) => {
    await workbench.openFile("retransmission-in-record.tlstrace");
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/ · event 5 of 9, after driver\.check, forwards$/);
    await workbench.explorerMenu("rekey-under-loss.tlstrace", "Debug Trace or Capture");
    await workbench.toSession("Debug rekey-under-loss.tlstrace");
    await workbench.stopped(/ · event 8 of 13, after driver\.check, forwards$/);
    await workbench.picture("sessions-second");
    await workbench.toSession("Debug retransmission-in-record.tlstrace");
    await workbench.stopped(/ · event 5 of 9, after driver\.check, forwards$/);
    await workbench.toolbar("Stop");
    await workbench.stopped(/ · event 8 of 13, after driver\.check, forwards$/);
  });
}
