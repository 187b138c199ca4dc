import assert from "node:assert/strict";
import type { Scenario } from "../workbench.ts";

/**
 * Expected numbers are from tshark's fields of lossy.pcap, server to client: the offload starts at 1262259312 (the
 * first byte after the server's Finished) with record 1 of 16413 bytes (tls.record.length 16408 + 5); frame 22 ends at
 * 1262277878 = 18566; frame 25 is the first that does not follow on, at 1262259054 (258 bytes before the start);
 * frame 27 sends 1262263398 = 4086 again.
 */
export function captureScenarios(scenario: Scenario): void {
  scenario(
    "the explorer's command stops on the first out-of-order transmit and says why",
    async (workbench) => {
      await workbench.explorerMenu("lossy.pcap", "Debug TLS Offload Trace");
      const words = await workbench.exception();
      assert.match(words, /does not start at the sequence number that the driver expects/);
      assert.match(words, /18566/);
      await workbench.picture("capture-out-of-order");
    },
  );

  scenario(
    "the call stack holds the layers that the packet came through, innermost first",
    async (workbench) => {
      const frames = await workbench.frames();
      assert.match(frames[0] ?? "", /driver\.check/);
      const order = ["driver.check", "skb"].map((name) => frames.findIndex((frame) => frame.includes(name)));
      assert.ok(order[0]! >= 0 && order[0]! < order[1]!, frames.join("\n"));
    },
  );

  scenario("Variables show the record map and both expected sequence numbers", async (workbench) => {
    for (const scope of ["Record map", "Driver", "NIC", "Descriptors"]) await workbench.expand(scope);
    await workbench.expectValue("Driver", "expectedSeq", "18566 (1262277878)");
    await workbench.expectValue("NIC", "expectedSeq", "18566 (1262277878)");
    await workbench.expectValue("Record map", "record 1", /^0:16413\(16413\) application_data/);
    await workbench.picture("capture-variables");
  });

  scenario("a stop where a resync was posted shows record number and prefix length", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.setFilter("Resync posted", true);
    await workbench.toolbar("Continue");
    await workbench.stopped(/driver\.resync/);
    await workbench.expectValue("Descriptors", "prefixLength", /^0 bytes/);
    await workbench.toolbar("Continue");
    await workbench.expectValue("Descriptors", "prefixLength", /^4086 bytes/);
    await workbench.expectValue("Descriptors", "recordSn", "1");
    assert.match(await workbench.exception(), /rebuilds the NIC's TLS state/);
    await workbench.picture("capture-resync");
  });

  scenario("reverse continue comes back to the same values", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", true);
    await workbench.setFilter("Resync posted", false);
    const firstStop = async () => (await workbench.valueOf("Driver", "expectedSeq")) === "18566 (1262277878)";
    for (let i = 0; i < 5 && !(await firstStop()); i++) {
      const before = await workbench.status();
      await workbench.toolbar("Reverse");
      await workbench.until("another stop", async () => (await workbench.status()) !== before);
    }
    await workbench.expectValue("Driver", "expectedSeq", "18566 (1262277878)");
    await workbench.expectValue("NIC", "expectedSeq", "18566 (1262277878)");
    await workbench.picture("capture-reversed");
  });

  scenario("the listing's text answers the mouse", async (workbench) => {
    assert.match(await workbench.text(".tab.active"), /lossy.*\.tlstrace/);
    await workbench.stop();
  });
}
