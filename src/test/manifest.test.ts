import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { readLaunch, speaker } from "../adapter/launch.ts";
import { profiles } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { variantNamed } from "../study/subject.ts";
import { captureName } from "../trace/keys/beside.ts";
import { kernelIds } from "../trace/variant.ts";
import { readManifest } from "./l10n/manifest.ts";

/** package.json as far as it is checked here. */
interface Manifest {
  main: string;
  browser: string;
  icon: string;
  files: string[];
  publisher: string;
  name: string;
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  activationEvents: string[];
  contributes: {
    languages: { id: string; extensions: string[]; mimetypes: string[]; configuration: string }[];
    grammars: { language: string; scopeName: string; path: string }[];
    breakpoints: { language: string }[];
    jsonValidation: { fileMatch: string; url: string }[];
    debuggers: {
      type: string;
      languages: string[];
      configurationAttributes: { launch: { required: string[]; properties: Record<string, Property> } };
      initialConfigurations: Record<string, unknown>[];
      configurationSnippets: { body: Record<string, unknown> }[];
    }[];
    commands: { command: string }[];
    walkthroughs: { steps: { description: string; media: { markdown: string } }[] }[];
    viewsWelcome: { contents: string }[];
    menus: Record<string, { command: string; when: string }[]>;
    keybindings: { command: string; key: string; when: string }[];
  };
}

interface Property {
  anyOf?: Property[];
  pattern?: string;
  enum?: string[];
  enumDescriptions?: string[];
  default?: unknown;
}

const manifest = readManifest<Manifest>();
const { contributes } = manifest;
const [debug] = contributes.debuggers;
const launch = debug!.configurationAttributes.launch;
const extension = readdirSync("src/extension", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(path.join("src/extension", file), "utf8"))
  .join("\n");

test("the launch attributes are those that the adapter reads, with its defaults", () => {
  const read = readLaunch({ program: "/a.tlstrace" });
  assert.deepEqual(Object.keys(launch.properties).sort(), Object.keys(read).sort());
  assert.deepEqual(launch.required, ["program"]);
  for (const name of ["tap", "offloadStart", "copies", "listing", "evidence", "compare"] as const)
    assert.deepEqual(launch.properties[name]!.default, read[name], name);
});

test("every value that the schema offers is one that the adapter takes, and it refuses others", () => {
  for (const [name, property] of Object.entries(launch.properties)) {
    assert.equal(property.enumDescriptions?.length, property.enum?.length, name);
    for (const value of property.enum ?? []) readLaunch({ program: "/a.tlstrace", [name]: value });
    if (property.enum) assert.throws(() => readLaunch({ program: "/a.tlstrace", [name]: "other" }), name);
  }
});

test("the profiles offered are all there are", () => {
  const [families, others] = launch.properties.profile!.anyOf!;
  assert.deepEqual(
    families!.enum,
    profiles.map(({ id }) => id),
  );
  assert.equal(families!.enumDescriptions!.length, profiles.length);
  const pattern = new RegExp(others!.pattern!);
  for (const profile of [
    "./my-nic.json",
    "innova@v4.19",
    "connectx/long-dump",
    "my-nic.json",
    ...kernelIds,
  ]) {
    assert.ok(pattern.test(profile), profile);
    assert.equal(readLaunch({ program: "/a.tlstrace", profile }).profile, profile);
  }
  for (const profile of ["conectx", "my-nic"]) {
    assert.ok(!pattern.test(profile), profile);
    assert.throws(() => readLaunch({ program: "/a.tlstrace", profile }), profile);
  }
});

test("snippets and initial configurations use known attributes only", () => {
  const known = new Set([...Object.keys(launch.properties), "type", "request", "name"]);
  const bodies = [...debug!.initialConfigurations, ...debug!.configurationSnippets.map(({ body }) => body)];
  assert.deepEqual(
    bodies.flatMap((body) => Object.keys(body)).filter((name) => !known.has(name)),
    [],
  );
});

test("a snippet's choices are profiles, every family among them", () => {
  const text = JSON.stringify(debug!.configurationSnippets);
  const choices = [...text.matchAll(/\$\{\d+\|([^|]+)\|\}/g)].flatMap(([, words]) => words!.split(","));
  for (const word of choices) {
    assert.equal(readLaunch({ program: "/a", profile: word }).profile, word);
    assert.ok(variantNamed(nodeEnvironment, word, speaker).profileOf(connectx), word);
  }
  assert.deepEqual(
    profiles.map(({ id }) => id).filter((id) => !choices.includes(id)),
    [],
  );
});

test("every command offered is registered, and every one registered is offered", () => {
  const registered = [...extension.matchAll(/registerCommand\("([^"]+)"/g)].map((match) => match[1]!);
  const offered = contributes.commands.map(({ command }) => command);
  assert.deepEqual(registered.sort(), offered.slice().sort());
  const used = Object.values(contributes.menus)
    .flat()
    .map(({ command }) => command);
  assert.deepEqual([...new Set(used)].sort(), offered.slice().sort());
});

test("the walkthrough's steps and empty views lead to commands that there are, and its pages are packed", () => {
  const { walkthroughs, viewsWelcome } = contributes;
  const texts = [
    ...walkthroughs.flatMap(({ steps }) => steps.map(({ description }) => description)),
    ...viewsWelcome.map(({ contents }) => contents),
  ];
  const named = texts.flatMap((text) =>
    [...text.matchAll(/\(command:(?:toSide:)?([\w.]+)/g)].map(([, command]) => command!),
  );
  const own = named.filter((command) => command.startsWith("tlstrace."));
  assert.ok(own.length >= 5);
  const offered = contributes.commands.map(({ command }) => command);
  assert.deepEqual(
    own.filter((command) => !offered.includes(command)),
    [],
  );
  for (const { steps } of walkthroughs)
    for (const { media } of steps)
      assert.ok(readFileSync(media.markdown, "utf8").length > 100, media.markdown);
  assert.ok(manifest.files.includes("media/walkthrough/**"));
});

test("menus stand on exactly the files that can be debugged", () => {
  const debugFile = Object.values(contributes.menus)
    .flat()
    .filter(({ command }) => command === "tlstrace.debugFile");
  assert.equal(debugFile.length, 3);
  for (const { when } of debugFile) {
    const pattern = new RegExp(/=~ \/(.+)\/i$/.exec(when)![1]!, "i");
    const names = [
      "a.tlstrace",
      "a.pcap",
      "a.pcapng",
      "a.cap",
      "a.pcap.gz",
      "A.PCAPNG.GZ",
      "a.keys",
      "a.gz",
      "tlstrace",
    ];
    const debuggable = names.filter((name) => captureName.test(name) || name.endsWith(".tlstrace"));
    assert.deepEqual(
      names.filter((name) => pattern.test(name)),
      debuggable,
    );
  }
});

test("keys that step back work only while a trace stands still", () => {
  for (const { when } of contributes.keybindings)
    assert.equal(when, "debugType == tlstrace && debugState == stopped");
  const keys = contributes.keybindings.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test("one debug type for both languages that are debugged as text, and the adapter's listings are in that language", () => {
  const [language] = contributes.languages;
  assert.deepEqual(
    [language!.id, debug!.type, contributes.breakpoints[0]!.language],
    Array(3).fill("tlstrace"),
  );
  const debugged = contributes.languages.map(({ id }) => id);
  assert.deepEqual(debugged, ["tlstrace", "packetdrill"]);
  assert.deepEqual(debug!.languages, debugged);
  const session = readFileSync("src/adapter/session.ts", "utf8");
  assert.ok(session.includes(`mimeType: "${language!.mimetypes[0]}"`));
});

test("files that the manifest names are there and are packed", () => {
  const [language] = contributes.languages;
  for (const file of [manifest.icon, language!.configuration, contributes.grammars[0]!.path]) {
    assert.ok(existsSync(file), file);
    const folder = path.posix.dirname(path.posix.normalize(file));
    const packed = [path.posix.normalize(file), `${folder}/*${path.extname(file)}`];
    assert.ok(
      packed.some((each) => manifest.files.includes(each)),
      file,
    );
  }
  // npm packs the licence unasked, the editor's packer does not.
  for (const file of [manifest.main, manifest.browser, "LICENSE"])
    assert.ok(manifest.files.includes(path.posix.normalize(file)), file);
});

test("the extension knows its own name", () => {
  assert.ok(extension.includes(`const extensionId = "${manifest.publisher}.${manifest.name}";`));
});

test("the editor's types are not newer than the oldest editor that is promised", () => {
  assert.equal(`^${manifest.devDependencies["@types/vscode"]}`, manifest.engines.vscode);
});
