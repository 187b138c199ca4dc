import assert from "node:assert/strict";
import type { Scenario } from "./workbench.ts";

export const familiesFile = "next-record.tlstrace";
/**
 * A family that encrypts in software what is out of order: record 1 is 0:4029 (4000 + 29 bytes), record 2 4029:5058,
 * record 3 5058:5187. What the qdisc loses on line 5 makes line 6 a jump forward, for which the driver asks; line 7
 * answers with the record at 4029. The device is held, goes on, and goes down.
 */
export const familiesTrace = `device nic profile=netronome mtu=1500
connection web device=nic rec_seq=1
+0     web send 4000
+.001  web > 0:1448(1448)
+0     web > 1448:2896(1448)  qdisc-drop
+0     web > 2896:4029(1133)
+.001  web send 1000
+0     web > 4029:5058(1029)
+.010  nic hold
+0     web > 1448:2896(1448)
+0     nic resume
+.010  nic down
+0     web send 100
+0     web > 5058:5187(129)
`;

export function familiesScenarios(scenario: Scenario): void {
  scenario("a packet out of order goes to software, and the driver asks for a resync", async (workbench) => {
    await workbench.openFile(familiesFile);
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectFrames(/driver\.check, line 6,/);
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.setFilter("Software fallback", true);
    await workbench.stopAt("next-record-resync");
    await workbench.move("Continue");
    await workbench.stopped(/after tls\.fallback, forwards$/);
    assert.match(await workbench.exception(), /reason out-of-order, length 1133/);
    await workbench.move("Continue");
    await workbench.stopped(/after tls\.resyncRequest/);
    await workbench.expectValue("Driver", "resyncPending", /^true$/);
    await workbench.expectValue("Driver", "expectedSeq", /^1448 /);
    await workbench.picture("families-fallback");
  });

  scenario("the next record tells driver and NIC where it starts", async (workbench) => {
    await workbench.move("Continue");
    await workbench.stopped(/after driver\.devResync/);
    await workbench.expectFrames(/driver\.devResync.*, line 7,/);
    await workbench.expectValue("Driver", "expectedSeq", /^4029 /);
    await workbench.expectValue("NIC", "expectedSeq", /^4029 /);
    await workbench.expectValue("Driver", "resyncPending", /^false$/);
    await workbench.picture("families-next-record");
  });

  scenario(
    "a held queue keeps its packet, a device that is down leaves the rest to software",
    async (workbench) => {
      await workbench.stopAt("waiting");
      await workbench.setFilter("Software fallback", false);
      await workbench.move("Continue");
      await workbench.expectFrames(/queue, line 10,/);
      await workbench.expectValue("Descriptors", "waiting", /^1$/);
      await workbench.picture("families-waiting");
      await workbench.stopAt("queue-resumed");
      await workbench.stopAt("device-down");
      await workbench.move("Continue");
      await workbench.expectFrames(/queue, line 11,/);
      await workbench.move("Continue");
      await workbench.expectFrames(/tls\.device, line 12,/);
      await workbench.expectValue("Connection (TCP)", "hook", /^tls_validate_xmit_skb_sw$/);
      await workbench.setFilter("Software fallback", true);
      await workbench.move("Continue");
      await workbench.expectFrames(/tls\.fallback, line 14,/);
      assert.match(await workbench.exception(), /reason device-down, length 129/);
      await workbench.expectValue("Packet", "line", /^14$/);
      await workbench.expectValue("Connection (TCP)", "sndNxt", /^5187 /);
      await workbench.picture("families-device-down");
      await workbench.move("Reverse");
      await workbench.expectFrames(/tls\.device, line 12,/);
    },
  );
}
