import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Scenario, VariableRow } from "./workbench.ts";

const scopes = ["Record map", "Driver", "NIC", "Descriptors"];
/** What these scopes showed at the first stop. */
let first: VariableRow[] = [];
/**
 * Expected numbers are from tshark's fields of lossy.pcap, server to client: the offload starts at 1262259312 (the
 * first byte after the server's Finished) with record 1 of 16413 bytes (tls.record.length 16408 + 5); frame 22 ends at
 * 1262277878 = 18566, in the second record; frame 25 is the first that does not follow on, at 1262259054 (258 bytes
 * before the start, up to 1190); frame 27 sends 1262263398 = 4086 again; frame 29 ends at 1262269190 = 9878, and frame
 * 30, the listing's 28th event behind three lines that declare device and streams, comes next.
 */
export function captureScenarios(scenario: Scenario): void {
  scenario(
    "the explorer's command stops on the first out-of-order transmit and says why",
    async (workbench) => {
      await workbench.explorerMenu("lossy.pcap", "Debug Trace or Capture");
      await workbench.stopped(/after driver\.check, forwards$/);
      const words = await workbench.exception();
      assert.match(words, /does not start at the sequence number that the driver expects/);
      assert.match(words, /driver\.expectedSeq: 18566 \(1262277878\)/);
      assert.match(words, /descriptors: nothing posted/);
      await workbench.picture("capture-out-of-order");
    },
  );

  scenario(
    "the call stack holds the layers that the packet came through, innermost first",
    async (workbench) => {
      await workbench.expectFrames(/driver\.check, line \d+, lossy\.pcap/, /skb, line \d+, lossy\.pcap/);
    },
  );

  scenario("Variables show the record map and both expected sequence numbers", async (workbench) => {
    await workbench.expectValue("Driver", "expectedSeq", /^18566 \(1262277878\)$/);
    await workbench.expectValue("NIC", "expectedSeq", /^18566 \(1262277878\)$/);
    await workbench.expectValue("Record map", "record 1", /^0:16413\(16413\) application_data/);
    await workbench.expectValue("Record map", "record 2", /^16413:32826\(16413\) application_data/);
    first = await workbench.values(...scopes);
    await workbench.picture("capture-variables");
  });

  scenario("a stop where a resync was posted shows record number and prefix length", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.setFilter("Resync posted", true);
    await workbench.move("Continue");
    await workbench.stopped(/after driver\.resync/);
    await workbench.expectValue("Descriptors", "prefixLength", /^0 bytes/);
    await workbench.move("Continue");
    await workbench.expectValue("Descriptors", "prefixLength", /^4086 bytes/);
    await workbench.expectValue("Descriptors", "recordSn", /^1$/);
    assert.match(await workbench.exception(), /rebuilds the NIC's TLS state.*bytes replayed: 4086/s);
    await workbench.picture("capture-resync");
  });
}

/** Going on from the resync stop of frame 27. */
export function listingScenarios(scenario: Scenario): void {
  scenario("reverse continue comes back to the same values", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", true);
    await workbench.setFilter("Resync posted", false);
    await workbench.move("Continue");
    // The third stop from here back; behind it nothing stops before the start of the trace.
    await workbench.move("Reverse");
    await workbench.move("Reverse");
    await workbench.move("Reverse");
    await workbench.stopped(/after driver\.check, backwards$/);
    await workbench.expectValues(scopes, first);
    await workbench.picture("capture-reversed");
  });

  scenario("a breakpoint in the listing stops there, with the values inline", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.breakpoint(31);
    await workbench.move("Continue");
    await workbench.expectFrames(/skb, line 31, lossy\.pcap/);
    await workbench.expectValue("Driver", "expectedSeq", /^9878 /);
    await workbench.until("inline values", async () =>
      /driver\.expectedSeq = 9878 /.test(await workbench.text(".editor-instance .view-lines")),
    );
    await workbench.picture("capture-breakpoint");
  });

  scenario("the mouse over a range of the listing tells its record and who sent it", async (workbench) => {
    assert.match(
      await workbench.hover(29, 20),
      /record 1, byte 4086 of 16413 \(payload\); sent 3 times, frames 12, 27, 40; acknowledged at frame 61/,
    );
    await workbench.picture("capture-hover");
  });

  scenario("keys are never on the screen", async (workbench) => {
    await workbench.expectValue("Keys (masked)", "epoch0", /masked/);
    const screen = await workbench.text("body");
    const secrets = readFileSync("media/samples/lossy.keys", "utf8").match(/[0-9a-f]{96}/gi) ?? [];
    assert.ok(secrets.length > 0);
    for (const secret of secrets)
      assert.ok(!screen.toLowerCase().includes(secret.slice(0, 16).toLowerCase()));
  });
}
