import assert from "node:assert/strict";
import type { Scenario, VariableRow } from "../workbench.ts";

const sample = "retransmission-in-record.tlstrace";
/** What the Variables view showed at the out-of-order stop. */
let first: VariableRow[] = [];

/**
 * The shipped sample, whose numbers stand in the design of the trace language: 1448 byte segments, one lost on the
 * wire (line 6), one in the qdisc (line 7), so that the packet 4344:40087 of line 8 comes while 2896 is expected; line
 * 12 is the retransmission of 1448, when 40087 is expected.
 */
export function traceScenarios(scenario: Scenario): void {
  scenario("F5 stops where the packet is out of order, before anything is posted", async (workbench) => {
    await workbench.openFile(sample);
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/after driver\.check, forwards$/);
    assert.match(await workbench.exception(), /expected 2896, seq 4344/);
    assert.match(
      (await workbench.frames())[0] ?? "",
      /driver\.check, line 8, retransmission-in-record\.tlstrace/,
    );
    await workbench.showScopes("Record map", "Driver", "NIC", "Descriptors");
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    await workbench.expectValue("NIC", "expectedSeq", /^2896 /);
    first = await workbench.variables();
    assert.deepEqual(
      first.filter((row) => row.scope === "Descriptors" && row.level > 1),
      [],
    );
    await workbench.picture("trace-out-of-order");
  });

  scenario("stepping in goes through lookup, resync, advance and the NIC", async (workbench) => {
    await workbench.move("Step Into");
    await workbench.stopped(/after tls\.getRecord/);
    await workbench.move("Step Into");
    await workbench.stopped(/after driver\.resync/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    await workbench.expectValue("Descriptors", "recordSn", /^1$/);
    await workbench.expectValue("Descriptors", "prefixLength", /^4344 /);
    await workbench.picture("trace-resync");
    await workbench.move("Step Into");
    await workbench.stopped(/after driver\.advance/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    // PROGRESS, NOP, three DUMPs and the packet: six descriptors, a stage each, then the wire.
    for (let i = 0; i < 6; i++) await workbench.move("Step Into");
    await workbench.stopped(/after nic/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    await workbench.expectValue("NIC", "expectedSeq", /^40087 /);
    await workbench.picture("trace-nic");
    await workbench.move("Step Into");
    await workbench.stopped(/after wire/);
  });

  scenario("stepping back by stages returns to the same values", async (workbench) => {
    const isBack = async () => /after driver\.check, backwards$/.test(await workbench.status());
    for (let i = 0; i < 12 && !(await isBack()); i++) await workbench.move("Step Back Into");
    await workbench.stopped(/after driver\.check, backwards$/);
    await workbench.expectVariables(first);
    await workbench.picture("trace-stepped-back");
  });

  scenario("step back goes an event back, and continue returns", async (workbench) => {
    await workbench.move("Step Back");
    assert.match((await workbench.frames())[0] ?? "", /line 7,/);
    await workbench.move("Continue");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectVariables(first);
  });

  scenario("reverse continue from the second stop returns to the first one's values", async (workbench) => {
    await workbench.move("Continue");
    assert.match((await workbench.frames())[0] ?? "", /driver\.check, line 12,/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    await workbench.move("Reverse");
    await workbench.stopped(/after driver\.check, backwards$/);
    await workbench.expectVariables(first);
  });

  scenario("the mouse over a range tells its record and who sent it", async (workbench) => {
    const words = await workbench.hover(6, "1448:2896(1448)");
    assert.match(words, /record 1, offset 1448 of 16413 \(payload\); sent once, line 6; not acknowledged/);
    await workbench.picture("trace-hover");
  });

  scenario("a conditional breakpoint stops only where its condition holds", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.conditionalBreakpoint(11, "driver.expectedSeq == 2896");
    await workbench.conditionalBreakpoint(12, "driver.expectedSeq == 40087");
    await workbench.picture("trace-conditions");
    await workbench.move("Continue");
    assert.match((await workbench.frames())[0] ?? "", /skb, line 12,/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    await workbench.picture("trace-condition-held");
    await workbench.command("Debug: Remove All Breakpoints");
    await workbench.setFilter("Out-of-order transmit", true);
    await workbench.stop();
  });

  scenario("a capture without keys asks once and is debugged all the same", async (workbench) => {
    await workbench.explorerMenu("without-keys.pcap", "Debug TLS Offload Trace");
    const choice = workbench.page.locator(".quick-input-list .monaco-list-row", {
      hasText: "Debug without keys",
    });
    await choice.waitFor();
    await workbench.picture("keys-asked");
    await choice.click();
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.showScopes("Driver", "Keys (masked)");
    await workbench.expectValue("Driver", "expectedSeq", /^18566 /);
    await workbench.picture("keys-absent");
    await workbench.stop();
    await workbench.explorerMenu("without-keys.pcap", "Debug TLS Offload Trace");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.stop();
  });
}
