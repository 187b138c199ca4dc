import assert from "node:assert/strict";
import { pictureIn } from "../window/pages.ts";
import type { Scenario } from "../workbench.ts";

/** The picture of lossy.pcap that is open: it is walked through by keys while only a part of it is looked at. */
export function walkScenarios(scenario: Scenario): void {
  scenario("keys reach what is rare beyond the part in view, and bring it there", async (workbench) => {
    const picture = await pictureIn(workbench);
    const canvas = picture.locator("canvas");
    await canvas.focus();
    for (let i = 0; i < 12; i++) await canvas.press("+");
    const status = async () => (await picture.locator(".status").textContent()) ?? "";
    const met: string[] = [];
    for (let i = 0; i < 30; i++) {
      const before = await status();
      await canvas.press("]");
      await workbench.until(
        "the next one to be said",
        async () => !["", before].includes(await status()),
        status,
      );
      met.push(await status());
    }
    // All numbers from where it began, each once: nothing is left out on the way.
    const [first = 0, ...rest] = met.map((each) => Number(/^(\d+) of \d+: /.exec(each)?.[1]));
    const of = Number(/ of (\d+): /.exec(met[0]!)?.[1]);
    assert.ok(of >= 39 + 36, met[0]);
    assert.deepEqual(
      rest,
      rest.map((_, i) => ((first + i) % of) + 1),
      met.join("\n"),
    );
    await workbench.picture("picture-walked");
    await canvas.press("Escape");
    await canvas.press("0");
  });

  scenario("the part that is looked at is told to who listens, once it rests", async (workbench) => {
    const picture = await pictureIn(workbench);
    const canvas = picture.locator("canvas");
    const range = picture.locator(".unseen[role=status]");
    const told = async () => (await range.textContent()) ?? "";
    const says = async (key: string, pattern: RegExp) => {
      await workbench.until(
        `${key} to be told`,
        async () => {
          await canvas.press(key, { timeout: 2000 });
          await workbench.page.waitForTimeout(600);
          return pattern.test(await told());
        },
        told,
      );
      return told();
    };
    await canvas.focus();
    const whole = await says("0", /^[\d.]+ s to [\d.]+ s, bytes [\d\u202f-]+ to [\d\u202f]+$/);
    const zoomed = await says("+", /^[\d.]+ s to [\d.]+ s, bytes /);
    assert.notEqual(zoomed, whole);
    assert.notEqual(await says("ArrowRight", /^[\d.]+ s to [\d.]+ s, bytes /), zoomed);
    // Frames 6 and 179 (tshark).
    assert.equal(await says("0", /^0\.005368 s to 0\.051839 s, /), whole);
  });
}
