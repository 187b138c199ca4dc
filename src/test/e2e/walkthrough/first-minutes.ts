import { copyFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Locator } from "playwright-core";
import { readManifest } from "../../l10n/manifest.ts";
import { drawn, pictureIn } from "../window/pages.ts";
import { appears, done, shortMs } from "../window/window.ts";
import type { Scenario, Workbench } from "../workbench.ts";

interface Manifest {
  contributes: {
    walkthroughs: { title: string; steps: { id: string; title: string; description: string }[] }[];
  };
}

const [walkthrough] = readManifest<Manifest>().contributes.walkthroughs;
const copied = "retransmission-in-record.tlstrace";

/** What a step says is typed. */
const typed = (id: string): string => /``([^`]+)``/.exec(stepOf(id).description)![1]!;
/** The buttons that a step has, by their labels. */
const buttons = (id: string): string[] =>
  [...stepOf(id).description.matchAll(/^\[([^\]]+)\]\(command:/gm)].map(([, label]) => label!);
const stepOf = (id: string) => walkthrough!.steps.find((step) => step.id === id)!;

/** When the walkthrough was opened, in milliseconds as Date.now(). */
let began = 0;

/** The walkthrough by its own buttons, as somebody goes it who has never seen the tool: what there is to see. */
export function seeingScenarios(scenario: Scenario): void {
  scenario("the walkthrough is found by its name, and opens a sample beside itself", async (workbench) => {
    began = Date.now();
    await workbench.openWalkthrough(walkthrough!.title);
    const [open] = buttons("sample");
    await press(workbench, "sample", open!);
    await workbench.page.locator(`.tab[aria-label^="${copied}"]`).waitFor();
    await isDone(workbench, "sample");
    await workbench.picture("first-sample");
  });

  scenario("debugging the trace that is open shows why it resynced", async (workbench) => {
    const [debug, stepInto] = buttons("resync");
    await press(workbench, "resync", debug!);
    await workbench.stopped(/after driver\.check, forwards$/);
    await workbench.expectValue("Driver", "expectedSeq", /^2896 /);
    await workbench.picture("first-stopped");
    await workbench.until("the resync", async () => {
      const frames = await workbench.frames();
      if (frames.some((frame) => /resync/.test(frame))) return true;
      await press(workbench, "resync", stepInto!);
      // The next step is none before the call stack follows this one.
      const follows = async () => `${await workbench.frames()}` !== `${frames}`;
      await workbench.until("the call stack to follow", follows);
      return false;
    });
    await workbench.say(typed("resync"));
    await isDone(workbench, "resync");
    await workbench.picture("first-resync");
  });

  scenario("the picture shows the resync", async (workbench) => {
    const [show] = buttons("picture");
    await press(workbench, "picture", show!);
    const picture = await pictureIn(workbench);
    await workbench.until("the picture to be drawn", async () => (await drawn(picture)) > 1000);
    // Keys go from one rare thing to the next.
    const said = async () => (await picture.locator(".status").textContent()) ?? "";
    await picture.locator("canvas").focus();
    await workbench.until(
      "the resync of record 1",
      async () => {
        await picture.locator("canvas").press("]");
        return /resync/.test(await said());
      },
      said,
    );
    await isDone(workbench, "picture");
    await workbench.picture("first-picture");
  });

  scenario("a sample as its bug stops at the wrong byte", async (workbench) => {
    const [debug] = buttons("wrong");
    await press(workbench, "wrong", debug!);
    await workbench.page.locator(`.tab[aria-label^="fallback-wrong-tag"]`).waitFor();
    await workbench.until(
      "a stop at the wrong tag",
      async () => /wrong-tag/.test(await workbench.exception()),
      () => workbench.status(),
    );
    await isDone(workbench, "wrong");
    await workbench.picture("first-wrong");
    await workbench.stop();
  });
}

/** Its last step; `samples` is the folder that is open, where the copy of a sample goes. */
export const expectationScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("an expectation that is written is a test, which is green", async (workbench) => {
    const { page } = workbench;
    const copy = path.join(samples(), copied);
    rmSync(copy);
    const [save, run] = buttons("expect");
    await press(workbench, "expect", save!);
    await page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
    await page.locator(`.tab.active[aria-label^="${copied}"]`).waitFor();
    await workbench.goToLine(14);
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type(typed("expect"));
    await workbench.picture("first-written");
    await press(workbench, "expect", run!);
    await page.locator(".codicon-testing-passed-icon").first().waitFor();
    await isDone(workbench, "expect");
    await workbench.picture("first-green");
    copyFileSync(path.join("media/samples", copied), copy);
    console.log(`the first five minutes took ${((Date.now() - began) / 1000).toFixed(0)} s`);
  });
};

/** Presses a button of a step, whose text opens where it is closed. */
async function press(workbench: Workbench, id: string, label: string): Promise<void> {
  const step = stepIn(workbench, id);
  const button = step.locator(".button-container .monaco-button", { hasText: label }).first();
  await workbench.until(`the step ${id} to be open`, async () => {
    if (await appears(button)) return true;
    await done(step.click({ timeout: shortMs }));
    return false;
  });
  await button.click();
}

const stepIn = ({ page }: Workbench, id: string): Locator =>
  page.locator(`.gettingStartedContainer .getting-started-step[data-step-id$="#${id}"]`);

const isDone = (workbench: Workbench, id: string): Promise<void> =>
  workbench.page.locator(`.gettingStartedContainer [data-done-step-id$="#${id}"].complete`).first().waitFor();
