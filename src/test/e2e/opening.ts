import type { Scenario } from "./workbench.ts";

/** 18566 is where the first out-of-order transmit of lossy.pcap was expected, as in the scenarios of captures. */
export function openingScenarios(scenario: Scenario): void {
  scenario("a capture's listing is there also when its window has only just opened", async (workbench) => {
    await workbench.reopen();
    await workbench.explorerMenu("lossy.pcap", "Debug Trace or Capture");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.until(
      "the listing in the editor",
      async () => /> 18566:/.test(await workbench.text(".editor-instance .view-lines")),
      () => workbench.text(".editor-instance"),
    );
    await workbench.picture("opening-listing");
  });
}
