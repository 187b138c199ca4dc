import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { appears, shortMs } from "../window/window.ts";
import type { Scenario } from "../workbench.ts";
import { answerDialog, heading, opened, press } from "./page.ts";

const name = "lossy.pcap";

/**
 * The command line at work on a capture, stopped as soon as it is there: so its work lasts on any machine, and a signal
 * that waits until it goes on does not end it.
 */
class StoppedWork {
  private readonly words: readonly string[];
  private readonly timer: NodeJS.Timeout;
  private readonly stopped = new Set<number>();

  /** `words`: its command and the capture. */
  constructor(...words: readonly string[]) {
    this.words = words;
    this.timer = setInterval(() => this.look(), 5);
  }

  /** How many of it there are, stopped or not. */
  get count(): number {
    return processes(this.words).length;
  }

  /** True as soon as one stands; false if none does within two seconds. */
  async stands(): Promise<boolean> {
    for (const end = Date.now() + shortMs; Date.now() < end; await sleep(20))
      if (this.isStanding) return true;
    return false;
  }

  get isStanding(): boolean {
    return processes(this.words).some((pid) => this.stopped.has(pid));
  }

  /** Leaves none behind. */
  end(): void {
    clearInterval(this.timer);
    for (const pid of this.stopped) signal(pid, "SIGKILL");
  }

  private look(): void {
    for (const pid of processes(this.words))
      if (!this.stopped.has(pid) && signal(pid, "SIGSTOP")) this.stopped.add(pid);
  }
}

/** False for one that has gone. */
function signal(pid: number, how: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, how);
  } catch {
    return false;
  }
}

/** Processes that have all of these words in their command line, by /proc. */
const processes = (words: readonly string[]): number[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words.every((word) => command.includes(word));
      } catch {
        // It has gone meanwhile.
        return false;
      }
    })
    .map(Number);

/** Work on a capture that its user ends: nothing goes on, and nothing is left of it. */
export const cancelScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("verifying is ended by Cancel, and by closing the page", async (workbench) => {
    const page = await opened(workbench, name, /Right/);
    const work = new StoppedWork("verify", path.join(samples(), name));
    const gone = () => workbench.until("the work to end", async () => work.count === 0);
    try {
      await workbench.until("the work to be cancelled", async () => {
        await press(workbench, page, "Verify");
        if (!(await work.stands())) return false;
        await press(workbench, page, "Cancel");
        await gone();
        // One that was stopped late has told its verdict.
        return appears(heading(page, /Cancelled/));
      });
      await workbench.picture("capture-page-cancelled");
      await press(workbench, page, "Verify");
      await workbench.until("the work to begin again", async () => work.isStanding);
      await workbench.command("View: Close All Editors");
      await gone();
    } finally {
      work.end();
    }
  });

  scenario("an export that is cancelled leaves nothing", async (workbench) => {
    const page = await opened(workbench, name, /Right/);
    const file = path.join(samples(), "cancelled.tlstrace");
    const work = new StoppedWork("export", path.join(samples(), name));
    try {
      await workbench.until("the export to stand", async () => {
        rmSync(file, { force: true });
        await press(workbench, page, "Export as trace");
        await answerDialog(workbench, file, async () => work.isStanding || existsSync(file));
        return work.isStanding;
      });
      const toast = workbench.page.locator(".notifications-toasts .notification-list-item");
      await workbench.picture("capture-page-exporting");
      await toast.getByRole("button", { name: "Cancel" }).click();
      await workbench.until("the work to end", async () => work.count === 0);
      await toast.waitFor({ state: "hidden" });
      assert.deepEqual(
        readdirSync(samples()).filter((entry) => entry.includes("cancelled")),
        [],
      );
    } finally {
      work.end();
    }
  });
};
