import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Scenario, Workbench } from "./workbench.ts";

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

/** The page in the innermost of the frames that the editor wraps one in. */
const pageIn = ({ page }: Workbench) =>
  page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");

/** The sample capture: two streams, 181 packets (tshark), right under its keys; its first out-of-order transmit is at 18566. */
export function openedScenarios(scenario: Scenario): void {
  scenario("a capture opens as its streams and its verdict, by the keyboard alone", async (workbench) => {
    await workbench.openFile("lossy.pcap");
    const page = pageIn(workbench);
    await page.getByRole("heading", { name: "right" }).waitFor();
    assert.equal(await page.getByRole("rowheader").count(), 2);
    assert.match((await page.locator("main").textContent()) ?? "", /181 packets, 2 TLS streams/);
    const secrets = readFileSync("media/samples/lossy.keys", "utf8").match(/[0-9a-f]{96}/gi) ?? [];
    assert.ok(secrets.length > 0);
    const html = (await page.locator("html").innerHTML()).toLowerCase();
    for (const secret of secrets) assert.ok(!html.includes(secret.slice(0, 16).toLowerCase()));
    await workbench.picture("captures-page");
  });

  scenario("a stream of it is debugged by its button", async (workbench) => {
    const stream = "10.77.0.1:20019>10.77.0.2:46348";
    const button = pageIn(workbench).getByRole("link", { name: `Debug stream ${stream}` });
    await button.focus();
    await workbench.page.keyboard.press("Enter");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectValue("Driver", "expectedSeq", /^18566 /);
    await workbench.picture("captures-debugged");
    await workbench.stop();
  });
}
