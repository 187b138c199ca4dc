import assert from "node:assert/strict";
import type { Scenario } from "../workbench.ts";

const sample = "retransmission-in-record.tlstrace";

/**
 * The shipped sample, whose numbers stand in the design of the trace language: 1448 byte segments, one lost on the
 * wire, one in the qdisc, so that the packet 4344:40087 comes while 2896 is expected.
 */
export function traceScenarios(scenario: Scenario): void {
  scenario(
    "F5 on a trace file stops where the packet is out of order, before anything is posted",
    async (workbench) => {
      await workbench.openFile(sample);
      await workbench.page.keyboard.press("F5");
      await workbench.stopped(/driver\.check/);
      for (const scope of ["Driver", "NIC", "Descriptors"]) await workbench.expand(scope);
      await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
      await workbench.expectValue("NIC", "expectedSeq", /^2896 /);
      assert.equal(await workbench.valueOf("Descriptors", "prefixLength"), undefined);
      assert.match(await workbench.text(".debug-variables"), /nothing posted/);
      await workbench.picture("trace-out-of-order");
    },
  );

  scenario("stepping in goes through the layers: lookup, resync, advance, NIC", async (workbench) => {
    await workbench.toolbar("Step Into");
    await workbench.stopped(/tls\.getRecord/);
    await workbench.toolbar("Step Into");
    await workbench.stopped(/driver\.resync/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    await workbench.expectValue("Descriptors", "recordSn", "1");
    await workbench.expectValue("Descriptors", "prefixLength", /^4344 /);
    await workbench.picture("trace-resync");
    await workbench.toolbar("Step Into");
    await workbench.stopped(/driver\.advance/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
  });
}
