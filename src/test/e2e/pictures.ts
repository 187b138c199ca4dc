import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { SequenceTime } from "../../pictures/sequence-time/sequence-time.ts";
import { noFindings } from "../../replay/findings.ts";
import { Timeline } from "../../replay/timeline.ts";
import { htmlOf, type KeptPicture } from "../../report/html.ts";
import { longTrace } from "../bench/long-trace.ts";
import { chosen, drawn, expectAccessible, pictureIn, themed, toTheme, widened } from "./window/pages.ts";
import type { Scenario } from "./workbench.ts";

/** Frame 25 of lossy.pcap is the first transmit out of order; its capture has 39 of them, and 36 resyncs. */
export function pictureScenarios(scenario: Scenario): void {
  scenario(
    "a stream's picture shows what is rare, as shapes and as a table, and follows the session",
    async (workbench) => {
      await workbench.explorerMenu("lossy.pcap", "Debug Trace or Capture");
      await workbench.stopped(/after driver\.check, forwards$/);
      await workbench.command("TLS Offload: Show Picture of Stream");
      const picture = await pictureIn(workbench);
      await workbench.until(
        "the picture is drawn",
        async () => (await drawn(picture)) > 1000,
        () => picture.content(),
      );
      await picture.click("summary");
      const rows = () => picture.locator("tr").allTextContents();
      await workbench.until(
        "its table has the resyncs",
        async () => (await rows()).some((row) => /resync/.test(row)),
        async () => (await rows()).join("\n"),
      );
      const outOfOrder = (await rows()).filter((row) => row.includes("out of order at the driver"));
      assert.equal(outOfOrder.length, 39, outOfOrder.join("\n"));
      await workbench.picture("picture-sequence-time");
      // The last of them, by tshark frame 177, is the alert.
      const last = picture.locator("tr", { hasText: "out of order at the driver" }).last();
      await last.locator("button").click();
      await workbench.stopped(/event 159 of 164, after skb/);
    },
  );
}

/** Another kind of picture, in the window that is open. */
export function packetScenarios(scenario: Scenario): void {
  scenario(
    "a packet's bytes stand side by side, the first wrong one in sight and reached by a key",
    async (workbench) => {
      await workbench.explorerMenu("wrong-byte.pcap", "Debug Trace or Capture");
      await workbench.stopped(/event 53 of 164/);
      await workbench.command("TLS Offload: Show Picture of Stream");
      const picture = await pictureIn(workbench);
      await chosen(workbench, picture, "Packet");
      await picture.locator("canvas").focus();
      const status = () => picture.locator(".status").textContent();
      await workbench.until(
        "the wrong byte is said",
        async () => {
          await picture.locator("canvas").press("]");
          return /byte 45978 is .., must be ../.test((await status()) ?? "");
        },
        async () => (await status()) ?? "",
      );
      await workbench.picture("picture-packet");
    },
  );

  scenario("the pointer tells of a byte, and dragging with Shift watches bytes", async (workbench) => {
    const picture = await pictureIn(workbench);
    await chosen(workbench, picture, "Record Map");
    const box = (await picture.locator("canvas").boundingBox())!;
    const at = (share: number): [number, number] => [box.x + box.width * share, box.y + 130];
    const { mouse, keyboard } = workbench.page;
    const tip = async () => (await picture.locator(".tip").textContent()) ?? "";
    let share = 0.3;
    await workbench.until(
      "the byte's look-up and story",
      async () => {
        share += 0.01;
        await mouse.move(...at(share));
        await setTimeout(300);
        return /tls_get_record\(\d+\): record \d.*sent/s.test(await tip());
      },
      tip,
    );
    await workbench.picture("picture-hover");
    await mouse.move(...at(0.3));
    await keyboard.down("Shift");
    await mouse.down();
    await mouse.move(...at(0.35));
    await mouse.move(...at(0.4));
    await mouse.up();
    await keyboard.up("Shift");
    const status = async () => (await picture.locator(".status").textContent()) ?? "";
    await workbench.until(
      "the stop is made",
      async () => /^stop \d+: seq \d+:\d+ of B>A/.test(await status()),
      status,
    );
  });
}

/** What is shown as a file. */
export const keepingScenarios =
  (samples: () => string) =>
  (scenario: Scenario): void => {
    scenario("a picture is kept as SVG and as PNG", async (workbench) => {
      const picture = await pictureIn(workbench);
      for (const kind of ["svg", "png"]) {
        const file = path.join(samples(), `kept.${kind}`);
        const input = workbench.page.locator(".quick-input-box input");
        const ok = workbench.page.locator(".quick-input-widget .monaco-button", { hasText: "OK" });
        await workbench.until(`${file} is written`, async () => {
          if (existsSync(file) && statSync(file).size > 0) return true;
          if (!(await input.isVisible())) {
            await picture.getByRole("button", { name: `Save as ${kind.toUpperCase()}` }).click();
            await input.waitFor({ timeout: 3000 }).catch(() => {});
          }
          // Enter would take the folder that the list has marked.
          await input.fill(file, { timeout: 2000 }).catch(() => {});
          await ok.click({ timeout: 2000 }).catch(() => {});
          await setTimeout(500);
          return existsSync(file) && statSync(file).size > 0;
        });
        const bytes = readFileSync(file);
        if (kind === "png") assert.equal(bytes.subarray(1, 4).toString("latin1"), "PNG");
        else {
          assert.match(bytes.toString(), /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
          assert.match(bytes.toString(), /the driver expects/);
        }
      }
    });
  };

/** No picture has a fault that a program finds, in any theme, and its table can be read also in a narrow window. */
export function accessScenarios(scenario: Scenario): void {
  scenario(
    "every picture is without a violation of axe, light, dark and in high contrast",
    async (workbench) => {
      const { page } = workbench;
      const picture = await pictureIn(workbench);
      await picture.click("summary");
      for (const look of ["light", "narrow", "dark", "contrast", "contrast-light"]) {
        if (look === "dark" || look === "light") await toTheme(workbench, picture, look);
        if (look === "contrast") await page.emulateMedia({ forcedColors: "active", colorScheme: "dark" });
        if (look === "contrast-light")
          await page.emulateMedia({ forcedColors: "active", colorScheme: "light" });
        const { width } = page.viewportSize()!;
        if (look === "narrow") await widened(workbench, picture, 720);
        await themed(workbench, picture, themeOf[look] ?? look);
        for (const title of await picture.locator("[role=tab]").allTextContents()) {
          await chosen(workbench, picture, title);
          await expectAccessible(workbench, picture, `${title}, ${look}`);
          const tall = () => picture.evaluate<string[]>(squeezed);
          await workbench.until(
            `${title}, ${look}: no row of more than three lines`,
            async () => (await tall()).length === 0,
            async () => (await tall()).join("\n"),
          );
          await workbench.picture(`picture-${title.toLowerCase().replace(/\W+/g, "-")}-${look}`);
        }
        await widened(workbench, picture, width);
      }
      await page.emulateMedia({ forcedColors: null, colorScheme: null });
      await themed(workbench, picture, "dark");
      await toTheme(workbench, picture, "light");
    },
  );
}

/** The editor's theme of a look that is not named like it. */
const themeOf: Readonly<Record<string, string>> = { narrow: "light", "contrast-light": "contrast" };

/** Rows of the table with a cell of more than three lines. */
const squeezed = `[...document.querySelectorAll("tr")]
  .filter((row) => row.clientHeight > 4 * 1.4 * parseFloat(getComputedStyle(row).fontSize))
  .map((row) => row.textContent)`;

/** A report in a browser of its own: it loads nothing, and its pictures are drawn. */
export function reportScenarios(scenario: Scenario): void {
  scenario("a report is drawn in a browser, and asks for nothing", async (workbench) => {
    const made = spawnSync(
      process.execPath,
      ["dist/cli.js", "report", "media/samples/lossy.pcap", "-o", "-"],
      {
        encoding: "utf8",
        maxBuffer: 1 << 26,
      },
    );
    const file = path.resolve("out/e2e/report.html");
    writeFileSync(file, made.stdout);
    const other = await workbench.page.context().newPage();
    const asked: string[] = [];
    other.on("request", (request) => asked.push(request.url()));
    await other.goto(`file://${file}`);
    await workbench.until(
      "the picture is drawn",
      async () => (await drawn(other)) > 1000,
      async () => made.stderr,
    );
    await other.screenshot({ path: "out/e2e/report.png", fullPage: true });
    // A table for each picture, and nothing that only a session could answer.
    await other.evaluate(`for (const each of document.querySelectorAll("details")) each.open = true`);
    const tables = await other.locator("[data-picture] table:has(td)").count();
    assert.equal(tables, await other.locator("[data-picture]").count());
    assert.equal(await other.locator("select, td button").count(), 0);
    for (const colorScheme of ["light", "dark"] as const) {
      await other.emulateMedia({ colorScheme });
      await expectAccessible(workbench, other.mainFrame(), colorScheme);
    }
    await other.close();
    assert.deepEqual(asked, [`file://${file}`]);
  });
}

/** A picture of a million transmits in a browser: what script takes of its frames is kept in out/e2e/frames.json. */
export function frameScenarios(scenario: Scenario): void {
  scenario("a million transmits are panned and zoomed", async (workbench) => {
    const file = path.resolve("out/e2e/million.html");
    writeFileSync(file, millionReport());
    const other = await workbench.page.context().newPage();
    await other.goto(`file://${file}`);
    await workbench.until("the picture is drawn", async () => (await drawn(other)) > 1000);
    const frames = (await other.evaluate(framesScript)) as number[];
    await other.screenshot({ path: "out/e2e/million.png" });
    await other.close();
    const sorted = frames.sort((a, b) => a - b);
    const told = { frames: sorted.length, median: sorted[sorted.length >> 1], longest: sorted.at(-1) };
    writeFileSync("out/e2e/frames.json", `${JSON.stringify(told)}\n`);
    // The goal is 8 ms; a machine that does other things at the same time is given more.
    assert.ok(told.median! < 50, JSON.stringify(told));
  });
}

/** Script of each frame in milliseconds, from its first callback to its last, while keys walk through the picture. */
const framesScript = `(async () => {
  const canvas = document.querySelector("canvas");
  const keys = ["+", "ArrowRight", "+", "ArrowRight", "ArrowUp", "-", "ArrowLeft", "+", "+", "ArrowDown"];
  const frames = [];
  for (let i = 0; i < 60; i++)
    await new Promise((done) => {
      let began = 0;
      requestAnimationFrame(() => (began = performance.now()));
      canvas.dispatchEvent(new KeyboardEvent("keydown", { key: keys[i % keys.length] }));
      requestAnimationFrame(() => {
        frames.push(performance.now() - began);
        setTimeout(done, 0);
      });
    });
  return frames;
})()`;

function millionReport(): string {
  const timeline = new Timeline(longTrace(1_000_000, 0.01, 1)).runAll();
  const picture = new SequenceTime({ timeline, findings: noFindings }, 0);
  for (const _ of picture.begin());
  for (const _ of picture.complete());
  const view = picture.view({ area: null, columns: 2000, position: { event: 0, stage: 0 } });
  const kept: KeptPicture = { title: "c", stream: "c", kind: "sequence-time", view };
  const none = { counts: [], findings: [], more: 0, streams: [], unpictured: 0 };
  return htmlOf(
    { ...none, name: "a million transmits", verdict: "right", text: "", pictures: [kept] },
    {
      script: readFileSync("dist/picture-report.js", "utf8"),
      style: readFileSync("dist/picture-style.css", "utf8"),
      tool: "a test",
    },
  );
}
