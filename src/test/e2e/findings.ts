import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { byteOf, flippedBit } from "../damage/flipped.ts";
import type { Scenario } from "./workbench.ts";

/** The byte of lossy.pcap that is wrong in the capture of this name; where it stands is derived in opening/wrong.test.ts. */
export const wrongByte = { frame: 58, fromEnd: 100 };
export const wrongName = "wrong-byte.pcap";

const [is, must] = [byteOf(wrongByte) ^ flippedBit, byteOf(wrongByte)];
const words = new RegExp(
  `frame 58: byte 45978 \\(1262305290\\) is ${is}, must be ${must}: record 3, byte 13152 of 16413 \\(payload\\)`,
);

/** A capture of a broken NIC: what is seen without a key pressed, and what with one click. */
export function findingsScenarios(scenario: Scenario): void {
  scenario(
    "a capture with a wrong byte opens at it: frame, record, byte and both values",
    async (workbench) => {
      await workbench.explorerMenu(wrongName, "Debug Trace or Capture");
      await workbench.stopped(/event 53 of 164/);
      const widget = await workbench.exception();
      assert.match(widget, words);
      assert.match(widget, new RegExp(`captured bytes: .*\\[${is.toString(16).padStart(2, "0")}\\]`));
      assert.match(widget, new RegExp(`expected bytes: .*\\[${must.toString(16).padStart(2, "0")}\\]`));
      const shown = async () => workbench.text(".repl");
      await workbench.until("the verdict in the console", async () => words.test(await shown()), shown);
      assert.match(
        await shown(),
        /Something is wrong: wrong bytes in 1 stream; 11 of 12 records authenticated/,
      );
      await workbench.picture("wrong-byte");
    },
  );

  scenario("Findings and Problems list it; a click goes there", async (workbench) => {
    const row = workbench.page.locator(".part.sidebar .monaco-list-row", { hasText: words });
    await row.first().waitFor();
    await workbench.move("Step Back");
    // A tree that is just following a step takes no notice of a click.
    await workbench.until("the click to go there", async () => {
      await row.first().click();
      await setTimeout(500);
      return /event 53 of 164/.test(await workbench.status());
    });
    await workbench.command("View: Focus Problems (Errors, Warnings, Infos)");
    const problem = workbench.page.locator(".markers-panel .monaco-list-row", { hasText: words });
    await problem.first().waitFor();
    await workbench.picture("wrong-byte-problems");
  });

  scenario("one command lays the bytes side by side", async (workbench) => {
    await workbench.command("TLS Offload: Compare Captured and Expected Bytes");
    const changed = workbench.page.locator(
      ".monaco-diff-editor .line-insert, .monaco-diff-editor .char-insert",
    );
    await changed.first().waitFor();
    await workbench.picture("wrong-byte-compared");
  });
}
