import assert from "node:assert/strict";
import type { Scenario } from "./workbench.ts";

/** `name` is a capture of 100 MB with its keys beside it. The time it took is told, not judged: the machine may be busy. */
export const largeScenarios =
  (name: string) =>
  (scenario: Scenario): void => {
    scenario("opens and stops at its first out-of-order transmit", async (workbench) => {
      const started = await workbench.explorerMenu(name, "Debug Trace or Capture");
      assert.match(await workbench.exception(), /out-of-order/);
      console.error(`      ${name}: stopped ${Date.now() - started} ms after the click`);
      await workbench.picture("large-capture");
    });
  };
