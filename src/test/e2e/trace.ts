import assert from "node:assert/strict";
import type { Scenario, VariableRow } from "./workbench.ts";

const sample = "retransmission-in-record.tlstrace";
const scopes = ["Record map", "Driver", "NIC", "Descriptors"];
/** What these scopes showed at the out-of-order stop. */
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
    await workbench.expectFrames(/driver\.check, line 8, retransmission-in-record\.tlstrace/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    await workbench.expectValue("NIC", "expectedSeq", /^2896 /);
    first = await workbench.values(...scopes);
    assert.deepEqual(
      first.filter((row) => row.scope === "Descriptors"),
      [],
    );
    await workbench.picture("trace-out-of-order");
  });

  scenario("stepping in goes through lookup, resync and advance", async (workbench) => {
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
  });

  scenario("stepping back undoes that, to the same values", async (workbench) => {
    for (const stage of ["driver\\.resync", "tls\\.getRecord", "driver\\.check"]) {
      await workbench.move("Step Back");
      await workbench.stopped(new RegExp(`after ${stage}.*, backwards$`));
    }
    await workbench.expectValues(scopes, first);
    await workbench.picture("trace-stepped-back");
  });
}

/** Going on from the out-of-order stop of line 8. */
export function travelScenarios(scenario: Scenario): void {
  scenario("after the packet's NIC stage driver and NIC expect its end", async (workbench) => {
    await workbench.move("Step Out");
    await workbench.stopped(/after wire, forwards$/);
    await workbench.move("Step Back Into");
    await workbench.stopped(/after nic PKT, backwards$/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    await workbench.expectValue("NIC", "expectedSeq", /^40087 /);
    await workbench.picture("trace-nic");
  });

  scenario(
    "Step Back undoes the step, Step Back Over goes an event back, and continue returns",
    async (workbench) => {
      await workbench.setFilter("Out-of-order transmit", true);
      await workbench.move("Step Into");
      await workbench.stopped(/after wire, forwards$/);
      await workbench.move("Step Back");
      await workbench.stopped(/after nic PKT, backwards$/);
      await workbench.command("TLS Offload: Step Back Over");
      await workbench.expectFrames(/line 7,/);
      await workbench.move("Continue");
      await workbench.stopped(/after driver\.check, forwards$/);
      await workbench.expectValues(scopes, first);
    },
  );

  scenario("reverse continue from the second stop returns to the first one's values", async (workbench) => {
    await workbench.move("Continue");
    await workbench.expectFrames(/driver\.check, line 12,/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    await workbench.move("Reverse");
    await workbench.stopped(/after driver\.check, backwards$/);
    await workbench.expectValues(scopes, first);
  });

  scenario(
    "what the protocol has no button for is a command, and a word in the console",
    async (workbench) => {
      await workbench.expectValue("Now", "driver.expectedSeq", /^2896 /);
      await workbench.expectValue("Now", "packet.seq", /^4344 /);
      await workbench.picture("trace-now");
      await workbench.command("TLS Offload: Step Back Out");
      await workbench.stopped(/event 5 of 9, before it, backwards$/);
      await workbench.command("TLS Offload: Previous Stop");
      await workbench.stopped(/event 5 of 9, after driver\.check/);
      await workbench.expectValues(scopes, first);
      await workbench.say("goto event 7");
      await workbench.stopped(/event 7 of 9/);
      await workbench.say("checkpoint seventh");
      await workbench.say("goto start");
      await workbench.stopped(/event 1 of 9/);
      await workbench.say("goto seventh");
      await workbench.stopped(/event 7 of 9/);
      await workbench.say("goto seq 4344");
      await workbench.stopped(/event 5 of 9/);
      await workbench.say("last driver.expectedSeq");
      await workbench.picture("trace-words");
      await workbench.command("TLS Offload: Previous Stop");
      await workbench.move("Reverse");
      await workbench.stopped(/event 5 of 9, after driver\.check, backwards$/);
      await workbench.expectValues(scopes, first);
    },
  );
}

/** Looking closer from there: what lies under the mouse, and conditions. */
export function lookScenarios(scenario: Scenario): void {
  scenario("the mouse over a range tells its record and who sent it", async (workbench) => {
    const words = await workbench.hover(6, 17);
    assert.match(
      words,
      /record 1, byte 1448 of 16413 \(payload\); sent 2 times, lines 6, 12; acknowledged at line 16/,
    );
    await workbench.picture("trace-hover");
  });

  scenario("a conditional breakpoint stops only where its condition holds", async (workbench) => {
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.conditionalBreakpoint(11, "driver.expectedSeq == 2896");
    await workbench.conditionalBreakpoint(12, "driver.expectedSeq == 40087");
    await workbench.picture("trace-conditions");
    await workbench.move("Continue");
    await workbench.expectFrames(/skb, line 12,/);
    await workbench.expectValue("Driver", "expectedSeq", /^40087 /);
    await workbench.picture("trace-condition-held");
  });
}

/** The sample anew: 4294962896 is 2^32 - 4400, 0xffffeed0. */
export function numbersScenarios(scenario: Scenario): void {
  scenario("values are written in hexadecimal and as on the wire, and back", async (workbench) => {
    await workbench.openFile("retransmission-in-record.tlstrace");
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 \(4294962896\)$/);
    await workbench.command("TLS Offload: Toggle Hexadecimal Numbers");
    await workbench.expectValue("Driver", "expectedSeq", /^0xb50 \(0xffffeed0\)$/);
    await workbench.command("TLS Offload: Toggle Absolute Sequence Numbers");
    await workbench.expectValue("Driver", "expectedSeq", /^0xffffeed0 \(0xb50\)$/);
    await workbench.picture("numbers-absolute-hexadecimal");
    await workbench.command("TLS Offload: Toggle Hexadecimal Numbers");
    await workbench.command("TLS Offload: Toggle Absolute Sequence Numbers");
    await workbench.expectValue("Driver", "expectedSeq", /^2896 \(4294962896\)$/);
  });

  scenario(
    "the disassembly is the transmit queue, at the descriptor that is posted next",
    async (workbench) => {
      // The editor offers it where the text has the focus.
      await workbench.goToLine(8);
      await workbench.command("Open Disassembly View");
      const rows = () => workbench.text(".editor-group-container.active .editor-container");
      await workbench.until(
        "the rows of the resync",
        async () => /DUMP\s*1522:3044\(1522\)/.test(await rows()),
        rows,
      );
      const shown = await rows();
      for (const row of [
        /PROGRESS/,
        /NOP/,
        /DUMP\s*0:1522\(1522\)/,
        /DUMP\s*3044:4344\(1300\)/,
        /PKT\s*4344:40087/,
      ])
        assert.match(shown, row);
      assert.match(shown, /0x0*5000002/);
      await workbench.picture("queue-disassembly");
    },
  );
}
