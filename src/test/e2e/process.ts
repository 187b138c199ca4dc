import assert from "node:assert/strict";
import { adaptersOf, type HostProbe, type HostReport } from "./host.ts";
import type { Scenario, Workbench } from "./workbench.ts";

/** MiB that a capture may hold in the extension host beyond what a small one does: its listing's page is all that comes. */
const grownMax = 16;

/**
 * The adapter in the real editor: what it takes from the extension host, and what is felt of it. `folder` is open and has
 * captures of these names, the smallest first. Times are told, not judged.
 */
export const processScenarios =
  (probe: HostProbe, folder: string, sizes: readonly { name: string }[]) =>
  (scenario: Scenario): void => {
    const [small, ...large] = sizes.map(({ name }) => `${name}.pcap`);
    let held = 0;
    scenario("the adapter is a process of its own, told of nothing but the workspace", async (workbench) => {
      say("extension host without a session", await probe.report());
      const report = await debug(workbench, probe, small!);
      held = report.held;
      const adapters = adaptersOf(report.pid);
      assert.equal(adapters.length, 1);
      const [, command, ...args] = adapters[0]!.command;
      assert.match(command!, /dist.cli\.js$/);
      // Keys and all else go by its input.
      assert.deepEqual(args, ["dap", "--workspace", folder]);
    });

    scenario("an adapter that falls is told of and started again; the editor lives on", async (workbench) => {
      const { pid } = await probe.report();
      process.kill(adaptersOf(pid)[0]!.pid, "SIGKILL");
      const toasts = workbench.page.locator(".notifications-toasts .notification-list-item");
      const fallen = toasts.filter({ hasText: `The debugger of ${small}` });
      await fallen.waitFor();
      await workbench.picture("process-fallen");
      await workbench.page.locator(".debug-toolbar").waitFor({ state: "hidden" });
      await fallen.getByRole("button", { name: "Debug Again" }).click();
      await workbench.stopped(/event \d+ of \d+/);
      assert.equal((await probe.report()).pid, pid);
      await workbench.command("Notifications: Clear All Notifications");
    });

    for (const name of large)
      scenario(`${name} takes no more of the extension host than a small capture`, async (workbench) => {
        const report = await debug(workbench, probe, name);
        assert.ok(report.held < held + grownMax, `${report.held} MiB after ${held} MiB`);
      });
    const million = large[0]!;
    scenario(`a run through ${million} says how far it is, and is paused`, async (workbench) => {
      await debug(workbench, probe, million);
      await workbench.say("goto start");
      await workbench.stopped(/event 1 of/);
      const find = "find descriptors.prefixLength == 123456789 or descriptors.recordSn == 987654321";
      const running = async () => /running \d+ %/.test(await workbench.status());
      await probe.report();
      await workbench.say(find);
      await workbench.until("the share in the status bar", running, () => workbench.status());
      await workbench.page.keyboard.press("F6");
      await workbench.stopped(/event \d+ of \d+/);
      tellTimes("Pause", await probe.report(), "pause");
      await workbench.say(find);
      await workbench.until("the share in the status bar", running, () => workbench.status());
      await workbench.picture("process-running");
      await workbench.stopped(/event \d+ of \d+/);
    });

    scenario(`steps in ${million} are told`, async (workbench) => {
      await workbench.say("goto event 500000");
      await workbench.stopped(/event 500000 of/);
      await probe.report();
      for (let i = 0; i < 10; i++) await workbench.move("Step Into");
      tellTimes("Step Into", await probe.report(), "stepIn");
    });
  };

/** Tells how long requests of a name waited for the stop that they led to. */
function tellTimes(what: string, { messages }: HostReport, name: string): void {
  const times = messages.flatMap(({ type, name: each, at }, i) => {
    if (type !== "request" || each !== name) return [];
    const stop = messages.slice(i).find((later) => later.name === "stopped");
    return stop ? [stop.at - at] : [];
  });
  assert.ok(times.length > 0, `no ${name}`);
  console.error(`      ${what}: stopped after ${times.join(", ")} ms`);
}

/** Debugs a capture to its first stop; tells when that came, and gives what it took from the extension host. */
async function debug(workbench: Workbench, probe: HostProbe, name: string): Promise<HostReport> {
  await workbench.stop();
  await probe.report();
  const clicked = await workbench.explorerMenu(name, "Debug Trace or Capture");
  await workbench.stopped(/event \d+ of \d+/);
  const report = await probe.report();
  const at = (wanted: string) => report.messages.find(({ name: each }) => each === wanted)!.at - clicked;
  console.error(
    `      ${name}: initialize ${at("initialize")} ms after the click, launched ${at("initialized")}, stopped ${at("stopped")}`,
  );
  say(name, report);
  return report;
}

const say = (what: string, { rss, needed, held, longestMs, activeMs }: HostReport) =>
  console.error(
    `      ${what}: resident ${rss.toFixed(0)} MiB, without garbage ${needed.toFixed(0)}, held ${held.toFixed(1)} MiB; worked ${activeMs.toFixed(0)} ms, at most ${longestMs.toFixed(0)} at a time`,
  );
