import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileSizeMax } from "../../../web/file-size.ts";
import { appears, shortMs } from "../window/window.ts";
import { type Scenario, Workbench } from "../workbench.ts";

/** A window of VS Code for the Web: of a folder that no provider searches, files are opened from the explorer. */
export class WebWorkbench extends Workbench {
  override async openFile(name: string): Promise<void> {
    const tab = this.page.locator(`.tab.active[aria-label^="${name}"]`);
    await this.until(`${name} in a tab`, async () => {
      await (await this.inExplorer(name)).dblclick({ timeout: shortMs }).catch(() => {});
      return appears(tab);
    });
  }
}

const large = "beyond-the-limit.pcap";
const mistaken = "mistaken.tlstrace";

/** Files that only a browser minds, and one with a mistake. */
export function writeForWeb(folder: string): void {
  writeFileSync(path.join(folder, large), "");
  truncateSync(path.join(folder, large), fileSizeMax + 1);
  writeFileSync(path.join(folder, mistaken), "# Nothing.\n\ndevcie eth0\n");
}

/** A trace of a folder that is no disk's; lines and places are those of its first out-of-order transmit. */
export function webScenarios(scenario: Scenario): void {
  scenario("a trace is read as a language, and debugged", async (workbench) => {
    await workbench.openFile("retransmission-in-record.tlstrace");
    await workbench.until("lenses of the replay", async () =>
      /2 out of order · 5.8 kB replayed/.test(await workbench.text(".codelens-decoration")),
    );
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/ · event 5 of 9, after driver\.check, forwards$/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    await workbench.move("Step Into");
    await workbench.move("Step Back");
    await workbench.picture("web-trace");
  });

  scenario(
    "a trace that names a NIC's file beside it is debugged beside another session",
    async (workbench) => {
      await workbench.explorerMenu("my-nic.tlstrace", "Debug Trace or Capture");
      await workbench.toSession("Debug my-nic.tlstrace");
      await workbench.stopped(/after driver\.check, forwards$/);
      await workbench.toSession("Debug retransmission-in-record.tlstrace");
      await workbench.stopped(/event 5 of 9/);
      await workbench.stop();
    },
  );

  scenario("a mistake is underlined, and the debugger refuses it at its line", async (workbench) => {
    await workbench.openFile(mistaken);
    await workbench.page.locator(".squiggly-error").first().waitFor();
    await workbench.page.keyboard.press("F5");
    await workbench.until("the dialog", async () =>
      /line 3: not a line of a trace/.test(await workbench.text(".monaco-dialog-box")),
    );
    await workbench.page.keyboard.press("Escape");
  });
}

/** What the extension brings, and what it leaves out. */
export function webOfferScenarios(scenario: Scenario): void {
  scenario("Open Sample… finds a capture among what is fetched, with its keys", async (workbench) => {
    const input = workbench.page.locator('.quick-input-box input[placeholder^="A mechanism or a bug"]');
    await workbench.asking("TLS Offload: Open Sample", input);
    await input.fill("upload");
    await workbench.take("A real capture of an upload");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.until(
      "the verdict",
      async () => /20 of 20 records authenticated/.test(await workbench.text(".repl")),
      () => workbench.text(".repl"),
    );
    await workbench.picture("web-sample");
    await workbench.stop();
  });

  scenario("what needs a disk, a process or a terminal is not offered", async (workbench) => {
    await workbench.openFile("retransmission-in-record.tlstrace");
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/event 5 of 9/);
    await workbench.palette("TLS Offload: ", (listed) => {
      assert.doesNotMatch(listed, /Update Expectations|Save Fork/);
      return /Show Picture of Stream/.test(listed);
    });
    await workbench.stop();
  });
}

/** What cannot be opened, or not wholly. */
export function webOddScenarios(scenario: Scenario): void {
  const page = ({ page: window }: Workbench) =>
    window.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");

  scenario("a capture beyond the limit is refused unread, with what to do", async (workbench) => {
    await workbench.openFile(large);
    await page(workbench)
      .getByText(/in a browser at most 256 MiB are read: open it on a desktop/)
      .first()
      .waitFor();
    await workbench.picture("web-too-large");
    await workbench.command("View: Close All Editors");
    await workbench.explorerMenu(large, "Debug Trace or Capture");
    await workbench.until("the dialog", async () =>
      /in a browser at most/.test(await workbench.text(".monaco-dialog-box")),
    );
    await workbench.page.keyboard.press("Escape");
  });

  scenario("a capture that was cut says so", async (workbench) => {
    await workbench.openFile("cut.pcap");
    await page(workbench)
      .getByText(/the file ends within the record at byte 4608, behind frame 10/)
      .first()
      .waitFor();
    await workbench.command("View: Close All Editors");
  });

  scenario("a capture without keys asks, and is debugged without", async (workbench) => {
    await workbench.explorerMenu("without-keys.pcap", "Debug Trace or Capture");
    await workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "Without keys" }).click();
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.until("the verdict", async () => /no keys are given/.test(await workbench.text(".repl")));
    await workbench.stop();
  });

  scenario(
    "a window that is closed while a session works leaves nothing that hinders the next",
    async (workbench) => {
      await workbench.explorerMenu("lossy.pcap", "Debug Trace or Capture");
      await workbench.stopped(/after driver\.check, forwards$/);
      await workbench.reopen();
      await workbench.explorerMenu("lossy.pcap", "Debug Trace or Capture");
      await workbench.stopped(/after driver\.check, forwards$/);
      await workbench.expectValue("Driver", "expectedSeq", /^18566 /);
      await workbench.stop();
    },
  );
}
