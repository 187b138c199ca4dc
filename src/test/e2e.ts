/**
 * The extension in the real editor: VS Code served to a real browser, asked what its user would see. Screenshots stay
 * in out/e2e. Arguments name the groups to run (all, unless named); --twice runs each twice. TLSTRACE_E2E_DIR names an
 * existing install of the workbench, TLSTRACE_CHROMIUM a browser.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe } from "node:test";
import type { Browser } from "playwright-core";
import { type ServedWorkbench, serveWorkbench } from "../start/code-server.ts";
import {
  installNote,
  installWorkbench,
  isInstalled,
  type WorkbenchInstall,
  workbenchInstall,
} from "../start/workbench-install.ts";
import { shapes, smallPackets, writeCapture } from "./bench/captures.ts";
import { flippedCapture } from "./damage/flipped.ts";
import { brokenScenarios, writeBroken } from "./e2e/broken.ts";
import { findBrowser, launchBrowser } from "./e2e/browser.ts";
import { captureScenarios, listingScenarios } from "./e2e/capture.ts";
import { cancelScenarios } from "./e2e/captures/cancelling.ts";
import { writeCaptures } from "./e2e/captures/files.ts";
import {
  buttonScenarios,
  growingScenarios,
  keyScenarios,
  menuScenarios,
  oddScenarios,
  lookScenarios as pageLookScenarios,
} from "./e2e/captures/page.ts";
import { familiesFile, familiesScenarios, familiesTrace } from "./e2e/families.ts";
import { findingsScenarios, wrongByte } from "./e2e/findings.ts";
import { forkScenarios } from "./e2e/forks.ts";
import { germanScenarios, offerGerman } from "./e2e/german/german.ts";
import { HostProbe } from "./e2e/host.ts";
import { keysScenarios } from "./e2e/keys.ts";
import { labScenarios } from "./e2e/lab.ts";
import { languageScenarios, mendingScenarios, profileScenarios, refusedScenarios } from "./e2e/language.ts";
import { largeScenarios } from "./e2e/large.ts";
import { launchScenarios } from "./e2e/launch.ts";
import { lineScenarios, staleScenarios } from "./e2e/listing.ts";
import { lensScenarios, spokenScenarios } from "./e2e/looks/lenses.ts";
import { walkScenarios } from "./e2e/looks/walking.ts";
import { openedScenarios, openingScenarios } from "./e2e/opening.ts";
import {
  accessScenarios,
  frameScenarios,
  keepingScenarios,
  packetScenarios,
  pictureScenarios,
  reportScenarios,
} from "./e2e/pictures.ts";
import { processScenarios } from "./e2e/process.ts";
import { sessionsScenarios } from "./e2e/sessions.ts";
import { stopScenarios } from "./e2e/stops.ts";
import { lookScenarios, numbersScenarios, traceScenarios, travelScenarios } from "./e2e/trace.ts";
import { expectationScenarios, seeingScenarios } from "./e2e/walkthrough/first-minutes.ts";
import { restrictedScenarios } from "./e2e/walkthrough/restricted.ts";
import { terminalScenarios } from "./e2e/walkthrough/terminal.ts";
import { type Site, serveSite } from "./e2e/web/site.ts";
import {
  WebWorkbench,
  webOddScenarios,
  webOfferScenarios,
  webScenarios,
  writeForWeb,
} from "./e2e/web/web.ts";
import { Group, type Part, type Scene } from "./e2e/window/groups.ts";
import { Kept } from "./e2e/window/kept.ts";
import { Workbench } from "./e2e/workbench.ts";
import { coverageScenarios, testScenarios } from "./e2e/writing/tests.ts";

const pictures = path.resolve("out/e2e");
const vsix = path.resolve("tls-offload-debugger.vsix");
const vsixSizeMax = 1.5e6;
const scratch = mkdtempSync(path.join(os.tmpdir(), "tlstrace-e2e-"));
const samples = path.join(scratch, "samples");
const profile = path.join(scratch, "profile");
const probe = new HostProbe(scratch);
/** What scenarios write, and a window that is opened anew finds as it was: the folder, and the user's settings. */
const kept = [new Kept(samples), new Kept(path.join(profile, "user/User/settings.json"))];
const viewport = { width: 1500, height: 3000 };
/** The same traffic in three sizes, the smallest first: 10 MB, a million packets, 1 GB. */
const sizes = [
  { ...shapes.lossy, name: "ten-megabytes", bytes: 9.6e6 },
  smallPackets(1_000_000),
  { ...shapes.lossy, name: "one-gigabyte", bytes: 960e6 },
];

/** A still workbench: nothing opens, moves or blinks by itself. */
const settings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.reduceMotion": "on",
  "chat.disableAIFeatures": true,
  "window.commandCenter": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "editor.cursorBlinking": "solid",
  "editor.minimap.enabled": false,
  "files.simpleDialog.enable": true,
  "files.readonlyFromPermissions": true,
  // What a busy editor types into another place than was meant goes with the editor.
  "files.autoSave": "off",
  "debug.toolBarLocation": "floating",
  "debug.inlineValues": "on",
  // Drawn as text, which can be found.
  "terminal.integrated.gpuAcceleration": "off",
};

const own = "the adapter's process";
/** What is looked at, a group after the other in one window: nothing of one is left to the next. */
const groups: Readonly<Record<string, readonly Part[]>> = {
  "a window that has just opened": [openingScenarios],
  "a capture": [captureScenarios, listingScenarios],
  "a capture that is opened": [openedScenarios],
  "the page of a capture": [
    buttonScenarios(() => samples),
    keyScenarios(() => samples),
    oddScenarios,
    growingScenarios(() => samples),
    menuScenarios(() => samples),
    cancelScenarios(() => samples),
    pageLookScenarios,
  ],
  "the lines of a listing": [lineScenarios],
  "a file that changes": [staleScenarios(() => samples)],
  "a capture with a wrong byte": [findingsScenarios],
  "a broken NIC": [brokenScenarios],
  "a trace file": [traceScenarios, travelScenarios, lookScenarios],
  "a trace about a bug": [labScenarios],
  numbers: [numbersScenarios],
  "two sessions": [sessionsScenarios],
  forks: [forkScenarios],
  "stops on data, presets and questions": [stopScenarios],
  pictures: [pictureScenarios, walkScenarios, reportScenarios],
  "pictures of every kind": [
    packetScenarios,
    keepingScenarios(() => samples),
    accessScenarios,
    frameScenarios,
  ],
  "a family that falls back to software": [familiesScenarios],
  "a capture without keys": [keysScenarios],
  "a launch configuration": [launchScenarios(() => samples)],
  "a trace that is written": [
    languageScenarios(() => samples),
    mendingScenarios,
    refusedScenarios(() => samples),
    profileScenarios(() => samples),
  ],
  "a terminal": [terminalScenarios(() => samples)],
  "a folder that nobody trusts": [restrictedScenarios({ serve: serveRestricted, pictures })],
  "the first five minutes": [seeingScenarios, expectationScenarios(() => samples)],
  tests: [testScenarios(() => samples), coverageScenarios],
  "in German": [germanScenarios(pictures)],
  "lenses of a trace, and what is spoken": [lensScenarios, spokenScenarios],
  "a capture of 100 MB": [largeScenarios(`${shapes.lossy.name}.pcap`)],
  [own]: [processScenarios(probe, samples, sizes)],
};
const web = "the web";
/** What is looked at in VS Code for the Web: the same expectations as elsewhere, and what is its own. */
const webGroups: Readonly<Record<string, readonly Part[]>> = {
  "a trace of the web": [webScenarios],
  "a capture's page": [openedScenarios],
  "a capture of the web": [captureScenarios],
  "a wrong byte": [findingsScenarios],
  "a picture": [pictureScenarios],
  "what the extension brings": [webOfferScenarios],
  "what cannot be opened": [webOddScenarios],
};
const twice = "--twice";
const named = process.argv.slice(2).filter((argument) => argument !== twice);
const isWanted = (title: string) => named.length === 0 || named.includes(title);

describe("the extension in VS Code", () => {
  let served: ServedWorkbench | undefined;
  let browser: Browser | undefined;
  let workbench: Workbench | undefined;
  /** Another user's window. */
  const open = async (Kind: typeof Workbench, url: string) => {
    const context = await browser!.newContext({ viewport });
    workbench = new Kind(await context.newPage(), pictures);
    await workbench.open(url);
    // A window that has just opened does not know yet which editor a capture has, and goes by another one later, too.
    await workbench.palette("TLS Offload: Open Sample", (listed) => /Open Sample/.test(listed));
  };

  before(async () => {
    const executable = findBrowser();
    const install = installed();
    packExtension();
    writeSamples();
    probe.pack();
    offerGerman(profile);
    const opened = { profile, folder: samples, extensions: [vsix, probe.vsix], settings };
    served = await serveWorkbench(install, { ...opened, password: null });
    for (const each of kept) each.keep();
    browser = await launchBrowser(executable);
    await open(Workbench, served.url);
  });

  after(async () => {
    await browser?.close();
    await served?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const scene: Scene = {
    window: () => workbench!,
    isTwice: process.argv.includes(twice),
    anew: async () => {
      for (const each of kept) each.putBack();
      const url = workbench!.page.url();
      await workbench!.close();
      await open(workbench!.constructor as typeof Workbench, url);
      // The server keeps what was not saved for whoever comes next.
      await workbench!.reset();
    },
  };
  for (const [title, parts] of Object.entries(groups))
    if (isWanted(title)) Group.declare(title, parts, scene);

  /** The last window: an editor that has nothing but the browser. */
  if (isWanted(web))
    describe(web, () => {
      let site: Site | undefined;
      before(async () => {
        site = await serveWeb();
        for (const each of kept) each.keep();
        await open(WebWorkbench, site.url);
      });
      after(async () => {
        await workbench?.close();
        await site?.stop();
      });
      for (const [title, parts] of Object.entries(webGroups)) Group.declare(title, parts, scene);
    });
});

/** The same folder in an editor of its own, which asks whether it is trusted. */
function serveRestricted(): Promise<ServedWorkbench> {
  const trust = { "security.workspace.trust.startupPrompt": "never" };
  return serveWorkbench(workbenchInstall(), {
    ...{ profile: mkdtempSync(path.join(scratch, "restricted-")), folder: samples, extensions: [vsix] },
    ...{ password: null, settings: { ...settings, ...trust }, isRestricted: true },
  });
}

/** The same folder, and the extension as the other editor has installed it, as a site. */
function serveWeb(): Promise<Site> {
  writeForWeb(samples);
  const extensions = path.join(profile, "extensions");
  const name = readdirSync(extensions).find((each) => each.startsWith("tls-offload-debugger.tls-"));
  const extension = path.join(extensions, name!);
  return serveSite(workbenchInstall(), { extension, folder: samples, settings });
}

/** The install of the workbench; it is fetched if it is not there. */
function installed(): WorkbenchInstall {
  const install = workbenchInstall();
  if (!isInstalled(install)) console.error(`installing ${installNote} into ${install.folder} ...`);
  installWorkbench(install);
  return install;
}

/** What is opened. */
function writeSamples(): void {
  mkdirSync(pictures, { recursive: true });
  cpSync("media/samples", samples, { recursive: true });
  writeTraces();
  copyCaptures();
  writeBroken(samples);
  writeCaptures(samples);
  if (isWanted(own)) for (const shape of sizes) writeCapture(samples, shape, 1);
}

/** The sample traces, which nobody may write: what a busy editor types into another place than was meant is lost there. */
function writeTraces(): void {
  const names = readdirSync("media/samples", { recursive: true, encoding: "utf8" });
  for (const name of names.filter((each) => /\.(tlstrace|pkt)$/.test(each))) {
    const file = path.join(samples, name);
    rmSync(file, { force: true });
    copyFileSync(path.join("media/samples", name), file);
    chmodSync(file, 0o444);
  }
}

/** The sample's capture without its keys, and with a wrong byte; a trace of a family, and a large capture. */
function copyCaptures(): void {
  writeFileSync(path.join(samples, familiesFile), familiesTrace);
  writeCapture(samples, shapes.lossy, 1);
  cpSync("media/samples/lossy.pcap", path.join(samples, "without-keys.pcap"));
  const broken = flippedCapture("wrong-byte", wrongByte);
  for (const name of [broken, broken.replace(".pcap", ".keys")])
    cpSync(name, path.join(samples, path.basename(name)));
}

function packExtension(): void {
  const { status } = spawnSync(process.execPath, ["esbuild.mjs", "package"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("the extension could not be packed (see above)");
  const { size } = statSync(vsix);
  if (size > vsixSizeMax)
    throw new Error(`the extension has ${size} bytes, at most ${vsixSizeMax} are wanted`);
}
