import type { Scenario } from "./workbench.ts";

/** `without-keys.pcap` is the bundled capture with no key file of its name beside it. */
export function keysScenarios(scenario: Scenario): void {
  scenario("a capture without keys asks once and is debugged all the same", async (workbench) => {
    await workbench.explorerMenu("without-keys.pcap", "Debug Trace or Capture");
    const choice = workbench.page.locator(".quick-input-list .monaco-list-row", {
      hasText: "Without keys",
    });
    await choice.waitFor();
    await workbench.picture("keys-asked");
    await workbench.take("Without keys");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectValue("Driver", "expectedSeq", /^18566 /);
    await workbench.expectValue("Keys (masked)", "epoch0", /^unknown$/);
    await workbench.picture("keys-absent");
    await workbench.stop();
    await workbench.explorerMenu("without-keys.pcap", "Debug Trace or Capture");
    await workbench.stopped(/after driver\.check, forwards$/);
  });
}
