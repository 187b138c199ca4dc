import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Scenario } from "./workbench.ts";

const evidence = ["differs.trace", "agrees-before.txt", "differs-after.txt"].map(
  (name) => `\${workspaceFolder}/evidence/${name}`,
);
const configuration = {
  type: "tlstrace",
  request: "launch",
  name: "Evidence and another NIC",
  program: `\${workspaceFolder}/evidence/netronome.tlstrace`,
  evidence,
  compare: ["connectx", "./mine.nic.json"],
};

/**
 * A launch configuration of the workspace `folder`: the sample of kernel evidence, whose line 12 sends what the qdisc
 * made a jump forward, with a kernel trace that names record 3 where the model resynchronises record 2 (line 15), and a
 * second NIC beside the first and one of the user's own, whose file lies in the workspace, not beside the trace.
 */
export const launchScenarios = (folder: () => string) => (scenario: Scenario) => {
  scenario("a launch configuration lays evidence over the trace and compares NICs", async (workbench) => {
    const settings = path.join(folder(), ".vscode");
    mkdirSync(settings, { recursive: true });
    writeFileSync(path.join(settings, "launch.json"), JSON.stringify({ configurations: [configuration] }));
    const own = path.join(folder(), "mine.nic.json");
    writeFileSync(own, JSON.stringify({ base: "innova" }));
    await workbench.openFile("netronome.tlstrace");
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectFrames(/driver\.check, line 12,/);
    await workbench.expectValue("Driver", "Compared", /^netronome, connectx, mine\.nic\.json$/);
    await workbench.setFilter("Out-of-order transmit", false);
    await workbench.stopAt("evidence-differs");
    await workbench.move("Continue");
    await workbench.expectFrames(/line 15,/);
    assert.match(
      await workbench.exception(),
      /the kernel reported tls_device_tx_resync_send with rec_no 3; the model says rec_no 2/,
    );
    await workbench.expectValue("Packet", "kernel", /^tls_device_tx_resync_send .*rec_no 3$/);
    await workbench.picture("launch-evidence");
    rmSync(settings, { recursive: true });
    rmSync(own);
  });
  scenario("a capture that is not there is told of before its keys are asked for", async (workbench) => {
    await workbench.stop();
    const settings = path.join(folder(), ".vscode");
    mkdirSync(settings, { recursive: true });
    const { type, request } = configuration;
    const missing = { type, request, name: "Missing", program: `\${workspaceFolder}/missing.pcap` };
    writeFileSync(path.join(settings, "launch.json"), JSON.stringify({ configurations: [missing] }));
    await workbench.openFile("netronome.tlstrace");
    await workbench.page.keyboard.press("F5");
    const dialog = workbench.page.locator(".monaco-dialog-box", { hasText: "missing.pcap does not exist" });
    await dialog.waitFor();
    assert.equal(await workbench.page.locator(".quick-input-widget:visible").count(), 0);
    await workbench.picture("launch-missing");
    await workbench.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(await workbench.page.locator(".quick-input-widget:visible").count(), 0);
    rmSync(settings, { recursive: true });
  });
};
